/** Webhooks: where an organization wants to be told, of what, the secret that proves it is us, and the log of how it went. */
import Type, { type Static } from 'typebox'
import { webhookDialects } from '../dialects/products.ts'
import { type EventType, events, eventTypes, mayRead } from '../events/events.ts'
import { newId, parseId, publicId } from '../kernel/ids.ts'
import { NumberedPage, numbered, numbers, page, pageOf } from '../kernel/pages.ts'
import { limits } from '../limits.ts'
import { type Context, object, operation } from '../operation.ts'
import { invalid, problem } from '../problems.ts'
import { allScopes, everyScope, type Scope, storedScopes } from '../scopes.ts'
import { secretContext } from './attempt.ts'
import { giveUpAll } from './dispatch.sql.ts'
import * as store from './endpoints.sql.ts'
import { newSecret } from './sign.ts'

const overlapMs = 24 * 3_600_000

export const Nullable = <T extends Type.TSchema>(type: T) => Type.Union([type, Type.Null()])

const Webhook = Type.Object({
  id: Type.String(),
  livemode: Type.Boolean({ description: 'Of the key that made it: it gets the events of this mode only.' }),
  name: Type.String(),
  url: Type.String(),
  events: Type.Array(Type.String(), { description: 'Event types, or "*" for all.' }),
  scopes: Type.Array(Type.String(), {
    description: 'Those of the key that made it, or set its URL or events last. It gets only events whose scope is among them.',
  }),
  key_id: Nullable(Type.String({ description: 'That key.' })),
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
  livemode: row.livemode,
  name: row.name,
  url: row.url,
  events: row.events,
  scopes: row.scopes.includes(everyScope) ? allScopes : row.scopes,
  key_id: row.key_id && publicId('key', row.key_id),
  dialect: row.dialect,
  enabled: row.enabled,
  disabled_reason: row.disabled_reason,
  failing_since: row.failing_since?.toISOString() ?? null,
  previous_secret_until: row.previous_secret_until?.toISOString() ?? null,
  created_at: row.created_at.toISOString(),
})

export const WebhookId = Type.String({ description: 'Id of the webhook.' })

/** Of the caller's organization and mode. Throws not_found. */
export const findWebhook = async (ctx: Context, id: string): Promise<store.EndpointRow> => {
  const row = await store.byId(ctx.db, ctx.org, ctx.livemode, parseId('webhook', id) ?? null)
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
const Events = Type.Array(Type.Enum(['*', ...eventTypes]), {
  minItems: 1,
  uniqueItems: true,
  description:
    'Event types, each of which needs the scope its data needs (docs/events.md), or "*" for all that your key may read, those to come included.',
})

/** Whoever has events sent somewhere must be allowed to read them. */
const scopesOf = (wanted: readonly string[] = []): Scope[] =>
  wanted.flatMap(type => (type === '*' ? [] : [events[type as EventType].scope]))

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
    also: ({ events }) => scopesOf(events),
  },
  async (ctx, { url, events, dialect = 'pennypost', name }) => {
    await checkUrl(ctx, url)
    const id = newId()
    const { secret, sealed } = makeSecret(ctx, id, dialect)
    const row = await store.insert(
      ctx.db,
      ctx.org,
      ctx.livemode,
      {
        id,
        name: name ?? new URL(url).host,
        url,
        events,
        scopes: storedScopes(ctx.scopes),
        keyId: ctx.key?.id ?? null,
        dialect,
        secret: sealed,
      },
      limits.webhooks,
    )
    if (!row)
      throw invalid({
        path: '',
        message: `there are ${limits.webhooks} webhooks of this mode already, which is the most; remove one first`,
      })
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
      ...page(
        await store.list(ctx.db, ctx.org, ctx.livemode, { before, limit: fetch, skip: input.offset ?? 0 }),
        limit,
        toWebhook,
      ),
      ...(await numbers(input, limit, () => store.count(ctx.db, ctx.org, ctx.livemode))),
    }
  },
)

export const getWebhook = operation(
  'Get a webhook',
  'webhooks.manage',
  { input: object({ webhook_id: WebhookId }), output: Webhook },
  async (ctx, input) => toWebhook(await findWebhook(ctx, input.webhook_id)),
)

/** Who has an endpoint's events sent elsewhere must be allowed to read all it gets. Throws forbidden. */
const checkMayMove = (ctx: Context, { events: wanted, scopes }: store.EndpointRow): void => {
  const given = new Set(scopes)
  for (const type of eventTypes)
    if ((wanted.includes(type) || wanted.includes('*')) && mayRead(given, type) && !mayRead(ctx.scopes, type))
      throw problem('forbidden', { scope: events[type].scope })
}

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
    also: ({ events }) => scopesOf(events),
  },
  async (ctx, { webhook_id, name = null, url = null, events = null, enabled = null }) => {
    const before = await findWebhook(ctx, webhook_id)
    if (url !== null) {
      await checkUrl(ctx, url)
      if (events === null) checkMayMove(ctx, before)
    }
    // From then on it is given what this key may read, whoever made it.
    const setUp = url !== null || events !== null
    const scopes = setUp ? storedScopes(ctx.scopes) : null
    const keyId = setUp ? (ctx.key?.id ?? null) : null
    return ctx.db.tx(async db => {
      const row = await store.update(db, ctx.org, ctx.livemode, before.id, { name, url, events, enabled, scopes, keyId })
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
    if (!id || !(await store.remove(ctx.db, ctx.org, ctx.livemode, id))) throw problem('not_found', { what: 'webhook' })
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
    const row = await store.rotate(ctx.db, ctx.org, ctx.livemode, id, sealed, new Date(ctx.app.clock.now().getTime() + overlapMs))
    if (!row) throw problem('not_found', { what: 'webhook' })
    return { ...toWebhook(row), secret }
  },
)
