/**
 * MailboxKit: inboxes for agents. Bare ULIDs as ids, `{ data }` envelopes, Laravel-like validation errors, a 402 that tells an
 * agent what to do, one hex HMAC over webhook bodies.
 */
import { createKey, getKey, listKeys, revokeKey } from '../../accounts/keys.ts'
import { getOrganization } from '../../accounts/organizations.ts'
import { register } from '../../accounts/registration.ts'
import { createDomain, deleteDomain, getDomain, getDomainDns, listDomains, verifyDomain } from '../../email/domains/domains.ts'
import { createInbox, deleteInbox, getInbox, listInboxes } from '../../email/inboxes/inboxes.ts'
import { getInboxMessage, listMessages, searchMessages } from '../../email/messages/messages.ts'
import { getThread, listThreads } from '../../email/messages/threads.ts'
import { replyToMessage } from '../../email/sending/replying.ts'
import { sendMessage } from '../../email/sending/sending.ts'
import { listWebhookAttempts, testWebhook } from '../../webhooks/attempt-log.ts'
import { createWebhook, deleteWebhook, getWebhook, listWebhooks } from '../../webhooks/endpoints.ts'
import { type Dialect, errorWords, perKey, row } from '../dialect.ts'
import { fail } from './fail.ts'
import { product } from './product.ts'
import { statements } from './statements.ts'
import * as t from './translate.ts'

