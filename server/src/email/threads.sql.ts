import { type Db, sql } from '../kernel/db.ts'

export interface ThreadRow {
  id: string
  inbox_id: string
  subject: string
  message_count: number
  last_message_at: Date
  created_at: Date
}

export const list = (
  db: Db,
  organizationId: string,
  livemode: boolean,
  q: { inboxId: string; before: string | undefined; limit: number },
) =>
  db.rows<ThreadRow>(sql`
    select id, inbox_id, subject, message_count, last_message_at, created_at from threads
    where organization_id = ${organizationId} and inbox_id = ${q.inboxId} and livemode = ${livemode} and message_count > 0
      and (${q.before ?? null}::uuid is null or id < ${q.before ?? null}::uuid)
    order by id desc limit ${q.limit}`)

export const byId = (db: Db, organizationId: string, livemode: boolean, id: string | null) =>
  db.row<ThreadRow>(sql`
    select id, inbox_id, subject, message_count, last_message_at, created_at from threads
    where organization_id = ${organizationId} and livemode = ${livemode} and id = ${id}`)
