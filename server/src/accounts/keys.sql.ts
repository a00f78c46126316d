import { type Db, sql } from '../kernel/database/db.ts'

export interface KeyRow {
  id: string
  organization_id: string
  name: string
  hint: string
  livemode: boolean
  dialect: string
  scopes: string[]
  hold: boolean
  expires_at: Date | null
  last_used_at: Date | null
  created_at: Date
}

export const insert = (
  db: Db,
  organizationId: string,
  key: {
    id: string
    name: string
    hash: Buffer
    hint: string
    livemode: boolean
    dialect: string
    scopes: string[]
    hold: boolean
    expiresAt: Date | null
  },
) =>
  db.row<KeyRow>(sql`
    insert into api_keys (id, organization_id, name, hash, hint, livemode, dialect, scopes, hold, expires_at)
    values (${key.id}, ${organizationId}, ${key.name}, ${key.hash}, ${key.hint}, ${key.livemode}, ${key.dialect}, ${key.scopes}, ${key.hold}, ${key.expiresAt})
    returning id, organization_id, name, hint, livemode, dialect, scopes, hold, expires_at, last_used_at, created_at`)

/** Who holds this key? Unscoped: it is what finds the organization. */
export const unscopedByHash = (db: Db, hash: Buffer) =>
  db.row<KeyRow>(sql`
    select id, organization_id, name, hint, livemode, dialect, scopes, hold, expires_at, last_used_at, created_at
    from api_keys where hash = ${hash} and revoked_at is null and (expires_at is null or expires_at > now())`)

/** Unscoped: uses are noted for many keys at once. */
export const unscopedTouch = (db: Db, ids: string[]) =>
  db.rows(sql`update api_keys set last_used_at = now() where id = any (${ids}::uuid[])`)

// `livemode` of whoever asks: true sees and revokes the keys of both modes, false those of test mode.

export const list = (
  db: Db,
  organizationId: string,
  livemode: boolean,
  q: { before: string | undefined; limit: number; skip?: number },
) =>
  db.rows<KeyRow>(sql`
    select id, organization_id, name, hint, livemode, dialect, scopes, hold, expires_at, last_used_at, created_at from api_keys
    where organization_id = ${organizationId} and revoked_at is null and (${livemode} or not livemode) and (${q.before ?? null}::uuid is null or id < ${q.before ?? null}::uuid)
    order by id desc limit ${q.limit} offset ${q.skip ?? 0}`)

export const count = async (db: Db, organizationId: string, livemode: boolean): Promise<number> =>
  (await db.row<{ count: number }>(sql`
    select count(*) from api_keys
    where organization_id = ${organizationId} and revoked_at is null and (${livemode} or not livemode)`))!.count

export const byId = (db: Db, organizationId: string, livemode: boolean, id: string | null) =>
  db.row<KeyRow>(sql`
    select id, organization_id, name, hint, livemode, dialect, scopes, hold, expires_at, last_used_at, created_at from api_keys
    where organization_id = ${organizationId} and id = ${id} and revoked_at is null and (${livemode} or not livemode)`)

/** Every process hears of it at commit. */
export const revoke = (db: Db, organizationId: string, livemode: boolean, id: string | null) =>
  db.row<{ id: string }>(sql`
    with revoked as (
      update api_keys set revoked_at = now()
      where organization_id = ${organizationId} and id = ${id} and revoked_at is null and (${livemode} or not livemode) returning id
    )
    select id, pg_notify('keys', '') from revoked`)

/** Whether it still opens anything. */
export const isActive = async (db: Db, organizationId: string, id: string): Promise<boolean> =>
  (await db.row(sql`
    select 1 from api_keys
    where organization_id = ${organizationId} and id = ${id} and revoked_at is null and (expires_at is null or expires_at > now())`)) !==
  undefined
