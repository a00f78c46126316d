/**
 * The queue of outgoing mail (table deliveries). Workers serve all organizations at once: each row names its own, and nothing
 * is read across them. Hence `unscoped`.
 *
 * What is ours to work on is `sending`, held by our instance and leased for a while by the database's clock, so that workers whose
 * clocks differ agree. `attempts` counts claims; with `held_by` it is the fence: results and releases under an old pair change nothing.
 */
import { type Db, sql } from '../../kernel/database/db.ts'
import type { DeliveryRow, MessageRow } from '../messages/messages.sql.ts'

/** One organization's mail for one destination. `lane` is the recipient's domain. */
export interface Line {
  organization_id: string
  lane: string
}

/** Organizations and destinations looked at in one go. */
export const lookMost = { organizations: 64, lines: 256 } as const

/**
 * The lines that have mail in them, without counting it: from each organization the index jumps to the next, and within it from
 * destination to destination, so that a million mails in one line cost as much as one (2 ms for 256 lines of 300,000 mails).
 * @param after the organization to go on behind, and per organization the destination to go on behind
 * @returns in order; an organization without a destination behind its one has a row with null
 */
export const unscopedLines = (db: Db, after: { organization: string; lanes: Record<string, string> }) =>
  db.rows<{ organization_id: string; lane: string | null }>(sql`
    with recursive jump as (
      (select organization_id from deliveries where due and state in ('queued', 'deferred') and organization_id > ${after.organization}::uuid
       order by organization_id limit 1)
      union all
      select (select d.organization_id from deliveries d where d.due and d.state in ('queued', 'deferred') and d.organization_id > jump.organization_id
              order by d.organization_id limit 1)
      from jump where jump.organization_id is not null
    ), organization as materialized (
      select organization_id from jump where organization_id is not null limit ${lookMost.organizations}
    )
    select o.organization_id, line.lane
    from organization o left join lateral (
      with recursive jump as (
        (select d.lane from deliveries d where d.due and d.state in ('queued', 'deferred') and d.organization_id = o.organization_id
           and d.lane > coalesce(${JSON.stringify(after.lanes)}::jsonb ->> o.organization_id::text, '')
         order by d.lane limit 1)
        union all
        select (select d.lane from deliveries d where d.due and d.state in ('queued', 'deferred') and d.organization_id = o.organization_id
                  and d.lane > jump.lane
                order by d.lane limit 1)
        from jump where jump.lane is not null
      )
      select lane from jump where lane is not null
      limit (select ${lookMost.lines}::integer / count(*) from organization)
    ) line on true`)

/** A delivery that is ours to attempt. */
export interface Claimed extends Line {
  id: string
  message_id: string
  livemode: boolean
  recipient: string
  /** Claims so far, this one included; with the holder the fence. */
  attempts: number
  /** The instance that has it in hand. */
  held_by: number
  first_attempt_at: Date | null
  /** The domain is one we take mail for. */
  own: boolean
  /** About how much memory the message takes. */
  bytes: number
}

/** Takes up to `take` mails from each line, longest due first; what another worker is taking is passed over. */
export const unscopedClaim = (
  db: Db,
  wanted: (Line & { take: number })[],
  { instance, now, leaseMs, mailDomain }: { instance: number; now: Date; leaseMs: number; mailDomain: string },
) =>
  db.rows<Claimed>(sql`
    with wanted as (
      select * from jsonb_to_recordset(${JSON.stringify(wanted)}::jsonb) as w (organization_id uuid, lane text, take integer)
    ), mine as materialized (
      select next.id from wanted w cross join lateral (
        select d.id from deliveries d
        where d.due and d.state in ('queued', 'deferred') and d.organization_id = w.organization_id and d.lane = w.lane and d.next_attempt_at <= ${now}
        order by d.next_attempt_at limit w.take for update skip locked
      ) next
    ), taken as (
      update deliveries d
      set state = 'sending', attempts = attempts + 1, held_by = ${instance}, leased_until = now() + ${leaseMs} * interval '1 millisecond', updated_at = ${now}
      from mine where d.id = mine.id
      returning d.id, d.organization_id, d.lane, d.message_id, d.livemode, d.recipient, d.attempts, d.held_by, d.first_attempt_at
    )
    select t.*,
      t.lane = ${mailDomain} or exists (select 1 from domains where name = t.lane and verified_at is not null) as own,
      coalesce(octet_length(m.text_body), 0) + coalesce(octet_length(m.html_body), 0) + coalesce(octet_length(m.extracted_text), 0)
        + coalesce((select sum(size) from attachments a where a.message_id = t.message_id), 0)::integer as bytes
    from taken t join messages m on m.id = t.message_id
    order by t.id`)

