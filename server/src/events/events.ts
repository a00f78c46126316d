/**
 * The catalogue of events, in our words. `record()` in events.sql.ts writes one in the transaction of the change it tells
 * of, together with the webhook deliveries it causes. `docs/events.md` is printed from this table.
 */
export const events = {
  'message.received': 'A mail arrived in an inbox.',
  'message.blocked': 'A mail arrived that the rules of its inbox refuse; it is kept out of sight.',
  'message.queued': 'A mail was accepted for sending.',
  'message.sent': 'The first attempt to hand the mail to a recipient’s server was made.',
  'message.delivered': 'The recipient’s server accepted the mail.',
  'message.deferred': 'The recipient’s server asked to try again later.',
  'message.bounced': 'The recipient’s server refused the mail for good, or a report said so later.',
  'message.rejected': 'The mail was not sent to a recipient: suppressed, or refused before it left.',
  'message.complained': 'The recipient marked the mail as spam.',
  'message.opened': 'The tracking pixel of the mail was loaded, for the first time.',
  'message.held': 'A mail waits for approval before it is sent.',
  'message.approved': 'A held mail was approved and queued.',
  'inbox.created': 'An inbox was made.',
  'inbox.deleted': 'An inbox was deleted with its messages.',
  'domain.verified': 'The DNS records of a domain prove it.',
  'domain.failed': 'A domain that was verified no longer is.',
  'organization.claimed': 'The owner confirmed the organization.',
  'wallet.topped_up': 'Credit was added to the wallet.',
  'wallet.refunded': 'A payment was given back at Stripe; its credit was taken out of the wallet as far as it was still there.',
  'order.created': 'A draft order was made.',
  'order.paid': 'The payment of an order cleared.',
  'order.production_started': 'The printer began with an order.',
  'order.mailed': 'Every piece of an order is at the post office.',
  'order.completed': 'No piece of an order is on its way any more.',
  'order.cancelled': 'An order was cancelled.',
  'piece.created': 'A postcard or letter was accepted.',
  'piece.rendered': 'The pages of a piece were made and checked; it can no longer be changed.',
  'piece.printed': 'A piece was printed.',
  'piece.mailed': 'A piece was handed to the Postal Service.',
  'piece.in_transit': 'A piece was scanned on its way.',
  'piece.in_local_area': 'A piece reached the facility of its destination.',
  'piece.processed_for_delivery': 'A piece was sorted for its carrier’s walk.',
  'piece.delivered': 'A piece was reported as delivered; delivered_confidence says how sure that is.',
  'piece.re_routed': 'A piece is being forwarded to another address.',
  'piece.returned': 'A piece could not be delivered and comes back.',
  'piece.failed': 'A piece will not be printed or mailed; failure says why.',
  'piece.cancelled': 'A piece was cancelled before it was printed.',
  'qr.scanned': 'Somebody opened the link of a piece’s QR code.',
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
  /** The message (uuid) whose bodies belong to `data`; they are not kept twice, and are gone with it. */
  message_id?: string
}
