/**
 * Tracking: reports from outside are stored as they came, read by a job, put to their pieces once each, and move them forward when they
 * are news. And what a piece's owner sees of that.
 */
import Type, { type Static } from 'typebox'
import type { Db } from '../../kernel/database/db.ts'
import { newId, publicId } from '../../kernel/ids.ts'
import { object, operation } from '../../operation.ts'
import type { App } from '../../platform.ts'
import { isFinal, isMailed, pieceStatuses } from '../pieces/piece-states.ts'
import type { PieceRow } from '../pieces/pieces.sql.ts'
import { findPiece } from '../pieces/pieces.ts'
import { movePieces, type Step } from '../pieces/transitions.ts'
import { nowFor } from '../sandbox/test-clock.ts'
import { NoReport, type Report, readIvMtr, readLob } from './scans.ts'
import * as store from './tracking.sql.ts'

const batch = 500

/** Takes a report in: durable when this resolves, read a moment later. */
export const receiveFeed = async (app: App, source: store.FeedSource, body: Uint8Array): Promise<void> => {
  await store.receive(app.db, source, body)
}

/** The job `post.tracking`: reads one stored report. */
export const readFeed = async (app: App, { feed_id }: { feed_id: string }): Promise<void> => {
  const feed = await store.unread(app.db, feed_id)
  if (!feed) return
  let problem: string | null = null
  try {
    const reports = feed.source === 'lob' ? readLob(feed.body, feed.received_at) : readIvMtr(feed.body, feed.received_at)
    for (let i = 0; i < reports.length; i += batch)
      await app.db.tx(db => applyReports(app, db, feed.source, reports.slice(i, i + batch)))
  } catch (error) {
    if (!(error instanceof NoReport)) throw error
    problem = error.message
  }
  await store.read(app.db, feed.id, problem)
}

/** Puts reports to their pieces and moves those to which they are news. The Postal Service speaks of live pieces only, the simulation of others. */
export const applyReports = async (app: App, db: Db, source: store.FeedSource, reports: Report[]): Promise<void> => {
  const found = new Map<string, store.Scanned>()
  const imbs = reports.flatMap(report => report.imb ?? [])
  const references = reports.flatMap(report => report.carrierReference ?? [])
  if (imbs.length > 0)
    for (const piece of await store.unscopedByImb(db, source !== 'simulated', imbs)) found.set(piece.imb!, piece)
  if (references.length > 0)
    for (const piece of await store.unscopedByCarrierReference(db, references)) found.set(piece.carrier_reference!, piece)
  const known = reports.flatMap(report => {
    const piece = found.get(report.imb ?? report.carrierReference ?? '')
    return piece ? [{ report, piece }] : []
  })
  const tenants = Map.groupBy(known, ({ piece }) => `${piece.organization_id} ${piece.livemode}`)
  for (const [key, mine] of [...tenants].sort(([a], [b]) => (a < b ? -1 : 1)))
    await applyTo(app, db, source, { org: key.split(' ')[0]!, livemode: mine[0]!.piece.livemode }, mine)
}

const applyTo = async (
  app: App,
  db: Db,
  source: store.FeedSource,
  tenant: { org: string; livemode: boolean },
  mine: { report: Report; piece: store.Scanned }[],
): Promise<void> => {
  const inOrder = mine.toSorted((a, b) => a.report.at.getTime() - b.report.at.getTime())
  const ids = [...new Set(mine.map(({ piece }) => piece.id))]
  const held = await store.holdPieces(db, tenant.org, tenant.livemode, ids)
  const rerouted = new Set(held.flatMap(piece => (piece.rerouted ? [piece.id] : [])))
  const scans = inOrder.map(({ report, piece }) => {
    const status = rerouted.has(piece.id) && comesBack(report, piece) ? 'returned' : report.status
    if (status === 're_routed') rerouted.add(piece.id)
    const { raw, at, code, phase, place, dedupe } = report
    const row: store.NewScan = {
      id: newId(),
      piece_id: piece.id,
      dedupe,
      source,
      status: status ?? null,
      scanned_at: at,
      code,
      phase,
      place,
      raw,
    }
    return { row, step: status && stepOf(report, status) }
  })
  const fresh = new Set(
    (
      await store.addScans(
        db,
        tenant.org,
        scans.map(({ row }) => row),
      )
    ).map(({ id }) => id),
  )
  const news = scans.filter(({ row }) => fresh.has(row.id))
  const wanted = new Map<string, Step[]>()
  for (const { row, step } of news) if (step) wanted.set(row.piece_id, [...(wanted.get(row.piece_id) ?? []), step])
  if (wanted.size === 0) return
  const took = new Set([...(await movePieces(app, db, tenant, wanted)).values()].flat())
  await store.applied(
    db,
    tenant.org,
    news.flatMap(({ row, step }) => (step && took.has(step) ? [row.id] : [])),
  )
}

