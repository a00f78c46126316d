/** The whole native API on one page: an endpoint is one line here and one operation in its domain. */
import { getAccount } from '../accounts/account.ts'
import { createKey, getKey, listKeys, revokeKey } from '../accounts/keys.ts'
import { getOrganization } from '../accounts/organizations.ts'
import { resendClaim } from '../accounts/ownership-claims.ts'
import { register } from '../accounts/registration.ts'
import { approve, listApprovals, reject } from '../approvals/approvals.ts'
import { createTopup } from '../billing/payments.ts'
import { getWallet, listWalletEntries } from '../billing/wallet.ts'
import { createDomain, deleteDomain, getDomain, getDomainDns, listDomains, verifyDomain } from '../email/domains/domains.ts'
import { createInbox, deleteInbox, getInbox, listInboxes, updateInbox } from '../email/inboxes/inboxes.ts'
import { waitForMessage } from '../email/inboxes/wait.ts'
import { getAttachment, getSource } from '../email/messages/attachments.ts'
import { getInboxMessage, getMessage, listMessages, searchMessages } from '../email/messages/messages.ts'
import { getOpens } from '../email/messages/opens.ts'
import { getThread, listThreads } from '../email/messages/threads.ts'
import { createRule, deleteRule, listRules } from '../email/policy/rules.ts'
import { addSuppression, listSuppressions, removeSuppression } from '../email/policy/suppressions.ts'
import { replyToMessage } from '../email/sending/replying.ts'
import { sendMessage } from '../email/sending/sending.ts'
import { getEvent, listEvents } from '../events/event-log.ts'
import type { Operation } from '../operation.ts'
import { listCarriers } from '../post/carriers/index.ts'
import { checkoutOrder } from '../post/checkout/checkout.ts'
import { previewOrder } from '../post/checkout/order-preview.ts'
import { quoteOrder } from '../post/checkout/quote.ts'
import { getOrderAnalytics, getOrderTracking } from '../post/orders/order-tracking.ts'
import { createOrderWithList } from '../post/orders/order-with-list.ts'
import { cancelOrder, getOrder, listOrders, updateOrder } from '../post/orders/orders.ts'
import { createLetter } from '../post/pieces/letters.ts'
import { cancelPiece, getPiece, listPieces } from '../post/pieces/pieces.ts'
import { createPostcard } from '../post/pieces/postcards.ts'
import { listRecipients, uploadRecipients } from '../post/recipients/order-recipients.ts'
import { advanceTestClock, getTestClock, setTestClock } from '../post/sandbox/test-clock.ts'
import { getPieceTracking } from '../post/tracking/tracking.ts'
import {
  listWebhookAttempts,
  listWebhookDeliveries,
  replayWebhookDeliveries,
  replayWebhookDelivery,
  testWebhook,
} from '../webhooks/attempt-log.ts'
import {
  createWebhook,
  deleteWebhook,
  getWebhook,
  listWebhooks,
  rotateWebhookSecret,
  updateWebhook,
} from '../webhooks/endpoints.ts'

export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'

/** `multipart`: the route takes files as multipart/form-data too; `uploads`: up to 50 MB, which go to disk. */
export type V1Row = [at: `${Method} /${string}`, run: Operation, status?: number, more?: { multipart: true; uploads?: true }]

