/** Putting mails that were read into their inboxes: message, thread, files, event, in the transaction that takes them out of the queue. */
import { record } from '../../events/events.sql.ts'
import { type Db, untied } from '../../kernel/database/db.ts'
import { newIdAfter } from '../../kernel/ids.ts'
import type { App } from '../../platform.ts'
import { hearReport } from '../bounces/report.ts'
import type { MessageRow } from '../messages/messages.sql.ts'
import { messageEvent } from '../messages/messages.ts'
import type { ParsedMessage } from '../mime/parse.ts'
import type { Letter } from './inbox-copy.ts'
import * as store from './local-delivery.sql.ts'
import type { MailRow } from './receive.sql.ts'
import * as threads from './threading.sql.ts'
import { thread } from './threading.ts'

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
  const copies = taken.sort((a, b) => (a.mail.id < b.mail.id ? -1 : 1)).flatMap(filing => filing.letters)
  await threads.unscopedLockInboxes(db, [...new Set(copies.map(({ message }) => message.inbox_id))])
  const letters = await withIds(db, copies)
  const threading = await thread(db, letters)
  const messages = letters.map((letter): MessageRow => ({ ...letter.message, thread_id: threading.of.get(letter)! }))
  for (const { message, blobs } of letters) if (blobs.length > 0) await app.blobs.insert(db, message.organization_id, blobs)
  await store.unscopedInsert(db, {
    mails: taken.map(({ mail }) => mail.id),
    sources: letters.flatMap(({ message, source }) =>
      source ? [{ id: message.raw_blob_id!, mail_id: source, organization_id: message.organization_id }] : [],
    ),
    threads: threading.rows,
    messages,
    attachments: messages.flatMap(({ id, organization_id, attachments }) =>
      attachments.map((file, position) => ({ ...file, position, organization_id, message_id: id })),
    ),
  })
  await threading.finish(db)
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
 * Ids in the order of filing, within an inbox: a mail that becomes visible later has the larger id, whichever node files it. So the
 * id of the last one says what somebody has seen.
 */
const withIds = async (db: Db, letters: Letter[]): Promise<Letter[]> => {
  const rows = await threads.unscopedNewest(db, [...new Set(letters.map(({ message }) => message.inbox_id))])
  const newest = new Map(rows.map(row => [row.inbox_id, row.id]))
  return letters.map(letter => {
    const { inbox_id } = letter.message
    const id = newIdAfter(newest.get(inbox_id))
    newest.set(inbox_id, id)
    return { ...letter, message: { ...letter.message, id } }
  })
}
