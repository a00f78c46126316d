/** Every background job: what it is called and who does it. A job may run twice; each handler is safe to repeat. */
import { sendClaimMail } from '../accounts/claims.ts'
import type { App } from '../app.ts'
import { checkDomains } from '../email/domain-checks.ts'
import { interpretMail, resumeMail } from '../email/inbound/receive.ts'
import { prune } from './prune.ts'

export type JobHandler = (app: App, payload: never) => Promise<void>

export const jobs = {
  /** Works out what a received mail is, and puts it into its inboxes. */
  'email.interpret': interpretMail,
  /** Gives received mail whose worker died to the living. */
  'email.resume': resumeMail,
  /** Asks the owner of a new organization whether it is theirs. */
  'claims.invite': sendClaimMail,
  /** Asks the DNS about domains whose time has come. */
  'domains.check': checkDomains,
  /** Removes what is past its retention: idempotency answers, webhook attempts. */
  prune,
} satisfies Record<string, JobHandler>
