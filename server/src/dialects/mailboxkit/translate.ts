/** MailboxKit's words ↔ ours. Pure functions. */
import type { Message } from '../../email/messages/messages.ts'
import { withoutPixel } from '../../email/messages/opens.ts'
import { prefixedId } from '../../kernel/ids.ts'
import type { App } from '../../platform.ts'
import { invalid } from '../../problems.ts'
import { type Incoming, refuseOtherPaging, wholeNumber } from '../incoming.ts'

/** Their ids are bare ULIDs; ours carry a prefix. */
export const bare = (id: string): string => id.slice(id.indexOf('_') + 1)
export const id = prefixedId
/** An inbox may be named by its id or by its address. */
export const inboxId = ({ inbox }: Record<string, string>): string => (inbox!.includes('@') ? inbox! : id('inbox', inbox))

const seconds = (iso: string): string => iso.replace(/\.\d+Z$/, 'Z')

export const data =
  <I, O>(show: (item: I, app: App) => O) =>
  (item: I, { app }: { app: App }) => ({ data: show(item, app) })

export const list =
  <I, O>(show: (item: I, app: App) => O) =>
  (page: Listed<I>, { app }: { app: App }) => ({
    data: page.data.map(item => show(item, app)),
    meta: { has_more: page.has_more, next_cursor: page.next_cursor, ...counted(page) },
  })

interface Listed<I> {
  data: I[]
  has_more: boolean
  next_cursor: string | null
  total?: number
  offset?: number
  limit?: number
}

const counted = ({ total = 0, offset, limit = 1 }: Listed<unknown>) =>
  offset === undefined
    ? {}
    : { total, per_page: limit, current_page: offset / limit + 1, last_page: Math.max(1, Math.ceil(total / limit)) }

/** `limit` and `per_page` mean the same; `cursor` is next_cursor of the page before. The first page may be called so. */
export const paging = ({ query }: Pick<Incoming, 'query'>): { limit: number; cursor?: string } => {
  refuseOtherPaging(query, ['limit', 'per_page', 'cursor', ...(Number(query.page) === 1 ? ['page'] : [])])
  const limit = wholeNumber(query, 'per_page', 1, 100) ?? wholeNumber(query, 'limit', 1, 100) ?? 20
  return { limit, ...(query.cursor ? { cursor: String(query.cursor) } : {}) }
}

/** Where pages may be counted as well: `page` from 1, or `offset`. */
export const numbered = ({ query }: Incoming) => {
  refuseOtherPaging(query, ['limit', 'per_page', 'cursor', 'page', 'offset'])
  const asked = paging({ query: { limit: query.limit, per_page: query.per_page, cursor: query.cursor } })
  const page = wholeNumber(query, 'page', 1, 100_000)
  const skipped = wholeNumber(query, 'offset', 0, 10_000_000) ?? (page && (page - 1) * asked.limit)
  return skipped === undefined ? asked : { limit: asked.limit, offset: skipped }
}

export const registered = (output: { api_key: string; email: string; inbox_id: string; owner_email: string }) => ({
  api_key: output.api_key,
  email: output.email,
  inbox_id: bare(output.inbox_id),
  owner_email: output.owner_email,
  message: 'Save your API key — it will not be shown again.',
})

export const inbox = (output: { id: string; name: string; email: string; organization_id: string; created_at: string }) => ({
  id: bare(output.id),
  name: output.name,
  email: output.email,
  organization_id: bare(output.organization_id),
  created_at: seconds(output.created_at),
})

/** What a send and a reply have in common; null is a field left out. Files come as JSON (base64) or from a form, where they stand beside the fields. */
const content = ({ body }: Incoming) => ({
  cc: body.cc ?? undefined,
  bcc: body.bcc ?? undefined,
  text: body.text ?? undefined,
  html: body.html ?? undefined,
  headers: body.headers ?? undefined,
  // They ask for opens by subscribing to message.opened.
  track_opens: body.track_opens ?? 'if_subscribed',
  attachments: body.attachments ?? undefined,
})

export const newMessage = (request: Incoming) => {
  const { body, params } = request
  return {
    inbox_id: inboxId(params),
    to: body.to ?? [],
    reply_to: body.reply_to ?? undefined,
    subject: body.subject ?? '',
    ...content(request),
  }
}

export const newReply = (request: Incoming) => ({
  inbox_id: inboxId(request.params),
  message_id: id('message', request.params.message),
  ...content(request),
})

export const message = (output: Message) => ({
  id: bare(output.id),
  inbox_id: bare(output.inbox_id),
  thread_id: bare(output.thread_id),
  direction: output.direction,
  message_id: output.message_id,
  in_reply_to: output.in_reply_to,
  from_email: output.from_email,
  from_name: output.from_name,
  to_emails: output.to,
  cc_emails: output.cc,
  bcc_emails: output.bcc,
  subject: output.subject,
  text_body: output.text,
  html_body: output.html && output.direction === 'outbound' ? withoutPixel(output.html) : output.html,
  extracted_text: output.extracted_text,
  status: output.status,
  attachments: output.attachments.map(file => ({
    id: bare(file.id),
    filename: file.filename,
    mime_type: file.content_type,
    size: file.size,
    url: file.url,
  })),
  authentication: output.authentication,
  created_at: seconds(output.created_at),
})