const stepOf = (report: Report, status: Step['to']): Step => ({
  to: status,
  at: report.at,
  ...(status === 'delivered' && report.confidence ? { confidence: report.confidence } : {}),
  ...(status === 'failed' ? { failure: { code: 'refused_by_carrier', message: `The carrier says ${report.code}.` } } : {}),
})

/** After a piece was taken out of the stream, scans in the area of its sender mean that it comes back. */
const comesBack = ({ status, place }: Report, { recipient_zip, return_zip }: store.Scanned): boolean => {
  const area = (zip: string | null | undefined) => zip?.slice(0, 3)
  return (
    status !== undefined &&
    status !== 're_routed' &&
    area(place?.zip) !== undefined &&
    area(place?.zip) === area(return_zip) &&
    area(return_zip) !== area(recipient_zip)
  )
}

/** Days without a scan after which a piece on its way counts as stalled. */
const stalledDays = 7

const Nullable = <T extends Type.TSchema>(type: T) => Type.Union([type, Type.Null()])

export const Tracking = Type.Object({
  piece_id: Type.String(),
  order_id: Nullable(Type.String()),
  status: Type.String(),
  delivered_confidence: Nullable(Type.String()),
  imb: Nullable(Type.String()),
  no_scans: Type.Boolean({ description: 'Mailed, and never scanned. That is common, and no proof that it was lost.' }),
  stalled: Type.Boolean({ description: 'Mailed, not delivered, and nothing heard for seven days.' }),
  timeline: Type.Array(Type.Object({ status: Type.String(), at: Type.String() }), { description: 'What it reached, and when.' }),
  scans: Type.Array(
    Type.Object({
      at: Type.String({ description: 'Local time of the facility, for scans of the Postal Service carry no zone.' }),
      status: Nullable(Type.String({ description: 'What it speaks for, if anything.' })),
      applied: Type.Boolean({ description: 'False when the piece was further already.' }),
      source: Type.String({ description: 'usps, simulated or lob.' }),
      code: Nullable(Type.String({ description: 'Operation code, or the vendor’s event.' })),
      phase: Nullable(Type.String({ description: 'mailPhase in the words of the Postal Service.' })),
      facility: Nullable(Type.String()),
      city: Nullable(Type.String()),
      state: Nullable(Type.String()),
      zip: Nullable(Type.String()),
    }),
  ),
})

/** What is known of a piece's way, from its row and its scans. `now`: of its organization in its mode. */
export const toTracking = (piece: PieceRow, scans: readonly store.ScanRow[], now: Date): Static<typeof Tracking> => {
  const times = Object.values(piece.reached).map(at => Date.parse(at))
  const last = Math.max(...times, ...scans.map(scan => scan.scanned_at.getTime()))
  return {
    piece_id: publicId('piece', piece.id),
    order_id: piece.order_id && publicId('order', piece.order_id),
    status: piece.status,
    delivered_confidence: piece.delivered_confidence,
    imb: piece.imb,
    no_scans: isMailed(piece.status) && scans.length === 0,
    stalled:
      isMailed(piece.status) &&
      piece.status !== 'delivered' &&
      !isFinal(piece.status) &&
      now.getTime() - last > stalledDays * 86_400_000,
    timeline: pieceStatuses.flatMap(status =>
      piece.reached[status] ? [{ status, at: new Date(piece.reached[status]).toISOString() }] : [],
    ),
    scans: scans.map(({ source, status, applied, code, phase, scanned_at, place }) => ({
      at: scanned_at.toISOString(),
      source,
      status,
      applied,
      code,
      phase,
      facility: place?.facility ?? null,
      city: place?.city ?? null,
      state: place?.state ?? null,
      zip: place?.zip ?? null,
    })),
  }
}

export const getPieceTracking = operation(
  'Get the tracking timeline of a piece',
  'orders.read',
  { input: object({ piece_id: Type.String() }), output: Tracking },
  async (ctx, input) => {
    const piece = await findPiece(ctx, input.piece_id)
    const scans = await store.ofPiece(ctx.db, ctx.org, piece.id)
    return toTracking(piece, scans, await nowFor(ctx.app, ctx.db, ctx.org, ctx.livemode))
  },
)
