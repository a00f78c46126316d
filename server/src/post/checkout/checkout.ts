/**
 * Checkout: quote → preflight → pay. Paying is one transaction: the money is set aside, the recipients become pieces, the pieces go into
 * drops. From then on the drops decide: money is captured as they are printed, and goes back for what is not.
 */
import Type from 'typebox'
import { hold, isHeld } from '../../approvals/hold.ts'
import { startTopup, topupLimits } from '../../billing/payments.ts'
import { record } from '../../events/events.sql.ts'
import type { Db } from '../../kernel/database/db.ts'
import { newId, publicId } from '../../kernel/ids.ts'
import { type Context, isProblem, object, oneOf, operation } from '../../operation.ts'
import type { App } from '../../platform.ts'
import { invalid, problem } from '../../problems.ts'
import { allocate, type Batch } from '../drops/drop-plan.ts'
import { insertForOrder } from '../drops/drops.sql.ts'
import * as ledger from '../money/ledger.ts'
import { type CompleteOrder, completeOrder } from '../orders/complete-order.ts'
import { findOrder, Order, recordOrder, showOrder } from '../orders/order-view.ts'
import * as store from '../orders/orders.sql.ts'
import { checkOpen, lockOrder } from '../orders/orders.ts'
import { toPiece } from '../pieces/piece-view.ts'
import * as pieces from '../pieces/pieces.sql.ts'
import { newBarcodes, newCode } from '../production/printing.ts'
import * as recipients from '../recipients/order-recipients.sql.ts'
import { wake } from '../sandbox/test-clock.sql.ts'
import { nowFor } from '../sandbox/test-clock.ts'
import { verifyLater } from '../verification/verify.ts'
import { orderHash } from './order-hash.ts'
import type { Preflight } from './order-preflight.ts'
import { makeQuote, SkipUnprintable } from './quote.ts'

/** Pieces made by one statement each for rows and events. */
const batchSize = 1000
const mostShown = 50

export const checkoutOrder = operation(
  'Check out an order: it is quoted, paid and given to the printer on its day',
  'orders.update',
  {
    input: object({
      order_id: Type.String(),
      payment: Type.Optional(
        oneOf(
          ['credit', 'card'],
          'card: the answer has a link where a human pays; the order is paid when that is done. Default credit.',
        ),
      ),
      skip_unprintable: SkipUnprintable,
    }),
    output: Order,
  },
  async (ctx, { order_id, payment = 'credit', skip_unprintable = false }) => {
    const order = await findOrder(ctx, order_id)
    checkOpen(order)
    if (order.status !== 'quoted') {
      const { quote, preflight } = await makeQuote(ctx, order_id, skip_unprintable)
      if (!quote) throw refusal(preflight)
    }
    if (isHeld(ctx)) return holdOrder(ctx, order_id, payment)
    if (payment === 'card' && ctx.livemode && ctx.app.config.BILLING) return payByCard(ctx, order_id)
    return payOrder(ctx, order_id, payment)
  },
)

/** A checkout with a key under hold: nothing is set aside until it is approved, and the order is as fixed as a paid one. */
const holdOrder = (ctx: Context, orderId: string, payment: string): Promise<Order> => {
  const { app, org, livemode } = ctx
  if (payment === 'card')
    throw invalid({
      path: '/payment',
      message: 'is credit with a key under hold: who approves the order has it paid from the wallet',
    })
  return ctx.db.tx(async db => {
    const row = await lockOrder(ctx, db, orderId)
    const { status, quote } = row
    if (status !== 'quoted' || !quote) throw problem('not_cancellable', { what: 'order', status, allowed: 'quoted' })
    await store.holdOrLetGo(db, org, livemode, row.id, 'held')
    await recordOrder({ db, org, livemode }, row.id, 'order.held')
    const hash = await orderHash(app, db, row)
    await hold(app, db, { kind: 'order', id: row.id, org, livemode, hash, cost: quote.total_mills })
    return showOrder({ ...ctx, db }, orderId)
  })
}

const refusal = ({ problems, unconfirmed }: Preflight) => {
  if (unconfirmed.length > 0) return invalid(...unconfirmed.map(({ field, message }) => ({ path: `/${field}`, message })))
  const shown = problems.slice(0, mostShown).map(({ row, message }) => ({ path: `/recipients/${row}`, message }))
  const more = problems.length - shown.length
  return invalid(...shown, ...(more > 0 ? [{ path: '/recipients', message: `has ${more} more that cannot be printed` }] : []))
}

/** Buys the credit for it by card. When that has come, the job `post.pay` does the rest; if the order was changed by then, it stays credit. */
const payByCard = async (ctx: Context, orderId: string): Promise<Order> => {
  const { app, db, org, livemode } = ctx
  const { id, quote } = await findOrder(ctx, orderId)
  const amount = Math.max(topupLimits.least, Math.ceil(quote!.total_mills / 10) * 10)
  if (amount > topupLimits.most)
    throw invalid({ path: '/payment', message: 'is too large for one card payment; buy credit in parts' })
  const { id: payment_id, url } = await startTopup(app, db, org, amount)
  await store.payable(db, org, livemode, id, { method: 'card', payment_id, url })
  return showOrder(ctx, orderId)
}

