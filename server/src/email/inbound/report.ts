/**
 * Reports about mail we sent: delivery failures (RFC 3464) and complaints (RFC 5965). Anybody can write one, so only those
 * that came to the return path of the very delivery count (see verp.ts); any other is a mail like every mail.
 */
import type { App } from '../../app.ts'
import { record } from '../../events.sql.ts'
import type { Db } from '../../kernel/db.ts'
import { newId } from '../../kernel/ids.ts'
import { messageEvent } from '../messages.ts'
import { type ReportedRecipient, readReport } from '../mime/dsn.ts'
import type { ParsedMessage } from '../mime/parse.ts'
import * as store from './report.sql.ts'
import { parseVerp } from './verp.ts'

/** Acts on a report that came to one of our return paths. Anything else that came there is an automatic answer, and nobody's. */
export const hearReport = async (app: App, db: Db, recipients: string[], message: ParsedMessage): Promise<void> => {
  const report = readReport(message)
  if (!report) return
  for (const address of recipients) {
    const deliveryId = parseVerp(app.masterKey, address.slice(0, address.lastIndexOf('@')))
    const delivery = deliveryId && (await store.unscopedDelivery(db, deliveryId))
    if (!deliveryId || !delivery) continue
    if (report.kind === 'arf') await complain(app, db, delivery, report.feedbackType)
    else await bounce(app, db, deliveryId, delivery, report.recipients)
  }
}

/** Enhanced status codes (RFC 3463 §3.2, §3.3) that say the mailbox is not there: bad or moved mailbox, bad domain, null MX, disabled. */
const gone = /^5\.(1\.(1|2|3|6|10)|2\.1)$/

const bounce = async (
  app: App,
  db: Db,
  deliveryId: string,
  delivery: store.DeliveryRow,
  reported: ReportedRecipient[],
): Promise<void> => {
  const failed = reported.filter(({ action }) => action === 'failed')
  const isOurs = ({ finalRecipient, originalRecipient }: ReportedRecipient) =>
    [finalRecipient, originalRecipient].some(address => address?.toLowerCase() === delivery.recipient.toLowerCase())
  // The return path names one recipient; a forwarder reports the address it forwarded to instead.
  const about = failed.find(isOurs) ?? failed[0]
  if (!about) return
  const hard = gone.test(about.status ?? '')
  const reply = about.diagnostic ?? `Reported as undeliverable (${about.status ?? 'no status'})`
  const { organization_id, message_id } = delivery
  const changed = await store.markBounced(db, organization_id, deliveryId, {
    category: hard ? 'hard' : 'soft',
    reply,
    remoteHost: about.remoteMta,
  })
  if (!changed) return
  await store.settleMessage(db, organization_id, message_id)
  if (hard) await suppress(db, delivery, 'hard_bounce', reply)
  await tell(app, db, 'message.bounced', delivery, reply)
}

const complain = async (app: App, db: Db, delivery: store.DeliveryRow, feedbackType: string): Promise<void> => {
  if (feedbackType === 'not-spam') return
  const reason = `Complaint: ${feedbackType}`
  if (await suppress(db, delivery, 'complaint', reason)) await tell(app, db, 'message.complained', delivery, reason)
}

const suppress = (
  db: Db,
  { organization_id, recipient }: store.DeliveryRow,
  reason: 'hard_bounce' | 'complaint',
  evidence: string,
) =>
  store.suppress(db, organization_id, { id: newId(), email: recipient.toLowerCase(), reason, evidence: evidence.slice(0, 1000) })

const tell = async (
  app: App,
  db: Db,
  type: 'message.bounced' | 'message.complained',
  delivery: store.DeliveryRow,
  reason: string,
): Promise<void> => {
  const { organization_id, livemode, recipient, message_id } = delivery
  const message = await store.message(db, organization_id, message_id)
  if (message) await record(db, [{ type, organization_id, livemode, data: { ...messageEvent(app, message), recipient, reason } }])
}
