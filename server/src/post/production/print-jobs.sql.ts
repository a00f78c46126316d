import { type Db, sql } from '../../kernel/database/db.ts'
import type { PieceRow } from '../pieces/pieces.sql.ts'

export interface PrintJobRow {
  id: string
  organization_id: string
  livemode: boolean
  drop_id: string
  carrier: string
  state: 'assigned' | 'submitting' | 'submitted' | 'accepted' | 'printed' | 'mailed' | 'failed'
  reference: string | null
  piece_count: number
  reprint: boolean
  problem: string | null
  created_at: Date
}

/** Puts the next pieces of one format into a new job; says how many, 0 when there are none left. */
export const assign = async (
  db: Db,
  organizationId: string,
  { id, dropId, carrier, most }: { id: string; dropId: string; carrier: string; most: number },
): Promise<number> =>
  (await db.row<{ pieces: number }>(sql`
    with format as (
      select kind, size from pieces
      where organization_id = ${organizationId} and drop_id = ${dropId} and status = 'created' and print_job_id is null
      order by kind, size limit 1
    ), chosen as (
      select p.id, p.livemode from pieces p join format f on f.kind = p.kind and f.size = p.size
      where p.organization_id = ${organizationId} and p.drop_id = ${dropId} and p.status = 'created' and p.print_job_id is null
      order by p.id limit ${most}
    ), job as (
      insert into print_jobs (id, organization_id, livemode, drop_id, carrier, piece_count)
      select ${id}::uuid, ${organizationId}::uuid, bool_or(livemode), ${dropId}::uuid, ${carrier}, count(*) from chosen having count(*) > 0
    ), taken as (
      update pieces p set print_job_id = ${id}::uuid from chosen c where p.id = c.id
    )
    select count(*)::integer as pieces from chosen`))!.pieces

/** The next jobs of a drop that no carrier has, after `after`. */
export const open = (db: Db, organizationId: string, dropId: string, after: string | null, limit: number) =>
  db.rows<PrintJobRow>(sql`
    select * from print_jobs
    where organization_id = ${organizationId} and drop_id = ${dropId} and state in ('assigned', 'submitting') and (${after}::uuid is null or id > ${after}::uuid)
    order by id limit ${limit}`)

/** Pieces of a job that are still to be printed or already were, in the order of their ids. */
export const pieces = (db: Db, organizationId: string, jobId: string, after: string | null, limit: number) =>
  db.rows<PieceRow>(sql`
    select *, send_date::text, mail_date::text from piece_details
    where organization_id = ${organizationId} and print_job_id = ${jobId} and status not in ('failed', 'cancelled')
      and (${after}::uuid is null or id > ${after}::uuid)
    order by id limit ${limit}`)

/** To be committed before the first byte leaves. */
export const submitting = (db: Db, organizationId: string, id: string) =>
  db.rows(sql`
    update print_jobs set state = 'submitting', updated_at = now() where organization_id = ${organizationId} and id = ${id} and state = 'assigned'`)

export const submitted = (db: Db, organizationId: string, id: string, reference: string) =>
  db.rows(sql`
    update print_jobs set state = 'submitted', reference = ${reference}, problem = null, submitted_at = now(), updated_at = now()
    where organization_id = ${organizationId} and id = ${id} and state in ('assigned', 'submitting')`)

/** Nothing of it can be printed. */
export const failed = (db: Db, organizationId: string, id: string, problem: string) =>
  db.rows(sql`
    update print_jobs set state = 'failed', problem = ${problem}, updated_at = now()
    where organization_id = ${organizationId} and id = ${id} and state in ('assigned', 'submitting')`)

/** Why the last try did not succeed, for the operator. */
export const trouble = (db: Db, organizationId: string, id: string, problem: string) =>
  db.rows(
    sql`update print_jobs set problem = ${problem}, updated_at = now() where organization_id = ${organizationId} and id = ${id}`,
  )

/** A job as a carrier names it in his report. */
export const unscopedById = (db: Db, carrier: string, id: string) =>
  db.row<PrintJobRow>(sql`select * from print_jobs where id = ${id} and carrier = ${carrier}`)

/** What a carrier said of a job; never backwards. */
export const report = (db: Db, organizationId: string, id: string, state: 'accepted' | 'printed' | 'mailed') =>
  db.rows(sql`
    update print_jobs set state = ${state}, updated_at = now()
    where organization_id = ${organizationId} and id = ${id}
      and array_position(array['assigned', 'submitting', 'submitted', 'accepted', 'printed', 'mailed'], state)
        < array_position(array['assigned', 'submitting', 'submitted', 'accepted', 'printed', 'mailed'], ${state}::text)`)

/** One of these ids that is no piece of the job, and of none that was split off it to be printed again. */
export const stranger = async (
  db: Db,
  organizationId: string,
  job: PrintJobRow,
  pieceIds: string[],
): Promise<string | undefined> =>
  (
    await db.row<{ id: string }>(sql`
      select id from unnest(${pieceIds}::uuid[]) as named (id)
      where not exists (
        select from pieces p join print_jobs j on j.id = p.print_job_id
        where p.id = named.id and p.organization_id = ${organizationId} and p.drop_id = ${job.drop_id} and (j.id = ${job.id} or j.reprint))
      limit 1`)
  )?.id

/** Moves spoiled pieces of a job into a new one. Says how many; those that are mailed already are left alone. */
export const reprint = async (
  db: Db,
  organizationId: string,
  from: PrintJobRow,
  { id, pieceIds }: { id: string; pieceIds: string[] },
): Promise<number> =>
  (await db.row<{ pieces: number }>(sql`
    with spoiled as (
      select id from pieces
      where organization_id = ${organizationId} and print_job_id = ${from.id} and id = any (${pieceIds}::uuid[])
        and status in ('rendered', 'queued', 'printed')
    ), job as (
      insert into print_jobs (id, organization_id, livemode, drop_id, carrier, piece_count, reprint)
      select ${id}::uuid, ${organizationId}::uuid, ${from.livemode}, ${from.drop_id}::uuid, ${from.carrier}, count(*), true from spoiled having count(*) > 0
    ), taken as (
      update pieces p set print_job_id = ${id}::uuid from spoiled s where p.id = s.id
    )
    select count(*)::integer as pieces from spoiled`))!.pieces

/** A piece of an answer that is left alone: mailed, ended, or (`job_id`) in another job by now. */
export interface LeftAlone {
  id: string
  status: PieceRow['status']
  job_id: string | null
}

/** Which of these pieces the printer no longer has. `jobId`: also those that went into another job meanwhile. */
export const notReprintable = (db: Db, organizationId: string, jobId: string | null, pieceIds: string[]) =>
  db.rows<LeftAlone>(sql`
    select id, status, case when status in ('created', 'rendered', 'queued', 'printed') then print_job_id end as job_id
    from pieces
    where organization_id = ${organizationId} and id = any (${pieceIds}::uuid[])
      and (status not in ('created', 'rendered', 'queued', 'printed') or (${jobId}::uuid is not null and print_job_id <> ${jobId}::uuid))
    order by id`)
