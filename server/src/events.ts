/**
 * The catalogue of events, in our words. `record()` in events.sql.ts writes one in the transaction of the change it tells
 * of, together with the webhook deliveries it causes. `docs/events.md` is printed from this table.
 */
export const events = {
  'message.received': 'A mail arrived in an inbox.',
  'message.queued': 'A mail was accepted for sending.',
  'message.sent': 'The first attempt to hand the mail to a recipient’s server was made.',
  'message.delivered': 'The recipient’s server accepted the mail.',
  'message.deferred': 'The recipient’s server asked to try again later.',
  'message.bounced': 'The recipient’s server refused the mail for good, or a report said so later.',
  'message.rejected': 'The mail was not sent to a recipient: suppressed, or refused before it left.',
  'message.complained': 'The recipient marked the mail as spam.',
  'message.opened': 'The tracking pixel of the mail was loaded.',
  'message.held': 'A mail waits for approval before it is sent.',
  'message.approved': 'A held mail was approved and queued.',
  'inbox.created': 'An inbox was made.',
  'inbox.deleted': 'An inbox was deleted with its messages.',
  'domain.verified': 'The DNS records of a domain prove it.',
  'domain.failed': 'A domain that was verified no longer is.',
  'organization.claimed': 'The owner confirmed the organization.',
  'wallet.topped_up': 'Credit was added to the wallet.',
  'webhook.test': 'A test you asked for.',
  'webhook.disabled': 'An endpoint failed for days and was switched off.',
} as const

export type EventType = keyof typeof events

/** One thing that happened, ready to be recorded. `data` is what subscribers see. */
export interface NewEvent {
  type: EventType
  organization_id: string
  livemode: boolean
  data: object
}
