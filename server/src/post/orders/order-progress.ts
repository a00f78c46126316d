/**
 * What the state of an order follows from: the drops and pieces it is made of. Called in the transaction that moved one of them, after
 * it moved; the order is looked at as a whole, so a call too many does no harm.
 */
import type { Db } from '../../kernel/database/db.ts'
import type { App } from '../../platform.ts'
import type { Tenant } from '../pieces/piece-states.ts'
import * as store from './order-progress.sql.ts'
import { recordOrder } from './order-view.ts'

/**
 * paid → in_production (a printer began) → mailed (nothing is left at the printer) → completed (nothing is on its way); cancelled when
 * every piece was cancelled or could not be printed.
 */
export const orderMoved = async (_app: App, db: Db, { org, livemode }: Tenant, orderId: string): Promise<void> => {
  await store.lock(db, org, livemode, orderId)
  for (;;) {
    const status = await store.advance(db, org, livemode, orderId)
    if (!status) return
    const type = status === 'in_production' ? 'order.production_started' : (`order.${status}` as const)
    await recordOrder({ db, org, livemode }, orderId, type)
  }
}
