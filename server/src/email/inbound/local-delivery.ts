/** Putting mails that were read into their inboxes: message, thread, files, event, in the transaction that takes them out of the queue. */
import { record } from '../../events/events.sql.ts'
import { type Db, untied } from '../../kernel/database/db.ts'
import { newId } from '../../kernel/ids.ts'
import type { App } from '../../platform.ts'
import { hearReport } from '../bounces/report.ts'
import type { MessageRow } from '../messages/messages.sql.ts'
import { messageEvent } from '../messages/messages.ts'
import type { ParsedMessage } from '../mime/parse.ts'
import type { Letter } from './inbox-copy.ts'
import * as store from './local-delivery.sql.ts'
import type { MailRow } from './receive.sql.ts'

/** A mail that was read, and what its inboxes get of it. */
export interface Filing {
  mail: Pick<MailRow, 'id' | 'recipients'>
  message: ParsedMessage
  letters: Letter[]
}

/** Files them all or none. Says of each whether it was still to be done: false when another run of the job was faster. */
export const fileMails = (app: App, filings: Filing[]): Promise<boolean[]> =>
  untied(() => app.db.tx(db => fileIn(app, db, filings)))

const fileIn = async (app: App, db: Db, filings: Filing[]): Promise<boolean[]> => {
  const ids = filings.map(({ mail }) => mail.id)
  const waiting = new Set((await store.unscopedTake(db, ids)).map(({ id }) => id))
  const taken = filings.filter(({ mail }) => waiting.has(mail.id))
  const letters = taken.flatMap(filing => filing.letters)
  const threads = await thread(db, letters)
  const messages = letters.map((letter): MessageRow => ({ ...letter.message, thread_id: threads.of.get(letter)! }))
  for (const { message, blobs } of letters) if (blobs.length > 0) await app.blobs.insert(db, message.organization_id, blobs)
  await store.unscopedInsert(db, {
    mails: taken.map(({ mail }) => mail.id),
    sources: letters.flatMap(({ message, source }) =>
      source ? [{ id: message.raw_blob_id!, mail_id: source, organization_id: message.organization_id }] : [],
    ),
    threads: threads.rows,
    messages,
    attachments: messages.flatMap(({ id, organization_id, attachments }) =>
      attachments.map((file, position) => ({ ...file, position, organization_id, message_id: id })),
    ),
  })
  await record(
    db,
    messages.map(row => ({
      type: row.status === 'blocked' ? ('message.blocked' as const) : ('message.received' as const),
      organization_id: row.organization_id,
      livemode: true,
      ...messageEvent(app, row),
    })),
  )
  for (const { mail, message } of taken) await hearReport(app, db, mail.recipients, message)
  return filings.map(({ mail }) => waiting.has(mail.id))
}

/**
 * The thread of each letter: that of the first message it cites which its inbox knows, or a new one. Letters filed together
 * may answer each other.
 */
const thread = async (db: Db, letters: Letter[]): Promise<{ of: Map<Letter, string>; rows: store.ThreadRow[] }> => {
  const cited = letters.flatMap(({ message }) =>
    citations(message).map(message_id => ({ inbox_id: message.inbox_id, message_id })),
  )
  const found = await store.unscopedThreads(db, cited)
  const known = new Map(found.map(row => [`${row.inbox_id} ${row.message_id}`, row.thread_id]))
  const rows = new Map<string, store.ThreadRow>()
  const of = new Map<Letter, string>()
  for (const letter of letters) {
    const { organization_id, inbox_id, subject, created_at, message_id } = letter.message
    const old = citations(letter.message)
      .map(id => known.get(`${inbox_id} ${id}`))
      .find(Boolean)
    const id = old ?? newId()
    const row = rows.get(id) ?? { id, organization_id, inbox_id, subject, count: 0, at: created_at, fresh: old === undefined }
    const blocked = letter.message.status === 'blocked'
    rows.set(id, { ...row, count: row.count + (blocked ? 0 : 1), at: later(created_at, row.at) })
    if (!blocked) known.set(`${inbox_id} ${message_id}`, id)
    of.set(letter, id)
  }
  return { of, rows: [...rows.values()] }
}

const later = (a: Date, b: Date): Date => (a > b ? a : b)

/** What is blocked joins no conversation. Else RFC 5322 §3.6.4: what it answers, then References from the end; and itself, for it may be a mail of ours that came back to its inbox. */
const citations = ({ status, in_reply_to, references, message_id }: Letter['message']): string[] =>
  status === 'blocked' ? [] : [...(in_reply_to ? [in_reply_to] : []), ...references.toReversed(), message_id]
