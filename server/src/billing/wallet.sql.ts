import { type Db, sql } from '../kernel/database/db.ts'
import { newId } from '../kernel/ids.ts'

export interface EntryRow {
  id: string
  amount_mills: number
  balance_mills: number
  kind: string
  reference: string
  created_at: Date
}

export const open = (db: Db, organizationId: string) =>
  db.rows(
    sql`insert into wallets (organization_id, livemode, balance_mills) values (${organizationId}, true, 0), (${organizationId}, false, 0)`,
  )

export const balance = async (db: Db, organizationId: string, livemode: boolean): Promise<number> =>
  (
    await db.row<{ balance_mills: number }>(
      sql`select balance_mills from wallets where organization_id = ${organizationId} and livemode = ${livemode}`,
    )
  )?.balance_mills ?? 0

/**
 * Locked before everything else of the organization: a transaction that needs several of them takes wallet, inbox, approval, message
 * and delivery in this order, so that no two wait for each other.
 */
export const lock = async (db: Db, organizationId: string, livemode: boolean): Promise<void> => {
  await db.rows(sql`select 1 from wallets where organization_id = ${organizationId} and livemode = ${livemode} for update`)
}

/** Adds (or takes, when negative) mills and writes the entry. Returns the new balance, or undefined when there was not enough. */
export const add = async (
  db: Db,
  organizationId: string,
  livemode: boolean,
  entry: { amount: number; kind: string; reference: string },
): Promise<number | undefined> =>
  (
    await db.row<{ balance_mills: number }>(sql`
      with moved as (
        update wallets set balance_mills = balance_mills + ${entry.amount}
        where organization_id = ${organizationId} and livemode = ${livemode} and balance_mills + ${entry.amount} >= 0
        returning balance_mills
      )
      insert into wallet_entries (id, organization_id, livemode, amount_mills, balance_mills, kind, reference)
      select ${newId()}, ${organizationId}, ${livemode}, ${entry.amount}, balance_mills, ${entry.kind}, ${entry.reference} from moved
      returning balance_mills`)
  )?.balance_mills

export const entries = (db: Db, organizationId: string, livemode: boolean, q: { before: string | undefined; limit: number }) =>
  db.rows<EntryRow>(sql`
    select id, amount_mills, balance_mills, kind, reference, created_at from wallet_entries
    where organization_id = ${organizationId} and livemode = ${livemode} and (${q.before ?? null}::uuid is null or id < ${q.before ?? null}::uuid)
    order by id desc limit ${q.limit}`)
