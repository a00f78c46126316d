/** Mail that waits for approval: accepted and paid, with nothing queued. What is not approved is paid back. */
import type { FindHeld, HeldPage, Refusal } from '../../approvals/held-thing.ts'
import { hold } from '../../approvals/hold.ts'
import * as wallet from '../../billing/wallet.sql.ts'
import { record } from '../../events/events.sql.ts'
import { unlessGone } from '../../kernel/blobs.ts'
import { sha256 } from '../../kernel/crypto.ts'
import type { Db } from '../../kernel/database/db.ts'
import { publicId } from '../../kernel/ids.ts'
import type { App } from '../../platform.ts'
import type { MessageRow } from '../messages/messages.sql.ts'
import * as messages from '../messages/messages.sql.ts'
import { messageEvent, toMessage } from '../messages/messages.ts'
import * as store from './held-mail.sql.ts'

/** A file as an approval shows it: its name, and the SHA-256 (hex) that says which bytes it is. */
interface HeldFile {
  filename: string
  content_type: string
  size: number
  sha256: string
}

const filesOf = (app: App, db: Db, row: MessageRow): Promise<HeldFile[]> =>
  Promise.all(
    row.attachments.map(async ({ filename, content_type, size, blob_id }) => {
      // A mail whose file was lost can still be looked at, and rejected.
      const bytes = await app.blobs.get(db, row.organization_id, blob_id).catch(unlessGone)
      return { filename, content_type, size, sha256: bytes ? sha256(bytes).toString('hex') : 'missing' }
    }),
  )

/** SHA-256 over everything that decides what recipients get and who they are. */
const contentHash = (row: MessageRow, files: HeldFile[]): Buffer =>
  sha256(
    JSON.stringify([
      [row.id, row.message_id, row.in_reply_to, row.references],
      [row.from_email, row.from_name, answersTo(row), row.to_emails, row.cc_emails, row.bcc_emails],
      row.deliveries.map(delivery => delivery.recipient).sort(),
      [row.subject, row.text_body, row.html_body],
      Object.entries(row.headers).sort(([a], [b]) => (a < b ? -1 : 1)),
      row.attachments.map(({ content_id, inline }, i) => [files[i], content_id, inline]),
      ...(row.automatic && row.headers['Auto-Submitted'] === undefined ? ['automatic'] : []),
    ]),
  )

/** One address by itself and none as null, as hashes made before there could be several have it. */
const answersTo = ({ reply_to_emails: [first, ...more] }: MessageRow) => (more.length > 0 ? [first, ...more] : (first ?? null))

/** Keeps a mail that acceptance has just written as held. */
export const holdMail = async (app: App, db: Db, row: MessageRow, cost: number): Promise<void> => {
  const hash = contentHash(row, await filesOf(app, db, row))
  await hold(app, db, { kind: 'message', id: row.id, org: row.organization_id, livemode: row.livemode, hash, cost })
}

const reasons: Record<Refusal, string> = { rejected: 'Rejected by who approves', expired: 'Not approved within seven days' }

export const findHeldMail: FindHeld = async (app, db, { org, livemode, id }) => {
  const row = await messages.byId(db, org, livemode, id)
  if (!row) return undefined
  const now = () => messages.byId(db, org, livemode, id)
  const about = { organization_id: org, livemode }
  return {
    question: 'May this mail go out?',
    title: row.subject,
    approved: 'is on its way.',
    rejected: 'is not sent, and its price is back in the wallet.',
    hash: async () => contentHash(row, await filesOf(app, db, row)),
    approve: async by => {
      await store.end(db, org, { messageId: id, now: app.clock.now(), status: 'queued', reply: null })
      const { message_id, data } = messageEvent(app, (await now())!)
      await record(db, [{ type: 'message.approved', ...about, message_id, data: { ...data, approved_by: by } }])
    },
    reject: async (how, cost) => {
      const reply = reasons[how]
      await store.end(db, org, { messageId: id, now: app.clock.now(), status: 'rejected', reply })
      if (cost > 0) await wallet.add(db, org, true, { amount: cost, kind: 'email_returned', reference: publicId('message', id) })
      const { message_id, data } = messageEvent(app, (await now())!)
      const waiting = row.deliveries.filter(delivery => delivery.state === 'held')
      await record(
        db,
        waiting.map(({ recipient }) => ({
          type: 'message.rejected' as const,
          ...about,
          message_id,
          data: { ...data, recipient, reason: reply },
        })),
      )
    },
    wake: () => void app.bus.emit('deliveries'),
    show: async () => toMessage(app, (await now())!),
    page: async () => pageOf(app, row, await filesOf(app, db, row)),
  }
}

const kilobytes = (size: number) => (size < 1000 ? `${size} bytes` : `${Math.round(size / 1000).toLocaleString('en')} kB`)

const pageOf = async (app: App, row: MessageRow, files: HeldFile[]): Promise<HeldPage> => ({
  intro: 'wants to send this mail and waits for your word. What you see is all of it, to the letter.',
  facts: [
    ['From', [row.from_name ? `${row.from_name} <${row.from_email}>` : row.from_email]],
    ['To', row.to_emails],
    ['Cc', row.cc_emails],
    ['Bcc', row.bcc_emails],
    ['Reply to', row.reply_to_emails],
    ['Subject', [row.subject]],
  ],
  parts: [
    ...(row.text_body === null ? [] : [{ heading: 'Text', text: row.text_body }]),
    ...(row.html_body === null
      ? []
      : [
          {
            heading: 'HTML part, as text',
            // What the reader will not see is what the owner must.
            text: await app.parser.htmlToText(row.html_body, { hidden: true }),
            source: row.html_body,
          },
        ]),
    ...(files.length === 0
      ? []
      : [
          {
            heading: 'Attachments',
            entries: files.map(({ filename, content_type, size, sha256 }) => ({
              name: kilobytes(size),
              value: `${filename} (${content_type})`,
              note: `SHA-256 ${sha256}`,
            })),
          },
        ]),
    ...(Object.keys(row.headers).length === 0
      ? []
      : [
          {
            heading: 'Further headers',
            text: Object.entries(row.headers)
              .map(([name, value]) => `${name}: ${value}\n`)
              .join(''),
          },
        ]),
  ],
  links: [],
  approve: 'Approve and send',
})
