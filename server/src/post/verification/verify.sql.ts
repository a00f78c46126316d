import { type Db, sql } from '../../kernel/database/db.ts'
import type { AddressStatus } from '../addresses/postal-addresses.ts'
import type { PieceRow } from '../pieces/pieces.sql.ts'

/** Live pieces of an order which nobody has vouched for yet and whose drop has not locked, in the order of their ids. */
export const open = (
  db: Db,
  organizationId: string,
  orderId: string,
  q: { countries: string[]; after: string | null; limit: number },
) =>
  db.rows<PieceRow>(sql`
    select *, send_date::text, mail_date::text from piece_details
    where organization_id = ${organizationId} and livemode and order_id = ${orderId} and status = 'created' and drop_status = 'scheduled'
      and address_status in ('well_formed', 'corrected') and recipient->>'country' = any (${q.countries}::text[])
      and (${q.after}::uuid is null or id > ${q.after}::uuid)
    order by id limit ${q.limit}`)

/** Writes down what the provider says of addresses. */
export const mark = (db: Db, organizationId: string, pieceIds: string[], status: AddressStatus) =>
  db.rows(sql`
    update pieces set address_status = ${status}, updated_at = next_moment(updated_at, organization_id, livemode)
    where organization_id = ${organizationId} and livemode and id = any (${pieceIds}::uuid[])`)
