import { type Db, sql } from '../../kernel/database/db.ts'

/** Indexes the next unindexed mails of all organizations, each under its own. Returns how many were taken; a mail deleted meanwhile counts too. */
export const unscopedIndex = async (db: Db, limit: number): Promise<number> =>
  (await db.row<{ taken: number }>(sql`
    with taken as (
      delete from unindexed_messages where ctid = any (array(select ctid from unindexed_messages limit ${limit} for update skip locked))
      returning message_id
    ), indexed as (
      insert into message_words (message_id, organization_id, livemode, search)
      select id, organization_id, livemode,
        setweight(to_tsvector('simple', left(subject, 2000)), 'A') ||
        setweight(to_tsvector('simple', left(from_email || ' ' || coalesce(from_name, ''), 2000)), 'B') ||
        setweight(to_tsvector('simple', left(coalesce(text_body, extracted_text, ''), 100000)), 'D')
      from messages where id in (select message_id from taken)
      order by id
      on conflict (message_id) do nothing
    )
    select count(*) as taken from taken`))!.taken
