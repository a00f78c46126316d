/** Jobs of the clock belong to nobody's organization, nor do their times. Hence the `unscoped` names. */
import { type Db, sql } from '../kernel/database/db.ts'

/**
 * Adds the tasks whose time has come, each once for all processes, however many ask. A run that is written down for a moment still to come
 * was written before the machine's clock went back, and counts for nothing.
 */
export const unscopedAddDue = (db: Db, tasks: { task: string; seconds: number }[]) =>
  db.rows<{ task: string }>(sql`
    with wanted as (
      select * from jsonb_to_recordset(${JSON.stringify(tasks)}::jsonb) as w (task text, seconds integer)
    ), due as (
      insert into clock_runs as r (task, ran_at) select task, now() from wanted
      on conflict (task) do update set ran_at = now()
      where r.ran_at > now() or r.ran_at <= now() - (select seconds from wanted w where w.task = r.task) * interval '1 second'
      returning task
    )
    select task, graphile_worker.add_job(task, job_key := 'clock:' || task, max_attempts := 3) as job from due`)

/**
 * Brings back jobs that were put off while the machine's clock was ahead: they would wait until it is there again. How far ahead it was is
 * seen from when they were written. Those that are under way are left alone.
 */
export const unscopedBringBack = (db: Db) =>
  db.rows(sql`
    with back as (
      update graphile_worker._private_jobs j set
        run_at = greatest(now(), j.run_at - (greatest(j.created_at, j.updated_at) - now())),
        created_at = least(j.created_at, now()), updated_at = now()
      where greatest(j.created_at, j.updated_at) > now() + interval '2 seconds' and j.locked_at is null
      returning j.id
    )
    select pg_notify('jobs:insert', json_build_object('count', count(*))::text) from back having count(*) > 0`)
