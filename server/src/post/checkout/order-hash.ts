/** What an order is, in 32 bytes: so that what is approved is what was held. */
import { sha256 } from '../../kernel/crypto.ts'
import type { Db } from '../../kernel/database/db.ts'
import type { App } from '../../platform.ts'
import type { OrderRow } from '../orders/orders.sql.ts'
import { creativeHash } from '../pieces/creative-hash.ts'
import { digest } from '../recipients/order-recipients.sql.ts'

/** SHA-256 over everything that decides what is printed, for whom, and what it costs. */
export const orderHash = async (app: App, db: Db, row: OrderRow): Promise<Buffer> =>
  sha256(
    JSON.stringify([
      [row.id, row.campaign_type, row.size, row.message, row.sender_name, row.return_address, row.qr_url],
      await creativeHash(app, db, row.organization_id, row.creative),
      row.drop_plan,
      row.quote,
      await digest(db, row.organization_id, row.id),
    ]),
  )
