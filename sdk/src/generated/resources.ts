// Printed from the code by `npm run docs`. Edit server/src/api/v1.ts or the operations it names instead.

import type { List } from '../list.ts'
import { path, Resource } from '../resource.ts'
import type { RequestOptions } from '../http.ts'
import type {
  Account,
  ApiKey,
  ApiKeyCreateInput,
  ApiKeyListInput,
  Approval,
  ApprovalApproveInput,
  ApprovalApproveResult,
  ApprovalListInput,
  ApprovalRejectInput,
  Attachment,
  Carrier,
  CreatedApiKey,
  CreatedOrder,
  CreatedOrderRecipient,
  CreatedWebhook,
  Deleted,
  DeletedInbox,
  DeletedSuppression,
  Domain,
  DomainCreateInput,
  DomainDetail,
  DomainDnsResult,
  DomainListInput,
  Event,
  EventListInput,
  Inbox,
  InboxCreateInput,
  InboxListInput,
  InboxRule,
  InboxRuleCreateInput,
  InboxRuleListInput,
  InboxUpdateInput,
  InboxWaitInput,
  InboxWaitResult,
  LetterCreateInput,
  Message,
  MessageCreateInput,
  MessageListInput,
  MessageOpensResult,
  MessageReplyInput,
  MessageSearchInput,
  MessageSourceResult,
  Order,
  OrderAnalyticsResult,
  OrderCheckoutInput,
  OrderCreateInput,
  OrderListInput,
  OrderPreviewInput,
  OrderPreviewResult,
  OrderQuoteInput,
  OrderQuoteResult,
  OrderRecipient,
  OrderRecipientCreateInput,
  OrderRecipientListInput,
  OrderTracking,
  OrderTrackingListInput,
  OrderUpdateInput,
  Organization,
  OrganizationClaimResult,
  Piece,
  PieceListInput,
  PostcardCreateInput,
  RegisterInput,
  RegisterResult,
  Suppression,
  SuppressionCreateInput,
  SuppressionListInput,
  TestClock,
  TestClockAdvanceInput,
  TestClockCreateInput,
  Thread,
  ThreadDetail,
  ThreadListInput,
  Wallet,
  WalletEntry,
  WalletEntryListInput,
  WalletTopup,
  WalletTopupCreateInput,
  Webhook,
  WebhookAttempt,
  WebhookAttemptListInput,
  WebhookCreateInput,
  WebhookDelivery,
  WebhookDeliveryListInput,
  WebhookListInput,
  WebhookReplayInput,
  WebhookReplayResult,
  WebhookTestResult,
  WebhookUpdateInput,
} from './schemas.ts'

export class AccountResource extends Resource {
  /** Get the account: profile, balance and plan. `GET /v1/account`, scope `account.read`. */
  get(options?: RequestOptions): Promise<Account> {
    return this.http.call('GET', path`/v1/account`, undefined, options)
  }
}

export class OrganizationResource extends Resource {
  /** Get the organization and its usage. `GET /v1/organization`, scope `account.read`. */
  get(options?: RequestOptions): Promise<Organization> {
    return this.http.call('GET', path`/v1/organization`, undefined, options)
  }

  /** Mail the owner the claim link again. `POST /v1/organization/claim`, scope `account.manage`. */
  claim(options?: RequestOptions): Promise<OrganizationClaimResult> {
    return this.http.call('POST', path`/v1/organization/claim`, undefined, options)
  }
}

export class ApiKeysResource extends Resource {
  /** Make an API key. `POST /v1/api-keys`, scope `account.manage`. */
  create(input: ApiKeyCreateInput, options?: RequestOptions): Promise<CreatedApiKey> {
    return this.http.call('POST', path`/v1/api-keys`, input, options)
  }

  /** List API keys. `GET /v1/api-keys`, scope `account.manage`. */
  list(input: ApiKeyListInput = {}, options?: RequestOptions): List<ApiKey> {
    return this.http.list('GET', path`/v1/api-keys`, input, options)
  }

  /** Get an API key. `GET /v1/api-keys/{key_id}`, scope `account.manage`. */
  get(keyId: string, options?: RequestOptions): Promise<ApiKey> {
    return this.http.call('GET', path`/v1/api-keys/${keyId}`, undefined, options)
  }

