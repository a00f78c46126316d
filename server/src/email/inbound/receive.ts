/**
 * What becomes of a received mail, as a list of steps: load, read, authenticate, find its inboxes, thread and store it,
 * hear what it reports, tell those who wait. It runs as a job after the mail is durable; whatever it meets, the mail ends
 * up in its inboxes once, readable or not.
 */
import { coalesce } from '../../kernel/database/batch.ts'
import { isTransient } from '../../kernel/database/db.ts'
import { firstIdAt } from '../../kernel/ids.ts'
import { isProblem } from '../../operation.ts'
import type { App } from '../../platform.ts'
import type { Authentication } from '../messages/messages.sql.ts'
import type { ParsedMessage } from '../mime/parse.ts'
import { unparsed } from '../mime/read-message.ts'
import { applyRules } from '../policy/rules.ts'
import { type Destination, writeLetter } from './inbox-copy.ts'
import { type Filing, fileMails } from './local-delivery.ts'
import { type Owner, ownersOf } from './rcpt.ts'
import * as store from './receive.sql.ts'
import { authenticate } from './sender-authentication.ts'

/** After so many failures a mail is stored as it came, unread. */
const mostFailures = 3
/** A mail that lies here longer than this, or was tried again so long ago, may have lost its job. */
const patienceMs = 120_000

/** Large mails are read two at a time in this process: whole, copied to the parser and taken apart, each is there three times. */
const inTurn = coalesce<() => Promise<void>, null>(([work]) => work!().then(() => [null]), { maxItems: 1, concurrency: 2 })

/**
 * Job `email.interpret`. A mail that fails does not delay the others; the job is retried for it alone. When the process that ran the job
 * died, one of the mails may be the cause: each gets its own job, and a mail with its own job has the failure counted before it is read.
 */
export const interpretMail = async (
  app: App,
  { ids, resumed = false }: { ids: string[]; resumed?: boolean },
  { interrupted = false }: { interrupted?: boolean } = {},
): Promise<void> => {
  if (interrupted && ids.length > 1) return void (await store.unscopedSeparate(app.db, ids))
  if (resumed || interrupted) await store.unscopedBlame(app.db, ids)
  const mails = await store.unscopedMails(app.db, ids)
  const owners = await ownersOf(app.db, app.config, [...new Set(mails.flatMap(mail => mail.recipients))])
  const file = coalesce<Filing, boolean>(filings => fileMails(app, filings), { maxItems: 32, concurrency: 1 })
  const outcomes = await Promise.allSettled(
    mails.map(mail => {
      const work = () => interpret(app, mail, owners, file)
      return mail.bytes ? work() : inTurn(work)
    }),
  )
  const failed = outcomes.find(outcome => outcome.status === 'rejected')
  if (failed) throw failed.reason
}

/** Adds a job for received mail that has waited too long. A safety net: jobs of dead instances are requeued at once (jobs/recovery.ts). Cron. */
export const resumeMail = async (app: App): Promise<void> => {
  const now = app.clock.now()
  const before = new Date(now.getTime() - patienceMs)
  await store.unscopedResume(app.db, firstIdAt(before), before, now)
}

type File = (filing: Filing) => Promise<boolean>

const interpret = async (app: App, mail: store.MailRow, owners: Map<string, Owner>, file: File): Promise<void> => {
  try {
    const loaded = await load(app, mail)
    const message = await read(app, mail, loaded)
    const raw = loaded ?? Buffer.alloc(0)
    const authentication = await judge(app, mail, raw, message)
    const inboxes = inboxesOf(mail, owners)
    const written = await Promise.all(inboxes.map(inbox => writeLetter(app, { mail, raw, message, authentication, inbox })))
    const letters = await applyRules(app, written, { mailFrom: mail.mail_from, authentication })
    const filed = await file({ mail, message, letters })
    if (filed) for (const { inboxId } of inboxes) app.bus.emit(`message:${inboxId}`)
  } catch (error) {
    if (!isTransient(error)) await store.unscopedBlame(app.db, [mail.id])
    throw error
  }
}

/** The bytes; none when every organization they were kept for is gone; undefined when the store lost them. */
const load = async (app: App, mail: store.MailRow): Promise<Buffer | undefined> => {
  if (mail.bytes) return mail.bytes
  let lost = false
  for (const [organization, blob] of Object.entries(mail.raw_blobs))
    try {
      const raw = await app.blobs.get(app.db, organization, blob)
      if (raw) return raw
    } catch (error) {
      if (!isProblem(error) || error.code !== 'gone') throw error
      lost = true
    }
  return lost ? undefined : Buffer.alloc(0)
}

const read = (app: App, mail: store.MailRow, raw: Buffer | undefined): Promise<ParsedMessage> | ParsedMessage => {
  if (!raw) return unparsed(Buffer.alloc(0), 'The bytes of this mail are lost; ask its sender to send it again.')
  if (mail.failures > mostFailures) return unparsed(Buffer.alloc(0), 'Reading the mail failed repeatedly; its source is kept.')
  return app.parser.parse(raw)
}

const judge = async (app: App, mail: store.MailRow, raw: Buffer, message: ParsedMessage): Promise<Authentication | null> => {
  if (mail.failures > mostFailures || raw.length === 0) return null
  return authenticate(app.resolver, {
    raw,
    clientIp: mail.client_ip,
    clientName: mail.client_name,
    mailFrom: mail.mail_from,
    from: message.from?.address ?? null,
    host: app.config.MAIL_HOST,
  })
}

/** Who was deleted since RCPT gets none. */
const inboxesOf = (mail: store.MailRow, owners: Map<string, Owner>): Destination[] => {
  const found = new Map<string, Destination>()
  const kept = new Map(Object.entries(mail.raw_blobs))
  for (const address of mail.recipients) {
    const owner = owners.get(address)
    if (typeof owner !== 'object') continue
    const known = found.get(owner.inboxId)
    if (known) known.addressed.push(address)
    else {
      found.set(owner.inboxId, { ...owner, addressed: [address], keptBlob: kept.get(owner.organizationId) })
      kept.delete(owner.organizationId)
    }
  }
  return [...found.values()]
}
