/** Messages: what an inbox sent and received. Reading them; sending is in sending.ts, waiting in waiting.ts. */
import Type, { type Static } from 'typebox'
import { type Clock, systemClock } from '../../kernel/clock.ts'
import { signUrl } from '../../kernel/crypto.ts'
import type { Db } from '../../kernel/database/db.ts'
import { firstIdAt, parseId, publicId } from '../../kernel/ids.ts'
import { NumberedPage, numbered, numbers, Page, page, pageOf, paging } from '../../kernel/pages.ts'
import { type Context, object, oneOf, operation } from '../../operation.ts'
import type { App } from '../../platform.ts'
import { invalid, problem } from '../../problems.ts'
import { findInbox, InboxId } from '../inboxes/inboxes.ts'
import * as store from './messages.sql.ts'
import { queryOf, tagOf } from './words.ts'

const Nullable = <T extends Type.TSchema>(type: T) => Type.Union([type, Type.Null()])

export const Attachment = Type.Object({
  id: Type.String(),
  filename: Type.String(),
  content_type: Type.String(),
  content_id: Nullable(Type.String()),
  inline: Type.Boolean(),
  size: Type.Integer({ description: 'Bytes.' }),
  url: Type.String({ description: 'Where to fetch it; signed, valid for seven days.' }),
})

/** What became of a message at one recipient. */
export const Recipient = Type.Object({
  email: Type.String(),
  status: Type.String({ description: 'queued, sending, deferred, delivered, bounced or rejected.' }),
  attempts: Type.Integer(),
  next_attempt_at: Nullable(Type.String()),
  code: Nullable(Type.Integer({ description: 'SMTP reply code of the last attempt (RFC 5321 §4.2).' })),
  reply: Nullable(Type.String({ description: 'The reply in the words of the recipient’s server.' })),
  remote_host: Nullable(Type.String()),
  category: Nullable(Type.String({ description: 'Why it failed: hard, soft, policy, spam, quota …' })),
})

const Verdict = Type.String({
  description: 'pass, fail, none, neutral, softfail, policy, temperror or permerror (RFC 8601 §2.7).',
})

const Authentication = Type.Object(
  {
    spf: Type.Object({
      result: Verdict,
      domain: Type.String({ description: 'That of the return path, or the client’s name when that is empty.' }),
    }),
    dkim: Type.Array(
      Type.Object({
        result: Verdict,
        domain: Type.String(),
        selector: Type.String(),
        aligned: Type.Boolean({ description: 'Signed by the domain in From, or its organization.' }),
      }),
      { description: 'One for each signature.' },
    ),
    dmarc: Type.Object({
      result: Verdict,
      policy: Nullable(
        Type.String({ description: 'What the domain asks for when it fails: none, quarantine, reject; null without a record.' }),
      ),
      aligned: Type.Boolean(),
    }),
    arc: Type.Optional(Type.Object({ result: Verdict, domain: Nullable(Type.String()) })),
    trust: oneOf(
      ['pass', 'fail', 'none'],
      'Is it from who From says? pass: proven. fail: disproven, or From cannot be judged. none: nobody can tell.',
    ),
  },
  { description: 'Inbound: SPF, DKIM, DMARC verdicts on the sender, and trust in one word.' },
)

export const Message = Type.Object({
  id: Type.String(),
  inbox_id: Type.String(),
  thread_id: Type.String(),
  livemode: Type.Boolean(),
  direction: Type.String({ description: 'inbound or outbound.' }),
  status: Type.String({ description: 'received or blocked; or queued, sent, delivered, bounced, rejected, held.' }),
  message_id: Type.String({ description: 'Message-ID (RFC 5322 §3.6.4), with angle brackets.' }),
  in_reply_to: Nullable(Type.String()),
  references: Type.Array(Type.String()),
  from_email: Type.String(),
  from_name: Nullable(Type.String()),
  reply_to: Type.Array(Type.String(), { description: 'Where answers go; empty: to From.' }),
  to: Type.Array(Type.String()),
  cc: Type.Array(Type.String()),
  bcc: Type.Array(Type.String()),
  subject: Type.String(),
  text: Nullable(Type.String()),
  html: Nullable(Type.String()),
  extracted_text: Nullable(
    Type.String({
      description:
        'What is new in it, as plain text: a reply without older mail and signature; anything else, forwards too, whole. Of HTML: a line per row of a table with tabs between its cells, and nothing that a person cannot see.',
    }),
  ),
  headers: Type.Record(Type.String(), Type.String(), {
    description: 'Inbound: every header, repeated ones joined by a newline. Outbound: the ones you set.',
  }),
  attachments: Type.Array(Attachment),
  authentication: Nullable(Authentication),
  automatic: Type.Boolean({
    description:
      'True when a machine wrote it, by its header (RFC 3834), its subject ("Automatic reply: …" in 40 languages) or its sender (no-reply@): never answer it automatically.',
  }),
  parse_problem: Nullable(
    Type.String({
      description:
        'What was wrong with an inbound mail, in sentences; all of it that could be read is shown, and its source has the rest.',
    }),
  ),
  recipients: Type.Array(Recipient, { description: 'Outbound: what became of it at each recipient.' }),
  size: Type.Integer({ description: 'Bytes of the mail as received; 0 for outbound.' }),
  created_at: Type.String(),
})
export type Message = Static<typeof Message>