  /** Revoke an API key. `DELETE /v1/api-keys/{key_id}`, scope `account.manage`. */
  delete(keyId: string, options?: RequestOptions): Promise<Deleted> {
    return this.http.call('DELETE', path`/v1/api-keys/${keyId}`, undefined, options)
  }
}

export class WalletEntriesResource extends Resource {
  /** List wallet entries. `GET /v1/wallet/entries`, scope `account.read`. */
  list(input: WalletEntryListInput = {}, options?: RequestOptions): List<WalletEntry> {
    return this.http.list('GET', path`/v1/wallet/entries`, input, options)
  }
}

export class WalletTopupsResource extends Resource {
  /** Buy credit: get a link to pay at. `POST /v1/wallet/topups`, scope `account.manage`. */
  create(input: WalletTopupCreateInput, options?: RequestOptions): Promise<WalletTopup> {
    return this.http.call('POST', path`/v1/wallet/topups`, input, options)
  }
}

export class WalletResource extends Resource {
  readonly entries = new WalletEntriesResource(this.http)
  readonly topups = new WalletTopupsResource(this.http)

  /** Get the balance. `GET /v1/wallet`, scope `account.read`. */
  get(options?: RequestOptions): Promise<Wallet> {
    return this.http.call('GET', path`/v1/wallet`, undefined, options)
  }
}

export class InboxesRulesResource extends Resource {
  /** Add a rule to an inbox. `POST /v1/inboxes/{inbox_id}/rules`, scope `inboxes.manage`. */
  create(inboxId: string, input: InboxRuleCreateInput, options?: RequestOptions): Promise<InboxRule> {
    return this.http.call('POST', path`/v1/inboxes/${inboxId}/rules`, input, options)
  }

  /** List the rules of an inbox. `GET /v1/inboxes/{inbox_id}/rules`, scope `inboxes.read`. */
  list(inboxId: string, input: InboxRuleListInput = {}, options?: RequestOptions): List<InboxRule> {
    return this.http.list('GET', path`/v1/inboxes/${inboxId}/rules`, input, options)
  }

  /** Remove a rule from an inbox. `DELETE /v1/inboxes/{inbox_id}/rules/{rule_id}`, scope `inboxes.manage`. */
  delete(inboxId: string, ruleId: string, options?: RequestOptions): Promise<DeletedInbox> {
    return this.http.call('DELETE', path`/v1/inboxes/${inboxId}/rules/${ruleId}`, undefined, options)
  }
}

export class InboxesMessagesResource extends Resource {
  /** Send an email from an inbox. `POST /v1/inboxes/{inbox_id}/messages`, scope `messages.send`. */
  create(inboxId: string, input: MessageCreateInput, options?: RequestOptions): Promise<Message> {
    return this.http.call('POST', path`/v1/inboxes/${inboxId}/messages`, input, options)
  }

  /** List the messages of an inbox. `GET /v1/inboxes/{inbox_id}/messages`, scope `messages.read`. */
  list(inboxId: string, input: MessageListInput = {}, options?: RequestOptions): List<Message> {
    return this.http.list('GET', path`/v1/inboxes/${inboxId}/messages`, input, options)
  }

  /** Get a message of an inbox. `GET /v1/inboxes/{inbox_id}/messages/{message_id}`, scope `messages.read`. */
  get(inboxId: string, messageId: string, options?: RequestOptions): Promise<Message> {
    return this.http.call('GET', path`/v1/inboxes/${inboxId}/messages/${messageId}`, undefined, options)
  }

  /** Reply to a message. `POST /v1/inboxes/{inbox_id}/messages/{message_id}/reply`, scope `messages.send`. */
  reply(inboxId: string, messageId: string, input: MessageReplyInput = {}, options?: RequestOptions): Promise<Message> {
    return this.http.call('POST', path`/v1/inboxes/${inboxId}/messages/${messageId}/reply`, input, options)
  }
}

