import { type Db, sql } from '../../kernel/database/db.ts'
import type { PieceRow } from '../pieces/pieces.sql.ts'
import type { ScanRow } from '../tracking/tracking.sql.ts'

/** A page of an order's pieces in the order of its list. */
export const pieces = (
  db: Db,
  organizationId: string,
  livemode: boolean,
  q: { orderId: string; status: string | undefined; after: string | undefined; limit: number; skip: number },
) =>
  db.rows<PieceRow>(sql`
    select *, send_date::text, mail_date::text from piece_details
    where organization_id = ${organizationId} and livemode = ${livemode} and order_id = ${q.orderId}
      and (${q.status ?? null}::text is null or status = ${q.status ?? null}::text)
      and (${q.after ?? null}::uuid is null or id > ${q.after ?? null}::uuid)
    order by id limit ${q.limit} offset ${q.skip}`)

export const count = async (
  db: Db,
  organizationId: string,
  livemode: boolean,
  q: { orderId: string; status: string | undefined },
): Promise<number> =>
  (await db.row<{ count: number }>(sql`
    select count(*) from pieces
    where organization_id = ${organizationId} and livemode = ${livemode} and order_id = ${q.orderId}
      and (${q.status ?? null}::text is null or status = ${q.status ?? null}::text)`))!.count

/** The scans of several pieces, the first 50 of each. */
export const scans = (db: Db, organizationId: string, pieceIds: string[]) =>
  db.rows<ScanRow & { piece_id: string }>(sql`
    select piece_id, source, status, applied, scanned_at, code, phase, place
    from (
      select *, row_number() over (partition by piece_id order by scanned_at, id) as nth
      from piece_scans where organization_id = ${organizationId} and piece_id = any (${pieceIds}::uuid[])) s
    where nth <= 50 order by piece_id, nth`)

export interface Counts {
  status: string
  count: number
  /** Mailed so lately that nobody knows yet. */
  in_flight: number
}

/** Pieces of an order by status. `since`: mailed later than that and not heard of the end of it is in flight. */
export const byStatus = (db: Db, organizationId: string, orderId: string, since: Date) =>
  db.rows<Counts>(sql`
    select status, count(*),
      count(*) filter (where status in ('mailed', 'in_transit', 'in_local_area', 'processed_for_delivery', 're_routed')
        and (reached->>'mailed')::timestamptz > ${since}) as in_flight
    from pieces where organization_id = ${organizationId} and order_id = ${orderId} group by status`)

/** QR scans of an order: visits, devices (of a day), and pieces that were scanned at all. */
export const qr = (db: Db, organizationId: string, orderId: string) =>
  db.row<{ total: number; unique: number; pieces: number; first_at: Date | null; last_at: Date | null }>(sql`
    select coalesce(sum(scans), 0) as total, count(*) as "unique", count(distinct piece_id) as pieces, min(first_at) as first_at,
      max(last_at) as last_at
    from qr_scans where organization_id = ${organizationId} and order_id = ${orderId}`)
