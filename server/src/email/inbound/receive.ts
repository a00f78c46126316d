/**
 * What becomes of a received mail, as a list of steps: load, read, authenticate, find its inboxes, thread and store it,
 * hear what it reports, tell those who wait. It runs as a job after the mail is durable; whatever it meets, the mail ends
 * up in its inboxes once, readable or not.
 */
import type { App } from '../../app.ts'
import { record } from '../../events.sql.ts'
import type { Db } from '../../kernel/db.ts'
import { newId } from '../../kernel/ids.ts'
import { messageEvent } from '../messages.ts'
import type { ParsedMessage } from '../mime/parse.ts'
import { unparsed } from '../mime/read-message.ts'
import { type Authentication, authenticate } from './authenticate.ts'
import { type Destination, type Letter, writeLetter } from './letter.ts'
import * as store from './receive.sql.ts'
import { ownersOf } from './recipients.ts'
import { hearReport } from './report.ts'

/** After so many failures a mail is stored as it came, unread. */
const mostFailures = 3
/** A mail that lies here longer than this, or was tried again so long ago, may have lost its worker. */
const patienceMs = 120_000

/**
 * Job `email.interpret`. One mail that fails does not keep back the others; the job is tried again for it alone. A job that
 * was resumed follows one that died, perhaps of this very mail, so it is held against it beforehand.
 */
export const interpretMail = async (app: App, { ids, resumed = false }: { ids: string[]; resumed?: boolean }): Promise<void> => {
  if (resumed) await store.unscopedBlame(app.db, ids)
  const mails = await store.unscopedMails(app.db, ids)
  const outcomes = await Promise.allSettled(mails.map(mail => interpret(app, mail)))
  const failed = outcomes.find(outcome => outcome.status === 'rejected')
  if (failed) throw failed.reason
}

/** Gives mails whose worker died to the living. Cron. */
export const resumeMail = async (app: App): Promise<void> => {
  const now = app.clock.now()
  const before = new Date(now.getTime() - patienceMs)
  await store.unscopedResume(app.db, firstIdAt(before), before, now)
}

/** The least UUIDv7 of a moment. */
const firstIdAt = (at: Date): string => {
  const time = at.getTime().toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000`
}

const interpret = async (app: App, mail: store.MailRow): Promise<void> => {
  try {
    const raw = await load(app, mail)
    const message = await read(app, mail, raw)
    const authentication = await judge(app, mail, raw, message)
    const inboxes = await findInboxes(app, mail)
    const letters = await Promise.all(inboxes.map(inbox => writeLetter(app, { mail, raw, message, authentication, inbox })))
    const stored = await app.db.tx(async db => {
      if (!(await store.unscopedTake(db, mail.id))) return false
      for (const letter of letters) await deliver(app, db, letter)
      await hearReport(app, db, mail.recipients, message)
      return true
    })
    if (stored) for (const { inboxId } of inboxes) app.bus.emit(`message:${inboxId}`)
  } catch (error) {
    if (!isOutage(error)) await store.unscopedBlame(app.db, [mail.id])
    throw error
  }
}

/** The bytes, or none when every organization they were kept for is gone. */
const load = async (app: App, mail: store.MailRow): Promise<Buffer> => {
  if (mail.bytes) return mail.bytes
  for (const [organization, blob] of Object.entries(mail.raw_blobs)) {
    const raw = await app.blobs.get(app.db, organization, blob)
    if (raw) return raw
  }
  return Buffer.alloc(0)
}

const read = (app: App, mail: store.MailRow, raw: Buffer): Promise<ParsedMessage> | ParsedMessage =>
  mail.failures <= mostFailures
    ? app.parser.parse(raw)
    : unparsed(Buffer.alloc(0), 'Reading the mail failed repeatedly; its source is kept.')

const judge = async (app: App, mail: store.MailRow, raw: Buffer, message: ParsedMessage): Promise<Authentication | null> => {
  if (mail.failures > mostFailures) return null
  return authenticate(app.resolver, {
    raw,
    clientIp: mail.client_ip,
    clientName: mail.client_name,
    mailFrom: mail.mail_from,
    from: message.from?.address ?? null,
    host: app.config.MAIL_DOMAIN,
  })
}

/** In the order of their ids, so that two mails for the same inboxes never wait for each other in a circle. Who was deleted meanwhile gets none. */
const findInboxes = async (app: App, mail: store.MailRow): Promise<Destination[]> => {
  const found = new Map<string, Destination>()
  for (const [address, owner] of await ownersOf(app.db, app.config.MAIL_DOMAIN, mail.recipients)) {
    if (typeof owner === 'string') continue
    const known = found.get(owner.inboxId)
    if (known) known.addressed.push(address)
    else found.set(owner.inboxId, { ...owner, addressed: [address], keptBlob: undefined })
  }
  const inboxes = [...found.values()].sort((a, b) => (a.inboxId < b.inboxId ? -1 : 1))
  const unclaimed = new Map(Object.entries(mail.raw_blobs))
  for (const inbox of inboxes) {
    inbox.keptBlob = unclaimed.get(inbox.organizationId)
    unclaimed.delete(inbox.organizationId)
  }
  return inboxes
}

/** Row, thread, files, event, in the transaction that takes the mail out of the queue. */
const deliver = async (app: App, db: Db, { message, blobs }: Letter): Promise<void> => {
  const { organization_id, inbox_id, in_reply_to, references } = message
  await app.blobs.insert(db, organization_id, blobs)
  const cited = [...(in_reply_to ? [in_reply_to] : []), ...references.toReversed()]
  const thread = cited.length > 0 ? await store.threadOf(db, organization_id, inbox_id, cited) : undefined
  const row = { ...message, thread_id: thread ?? newId() }
  await store.insert(db, organization_id, row, thread === undefined)
  await record(db, [{ type: 'message.received', organization_id, livemode: true, data: messageEvent(app, row) }])
}

/** Not the mail's fault: system errors, lost or refused connections, conflicts that another try resolves. */
const isOutage = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false
  const code = String((error as NodeJS.ErrnoException).code ?? '')
  return code === '' ? error.constructor === Error : /^(E[A-Z]|08|40|53|57|58|XX)/.test(code)
}
