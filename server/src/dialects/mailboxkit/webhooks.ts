/**
 * MailboxKit's webhooks: `{ event, timestamp, data }`, signed with `X-MailboxKit-Signature`, the HMAC-SHA256 of the body in
 * hex under the text of the secret ("Payload format" and "Webhook Signatures" in its documentation).
 */
import { Message } from '../../email/messages/messages.ts'
import { hmacHex } from '../../kernel/crypto.ts'
import type { WebhookDialect, WebhookEvent } from '../../webhooks/sign.ts'
import * as t from './translate.ts'

const ownId = /^[a-z]{3}_[0-9A-HJKMNP-TV-Z]{26}$/

/** What we tell beyond the object itself: our words, but ids bare like all of theirs. */
const bareIds = (fields: object): object =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, typeof value === 'string' && ownId.test(value) ? t.bare(value) : value]),
  )

/** A message looks as it does in their API; the recipient and the reason of a bounce and the like stand beside its fields. */
const dataOf = ({ type, data }: WebhookEvent): object => {
  if (!type.startsWith('message.')) return bareIds(data)
  const more = Object.entries(data).filter(([name]) => !(name in Message.properties))
  return { ...t.message(data as Message), ...bareIds(Object.fromEntries(more)) }
}

/** Their times have no fraction of a second. */
const seconds = (date: Date): string => date.toISOString().replace(/\.\d+Z$/, 'Z')

export const webhooks: WebhookDialect = {
  // Live events are as documented; the sandbox's say that they are none.
  encode: event =>
    JSON.stringify({
      event: event.type,
      timestamp: seconds(event.created_at),
      ...(event.livemode ? {} : { livemode: false }),
      data: dataOf(event),
    }),
  // There is room for one signature, so the new secret signs from the moment of its rotation.
  headers: (body, [secret]) => ({ 'x-mailboxkit-signature': hmacHex(secret, body) }),
}
