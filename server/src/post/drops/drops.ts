/**
 * Drops: what goes to the printer together. A drop locks at 00:00 UTC of the day it is mailed; until then pieces may be added and
 * cancelled, from then on a job renders it and hands it to a carrier (production.ts).
 */
import type { Db } from '../../kernel/database/db.ts'
import { newId } from '../../kernel/ids.ts'
import type { App } from '../../platform.ts'
import { problem } from '../../problems.ts'
import { orderMoved } from '../orders/order-progress.ts'
import type { Tenant } from '../pieces/piece-states.ts'
import { isMailed } from '../pieces/piece-states.ts'
import type { PieceRow } from '../pieces/pieces.sql.ts'
import { wake } from '../sandbox/test-clock.sql.ts'
import * as store from './drops.sql.ts'
import { isMailDay } from './postal-holidays.ts'

const dayMs = 86_400_000
/** What was asked for may still be taken back for this long. */
const graceMs = 3_600_000

/**
 * The day on which a piece is mailed that is asked for now, at the earliest on `sendDate` (`2026-12-24`). The first day that begins in an
 * hour or more; never a Sunday or a postal holiday, for no post office takes mail in. Its drop locks when that day begins.
 */
export const mailDay = (now: Date, sendDate?: string | null): { mailDate: string; lockAt: Date } => {
  const earliest = Math.ceil((now.getTime() + graceMs) / dayMs) * dayMs
  const wanted = sendDate ? Math.max(Date.parse(`${sendDate}T00:00:00Z`), earliest) : earliest
  let lockAt = new Date(wanted)
  while (!isMailDay(lockAt)) lockAt = new Date(lockAt.getTime() + dayMs)
  return { mailDate: lockAt.toISOString().slice(0, 10), lockAt }
}

/** The drop that takes a single piece in now. It stays open until the transaction ends. */
export const dropFor = async (db: Db, { org, livemode }: Tenant, day: ReturnType<typeof mailDay>): Promise<store.DropRow> => {
  for (let tries = 0; tries < 3; tries++) {
    await store.openDay(db, org, livemode, { id: newId(), ...day })
    const drop = await store.holdDay(db, org, livemode, day.mailDate)
    if (drop) {
      if (!livemode) await wake(db, org)
      return drop
    }
  }
  throw problem('unavailable')
}

/** Pieces moved: their drops may have left the printer altogether, and with them an order. */
export const dropsMoved = async (app: App, db: Db, { org, livemode }: Tenant, rows: readonly PieceRow[]): Promise<void> => {
  const gone = rows.filter(row => isMailed(row.status) || row.status === 'failed')
  const open = new Set(gone.filter(row => ['locked', 'production_started'].includes(row.drop_status)).map(row => row.drop_id))
  const orders = new Set(
    rows.flatMap(row => (row.order_id && row.status !== 'rendered' && row.status !== 'queued' ? [row.order_id] : [])),
  )
  if (open.size > 0) {
    const at = new Date(Math.max(...gone.map(row => Date.parse(row.reached[row.status] ?? ''))))
    await store.lockAll(db, org, [...open])
    await store.finish(db, org, [...open], at)
  }
  for (const orderId of [...orders].sort()) await orderMoved(app, db, { org, livemode }, orderId)
}
