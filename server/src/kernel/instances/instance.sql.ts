/** Instances are processes of this server and belong to no organization. */
import { type Db, sql } from '../database/db.ts'

/** The first half of the advisory locks of instances; the second is the instance's id. */
const lockClass = 1_346_719_553

export interface InstanceRow {
  id: number
  name: string
  host: string
}

/** Joins, with the lock taken before anybody can see the row. */
export const unscopedJoin = async (
  db: Db,
  { name, host, roles, jobPools }: { name: string; host: string; roles: readonly string[]; jobPools: string[] },
): Promise<number> =>
  (await db.row<{ id: number }>(sql`
    with made as (
      insert into instances (name, host, roles, job_pools) values (${name}, ${host}, ${[...roles]}, ${jobPools}) returning id
    )
    select id, pg_try_advisory_lock(${lockClass}::integer, id) from made`))!.id

/** Takes the lock of an instance again, on another session. False while somebody has it: a session of old, or who just gives up on us. */
export const unscopedLock = async (db: Db, id: number): Promise<boolean> =>
  (await db.row<{ locked: boolean }>(sql`select pg_try_advisory_lock(${lockClass}::integer, ${id}::integer) as locked`))!.locked

export const unscopedUnlock = (db: Db, id: number) =>
  db.rows(sql`select pg_advisory_unlock(${lockClass}::integer, ${id}::integer)`)

/** False when the others gave up on it. */
export const unscopedKnown = async (db: Db, id: number): Promise<boolean> =>
  (await db.row(sql`select 1 from instances where id = ${id}`)) !== undefined

/**
 * The sign of life, and who else gives none: instances whose lock is free. The attempts to lock end with the statement, and share,
 * so that instances which look at the same moment do not take each other for the holder.
 */
export const unscopedBeat = (db: Db, id: number) =>
  db.rows<InstanceRow>(sql`
    select i.id, i.name, i.host from instances i
    where case when i.id <> ${id} then pg_try_advisory_xact_lock_shared(${lockClass}::integer, i.id) else false end`)

/** Has PostgreSQL notice within seconds when the machine at the other end of this session is gone. Over a UNIX socket it knows at once. */
export const unscopedKeepAlive = (db: Db) =>
  db.rows(sql`
    select set_config('tcp_keepalives_idle', '2', false), set_config('tcp_keepalives_interval', '1', false),
      set_config('tcp_keepalives_count', '3', false), set_config('tcp_user_timeout', '5000', false)`)

/** Ends the sessions of an instance that are in the middle of something, and with them its locks on rows. `pid`: only that one. */
export const unscopedEndSessions = (db: Db, name: string, pid: number | null = null) =>
  db.rows(sql`
    select pg_terminate_backend(pid) from pg_stat_activity
    where application_name = ${name} and usename = current_user and datname = current_database() and pid <> pg_backend_pid()
      and case when ${pid}::integer is null then state is distinct from 'idle' else pid = ${pid}::integer end`)

/** Its jobs are locked under this name from now on. */
export const unscopedAddJobPool = (db: Db, id: number, pool: string) =>
  db.rows(sql`update instances set job_pools = array_append(job_pools, ${pool}) where id = ${id}`)

export const unscopedRemoveJobPool = (db: Db, id: number, pool: string) =>
  db.rows(sql`update instances set job_pools = array_remove(job_pools, ${pool}) where id = ${id}`)

/** Takes a gone instance for whoever ends it, until the end of the transaction. Undefined when it lives, or another one does it. */
export const unscopedTake = (db: Db, id: number) =>
  db.row<{ id: number; job_pools: string[] }>(sql`
    select id, job_pools from instances
    where id = ${id} and case when id = ${id} then pg_try_advisory_xact_lock(${lockClass}::integer, id) else false end`)

/** In this transaction nothing waits longer than this for a lock. */
export const unscopedHurry = (db: Db, ms: number) => db.rows(sql`select set_config('lock_timeout', ${String(ms)}, true)`)

export const unscopedLeave = (db: Db, id: number) => db.rows(sql`delete from instances where id = ${id}`)
