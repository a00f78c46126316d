/**
 * MailStream's webhooks: `{ id, type: "mail.delivered", created_at, livemode, data }`, where data is the complete piece; the header
 * `X-MailStream-Signature` is the HMAC-SHA256 of the body in hex under the text of the secret. Five attempts over 24 hours, each wait six
 * times the last; every one carries the id of the event it began with.
 */
import { hmacHex } from '../../kernel/crypto.ts'
import type { WebhookDialect } from '../../webhooks/sign.ts'

/** Our word of an event → theirs: what we call a piece is "mail" to them. */
export const theirWord = (type: string): string => type.replace(/^piece\./, 'mail.')

/** Their word of an event → ours. */
export const ourWord = (type: string): string => type.replace(/^mail\./, 'piece.')

export const webhooks: WebhookDialect = {
  encode: ({ id, type, created_at, livemode, data }) =>
    JSON.stringify({ id, type: theirWord(type), created_at: created_at.toISOString(), livemode, data }),
  // There is room for one signature, so the new secret signs from the moment of its rotation.
  headers: (body, [secret]) => ({ 'x-mailstream-signature': hmacHex(secret, body) }),
  // With jitter 20.7 hours at most, and an attempt may wait for its turn.
  schedule: [0, 240, 1440, 8640, 51_840],
}
