import { type Db, sql } from '../../kernel/database/db.ts'

export interface ThreadRow {
  id: string
  inbox_id: string
  subject: string
  message_count: number
  last_message_at: Date
  created_at: Date
}

/** Where a thread stands in the list. */
export interface Place {
  /** Microseconds since 1970 of its last message, as exact as PostgreSQL keeps them. */
  activity: number
  id: string
}

/** Most recently active first. */
export const list = async (
  db: Db,
  organizationId: string,
  livemode: boolean,
  q: { inboxId: string; after: Place | undefined; limit: number },
) => {
  const { activity, id } = q.after ?? { activity: null, id: null }
  const rows = await db.rows<ThreadRow & { activity: string }>(sql`
    select id, inbox_id, subject, message_count, last_message_at, created_at, (extract(epoch from last_message_at) * 1000000)::bigint::text as activity
    from threads
    where organization_id = ${organizationId} and inbox_id = ${q.inboxId} and livemode = ${livemode} and message_count > 0
      and (${id}::uuid is null
        or (last_message_at, id) < (timestamptz 'epoch' + ${activity}::bigint * interval '1 microsecond', ${id}::uuid))
    order by last_message_at desc, id desc limit ${q.limit}`)
  return rows.map(row => ({ ...row, activity: Number(row.activity) }))
}

/** The thread, or the one it became part of. */
export const byId = (db: Db, organizationId: string, livemode: boolean, id: string | null) =>
  db.row<ThreadRow>(sql`
    select id, inbox_id, subject, message_count, last_message_at, created_at from threads
    where organization_id = ${organizationId} and livemode = ${livemode} and id = coalesce(
      (select merged_into from threads where organization_id = ${organizationId} and id = ${id}), ${id})`)
