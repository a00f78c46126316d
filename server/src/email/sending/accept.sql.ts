/**
 * Acceptance works on many organizations at once; every row carries its own organization, and nothing is read across them.
 * Hence the `unscoped` names.
 */
import { type Db, sql } from '../../kernel/database/db.ts'
import type { AttachmentRow, DeliveryRow, MessageRow } from '../messages/messages.sql.ts'

/** The live wallets, locked in one order, so that two batches cannot wait for each other. */
export const unscopedWallets = (db: Db, organizations: string[]) =>
  db.rows<{ organization_id: string; balance_mills: number }>(sql`
    select organization_id, balance_mills from wallets
    where organization_id = any (${organizations}::uuid[]) and livemode
    order by organization_id for update`)

export interface ClaimRow {
  organization_id: string
  livemode: boolean
  key: string
  /** SHA-256 of the request, hex. */
  fingerprint: string
  status: number
  body: string
}

/** Inserts the claims; returns those that are ours. A claim another transaction is still working on is waited for. */
export const unscopedClaim = (db: Db, claims: ClaimRow[]) =>
  db.rows<{ organization_id: string; livemode: boolean; key: string }>(sql`
    insert into idempotency_keys (organization_id, livemode, key, fingerprint, status, body)
    select organization_id, livemode, key, decode(fingerprint, 'hex'), status, body
    from jsonb_to_recordset(${JSON.stringify(claims)}::jsonb)
      as c (organization_id uuid, livemode boolean, key text, fingerprint text, status smallint, body text)
    order by organization_id, livemode, key
    on conflict (organization_id, livemode, key) do nothing
    returning organization_id, livemode, key`)

export const unclaim = async (db: Db, claims: { organization_id: string; livemode: boolean; key: string }[]): Promise<void> => {
  for (const { organization_id, livemode, key } of claims)
    await db.rows(
      sql`delete from idempotency_keys where organization_id = ${organization_id} and livemode = ${livemode} and key = ${key}`,
    )
}

export interface ChargeRow {
  id: string
  organization_id: string
  /** What is taken, in mills. */
  cost_mills: number
  reference: string
}

/** Takes what mails cost from the live wallets, from each all or nothing. Returns the organizations that could pay. */
export const unscopedCharge = (db: Db, charges: ChargeRow[]) =>
  db.rows<{ organization_id: string }>(sql`
    with charge as (
      select *, sum(cost_mills) over (partition by organization_id order by id) as so_far
      from jsonb_to_recordset(${JSON.stringify(charges)}::jsonb) as c (id uuid, organization_id uuid, cost_mills bigint, reference text)
    ), total as (
      select organization_id, sum(cost_mills) as cost_mills from charge group by organization_id
    ), wallet as (
      select organization_id, balance_mills as before from wallets
      where livemode and organization_id in (select organization_id from total)
      order by organization_id for update
    ), paid as (
      update wallets w set balance_mills = wallet.before - total.cost_mills
      from wallet join total using (organization_id)
      where w.organization_id = wallet.organization_id and w.livemode and wallet.before >= total.cost_mills
      returning w.organization_id, wallet.before
    ), entries as (
      insert into wallet_entries (id, organization_id, livemode, amount_mills, balance_mills, kind, reference)
      select id, organization_id, true, -cost_mills, before - so_far, 'email', reference from charge join paid using (organization_id)
    )
    select organization_id from paid`)

export interface Batch {
  threads: {
    id: string
    organization_id: string
    inbox_id: string
    livemode: boolean
    subject: string
    at: Date
    fresh: boolean
    /** Most answers its inbox may give in it within an hour; null for no limit. */
    cap: number | null
  }[]
  messages: MessageRow[]
  attachments: (AttachmentRow & { position: number; organization_id: string; message_id: string })[]
  deliveries: (DeliveryRow & { organization_id: string; message_id: string; livemode: boolean; lane: string })[]
}

/** Which of these threads became part of another. */
export const unscopedMoved = async (db: Db, threads: string[]) =>
  threads.length === 0
    ? []
    : db.rows<{ id: string; merged_into: string }>(
        sql`select id, merged_into from threads where id = any (${threads}::uuid[]) and merged_into is not null`,
      )

