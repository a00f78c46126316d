import { type Db, sql } from '../kernel/database/db.ts'
import { newId } from '../kernel/ids.ts'

export interface PaymentRow {
  id: string
  organization_id: string
  amount_mills: number
  session_id: string
  payment_intent: string | null
  status: 'pending' | 'paid'
  refunded_mills: number
  settled_mills: number
}

export const insert = (db: Db, organizationId: string, payment: { id: string; amount: number; sessionId: string }) =>
  db.rows(sql`
    insert into payments (id, organization_id, amount_mills, session_id)
    values (${payment.id}, ${organizationId}, ${payment.amount}, ${payment.sessionId})`)

/** Unscoped: Stripe's signature is the proof, and the payment says whose it is. Locked: reports about one payment go one by one. */
export const unscopedLock = (db: Db, id: string | null, sessionOrIntent: string) =>
  db.row<PaymentRow>(sql`
    select id, organization_id, amount_mills, session_id, payment_intent, status, refunded_mills, settled_mills from payments
    where id = ${id} or session_id = ${sessionOrIntent} or payment_intent = ${sessionOrIntent} for update`)

/** Moves a pending payment to paid; false when it was. */
export const pay = async (db: Db, organizationId: string, id: string, intent: string | null, now: Date): Promise<boolean> =>
  (await db.row(sql`
    update payments set status = 'paid', payment_intent = ${intent}, paid_at = ${now}
    where organization_id = ${organizationId} and id = ${id} and status = 'pending' returning id`)) !== undefined

/** Notes the sum refunded so far; an older report changes nothing. Returns the payment as it is now. */
export const refund = (db: Db, organizationId: string, id: string, sum: number) =>
  db.row<PaymentRow>(sql`
    update payments set refunded_mills = greatest(refunded_mills, least(${sum}::bigint, amount_mills))
    where organization_id = ${organizationId} and id = ${id}
    returning id, organization_id, amount_mills, session_id, payment_intent, status, refunded_mills, settled_mills`)

/** Takes up to so many mills out of the live wallet, never more than it holds. Returns what was taken and what is left. */
export const takeUpTo = (db: Db, organizationId: string, most: number, reference: string) =>
  db.row<{ taken: number; balance: number }>(sql`
    with wallet as (
      select balance_mills, least(balance_mills, ${most}::bigint) as taken from wallets
      where organization_id = ${organizationId} and livemode for update
    ), moved as (
      update wallets w set balance_mills = w.balance_mills - wallet.taken from wallet
      where w.organization_id = ${organizationId} and w.livemode and wallet.taken > 0 returning w.balance_mills
    ), entry as (
      insert into wallet_entries (id, organization_id, livemode, amount_mills, balance_mills, kind, reference)
      select ${newId()}, ${organizationId}, true, -wallet.taken, moved.balance_mills, 'refund', ${reference} from wallet, moved
    )
    select taken, balance_mills - taken as balance from wallet`)

export const settle = (db: Db, organizationId: string, id: string, settled: number, taken: number) =>
  db.rows(sql`
    update payments set settled_mills = settled_mills + ${settled}, taken_mills = taken_mills + ${taken}
    where organization_id = ${organizationId} and id = ${id}`)
