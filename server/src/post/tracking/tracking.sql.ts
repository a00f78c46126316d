import { type Db, sql } from '../../kernel/database/db.ts'
import { newId } from '../../kernel/ids.ts'

export type FeedSource = 'usps' | 'simulated' | 'lob'

export interface FeedRow {
  id: string
  source: FeedSource
  body: Buffer
  received_at: Date
}

/** Stores a report as it came and asks for it to be read. */
export const receive = (db: Db, source: FeedSource, body: Uint8Array) =>
  db.rows(sql`
    with feed as (insert into tracking_feed (id, source, body) values (${newId()}, ${source}, ${body}) returning id)
    select graphile_worker.add_job('post.tracking', json_build_object('feed_id', id), max_attempts := 25) from feed`)

/** Stores a report that is read in the same transaction. */
export const receiveRead = (db: Db, source: FeedSource, body: Uint8Array, at: Date) =>
  db.rows(sql`
    insert into tracking_feed (id, source, body, received_at, handled_at) values (${newId()}, ${source}, ${body}, ${at}, now())`)

export const unread = (db: Db, id: string) =>
  db.row<FeedRow>(sql`select id, source, body, received_at from tracking_feed where id = ${id} and handled_at is null`)

export const read = (db: Db, id: string, problem: string | null) =>
  db.rows(sql`update tracking_feed set handled_at = now(), problem = ${problem} where id = ${id}`)

/** Raw reports older than this have been read, and their scans are with their pieces. */
export const unscopedForget = (db: Db, before: Date) =>
  db.rows(sql`
    delete from tracking_feed where ctid = any (array(
      select ctid from tracking_feed where received_at < ${before} and handled_at is not null limit 1000))`)

export interface Scanned {
  id: string
  organization_id: string
  livemode: boolean
  imb: string | null
  carrier_reference: string | null
  recipient_zip: string | null
  return_zip: string | null
}

/** Whose barcode that is, in every organization. Serial numbers come round again: the newest piece has it. */
export const unscopedByImb = (db: Db, livemode: boolean, imbs: string[]) =>
  db.rows<Scanned>(sql`
    select distinct on (imb) id, organization_id, livemode, imb, carrier_reference,
      recipient->>'zip' as recipient_zip, return_address->>'zip' as return_zip
    from pieces where imb = any (${imbs}) and livemode = ${livemode} order by imb, id desc`)

export const unscopedByCarrierReference = (db: Db, references: string[]) =>
  db.rows<Scanned>(sql`
    select id, organization_id, livemode, imb, carrier_reference,
      recipient->>'zip' as recipient_zip, return_address->>'zip' as return_zip
    from pieces where carrier_reference = any (${references}) and livemode order by id`)

/**
 * Locks pieces before their scans are added, in the order of their ids: two reports about the same piece would each hold its row through
 * the scan they added, and wait for the other to move it. Returns those that were taken out of the stream before.
 */
export const holdPieces = (db: Db, organizationId: string, livemode: boolean, ids: string[]) =>
  db.rows<{ id: string; rerouted: boolean }>(sql`
    select id, reached ? 're_routed' as rerouted from pieces
    where organization_id = ${organizationId} and livemode = ${livemode} and id = any (${ids}::uuid[]) order by id for update`)

export interface NewScan {
  id: string
  piece_id: string
  /** SHA-256, hex. */
  dedupe: string
  source: FeedSource
  status: string | null
  scanned_at: Date
  code: string | null
  phase: string | null
  place: object | null
  raw: object
}

/** Adds scans to their pieces; returns the ids of those that were not known yet. */
export const addScans = (db: Db, organizationId: string, scans: NewScan[]) =>
  db.rows<{ id: string }>(sql`
    insert into piece_scans (id, organization_id, piece_id, dedupe, source, status, applied, scanned_at, code, phase, place, raw)
    select id, ${organizationId}, piece_id, decode(dedupe, 'hex'), source, status, false, scanned_at, code, phase, nullif(place, 'null'::jsonb), raw
    from jsonb_to_recordset(${JSON.stringify(scans)}::jsonb) as s (id uuid, piece_id uuid, dedupe text, source text, status text,
      scanned_at timestamptz, code text, phase text, place jsonb, raw jsonb)
    on conflict (dedupe) do nothing
    returning id`)

export const applied = (db: Db, organizationId: string, ids: string[]) =>
  db.rows(sql`update piece_scans set applied = true where organization_id = ${organizationId} and id = any (${ids}::uuid[])`)

export interface ScanRow {
  source: string
  status: string | null
  applied: boolean
  scanned_at: Date
  code: string | null
  phase: string | null
  place: { facility?: string; city?: string; state?: string; zip?: string } | null
}

export const ofPiece = (db: Db, organizationId: string, pieceId: string) =>
  db.rows<ScanRow>(sql`
    select source, status, applied, scanned_at, code, phase, place from piece_scans
    where organization_id = ${organizationId} and piece_id = ${pieceId} order by scanned_at, id limit 500`)
