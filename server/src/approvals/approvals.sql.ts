import { type Db, sql } from '../kernel/database/db.ts'
import type { HeldKind } from './held-thing.ts'

export const approvalStates = ['pending', 'approved', 'rejected', 'expired', 'withdrawn'] as const
export type ApprovalState = (typeof approvalStates)[number]

export interface ApprovalRow {
  /** uuid of what waits. */
  subject_id: string
  kind: HeldKind
  state: ApprovalState
  /** SHA-256 of the exact content: only that is ever approved. */
  content_hash: Buffer
  cost_mills: number
  expires_at: Date
}

export const insert = (
  db: Db,
  organizationId: string,
  row: { kind: HeldKind; subjectId: string; livemode: boolean; hash: Buffer; cost: number; expiresAt: Date },
) =>
  db.rows(sql`
    insert into approvals (subject_id, kind, organization_id, livemode, content_hash, cost_mills, expires_at)
    values (${row.subjectId}, ${row.kind}, ${organizationId}, ${row.livemode}, ${row.hash}, ${row.cost}, ${row.expiresAt})
    on conflict (subject_id) do update set state = 'pending', decided_at = null, decided_by = null,
      content_hash = excluded.content_hash, cost_mills = excluded.cost_mills, expires_at = excluded.expires_at`)

/** Locked: of two decisions at once the second finds the first. */
export const lock = (db: Db, organizationId: string, livemode: boolean, subjectId: string | null) =>
  db.row<ApprovalRow>(sql`
    select subject_id, kind, state, content_hash, cost_mills, expires_at from approvals
    where organization_id = ${organizationId} and livemode = ${livemode} and subject_id = ${subjectId} for update`)

export const bySubject = (db: Db, organizationId: string, livemode: boolean, subjectId: string | null) =>
  db.row<ApprovalRow>(sql`
    select subject_id, kind, state, content_hash, cost_mills, expires_at from approvals
    where organization_id = ${organizationId} and livemode = ${livemode} and subject_id = ${subjectId}`)

export const list = (
  db: Db,
  organizationId: string,
  livemode: boolean,
  q: { state: ApprovalState; kind: HeldKind | undefined; before: string | undefined; limit: number },
) =>
  db.rows<ApprovalRow & { id: string }>(sql`
    select subject_id as id, subject_id, kind, state, content_hash, cost_mills, expires_at from approvals
    where organization_id = ${organizationId} and livemode = ${livemode} and state = ${q.state}
      and (${q.kind ?? null}::text is null or kind = ${q.kind ?? null}::text)
      and (${q.before ?? null}::uuid is null or subject_id < ${q.before ?? null}::uuid)
    order by subject_id desc limit ${q.limit}`)

export const decide = (
  db: Db,
  organizationId: string,
  decision: { subjectId: string; state: ApprovalState; by: string; now: Date },
) =>
  db.rows(sql`
    update approvals set state = ${decision.state}, decided_by = ${decision.by}, decided_at = ${decision.now}
    where organization_id = ${organizationId} and subject_id = ${decision.subjectId} and state = 'pending'`)

/** What waited longest past its time, of all organizations. */
export const unscopedDue = (db: Db, now: Date, limit: number) =>
  db.rows<{ organization_id: string; livemode: boolean; subject_id: string }>(sql`
    select organization_id, livemode, subject_id from approvals
    where state = 'pending' and expires_at <= ${now} order by expires_at limit ${limit}`)
