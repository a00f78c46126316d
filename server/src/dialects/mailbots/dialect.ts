/**
 * Mailbots: handwritten cards by order. Bare ULIDs as ids, flat objects, lists by number, errors with details, 60 requests a minute and
 * 30 of them for lists, webhooks that name their order at the top.
 */
import { getAccount } from '../../accounts/account.ts'
import { createKey, listKeys, revokeKey } from '../../accounts/keys.ts'
import { checkoutOrder } from '../../post/checkout/checkout.ts'
import { getOrderAnalytics, getOrderTracking } from '../../post/orders/order-tracking.ts'
import { createOrderWithList } from '../../post/orders/order-with-list.ts'
import { cancelUnpaidOrder, getOrder, listOrders, updateOrder } from '../../post/orders/orders.ts'
import { uploadRecipients } from '../../post/recipients/order-recipients.ts'
import { getPieceTracking } from '../../post/tracking/tracking.ts'
import { createWebhook, deleteWebhook, listWebhooks } from '../../webhooks/endpoints.ts'
import { type Dialect, errorWords, row } from '../dialect.ts'
import { product } from './product.ts'
import { statements } from './statements.ts'
import * as t from './translate.ts'

const lists = /\/(orders|tracking|api-keys|webhooks)$/
const standard = { name: 'mailbots', points: 60, seconds: 60 }
const listing = { name: 'mailbots-lists', points: 30, seconds: 60 }

export const mailbots: Dialect = {
  ...product,
  limits: ({ method, path }) =>
    method === 'GET' && lists.test(path) && !path.includes('/pieces/') ? [standard, listing] : [standard],
  // Their document knows six statuses; 503 has the word of 500, and tells what stands between us and the client that it passes.
  errors: errorWords(
    {
      400: [400, 'validation_error'],
      401: [401, 'unauthorized'],
      402: [400, 'insufficient_credit'],
      403: [403, 'forbidden'],
      404: [404, 'not_found'],
      408: [400, 'validation_error'],
      409: [400, 'validation_error'],
      410: [410, 'not_found'],
      413: [400, 'validation_error'],
      415: [400, 'validation_error'],
      422: [400, 'validation_error'],
      429: [429, 'rate_limited'],
      500: [500, 'server_error'],
      503: [503, 'server_error'],
    },
    {
      domain_not_verified: [400, 'validation_error'],
      idempotency_in_flight: [429, 'rate_limited'],
      not_cancellable: [400, 'invalid_state'],
      content_changed: [400, 'invalid_state'],
      payments_off: [400, 'validation_error'],
    },
  ),
  fail: t.fail,
  statements,
  rows: [
    row('POST /api/v1/orders', createOrderWithList, { in: t.newOrder, out: t.order, status: 201 }),
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
