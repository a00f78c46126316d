/** Mails for many organizations are filed together; every row carries its own, hence the `unscoped` names. */
import { type Db, sql } from '../../kernel/database/db.ts'
import type { AttachmentRow, MessageRow } from '../messages/messages.sql.ts'

/** Which of these are still in the queue. Two runs of a job wait for each other here, and the second finds nothing. */
export const unscopedTake = (db: Db, ids: string[]) =>
  db.rows<{ id: string }>(sql`select id from received_mail where id = any (${ids}::uuid[]) order by id for update`)

export interface ThreadRow {
  id: string
  organization_id: string
  inbox_id: string
  subject: string
  count: number
  at: Date
  fresh: boolean
}

export interface Batch {
  /** Received mails that leave the queue. */
  mails: string[]
  /** Blobs made of the bytes of received mails, without a way round through us. */
  sources: { id: string; mail_id: string; organization_id: string }[]
  threads: ThreadRow[]
  messages: MessageRow[]
  attachments: (AttachmentRow & { position: number; organization_id: string; message_id: string })[]
}

/** One statement for everything a batch of mails becomes. */
export const unscopedInsert = (db: Db, { mails, sources, threads, messages, attachments }: Batch) =>
  db.rows(sql`
    with taken as (
      delete from received_mail where id = any (${mails}::uuid[]) returning id, bytes
    ), new_blobs as (
      insert into blobs (id, organization_id, size, bytes)
      select s.id, s.organization_id, length(taken.bytes), taken.bytes
      from jsonb_to_recordset(${JSON.stringify(sources)}::jsonb) as s (id uuid, mail_id uuid, organization_id uuid) join taken on taken.id = s.mail_id
    ), t as (
      select * from jsonb_to_recordset(${JSON.stringify(threads)}::jsonb)
        as t (id uuid, organization_id uuid, inbox_id uuid, subject text, count integer, at timestamptz, fresh boolean)
    ), new_threads as (
      insert into threads (id, organization_id, inbox_id, livemode, subject, message_count, last_message_at)
      select id, organization_id, inbox_id, true, subject, count, at from t where fresh
    ), answered as (
      select id from threads where (id, organization_id) in (select id, organization_id from t where not fresh) order by id for update
    ), old_threads as (
      update threads set message_count = message_count + t.count, last_message_at = greatest(last_message_at, t.at)
      from answered join t using (id) where threads.id = answered.id
    ), new_messages as (
      insert into messages (id, organization_id, inbox_id, thread_id, livemode, direction, status, message_id, in_reply_to, "references",
        from_email, from_name, reply_to_emails, to_emails, cc_emails, subject, text_body, html_body, extracted_text, headers,
        raw_blob_id, authentication, automatic, parse_problem, size, created_at)
      select id, organization_id, inbox_id, thread_id, true, 'inbound', status, message_id, in_reply_to, "references",
        from_email, from_name, reply_to_emails, to_emails, cc_emails, subject, text_body, html_body, extracted_text, headers,
        raw_blob_id, authentication, automatic, parse_problem, size, created_at
      from jsonb_to_recordset(${JSON.stringify(messages)}::jsonb)
        as m (id uuid, organization_id uuid, inbox_id uuid, thread_id uuid, status text, message_id text, in_reply_to text, "references" text[],
          from_email text, from_name text, reply_to_emails text[], to_emails text[], cc_emails text[], subject text, text_body text, html_body text,
          extracted_text text, headers jsonb, raw_blob_id uuid, authentication jsonb, automatic boolean, parse_problem text, size integer, created_at timestamptz)
      returning inbox_id
    ), new_attachments as (
      insert into attachments (id, organization_id, message_id, position, filename, content_type, content_id, inline, size, blob_id)
      select id, organization_id, message_id, position, filename, content_type, content_id, inline, size, blob_id
      from jsonb_to_recordset(${JSON.stringify(attachments)}::jsonb)
        as a (id uuid, organization_id uuid, message_id uuid, position smallint, filename text, content_type text, content_id text, inline boolean, size integer, blob_id uuid)
    )
    select pg_notify('messages', inbox_id::text) from (select distinct inbox_id from new_messages) arrived`)