export const mailboxkit: Dialect = {
  ...product,
  limits: perKey({ name: 'minute', points: 1000, seconds: 60 }, { name: 'day', points: 50_000, seconds: 86_400 }),
  errors: errorWords(
    {
      400: [422, 'validation_error'],
      401: [401, 'unauthorized'],
      402: [402, 'insufficient_balance'],
      403: [403, 'forbidden'],
      404: [404, 'not_found'],
      408: [422, 'validation_error'],
      409: [409, 'conflict'],
      410: [410, 'not_found'],
      413: [422, 'validation_error'],
      415: [422, 'validation_error'],
      422: [422, 'validation_error'],
      429: [429, 'too_many_requests'],
      500: [500, 'server_error'],
      503: [503, 'service_unavailable'],
    },
    {
      idempotency_key_reused: [422, 'idempotency_key_reused'],
      idempotency_in_flight: [409, 'idempotency_in_flight'],
      address_taken: [422, 'validation_error'],
      domain_taken: [422, 'validation_error'],
      domain_not_verified: [403, 'domain_not_verified'],
      domain_in_use: [409, 'domain_in_use'],
      already_exists: [422, 'validation_error'],
      not_cancellable: [422, 'validation_error'],
    },
  ),
  fail,
  idempotencyPerKey: true,
  statements,
  rows: [
    row('POST /api/v1/register', register, {
      in: ({ body }) => ({ name: body.name, owner_email: body.owner_email, dialect: 'mailboxkit' as const }),
      out: t.registered,
      status: 201,
    }),

    row('POST /api/v1/inboxes', createInbox, {
      in: ({ body }) => ({ name: body.name ?? undefined, email: body.email ?? undefined }),
      out: t.data(t.inbox),
      status: 201,
    }),
    row('GET /api/v1/inboxes', listInboxes, { in: t.paging, out: t.list(t.inbox) }),
    row('GET /api/v1/inboxes/:inbox', getInbox, { in: ({ params }) => ({ inbox_id: t.inboxId(params) }), out: t.data(t.inbox) }),
    row('DELETE /api/v1/inboxes/:inbox', deleteInbox, {
      in: ({ params }) => ({ inbox_id: t.inboxId(params) }),
      out: () => ({ message: 'Inbox deleted.' }),
    }),

    row('POST /api/v1/inboxes/:inbox/messages/send', sendMessage, {
      in: t.newMessage,
      out: t.data(t.message),
      status: 201,
      multipart: true,
    }),
    row('POST /api/v1/inboxes/:inbox/messages/:message/reply', replyToMessage, {
      in: t.newReply,
      out: t.data(t.message),
      status: 201,
      multipart: true,
    }),
    row('GET /api/v1/inboxes/:inbox/messages', listMessages, {
      in: request => ({ inbox_id: t.inboxId(request.params), ...t.numbered(request) }),
      out: t.list(t.message),
    }),
    row('GET /api/v1/inboxes/:inbox/messages/:message', getInboxMessage, {
      in: ({ params }) => ({ inbox_id: t.inboxId(params), message_id: t.id('message', params.message) }),
      out: t.data(t.message),
    }),
    row('POST /api/v1/messages/search', searchMessages, { in: t.search, out: t.list(t.message) }),

    row('GET /api/v1/inboxes/:inbox/threads', listThreads, {
      in: request => ({ inbox_id: t.inboxId(request.params), ...t.paging(request) }),
      out: t.list(t.thread),
    }),
    row('GET /api/v1/threads/:thread', getThread, {
      in: ({ params }) => ({ thread_id: t.id('thread', params.thread) }),
      out: t.data(t.threadWithMessages),
    }),

    row('POST /api/v1/webhooks', createWebhook, {
      in: ({ body }) => ({ name: body.name, url: body.url, events: body.events, dialect: 'mailboxkit' }),
      out: t.data(t.newWebhook),
      status: 201,
    }),
    row('GET /api/v1/webhooks', listWebhooks, { in: t.numbered, out: t.list(t.webhook) }),
    row('GET /api/v1/webhooks/:webhook', getWebhook, {
      in: ({ params }) => ({ webhook_id: t.id('webhook', params.webhook) }),
      out: t.data(t.webhook),
    }),
    row('DELETE /api/v1/webhooks/:webhook', deleteWebhook, {
      in: ({ params }) => ({ webhook_id: t.id('webhook', params.webhook) }),
      out: () => ({ message: 'Webhook deleted.' }),
    }),
    row('POST /api/v1/webhooks/:webhook/test', testWebhook, {
      in: ({ params }) => ({ webhook_id: t.id('webhook', params.webhook) }),
      out: t.data(t.tested),
    }),
    row('GET /api/v1/webhooks/:webhook/attempts', listWebhookAttempts, {
      in: request => ({ webhook_id: t.id('webhook', request.params.webhook), ...t.paging(request) }),
      out: t.list(t.attempt),
    }),

    row('POST /api/v1/domains', createDomain, { in: ({ body }) => ({ name: body.name }), out: t.data(t.domain), status: 201 }),
    row('GET /api/v1/domains', listDomains, { in: t.paging, out: t.list(t.domain) }),
    row('GET /api/v1/domains/:domain', getDomain, { in: t.domainId, out: t.data(t.domain) }),
    row('DELETE /api/v1/domains/:domain', deleteDomain, { in: t.domainId, out: () => ({ message: 'Domain deleted.' }) }),
    row('POST /api/v1/domains/:domain/verify', verifyDomain, { in: t.domainId, out: t.data(t.domain) }),
    row('GET /api/v1/domains/:domain/dns', getDomainDns, { in: t.domainId, out: t.data(t.dns) }),

    row('POST /api/v1/api_keys', createKey, {
      in: request => ({ name: request.body.name, mode: t.keyMode(request), dialect: 'mailboxkit' as const }),
      out: t.newKey,
      status: 201,
    }),
    row('GET /api/v1/api_keys', listKeys, { in: t.numbered, out: t.list(t.key) }),
    row('GET /api/v1/api_keys/:key', getKey, { in: ({ params }) => ({ key_id: t.id('key', params.key) }), out: t.data(t.key) }),
    row('DELETE /api/v1/api_keys/:key', revokeKey, {
      in: ({ params }) => ({ key_id: t.id('key', params.key) }),
      out: () => ({ message: 'API key revoked.' }),
    }),

    row('GET /api/v1/organization', getOrganization, { in: () => ({}), out: t.data(t.organization) }),
  ],
}