const weekMs = 7 * 86_400_000

export const toAttachment = (app: App, row: store.AttachmentRow): Static<typeof Attachment> => ({
  id: publicId('attachment', row.id),
  filename: row.filename,
  content_type: row.content_type,
  content_id: row.content_id,
  inline: row.inline,
  size: row.size,
  url: `${app.publicUrl}${signUrl(app.masterKey, `/files/${publicId('attachment', row.id)}`, 'attachment', new Date(app.clock.now().getTime() + weekMs))}`,
})

const toRecipient = (row: store.DeliveryRow): Static<typeof Recipient> => ({
  email: row.recipient,
  status: row.state,
  attempts: row.attempts,
  next_attempt_at: row.state === 'queued' || row.state === 'deferred' ? new Date(row.next_attempt_at).toISOString() : null,
  code: row.code,
  reply: row.reply,
  remote_host: row.remote_host,
  category: row.category,
})

/** Row → what the API, events and webhooks show. */
export const toMessage = (app: App, row: store.MessageRow): Message => ({
  id: publicId('message', row.id),
  inbox_id: publicId('inbox', row.inbox_id),
  thread_id: publicId('thread', row.thread_id),
  livemode: row.livemode,
  direction: row.direction,
  status: row.status,
  message_id: row.message_id,
  in_reply_to: row.in_reply_to,
  references: row.references,
  from_email: row.from_email,
  from_name: row.from_name,
  reply_to: row.reply_to_emails,
  to: row.to_emails,
  cc: row.cc_emails,
  bcc: row.bcc_emails,
  subject: row.subject,
  text: row.text_body,
  html: row.html_body,
  extracted_text: row.extracted_text,
  headers: row.headers,
  attachments: row.attachments.map(attachment => toAttachment(app, attachment)),
  authentication: row.authentication,
  automatic: row.automatic,
  parse_problem: row.parse_problem,
  recipients: row.deliveries.map(toRecipient),
  size: row.size,
  created_at: row.created_at.toISOString(),
})

/** The longest body an event carries, in characters (event_data() in the database cuts there); longer ones are read by id. */
const eventBody = 100_000

/** A message as events carry it: without its bodies, which whoever reads the event adds. `truncated` says that one is cut. */
export const messageEvent = (app: App, row: store.MessageRow) => {
  const { text, html, extracted_text, ...data } = toMessage(app, row)
  const truncated = [text, html, extracted_text].some(body => body !== null && body.length > eventBody)
  return { message_id: row.id, data: { ...data, truncated } }
}

export const findMessage = async (ctx: Context, id: string, db: Db = ctx.db): Promise<store.MessageRow> => {
  const row = await store.byId(db, ctx.org, ctx.livemode, parseId('message', id) ?? null)
  if (!row) throw problem('not_found', { what: 'message' })
  return row
}

/** The message, and it must be in that inbox: another inbox's id answers as unknown. */
export const findMessageIn = async (ctx: Context, inboxId: string, id: string) => {
  const inbox = await findInbox(ctx, inboxId)
  const message = await findMessage(ctx, id)
  if (message.inbox_id !== inbox.id) throw problem('not_found', { what: 'message' })
  return { inbox, message }
}

export const dateInput = (description: string) =>
  Type.Optional(Type.String({ maxLength: 40, description, examples: ['2026-01-31', '2026-01-31T12:00:00Z'] }))

/** ISO date or time → Date; a bare date means its first moment (or, for `end`, the first moment of the next day). UTC where it names no zone. */
export const readDate = (path: string, text: string | undefined, end = false): Date | undefined => {
  if (text === undefined) return undefined
  const [day, time] = [text.slice(0, 10), text.slice(10)]
  const date = new Date(/^[T ][\d:.]+$/.test(time) ? `${day}T${time.slice(1)}Z` : text)
  // JavaScript takes 30 February for 2 March.
  const real = /^\d{4}-\d{2}-\d{2}$/.test(day) && new Date(`${day}T00:00Z`).getUTCDate() === Number(day.slice(8))
  if (!real || Number.isNaN(date.getTime()))
    throw invalid({ path, message: 'is not a date; write 2026-01-31 or 2026-01-31T12:00:00Z' })
  return end && text.length === 10 ? new Date(date.getTime() + 86_400_000) : date
}

