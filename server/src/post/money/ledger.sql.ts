import { type Db, sql } from '../../kernel/database/db.ts'
import { newId } from '../../kernel/ids.ts'

export interface HoldRow {
  charged: boolean
  reserved_mills: number
  captured_mills: number
  released_mills: number
}

export type EntryKind = 'reserved' | 'captured' | 'released' | 'refunded'

/** Sets more aside under a reference; the first time opens it. */
export const hold = (
  db: Db,
  organizationId: string,
  livemode: boolean,
  { reference, amount, charged }: { reference: string; amount: number; charged: boolean },
) =>
  db.rows(sql`
    insert into post_holds (organization_id, livemode, reference, charged, reserved_mills)
    values (${organizationId}, ${livemode}, ${reference}, ${charged}, ${amount})
    on conflict (organization_id, livemode, reference) do update set reserved_mills = post_holds.reserved_mills + excluded.reserved_mills`)

/** Locks a reservation until the end of the transaction. */
export const lock = (db: Db, organizationId: string, livemode: boolean, reference: string) =>
  db.row<HoldRow>(sql`
    select charged, reserved_mills, captured_mills, released_mills from post_holds
    where organization_id = ${organizationId} and livemode = ${livemode} and reference = ${reference} for update`)

export const move = (
  db: Db,
  organizationId: string,
  livemode: boolean,
  reference: string,
  by: { captured: number; released: number },
) =>
  db.rows(sql`
    update post_holds set captured_mills = captured_mills + ${by.captured}, released_mills = released_mills + ${by.released}
    where organization_id = ${organizationId} and livemode = ${livemode} and reference = ${reference}`)

export const note = (
  db: Db,
  organizationId: string,
  livemode: boolean,
  entry: { reference: string; kind: EntryKind; amount: number },
) =>
  db.rows(sql`
    insert into post_entries (id, organization_id, livemode, reference, kind, amount_mills)
    values (${newId()}, ${organizationId}, ${livemode}, ${entry.reference}, ${entry.kind}, ${entry.amount})`)

export const byReferences = (db: Db, organizationId: string, livemode: boolean, references: string[]) =>
  db.rows<HoldRow & { reference: string }>(sql`
    select reference, charged, reserved_mills, captured_mills, released_mills from post_holds
    where organization_id = ${organizationId} and livemode = ${livemode} and reference = any (${references})`)
