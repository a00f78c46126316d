/** How an order is doing: the way of each of its pieces, and what that comes to. */
import Type from 'typebox'
import { NumberedPage, numbered, numbers, page, pageOf } from '../../kernel/pages.ts'
import { object, oneOf, operation } from '../../operation.ts'
import { isMailed, type PieceStatus, pieceStatuses } from '../pieces/piece-states.ts'
import { nowFor } from '../sandbox/test-clock.ts'
import { Tracking, toTracking } from '../tracking/tracking.ts'
import * as store from './order-tracking.sql.ts'
import { findOrder } from './order-view.ts'

export const getOrderTracking = operation(
  'List the tracking of an order’s pieces',
  'orders.read',
  {
    input: object({ order_id: Type.String(), status: Type.Optional(oneOf(pieceStatuses)), ...numbered }),
    output: NumberedPage(Tracking),
  },
  async (ctx, input) => {
    const { before: after, limit, fetch } = pageOf(input)
    const { id: orderId } = await findOrder(ctx, input.order_id)
    const filter = { orderId, status: input.status }
    const skip = input.offset ?? 0
    const rows = await store.pieces(ctx.db, ctx.org, ctx.livemode, { ...filter, after, limit: fetch, skip })
    const ids = rows.slice(0, limit).map(row => row.id)
    const scans = Map.groupBy(await store.scans(ctx.db, ctx.org, ids), scan => scan.piece_id)
    const now = await nowFor(ctx.app, ctx.db, ctx.org, ctx.livemode)
    return {
      ...page(rows, limit, row => toTracking(row, scans.get(row.id) ?? [], now)),
      ...(await numbers(input, limit, () => store.count(ctx.db, ctx.org, ctx.livemode, filter))),
    }
  },
)

/** Longer than first-class mail takes anywhere: a piece of which nothing more was heard is unknown from then on. */
const inFlightDays = 14

const Rate = Type.Union([Type.Number(), Type.Null()])

const Analytics = Type.Object({
  order_id: Type.String(),
  pieces: Type.Integer(),
  by_status: Type.Record(Type.String(), Type.Integer()),
  mailed: Type.Integer({ description: 'Handed to the post office, whatever became of it.' }),
  delivered: Type.Integer(),
  returned: Type.Integer(),
  in_flight: Type.Integer({ description: `Mailed in the last ${inFlightDays} days and not yet known to have arrived.` }),
  unknown: Type.Integer({
    description: 'Mailed longer ago, and nothing was heard of its end. Many of them arrived: not all mail is scanned.',
  }),
  delivery_rate: {
    ...Rate,
    description: 'delivered ÷ (mailed − in_flight), from 0 to 1; null while there is nothing to divide.',
  },
  return_rate: { ...Rate, description: 'returned ÷ (mailed − in_flight).' },
  unknown_rate: { ...Rate, description: 'unknown ÷ (mailed − in_flight).' },
  qr: Type.Object({
    scans: Type.Integer({ description: 'Visits of people; robots and previews are not counted.' }),
    unique_scans: Type.Integer({ description: 'Devices, each once a day and piece.' }),
    pieces_scanned: Type.Integer(),
    first_scan_at: Type.Union([Type.String(), Type.Null()]),
    last_scan_at: Type.Union([Type.String(), Type.Null()]),
  }),
  responses: Type.Integer({ description: 'Recipients who answered: the first scan of each piece.' }),
  response_rate: { ...Rate, description: 'responses ÷ mailed.' },
})

/** Four decimals; null for nothing to divide by. */
const rate = (part: number, whole: number): number | null => (whole > 0 ? Math.round((part / whole) * 10_000) / 10_000 : null)

export const getOrderAnalytics = operation(
  'Get what became of an order: delivery, QR scans, responses',
  'orders.read',
  { input: object({ order_id: Type.String() }), output: Analytics },
  async (ctx, input) => {
    const { id } = await findOrder(ctx, input.order_id)
    const now = await nowFor(ctx.app, ctx.db, ctx.org, ctx.livemode)
    const counts = await store.byStatus(ctx.db, ctx.org, id, new Date(now.getTime() - inFlightDays * 86_400_000))
    const qr = (await store.qr(ctx.db, ctx.org, id))!
    const sum = (of: (row: store.Counts) => number) => counts.reduce((total, row) => total + of(row), 0)
    const having = (status: PieceStatus) => counts.find(row => row.status === status)?.count ?? 0
    const mailed = sum(row => (isMailed(row.status as PieceStatus) ? row.count : 0))
    const delivered = having('delivered')
    const returned = having('returned')
    const in_flight = sum(row => row.in_flight)
    const unknown = mailed - in_flight - delivered - returned
    const known = mailed - in_flight
    return {
      order_id: input.order_id,
      pieces: sum(row => row.count),
      by_status: Object.fromEntries(counts.map(row => [row.status, row.count])),
      mailed,
      delivered,
      returned,
      in_flight,
      unknown,
      delivery_rate: rate(delivered, known),
      return_rate: rate(returned, known),
      unknown_rate: rate(unknown, known),
      qr: {
        scans: qr.total,
        unique_scans: qr.unique,
        pieces_scanned: qr.pieces,
        first_scan_at: qr.first_at?.toISOString() ?? null,
        last_scan_at: qr.last_at?.toISOString() ?? null,
      },
      responses: qr.pieces,
      response_rate: rate(qr.pieces, mailed),
    }
  },
)
