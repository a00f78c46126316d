import { type Db, sql } from '../../kernel/database/db.ts'

/** What of a mail is indexed. */
export interface Indexable {
  id: string
  organization_id: string
  livemode: boolean
  subject: string
  from_email: string
  from_name: string | null
  body: string
  files: string[]
}

/** Takes the next unindexed mails of all organizations; a mail deleted meanwhile is taken and not returned. */
export const unscopedTake = (db: Db, limit: number) =>
  db.row<{ taken: number; mails: Indexable[] }>(sql`
    with taken as (
      delete from unindexed_messages where ctid = any (array(select ctid from unindexed_messages limit ${limit} for update skip locked))
      returning message_id
    ), mails as (
      select id, organization_id, livemode, left(subject, 2000) as subject, left(from_email, 1000) as from_email, left(from_name, 1000) as from_name,
        left(coalesce(text_body, extracted_text, ''), 100000) as body,
        array(select a.filename from attachments a where a.message_id = messages.id order by a.position limit 100) as files
      from messages where id in (select message_id from taken)
    )
    select (select count(*) from taken) as taken, coalesce((select jsonb_agg(to_jsonb(mails)) from mails), '[]') as mails`)

/** Keeps the words of mails, each under its organization. */
export const unscopedIndex = (
  db: Db,
  words: { message_id: string; organization_id: string; livemode: boolean; search: string }[],
) =>
  db.rows(sql`
    insert into message_words (message_id, organization_id, livemode, search)
    select w.message_id, w.organization_id, w.livemode, w.search::tsvector
    from jsonb_to_recordset(${JSON.stringify(words)}::jsonb) as w (message_id uuid, organization_id uuid, livemode boolean, search text)
    where exists (select 1 from messages m where m.id = w.message_id)
    order by w.message_id
    on conflict (message_id) do update set search = excluded.search`)
