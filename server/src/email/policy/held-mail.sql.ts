import { type Db, sql } from '../../kernel/database/db.ts'

/** What becomes of a held message and its recipients. Workers hear of queued ones at commit. */
export const end = (
  db: Db,
  organizationId: string,
  ending: { messageId: string; now: Date; status: 'queued' | 'rejected'; reply: string | null },
) =>
  db.rows(sql`
    with message as (
      update messages set status = ${ending.status} where organization_id = ${organizationId} and id = ${ending.messageId}
    ), recipients as (
      update deliveries set state = ${ending.status}, due = true, next_attempt_at = ${ending.now}, updated_at = ${ending.now},
        reply = ${ending.reply}, category = case when ${ending.status} = 'rejected' then 'approval' end
      where organization_id = ${organizationId} and message_id = ${ending.messageId} and state = 'held'
    )
    select pg_notify('deliveries', '')`)
