import { type Db, sql } from '../../kernel/database/db.ts'

export interface OpenRow {
  opens: number
  first_at: Date
  last_at: Date
}

/** Counts an opening. Unscoped: the token in the pixel's address is the proof. Nothing when the message is gone. */
export const unscopedCount = (db: Db, messageId: string, now: Date) =>
  db.row<OpenRow & { organization_id: string; livemode: boolean }>(sql`
    with message as (
      select id, organization_id, livemode from messages where id = ${messageId} and direction = 'outbound'
    ), counted as (
      insert into message_opens (message_id, organization_id, opens, first_at, last_at)
      select id, organization_id, 1, ${now}, ${now} from message
      on conflict (message_id) do update set opens = message_opens.opens + 1, last_at = greatest(message_opens.last_at, excluded.last_at)
      returning opens, first_at, last_at
    )
    select organization_id, livemode, opens, first_at, last_at from message, counted`)

export const byMessage = (db: Db, organizationId: string, messageId: string) =>
  db.row<OpenRow>(sql`
    select opens, first_at, last_at from message_opens where organization_id = ${organizationId} and message_id = ${messageId}`)
