import { type Db, sql } from '../kernel/db.ts'

/** Across organizations on purpose: retention is the same for all. */
export const unscopedOldIdempotencyKeys = (db: Db, before: Date) =>
  db.rows(sql`
    delete from idempotency_keys where ctid = any (array(
      select ctid from idempotency_keys where created_at < ${before} limit 10000))`)

export const unscopedOldWebhookAttempts = (db: Db, before: Date) =>
  db.rows(sql`
    delete from webhook_attempts where ctid = any (array(
      select ctid from webhook_attempts where created_at < ${before} limit 10000))`)