/** Answers of these threads: locked, so that no race gets past a cap, and how many there were in the hour under way. */
export const unscopedAnswered = (db: Db, threads: string[], now: Date) =>
  db.rows<{ id: string; merged_into: string | null; replies: number; replies_since: Date | null }>(sql`
    select id, merged_into, case when replies_since > ${now}::timestamptz - interval '1 hour' then replies else 0 end as replies, replies_since
    from threads where id = any (${threads}::uuid[]) order by id for update`)

/**
 * One statement for everything a batch of mails consists of; workers in other processes hear of it at commit. Returns the threads that
 * are none any more, and those in which it is one answer too many.
 */
export const unscopedInsert = async (db: Db, batch: Batch): Promise<string[]> =>
  (await db.row<{ full: string[] }>(sql`
    with t as (
      select * from jsonb_to_recordset(${JSON.stringify(batch.threads)}::jsonb)
        as t (id uuid, organization_id uuid, inbox_id uuid, livemode boolean, subject text, at timestamptz, fresh boolean, cap integer)
    ), new_threads as (
      insert into threads (id, organization_id, inbox_id, livemode, subject, message_count, last_message_at)
      select id, organization_id, inbox_id, livemode, subject, 1, at from t where fresh
    ), answers as (
      select id, count(*) as count, max(at) as at, min(cap) as cap from t where not fresh group by id
    ), answered as (
      select id from threads where id in (select id from answers) order by id for update
    ), old_threads as (
      update threads set message_count = message_count + answers.count, last_message_at = answers.at,
        replies = answers.count + case when replies_since > answers.at - interval '1 hour' then replies else 0 end,
        replies_since = case when replies_since > answers.at - interval '1 hour' then replies_since else answers.at end
      from answered join answers using (id) where threads.id = answered.id
      returning threads.id, threads.merged_into is not null or coalesce(threads.replies > answers.cap, false) as full
    ), new_messages as (
      insert into messages (id, organization_id, inbox_id, thread_id, livemode, direction, status, message_id, in_reply_to, "references",
        from_email, from_name, reply_to_emails, to_emails, cc_emails, bcc_emails, subject, text_body, html_body, extracted_text, headers, automatic, created_at)
      select id, organization_id, inbox_id, thread_id, livemode, direction, status, message_id, in_reply_to, "references",
        from_email, from_name, reply_to_emails, to_emails, cc_emails, bcc_emails, subject, text_body, html_body, extracted_text, headers, automatic, created_at
      from jsonb_to_recordset(${JSON.stringify(batch.messages)}::jsonb)
        as m (id uuid, organization_id uuid, inbox_id uuid, thread_id uuid, livemode boolean, direction text, status text, message_id text, in_reply_to text, "references" text[],
          from_email text, from_name text, reply_to_emails text[], to_emails text[], cc_emails text[], bcc_emails text[], subject text, text_body text, html_body text, extracted_text text, headers jsonb, automatic boolean, created_at timestamptz)
    ), new_attachments as (
      insert into attachments (id, organization_id, message_id, position, filename, content_type, content_id, inline, size, blob_id)
      select id, organization_id, message_id, position, filename, content_type, content_id, inline, size, blob_id
      from jsonb_to_recordset(${JSON.stringify(batch.attachments)}::jsonb)
        as a (id uuid, organization_id uuid, message_id uuid, position smallint, filename text, content_type text, content_id text, inline boolean, size integer, blob_id uuid)
    ), new_deliveries as (
      insert into deliveries (id, organization_id, message_id, livemode, recipient, lane, state, next_attempt_at, reply, category)
      select id, organization_id, message_id, livemode, recipient, lane, state, next_attempt_at, reply, category
      from jsonb_to_recordset(${JSON.stringify(batch.deliveries)}::jsonb)
        as d (id uuid, organization_id uuid, message_id uuid, livemode boolean, recipient text, lane text, state text, next_attempt_at timestamptz, reply text, category text)
    )
    select pg_notify('deliveries', ''), array(select id::text from old_threads where old_threads.full) as full`))!.full
