/** Mailbots' words ↔ ours. Pure functions. */
import { prefixedId } from '../../kernel/ids.ts'
import type { App } from '../../platform.ts'
import type { CampaignType } from '../../post/orders/order-creative.ts'
import type { Order } from '../../post/orders/order-view.ts'
import type { Problem } from '../../problems.ts'
import { type Incoming, refuseOtherPaging, unwatched, wholeNumber } from '../incoming.ts'
import * as words from './order-words.ts'

/** Their ids are bare ULIDs; ours carry a prefix. */
export const bare = (id: string): string => id.slice(id.indexOf('_') + 1)
export const id = prefixedId

const ownId = /^[a-z]{3}_[0-9A-HJKMNP-TV-Z]{26}$/

/** The same with every id in it bare. */
export const bareIds = <T>(value: T): T => {
  if (typeof value === 'string') return (ownId.test(value) ? bare(value) : value) as T
  if (Array.isArray(value)) return value.map(bareIds) as T
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, bareIds(item)])) as T
}

const pagesBy = ['limit', 'offset', 'page', 'per_page']

/** `limit` (default 20, at most 100) and `offset`; `per_page` and `page` from 1 mean the same. */
export const paging = ({ query }: Incoming): { limit: number; offset: number } => {
  refuseOtherPaging(query, pagesBy)
  const limit = wholeNumber(query, 'limit', 1, 100) ?? wholeNumber(query, 'per_page', 1, 100) ?? 20
  const page = wholeNumber(query, 'page', 1, 100_000)
  return { limit, offset: wholeNumber(query, 'offset', 0, 10_000_000) ?? (page === undefined ? 0 : (page - 1) * limit) }
}

interface Numbered<I> {
  data: I[]
  total?: number
  limit?: number
  offset?: number
}

export const list =
  <I, O>(show: (item: I) => O) =>
  ({ data, total = 0, limit = 20, offset = 0 }: Numbered<I>) => ({ data: data.map(show), pagination: { total, limit, offset } })

/** A list in the order itself counts the pieces, where nobody says how many. */
export const newOrder = ({ body }: Incoming) => {
  const list = words.recipients(body)
  return {
    ...words.orderInput(body),
    quantity: body.quantity ?? list?.length,
    campaign_type: words.campaignType(body) as CampaignType | undefined,
    recipients: list,
  }
}

export const orderChange = ({ params, body }: Incoming) => ({
  ...words.orderInput(body),
  order_id: id('order', params.order),
  status: body.status ?? undefined,
})

const paymentWords = { unpaid: 'unpaid', reserved: 'paid', captured: 'paid', released: 'refunded' } as const

/** One flat object: what it is, its drops, and how its payment stands. */
export const order = (output: Order & { recipients?: object | undefined }) => ({
  id: bare(output.id),
  status: output.status,
  campaign_type: output.campaign_type,
  quantity: output.quantity,
  recipient_count: output.recipient_count,
  ...(output.recipients ? { recipients: bareIds(output.recipients) } : {}),
  message: output.message,
  design: output.design,
  size: output.size,
  sender_name: output.sender_name,
  return_address: output.return_address,
  qr_url: output.qr_url,
  metadata: output.metadata,
  drops: output.drops.map(drop => ({ ...drop, id: drop.id && bare(drop.id) })),
  quote: output.quote,
  payment_status: paymentWords[output.payment.status],
  payment_method: output.payment.method,
  checkout_url: output.payment.checkout_url,
  amount_mills: output.payment.reserved_mills || (output.quote?.total_mills ?? null),
  refunded_mills: output.payment.released_mills,
  test: !output.livemode,
  paid_at: output.payment.paid_at,
  cancelled_at: output.cancelled_at,
  created_at: output.created_at,
  updated_at: output.updated_at,
})

const isFile = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'content' in value && 'filename' in value

/** Their document does not name the field of the form: any one file is the list. */
export const upload = ({ params, body, query }: Incoming) => ({
  order_id: id('order', params.order),
  file: body.file ?? body[Object.keys(body).find(name => isFile(unwatched(body)[name])) ?? 'file'],
  csv: isFile(body.csv) ? undefined : body.csv,
  mapping: body.mapping ?? undefined,
  dedupe: body.dedupe ?? query.dedupe ?? undefined,
  sheet: body.sheet ?? query.sheet ?? undefined,
  dry_run: body.dry_run ?? query.dry_run,
})

interface TrackingOut {
  piece_id: string
  order_id: string | null
  status: string
  timeline: { status: string; at: string }[]
  scans: object[]
}

export const tracking = <T extends TrackingOut>({ timeline, scans, ...output }: T) => ({
  id: bare(output.piece_id),
  ...bareIds(output),
  timeline,
  events: scans,
})

type KeyOut = {
  id: string
  name: string
  hint: string
  mode: string
  scopes: string[]
  last_used_at: string | null
  created_at: string
}

export const key = (output: KeyOut) => ({
  id: bare(output.id),
  name: output.name,
  key: output.hint,
  test: output.mode === 'test',
  scopes: output.scopes,
  last_used_at: output.last_used_at,
  created_at: output.created_at,
})

export const newKey = (output: KeyOut & { key: string }) => ({ ...key(output), key: output.key })

/** A key is for the mode that is asked for in any of the usual ways, or for that of the key which makes it. */
export const keyMode = ({ body, ctx }: Incoming): 'live' | 'test' => {
  if (body.mode !== undefined) return body.mode
  if (typeof body.test === 'boolean') return body.test ? 'test' : 'live'
  return ctx.livemode ? 'live' : 'test'
}

type WebhookOut = { id: string; url: string; events: string[]; enabled: boolean; created_at: string }

export const webhook = (output: WebhookOut) => ({
  id: bare(output.id),
  url: output.url,
  events: output.events,
  active: output.enabled,
  created_at: output.created_at,
})

export const newWebhook = (output: WebhookOut & { secret: string }) => ({ ...webhook(output), secret: output.secret })

export const gone = (output: { id: string; deleted: true }) => ({ id: bare(output.id), deleted: output.deleted })

export const account = (output: {
  id: string
  name: string
  email: string
  livemode: boolean
  balance_mills: number
  balance: string
  plan: string
  created_at: string
}) => ({
  id: bare(output.id),
  name: output.name,
  email: output.email,
  credit_balance: output.balance,
  credit_balance_mills: output.balance_mills,
  plan: output.plan,
  test: !output.livemode,
  created_at: output.created_at,
})

/** Their envelope: a sentence, and in `details` what is wrong with which field. */
export const fail = (refusal: Problem, { word, id: requestId }: { word: string; id: string; app: App }): object => ({
  error: refusal.message,
  code: word,
  details: refusal.errors?.map(({ path, message }) => ({ field: path.slice(1).replaceAll('/', '.'), message })) ?? [
    { field: null, message: refusal.fix },
  ],
  ...(refusal.facts.billing_url ? { billing_url: refusal.facts.billing_url } : {}),
  request_id: requestId,
})
