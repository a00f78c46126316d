/** Webhooks: where an organization wants to be told, of what, the secret that proves it is us, and the log of how it went. */
import Type, { type Static } from 'typebox'
import { webhookDialects } from '../dialects/webhook-encodings.ts'
import { recordFor } from '../events/events.sql.ts'
import { type EventType, events } from '../events/events.ts'
import { newId, parseId, publicId, toUlid } from '../kernel/ids.ts'
import { NumberedPage, numbered, numbers, Page, page, pageOf, paging } from '../kernel/pages.ts'
import { type Context, object, operation } from '../operation.ts'
import { invalid, problem } from '../problems.ts'
import { attempt, secretContext } from './attempt.ts'
import * as log from './attempt-log.sql.ts'
import { claimOne, giveUpAll } from './dispatch.sql.ts'
import { lease, recordAttempts } from './dispatch.ts'
import * as store from './endpoints.sql.ts'
import { newSecret } from './sign.ts'

/** Every event is sent to each endpoint that wants it, so their number bounds what one event can cost. */
const mostEndpoints = 100
const overlapMs = 24 * 3_600_000
/** As many as one call replays: one statement, a second or so of work. */
const mostReplayed = 10_000

const Nullable = <T extends Type.TSchema>(type: T) => Type.Union([type, Type.Null()])

const Webhook = Type.Object({
  id: Type.String(),
  name: Type.String(),
  url: Type.String(),
  events: Type.Array(Type.String(), { description: 'Event types, or "*" for all.' }),
  dialect: Type.String({ description: 'Whose words and signature it gets.' }),
  enabled: Type.Boolean(),
  disabled_reason: Nullable(
    Type.String({
      description: 'gone: it answered 410. failing: it only failed for five days. null: it was switched off by hand, or is on.',
    }),
  ),
  failing_since: Nullable(Type.String({ description: 'The first failure after the last success.' })),
  previous_secret_until: Nullable(Type.String({ description: 'Until then the secret before the last rotation signs too.' })),
  created_at: Type.String(),
})

const NewWebhook = Type.Object({
  ...Webhook.properties,
  secret: Type.String({ description: 'The signing secret, shown only now.' }),
})

const toWebhook = (row: store.EndpointRow): Static<typeof Webhook> => ({
  id: publicId('webhook', row.id),
  name: row.name,
  url: row.url,
  events: row.events,
  dialect: row.dialect,
  enabled: row.enabled,
  disabled_reason: row.disabled_reason,
  failing_since: row.failing_since?.toISOString() ?? null,
  previous_secret_until: row.previous_secret_until?.toISOString() ?? null,
  created_at: row.created_at.toISOString(),
})

const WebhookId = Type.String({ description: 'Id of the webhook.' })

const findWebhook = async (ctx: Context, id: string): Promise<store.EndpointRow> => {
  const row = await store.byId(ctx.db, ctx.org, parseId('webhook', id) ?? null)
  if (!row) throw problem('not_found', { what: 'webhook' })
  return row
}

/**
 * Refused at once, so that a typing error or an address inside our network shows where it was made. It is checked again at every attempt;
 * hence a name that DNS does not know yet may be registered before its server is there.
 */
const checkUrl = async (ctx: Context, url: string): Promise<void> => {
  const refused = await ctx.app.fetch.checkUrl(url)
  if (refused && refused.reason !== 'dns') throw problem('url_refused', { reason: refused.message })
}

const Url = Type.String({ minLength: 1, maxLength: 2048, description: 'http or https, on the public internet.' })
const Name = Type.String({ minLength: 1, maxLength: 200 })
const Events = Type.Array(Type.Enum(['*', ...(Object.keys(events) as EventType[])]), {
  minItems: 1,
  uniqueItems: true,
  description: 'Event types, or "*" for all, those to come included.',
})

const makeSecret = (ctx: Context, id: string, dialect: string) => {
  const secret = newSecret(dialect)
  return { secret, sealed: ctx.app.sealer.seal(secret, secretContext(id)) }
}

