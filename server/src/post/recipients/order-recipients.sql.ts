import { type Db, sql } from '../../kernel/database/db.ts'
import type { StoredAddress } from '../addresses/postal-addresses.ts'
import type { Reason } from './rows.ts'

export interface RecipientRow {
  id: string
  row: number
  accepted: boolean
  recipient: StoredAddress | null
  address_status: string | null
  merge_variables: Record<string, string> | null
  given: Record<string, string> | null
  reasons: Reason[] | null
}

/** An accepted one. */
export interface Recipient {
  id: string
  row: number
  recipient: StoredAddress
  address_status: string
  merge_variables: Record<string, string>
}

export const clear = (db: Db, organizationId: string, orderId: string) =>
  db.rows(sql`delete from recipients where organization_id = ${organizationId} and order_id = ${orderId}`)

/** A batch of a list, as its worker wrote it. */
export const insert = (db: Db, organizationId: string, livemode: boolean, orderId: string, batch: string) =>
  db.rows(sql`
    insert into recipients (id, organization_id, livemode, order_id, row, accepted, recipient, address_status, merge_variables, given, reasons)
    select id, ${organizationId}, ${livemode}, ${orderId}, row, recipient is not null, recipient, address_status, merge_variables, given, reasons
    from jsonb_to_recordset(${batch}::jsonb) as r (id uuid, row integer, recipient jsonb, address_status text, merge_variables jsonb,
      given jsonb, reasons jsonb)`)

/** Recipients that a later row of the list has with ZIP+4 get that; their message may quote it. */
export const extendZips = (db: Db, organizationId: string, orderId: string, extended: { id: string; zip: string }[]) =>
  db.rows(sql`
    update recipients r set address_status = 'corrected',
      recipient = r.recipient || jsonb_build_object('zip', j.zip, 'given',
        jsonb_build_object('zip', r.recipient->'zip') || coalesce(r.recipient->'given', '{}')),
      merge_variables = r.merge_variables || jsonb_build_object('zip', j.zip)
    from jsonb_to_recordset(${JSON.stringify(extended)}::jsonb) as j (id uuid, zip text)
    where r.organization_id = ${organizationId} and r.order_id = ${orderId} and r.id = j.id and r.accepted`)

/** A page of the accepted ones, in the order of the list. */
export const accepted = (db: Db, organizationId: string, orderId: string, after: string | null, limit: number) =>
  db.rows<Recipient>(sql`
    select id, row, recipient, address_status, merge_variables from recipients
    where organization_id = ${organizationId} and order_id = ${orderId} and accepted and (${after}::uuid is null or id > ${after}::uuid)
    order by id limit ${limit}`)

/** SHA-256 (hex) of all accepted ones, in the order of the list. */
export const digest = async (db: Db, organizationId: string, orderId: string): Promise<string> =>
  (await db.row<{ sha256: string }>(sql`
    select encode(sha256(coalesce(string_agg(sha256(convert_to(jsonb_build_array(row, recipient, merge_variables)::text, 'UTF8')), ''
      order by id), '')), 'hex') as sha256
    from recipients where organization_id = ${organizationId} and order_id = ${orderId} and accepted`))!.sha256

/** One row of the list, taken or not. */
export const ofRow = (db: Db, organizationId: string, orderId: string, row: number) =>
  db.row<RecipientRow>(sql`
    select id, row, accepted, recipient, address_status, merge_variables, given, reasons from recipients
    where organization_id = ${organizationId} and order_id = ${orderId} and row = ${row}`)

/** How many are accepted, by destination. */
export const destinations = (db: Db, organizationId: string, orderId: string) =>
  db.rows<{ country: string; count: number }>(sql`
    select recipient->>'country' as country, count(*) from recipients
    where organization_id = ${organizationId} and order_id = ${orderId} and accepted group by 1 order by 2 desc`)

export const list = (
  db: Db,
  organizationId: string,
  livemode: boolean,
  q: { orderId: string; accepted: boolean | undefined; after: string | undefined; limit: number },
) =>
  db.rows<RecipientRow>(sql`
    select id, row, accepted, recipient, address_status, merge_variables, given, reasons from recipients
    where organization_id = ${organizationId} and livemode = ${livemode} and order_id = ${q.orderId}
      and (${q.accepted ?? null}::boolean is null or accepted = ${q.accepted ?? null}::boolean)
      and (${q.after ?? null}::uuid is null or id > ${q.after ?? null}::uuid)
    order by id limit ${q.limit}`)

/** Takes recipients out of the list, with the reason (id → reasons). */
export const reject = (db: Db, organizationId: string, orderId: string, rejected: { id: string; reasons: Reason[] }[]) =>
  db.rows<{ id: string }>(sql`
    update recipients r set accepted = false, reasons = j.reasons, recipient = null,
      given = r.recipient - 'given' - 'countryName', address_status = null, merge_variables = null
    from jsonb_to_recordset(${JSON.stringify(rejected)}::jsonb) as j (id uuid, reasons jsonb)
    where r.organization_id = ${organizationId} and r.order_id = ${orderId} and r.id = j.id and r.accepted
    returning r.id`)