export class InboxesThreadsResource extends Resource {
  /** List the threads of an inbox, most recently active first. `GET /v1/inboxes/{inbox_id}/threads`, scope `messages.read`. */
  list(inboxId: string, input: ThreadListInput = {}, options?: RequestOptions): List<Thread> {
    return this.http.list('GET', path`/v1/inboxes/${inboxId}/threads`, input, options)
  }
}

export class InboxesResource extends Resource {
  readonly rules = new InboxesRulesResource(this.http)
  readonly messages = new InboxesMessagesResource(this.http)
  readonly threads = new InboxesThreadsResource(this.http)

  /** Make an inbox. `POST /v1/inboxes`, scope `inboxes.manage`. */
  create(input: InboxCreateInput = {}, options?: RequestOptions): Promise<Inbox> {
    return this.http.call('POST', path`/v1/inboxes`, input, options)
  }

  /** List inboxes. `GET /v1/inboxes`, scope `inboxes.read`. */
  list(input: InboxListInput = {}, options?: RequestOptions): List<Inbox> {
    return this.http.list('GET', path`/v1/inboxes`, input, options)
  }

  /** Get an inbox. `GET /v1/inboxes/{inbox_id}`, scope `inboxes.read`. */
  get(inboxId: string, options?: RequestOptions): Promise<Inbox> {
    return this.http.call('GET', path`/v1/inboxes/${inboxId}`, undefined, options)
  }

  /** Change an inbox. `PATCH /v1/inboxes/{inbox_id}`, scope `inboxes.manage`. */
  update(inboxId: string, input: InboxUpdateInput = {}, options?: RequestOptions): Promise<Inbox> {
    return this.http.call('PATCH', path`/v1/inboxes/${inboxId}`, input, options)
  }

  /** Delete an inbox with all its messages. `DELETE /v1/inboxes/{inbox_id}`, scope `inboxes.manage`. */
  delete(inboxId: string, options?: RequestOptions): Promise<DeletedInbox> {
    return this.http.call('DELETE', path`/v1/inboxes/${inboxId}`, undefined, options)
  }

  /** Wait for a message. `POST /v1/inboxes/{inbox_id}/wait`, scope `messages.read`. */
  wait(inboxId: string, input: InboxWaitInput = {}, options?: RequestOptions): Promise<InboxWaitResult> {
    return this.http.call('POST', path`/v1/inboxes/${inboxId}/wait`, input, options)
  }
}

export class MessagesResource extends Resource {
  /** Search messages across inboxes. `POST /v1/messages/search`, scope `messages.read`. */
  search(input: MessageSearchInput, options?: RequestOptions): List<Message> {
    return this.http.list('POST', path`/v1/messages/search`, input, options)
  }

  /** Get a message. `GET /v1/messages/{message_id}`, scope `messages.read`. */
  get(messageId: string, options?: RequestOptions): Promise<Message> {
    return this.http.call('GET', path`/v1/messages/${messageId}`, undefined, options)
  }

  /** Get the source of a message. `GET /v1/messages/{message_id}/source`, scope `messages.read`. */
  source(messageId: string, options?: RequestOptions): Promise<MessageSourceResult> {
    return this.http.call('GET', path`/v1/messages/${messageId}/source`, undefined, options)
  }

  /** Get how often the pixel of a message was loaded. `GET /v1/messages/{message_id}/opens`, scope `messages.read`. */
  opens(messageId: string, options?: RequestOptions): Promise<MessageOpensResult> {
    return this.http.call('GET', path`/v1/messages/${messageId}/opens`, undefined, options)
  }
}

export class AttachmentsResource extends Resource {
  /** Get an attachment: its description and a link to its bytes. `GET /v1/attachments/{attachment_id}`, scope `messages.read`. */
  get(attachmentId: string, options?: RequestOptions): Promise<Attachment> {
    return this.http.call('GET', path`/v1/attachments/${attachmentId}`, undefined, options)
  }
}

export class ThreadsResource extends Resource {
  /** Get a thread with its messages, oldest first. `GET /v1/threads/{thread_id}`, scope `messages.read`. */
  get(threadId: string, options?: RequestOptions): Promise<ThreadDetail> {
    return this.http.call('GET', path`/v1/threads/${threadId}`, undefined, options)
  }
}

