/**
 * Reports about mail we sent: delivery failures (RFC 3464) and complaints (RFC 5965). Anybody can write one, so only those
 * that came to the return path of the very delivery count (see verp.ts); any other is a mail like every mail.
 */
import { record } from '../../events/events.sql.ts'
import type { Db } from '../../kernel/database/db.ts'
import { newId } from '../../kernel/ids.ts'
import type { App } from '../../platform.ts'
import { messageEvent } from '../messages/messages.ts'
import type { ParsedMessage } from '../mime/parse.ts'
import { unscopedLock, unscopedSettle } from '../outbound/deliver.sql.ts'
import { readReport } from './dsn.ts'
import { type Failure, readFailure } from './failure.ts'
import * as store from './report.sql.ts'
import { parseVerp } from './verp.ts'

/** Acts on a report that came to one of our return paths. Anything else that came there is an automatic answer, and nobody's. */
export const hearReport = async (app: App, db: Db, recipients: string[], message: ParsedMessage): Promise<void> => {
  for (const address of recipients) {
    const deliveryId = parseVerp(app.masterKey, address.slice(0, address.lastIndexOf('@')))
    const delivery = deliveryId && (await store.unscopedDelivery(db, deliveryId))
    if (!deliveryId || !delivery) continue
    const report = readReport(message)
    if (report?.kind === 'arf') await complain(app, db, delivery, report.feedbackType)
    else await bounce(app, db, deliveryId, delivery, readFailure(message, delivery.recipient))
  }
}

/** What a table row keeps of a reply, in characters. */
const mostReply = 2000

const bounce = async (
  app: App,
  db: Db,
  deliveryId: string,
  delivery: store.DeliveryRow,
  failure: Failure | null,
): Promise<void> => {
  if (!failure) return
  const { organization_id, message_id } = delivery
  const { code, remoteMta } = failure
  const { category, action, reason } = failure.verdict
  const reply = failure.reply.slice(0, mostReply).toWellFormed()
  await unscopedLock(db, [message_id])
  const at = app.clock.now()
  if (!(await store.markBounced(db, organization_id, deliveryId, { category, code, reply, remoteHost: remoteMta, at }))) return
  await unscopedSettle(db, [message_id])
  if (action === 'suppress') await suppress(db, delivery, 'hard_bounce', reply)
  await tell(app, db, 'message.bounced', delivery, { reason, smtp_code: code, smtp_reply: reply, category })
}

const complain = async (app: App, db: Db, delivery: store.DeliveryRow, feedbackType: string): Promise<void> => {
  if (feedbackType === 'not-spam') return
  const reason = `Complaint: ${feedbackType}`
  if (await suppress(db, delivery, 'complaint', reason)) await tell(app, db, 'message.complained', delivery, { reason })
}

/** Test mode teaches us nothing about the world. */
const suppress = async (
  db: Db,
  delivery: store.DeliveryRow,
  reason: 'hard_bounce' | 'complaint',
  evidence: string,
): Promise<boolean> => {
  const { organization_id, recipient, livemode } = delivery
  const email = recipient.toLowerCase()
  return livemode && store.suppress(db, organization_id, { id: newId(), email, reason, evidence: evidence.slice(0, mostReply) })
}

const tell = async (
  app: App,
  db: Db,
  type: 'message.bounced' | 'message.complained',
  delivery: store.DeliveryRow,
  more: object,
): Promise<void> => {
  const { organization_id, livemode, recipient, message_id } = delivery
  const message = await store.message(db, organization_id, message_id)
  if (!message) return
  const event = messageEvent(app, message)
  await record(db, [{ type, organization_id, livemode, ...event, data: { ...event.data, recipient, ...more } }])
}
