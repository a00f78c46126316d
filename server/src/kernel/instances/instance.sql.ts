/** Instances are processes of this server and belong to no organization, hence the `unscoped` names. */
import { type Db, sql } from '../database/db.ts'

/** The first half of the advisory locks of instances; the second is the instance's id. */
const lockClass = 1_346_719_553

export interface InstanceRow {
  id: number
  name: string
  host: string
}

/** Registers an instance; the lock is acquired before other sessions can see the row. */
export const unscopedJoin = async (
  db: Db,
  { name, host, roles, jobPools }: { name: string; host: string; roles: readonly string[]; jobPools: string[] },
): Promise<number> =>
  (await db.row<{ id: number }>(sql`
    with made as (
      insert into instances (name, host, roles, job_pools) values (${name}, ${host}, ${[...roles]}, ${jobPools}) returning id
    )
    select id, pg_try_advisory_lock(${lockClass}::integer, id) from made`))!.id

/** Acquires the lock of an instance on another session. False while another session holds it: the previous one, or an instance that requeues its work. */
export const unscopedLock = async (db: Db, id: number): Promise<boolean> =>
  (await db.row<{ locked: boolean }>(sql`select pg_try_advisory_lock(${lockClass}::integer, ${id}::integer) as locked`))!.locked

export const unscopedUnlock = (db: Db, id: number) =>
  db.rows(sql`select pg_advisory_unlock(${lockClass}::integer, ${id}::integer)`)

/** False when its work was requeued. */
export const unscopedKnown = async (db: Db, id: number): Promise<boolean> =>
  (await db.row(sql`select 1 from instances where id = ${id}`)) !== undefined

/**
 * The heartbeat. Returns the instances whose lock is not held. The locks it tries are shared and end with the statement, so that
 * heartbeats at the same moment do not conflict.
 */
export const unscopedBeat = (db: Db, id: number) =>
  db.rows<InstanceRow>(sql`
    select i.id, i.name, i.host from instances i
    where case when i.id <> ${id} then pg_try_advisory_xact_lock_shared(${lockClass}::integer, i.id) else false end`)

/** Makes PostgreSQL detect within seconds that the machine at the other end of this session is gone. A UNIX socket needs no such setting. */
export const unscopedKeepAlive = (db: Db) =>
  db.rows(sql`
    select set_config('tcp_keepalives_idle', '2', false), set_config('tcp_keepalives_interval', '1', false),
      set_config('tcp_keepalives_count', '3', false), set_config('tcp_user_timeout', '5000', false)`)

/** Terminates the sessions of an instance that run a statement or a transaction, which releases their row locks. `pid`: only that one. */
export const unscopedEndSessions = (db: Db, name: string, pid: number | null = null) =>
  db.rows(sql`
    select pg_terminate_backend(pid) from pg_stat_activity
    where application_name = ${name} and usename = current_user and datname = current_database() and pid <> pg_backend_pid()
      and case when ${pid}::integer is null then state is distinct from 'idle' else pid = ${pid}::integer end`)

/** Registers a name in `locked_by` of jobs. */
export const unscopedAddJobPool = (db: Db, id: number, pool: string) =>
  db.rows(sql`update instances set job_pools = array_append(job_pools, ${pool}) where id = ${id}`)

export const unscopedRemoveJobPool = (db: Db, id: number, pool: string) =>
  db.rows(sql`update instances set job_pools = array_remove(job_pools, ${pool}) where id = ${id}`)

/** Locks a dead instance until the end of the transaction. Undefined when it is alive, or another instance requeues its work. */
export const unscopedTake = (db: Db, id: number) =>
  db.row<{ id: number; job_pools: string[] }>(sql`
    select id, job_pools from instances
    where id = ${id} and case when id = ${id} then pg_try_advisory_xact_lock(${lockClass}::integer, id) else false end`)

/** Sets `lock_timeout` for this transaction. */
export const unscopedHurry = (db: Db, ms: number) => db.rows(sql`select set_config('lock_timeout', ${String(ms)}, true)`)

export const unscopedLeave = (db: Db, id: number) => db.rows(sql`delete from instances where id = ${id}`)