export class ApprovalsResource extends Resource {
  /** List what is held for approval. `GET /v1/approvals`, scope `messages.approve`. */
  list(input: ApprovalListInput = {}, options?: RequestOptions): List<Approval> {
    return this.http.list('GET', path`/v1/approvals`, input, options)
  }

  /** Approve what is held: it is sent, printed or bought. `POST /v1/approvals/{approval_id}/approve`, scope `messages.approve`. */
  approve(approvalId: string, input: ApprovalApproveInput = {}, options?: RequestOptions): Promise<ApprovalApproveResult> {
    return this.http.call('POST', path`/v1/approvals/${approvalId}/approve`, input, options)
  }

  /** Reject what is held: it does not leave and costs nothing. `POST /v1/approvals/{approval_id}/reject`, scope `messages.approve`. */
  reject(approvalId: string, input: ApprovalRejectInput = {}, options?: RequestOptions): Promise<ApprovalApproveResult> {
    return this.http.call('POST', path`/v1/approvals/${approvalId}/reject`, input, options)
  }
}

export class DomainsResource extends Resource {
  /** Add a domain. `POST /v1/domains`, scope `domains.manage`. */
  create(input: DomainCreateInput, options?: RequestOptions): Promise<DomainDetail> {
    return this.http.call('POST', path`/v1/domains`, input, options)
  }

  /** List domains. `GET /v1/domains`, scope `domains.read`. */
  list(input: DomainListInput = {}, options?: RequestOptions): List<Domain> {
    return this.http.list('GET', path`/v1/domains`, input, options)
  }

  /** Get a domain and what its DNS said when it was last asked. `GET /v1/domains/{domain_id}`, scope `domains.read`. */
  get(domainId: string, options?: RequestOptions): Promise<DomainDetail> {
    return this.http.call('GET', path`/v1/domains/${domainId}`, undefined, options)
  }

  /** Delete a domain that has no inboxes. `DELETE /v1/domains/{domain_id}`, scope `domains.manage`. */
  delete(domainId: string, options?: RequestOptions): Promise<DeletedInbox> {
    return this.http.call('DELETE', path`/v1/domains/${domainId}`, undefined, options)
  }

  /** Look up the DNS records of a domain now. `POST /v1/domains/{domain_id}/verify`, scope `domains.manage`. */
  verify(domainId: string, options?: RequestOptions): Promise<DomainDetail> {
    return this.http.call('POST', path`/v1/domains/${domainId}/verify`, undefined, options)
  }

  /** Get the DNS records a domain needs. `GET /v1/domains/{domain_id}/dns`, scope `domains.read`. */
  dns(domainId: string, options?: RequestOptions): Promise<DomainDnsResult> {
    return this.http.call('GET', path`/v1/domains/${domainId}/dns`, undefined, options)
  }
}

export class SuppressionsResource extends Resource {
  /** List suppressed recipients. `GET /v1/suppressions`, scope `suppressions.manage`. */
  list(input: SuppressionListInput = {}, options?: RequestOptions): List<Suppression> {
    return this.http.list('GET', path`/v1/suppressions`, input, options)
  }

  /** Suppress a recipient. `POST /v1/suppressions`, scope `suppressions.manage`. */
  create(input: SuppressionCreateInput, options?: RequestOptions): Promise<Suppression> {
    return this.http.call('POST', path`/v1/suppressions`, input, options)
  }

  /** Stop suppressing a recipient. `DELETE /v1/suppressions/{email}`, scope `suppressions.manage`. */
  delete(email: string, options?: RequestOptions): Promise<DeletedSuppression> {
    return this.http.call('DELETE', path`/v1/suppressions/${email}`, undefined, options)
  }
}

export class OrdersRecipientsResource extends Resource {
  /** Upload the list of an order; it takes the place of the one before. `POST /v1/orders/{order_id}/recipients`, scope `orders.update`. */
  create(orderId: string, input: OrderRecipientCreateInput = {}, options?: RequestOptions): Promise<CreatedOrderRecipient> {
    return this.http.call('POST', path`/v1/orders/${orderId}/recipients`, input, options)
  }

