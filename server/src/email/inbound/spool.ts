/**
 * Keeping received mail: what SMTP waits for before it says 250. Mails that end together are committed together; what they
 * mean is worked out afterwards by the job `email.interpret`, which the same commit queues.
 */
import { inlineLimit } from '../../kernel/blobs.ts'
import { coalesce } from '../../kernel/database/batch.ts'
import { newId } from '../../kernel/ids.ts'
import type { App } from '../../platform.ts'
import { ownersOf } from './rcpt.ts'
import * as store from './spool.sql.ts'

export interface ReceivedMail {
  /** Return path; empty for reports (RFC 5321 §4.5.5). */
  mailFrom: string
  /** Canonical addresses, all of them accepted at RCPT. */
  recipients: string[]
  clientIp: string
  /** What the client called itself in EHLO. */
  clientName: string
  tls: boolean
  size: number
  /** The mail as it will be kept; about `size` bytes. */
  read(): Promise<Buffer>
}

export type Keep = ((mail: ReceivedMail) => Promise<void>) & { drain(): Promise<void> }

/** What is stored in the row. Reading may add line ends and trace fields, so a little below the limit of a blob. */
const smallMail = inlineLimit - 8192
/** A transaction's worth. More gains nothing measurable and makes the first of them wait. */
const maxBatch = 64
/** So many small mails share a job; it works on them side by side, so that none waits for a slow neighbour's DNS. */
const mailsPerJob = 32

interface Mail extends Omit<ReceivedMail, 'read' | 'size'> {
  bytes: Buffer
}

/** Resolves when the mail is durable; a rejection means that it is not, or that nobody knows: the sender must try again. */
export const createKeep = (app: App): Keep => {
  // One commit at a time: the next batch fills meanwhile, and fewer, fuller commits cost a quarter less than two at once.
  const small = coalesce<Mail, null>(mails => keepSmall(app, mails), { maxItems: maxBatch, concurrency: 1 })
  // Large ones are in memory only while they are written, two at a time.
  const large = coalesce<ReceivedMail, null>(async ([mail]) => [await keepLarge(app, { ...mail!, bytes: await mail!.read() })], {
    maxItems: 1,
    concurrency: 2,
  })
  const keep = async (mail: ReceivedMail): Promise<void> => {
    await (mail.size <= smallMail ? small({ ...mail, bytes: await mail.read() }) : large(mail))
  }
  return Object.assign(keep, { drain: async () => void (await Promise.all([small.drain(), large.drain()])) })
}

const row = (app: App, mail: Mail, more: Pick<store.Kept, 'raw_blobs' | 'start'>): store.Kept => ({
  id: newId(),
  mail_from: mail.mailFrom,
  recipients: mail.recipients,
  client_ip: mail.clientIp,
  client_name: mail.clientName,
  tls: mail.tls,
  size: mail.bytes.length,
  received_at: app.clock.now(),
  ...more,
})

const keepSmall = async (app: App, mails: Mail[]): Promise<null[]> => {
  let start = 1
  const rows = mails.map(mail => {
    const kept = row(app, mail, { start, raw_blobs: {} })
    start += mail.bytes.length
    return kept
  })
  const jobs: string[][] = []
  for (let at = 0; at < rows.length; at += mailsPerJob) jobs.push(rows.slice(at, at + mailsPerJob).map(kept => kept.id))
  await store.unscopedKeep(app.db, rows, Buffer.concat(mails.map(mail => mail.bytes)), jobs)
  return mails.map(() => null)
}

/** The bytes are safe in the blob store before the row says where. A mail that is only a report is read, never shown: its beginning will do. */
const keepLarge = async (app: App, mail: Mail): Promise<null> => {
  const owners = await ownersOf(app.db, app.config, mail.recipients)
  const organizations = new Set([...owners.values()].flatMap(owner => (typeof owner === 'object' ? [owner.organizationId] : [])))
  if (organizations.size === 0) {
    const [kept] = await keepSmall(app, [{ ...mail, bytes: mail.bytes.subarray(0, inlineLimit) }])
    return kept!
  }
  const staged = await Promise.all(
    [...organizations].map(async organization => ({ organization, blob: await app.blobs.stage(mail.bytes) })),
  )
  const kept = row(app, mail, { raw_blobs: Object.fromEntries(staged.map(({ organization, blob }) => [organization, blob.id])) })
  await app.db.tx(async db => {
    for (const { organization, blob } of staged) await app.blobs.insert(db, organization, [blob])
    await store.unscopedKeep(db, [kept], Buffer.alloc(0), [[kept.id]])
  })
  return null
}
