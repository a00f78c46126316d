/** How an order looks to the outside: answers, events, webhooks. */
import Type, { type Static } from 'typebox'
import { record } from '../../events/events.sql.ts'
import type { EventType } from '../../events/events.ts'
import type { Db } from '../../kernel/database/db.ts'
import { parseId, publicId } from '../../kernel/ids.ts'
import { type Context, oneOf } from '../../operation.ts'
import { problem } from '../../problems.ts'
import { Address } from '../addresses/postal-addresses.ts'
import { type Hold, holdsOf } from '../money/ledger.ts'
import { campaignOf, campaigns, type Draft } from './order-creative.ts'
import * as store from './orders.sql.ts'

const Nullable = <T extends Type.TSchema>(type: T) => Type.Union([type, Type.Null()])

export const orderStatuses = ['draft', 'quoted', 'held', 'paid', 'in_production', 'mailed', 'completed', 'cancelled'] as const

const Drop = Type.Object({
  id: Nullable(Type.String({ description: 'null until checkout makes it.' })),
  mail_date: Type.String({ description: 'The day it goes to the post office.' }),
  quantity: Nullable(Type.Integer({ description: 'null: what the others leave.' })),
  status: Type.String({ description: 'planned, then scheduled, locked, production_started, mailed; or cancelled.' }),
  carrier: Nullable(Type.String()),
  locks_at: Nullable(Type.String({ description: 'Until then its pieces can be cancelled.' })),
  mailed_at: Nullable(Type.String()),
})

export const Quote = Type.Object({
  pieces: Type.Integer(),
  production_mills: Type.Integer(),
  postage_mills: Type.Integer(),
  total_mills: Type.Integer({ description: 'Production and postage, in 1/1000 USD.' }),
  lines: Type.Array(
    Type.Object({
      destination: oneOf(['US', 'abroad']),
      pieces: Type.Integer(),
      production_mills_each: Type.Integer(),
      postage_mills_each: Type.Integer(),
    }),
  ),
})

export const Order = Type.Object({
  id: Type.String(),
  livemode: Type.Boolean(),
  status: oneOf(orderStatuses),
  campaign_type: oneOf(Object.keys(campaigns) as (keyof typeof campaigns)[]),
  kind: oneOf(['postcard', 'letter']),
  size: Type.String(),
  quantity: Type.Integer({ description: 'The most pieces you want; you pay for those in your list.' }),
  recipient_count: Type.Integer({ description: 'Recipients in the list.' }),
  message: Nullable(Type.String()),
  design: Nullable(Type.String()),
  creative: Type.Unknown({ description: 'What is on the pieces, as far as it is decided.' }),
  sender_name: Nullable(Type.String()),
  return_address: Nullable(Address),
  qr_url: Nullable(Type.String({ description: 'Where the QR code of each piece leads.' })),
  metadata: Type.Record(Type.String(), Type.String()),
  drops: Type.Array(Drop),
  quote: Nullable(Quote),
  payment: Type.Object({
    status: oneOf(
      ['unpaid', 'reserved', 'captured', 'released'],
      'reserved: set aside; captured: production has taken its part; released: all of it went back.',
    ),
    method: Nullable(Type.String({ description: 'credit or card.' })),
    checkout_url: Nullable(Type.String({ description: 'Where a human pays by card; until then the order stays quoted.' })),
    reserved_mills: Type.Integer({ description: 'What was set aside at checkout; the sum of the next three.' }),
    held_mills: Type.Integer(),
    captured_mills: Type.Integer(),
    released_mills: Type.Integer(),
    paid_at: Nullable(Type.String()),
  }),
  cancelled_at: Nullable(Type.String()),
  created_at: Type.String(),
  updated_at: Type.String(),
})
export type Order = Static<typeof Order>

const showDrops = ({ drops, drop_plan }: store.OrderRow): Order['drops'] =>
  drops.length > 0
    ? drops.map(({ id, lock_at, mailed_at, ...drop }) => ({
        ...drop,
        id: publicId('drop', id),
        locks_at: new Date(lock_at).toISOString(),
        mailed_at: mailed_at && new Date(mailed_at).toISOString(),
      }))
    : drop_plan.map(({ mail_date, quantity = null }) => ({
        id: null,
        mail_date,
        quantity,
        status: 'planned',
        carrier: null,
        locks_at: null,
        mailed_at: null,
      }))

const paymentStatus = ({ held, captured }: Hold): Order['payment']['status'] =>
  held > 0 ? 'reserved' : captured > 0 ? 'captured' : 'released'

const showCreative = (draft: Draft | null): object =>
  JSON.parse(JSON.stringify(draft ?? {}, (key, value: unknown) => (key === 'blob_id' ? undefined : value)))

export const toOrder = (row: store.OrderRow, hold: Hold | undefined): Order => ({
  id: publicId('order', row.id),
  livemode: row.livemode,
  status: row.status,
  campaign_type: row.campaign_type as Order['campaign_type'],
  kind: campaignOf(row.campaign_type).kind,
  size: row.size,
  quantity: row.quantity,
  recipient_count: row.recipient_count,
  message: row.message,
  design: row.design,
  creative: showCreative(row.creative),
  sender_name: row.sender_name,
  return_address: row.return_address,
  qr_url: row.qr_url,
  metadata: row.metadata,
  drops: showDrops(row),
  quote: row.quote,
  payment: {
    status: hold ? paymentStatus(hold) : 'unpaid',
    method: row.payment?.method ?? null,
    checkout_url: row.payment?.url ?? null,
    reserved_mills: hold?.reserved ?? 0,
    held_mills: hold?.held ?? 0,
    captured_mills: hold?.captured ?? 0,
    released_mills: hold?.released ?? 0,
    paid_at: row.paid_at?.toISOString() ?? null,
  },
  cancelled_at: row.cancelled_at?.toISOString() ?? null,
  created_at: row.created_at.toISOString(),
  updated_at: row.updated_at.toISOString(),
})

/** Rows with their money, as they are shown. */
export const toOrders = async (db: Db, org: string, livemode: boolean, rows: store.OrderRow[]): Promise<Order[]> => {
  const holds = await holdsOf(
    db,
    org,
    livemode,
    rows.map(row => publicId('order', row.id)),
  )
  return rows.map(row => toOrder(row, holds.get(publicId('order', row.id))))
}

/** An order of the caller's organization and mode. Throws not_found. */
export const findOrder = async (ctx: Pick<Context, 'db' | 'org' | 'livemode'>, id: string): Promise<store.OrderRow> => {
  const row = await store.byId(ctx.db, ctx.org, ctx.livemode, parseId('order', id) ?? null)
  if (!row) throw problem('not_found', { what: 'order' })
  return row
}

/** The order as it is now, shown. Throws not_found. */
export const showOrder = async (ctx: Pick<Context, 'db' | 'org' | 'livemode'>, id: string): Promise<Order> =>
  (await toOrders(ctx.db, ctx.org, ctx.livemode, [await findOrder(ctx, id)]))[0]!

/** Tells of an order; its data is the order as it is now in the transaction. */
export const recordOrder = async (
  { db, org, livemode }: { db: Db; org: string; livemode: boolean },
  orderId: string,
  type: Extract<EventType, `order.${string}`>,
): Promise<void> => {
  const data = await showOrder({ db, org, livemode }, publicId('order', orderId))
  // In a sandbox an order changed by its clock.
  await record(db, [{ type, organization_id: org, livemode, data, ...(livemode ? {} : { at: new Date(data.updated_at) }) }])
}
