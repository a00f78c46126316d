/**
 * A dialect is another product's convention over our operations: where its key stands, its envelope, its error words, its paging
 * words, its ids, its limits, its webhooks, and a table of rows. No rule lives here: if a row needs more than map, call, map, the
 * operation is missing and belongs into its domain. Each dialect is served at its documented paths and under `/<name>`.
 */
import type { Static, TSchema } from 'typebox'
import type { Route, Surface, Window } from '../api/surface.ts'
import type { Context, Operation } from '../operation.ts'
import type { App } from '../platform.ts'
import { type HttpStatus, type Problem, type ProblemCode, refusals } from '../problems.ts'
import type { Incoming } from './incoming.ts'
import type { Product } from './product.ts'

export interface DialectRow {
  at: `${Route['method']} /${string}`
  run: Operation
  in(request: Incoming): unknown
  out(output: never, ctx: Context): unknown
  status: number
  multipart: boolean
  uploads: boolean
}

/** A documented endpoint that is not offered, and why. It is listed in the coverage page. */
export interface Gap {
  at: string
  why: string
}

export interface Dialect extends Product {
  limits: Surface['limits']
  /** Their status and word for each of our refusals: see errorWords. */
  errors: Record<ProblemCode, readonly [status: number, word: string]>
  /** Their error envelope. */
  fail(refusal: Problem, answer: { status: number; word: string; id: string; app: App }): object
  rows: readonly (DialectRow | Gap)[]
  /** Each API key has Idempotency-Keys of its own. */
  idempotencyPerKey?: true
  /** What the document states beyond its endpoints, one by one, and which test shows it. Printed in the coverage page. */
  statements?: readonly Statement[]
}

/** `shown`: `file: title of the test`, the file beside the dialect or from the root of the project. */
export interface Statement {
  section: string
  states: string
  shown: string
}

/** One endpoint of theirs. `in` must give what the operation takes, `out` gets what it returns. */
export const row = <I extends TSchema, O extends TSchema>(
  at: DialectRow['at'],
  run: Operation<I, O>,
  translate: {
    in: (request: Incoming) => Static<I>
    out: (output: Static<O>, ctx: Context) => unknown
    status?: number
    multipart?: true
    /** Files of up to 50 MB, which go to disk. */
    uploads?: true
  },
): DialectRow => ({
  at,
  run: run as unknown as Operation,
  in: translate.in,
  out: translate.out as DialectRow['out'],
  status: translate.status ?? 200,
  multipart: translate.multipart ?? false,
  uploads: translate.uploads ?? false,
})

/**
 * Their status and word for every refusal of ours: by our status, and one by one where the document says more. A status without a
 * word does not compile.
 */
export const errorWords = (
  byStatus: Readonly<Record<HttpStatus, readonly [status: number, word: string]>>,
  exceptions: Partial<Dialect['errors']> = {},
): Dialect['errors'] => ({
  ...(Object.fromEntries(Object.entries(refusals).map(([code, { http }]) => [code, byStatus[http]])) as Dialect['errors']),
  ...exceptions,
})

export const gap = (at: string, why: string): Gap => ({ at, why })

export const perKey =
  (...windows: Window[]): Surface['limits'] =>
  () =>
    windows
