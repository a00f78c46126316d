/**
 * What the state of an order follows from: the drops and pieces it is made of. Called in the transaction that moved one of them, after
 * it moved; the order is looked at as a whole, so a call too many does no harm.
 */
import type { App } from '../app.ts'
import { record } from '../events.sql.ts'
import type { EventType } from '../events.ts'
import type { Db } from '../kernel/db.ts'
import { publicId } from '../kernel/ids.ts'
import type { Tenant } from './moves.ts'
import * as store from './order-progress.sql.ts'

/** paid → in_production (a printer began) → mailed (nothing is left at the printer) → completed (nothing is on its way). */
export const orderMoved = async (_app: App, db: Db, { org, livemode }: Tenant, orderId: string): Promise<void> => {
  for (;;) {
    const status = await store.advance(db, org, livemode, orderId)
    if (!status) return
    const type: EventType =
      status === 'in_production' ? 'order.production_started' : status === 'mailed' ? 'order.mailed' : 'order.completed'
    const id = publicId('order', orderId)
    await record(db, [{ type, organization_id: org, livemode, data: { id, order_id: id, status } }])
  }
}
