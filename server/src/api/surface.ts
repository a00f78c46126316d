/**
 * From an HTTP request to an operation and back, for every HTTP surface. A surface is a convention (where the key stands, what
 * limits hold, what an error looks like); a route is one line of its table. The order is the same for all: key → rate limit → scope →
 * body → input → idempotency → operation → answer. Nobody's body is read before it is known who sends it.
 */
import { rm } from 'node:fs/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { checkStillActive } from '../accounts/active-key.ts'
import { conflictOn, type Db, isTransient, untied } from '../kernel/database/db.ts'
import { type Claim, checkReplay, fingerprint, once, Replay, readKey } from '../kernel/database/idempotency.ts'
import { clientNetwork } from '../kernel/net/ip-addresses.ts'
import { limits } from '../limits.ts'
import { type Context, FileAnswer, type Operation } from '../operation.ts'
import type { App } from '../platform.ts'
import { Problem, problem, retryAfter } from '../problems.ts'
import { preferred } from './accept.ts'
import { holdMemory } from './body-memory.ts'
import type { Authenticate } from './key-lookup.ts'
import { isMultipart, readMultipart, singlesAsLists, type Uploads } from './multipart.ts'

export interface Window {
  name: string
  points: number
  seconds: number
}

export interface Surface {
  name: string
  /** The API key of a request, wherever this surface's clients put it. */
  credential(request: FastifyRequest): string | undefined
  /** Limits per key. `list` is true for GETs that answer lists; `path` is the route's, with its `:params`. */
  limits(request: { list: boolean; method: string; path: string }): Window[]
  /** The answer to a refusal. */
  fail(refusal: Problem, request: { id: string; app: App }): { status: number; body: object }
  /** Each API key has Idempotency-Keys of its own; otherwise all keys of an organization share them. */
  idempotencyPerKey?: boolean
}

export interface Route {
  method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  /** Path with `:params`, as Fastify writes it. */
  path: string
  run: Operation
  status: number
  multipart: boolean
  /** Files go to disk instead of into memory. */
  uploads?: boolean
  /** Request → the operation's input. Throws a Problem when it cannot be read. */
  input(request: { params: Record<string, string>; query: Record<string, unknown>; body: unknown; ctx: Context }): unknown
  /** The operation's output → the body. */
  output(result: never, ctx: Context): unknown
  constraints?: RouteOptions['constraints']
}

export interface Mount {
  app: App
  authenticate: Authenticate
  surface: Surface
}

/** What a route reads of a body, in bytes. */
const bodyLimitOf = ({ run, multipart }: Route): number =>
  run.scope === 'public' ? limits.keylessBytes : multipart ? limits.fileBodyBytes : limits.jsonBytes

/** Adds one route of a surface to the server. */
export const mountRoute = (fastify: FastifyInstance, mount: Mount, route: Route): void => {
  const admitted = new WeakMap<FastifyRequest, Context>()
  fastify.route({
    method: route.method,
    url: route.path,
    bodyLimit: bodyLimitOf(route),
    exposeHeadRoute: false,
    ...(route.constraints ? { constraints: route.constraints } : {}),
    errorHandler: (error, request, reply) => void refuse(mount, error, request, reply),
    onRequest: async (request, reply) => void admitted.set(request, await admit(mount, route, request, reply)),
    handler: (request, reply) => answer(mount.surface, route, admitted.get(request)!, request, reply),
  })
}