export const v1: V1Row[] = [
  ['POST /register', register, 201],

  ['GET /account', getAccount],
  ['GET /organization', getOrganization],
  ['POST /organization/claim', resendClaim, 202],
  ['POST /api-keys', createKey, 201],
  ['GET /api-keys', listKeys],
  ['GET /api-keys/:key_id', getKey],
  ['DELETE /api-keys/:key_id', revokeKey],

  ['GET /wallet', getWallet],
  ['GET /wallet/entries', listWalletEntries],
  ['POST /wallet/topups', createTopup, 201],

  ['POST /inboxes', createInbox, 201],
  ['GET /inboxes', listInboxes],
  ['GET /inboxes/:inbox_id', getInbox],
  ['PATCH /inboxes/:inbox_id', updateInbox],
  ['DELETE /inboxes/:inbox_id', deleteInbox],
  ['POST /inboxes/:inbox_id/rules', createRule, 201],
  ['GET /inboxes/:inbox_id/rules', listRules],
  ['DELETE /inboxes/:inbox_id/rules/:rule_id', deleteRule],

  ['POST /inboxes/:inbox_id/messages', sendMessage, 202, { multipart: true }],
  ['GET /inboxes/:inbox_id/messages', listMessages],
  ['GET /inboxes/:inbox_id/messages/:message_id', getInboxMessage],
  ['POST /inboxes/:inbox_id/messages/:message_id/reply', replyToMessage, 202, { multipart: true }],
  ['POST /inboxes/:inbox_id/wait', waitForMessage],
  ['GET /inboxes/:inbox_id/threads', listThreads],

  ['POST /messages/search', searchMessages],
  ['GET /messages/:message_id', getMessage],
  ['GET /messages/:message_id/source', getSource],
  ['GET /messages/:message_id/opens', getOpens],
  ['GET /attachments/:attachment_id', getAttachment],
  ['GET /threads/:thread_id', getThread],

  ['GET /approvals', listApprovals],
  ['POST /approvals/:approval_id/approve', approve],
  ['POST /approvals/:approval_id/reject', reject],

  ['POST /domains', createDomain, 201],
  ['GET /domains', listDomains],
  ['GET /domains/:domain_id', getDomain],
  ['DELETE /domains/:domain_id', deleteDomain],
  ['POST /domains/:domain_id/verify', verifyDomain],
  ['GET /domains/:domain_id/dns', getDomainDns],

  ['GET /suppressions', listSuppressions],
  ['POST /suppressions', addSuppression, 201],
  ['DELETE /suppressions/:email', removeSuppression],

  ['POST /orders', createOrderWithList, 201, { multipart: true }],
  ['GET /orders', listOrders],
  ['GET /orders/:order_id', getOrder],
  ['PATCH /orders/:order_id', updateOrder, 200, { multipart: true }],
  ['DELETE /orders/:order_id', cancelOrder],
  ['POST /orders/:order_id/recipients', uploadRecipients, 200, { multipart: true, uploads: true }],
  ['GET /orders/:order_id/recipients', listRecipients],
  ['POST /orders/:order_id/quote', quoteOrder],
  ['GET /orders/:order_id/preview', previewOrder],
  ['POST /orders/:order_id/checkout', checkoutOrder],
  ['GET /orders/:order_id/tracking', getOrderTracking],
  ['GET /orders/:order_id/analytics', getOrderAnalytics],

  ['POST /postcards', createPostcard, 201, { multipart: true }],
  ['POST /letters', createLetter, 201, { multipart: true }],
  ['GET /pieces', listPieces],
  ['GET /pieces/:piece_id', getPiece],
  ['POST /pieces/:piece_id/cancel', cancelPiece],
  ['GET /pieces/:piece_id/tracking', getPieceTracking],
  ['GET /carriers', listCarriers],
  ['GET /test-clock', getTestClock],
  ['POST /test-clock', setTestClock],
  ['POST /test-clock/advance', advanceTestClock],

  ['POST /webhooks', createWebhook, 201],
  ['GET /webhooks', listWebhooks],
  ['GET /webhooks/:webhook_id', getWebhook],
  ['PATCH /webhooks/:webhook_id', updateWebhook],
  ['DELETE /webhooks/:webhook_id', deleteWebhook],
  ['POST /webhooks/:webhook_id/test', testWebhook],
  ['POST /webhooks/:webhook_id/rotate', rotateWebhookSecret],
  ['GET /webhooks/:webhook_id/attempts', listWebhookAttempts],
  ['GET /webhooks/:webhook_id/deliveries', listWebhookDeliveries],
  ['POST /webhooks/:webhook_id/replay', replayWebhookDeliveries],
  ['POST /webhooks/:webhook_id/deliveries/:delivery_id/replay', replayWebhookDelivery],

  ['GET /events', listEvents],
  ['GET /events/:event_id', getEvent],
]