/** Ids and times are made by the same clock on every node but for seconds, and ids may run ahead in a burst. */
const idSlackMs = 60_000

/** A mail gets its id when it is filed, usually at once; it may lie that long before. */
const longestFilingMs = 86_400_000

/** The least id a message of that time or later can have; undefined under a clock that ids do not go by. */
export const firstIdOf = (clock: Clock, at: Date): string | undefined =>
  clock === systemClock ? firstIdAt(new Date(Math.max(0, at.getTime() - idSlackMs))) : undefined

/** Bounds on ids that follow from bounds on times, so that an index by id leads to them. */
const idBounds = (clock: Clock, after: Date | undefined, until: Date | undefined) => ({
  firstId: after && firstIdOf(clock, after),
  endId: until && firstIdOf(clock, new Date(until.getTime() + longestFilingMs)),
})

export const listMessages = operation(
  'List the messages of an inbox',
  'messages.read',
  {
    input: object({
      inbox_id: InboxId,
      ...numbered,
      direction: Type.Optional(oneOf(['inbound', 'outbound'])),
      status: Type.Optional(Type.String({ maxLength: 20 })),
      created_after: dateInput('Only later ones.'),
      created_before: dateInput('Only earlier ones.'),
    }),
    output: NumberedPage(Message),
  },
  async (ctx, input) => {
    const { before, limit, fetch } = pageOf(input)
    const inbox = await findInbox(ctx, input.inbox_id)
    const after = readDate('/created_after', input.created_after)
    const until = readDate('/created_before', input.created_before)
    const filter = {
      inboxId: inbox.id,
      direction: input.direction,
      status: input.status,
      after,
      until,
      ...idBounds(ctx.app.clock, after, until),
    }
    const rows = await store.list(ctx.db, ctx.org, ctx.livemode, { ...filter, before, limit: fetch, skip: input.offset ?? 0 })
    return {
      ...page(rows, limit, row => toMessage(ctx.app, row)),
      ...(await numbers(input, limit, () => store.count(ctx.db, ctx.org, ctx.livemode, filter))),
    }
  },
)

export const getMessage = operation(
  'Get a message',
  'messages.read',
  { input: object({ message_id: Type.String() }), output: Message },
  async (ctx, input) => toMessage(ctx.app, await findMessage(ctx, input.message_id)),
)

export const getInboxMessage = operation(
  'Get a message of an inbox',
  'messages.read',
  { input: object({ inbox_id: InboxId, message_id: Type.String() }), output: Message },
  async (ctx, input) => toMessage(ctx.app, (await findMessageIn(ctx, input.inbox_id, input.message_id)).message),
)

const weights = { subject: 'A', from: 'B', attachments: 'C', body: 'D' } as const

export const searchMessages = operation(
  'Search messages across inboxes',
  'messages.read',
  {
    input: object({
      query: Type.String({
        minLength: 1,
        maxLength: 500,
        description:
          'Words, or their beginning (three letters or more), without case and accents, in singular or plural; an address, a domain or a file name; "quoted phrases", or, and -without work as in a web search.',
      }),
      inbox_id: Type.Optional(InboxId),
      fields: Type.Optional(
        Type.Array(oneOf(['subject', 'from', 'attachments', 'body']), {
          minItems: 1,
          description: 'Where to look; attachments: the names of files. Default: everywhere.',
        }),
      ),
      date_from: dateInput('From this date or time on.'),
      date_to: dateInput('Up to this time, or to the end of this date.'),
      ...paging,
    }),
    output: Page(Message),
  },
  async (ctx, input) => {
    const { before, limit, fetch } = pageOf(input)
    const inbox = input.inbox_id === undefined ? undefined : await findInbox(ctx, input.inbox_id)
    const fields = new Set<keyof typeof weights>(input.fields ?? ['subject', 'from', 'attachments', 'body'])
    const words = queryOf(
      tagOf(ctx.org, ctx.livemode),
      input.query,
      [...fields].map(field => weights[field]),
    )
    const after = readDate('/date_from', input.date_from)
    const until = readDate('/date_to', input.date_to, true)
    const bounds = { after, until, ...idBounds(ctx.app.clock, after, until) }
    const rows = words
      ? await store.search(ctx.db, ctx.org, ctx.livemode, { words, inboxId: inbox?.id, ...bounds, before, limit: fetch })
      : []
    return page(rows, limit, row => toMessage(ctx.app, row))
  },
)
