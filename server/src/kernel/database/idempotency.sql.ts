import { type Db, sql } from './db.ts'

/** Whose Idempotency-Key it is: an organization has two sets of them, one for each mode. */
export interface Owner {
  org: string
  livemode: boolean
}

/** A lock that ends with the transaction, so a crash releases it. */
export const tryLock = async (db: Db, { org, livemode }: Owner, key: string): Promise<boolean> =>
  (await db.row<{ ok: boolean }>(
    sql`select pg_try_advisory_xact_lock(hashtextextended(${`${org} ${livemode} ${key}`}, 42)) as ok`,
  ))!.ok

export const find = (db: Db, { org, livemode }: Owner, key: string) =>
  db.row<{ fingerprint: Buffer; status: number; body: string; sealed: boolean }>(sql`
    select fingerprint, status, body, sealed from idempotency_keys
    where organization_id = ${org} and livemode = ${livemode} and key = ${key}`)

/** Takes the key, before the work and its locks; waits for a transaction that has taken it and not ended. False when it is taken. */
export const claim = async (db: Db, { org, livemode }: Owner, key: string, fingerprint: Buffer): Promise<boolean> =>
  (
    await db.rows(sql`
      insert into idempotency_keys (organization_id, livemode, key, fingerprint, status, body)
      values (${org}, ${livemode}, ${key}, ${fingerprint}, 0, '')
      on conflict (organization_id, livemode, key) do nothing returning 1`)
  ).length > 0

export const answer = (
  db: Db,
  { org, livemode }: Owner,
  key: string,
  { status, body, sealed }: { status: number; body: string; sealed: boolean },
) =>
  db.rows(sql`
    update idempotency_keys set status = ${status}, body = ${body}, sealed = ${sealed}
    where organization_id = ${org} and livemode = ${livemode} and key = ${key}`)
