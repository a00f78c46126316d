import { type Db, sql } from './db.ts'

/** A lock that ends with the transaction, so a crash releases it. */
export const tryLock = async (db: Db, organizationId: string, key: string): Promise<boolean> =>
  (await db.row<{ ok: boolean }>(
    sql`select pg_try_advisory_xact_lock(hashtextextended(${`${organizationId} ${key}`}, 42)) as ok`,
  ))!.ok

export const find = (db: Db, organizationId: string, key: string) =>
  db.row<{ fingerprint: Buffer; status: number; body: string }>(sql`
    select fingerprint, status, body from idempotency_keys where organization_id = ${organizationId} and key = ${key}`)

export const insert = (
  db: Db,
  organizationId: string,
  answer: { key: string; fingerprint: Buffer; status: number; body: string },
) =>
  db.rows(sql`
    insert into idempotency_keys (organization_id, key, fingerprint, status, body)
    values (${organizationId}, ${answer.key}, ${answer.fingerprint}, ${answer.status}, ${answer.body})`)