/** Retries whose time has come stand in line again. Returns how many; `limit` of them means there may be more. */
export const unscopedBringForward = async (db: Db, now: Date, limit: number): Promise<number> =>
  (
    await db.rows(sql`
      with come as materialized (
        select id from deliveries where not due and state in ('queued', 'deferred') and next_attempt_at <= ${now}
        order by next_attempt_at limit ${limit} for update skip locked
      )
      update deliveries d set due = true from come where d.id = come.id returning 1`)
  ).length

/** Requeues what a dead instance held. */
export const unscopedFree = async (db: Db, instance: number): Promise<number> =>
  (
    await db.rows(sql`
      update deliveries set state = case when first_attempt_at is null then 'queued' else 'deferred' end, due = true, leased_until = null
      where state = 'sending' and held_by = ${instance} returning 1`)
  ).length

/** Requeues deliveries whose lease expired: a running process makes no progress with them. */
export const unscopedTakeOver = (db: Db) =>
  db.rows<{ id: string }>(sql`
    with orphaned as materialized (
      select id from deliveries where state = 'sending' and leased_until < now() limit 1000 for update skip locked
    )
    update deliveries d set state = case when first_attempt_at is null then 'queued' else 'deferred' end, due = true, leased_until = null
    from orphaned where d.id = orphaned.id returning d.id`)

/** A claim, as proof that it is still ours. */
export interface Held {
  id: string
  attempts: number
  held_by: number
}

/** Renews leases; returns those that were still ours. */
export const unscopedKeep = (db: Db, held: Held[], leaseMs: number) =>
  db.rows<{ id: string }>(sql`
    with ours as materialized (
      select d.id from jsonb_to_recordset(${JSON.stringify(held)}::jsonb) as h (id uuid, attempts integer, held_by integer)
      join deliveries d on d.id = h.id and d.attempts = h.attempts and d.held_by = h.held_by and d.state = 'sending'
      for no key update of d skip locked
    )
    update deliveries d set leased_until = now() + ${leaseMs} * interval '1 millisecond' from ours where d.id = ours.id returning d.id`)

/** Gives back what was not attempted, as if it had never been claimed. */
export const unscopedRelease = (db: Db, held: Held[]) =>
  db.rows(sql`
    update deliveries d
    set state = case when d.first_attempt_at is null then 'queued' else 'deferred' end, due = true, attempts = d.attempts - 1, held_by = null, leased_until = null
    from jsonb_to_recordset(${JSON.stringify(held)}::jsonb) as h (id uuid, attempts integer, held_by integer)
    where d.id = h.id and d.attempts = h.attempts and d.held_by = h.held_by and d.state = 'sending'`)

/** A message without what became of it at its recipients, which changes under our hands. */
export type Letter = Omit<MessageRow, 'deliveries'>