  /** List the recipients of an order, with the rows that were rejected. `GET /v1/orders/{order_id}/recipients`, scope `orders.read`. */
  list(orderId: string, input: OrderRecipientListInput = {}, options?: RequestOptions): List<OrderRecipient> {
    return this.http.list('GET', path`/v1/orders/${orderId}/recipients`, input, options)
  }
}

export class OrdersTrackingResource extends Resource {
  /** List the tracking of an order’s pieces. `GET /v1/orders/{order_id}/tracking`, scope `orders.read`. */
  list(orderId: string, input: OrderTrackingListInput = {}, options?: RequestOptions): List<OrderTracking> {
    return this.http.list('GET', path`/v1/orders/${orderId}/tracking`, input, options)
  }
}

export class OrdersResource extends Resource {
  readonly recipients = new OrdersRecipientsResource(this.http)
  readonly tracking = new OrdersTrackingResource(this.http)

  /** Create an order. `POST /v1/orders`, scope `orders.create`. */
  create(input: OrderCreateInput, options?: RequestOptions): Promise<CreatedOrder> {
    return this.http.call('POST', path`/v1/orders`, input, options)
  }

  /** List orders. `GET /v1/orders`, scope `orders.read`. */
  list(input: OrderListInput = {}, options?: RequestOptions): List<Order> {
    return this.http.list('GET', path`/v1/orders`, input, options)
  }

  /** Get an order. `GET /v1/orders/{order_id}`, scope `orders.read`. */
  get(orderId: string, options?: RequestOptions): Promise<Order> {
    return this.http.call('GET', path`/v1/orders/${orderId}`, undefined, options)
  }

  /** Change a draft, or cancel it. `PATCH /v1/orders/{order_id}`, scope `orders.update`. */
  update(orderId: string, input: OrderUpdateInput = {}, options?: RequestOptions): Promise<Order> {
    return this.http.call('PATCH', path`/v1/orders/${orderId}`, input, options)
  }

  /** Cancel an order. `DELETE /v1/orders/{order_id}`, scope `orders.delete`. */
  delete(orderId: string, options?: RequestOptions): Promise<Order> {
    return this.http.call('DELETE', path`/v1/orders/${orderId}`, undefined, options)
  }

  /** Quote an order: its price, and whether every piece can be printed. `POST /v1/orders/{order_id}/quote`, scope `orders.update`. */
  quote(orderId: string, input: OrderQuoteInput = {}, options?: RequestOptions): Promise<OrderQuoteResult> {
    return this.http.call('POST', path`/v1/orders/${orderId}/quote`, input, options)
  }

  /** Preview a piece of an order, for any row of its list. `GET /v1/orders/{order_id}/preview`, scope `orders.read`. */
  preview(orderId: string, input: OrderPreviewInput = {}, options?: RequestOptions): Promise<OrderPreviewResult> {
    return this.http.call('GET', path`/v1/orders/${orderId}/preview`, input, options)
  }

  /** Check out an order: it is quoted, paid and given to the printer on its day. `POST /v1/orders/{order_id}/checkout`, scope `orders.update`. */
  checkout(orderId: string, input: OrderCheckoutInput = {}, options?: RequestOptions): Promise<Order> {
    return this.http.call('POST', path`/v1/orders/${orderId}/checkout`, input, options)
  }

  /** Get what became of an order: delivery, QR scans, responses. `GET /v1/orders/{order_id}/analytics`, scope `orders.read`. */
  analytics(orderId: string, options?: RequestOptions): Promise<OrderAnalyticsResult> {
    return this.http.call('GET', path`/v1/orders/${orderId}/analytics`, undefined, options)
  }
}

export class PostcardsResource extends Resource {
  /** Send a postcard. `POST /v1/postcards`, scope `orders.create`. */
  create(input: PostcardCreateInput, options?: RequestOptions): Promise<Piece> {
    return this.http.call('POST', path`/v1/postcards`, input, options)
  }
}

export class LettersResource extends Resource {
  /** Send a letter. `POST /v1/letters`, scope `orders.create`. */
  create(input: LetterCreateInput, options?: RequestOptions): Promise<Piece> {
    return this.http.call('POST', path`/v1/letters`, input, options)
  }
}

