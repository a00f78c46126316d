/**
 * Mailbots: handwritten cards by order. Bare ULIDs as ids, flat objects, lists by number, errors with details, 60 requests a minute and
 * 30 of them for lists, webhooks that name their order at the top.
 */
import { getAccount } from '../../accounts/account.ts'
import { createKey, listKeys, revokeKey } from '../../accounts/keys.ts'
import { bearer } from '../../api/native.ts'
import { checkoutOrder } from '../../post/checkout/checkout.ts'
import { getOrderAnalytics, getOrderTracking } from '../../post/orders/order-tracking.ts'
import { cancelUnpaidOrder, createOrder, getOrder, listOrders, updateOrder } from '../../post/orders/orders.ts'
import { uploadRecipients } from '../../post/recipients/order-recipients.ts'
import { getPieceTracking } from '../../post/tracking/tracking.ts'
import { createWebhook, deleteWebhook, listWebhooks } from '../../webhooks/endpoints.ts'
import { type Dialect, row } from '../dialect.ts'
import { statements } from './statements.ts'
import * as t from './translate.ts'
import { webhooks } from './webhooks.ts'

const lists = /\/(orders|tracking|api-keys|webhooks)$/
const standard = { name: 'mailbots', points: 60, seconds: 60 }
const listing = { name: 'mailbots-lists', points: 30, seconds: 60 }

export const mailbots: Dialect = {
  name: 'mailbots',
  title: 'Mailbots',
  document: 'Mailbots API documentation',
  asOf: '2026-11',
  credential: request => bearer(request.headers.authorization),
  limits: ({ method, path }) =>
    method === 'GET' && lists.test(path) && !path.includes('/pieces/') ? [standard, listing] : [standard],
  errors: {
    unauthorized: [401, 'unauthorized'],
    forbidden: [403, 'forbidden'],
    not_found: [404, 'not_found'],
    no_such_route: [404, 'not_found'],
    invalid_input: [400, 'validation_error'],
    invalid_json: [400, 'validation_error'],
    unsupported_media_type: [400, 'validation_error'],
    too_large: [400, 'validation_error'],
    insufficient_balance: [400, 'insufficient_credit'],
    rate_limited: [429, 'rate_limited'],
    idempotency_key_invalid: [400, 'validation_error'],
    idempotency_key_reused: [400, 'validation_error'],
    idempotency_in_flight: [429, 'rate_limited'],
    address_taken: [400, 'validation_error'],
    domain_not_yours: [400, 'validation_error'],
    domain_taken: [400, 'validation_error'],
    domain_not_verified: [400, 'validation_error'],
    domain_in_use: [400, 'validation_error'],
    already_exists: [400, 'validation_error'],
    url_refused: [400, 'validation_error'],
    not_cancellable: [400, 'invalid_state'],
    content_changed: [400, 'invalid_state'],
    live_only: [403, 'forbidden'],
    test_only: [403, 'forbidden'],
    key_under_hold: [403, 'forbidden'],
    held_limit: [429, 'rate_limited'],
    payments_off: [400, 'validation_error'],
    // Their document knows only 500; 503 has the same word, and tells what stands between us and the client that it passes.
    unavailable: [503, 'server_error'],
    internal: [500, 'server_error'],
  },
  fail: t.fail,
  webhooks,
  statements,
  rows: [
    row('POST /api/v1/orders', createOrder, { in: t.newOrder, out: t.order, status: 201 }),
    row('GET /api/v1/orders', listOrders, {
      in: request => ({ ...t.paging(request), status: request.query.status }),
      out: t.list(t.order),
    }),
    row('GET /api/v1/orders/:order', getOrder, { in: ({ params }) => ({ order_id: t.id('order', params.order) }), out: t.order }),
    row('PATCH /api/v1/orders/:order', updateOrder, { in: t.orderChange, out: t.order }),
    row('DELETE /api/v1/orders/:order', cancelUnpaidOrder, {
      in: ({ params }) => ({ order_id: t.id('order', params.order) }),
      out: t.order,
    }),
    row('POST /api/v1/orders/:order/recipients', uploadRecipients, {
      in: t.upload,
      out: t.bareIds,
      multipart: true,
      uploads: true,
    }),
    row('POST /api/v1/orders/:order/checkout', checkoutOrder, {
      in: ({ params, body }) => ({
        order_id: t.id('order', params.order),
        payment: body.payment ?? undefined,
        skip_unprintable: body.skip_unprintable ?? undefined,
      }),
      out: t.order,
    }),
    row('GET /api/v1/orders/:order/tracking', getOrderTracking, {
      in: request => ({ order_id: t.id('order', request.params.order), ...t.paging(request) }),
      out: t.list(t.tracking),
    }),
    row('GET /api/v1/orders/:order/analytics', getOrderAnalytics, {
      in: ({ params }) => ({ order_id: t.id('order', params.order) }),
      out: output => ({ id: t.bare(output.order_id), ...t.bareIds(output) }),
    }),
    row('GET /api/v1/pieces/:piece/tracking', getPieceTracking, {
      in: ({ params }) => ({ piece_id: t.id('piece', params.piece) }),
      out: t.tracking,
    }),

    row('POST /api/v1/api-keys', createKey, {
      in: request => ({
        name: request.body.name ?? 'API key',
        mode: t.keyMode(request),
        dialect: 'mailbots' as const,
        scopes: request.body.scopes,
      }),
      out: t.newKey,
      status: 201,
    }),
    row('GET /api/v1/api-keys', listKeys, { in: t.paging, out: t.list(t.key) }),
    row('DELETE /api/v1/api-keys/:key', revokeKey, { in: ({ params }) => ({ key_id: t.id('key', params.key) }), out: t.gone }),

    row('POST /api/v1/webhooks', createWebhook, {
      in: ({ body }) => ({ url: body.url, events: body.events, dialect: 'mailbots' }),
      out: t.newWebhook,
      status: 201,
    }),
    row('GET /api/v1/webhooks', listWebhooks, { in: t.paging, out: t.list(t.webhook) }),
    row('DELETE /api/v1/webhooks/:webhook', deleteWebhook, {
      in: ({ params }) => ({ webhook_id: t.id('webhook', params.webhook) }),
      out: t.gone,
    }),

    row('GET /api/v1/account', getAccount, { in: () => ({}), out: t.account }),
  ],
}