export const unscopedLetters = (db: Db, ids: string[]) =>
  db.rows<Letter>(sql`
    select m.id, m.organization_id, m.inbox_id, m.thread_id, m.livemode, m.direction, m.status, m.message_id, m.in_reply_to, m."references",
      m.from_email, m.from_name, m.reply_to_emails, m.to_emails, m.cc_emails, m.bcc_emails, m.subject, m.text_body, m.html_body, m.extracted_text,
      m.headers, m.raw_blob_id, m.authentication, m.automatic, m.parse_problem, m.size, m.created_at,
      coalesce((
        select jsonb_agg(jsonb_build_object('id', a.id, 'filename', a.filename, 'content_type', a.content_type, 'content_id', a.content_id,
          'inline', a.inline, 'size', a.size, 'blob_id', a.blob_id) order by a.position)
        from attachments a where a.message_id = m.id), '[]') as attachments
    from messages m where m.id = any (${ids}::uuid[])`)

/** Messages are locked before their deliveries, in one order: two workers that finish the last two recipients must see each other. */
export const unscopedLock = (db: Db, messageIds: string[]) =>
  db.rows(sql`select 1 from messages where id = any (${messageIds}::uuid[]) order by id for no key update`)

/** What one attempt came to, ready to be written. */
export interface RecordRow extends Held {
  state: 'delivered' | 'deferred' | 'bounced' | 'rejected'
  next_attempt_at: Date | null
  code: number | null
  reply: string | null
  remote_host: string | null
  category: string | null
}

/**
 * Records results; returns those that counted. A delivery that was requeued meanwhile and is not claimed again still counts: the mail was
 * sent, and another attempt would send it twice.
 */
export const unscopedRecord = (db: Db, rows: RecordRow[], now: Date) =>
  db.rows<{ id: string }>(sql`
    update deliveries d set state = r.state, due = false, held_by = null, leased_until = null, next_attempt_at = coalesce(r.next_attempt_at, d.next_attempt_at),
      first_attempt_at = case when r.state <> 'rejected' then coalesce(d.first_attempt_at, ${now}) end,
      attempts = case when r.state <> 'rejected' then d.attempts else d.attempts - 1 end,
      code = r.code, reply = r.reply, remote_host = r.remote_host, category = r.category, updated_at = ${now}
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r (id uuid, attempts integer, held_by integer, state text,
      next_attempt_at timestamptz, code smallint, reply text, remote_host text, category text)
    where d.id = r.id and d.attempts = r.attempts and d.held_by = r.held_by and d.state in ('sending', 'queued', 'deferred')
    returning d.id`)

/**
 * Gives messages the status that follows from their recipients, and returns it with them. On its way: sent. At the end: bounced
 * if any recipient bounced, rejected if none was written to, otherwise delivered.
 */
export const unscopedSettle = (db: Db, messageIds: string[]) =>
  db.rows<{ id: string; status: string; deliveries: DeliveryRow[] }>(sql`
    with recipients as (
      select d.message_id, bool_or(d.state in ('held', 'queued', 'sending', 'deferred')) as open, bool_or(d.state = 'bounced') as bounced,
        bool_and(d.state = 'rejected') as rejected, bool_or(d.first_attempt_at is not null) as attempted,
        jsonb_agg(jsonb_build_object('id', d.id, 'recipient', d.recipient, 'state', d.state, 'attempts', d.attempts, 'next_attempt_at', d.next_attempt_at,
          'code', d.code, 'reply', d.reply, 'remote_host', d.remote_host, 'category', d.category) order by d.id) as deliveries
      from deliveries d where d.message_id = any (${messageIds}::uuid[]) group by d.message_id
    ), found as (
      select m.id, m.status as before, r.deliveries, case
        when r.open then case when m.status = 'queued' and r.attempted then 'sent' else m.status end
        when r.bounced then 'bounced' when r.rejected then 'rejected' else 'delivered' end as status
      from recipients r join messages m on m.id = r.message_id
    ), changed as (
      update messages m set status = found.status from found where m.id = found.id and found.status <> found.before
    )
    select id, status, deliveries from found`)
