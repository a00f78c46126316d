/**
 * API keys. At least 128 random bits behind a prefix that says which product's client and which mode the key is for; the
 * key works on every surface all the same. Only its SHA-256 is stored; it is shown once. A live key sees and revokes the keys of
 * both modes, because it makes them; a test key those of test mode.
 */
import Type from 'typebox'
import { type KeyDialect, keyPrefixes } from '../dialects/products.ts'
import { newApiKey } from '../kernel/crypto.ts'
import type { Db } from '../kernel/database/db.ts'
import { newId, parseId, publicId } from '../kernel/ids.ts'
import { NumberedPage, numbered, numbers, page, pageOf } from '../kernel/pages.ts'
import { type Context, object, oneOf, operation } from '../operation.ts'
import { invalid, problem } from '../problems.ts'
import { allScopes, everyScope, storedScopes } from '../scopes.ts'
import { idsOfKey } from '../webhooks/endpoints.sql.ts'
import * as store from './keys.sql.ts'

const Key = Type.Object({
  id: Type.String(),
  name: Type.String(),
  hint: Type.String({ description: 'Beginning and end of the key, to tell keys apart.' }),
  mode: oneOf(['live', 'test']),
  dialect: Type.String({ description: 'Whose client the key was made for.' }),
  scopes: Type.Array(Type.String()),
  hold: Type.Boolean({ description: 'What is sent, printed or bought with it waits for approval.' }),
  expires_at: Type.Union([Type.String(), Type.Null()]),
  last_used_at: Type.Union([Type.String(), Type.Null()]),
  created_at: Type.String(),
})

const NewKey = Type.Object({ ...Key.properties, key: Type.String({ description: 'The key itself, shown only now.' }) })

const toKey = (row: store.KeyRow) => ({
  id: publicId('key', row.id),
  name: row.name,
  hint: row.hint,
  mode: row.livemode ? ('live' as const) : ('test' as const),
  dialect: row.dialect,
  scopes: row.scopes.includes(everyScope) ? allScopes : row.scopes,
  hold: row.hold,
  expires_at: row.expires_at?.toISOString() ?? null,
  last_used_at: row.last_used_at?.toISOString() ?? null,
  created_at: row.created_at.toISOString(),
})

/** Makes a key inside the caller's transaction. */
export const mintKey = async (
  db: Db,
  organizationId: string,
  wanted: { name: string; livemode: boolean; dialect: KeyDialect; scopes?: string[]; hold?: boolean; expiresAt?: Date },
) => {
  const { key, hash, hint } = newApiKey(keyPrefixes[wanted.dialect][wanted.livemode ? 'live' : 'test'])
  const row = await store.insert(db, organizationId, {
    id: newId(),
    name: wanted.name,
    hash,
    hint,
    livemode: wanted.livemode,
    dialect: wanted.dialect,
    scopes: wanted.scopes ?? [everyScope],
    hold: wanted.hold ?? false,
    expiresAt: wanted.expiresAt ?? null,
  })
  return { ...toKey(row!), key }
}

/** A key under hold would free itself by a new key, or by ending those of who approves. Throws key_under_hold. */
const checkMayManageKeys = ({ key }: Context): void => {
  if (key?.hold) throw problem('key_under_hold')
}

export const createKey = operation(
  'Make an API key',
  'account.manage',
  {
    input: object({
      name: Type.String({ minLength: 1, maxLength: 200 }),
      mode: Type.Optional(
        oneOf(
          ['live', 'test'],
          'test cuts the world off: nothing leaves, nothing is charged. Default: that of the key that makes it.',
        ),
      ),
      dialect: Type.Optional(oneOf(Object.keys(keyPrefixes) as KeyDialect[], 'Whose client will use it; decides the prefix.')),
      scopes: Type.Optional(
        Type.Array(oneOf(allScopes), {
          minItems: 1,
          uniqueItems: true,
          description: 'What it may do. Default: everything the key that makes it may.',
        }),
      ),
      hold: Type.Optional(
        Type.Boolean({
          description:
            'What it sends, prints or buys waits for approval. It can approve nothing, and make and revoke no keys but itself.',
        }),
      ),
      expires_at: Type.Optional(Type.String({ format: 'date-time', description: 'From then on it is refused.' })),
    }),
    output: NewKey,
    secret: true,
  },
  async (ctx, input) => {
    checkMayManageKeys(ctx)
    const excess = input.scopes?.filter(scope => !ctx.scopes.has(scope))
    if (excess?.length)
      throw invalid({ path: '/scopes', message: `has ${excess.join(', ')}, which the key you are using does not have itself` })
    const expiresAt = input.expires_at ? new Date(input.expires_at) : undefined
    if (expiresAt && expiresAt <= ctx.app.clock.now()) throw invalid({ path: '/expires_at', message: 'is in the past' })
    const livemode = input.mode === undefined ? ctx.livemode : input.mode === 'live'
    if (livemode && !ctx.livemode) throw problem('live_only', { what: 'API key' })
    return mintKey(ctx.db, ctx.org, {
      name: input.name,
      livemode,
      dialect: input.dialect ?? 'pennypost',
      hold: input.hold ?? false,
      scopes: input.scopes ?? storedScopes(ctx.scopes),
      ...(expiresAt ? { expiresAt } : {}),
    })
  },
)

export const listKeys = operation(
  'List API keys',
  'account.manage',
  { input: object({ ...numbered }), output: NumberedPage(Key) },
  async (ctx, input) => {
    const { before, limit, fetch } = pageOf(input)
    return {
      ...page(await store.list(ctx.db, ctx.org, ctx.livemode, { before, limit: fetch, skip: input.offset ?? 0 }), limit, toKey),
      ...(await numbers(input, limit, () => store.count(ctx.db, ctx.org, ctx.livemode))),
    }
  },
)

export const getKey = operation(
  'Get an API key',
  'account.manage',
  { input: object({ key_id: Type.String() }), output: Key },
  async (ctx, input) => {
    const row = await store.byId(ctx.db, ctx.org, ctx.livemode, parseId('key', input.key_id) ?? null)
    if (!row) throw problem('not_found', { what: 'API key' })
    return toKey(row)
  },
)

export const revokeKey = operation(
  'Revoke an API key',
  'account.manage',
  {
    input: object({ key_id: Type.String() }),
    output: Type.Object({
      id: Type.String(),
      deleted: Type.Literal(true),
      webhooks: Type.Array(Type.String(), {
        description: 'Webhooks which that key set up. They go on, so that keys can be rotated; delete those that are not yours.',
      }),
    }),
  },
  async (ctx, input) => {
    const id = parseId('key', input.key_id) ?? null
    if (ctx.key?.id !== id) checkMayManageKeys(ctx)
    const row = await store.revoke(ctx.db, ctx.org, ctx.livemode, id)
    if (!row) throw problem('not_found', { what: 'API key' })
    ctx.app.bus.emit('key.revoked', row.id)
    const webhooks = (await idsOfKey(ctx.db, ctx.org, row.id)).map(webhook => publicId('webhook', webhook.id))
    return { id: publicId('key', row.id), deleted: true as const, webhooks }
  },
)
