/** Serves the dialects: each row at its documented path at the root, and under `/<name>`. Called after the native API is mounted. */
import type { FastifyInstance } from 'fastify'
import type { Authenticate } from '../api/key-lookup.ts'
import { mountRoute, type Route, type Surface } from '../api/surface.ts'
import type { Context } from '../operation.ts'
import type { App } from '../platform.ts'
import type { Dialect, DialectRow } from './dialect.ts'
import type { Loose } from './incoming.ts'
import { dialects } from './index.ts'
import { credentialOf } from './product.ts'
import { watched } from './reading.ts'

/** Fields they left out are left out for us too. */
const dropUndefined = (value: unknown): unknown =>
  value !== null && typeof value === 'object' && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined))
    : value

const surfaceOf = (dialect: Dialect): Surface => ({
  name: dialect.name,
  credential: request => credentialOf(dialect, request.headers),
  limits: dialect.limits,
  idempotencyPerKey: dialect.idempotencyPerKey ?? false,
  fail: (refusal, { id, app }) => {
    const [status, word] = dialect.errors[refusal.code]
    return { status, body: dialect.fail(refusal, { status, word, id, app }) }
  },
})

const surfaces = new Map(dialects.map(dialect => [dialect.name, surfaceOf(dialect)]))
/** The first folder of each dialect's documented paths: `api`, `v1`. */
const roots = new Map(dialects.map(({ name, root }) => [name, root.split('/')[1]!]))

/** Whose words a request gets that meets no route: those of the dialect it names, or of its key where that dialect's paths begin so. */
export const surfaceAt = (url: string, keyDialect: string | undefined): Surface | undefined => {
  const root = /^\/([^/?]+)/.exec(url)?.[1] ?? ''
  return surfaces.get(root) ?? (keyDialect && roots.get(keyDialect) === root ? surfaces.get(keyDialect) : undefined)
}

const empty = Object.freeze(Object.create(null)) as Loose

const isFields = (body: unknown): boolean => typeof body === 'object' && body !== null

/** What a request held that nobody read, until its answer is written. */
const ignored = new WeakMap<Context, string[]>()

/** The answer, with the fields of the request that were not read beside its own. */
const withIgnored = (answer: unknown, names: string[]): unknown =>
  names.length > 0 && isFields(answer) && !Array.isArray(answer) ? { ...(answer as object), ignored: names } : answer

/** Serves every dialect. Where a path is documented by two, or is native too, a route constraint on the key's prefix tells them apart. */
export const mountDialects = (fastify: FastifyInstance, app: App, authenticate: Authenticate): void => {
  const rowsOf = (dialect: Dialect) => dialect.rows.filter((row): row is DialectRow => 'run' in row)
  const shape = (at: string) => at.replace(/:\w+/g, ':')
  const documented = new Map<string, number>()
  for (const dialect of dialects)
    for (const { at } of rowsOf(dialect)) documented.set(shape(at), (documented.get(shape(at)) ?? 0) + 1)

  for (const dialect of dialects) {
    const mount = { app, authenticate, surface: surfaces.get(dialect.name)! }
    for (const row of rowsOf(dialect)) {
      const [method, path] = row.at.split(' ') as [Route['method'], string]
      const route: Route = {
        method,
        path,
        run: row.run,
        status: row.status,
        multipart: row.multipart,
        uploads: row.uploads,
        input: ({ params, query, body, ctx }) => {
          const request = watched(query as Loose, isFields(body) ? (body as Loose) : empty)
          const given = isFields(body) || body === undefined || body === null ? request.body : (body as Loose)
          const input = dropUndefined(request.handedOn(row.in({ params, query: request.query, body: given, ctx })))
          ignored.set(ctx, request.ignored())
          return input
        },
        output: (result, ctx) => withIgnored(row.out(result, ctx), ignored.get(ctx) ?? []),
      }
      const shared = (documented.get(shape(row.at)) ?? 0) > 1 || fastify.hasRoute({ method, url: path })
      mountRoute(fastify, mount, shared ? { ...route, constraints: { keyDialect: dialect.name } } : route)
      mountRoute(fastify, mount, { ...route, path: `/${dialect.name}${path}` })
    }
  }
}
