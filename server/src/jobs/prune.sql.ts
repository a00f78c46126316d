import { type Db, sql } from '../kernel/database/db.ts'

/** At a time: bounds how long one statement holds its rows. */
export const batch = 10_000

// Across organizations on purpose: retention is the same for all. Each removes up to a batch and says how many it was.

const removed = async (rows: Promise<unknown[]>): Promise<number> => (await rows).length

export const unscopedOldIdempotencyKeys = (db: Db, before: Date) =>
  removed(
    db.rows(sql`
    delete from idempotency_keys where ctid = any (array(
      select ctid from idempotency_keys where created_at < ${before} limit ${batch})) returning 1`),
  )

export const unscopedOldWebhookAttempts = (db: Db, before: Date) =>
  removed(
    db.rows(sql`
    delete from webhook_attempts where ctid = any (array(
      select ctid from webhook_attempts where created_at < ${before} limit ${batch})) returning 1`),
  )

/** A mail that answers one of a month ago which never came is not waited for any longer. */
export const unscopedLongAwaited = (db: Db, before: Date) =>
  removed(
    db.rows(sql`
    delete from awaited_messages where ctid = any (array(
      select ctid from awaited_messages where created_at < ${before} limit ${batch})) returning 1`),
  )

/** Their attempts go with them. `before`: the least id of that moment, for these two. */
export const unscopedOldDeliveries = (db: Db, before: string) =>
  removed(
    db.rows(sql`
    delete from webhook_deliveries where id = any (array(
      select id from webhook_deliveries where id < ${before} order by id limit ${batch})) returning 1`),
  )

export const unscopedOldEvents = (db: Db, before: string) =>
  removed(
    db.rows(sql`
    delete from events where id = any (array(select id from events where id < ${before} order by id limit ${batch})) returning 1`),
  )
