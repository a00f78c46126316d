/**
 * The catalogue of events, in our words. `record()` in events.sql.ts writes one in the transaction of the change it tells
 * of, together with the webhook deliveries it causes. `docs/events.md` is printed from this table.
 */
import { everyScope, type Scope } from '../scopes.ts'

/** `scope`: what a key must hold to be given the data of such an event, by a webhook, the log or a list of deliveries. */
const row = (scope: Exclude<Scope, 'public'>, says: string) => ({ scope, says })

export const events = {
  'message.received': row('messages.read', 'A mail arrived in an inbox.'),
  'message.blocked': row('messages.read', 'A mail arrived that the rules of its inbox refuse; it is kept out of sight.'),
  'message.queued': row('messages.read', 'A mail was accepted for sending.'),
  'message.sent': row('messages.read', 'The first attempt to hand the mail to a recipient’s server was made.'),
  'message.delivered': row('messages.read', 'The recipient’s server accepted the mail.'),
  'message.deferred': row('messages.read', 'The recipient’s server asked to try again later.'),
  'message.bounced': row('messages.read', 'The recipient’s server refused the mail for good, or a report said so later.'),
  'message.rejected': row('messages.read', 'The mail was not sent to a recipient: suppressed, or refused before it left.'),
  'message.complained': row('messages.read', 'The recipient marked the mail as spam.'),
  'message.opened': row('messages.read', 'The tracking pixel of the mail was loaded, for the first time.'),
  'message.held': row('messages.read', 'A mail waits for approval before it is sent.'),
  'message.approved': row('messages.read', 'A held mail was approved and queued.'),
  'inbox.created': row('inboxes.read', 'An inbox was made.'),
  'inbox.deleted': row('inboxes.read', 'An inbox was deleted with its messages.'),
  'domain.verified': row('domains.read', 'The DNS records of a domain prove it.'),
  'domain.failed': row('domains.read', 'A domain that was verified no longer is.'),
  'organization.claimed': row('account.read', 'The owner confirmed the organization.'),
  'wallet.topped_up': row('account.read', 'Credit was added to the wallet.'),
  'wallet.refunded': row(
    'account.read',
    'A payment was given back at Stripe; its credit was taken out of the wallet as far as it was still there.',
  ),
  'order.created': row('orders.read', 'A draft order was made.'),
  'order.held': row('orders.read', 'The checkout of an order waits for approval.'),
  'order.rejected': row('orders.read', 'The checkout of an order was not approved; the order is quoted again.'),
  'order.paid': row('orders.read', 'The payment of an order cleared.'),
  'order.production_started': row('orders.read', 'The printer began with an order.'),
  'order.mailed': row('orders.read', 'Every piece of an order is at the post office.'),
  'order.completed': row('orders.read', 'No piece of an order is on its way any more.'),
  'order.cancelled': row('orders.read', 'An order was cancelled.'),
  'piece.held': row('orders.read', 'A postcard or letter waits for approval before it is printed.'),
  'piece.created': row('orders.read', 'A postcard or letter was accepted.'),
  'piece.rendered': row('orders.read', 'The pages of a piece were made and checked; it can no longer be changed.'),
  'piece.printed': row('orders.read', 'A piece was printed.'),
  'piece.mailed': row('orders.read', 'A piece was handed to the Postal Service.'),
  'piece.in_transit': row('orders.read', 'A piece was scanned on its way.'),
  'piece.in_local_area': row('orders.read', 'A piece reached the facility of its destination.'),
  'piece.processed_for_delivery': row('orders.read', 'A piece was sorted for its carrier’s walk.'),
  'piece.delivered': row('orders.read', 'A piece was reported as delivered; delivered_confidence says how sure that is.'),
  'piece.re_routed': row('orders.read', 'A piece is being forwarded to another address.'),
  'piece.returned': row('orders.read', 'A piece could not be delivered and comes back.'),
  'piece.failed': row('orders.read', 'A piece will not be printed or mailed; failure says why.'),
  'piece.cancelled': row('orders.read', 'A piece was cancelled before it was printed.'),
  'qr.scanned': row('orders.read', 'Somebody opened the link of a piece’s QR code.'),
  'webhook.test': row('webhooks.manage', 'A test you asked for.'),
  'webhook.disabled': row('webhooks.manage', 'An endpoint failed for days and was switched off.'),
} as const satisfies Record<string, ReturnType<typeof row>>

export type EventType = keyof typeof events
export const eventTypes = Object.keys(events) as EventType[]

/** Whether these scopes (a key's, or those an endpoint was made with) allow the data of such an event. */
export const mayRead = (scopes: ReadonlySet<string>, type: EventType): boolean =>
  scopes.has(everyScope) || scopes.has(events[type].scope)

/** The types a key may be shown; undefined: all, so that who may see all is spared the look. */
export const readable = (scopes: ReadonlySet<string>): EventType[] | undefined => {
  const types = eventTypes.filter(type => mayRead(scopes, type))
  return types.length === eventTypes.length ? undefined : types
}

/** One thing that happened, ready to be recorded. `data` is what subscribers see. */
export interface NewEvent {
  type: EventType
  organization_id: string
  livemode: boolean
  data: object
  /** When it happened, where that is not now: in a sandbox, whose clock may be ahead. */
  at?: Date
  /** The message (uuid) whose bodies belong to `data`; they are not kept twice, and are gone with it. */
  message_id?: string
}