export class PiecesResource extends Resource {
  /** List pieces. `GET /v1/pieces`, scope `orders.read`. */
  list(input: PieceListInput = {}, options?: RequestOptions): List<Piece> {
    return this.http.list('GET', path`/v1/pieces`, input, options)
  }

  /** Get a piece. `GET /v1/pieces/{piece_id}`, scope `orders.read`. */
  get(pieceId: string, options?: RequestOptions): Promise<Piece> {
    return this.http.call('GET', path`/v1/pieces/${pieceId}`, undefined, options)
  }

  /** Cancel a piece, until its drop locks. `POST /v1/pieces/{piece_id}/cancel`, scope `orders.delete`. */
  cancel(pieceId: string, options?: RequestOptions): Promise<Piece> {
    return this.http.call('POST', path`/v1/pieces/${pieceId}/cancel`, undefined, options)
  }

  /** Get the tracking timeline of a piece. `GET /v1/pieces/{piece_id}/tracking`, scope `orders.read`. */
  tracking(pieceId: string, options?: RequestOptions): Promise<OrderTracking> {
    return this.http.call('GET', path`/v1/pieces/${pieceId}/tracking`, undefined, options)
  }
}

export class CarriersResource extends Resource {
  /** List the carriers and what each can do. `GET /v1/carriers`, scope `orders.read`. */
  get(options?: RequestOptions): Promise<Carrier> {
    return this.http.call('GET', path`/v1/carriers`, undefined, options)
  }
}

export class TestClockResource extends Resource {
  /** Get the time in your sandbox. `GET /v1/test-clock`, scope `orders.read`. */
  get(options?: RequestOptions): Promise<TestClock> {
    return this.http.call('GET', path`/v1/test-clock`, undefined, options)
  }

  /** Set how fast the clock of your sandbox runs. `POST /v1/test-clock`, scope `orders.update`. */
  create(input: TestClockCreateInput, options?: RequestOptions): Promise<TestClock> {
    return this.http.call('POST', path`/v1/test-clock`, input, options)
  }

  /** Advance the clock of your sandbox: drops lock, pieces are printed, scanned and delivered. `POST /v1/test-clock/advance`, scope `orders.update`. */
  advance(input: TestClockAdvanceInput = {}, options?: RequestOptions): Promise<TestClock> {
    return this.http.call('POST', path`/v1/test-clock/advance`, input, options)
  }
}

export class WebhooksAttemptsResource extends Resource {
  /** List the attempts to deliver to a webhook. `GET /v1/webhooks/{webhook_id}/attempts`, scope `webhooks.manage`. */
  list(webhookId: string, input: WebhookAttemptListInput = {}, options?: RequestOptions): List<WebhookAttempt> {
    return this.http.list('GET', path`/v1/webhooks/${webhookId}/attempts`, input, options)
  }
}

export class WebhooksDeliveriesResource extends Resource {
  /** List what a webhook was sent or will be. `GET /v1/webhooks/{webhook_id}/deliveries`, scope `webhooks.manage`. */
  list(webhookId: string, input: WebhookDeliveryListInput = {}, options?: RequestOptions): List<WebhookDelivery> {
    return this.http.list('GET', path`/v1/webhooks/${webhookId}/deliveries`, input, options)
  }

  /** Deliver an event to a webhook again. `POST /v1/webhooks/{webhook_id}/deliveries/{delivery_id}/replay`, scope `webhooks.manage`. */
  replay(webhookId: string, deliveryId: string, options?: RequestOptions): Promise<WebhookDelivery> {
    return this.http.call('POST', path`/v1/webhooks/${webhookId}/deliveries/${deliveryId}/replay`, undefined, options)
  }
}

export class WebhooksResource extends Resource {
  readonly attempts = new WebhooksAttemptsResource(this.http)
  readonly deliveries = new WebhooksDeliveriesResource(this.http)

  /** Make a webhook. `POST /v1/webhooks`, scope `webhooks.manage`. */
  create(input: WebhookCreateInput, options?: RequestOptions): Promise<CreatedWebhook> {
    return this.http.call('POST', path`/v1/webhooks`, input, options)
  }

