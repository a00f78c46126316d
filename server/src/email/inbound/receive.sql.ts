import { type Db, sql } from '../../kernel/database/db.ts'

/** Received mail is nobody's yet, hence the `unscoped` names; what is made of it carries its organization. */
export interface MailRow {
  id: string
  mail_from: string
  recipients: string[]
  client_ip: string
  client_name: string
  tls: boolean
  size: number
  /** null: it lies in the blob store, see raw_blobs. */
  bytes: Buffer | null
  /** organization → blob */
  raw_blobs: Record<string, string>
  /** How often reading it went wrong. */
  failures: number
  received_at: Date
}

export const unscopedMails = (db: Db, ids: string[]) =>
  db.rows<MailRow>(sql`
    select id, mail_from, recipients, client_ip, client_name, tls, size, bytes, raw_blobs, failures, received_at
    from received_mail where id = any (${ids}::uuid[])`)

export const unscopedBlame = (db: Db, ids: string[]) =>
  db.rows(sql`update received_mail set failures = failures + 1 where id = any (${ids}::uuid[])`)

/** Adds a job for each of these mails that is not filed yet, to isolate one that crashes the process. */
export const unscopedSeparate = (db: Db, ids: string[]) =>
  db.rows(sql`
    select graphile_worker.add_job('email.interpret', json_build_object('ids', array[id], 'resumed', true), max_attempts := 100,
      job_key := 'mail ' || id, job_key_mode := 'preserve_run_at')
    from received_mail where id = any (${ids}::uuid[])`)

/**
 * Adds jobs for mails that have waited too long.
 * `before`: a UUIDv7 of that moment. One extra job per mail at most, however often this runs.
 */
export const unscopedResume = (db: Db, before: string, retriedBefore: Date, now: Date) =>
  db.rows(sql`
    with stuck as (
      update received_mail set retried_at = ${now} where id in (
        select id from received_mail where id < ${before} and (retried_at is null or retried_at < ${retriedBefore}) order by id limit 1000)
      returning id
    )
    select graphile_worker.add_job('email.interpret', json_build_object('ids', array[id], 'resumed', true), job_key := 'mail ' || id, job_key_mode := 'preserve_run_at')
    from stuck`)
