/**
 * Moving pieces forward: the one place where their status changes. Row, event, money and the progress of their drop go together in the
 * caller's transaction, however late, often or out of order the reports come.
 */
import { record } from '../../events/events.sql.ts'
import type { EventType, NewEvent } from '../../events/events.ts'
import type { Db } from '../../kernel/database/db.ts'
import { publicId } from '../../kernel/ids.ts'
import type { App } from '../../platform.ts'
import { dropsMoved } from '../drops/drops.ts'
import * as ledger from '../money/ledger.ts'
import { canMove, isMailed, type PieceStatus, type Tenant } from './piece-states.ts'
import { toPiece } from './piece-view.ts'
import * as store from './pieces.sql.ts'

/** Something that was reported of a piece. */
export interface Step {
  to: PieceStatus
  at: Date
  /** With `delivered`: how sure that is. */
  confidence?: string
  /** With `failed`: why. */
  failure?: { code: string; message: string }
  carrierReference?: string
}

/** Status changes nobody subscribes to. */
const silent: ReadonlySet<PieceStatus> = new Set(['queued'])

/**
 * Applies steps (uuid of a piece → its steps in the order they happened) and returns for each piece which of them moved it; the others
 * came too late. A first scan proves that a piece was mailed. Money is captured when a piece is rendered and goes back when it fails or
 * is cancelled, for single pieces and orders alike.
 */
export const movePieces = async (
  app: App,
  db: Db,
  { org, livemode }: Tenant,
  wanted: ReadonlyMap<string, readonly Step[]>,
): Promise<Map<string, Step[]>> => {
  const rows = await store.lock(db, org, livemode, [...wanted.keys()])
  const applied = new Map<string, Step[]>()
  const events: NewEvent[] = []
  const moved: store.PieceRow[] = []
  const now = app.clock.now()
  const money = { capture: new Map<string, number>(), release: new Map<string, number>() }
  for (const before of rows) {
    let row = before
    const took: Step[] = []
    for (const step of wanted.get(before.id)!) {
      if (!canMove(row.status, step.to)) continue
      const implied: Step[] =
        step.to !== 'mailed' && isMailed(step.to) && !isMailed(row.status) ? [{ to: 'mailed', at: step.at }] : []
      for (const each of [...implied, step]) {
        row = after(row, each, now)
        if (!silent.has(each.to))
          events.push({
            type: `piece.${each.to}` as EventType,
            organization_id: org,
            livemode,
            data: toPiece(app, row),
            ...(livemode ? {} : { at: row.updated_at }),
          })
        settle(money, row, each.to)
      }
      took.push(step)
    }
    if (took.length === 0) continue
    applied.set(before.id, took)
    moved.push(row)
  }
  if (moved.length === 0) return applied
  await store.move(db, org, moved)
  for (const [reference, amount] of [...money.capture].sort()) await ledger.capture(db, org, livemode, amount, reference)
  for (const [reference, amount] of [...money.release].sort()) await ledger.release(db, org, livemode, amount, reference)
  await record(db, events)
  await dropsMoved(app, db, { org, livemode }, moved)
  return applied
}

/** A piece changes when its report comes; in a sandbox that is the moment of the report. Never before it changed last. */
const changedAt = (row: store.PieceRow, step: Step, now: Date): Date =>
  new Date(Math.max(row.updated_at.getTime(), (row.livemode ? now : step.at).getTime()))

const after = (row: store.PieceRow, step: Step, now: Date): store.PieceRow => ({
  ...row,
  status: step.to,
  updated_at: changedAt(row, step, now),
  reached: { ...row.reached, [step.to]: step.at.toISOString() },
  delivered_confidence:
    step.to === 'delivered' ? (step.confidence ?? null) : step.to === 'returned' ? null : row.delivered_confidence,
  failure: step.failure ?? row.failure,
  carrier_reference: step.carrierReference ?? row.carrier_reference,
})

const settle = (
  money: { capture: Map<string, number>; release: Map<string, number> },
  row: store.PieceRow,
  to: PieceStatus,
): void => {
  const book = to === 'rendered' ? money.capture : to === 'failed' || to === 'cancelled' ? money.release : undefined
  if (!book || row.price_mills === 0) return
  const reference = row.order_id ? publicId('order', row.order_id) : publicId('piece', row.id)
  book.set(reference, (book.get(reference) ?? 0) + row.price_mills)
}