  /** List webhooks. `GET /v1/webhooks`, scope `webhooks.manage`. */
  list(input: WebhookListInput = {}, options?: RequestOptions): List<Webhook> {
    return this.http.list('GET', path`/v1/webhooks`, input, options)
  }

  /** Get a webhook. `GET /v1/webhooks/{webhook_id}`, scope `webhooks.manage`. */
  get(webhookId: string, options?: RequestOptions): Promise<Webhook> {
    return this.http.call('GET', path`/v1/webhooks/${webhookId}`, undefined, options)
  }

  /** Change a webhook. `PATCH /v1/webhooks/{webhook_id}`, scope `webhooks.manage`. */
  update(webhookId: string, input: WebhookUpdateInput = {}, options?: RequestOptions): Promise<Webhook> {
    return this.http.call('PATCH', path`/v1/webhooks/${webhookId}`, input, options)
  }

  /** Delete a webhook with its log. `DELETE /v1/webhooks/{webhook_id}`, scope `webhooks.manage`. */
  delete(webhookId: string, options?: RequestOptions): Promise<DeletedInbox> {
    return this.http.call('DELETE', path`/v1/webhooks/${webhookId}`, undefined, options)
  }

  /** Send a test event to a webhook now. `POST /v1/webhooks/{webhook_id}/test`, scope `webhooks.manage`. */
  test(webhookId: string, options?: RequestOptions): Promise<WebhookTestResult> {
    return this.http.call('POST', path`/v1/webhooks/${webhookId}/test`, undefined, options)
  }

  /** Give a webhook a new secret. `POST /v1/webhooks/{webhook_id}/rotate`, scope `webhooks.manage`. */
  rotate(webhookId: string, options?: RequestOptions): Promise<CreatedWebhook> {
    return this.http.call('POST', path`/v1/webhooks/${webhookId}/rotate`, undefined, options)
  }

  /** Deliver again what failed in a range of time. `POST /v1/webhooks/{webhook_id}/replay`, scope `webhooks.manage`. */
  replay(webhookId: string, input: WebhookReplayInput, options?: RequestOptions): Promise<WebhookReplayResult> {
    return this.http.call('POST', path`/v1/webhooks/${webhookId}/replay`, input, options)
  }
}

export class EventsResource extends Resource {
  /** List events. `GET /v1/events`, scope `events.read`. */
  list(input: EventListInput = {}, options?: RequestOptions): List<Event> {
    return this.http.list('GET', path`/v1/events`, input, options)
  }

  /** Get an event. `GET /v1/events/{event_id}`, scope `events.read`. */
  get(eventId: string, options?: RequestOptions): Promise<Event> {
    return this.http.call('GET', path`/v1/events/${eventId}`, undefined, options)
  }
}

export class Api extends Resource {
  readonly account = new AccountResource(this.http)
  readonly organization = new OrganizationResource(this.http)
  readonly apiKeys = new ApiKeysResource(this.http)
  readonly wallet = new WalletResource(this.http)
  readonly inboxes = new InboxesResource(this.http)
  readonly messages = new MessagesResource(this.http)
  readonly attachments = new AttachmentsResource(this.http)
  readonly threads = new ThreadsResource(this.http)
  readonly approvals = new ApprovalsResource(this.http)
  readonly domains = new DomainsResource(this.http)
  readonly suppressions = new SuppressionsResource(this.http)
  readonly orders = new OrdersResource(this.http)
  readonly postcards = new PostcardsResource(this.http)
  readonly letters = new LettersResource(this.http)
  readonly pieces = new PiecesResource(this.http)
  readonly carriers = new CarriersResource(this.http)
  readonly testClock = new TestClockResource(this.http)
  readonly webhooks = new WebhooksResource(this.http)
  readonly events = new EventsResource(this.http)

  /** Register an agent: organization, inbox and key in one call. `POST /v1/register`, without a key. */
  register(input: RegisterInput, options?: RequestOptions): Promise<RegisterResult> {
    return this.http.call('POST', path`/v1/register`, input, options)
  }
}
