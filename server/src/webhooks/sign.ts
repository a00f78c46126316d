/**
 * What goes over the wire to a webhook endpoint: the body of an event and the headers that prove it is ours. Pure.
 * Native endpoints get Standard Webhooks; an endpoint made through another product's API gets that product's bytes.
 */
import { createHmac, randomBytes } from 'node:crypto'
import type { EventType } from '../events/events.ts'

/** An event as it was recorded, in our words. */
export interface WebhookEvent {
  /** `evt_…`; the same on every retry and replay, so that receivers can drop what they have seen. */
  id: string
  type: EventType
  created_at: Date
  /** Of two events of one thing the larger happened later. Every webhook has it in the header Webhook-Sequence, ours in the body too. */
  sequence: number
  livemode: boolean
  data: Record<string, unknown>
}

/** How another product writes and signs its webhooks. */
export interface WebhookDialect {
  /** The body, in the product's words. What is signed is what is sent, byte for byte. */
  encode(event: WebhookEvent): string
  /**
   * Headers for one attempt, signature included.
   * @param secrets newest first; a second one is there for 24 hours after a rotation, for schemes that carry several signatures
   * @param at the moment of this attempt
   */
  headers(body: string, secrets: readonly [string, ...string[]], event: WebhookEvent, at: Date): Record<string, string>
  /** Seconds before each attempt, where the product documents its own. */
  schedule?: readonly number[]
}

const prefix = 'whsec_'

/**
 * A new signing secret of 32 random bytes: `whsec_` and base64 for native endpoints (Standard Webhooks), 64 hex digits for
 * dialects, whose documents take the text of the secret as the HMAC key.
 */
export const newSecret = (dialect: string): string => {
  const bytes = randomBytes(32)
  return dialect === 'pennypost' ? prefix + bytes.toString('base64') : bytes.toString('hex')
}

/**
 * Standard Webhooks 1.0.0: HMAC-SHA256 over `id.timestamp.body`, one `v1,` signature per secret, separated by spaces. The
 * headers go out under the names of Svix too, so that its libraries verify them as well.
 */
export const standardWebhooks: WebhookDialect = {
  encode: ({ id, type, created_at, sequence, livemode, data }) =>
    JSON.stringify({ id, type, created_at: created_at.toISOString(), sequence, livemode, data }),
  headers: (body, secrets, { id }, at) => {
    const timestamp = String(Math.floor(at.getTime() / 1000))
    const sign = (secret: string) =>
      createHmac('sha256', Buffer.from(secret.slice(prefix.length), 'base64'))
        .update(`${id}.${timestamp}.${body}`)
        .digest('base64')
    const signature = secrets.map(secret => `v1,${sign(secret)}`).join(' ')
    return Object.fromEntries(
      ['webhook', 'svix'].flatMap(name => [
        [`${name}-id`, id],
        [`${name}-timestamp`, timestamp],
        [`${name}-signature`, signature],
      ]),
    )
  },
}
