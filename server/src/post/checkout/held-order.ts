/** An order whose checkout waits for approval: nothing is set aside yet. Approved, it is paid; otherwise it is quoted again, and may be changed. */
import type { FindHeld, HeldPage } from '../../approvals/held-thing.ts'
import { dollars } from '../../billing/wallet.ts'
import type { Db } from '../../kernel/database/db.ts'
import { publicId } from '../../kernel/ids.ts'
import { recordOrder, showOrder } from '../orders/order-view.ts'
import * as store from '../orders/orders.sql.ts'
import { showAddress } from '../pieces/piece-view.ts'
import * as recipients from '../recipients/order-recipients.sql.ts'
import { payHeldOrder } from './checkout.ts'
import { orderHash } from './order-hash.ts'

export const findHeldOrder: FindHeld = async (app, db, { org, livemode, id }) => {
  const row = await store.byId(db, org, livemode, id)
  if (!row) return undefined
  const orderId = publicId('order', id)
  const ctx = { app, db, org, livemode }
  return {
    question: 'May this order be paid and printed?',
    title: `Order of ${row.recipient_count} pieces`,
    approved: 'is paid and goes to the printer.',
    rejected: 'is not paid; it can be changed and checked out again.',
    hash: () => orderHash(app, db, row),
    approve: async () => void (await payHeldOrder(ctx, orderId)),
    reject: async () => {
      await store.lock(db, org, livemode, id)
      await store.holdOrLetGo(db, org, livemode, id, 'quoted')
      await recordOrder(ctx, id, 'order.rejected')
    },
    show: () => showOrder(ctx, orderId),
    page: () => pageOf(db, row),
  }
}

/** As many of the list as a page shows. */
const mostShown = 20

const pageOf = async (db: Db, row: store.OrderRow): Promise<HeldPage> => {
  const first = await recipients.accepted(db, row.organization_id, row.id, null, mostShown)
  const more = row.recipient_count - first.length
  return {
    intro: 'wants to have this order paid and printed, and waits for your word.',
    facts: [
      ['Pieces', [String(row.recipient_count)]],
      ['Price', [dollars(row.quote?.total_mills ?? 0)]],
      ['Kind', [row.campaign_type.replace('_', ' '), row.size]],
      ['Sender', row.sender_name ? [row.sender_name] : []],
      ['Mail dates', row.drop_plan.map(({ mail_date }) => mail_date)],
      ['QR code', row.qr_url ? [row.qr_url] : []],
      ['Id', [publicId('order', row.id)]],
    ],
    parts: [
      { heading: 'What is on it', text: JSON.stringify({ ...row.creative, return_address: row.return_address }, null, 2) },
      {
        heading: more > 0 ? `The first ${first.length} recipients; ${more} more are in the list` : 'Recipients',
        text: first.map(({ recipient }) => Object.values(showAddress(recipient)).join(', ')).join('\n'),
      },
    ],
    links: [],
    approve: 'Approve and pay',
  }
}
