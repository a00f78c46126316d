import { type Db, sql } from '../kernel/db.ts'

export const offset = async (db: Db, organizationId: string): Promise<number> =>
  (await db.row<{ offset_ms: number }>(sql`select offset_ms from test_clocks where organization_id = ${organizationId}`))
    ?.offset_ms ?? 0

/** Moves the clock forward and returns how far it is ahead now. */
export const advance = async (db: Db, organizationId: string, ms: number): Promise<number> =>
  (await db.row<{ offset_ms: number }>(sql`
    insert into test_clocks (organization_id, offset_ms) values (${organizationId}, ${ms})
    on conflict (organization_id) do update set offset_ms = test_clocks.offset_ms + ${ms}
    returning offset_ms`))!.offset_ms

/** Asks for what is due in a sandbox to happen. */
export const play = (db: Db, organizationId: string) =>
  db.rows(sql`
    select graphile_worker.add_job('post.sandbox', json_build_object('organization_id', ${organizationId}::uuid), job_key := 'sandbox:' || ${organizationId}::text)`)

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
    where s.due_at <= ${now}::timestamptz + coalesce(c.offset_ms, 0) * interval '1 millisecond'`)

/** Forgets what was planned for these pieces. */
export const forget = (db: Db, organizationId: string, pieceIds: string[]) =>
  db.rows(sql`delete from simulated_scans where organization_id = ${organizationId} and piece_id = any (${pieceIds}::uuid[])`)

/** One player per sandbox, the others wait; the lock ends with the transaction. */
export const lock = (db: Db, organizationId: string) =>
  db.rows(sql`select pg_advisory_xact_lock(hashtextextended(${`sandbox ${organizationId}`}, 44))`)
