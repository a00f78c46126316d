import { type Db, sql } from '../../kernel/database/db.ts'
import type { MessageRow } from '../messages/messages.sql.ts'

export type ApprovalState = 'pending' | 'approved' | 'rejected' | 'expired'

export interface ApprovalRow {
  message_id: string
  state: ApprovalState
  content_hash: Buffer
  cost_mills: number
  expires_at: Date
}

export const insert = (
  db: Db,
  organizationId: string,
  row: { messageId: string; livemode: boolean; hash: Buffer; cost: number; expiresAt: Date },
) =>
  db.rows(sql`
    insert into approvals (message_id, organization_id, livemode, content_hash, cost_mills, expires_at)
    values (${row.messageId}, ${organizationId}, ${row.livemode}, ${row.hash}, ${row.cost}, ${row.expiresAt})`)

/** Locked: of two decisions at once the second finds the first. */
export const lock = (db: Db, organizationId: string, livemode: boolean, messageId: string | null) =>
  db.row<ApprovalRow>(sql`
    select message_id, state, content_hash, cost_mills, expires_at from approvals
    where organization_id = ${organizationId} and livemode = ${livemode} and message_id = ${messageId} for update`)

export const byMessage = (db: Db, organizationId: string, livemode: boolean, messageId: string | null) =>
  db.row<ApprovalRow>(sql`
    select message_id, state, content_hash, cost_mills, expires_at from approvals
    where organization_id = ${organizationId} and livemode = ${livemode} and message_id = ${messageId}`)

export const list = (
  db: Db,
  organizationId: string,
  livemode: boolean,
  q: { state: string; before: string | undefined; limit: number },
) =>
  db.rows<MessageRow & { approval_state: ApprovalState; approval_hash: Buffer; approval_expires_at: Date }>(sql`
    select d.*, a.state as approval_state, a.content_hash as approval_hash, a.expires_at as approval_expires_at
    from approvals a join message_details d on d.id = a.message_id
    where a.organization_id = ${organizationId} and a.livemode = ${livemode} and a.state = ${q.state}
      and (${q.before ?? null}::uuid is null or a.message_id < ${q.before ?? null}::uuid)
    order by a.message_id desc limit ${q.limit}`)

/** Writes the decision, and with it what becomes of the message and its recipients. Workers hear of queued ones at commit. */
export const decide = (
  db: Db,
  organizationId: string,
  decision: {
    messageId: string
    state: ApprovalState
    by: string
    now: Date
    status: 'queued' | 'rejected'
    reply: string | null
  },
) =>
  db.rows(sql`
    with decided as (
      update approvals set state = ${decision.state}, decided_by = ${decision.by}, decided_at = ${decision.now}
      where organization_id = ${organizationId} and message_id = ${decision.messageId}
    ), message as (
      update messages set status = ${decision.status} where organization_id = ${organizationId} and id = ${decision.messageId}
    ), recipients as (
      update deliveries set state = ${decision.status}, due = true, next_attempt_at = ${decision.now}, updated_at = ${decision.now},
        reply = ${decision.reply}, category = case when ${decision.status} = 'rejected' then 'approval' end
      where organization_id = ${organizationId} and message_id = ${decision.messageId} and state = 'held'
    )
    select pg_notify('deliveries', '')`)

/** Held mails whose time is over, of all organizations. */
export const unscopedDue = (db: Db, now: Date, limit: number) =>
  db.rows<{ organization_id: string; livemode: boolean; message_id: string }>(sql`
    select organization_id, livemode, message_id from approvals
    where state = 'pending' and expires_at <= ${now} order by expires_at limit ${limit}`)
