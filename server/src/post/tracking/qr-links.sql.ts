import { type Db, sql } from '../../kernel/database/db.ts'

export interface Target {
  id: string
  organization_id: string
  order_id: string | null
  livemode: boolean
  qr_url: string
}

/** Whose link that is: the code itself is the secret. */
export const unscopedByCode = (db: Db, code: string) =>
  db.row<Target>(
    sql`select id, organization_id, order_id, livemode, qr_url from pieces where code = ${code} and qr_url is not null`,
  )

/** Counts a scan; true when it is this device's first of the day. */
export const count = async (db: Db, piece: Target, scan: { day: string; device: Uint8Array; at: Date }): Promise<boolean> =>
  (await db.row<{ first: boolean }>(sql`
    insert into qr_scans (piece_id, day, device, organization_id, order_id, first_at, last_at)
    values (${piece.id}, ${scan.day}, ${scan.device}, ${piece.organization_id}, ${piece.order_id}, ${scan.at}, ${scan.at})
    on conflict (piece_id, day, device) do update set scans = qr_scans.scans + 1, last_at = excluded.last_at
    returning scans = 1 as first`))!.first

export const totals = (db: Db, organizationId: string, pieceId: string) =>
  db.row<{ total: number; unique: number }>(sql`
    select coalesce(sum(scans), 0)::integer as total, count(*)::integer as "unique" from qr_scans
    where organization_id = ${organizationId} and piece_id = ${pieceId}`)
