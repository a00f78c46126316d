import { type Db, sql } from '../../kernel/database/db.ts'
import type { StoredAddress } from '../addresses/postal-addresses.ts'
import type { StoredCreative } from './creative.ts'
import type { PieceStatus } from './piece-states.ts'

export interface PieceRow {
  id: string
  organization_id: string
  livemode: boolean
  order_id: string | null
  drop_id: string
  kind: 'postcard' | 'letter'
  size: string
  status: PieceStatus
  recipient: StoredAddress
  return_address: StoredAddress
  address_status: string
  /** Its own; null when it prints its order's. */
  creative: StoredCreative | null
  printed_creative: StoredCreative
  merge_variables: Record<string, unknown>
  metadata: Record<string, string>
  /** `2026-11-21`, as all dates without a time. */
  send_date: string | null
  price_mills: number
  postage_mills: number
  imb: string | null
  code: string | null
  qr_url: string | null
  delivered_confidence: string | null
  failure: { code: string; message: string } | null
  reached: Partial<Record<PieceStatus, string>>
  print_job_id: string | null
  carrier_reference: string | null
  created_at: Date
  updated_at: Date
  mail_date: string
  lock_at: Date
  drop_status: string
  carrier: string | null
}

/** What a new piece is made from; `reached` holds the moment of its creation. */
export type NewPiece = Pick<
  PieceRow,
  | 'id'
  | 'order_id'
  | 'drop_id'
  | 'kind'
  | 'size'
  | 'status'
  | 'recipient'
  | 'return_address'
  | 'address_status'
  | 'creative'
  | 'merge_variables'
  | 'metadata'
  | 'send_date'
  | 'price_mills'
  | 'postage_mills'
  | 'imb'
  | 'code'
  | 'qr_url'
> & { created_at: Date }

export const insert = (db: Db, organizationId: string, livemode: boolean, pieces: NewPiece[]) =>
  db.rows(sql`
    insert into pieces (id, organization_id, livemode, order_id, drop_id, kind, size, status, recipient, return_address, address_status, creative,
      merge_variables, metadata, send_date, price_mills, postage_mills, imb, code, qr_url, reached, created_at, updated_at)
    select id, ${organizationId}, ${livemode}, order_id, drop_id, kind, size, status, recipient, return_address, address_status,
      nullif(creative, 'null'::jsonb), merge_variables, metadata, send_date, price_mills, postage_mills, imb, code, qr_url,
      jsonb_build_object(status, created_at), created_at::timestamptz, created_at::timestamptz
    from jsonb_to_recordset(${JSON.stringify(pieces)}::jsonb) as p (id uuid, order_id uuid, drop_id uuid, kind text, size text, status text, recipient jsonb,
      return_address jsonb, address_status text, creative jsonb, merge_variables jsonb, metadata jsonb, send_date date, price_mills integer,
      postage_mills integer, imb text, code text, qr_url text, created_at text)`)

/** `count` serial numbers that nobody else gets, ascending. Some may be lost when a transaction fails. */
export const takeSerials = async (db: Db, livemode: boolean, count: number): Promise<number[]> =>
  (
    await db.rows<{ serial: number }>(sql`
      select case when ${livemode} then nextval('live_piece_serials') else nextval('test_piece_serials') end as serial
      from generate_series(1, ${count}::integer)`)
  ).map(({ serial }) => serial)

export const byId = (db: Db, organizationId: string, livemode: boolean, id: string | null) =>
  db.row<PieceRow>(sql`
    select *, send_date::text, mail_date::text from piece_details
    where organization_id = ${organizationId} and livemode = ${livemode} and id = ${id}`)

export interface PieceFilter {
  before: string | undefined
  limit: number
  status: PieceStatus | undefined
  kind: string | undefined
  orderId: string | null | undefined
  after: Date | undefined
  until: Date | undefined
  metadata: Record<string, string> | undefined
}

export const list = (db: Db, organizationId: string, livemode: boolean, q: PieceFilter) =>
  db.rows<PieceRow>(sql`
    select *, send_date::text, mail_date::text from piece_details
    where organization_id = ${organizationId} and livemode = ${livemode}
      and (${q.before ?? null}::uuid is null or id < ${q.before ?? null}::uuid)
      and (${q.status ?? null}::text is null or status = ${q.status ?? null}::text)
      and (${q.kind ?? null}::text is null or kind = ${q.kind ?? null}::text)
      and (${q.orderId === undefined} or order_id = ${q.orderId ?? null}::uuid)
      and (${q.after ?? null}::timestamptz is null or created_at >= ${q.after ?? null}::timestamptz)
      and (${q.until ?? null}::timestamptz is null or created_at < ${q.until ?? null}::timestamptz)
      and (${q.metadata ? JSON.stringify(q.metadata) : null}::jsonb is null or
        (metadata <> '{}' and metadata @> ${q.metadata ? JSON.stringify(q.metadata) : null}::jsonb))
    order by id desc limit ${q.limit}`)

/** Locks pieces for the transaction, always in the same order, and returns them. */
export const lock = async (db: Db, organizationId: string, livemode: boolean, ids: string[]): Promise<PieceRow[]> => {
  await db.rows(sql`
    select id from pieces where organization_id = ${organizationId} and livemode = ${livemode} and id = any (${ids}::uuid[])
    order by id for update`)
  return db.rows<PieceRow>(sql`
    select *, send_date::text, mail_date::text from piece_details
    where organization_id = ${organizationId} and livemode = ${livemode} and id = any (${ids}::uuid[]) order by id`)
}

/** Puts a piece that is in no printer's hands yet into another drop. */
export const putInto = (db: Db, organizationId: string, id: string, dropId: string) =>
  db.rows(sql`
    update pieces set drop_id = ${dropId}, updated_at = next_moment(updated_at, organization_id, livemode)
    where organization_id = ${organizationId} and id = ${id} and status = 'held'`)

export type Moved = Pick<
  PieceRow,
  'id' | 'status' | 'reached' | 'delivered_confidence' | 'failure' | 'carrier_reference' | 'updated_at'
>

export const move = (db: Db, organizationId: string, pieces: Moved[]) =>
  db.rows(sql`
    update pieces p set status = m.status, reached = m.reached, delivered_confidence = m.delivered_confidence,
      failure = nullif(m.failure, 'null'::jsonb), carrier_reference = m.carrier_reference, updated_at = m.updated_at
    from jsonb_to_recordset(${JSON.stringify(pieces)}::jsonb)
      as m (id uuid, status text, reached jsonb, delivered_confidence text, failure jsonb, carrier_reference text, updated_at timestamptz)
    where p.organization_id = ${organizationId} and p.id = m.id`)

/** For the signed links of proofs, which carry no key. */
export const unscopedById = (db: Db, id: string | null) =>
  db.row<PieceRow>(sql`select *, send_date::text, mail_date::text from piece_details where id = ${id}`)
