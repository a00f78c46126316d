/** What an order costs, and whether every one of its pieces can be printed. A draft becomes quoted, and stays so until it is changed. */
import Type, { type Static } from 'typebox'
import { parseId } from '../../kernel/ids.ts'
import { type Context, object, operation } from '../../operation.ts'
import { problem } from '../../problems.ts'
import { allocate } from '../drops/drop-plan.ts'
import { priceOf } from '../money/prices.ts'
import { completeOrder } from '../orders/complete-order.ts'
import { findOrder, Order, showOrder } from '../orders/order-view.ts'
import * as store from '../orders/orders.sql.ts'
import { checkOpen } from '../orders/orders.ts'
import * as recipients from '../recipients/order-recipients.sql.ts'
import { nowFor } from '../sandbox/test-clock.ts'
import { type Preflight, preflightOrder, type Unprintable } from './order-preflight.ts'
import { RowToLookAt, toLookAt } from './order-preview.ts'

/** The answer shows so many problems, and counts the others. */
const mostShown = 100

const Report = Type.Object({
  ready: Type.Boolean({ description: 'true: the order is quoted and can be paid. false: see problems.' }),
  order: Order,
  preflight: Type.Object({
    checked: Type.Integer({ description: 'Recipients whose piece was laid out.' }),
    problem_count: Type.Integer(),
    skipped: Type.Integer({ description: 'Recipients left out because of skip_unprintable.' }),
    problems: Type.Array(
      Type.Object({
        row: Type.Union([Type.Integer(), Type.Null()], {
          description: 'As the spreadsheet numbers it; null: of the order itself.',
        }),
        code: Type.String(),
        field: Type.String(),
        message: Type.String(),
      }),
      { description: `The first ${mostShown}.` },
    ),
    warnings: Type.Array(Type.String({ description: 'What prints, but not at its best.' })),
  }),
  look_at: Type.Array(RowToLookAt, {
    description: 'Up to five rows to look at before paying: the most text, the longest line, the most corrected, the strangest.',
  }),
})

export const SkipUnprintable = Type.Optional(
  Type.Boolean({ description: 'Leave out the recipients whose piece cannot be printed, instead of refusing all.' }),
)

/** A quote that could be made, or the problems that kept it from being made. */
export interface Quoted {
  quote: store.Quote | undefined
  preflight: Preflight
  skipped: number
}

/** Checks and prices an order, and writes the quote down unless there are problems. Throws invalid_input, not_cancellable. */
export const makeQuote = async (ctx: Context, orderId: string, skip: boolean): Promise<Quoted> => {
  const { app, db, org, livemode } = ctx
  let row = await findOrder(ctx, orderId)
  checkOpen(row)
  const order = completeOrder(app, row)
  const now = await nowFor(app, db, org, livemode)
  allocate(now, row.drop_plan, row.recipient_count)
  const preflight = await preflightOrder(app, db, order)
  const { problems, checked, unconfirmed } = preflight
  if (unconfirmed.length > 0) return { quote: undefined, preflight, skipped: 0 }
  if (problems.length > 0 && (!skip || problems.length >= checked)) return { quote: undefined, preflight, skipped: 0 }
  if (problems.length > 0) {
    await leaveOut(ctx, row, problems, checked)
    row = await findOrder(ctx, orderId)
  }
  const quote = priced(row.size, preflight.sheets, await recipients.destinations(db, org, row.id))
  if (!(await store.quoted(db, org, livemode, row, quote))) throw problem('unavailable')
  return { quote, preflight, skipped: problems.length }
}

const leaveOut = (ctx: Context, row: store.OrderRow, problems: Unprintable[], checked: number): Promise<void> =>
  ctx.db.tx(async db => {
    await store.lock(db, ctx.org, ctx.livemode, row.id)
    const rejected = problems.map(({ id, field, message }) => ({
      id,
      reasons: [{ code: 'unprintable' as const, field, message }],
    }))
    const taken = await recipients.reject(db, ctx.org, row.id, rejected)
    await store.listChanged(db, ctx.org, ctx.livemode, row.id, checked - taken.length)
  })

/** Every piece of an order is priced as its thickest. */
const priced = (size: string, sheets: number, destinations: { country: string; count: number }[]): store.Quote => {
  const counts = { US: 0, abroad: 0 }
  for (const { country, count } of destinations) counts[country === 'US' ? 'US' : 'abroad'] += count
  const lines = (['US', 'abroad'] as const)
    .filter(destination => counts[destination] > 0)
    .map(destination => {
      const { production_mills, postage_mills } = priceOf(size, destination, sheets)
      return {
        destination,
        pieces: counts[destination],
        production_mills_each: production_mills,
        postage_mills_each: postage_mills,
      }
    })
  const sum = (of: (line: (typeof lines)[number]) => number) => lines.reduce((total, line) => total + of(line), 0)
  const production_mills = sum(line => line.pieces * line.production_mills_each)
  const postage_mills = sum(line => line.pieces * line.postage_mills_each)
  return {
    pieces: counts.US + counts.abroad,
    production_mills,
    postage_mills,
    total_mills: production_mills + postage_mills,
    lines,
  }
}

export const quoteOrder = operation(
  'Quote an order: its price, and whether every piece can be printed',
  'orders.update',
  { input: object({ order_id: Type.String(), skip_unprintable: SkipUnprintable }), output: Report },
  async (ctx, { order_id, skip_unprintable = false }): Promise<Static<typeof Report>> => {
    const { quote, preflight, skipped } = await makeQuote(ctx, order_id, skip_unprintable)
    const order = await showOrder(ctx, order_id)
    return {
      ready: quote !== undefined,
      order,
      look_at: toLookAt(ctx.app, parseId('order', order.id)!, order.kind, preflight.remarkable),
      preflight: {
        checked: preflight.checked,
        problem_count: preflight.unconfirmed.length + preflight.problems.length,
        skipped,
        problems: [
          ...preflight.unconfirmed.map(each => ({ row: null, ...each })),
          ...preflight.problems.map(({ row, code, field, message }) => ({ row, code, field, message })),
        ].slice(0, mostShown),
        warnings: preflight.warnings,
      },
    }
  },
)
