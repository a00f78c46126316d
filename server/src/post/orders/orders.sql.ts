import { type Db, sql } from '../../kernel/database/db.ts'
import type { Address } from '../addresses/postal-addresses.ts'
import type { Draft } from './order-creative.ts'

export type OrderStatus = 'draft' | 'quoted' | 'held' | 'paid' | 'in_production' | 'mailed' | 'completed' | 'cancelled'

export interface PlannedDrop {
  mail_date: string
  quantity?: number
}

export interface OrderDrop {
  id: string
  mail_date: string
  quantity: number
  status: string
  carrier: string | null
  lock_at: string
  mailed_at: string | null
}

/** What the price of an order is made of, in mills. */
export interface Quote {
  pieces: number
  production_mills: number
  postage_mills: number
  total_mills: number
  lines: { destination: 'US' | 'abroad'; pieces: number; production_mills_each: number; postage_mills_each: number }[]
}

export interface OrderRow {
  id: string
  organization_id: string
  livemode: boolean
  status: OrderStatus
  campaign_type: string
  size: string
  design: string | null
  quantity: number
  message: string | null
  sender_name: string | null
  return_address: Address | null
  qr_url: string | null
  creative: Draft | null
  metadata: Record<string, string>
  quote: Quote | null
  /** `payment_id`, `url`: paying by card was begun there. */
  payment: { method: string; payment_id?: string; url?: string } | null
  paid_at: Date | null
  drop_plan: PlannedDrop[]
  recipient_count: number
  cancelled_at: Date | null
  created_at: Date
  updated_at: Date
  drops: OrderDrop[]
}

/** What the customer decides. */
export type OrderFields = Pick<
  OrderRow,
  | 'campaign_type'
  | 'size'
  | 'design'
  | 'quantity'
  | 'message'
  | 'sender_name'
  | 'return_address'
  | 'qr_url'
  | 'creative'
  | 'metadata'
  | 'drop_plan'
>

const json = (value: unknown): string | null => (value === null ? null : JSON.stringify(value))

export const insert = (db: Db, organizationId: string, livemode: boolean, id: string, order: OrderFields, at: Date) =>
  db.rows(sql`
    insert into orders (id, organization_id, livemode, campaign_type, size, design, quantity, message, sender_name, return_address, qr_url,
      creative, metadata, drop_plan, created_at, updated_at)
    values (${id}, ${organizationId}, ${livemode}, ${order.campaign_type}, ${order.size}, ${order.design}, ${order.quantity}, ${order.message},
      ${order.sender_name}, ${json(order.return_address)}::jsonb, ${order.qr_url}, ${json(order.creative)}::jsonb,
      ${json(order.metadata)}::jsonb, ${json(order.drop_plan)}::jsonb, ${at}, ${at})`)

export const byId = (db: Db, organizationId: string, livemode: boolean, id: string | null) =>
  db.row<OrderRow>(sql`
    select * from order_details where organization_id = ${organizationId} and livemode = ${livemode} and id = ${id}`)

/** For whoever has a signed link: the signature stands for the organization. */
export const unscopedById = (db: Db, id: string | null) => db.row<OrderRow>(sql`select * from order_details where id = ${id}`)

/** Locks an order until the end of the transaction; then read it. */
export const lock = (db: Db, organizationId: string, livemode: boolean, id: string | null) =>
  db.rows(sql`
    select id from orders where organization_id = ${organizationId} and livemode = ${livemode} and id = ${id} for update`)

export interface OrderFilter {
  status: OrderStatus | undefined
  after: Date | undefined
  until: Date | undefined
  metadata: Record<string, string> | undefined
}

export const list = (
  db: Db,
  organizationId: string,
  livemode: boolean,
  q: OrderFilter & { before: string | undefined; limit: number; skip: number },
) =>
  db.rows<OrderRow>(sql`
    select * from order_details
    where organization_id = ${organizationId} and livemode = ${livemode}
      and (${q.before ?? null}::uuid is null or id < ${q.before ?? null}::uuid)
      and (${q.status ?? null}::text is null or status = ${q.status ?? null}::text)
      and (${q.after ?? null}::timestamptz is null or created_at >= ${q.after ?? null}::timestamptz)
      and (${q.until ?? null}::timestamptz is null or created_at < ${q.until ?? null}::timestamptz)
      and (${json(q.metadata ?? null)}::jsonb is null or
        (metadata <> '{}' and metadata @> ${json(q.metadata ?? null)}::jsonb))
    order by id desc limit ${q.limit} offset ${q.skip}`)

export const count = async (db: Db, organizationId: string, livemode: boolean, q: OrderFilter): Promise<number> =>
  (await db.row<{ count: number }>(sql`
    select count(*) from orders
    where organization_id = ${organizationId} and livemode = ${livemode}
      and (${q.status ?? null}::text is null or status = ${q.status ?? null}::text)
      and (${q.after ?? null}::timestamptz is null or created_at >= ${q.after ?? null}::timestamptz)
      and (${q.until ?? null}::timestamptz is null or created_at < ${q.until ?? null}::timestamptz)
      and (${json(q.metadata ?? null)}::jsonb is null or
        (metadata <> '{}' and metadata @> ${json(q.metadata ?? null)}::jsonb))`))!.count

