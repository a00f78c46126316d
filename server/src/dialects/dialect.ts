/**
 * A dialect is another product's convention over our operations: where its key stands, its envelope, its error words, its paging
 * words, its ids, its limits, its webhooks, and a table of rows. No rule lives here: if a row needs more than map, call, map, the
 * operation is missing and belongs into its domain. Each dialect is served at its documented paths and under `/<name>`.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Static, TSchema } from 'typebox'
import type { App } from '../app.ts'
import type { Authenticate } from '../api/authenticate.ts'
import { mountRoute, type Route, type Surface, type Window } from '../api/surface.ts'
import type { Context, Operation } from '../operation.ts'
import type { Problem, ProblemCode } from '../problems.ts'
import type { WebhookDialect } from '../webhooks/sign.ts'
import { dialects } from './index.ts'

/**
 * What their clients send, read under any name: a row hands it on under one of our names (a name we do not have will not compile),
 * and its value is checked by the operation.
 */
// biome-ignore lint/suspicious/noExplicitAny: the one place where unchecked input of other products' clients is typed
export type Loose = Readonly<Record<string, any>>

export interface Incoming {
  params: Record<string, string>
  query: Loose
  body: Loose
  ctx: Context
}

export interface DialectRow {
  at: `${Route['method']} /${string}`
  run: Operation
  in(request: Incoming): unknown
  out(output: never, ctx: Context): unknown
  status: number
  multipart: boolean
}

/** A documented endpoint that is not offered, and why. It is listed in the coverage page. */
export interface Gap {
  at: string
  why: string
}

export interface Dialect {
  name: string
  title: string
  /** Which document it follows, and when that was read. */
  document: string
  asOf: string
  credential(request: FastifyRequest): string | undefined
  limits: Surface['limits']
  /** Their status and word for each of our refusals; a missing one does not compile. */
  errors: Record<ProblemCode, readonly [status: number, word: string]>
  /** Their error envelope. */
  fail(refusal: Problem, answer: { status: number; word: string; id: string; app: App }): object
  rows: readonly (DialectRow | Gap)[]
  webhooks: WebhookDialect
}

/** One endpoint of theirs. `in` must give what the operation takes, `out` gets what it returns. */
export const row = <I extends TSchema, O extends TSchema>(
  at: DialectRow['at'],
  run: Operation<I, O>,
  translate: { in: (request: Incoming) => Static<I>; out: (output: Static<O>, ctx: Context) => unknown; status?: number; multipart?: true },
): DialectRow => ({ at, run: run as unknown as Operation, in: translate.in, out: translate.out as DialectRow['out'], status: translate.status ?? 200, multipart: translate.multipart ?? false })

export const gap = (at: string, why: string): Gap => ({ at, why })

export const perKey = (...windows: Window[]): Surface['limits'] => () => windows

/** Fields they left out are left out for us too. */
const dropUndefined = (value: unknown): unknown =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) : value

const surfaceOf = (dialect: Dialect): Surface => ({
  name: dialect.name,
  credential: dialect.credential,
  limits: dialect.limits,
  fail: (refusal, { id, app }) => {
    const [status, word] = dialect.errors[refusal.code]
    return { status, body: dialect.fail(refusal, { status, word, id, app }) }
  },
})

const empty = Object.freeze(Object.create(null)) as Loose

/** Serves every dialect. Where two document the same path, a route constraint on the key's prefix tells them apart. */
export const mountDialects = (fastify: FastifyInstance, app: App, authenticate: Authenticate): void => {
  const rowsOf = (dialect: Dialect) => dialect.rows.filter((row): row is DialectRow => 'run' in row)
  const shape = (at: string) => at.replace(/:\w+/g, ':')
  const documented = new Map<string, number>()
  for (const dialect of dialects) for (const { at } of rowsOf(dialect)) documented.set(shape(at), (documented.get(shape(at)) ?? 0) + 1)

  for (const dialect of dialects) {
    const mount = { app, authenticate, surface: surfaceOf(dialect) }
    for (const row of rowsOf(dialect)) {
      const [method, path] = row.at.split(' ') as [Route['method'], string]
      const route: Route = {
        method,
        path,
        run: row.run,
        status: row.status,
        multipart: row.multipart,
        input: ({ params, query, body, ctx }) => dropUndefined(row.in({ params, query: query as Loose, body: (body ?? empty) as Loose, ctx })),
        output: row.out,
      }
      const shared = (documented.get(shape(row.at)) ?? 0) > 1
      mountRoute(fastify, mount, shared ? { ...route, constraints: { keyDialect: dialect.name } } : route)
      mountRoute(fastify, mount, { ...route, path: `/${dialect.name}${path}` })
    }
  }
}
