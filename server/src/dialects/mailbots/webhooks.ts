/**
 * Mailbots' webhooks: `event`, `order_id` and `piece_id` at the top of the body, the event in `X-Mailbots-Event`, and in
 * `X-Mailbots-Signature` `sha256=` with the hex HMAC-SHA256 of the body under the text of the secret ("Verify a delivery").
 */
import { hmacHex } from '../../kernel/crypto.ts'
import type { WebhookDialect, WebhookEvent } from '../../webhooks/sign.ts'
import * as t from './translate.ts'

/** Which order and which piece an event is about; events of other things have neither. */
const subjectOf = ({ type, data }: WebhookEvent): { order_id?: string | null; piece_id?: string } => {
  const id = (value: unknown) => (typeof value === 'string' ? t.bare(value) : null)
  if (type.startsWith('order.')) return { order_id: id(data.id) }
  if (type.startsWith('piece.') || type === 'qr.scanned') return { order_id: id(data.order_id), piece_id: id(data.id) ?? '' }
  return {}
}

const dataOf = ({ type, data }: WebhookEvent): object =>
  type.startsWith('order.') ? t.order(data as unknown as Parameters<typeof t.order>[0]) : t.bareIds(data)

export const webhooks: WebhookDialect = {
  encode: event =>
    JSON.stringify({
      event: event.type,
      ...subjectOf(event),
      id: t.bare(event.id),
      livemode: event.livemode,
      created_at: event.created_at.toISOString(),
      data: dataOf(event),
    }),
  // There is room for one signature, so the new secret signs from the moment of its rotation.
  headers: (body, [secret], event) => ({
    'x-mailbots-event': event.type,
    'x-mailbots-signature': `sha256=${hmacHex(secret, body)}`,
  }),
}