/** Writes what the customer decided anew. What was quoted no longer holds. */
export const change = (db: Db, organizationId: string, livemode: boolean, id: string, order: OrderFields) =>
  db.rows(sql`
    update orders set campaign_type = ${order.campaign_type}, size = ${order.size}, design = ${order.design}, quantity = ${order.quantity},
      message = ${order.message}, sender_name = ${order.sender_name}, return_address = ${json(order.return_address)}::jsonb,
      qr_url = ${order.qr_url}, creative = ${json(order.creative)}::jsonb, metadata = ${json(order.metadata)}::jsonb,
      drop_plan = ${json(order.drop_plan)}::jsonb, status = 'draft', quote = null, payment = null, updated_at = next_moment(updated_at, organization_id, livemode)
    where organization_id = ${organizationId} and livemode = ${livemode} and id = ${id} and status in ('draft', 'quoted')`)

/** The list of an order is another one now. What was quoted no longer holds. */
export const listChanged = (db: Db, organizationId: string, livemode: boolean, id: string, recipients: number) =>
  db.rows(sql`
    update orders set recipient_count = ${recipients}, status = 'draft', quote = null, payment = null, updated_at = next_moment(updated_at, organization_id, livemode)
    where organization_id = ${organizationId} and livemode = ${livemode} and id = ${id} and status in ('draft', 'quoted')`)

/** Keeps a quote, unless the order was changed since it was read. */
export const quoted = (db: Db, organizationId: string, livemode: boolean, order: OrderRow, quote: Quote) =>
  db.row<{ id: string }>(sql`
    update orders set status = 'quoted', quote = ${JSON.stringify(quote)}::jsonb, updated_at = next_moment(updated_at, organization_id, livemode)
    where organization_id = ${organizationId} and livemode = ${livemode} and id = ${order.id} and status in ('draft', 'quoted')
      and date_trunc('milliseconds', updated_at) = ${order.updated_at}
    returning id`)

/** Notes where a quoted order can be paid by card. */
export const payable = (
  db: Db,
  organizationId: string,
  livemode: boolean,
  id: string,
  payment: { method: string; payment_id: string; url: string },
) =>
  db.rows(sql`
    update orders set payment = ${JSON.stringify(payment)}::jsonb
    where organization_id = ${organizationId} and livemode = ${livemode} and id = ${id} and status = 'quoted'`)

/** A payment came in: asks for the order that waited for it to be paid. */
export const paymentCame = (db: Db, organizationId: string, paymentId: string) =>
  db.rows(sql`
    select graphile_worker.add_job('post.pay', json_build_object('organization_id', organization_id, 'order_id', id), max_attempts := 25)
    from orders where organization_id = ${organizationId} and livemode and status = 'quoted' and payment->>'payment_id' = ${paymentId}`)

export const paid = (db: Db, organizationId: string, livemode: boolean, id: string, method: string, at: Date) =>
  db.row<{ id: string }>(sql`
    update orders set status = 'paid', payment = (coalesce(payment, '{}') - 'url') || ${JSON.stringify({ method })}::jsonb, paid_at = ${at}, updated_at = next_moment(updated_at, organization_id, livemode)
    where organization_id = ${organizationId} and livemode = ${livemode} and id = ${id} and status in ('quoted', 'held')
    returning id`)

/** A quoted order waits for approval from then on, and one that is not approved is quoted again. */
export const holdOrLetGo = (db: Db, organizationId: string, livemode: boolean, id: string, to: 'held' | 'quoted') =>
  db.rows(sql`
    update orders set status = ${to}, updated_at = next_moment(updated_at, organization_id, livemode)
    where organization_id = ${organizationId} and livemode = ${livemode} and id = ${id} and status in ('quoted', 'held')`)

export const cancel = (db: Db, organizationId: string, livemode: boolean, id: string, at: Date) =>
  db.rows(sql`
    update orders set status = 'cancelled', cancelled_at = ${at}, updated_at = next_moment(updated_at, organization_id, livemode)
    where organization_id = ${organizationId} and livemode = ${livemode} and id = ${id}`)

/** The drops of an order, which cannot lock before the transaction ends. */
export const holdDrops = (db: Db, organizationId: string, orderId: string) =>
  db.rows<{ id: string; status: string }>(sql`
    select id, status from drops where organization_id = ${organizationId} and order_id = ${orderId} order by id for update`)

export const cancelDrops = (db: Db, organizationId: string, orderId: string) =>
  db.rows(sql`
    update drops set status = 'cancelled', updated_at = now()
    where organization_id = ${organizationId} and order_id = ${orderId} and status = 'scheduled'`)

/** Writes down how many pieces each drop of an order has. */
export const countDrops = (db: Db, organizationId: string, orderId: string) =>
  db.rows(sql`
    update drops d set piece_count = (select count(*) from pieces p where p.drop_id = d.id), updated_at = now()
    where d.organization_id = ${organizationId} and d.order_id = ${orderId}`)

/** Ids of the pieces of an order that can still be cancelled. */
export const cancellablePieces = (db: Db, organizationId: string, orderId: string, limit: number) =>
  db.rows<{ id: string }>(sql`
    select id from pieces where organization_id = ${organizationId} and order_id = ${orderId} and status = 'created' order by id limit ${limit}`)
