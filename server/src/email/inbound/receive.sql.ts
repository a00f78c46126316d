import { type Db, sql } from '../../kernel/db.ts'
import type { MessageRow } from '../messages.sql.ts'

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

/** Takes the mail out of the queue; false when another run of the job has done so. Two runs at once wait for each other here. */
export const unscopedTake = async (db: Db, id: string): Promise<boolean> =>
  (await db.row(sql`delete from received_mail where id = ${id} returning id`)) !== undefined

/**
 * Jobs anew for mails whose worker seems to have died: graphile-worker gives up on a dead worker's jobs only after hours.
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

/** The thread of the newest reference that this inbox knows. */
export const threadOf = async (
  db: Db,
  organizationId: string,
  inboxId: string,
  references: string[],
): Promise<string | undefined> =>
  (
    await db.row<{ thread_id: string }>(sql`
      select thread_id from messages
      where organization_id = ${organizationId} and inbox_id = ${inboxId} and livemode and message_id = any (${references})
      order by array_position(${references}::text[], message_id), id desc limit 1`)
  )?.thread_id

/** The message, its thread (made when it is the first of it) and its attachments, in one statement. */
export const insert = (db: Db, organizationId: string, row: MessageRow, newThread: boolean) =>
  db.rows(sql`
    with m as (
      select * from jsonb_to_record(${JSON.stringify(row)}::jsonb)
        as m (id uuid, inbox_id uuid, thread_id uuid, status text, message_id text, in_reply_to text, "references" text[],
          from_email text, from_name text, reply_to text, to_emails text[], cc_emails text[], subject text, text_body text, html_body text,
          extracted_text text, headers jsonb, raw_blob_id uuid, authentication jsonb, automatic boolean, parse_problem text, size integer, created_at timestamptz)
    ), new_thread as (
      insert into threads (id, organization_id, inbox_id, livemode, subject, message_count, last_message_at)
      select thread_id, ${organizationId}, inbox_id, true, subject, 1, created_at from m where ${newThread}
    ), old_thread as (
      update threads set message_count = message_count + 1, last_message_at = greatest(last_message_at, m.created_at)
      from m where threads.id = m.thread_id and threads.organization_id = ${organizationId} and not ${newThread}
    ), new_message as (
      insert into messages (id, organization_id, inbox_id, thread_id, livemode, direction, status, message_id, in_reply_to, "references",
        from_email, from_name, reply_to, to_emails, cc_emails, subject, text_body, html_body, extracted_text, headers,
        raw_blob_id, authentication, automatic, parse_problem, size, created_at)
      select id, ${organizationId}, inbox_id, thread_id, true, 'inbound', status, message_id, in_reply_to, "references",
        from_email, from_name, reply_to, to_emails, cc_emails, subject, text_body, html_body, extracted_text, headers,
        raw_blob_id, authentication, automatic, parse_problem, size, created_at
      from m
    ), new_attachments as (
      insert into attachments (id, organization_id, message_id, position, filename, content_type, content_id, inline, size, blob_id)
      select a.id, ${organizationId}, m.id, a.position - 1, a.filename, a.content_type, a.content_id, a.inline, a.size, a.blob_id
      from m, rows from (jsonb_to_recordset(${JSON.stringify(row.attachments)}::jsonb)
        as (id uuid, filename text, content_type text, content_id text, inline boolean, size integer, blob_id uuid))
        with ordinality as a (id, filename, content_type, content_id, inline, size, blob_id, position)
    )
    select pg_notify('messages', inbox_id::text) from m`)
