/** The log of a webhook: what it was sent, how that went, and doing it again. A key is shown what it may read (events.ts). */
import Type, { type Static } from 'typebox'
import { recordFor } from '../events/events.sql.ts'
import { events, mayRead, readable } from '../events/events.ts'
import { parseId, publicId, toUlid } from '../kernel/ids.ts'
import { Page, page, pageOf, paging } from '../kernel/pages.ts'
import { limits } from '../limits.ts'
import { type Context, object, operation } from '../operation.ts'
import { invalid, problem } from '../problems.ts'
import { attempt } from './attempt.ts'
import * as log from './attempt-log.sql.ts'
import { claimOne } from './dispatch.sql.ts'
import { lease, recordAttempts } from './dispatch.ts'
import type { EndpointRow } from './endpoints.sql.ts'
import { findWebhook, Nullable, WebhookId } from './endpoints.ts'

const Delivery = Type.Object({
  id: Type.String(),
  webhook_id: Type.String(),
  event_id: Type.String(),
  event_type: Type.String(),
  status: Type.String({ description: 'pending, delivered or failed.' }),
  attempts: Type.Integer({ description: 'Made since it was recorded or replayed.' }),
  next_attempt_at: Nullable(Type.String()),
  created_at: Type.String(),
})

const toDelivery = (row: log.DeliveryRow): Static<typeof Delivery> => ({
  id: publicId('webhookDelivery', row.id),
  webhook_id: publicId('webhook', row.endpoint_id),
  event_id: publicId('event', row.event_id),
  event_type: row.event_type,
  status: row.state,
  attempts: row.attempts,
  next_attempt_at: row.next_attempt_at?.toISOString() ?? null,
  created_at: row.created_at.toISOString(),
})

const Attempt = Type.Object({
  id: Type.String(),
  webhook_id: Type.String(),
  delivery_id: Type.String(),
  event_id: Type.String({ description: 'What the receiver saw as webhook-id.' }),
  event_type: Type.String(),
  attempt: Type.Integer({ description: '1 is the first; a replay counts from 1 again.' }),
  status: Nullable(Type.Integer({ description: 'HTTP status; null when there was no answer.' })),
  error: Nullable(Type.String({ description: 'Why it counts as failed; null when it was delivered.' })),
  response_excerpt: Nullable(Type.String({ description: 'The beginning of what the endpoint answered.' })),
  duration_ms: Type.Integer(),
  created_at: Type.String(),
})

const toAttempt = (row: log.LoggedAttempt): Static<typeof Attempt> => ({
  id: `wha_${toUlid(row.id)}`,
  webhook_id: publicId('webhook', row.endpoint_id),
  delivery_id: publicId('webhookDelivery', row.delivery_id),
  event_id: publicId('event', row.event_id),
  event_type: row.event_type,
  attempt: row.attempt,
  status: row.status,
  error: row.error,
  response_excerpt: row.response_excerpt,
  duration_ms: row.duration_ms,
  created_at: row.created_at.toISOString(),
})

export const testWebhook = operation(
  'Send a test event to a webhook now',
  'webhooks.manage',
  {
    input: object({ webhook_id: WebhookId }),
    output: Type.Object({ ...Attempt.properties, delivered: Type.Boolean() }),
  },
  async (ctx, input) => {
    const endpoint = await findWebhook(ctx, input.webhook_id)
    const data = { webhook_id: publicId('webhook', endpoint.id), message: 'A test you asked for.' }
    // Claimed before it is visible to others, so that no worker takes it first.
    const delivery = await ctx.db.tx(async db => {
      const id = await recordFor(db, ctx.org, endpoint.id, {
        type: 'webhook.test',
        organization_id: ctx.org,
        livemode: ctx.livemode,
        data,
      })
      return claimOne(db, ctx.org, id, lease(ctx.app))
    })
    if (!delivery) throw problem('not_found', { what: 'webhook' })
    const made = await attempt(ctx.app, delivery)
    await recordAttempts(ctx.app, ctx.db, [{ delivery, made }])
    return {
      ...toAttempt({ ...made, event_id: delivery.event_id, event_type: delivery.type }),
      delivered: made.state === 'delivered',
    }
  },
)

export const listWebhookAttempts = operation(
  'List the attempts to deliver to a webhook',
  'webhooks.manage',
  { input: object({ webhook_id: WebhookId, ...paging }), output: Page(Attempt) },
  async (ctx, input) => {
    const { before, limit, fetch } = pageOf(input)
    const { id } = await findWebhook(ctx, input.webhook_id)
    return page(
      await log.attempts(ctx.db, ctx.org, ctx.livemode, id, { types: readable(ctx.scopes), before, limit: fetch }),
      limit,
      toAttempt,
    )
  },
)

export const listWebhookDeliveries = operation(
  'List what a webhook was sent or will be',
  'webhooks.manage',
  {
    input: object({ webhook_id: WebhookId, status: Type.Optional(Type.Enum(['pending', 'delivered', 'failed'])), ...paging }),
    output: Page(Delivery),
  },
  async (ctx, input) => {
    const { before, limit, fetch } = pageOf(input)
    const { id } = await findWebhook(ctx, input.webhook_id)
    return page(
      await log.deliveries(ctx.db, ctx.org, ctx.livemode, id, {
        state: input.status,
        types: readable(ctx.scopes),
        before,
        limit: fetch,
      }),
      limit,
      toDelivery,
    )
  },
)

const findEnabled = async (ctx: Context, id: string): Promise<EndpointRow> => {
  const endpoint = await findWebhook(ctx, id)
  if (!endpoint.enabled) throw invalid({ path: '/webhook_id', message: 'is switched off; switch it on first (enabled: true)' })
  return endpoint
}

export const replayWebhookDelivery = operation(
  'Deliver an event to a webhook again',
  'webhooks.manage',
  { input: object({ webhook_id: WebhookId, delivery_id: Type.String() }), output: Delivery },
  async (ctx, input) => {
    const endpoint = await findEnabled(ctx, input.webhook_id)
    const row = await log.deliveryById(
      ctx.db,
      ctx.org,
      ctx.livemode,
      endpoint.id,
      parseId('webhookDelivery', input.delivery_id) ?? null,
    )
    if (!row) throw problem('not_found', { what: 'webhook delivery' })
    if (!mayRead(ctx.scopes, row.event_type)) throw problem('forbidden', { scope: events[row.event_type].scope })
    if (!(await log.replay(ctx.db, ctx.org, row.id)))
      throw problem('not_cancellable', { what: 'delivery', status: 'pending', allowed: 'delivered or failed' })
    return toDelivery({ ...row, state: 'pending', attempts: 0, next_attempt_at: null })
  },
)

export const replayWebhookDeliveries = operation(
  'Deliver again what failed in a range of time',
  'webhooks.manage',
  {
    input: object({
      webhook_id: WebhookId,
      since: Type.String({ format: 'date-time', description: 'Deliveries recorded from then on.' }),
      until: Type.Optional(Type.String({ format: 'date-time', description: 'And before this moment. Default now.' })),
    }),
    output: Type.Object({
      replayed: Type.Integer({ description: `How many. At ${limits.replayed} there may be more: call again.` }),
    }),
  },
  async (ctx, input) => {
    const { id } = await findEnabled(ctx, input.webhook_id)
    const until = input.until === undefined ? ctx.app.clock.now() : new Date(input.until)
    const replayed = await log.replayFailed(ctx.db, ctx.org, ctx.livemode, id, {
      types: readable(ctx.scopes),
      since: new Date(input.since),
      until,
      limit: limits.replayed,
    })
    return { replayed }
  },
)
