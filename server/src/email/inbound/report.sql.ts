import { type Db, sql } from '../../kernel/db.ts'
import type { MessageRow } from '../messages.sql.ts'

export interface DeliveryRow {
  organization_id: string
  message_id: string
  livemode: boolean
  recipient: string
}

/** Unscoped: the HMAC in the return path is the proof that the report is about this delivery. */
export const unscopedDelivery = (db: Db, id: string) =>
  db.row<DeliveryRow>(sql`select organization_id, message_id, livemode, recipient from deliveries where id = ${id} for update`)

/** False when it had bounced before: a report that comes twice changes nothing. */
export const markBounced = async (
  db: Db,
  organizationId: string,
  id: string,
  bounce: { category: string; reply: string; remoteHost: string | null },
): Promise<boolean> =>
  (await db.row(sql`
    update deliveries set state = 'bounced', category = ${bounce.category}, reply = ${bounce.reply},
      remote_host = coalesce(${bounce.remoteHost}, remote_host), updated_at = now()
    where organization_id = ${organizationId} and id = ${id} and state <> 'bounced' returning id`)) !== undefined

/** A message is bounced when nobody got it. */
export const settleMessage = (db: Db, organizationId: string, messageId: string) =>
  db.rows(sql`
    update messages set status = 'bounced'
    where organization_id = ${organizationId} and id = ${messageId}
      and not exists (select 1 from deliveries d where d.message_id = ${messageId} and d.state not in ('bounced', 'rejected'))`)

/** False when the address was on the list for this reason already. A complaint outweighs a bounce. */
export const suppress = async (
  db: Db,
  organizationId: string,
  entry: { id: string; email: string; reason: 'hard_bounce' | 'complaint'; evidence: string },
): Promise<boolean> =>
  (await db.row(sql`
    insert into suppressions (id, organization_id, email, reason, evidence)
    values (${entry.id}, ${organizationId}, ${entry.email}, ${entry.reason}, ${entry.evidence})
    on conflict (organization_id, email) do update set reason = excluded.reason, evidence = excluded.evidence
      where excluded.reason = 'complaint' and suppressions.reason <> 'complaint'
    returning id`)) !== undefined

export const message = (db: Db, organizationId: string, id: string) =>
  db.row<MessageRow>(sql`select * from message_details where organization_id = ${organizationId} and id = ${id}`)
