/** Jobs belong to no organization of ours: their payload says whom they are for. Hence the `unscoped` names. */
import { type Db, sql } from '../kernel/database/db.ts'

/** `last_error` of a job whose process died while it ran. */
export const interrupted = 'The process that ran this job died.'

/**
 * Unlocks the jobs locked under these names. `but`: job ids that are running and stay locked. Written into graphile-worker's own tables,
 * because its force_unlock_workers can neither exclude jobs nor set `last_error`.
 */
export const unscopedFreeJobs = async (db: Db, pools: string[], but: string[] = []): Promise<number> =>
  (await db.row<{ freed: number }>(sql`
    with freed as (
      update graphile_worker._private_jobs set locked_at = null, locked_by = null, last_error = ${interrupted}
      where locked_by = any (${pools}::text[]) and id <> all (${but}::bigint[]) returning id, job_queue_id
    ), queues as (
      update graphile_worker._private_job_queues q set locked_at = null, locked_by = null
      from freed where q.id = freed.job_queue_id and q.locked_by = any (${pools}::text[])
    ), told as (
      select pg_notify('jobs:insert', json_build_object('count', count(*))::text) from freed having count(*) > 0
    )
    select (select count(*) from freed) as freed, (select count(*) from told) as told`))!.freed