/** Who asks, and may they? Before the body. */
const admit = async (
  { app, authenticate, surface }: Mount,
  route: Route,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Context> => {
  const ctx = await contextOf(app, authenticate, surface, route, request)
  if (ctx.key) await limit(app, surface, route, ctx.key.id, reply)
  else await limitByAddress(app, request)
  route.run.permit(ctx, undefined)
  // A file that goes to disk takes no memory.
  if (route.multipart && !(route.uploads && isMultipart(request))) await holdMemory(ctx.org, request, reply)
  return ctx
}

const answer = async (
  surface: Surface,
  route: Route,
  ctx: Context,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> => {
  const uploads: Uploads | undefined = route.uploads ? new Map() : undefined
  try {
    return await work(surface, route, request, reply, uploads ? { ...ctx, uploads } : ctx, uploads)
  } finally {
    for (const path of uploads?.values() ?? []) await rm(path, { force: true })
  }
}

const work = async (
  surface: Surface,
  route: Route,
  request: FastifyRequest,
  reply: FastifyReply,
  ctx: Context,
  uploads: Uploads | undefined,
): Promise<FastifyReply> => {
  const body = isMultipart(request)
    ? singlesAsLists(await readMultipart(request, route.multipart, uploads), route.run.input)
    : request.body
  const asked = route.input({
    params: request.params as Record<string, string>,
    query: request.query as Record<string, unknown>,
    body,
    ctx,
  })
  const input = withFormat(route, asked, request.headers.accept)
  // The body may have taken a while to come, and a revocation none.
  if (ctx.revoked?.()) await checkStillActive(ctx)
  let stored: { status: number; body: string } | undefined
  const encode = (output: unknown) =>
    (stored ??= { status: route.status, body: JSON.stringify(route.output(output as never, ctx)) })
  const given = route.method === 'POST' ? readKey(request.headers['idempotency-key']) : undefined
  // No client's key holds a space, so these two kinds never meet.
  const key = given !== undefined && surface.idempotencyPerKey && ctx.key ? `${ctx.key.id} ${given}` : given
  try {
    if (key === undefined || !ctx.key) {
      const output: unknown = await route.run.call(ctx, input)
      if (output instanceof FileAnswer) {
        await checkReader(route, ctx)
        return sendFile(reply, output)
      }
      encode(output)
    } else {
      const { secret } = route.run
      const print = fingerprint(`${route.method} ${route.path}`, input, secret ? ctx.key.id : '')
      if (route.run.claims) {
        const claim: Claim = { key, fingerprint: print, encode }
        encode(await route.run.call({ ...ctx, claim }, input))
      } else {
        // Before a stored answer is looked up; an operation that claims by itself has checked by then.
        route.run.permit(ctx, input)
        const run = async (db: Db) => {
          stored = undefined
          return encode(await route.run.call({ ...ctx, db }, input))
        }
        // What only reads may take long, and a wait must not keep a transaction and its connection meanwhile. Of two at once both
        // look, and the answer of the first is that of both.
        let read: { status: number; body: string } | undefined
        if (isRead(route)) {
          await checkReplay(ctx.db, ctx, key, print)
          read = await run(ctx.db)
        }
        await untied(() => once(ctx.db, ctx, key, print, async db => read ?? run(db), secret ? ctx.app.sealer : undefined))
      }
    }
  } catch (error) {
    if (error instanceof Replay) {
      await checkReader(route, ctx)
      return send(reply.header('x-idempotent-replayed', 'true'), error)
    }
    if (conflictOn(error) === 'idempotency_keys_pkey') throw problem('idempotency_in_flight')
    throw error
  }
  await checkReader(route, ctx)
  return send(reply, stored!)
}

const isRead = ({ run }: Route): boolean => /\.read$/.test(run.scope)

/** What was read for a key that was revoked meanwhile is not sent. What was done is done, and is answered. */
const checkReader = async (route: Route, ctx: Context): Promise<void> => {
  if (ctx.revoked?.() && isRead(route)) await checkStillActive(ctx)
}

const send = (reply: FastifyReply, { status, body }: { status: number; body: string }): FastifyReply =>
  reply.code(status).header('content-type', 'application/json; charset=utf-8').send(body)

/** Shown by browsers where they can, and never as a page of ours. */
const sendFile = (reply: FastifyReply, { type, name, bytes }: FileAnswer): FastifyReply =>
  reply
    .headers({
      'content-type': type,
      'content-disposition': `inline; filename="${name}"`,
      'content-security-policy': "default-src 'none'; sandbox",
      'cache-control': 'private, no-store',
    })
    .send(bytes)

/** Where the answer can be a file and the input does not say which, the Accept header does. */
const withFormat = ({ run: { files } }: Route, input: unknown, accept: string | undefined): unknown =>
  Object.keys(files).length === 0 || (input as { format?: unknown }).format !== undefined
    ? input
    : { ...(input as object), format: preferred(accept, { ...files, json: 'application/json' }) }

const contextOf = async (
  app: App,
  authenticate: Authenticate,
  surface: Surface,
  route: Route,
  request: FastifyRequest,
): Promise<Context> => {
  const open = route.run.scope === 'public'
  const before = authenticate.revocations()
  const key = open ? undefined : await authenticate(surface.credential(request))
  if (!open && !key) throw problem('unauthorized')
  return {
    app,
    db: app.db,
    org: key?.org ?? '',
    livemode: key?.livemode ?? true,
    scopes: key?.scopes ?? new Set(),
    key,
    revoked: () => authenticate.revocations() !== before,
    requestId: request.id,
    ip: request.ip,
  }
}

const limit = async (app: App, surface: Surface, route: Route, keyId: string, reply: FastifyReply): Promise<void> => {
  const list = route.method === 'GET' && !/:\w+$/.test(route.path)
  const taken = await app.limits.take(surface.limits({ list, method: route.method, path: route.path }), keyId)
  reply.headers({
    'x-ratelimit-limit': taken.limit,
    'x-ratelimit-remaining': taken.remaining,
    'x-ratelimit-reset': taken.resetAt,
  })
  if (!taken.allowed) throw problem('rate_limited', { retry_after: taken.retryAfter })
}

/** Where no key is needed: requests of one network in a minute, whatever becomes of them. */
export const limitByAddress = async (app: App, request: FastifyRequest, points = 60): Promise<void> => {
  const taken = await app.limits.take([{ name: 'keyless', points, seconds: 60 }], clientNetwork(request.ip))
  if (!taken.allowed) throw problem('rate_limited', { retry_after: taken.retryAfter })
}

/** What Fastify itself refuses (broken JSON …), in our words. */
const fromFastify = (error: Error & { code?: string; statusCode?: number }): Problem | undefined => {
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return problem('unsupported_media_type')
  if (error.code?.startsWith('FST_ERR_CTP') || error instanceof SyntaxError || error.statusCode === 400)
    return problem('invalid_json')
  return undefined
}

/** Turns whatever was thrown into the surface's refusal. What is unknown says nothing but its request id. */
export const refuse = async (
  { app, surface }: Pick<Mount, 'app' | 'surface'>,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> => {
  const known = error instanceof Problem ? error : fromFastify(error as Error)
  const refusal = known ?? problem(isTransient(error) ? 'unavailable' : 'internal')
  const where = { request: request.id, route: request.routeOptions?.url }
  if (refusal.code === 'unavailable') app.log.warn({ ...where, error: String(error) }, 'a request met an outage')
  else if (!known) app.log.error({ ...where, error: (error as Error).stack ?? String(error) }, 'request failed')
  const { status, body } = surface.fail(refusal, { id: request.id, app })
  const wait = retryAfter(refusal)
  if (wait !== undefined) reply.header('retry-after', String(wait))
  // RFC 9110, 11.6.1
  if (status === 401) reply.header('www-authenticate', 'Bearer')
  await reply.code(status).header('content-type', 'application/json; charset=utf-8').send(JSON.stringify(body))
}
