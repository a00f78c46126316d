import { type Db, sql } from '../../kernel/database/db.ts'

export interface ClockRow {
  /** How far it is ahead of the world now. */
  ahead_ms: number
  /** How much faster than the world it runs. */
  speed: number
}

/** The clock as it stands at `now` (of the world). */
export const read = async (db: Db, organizationId: string, now: Date): Promise<ClockRow> =>
  (await db.row<ClockRow>(sql`
    select sandbox_ahead_ms(c, ${now}) as ahead_ms, speed from test_clocks c where organization_id = ${organizationId}`)) ?? {
    ahead_ms: 0,
    speed: 1,
  }

/** Moves the clock forward. */
export const advance = async (db: Db, organizationId: string, now: Date, ms: number): Promise<ClockRow> =>
  (await db.row<ClockRow>(sql`
    insert into test_clocks as c (organization_id, offset_ms, since) values (${organizationId}, ${ms}, ${now})
    on conflict (organization_id) do update set offset_ms = sandbox_ahead_ms(c, ${now}) + ${ms}, since = greatest(c.since, ${now})
    returning offset_ms as ahead_ms, speed`))!

/** Sets how fast the clock runs from now on. */
export const setSpeed = async (db: Db, organizationId: string, now: Date, speed: number): Promise<ClockRow> =>
  (await db.row<ClockRow>(sql`
    insert into test_clocks as c (organization_id, offset_ms, since, speed) values (${organizationId}, 0, ${now}, ${speed})
    on conflict (organization_id) do update
      set offset_ms = sandbox_ahead_ms(c, ${now}), since = greatest(c.since, ${now}), speed = ${speed}
    returning offset_ms as ahead_ms, speed`))!

/** Asks for what is due in a sandbox to happen. */
export const play = (db: Db, organizationId: string) =>
  db.rows(sql`
    select graphile_worker.add_job('post.sandbox', json_build_object('organization_id', ${organizationId}::uuid), job_key := 'sandbox:' || ${organizationId}::text)`)

/** As `play`, for a sandbox that runs faster than the world: there is something new whose time may be near. */
export const wake = (db: Db, organizationId: string) =>
  db.rows(sql`
    select graphile_worker.add_job('post.sandbox', json_build_object('organization_id', organization_id), job_key := 'sandbox:' || organization_id::text)
    from test_clocks where organization_id = ${organizationId} and speed > 1`)

/** Plans the next look at a sandbox that runs faster than the world: when its next report or drop is due, if there is one. */
export const playNext = (db: Db, organizationId: string, now: Date, mostAheadMs: number) =>
  db.rows(sql`
    select graphile_worker.add_job('post.sandbox', json_build_object('organization_id', c.organization_id),
      job_key := 'sandbox-next:' || c.organization_id::text,
      run_at := now() + greatest(interval '250 milliseconds',
        (next.due - (${now}::timestamptz + sandbox_ahead_ms(c, ${now}) * interval '1 millisecond')) / c.speed))
    from test_clocks c cross join lateral (
      select least(
        (select min(due_at) from simulated_scans s where s.organization_id = c.organization_id),
        (select min(lock_at) from drops d where d.organization_id = c.organization_id and not d.livemode and d.status = 'scheduled')) as due
    ) next
    where c.organization_id = ${organizationId} and c.speed > 1 and next.due is not null and sandbox_ahead_ms(c, ${now}) < ${mostAheadMs}`)

/** Takes the next reports of an organization's simulated carrier; they are gone when the transaction commits. */
export const takeDue = (db: Db, organizationId: string, now: Date, limit: number) =>
  db.rows<{ piece_id: string; due_at: Date; scan: Record<string, string> }>(sql`
    with due as (
      delete from simulated_scans where id = any (array(
        select id from simulated_scans where organization_id = ${organizationId} and due_at <= ${now} order by due_at, id limit ${limit} for update))
      returning id, piece_id, due_at, scan
    )
    select piece_id, due_at, scan from due order by due_at, id`)

export const plan = (
  db: Db,
  organizationId: string,
  scans: { id: string; piece_id: string; due_at: Date; scan: Record<string, string> }[],
) =>
  db.rows(sql`
    insert into simulated_scans (id, organization_id, piece_id, due_at, scan)
    select id, ${organizationId}, piece_id, due_at, scan
    from jsonb_to_recordset(${JSON.stringify(scans)}::jsonb) as s (id uuid, piece_id uuid, due_at timestamptz, scan jsonb)`)

/** Organizations with something due in their sandbox. */
export const unscopedDue = (db: Db, now: Date) =>
  db.rows<{ organization_id: string }>(sql`
    select distinct s.organization_id from simulated_scans s left join test_clocks c using (organization_id)
    where s.due_at <= ${now}::timestamptz + coalesce(sandbox_ahead_ms(c, ${now}), 0) * interval '1 millisecond'`)

/** Forgets what was planned for these pieces. */
export const forget = (db: Db, organizationId: string, pieceIds: string[]) =>
  db.rows(sql`delete from simulated_scans where organization_id = ${organizationId} and piece_id = any (${pieceIds}::uuid[])`)

/** One player per sandbox, the others wait; the lock ends with the transaction. */
export const lock = (db: Db, organizationId: string) =>
  db.rows(sql`select pg_advisory_xact_lock(hashtextextended(${`sandbox ${organizationId}`}, 44))`)

/** Clocks that began to run fast at a moment still to come, for the machine's clock went back: they go on from now. */
export const unscopedSetGoing = (db: Db, now: Date) =>
  db.rows(sql`update test_clocks set since = ${now} where since > ${now}::timestamptz + interval '2 seconds'`)
