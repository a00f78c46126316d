/** Mails for many organizations are filed together; every row carries its own, hence the `unscoped` names. */
import { type Db, sql } from '../../kernel/database/db.ts'

/** A Message-ID in one inbox. */
export interface Named {
  organization_id: string
  inbox_id: string
  message_id: string
}

/** Class of the advisory locks that filing takes. */
const lockClass = 8001

/**
 * Until the end of the transaction mail is filed into these inboxes by nobody else: only so does every mail see those before it, and
 * ids go in the order in which mails become visible. Taken in one order, so that two batches cannot wait for each other.
 */
export const unscopedLockInboxes = (db: Db, inboxes: string[]) =>
  db.rows(sql`
    select pg_advisory_xact_lock(${lockClass}, key)
    from (select distinct hashtext(id) as key from unnest(${inboxes}::text[]) as id order by 1) keys`)

/** The newest message of each of these inboxes; ids of new ones go behind it. */
export const unscopedNewest = (db: Db, inboxes: string[]) =>
  db.rows<{ inbox_id: string; id: string }>(sql`
    select i.inbox_id, m.id from unnest(${inboxes}::uuid[]) as i (inbox_id)
    join lateral (select id from messages where inbox_id = i.inbox_id and livemode order by id desc limit 1) m on true`)

/** The threads of messages that are cited, each looked for in one inbox only. The newest message counts if an id was used twice. */
export const unscopedKnown = (db: Db, cited: Named[]) =>
  db.rows<{ inbox_id: string; message_id: string; thread_id: string }>(sql`
    select distinct on (m.inbox_id, m.message_id) m.inbox_id, m.message_id, m.thread_id
    from jsonb_to_recordset(${JSON.stringify(cited)}::jsonb) as c (inbox_id uuid, message_id text)
    join messages m on m.inbox_id = c.inbox_id and m.message_id = c.message_id and m.livemode
    order by m.inbox_id, m.message_id, m.id desc`)

/** The threads that wait for messages, which are not there yet. */
export const unscopedAwaited = (db: Db, cited: Named[]) =>
  db.rows<{ inbox_id: string; message_id: string; thread_id: string; founding: boolean }>(sql`
    select a.inbox_id, a.message_id, a.thread_id, a.founding
    from jsonb_to_recordset(${JSON.stringify(cited)}::jsonb) as c (inbox_id uuid, message_id text)
    join awaited_messages a on a.inbox_id = c.inbox_id and a.message_id = c.message_id`)

/** Notes what is awaited and forgets what has come. */
export const unscopedAwait = (db: Db, come: Named[], awaited: (Named & { thread_id: string; founding: boolean })[]) =>
  db.rows(sql`
    with gone as (
      delete from awaited_messages a using jsonb_to_recordset(${JSON.stringify(come)}::jsonb) as c (inbox_id uuid, message_id text)
      where a.inbox_id = c.inbox_id and a.message_id = c.message_id
    )
    insert into awaited_messages (organization_id, inbox_id, message_id, thread_id, founding)
    select organization_id, inbox_id, message_id, thread_id, founding
    from jsonb_to_recordset(${JSON.stringify(awaited)}::jsonb) as w (organization_id uuid, inbox_id uuid, message_id text, thread_id uuid, founding boolean)
    on conflict (inbox_id, message_id) do nothing`)

/** One thread that turned out to be part of another. */
export interface Merger {
  organization_id: string
  from: string
  into: string
}

/** Moves the messages of one thread to another; whoever writes into either waits, and finds out that it moved. */
export const merge = async (db: Db, { organization_id, from, into }: Merger): Promise<void> => {
  await db.rows(sql`
    select 1 from threads where organization_id = ${organization_id} and id in (${from}, ${into}) order by id for update`)
  await db.rows(sql`
    with moved as (
      update threads set merged_into = ${into}, message_count = 0 where organization_id = ${organization_id} and id = ${from}
    ), earlier as (
      update threads set merged_into = ${into} where organization_id = ${organization_id} and merged_into = ${from}
    ), waiting as (
      update awaited_messages set thread_id = ${into}, founding = false where organization_id = ${organization_id} and thread_id = ${from}
    ), old as (
      select message_count, last_message_at from threads where organization_id = ${organization_id} and id = ${from}
    ), grown as (
      update threads t set message_count = t.message_count + old.message_count, last_message_at = greatest(t.last_message_at, old.last_message_at)
      from old where t.organization_id = ${organization_id} and t.id = ${into}
    )
    update messages set thread_id = ${into} where organization_id = ${organization_id} and thread_id = ${from}`)
}

/** The subject of a thread whose first mail came after answers to it. */
export const rename = (db: Db, organizationId: string, id: string, subject: string) =>
  db.rows(sql`update threads set subject = ${subject} where organization_id = ${organizationId} and id = ${id}`)
