import { type Db, sql } from '../../kernel/database/db.ts'
import type { MessageRow } from '../messages/messages.sql.ts'

export interface DeliveryRow {
  organization_id: string
  message_id: string
  livemode: boolean
  recipient: string
}

/** Unscoped: the HMAC in the return path is the proof that the report is about this delivery. */
export const unscopedDelivery = (db: Db, id: string) =>
  db.row<DeliveryRow>(sql`select organization_id, message_id, livemode, recipient from deliveries where id = ${id}`)

/** False when it had bounced before: a report that comes twice changes nothing. The message must be locked (deliver.sql.ts). */
export const markBounced = async (
  db: Db,
  organizationId: string,
  id: string,
  bounce: { category: string; code: number; reply: string; remoteHost: string | null; at: Date },
): Promise<boolean> =>
  (await db.row(sql`
    update deliveries set state = 'bounced', due = false, leased_until = null, category = ${bounce.category}, code = ${bounce.code}, reply = ${bounce.reply},
      remote_host = coalesce(${bounce.remoteHost}, remote_host), updated_at = ${bounce.at}
    where organization_id = ${organizationId} and id = ${id} and state <> 'bounced' returning id`)) !== undefined

/** Of live mode: the sandbox gets no reports. False when the address was on the list for this reason already. A complaint outweighs a bounce. */
export const suppress = async (
  db: Db,
  organizationId: string,
  entry: { id: string; email: string; reason: 'hard_bounce' | 'complaint'; evidence: string },
): Promise<boolean> =>
  (await db.row(sql`
    insert into suppressions (id, organization_id, livemode, email, reason, evidence)
    values (${entry.id}, ${organizationId}, true, ${entry.email}, ${entry.reason}, ${entry.evidence})
    on conflict (organization_id, livemode, email) do update set reason = excluded.reason, evidence = excluded.evidence
      where excluded.reason = 'complaint' and suppressions.reason <> 'complaint'
    returning id`)) !== undefined

export const message = (db: Db, organizationId: string, id: string) =>
  db.row<MessageRow>(sql`select * from message_details where organization_id = ${organizationId} and id = ${id}`)
