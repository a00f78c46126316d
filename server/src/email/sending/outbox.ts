/** The way out, as operations see it: what is handed to acceptance (accept.ts), and what comes back once it is durable. */
import type { StagedBlob } from '../../kernel/blobs.ts'
import type { Claim } from '../../kernel/database/idempotency.ts'
import type { MessageRow } from '../messages/messages.sql.ts'

export interface Submission {
  /** The message, complete but for what acceptance decides: status, deliveries. */
  message: Omit<MessageRow, 'deliveries' | 'status'>
  /** True when the thread is made with this message. */
  newThread: boolean
  recipients: string[]
  blobs: StagedBlob[]
  /** Waits for a human: accepted and paid, but nothing is queued until it is approved. */
  held: boolean
  /** Most mails its inbox may have accepted per UTC day; null for no limit. */
  dailyCap: number | null
  /** Most answers its inbox may give in one thread within an hour; null for no limit. */
  replyCap: number | null
  claim: Claim | undefined
}

export type Accept = ((submission: Submission) => Promise<MessageRow>) & { drain(): Promise<void> }