export const createWebhook = operation(
  'Make a webhook',
  'webhooks.manage',
  {
    input: object({
      name: Type.Optional(Name),
      url: Url,
      events: Events,
      dialect: Type.Optional(
        Type.Enum(['pennypost', ...Object.keys(webhookDialects)], {
          description: 'Whose words and signature it gets. Default pennypost: Standard Webhooks.',
        }),
      ),
    }),
    output: NewWebhook,
    secret: true,
  },
  async (ctx, { url, events, dialect = 'pennypost', name }) => {
    await checkUrl(ctx, url)
    const id = newId()
    const { secret, sealed } = makeSecret(ctx, id, dialect)
    const row = await store.insert(
      ctx.db,
      ctx.org,
      { id, name: name ?? new URL(url).host, url, events, dialect, secret: sealed },
      mostEndpoints,
    )
    if (!row)
      throw invalid({ path: '', message: `there are ${mostEndpoints} webhooks already, which is the most; remove one first` })
    return { ...toWebhook(row), secret }
  },
)

export const listWebhooks = operation(
  'List webhooks',
  'webhooks.manage',
  { input: object({ ...numbered }), output: NumberedPage(Webhook) },
  async (ctx, input) => {
    const { before, limit, fetch } = pageOf(input)
    return {
      ...page(await store.list(ctx.db, ctx.org, { before, limit: fetch, skip: input.offset ?? 0 }), limit, toWebhook),
      ...(await numbers(input, limit, () => store.count(ctx.db, ctx.org))),
    }
  },
)

export const getWebhook = operation(
  'Get a webhook',
  'webhooks.manage',
  { input: object({ webhook_id: WebhookId }), output: Webhook },
  async (ctx, input) => toWebhook(await findWebhook(ctx, input.webhook_id)),
)

export const updateWebhook = operation(
  'Change a webhook',
  'webhooks.manage',
  {
    input: object({
      webhook_id: WebhookId,
      name: Type.Optional(Name),
      url: Type.Optional(Url),
      events: Type.Optional(Events),
      enabled: Type.Optional(
        Type.Boolean({
          description: 'false: nothing is sent, and what was waiting has failed; replay brings it back. true: starts afresh.',
        }),
      ),
    }),
    output: Webhook,
  },
  async (ctx, { webhook_id, name = null, url = null, events = null, enabled = null }) => {
    if (url !== null) await checkUrl(ctx, url)
    return ctx.db.tx(async db => {
      const row = await store.update(db, ctx.org, parseId('webhook', webhook_id) ?? null, { name, url, events, enabled })
      if (!row) throw problem('not_found', { what: 'webhook' })
      if (enabled === false) await giveUpAll(db, ctx.org, row.id)
      return toWebhook(row)
    })
  },
)

export const deleteWebhook = operation(
  'Delete a webhook with its log',
  'webhooks.manage',
  { input: object({ webhook_id: WebhookId }), output: Type.Object({ id: Type.String(), deleted: Type.Literal(true) }) },
  async (ctx, input) => {
    const id = parseId('webhook', input.webhook_id)
    if (!id || !(await store.remove(ctx.db, ctx.org, id))) throw problem('not_found', { what: 'webhook' })
    return { id: publicId('webhook', id), deleted: true as const }
  },
)

export const rotateWebhookSecret = operation(
  'Give a webhook a new secret',
  'webhooks.manage',
  { input: object({ webhook_id: WebhookId }), output: NewWebhook, secret: true },
  async (ctx, input) => {
    const { id, dialect } = await findWebhook(ctx, input.webhook_id)
    const { secret, sealed } = makeSecret(ctx, id, dialect)
    const row = await store.rotate(ctx.db, ctx.org, id, sealed, new Date(ctx.app.clock.now().getTime() + overlapMs))
    if (!row) throw problem('not_found', { what: 'webhook' })
    return { ...toWebhook(row), secret }
  },
)

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
    return page(await log.attempts(ctx.db, ctx.org, ctx.livemode, id, { before, limit: fetch }), limit, toAttempt)
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
      await log.deliveries(ctx.db, ctx.org, ctx.livemode, id, { state: input.status, before, limit: fetch }),
      limit,
      toDelivery,
    )
  },
)

const findEnabled = async (ctx: Context, id: string): Promise<store.EndpointRow> => {
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
      replayed: Type.Integer({ description: `How many. At ${mostReplayed} there may be more: call again.` }),
    }),
  },
  async (ctx, input) => {
    const { id } = await findEnabled(ctx, input.webhook_id)
    const until = input.until === undefined ? ctx.app.clock.now() : new Date(input.until)
    const replayed = await log.replayFailed(ctx.db, ctx.org, ctx.livemode, id, {
      since: new Date(input.since),
      until,
      limit: mostReplayed,
    })
    return { replayed }
  },
)