const fields = {
  subject: 'subject',
  from: 'from',
  from_email: 'from',
  sender: 'from',
  body: 'body',
  text: 'body',
  text_body: 'body',
  html_body: 'body',
} as const

export const search = (request: Incoming) => {
  const { body } = request
  const wanted = body.fields && [body.fields].flat().map((field: keyof typeof fields) => fields[field] ?? field)
  return {
    query: body.query,
    ...((body.inbox_id ?? '') === '' ? {} : { inbox_id: inboxId({ inbox: String(body.inbox_id) }) }),
    ...(wanted ? { fields: wanted } : {}),
    date_from: body.date_from ?? undefined,
    date_to: body.date_to ?? undefined,
    ...paging({ ...request, query: body }),
  }
}

type ThreadOut = {
  id: string
  inbox_id: string
  subject: string
  message_count: number
  last_message_at: string
  created_at: string
}

export const thread = (output: ThreadOut) => ({
  id: bare(output.id),
  inbox_id: bare(output.inbox_id),
  subject: output.subject,
  messages_count: output.message_count,
  last_message_at: seconds(output.last_message_at),
  created_at: seconds(output.created_at),
})

export const threadWithMessages = (output: ThreadOut & { messages: Message[] }) => ({
  ...thread(output),
  messages: output.messages.map(message),
})

type WebhookOut = { id: string; name: string; url: string; events: string[]; enabled: boolean; created_at: string }

export const webhook = (output: WebhookOut) => ({
  id: bare(output.id),
  name: output.name,
  url: output.url,
  events: output.events,
  is_active: output.enabled,
  created_at: seconds(output.created_at),
})

export const newWebhook = (output: WebhookOut & { secret: string }) => ({ ...webhook(output), secret: output.secret })

export const tested = (output: { delivered: boolean; status: number | null; error: string | null; duration_ms: number }) => ({
  success: output.delivered,
  status_code: output.status,
  error: output.error,
  duration_ms: output.duration_ms,
})

export const attempt = (output: {
  id: string
  event_id: string
  event_type: string
  attempt: number
  status: number | null
  error: string | null
  response_excerpt: string | null
  duration_ms: number
  created_at: string
}) => ({
  id: bare(output.id),
  event: output.event_type,
  event_id: bare(output.event_id),
  attempt: output.attempt,
  success: output.status !== null && output.status >= 200 && output.status < 300,
  status_code: output.status,
  error: output.error,
  response_body: output.response_excerpt,
  duration_ms: output.duration_ms,
  created_at: seconds(output.created_at),
})

/** A domain may be named by its id or by its name. */
export const domainId = ({ params }: Incoming): { domain_id: string } => ({
  domain_id: params.domain!.includes('.') ? params.domain! : id('domain', params.domain),
})

export const domain = (output: {
  id: string
  name: string
  is_verified: boolean
  mx_verified: boolean
  spf_verified: boolean
  dkim_verified: boolean
  dmarc_verified: boolean
  verified_at: string | null
  created_at: string
}) => ({
  id: bare(output.id),
  name: output.name,
  is_verified: output.is_verified,
  mx_verified: output.mx_verified,
  spf_verified: output.spf_verified,
  dkim_verified: output.dkim_verified,
  dmarc_verified: output.dmarc_verified,
  verified_at: output.verified_at && seconds(output.verified_at),
  created_at: seconds(output.created_at),
})

type RecordOut = {
  record: string
  type: string
  host: string
  value: string
  priority: number | null
  status: string
  problem: string | null
  change: string | null
}

/** Their four records, each with what we found; and the two that only we have. */
export const dns = ({ records }: { records: RecordOut[] }) =>
  Object.fromEntries(
    records.map(({ record, type, host, value, priority, status, problem, change }) => [
      record,
      { type, host, value, ...(priority === null ? {} : { priority }), status, problem, change },
    ]),
  )

type KeyOut = { id: string; name: string; hint: string; mode: string; last_used_at: string | null; created_at: string }

export const key = (output: KeyOut) => ({
  id: bare(output.id),
  name: output.name,
  key: output.hint,
  test: output.mode === 'test',
  last_used_at: output.last_used_at && seconds(output.last_used_at),
  created_at: seconds(output.created_at),
})

/** `test` decides whether mails go out and are paid, so nothing but true and false will do. */
export const keyMode = ({ body, ctx }: Incoming) => {
  const test = body.test ?? false
  if (typeof test !== 'boolean') throw invalid({ path: '/test', message: 'must be true or false' })
  return test || !ctx.livemode ? ('test' as const) : ('live' as const)
}

export const newKey = (output: KeyOut & { key: string }) => ({
  data: { ...key(output), key: output.key },
  message: 'Store this key securely. It will not be shown again.',
})

type Usage = { inboxes_count: number; messages_count: number; domains_count: number }

export const organization = (output: Usage & { id: string; name: string; created_at: string }) => ({
  id: bare(output.id),
  name: output.name,
  inboxes_count: output.inboxes_count,
  messages_count: output.messages_count,
  domains_count: output.domains_count,
  created_at: seconds(output.created_at),
})