/** The job `post.pay`: the card payment for an order has come. */
export const payWaitingOrder = async (app: App, { organization_id, order_id }: { organization_id: string; order_id: string }) => {
  const ctx = { app, db: app.db, org: organization_id, livemode: true }
  try {
    await payOrder(ctx, publicId('order', order_id), 'card')
  } catch (error) {
    // Paid already, changed, or the credit went elsewhere meanwhile: the order says so itself.
    if (!isProblem(error)) throw error
    app.log.warn({ order: order_id, problem: error.code }, 'an order was not paid though its payment came')
  }
}

/** Pays a held order that is approved, in the transaction of the decision. Throws as `payOrder` does. */
export const payHeldOrder = (ctx: Pick<Context, 'app' | 'db' | 'org' | 'livemode'>, orderId: string): Promise<Order> =>
  payFrom(ctx, orderId, 'credit', 'held')

/**
 * Pays a quoted order from the wallet and makes its pieces. Throws insufficient_balance, and not_cancellable when it is not quoted (any
 * more).
 */
export const payOrder = (
  ctx: Pick<Context, 'app' | 'db' | 'org' | 'livemode'>,
  orderId: string,
  method: string,
): Promise<Order> => ledger.paying(ctx.app, ctx.org, () => ctx.db.tx(db => payFrom({ ...ctx, db }, orderId, method)))

const payFrom = async (
  ctx: Pick<Context, 'app' | 'db' | 'org' | 'livemode'>,
  orderId: string,
  method: string,
  from: 'quoted' | 'held' = 'quoted',
): Promise<Order> => {
  const { app, db, org, livemode } = ctx
  const row = await lockOrder(ctx, db, orderId)
  const { status, quote } = row
  if (status !== from || !quote) throw problem('not_cancellable', { what: 'order', status, allowed: from })
  const now = await nowFor(app, db, org, livemode)
  const batches = allocate(now, row.drop_plan, row.recipient_count)
  await store.paid(db, org, livemode, row.id, method, now)
  await ledger.reserve({ app, db, org, livemode }, quote.total_mills, publicId('order', row.id))
  await makePieces(app, db, completeOrder(app, row), quote, batches, now)
  await recordOrder({ db, org, livemode }, row.id, 'order.paid')
  return showOrder(ctx, orderId)
}

const makePieces = async (
  app: App,
  db: Db,
  order: CompleteOrder,
  quote: store.Quote,
  batches: Batch[],
  now: Date,
): Promise<void> => {
  const { org, livemode } = order
  let after: string | null = null
  for (const { mailDate, lockAt, count } of batches) {
    const drop = { id: newId(), orderId: order.id, mailDate, lockAt }
    await insertForOrder(db, org, livemode, drop)
    for (let left = count; left > 0; ) {
      const rows: recipients.Recipient[] = await recipients.accepted(db, org, order.id, after, Math.min(left, batchSize))
      if (rows.length === 0) throw new Error('The list of an order holds fewer than were counted')
      after = rows.at(-1)!.id
      left -= rows.length
      await makeBatch(app, db, order, quote, drop.id, rows, now)
    }
  }
  await store.countDrops(db, org, order.id)
  if (!livemode) await wake(db, org)
  await verifyLater(app, db, order)
}

const makeBatch = async (
  app: App,
  db: Db,
  order: CompleteOrder,
  quote: store.Quote,
  dropId: string,
  rows: recipients.Recipient[],
  now: Date,
): Promise<void> => {
  const { org, livemode } = order
  const barcodes = await newBarcodes(
    app,
    db,
    livemode,
    rows.map(({ recipient }) => recipient),
  )
  const made = rows.map((row, index): pieces.NewPiece => {
    const destination = row.recipient.country === 'US' ? 'US' : 'abroad'
    const price = quote.lines.find(line => line.destination === destination)!
    return {
      id: newId(),
      order_id: order.id,
      drop_id: dropId,
      kind: order.kind,
      size: order.size,
      status: 'created',
      recipient: row.recipient,
      return_address: order.returnAddress,
      address_status: row.address_status,
      creative: null,
      merge_variables: { ...order.mergeVariables, ...row.merge_variables },
      metadata: {},
      send_date: null,
      price_mills: price.production_mills_each + price.postage_mills_each,
      postage_mills: price.postage_mills_each,
      imb: barcodes[index]!,
      code: order.qrUrl ? newCode() : null,
      qr_url: order.qrUrl,
      created_at: now,
    }
  })
  await pieces.insert(db, org, livemode, made)
  const shown = await pieces.lock(
    db,
    org,
    livemode,
    made.map(({ id }) => id),
  )
  await record(
    db,
    shown.map(row => ({
      type: 'piece.created' as const,
      organization_id: org,
      livemode,
      data: toPiece(app, row),
      ...(livemode ? {} : { at: row.created_at }),
    })),
  )
}
