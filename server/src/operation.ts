/**
 * An operation is one thing Pennypost can do: a title, the scope it needs, what goes in, what comes out, and the rule.
 * It knows nothing of HTTP, SMTP, MCP or another product's words; every way in is a table that calls it. Scope and
 * input are checked here, once, for all of them.
 */
import Type, { type Static, type TObject, type TProperties, type TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import type { Db } from './kernel/database/db.ts'
import type { Claim } from './kernel/database/idempotency.ts'
import { limits } from './limits.ts'
import type { App } from './platform.ts'
import { type FieldError, invalid, Problem, problem } from './problems.ts'
import type { Scope } from './scopes.ts'

/** Who asks, for which organization, in which mode. `db` joins the caller's transaction when there is one. */
export interface Context {
  app: App
  db: Db
  /** uuid of the organization; every statement carries it. */
  org: string
  livemode: boolean
  scopes: ReadonlySet<string>
  key: { id: string; dialect: string; hint: string; hold: boolean } | undefined
  /** Whether some key was revoked since this request began; then `checkStillActive` before mail is shown. */
  revoked?: () => boolean
  requestId: string
  /** Address of the client, for limits on what needs no key. */
  ip: string
  claim?: Claim
  /** Large files of this request, kept on disk: what stands for one in the input (`upload:<sha256>`) → its path. */
  uploads?: ReadonlyMap<string, string>
}

export interface Operation<I extends TSchema = TSchema, O extends TSchema = TSchema> {
  title: string
  scope: Scope
  input: I
  output: O
  /** True when the operation commits the idempotency claim itself. */
  claims: boolean
  /** True when the answer shows a secret: where it is kept for replays it is sealed, and replayed to the same key only. */
  secret: boolean
  /**
   * What its answer can be beside JSON: `format` of the input → media type, the usual one first. Over HTTP the Accept header chooses where the
   * input does not.
   */
  files: Readonly<Record<string, string>>
  /** Throws forbidden unless the caller holds every scope that this request needs. No stored answer is given before. */
  permit(ctx: Context, input: unknown): void
  /** Checks scope and input, then runs the rule. */
  call(ctx: Context, input: unknown): Promise<Static<O>>
}

/** The answer of an operation that gives a file as it is (`files`), where the caller asked for one. */
export class FileAnswer {
  readonly type: string
  readonly name: string
  readonly bytes: Uint8Array

  constructor(type: string, name: string, bytes: Uint8Array) {
    this.type = type
    this.name = name
    this.bytes = bytes
  }
}

/** A closed object: unknown fields are refused. */
export const object = <P extends TProperties>(properties: P, options: { description?: string } = {}): TObject<P> =>
  Type.Object(properties, { additionalProperties: false, ...options })

/** One of these words. */
export const oneOf = <const T extends readonly string[]>(words: T, description?: string) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: words, ...(description ? { description } : {}) })

/** Text that PostgreSQL can store: no NUL, no lone surrogate. Walks everything, so no field can be forgotten; how deep that is is bounded. */
const badText = (value: unknown, path = '', depth = 0): FieldError | undefined => {
  if (typeof value === 'string') {
    if (value.includes('\0')) return { path, message: 'contains a NUL character' }
    return value.isWellFormed() ? undefined : { path, message: 'contains half of a surrogate pair (broken Unicode)' }
  }
  if (value === null || typeof value !== 'object' || Buffer.isBuffer(value)) return undefined
  if (depth >= limits.jsonDepth) return { path, message: 'is nested too deep; send it flatter' }
  for (const [key, item] of Object.entries(value)) {
    const found = badText(item, `${path}/${key}`, depth + 1) ?? badText(key, `${path}/${key}`)
    if (found) return found
  }
  return undefined
}

interface Parts<I extends TSchema, O> {
  input: I
  output: O
  claims?: boolean
  secret?: boolean
  files?: Readonly<Record<string, string>>
  /** The scopes this input needs beside the operation's own. */
  also?: (input: Static<I>) => readonly Scope[]
}

/** Declares an operation. A missing scope does not compile. */
export const operation = <I extends TSchema, O extends TSchema>(
  title: string,
  scope: Scope,
  { input, output, claims = false, secret = false, files = {}, also = () => [] }: Parts<I, O>,
  run: (ctx: Context, input: Static<I>) => Promise<Static<O> | FileAnswer>,
): Operation<I, O> => {
  const checkInput = Compile(input)
  const checkOutput = Compile(output)
  const need = (ctx: Context, scopes: readonly Scope[]): void => {
    for (const each of scopes) if (each !== 'public' && !ctx.scopes.has(each)) throw problem('forbidden', { scope: each })
  }
  return {
    title,
    scope,
    input,
    output,
    claims,
    secret,
    files,
    permit: (ctx, given) => {
      need(ctx, [scope])
      if (checkInput.Check(given)) need(ctx, also(given))
    },
    call: async (ctx, given) => {
      need(ctx, [scope])
      const bad = badText(given)
      if (bad) throw invalid(bad)
      if (!checkInput.Check(given)) throw invalid(...fieldErrors(checkInput.Errors(given)))
      need(ctx, also(given))
      const result = await run(ctx, given as Static<I>)
      // Only a surface that knows files gets one: they all ask for `format`.
      if (result instanceof FileAnswer) return result as never
      if (ctx.app.config.CHECK_OUTPUTS && !checkOutput.Check(result))
        throw new Error(`Output of "${title}": ${JSON.stringify(fieldErrors(checkOutput.Errors(result)))}`)
      return result
    },
  }
}

/**
 * What both modes share (inboxes, their rules, domains) is changed and deleted with a live key; a test key changes what it made itself.
 * Throws live_only.
 */
export const checkMayChange = (
  { livemode, key }: Pick<Context, 'livemode' | 'key'>,
  row: { test_key_id: string | null },
  what: string,
): void => {
  if (!livemode && (!key || row.test_key_id !== key.id)) throw problem('live_only', { what })
}

/** Who made a shared thing, if that was a test key. */
export const testKeyOf = ({ livemode, key }: Pick<Context, 'livemode' | 'key'>): string | null =>
  livemode ? null : (key?.id ?? null)

type ValidationError = { keyword: string; instancePath: string; message: string; params: object }

const fieldErrors = (errors: Iterable<ValidationError>): FieldError[] => {
  const found = new Map<string, string>()
  /** Where several kinds of value will do → the kinds that were missed. */
  const kinds = new Map<string, string[]>()
  for (const { keyword, instancePath, message, params } of errors) {
    if (keyword === 'additionalProperties') {
      for (const name of (params as { additionalProperties: string[] }).additionalProperties)
        found.set(`${instancePath}/${name}`, 'is not a field of this request; remove it')
    } else if (keyword === 'required') {
      for (const name of (params as { requiredProperties: string[] }).requiredProperties)
        found.set(`${instancePath}/${name}`, 'is required')
    } else if (keyword === 'type')
      kinds.set(instancePath, [...(kinds.get(instancePath) ?? []), (params as { type: string }).type])
    else if (!found.has(instancePath) && keyword !== 'anyOf')
      found.set(instancePath, keyword === 'enum' ? `must be one of: ${allowed(params)}` : message)
  }
  // A list that is too long is no text either; what is wrong with the list says more.
  const known = [...found.keys(), ...kinds.keys()]
  for (const [path, wanted] of kinds)
    if (!found.has(path) && !known.some(other => other.startsWith(`${path}/`)))
      found.set(path, `must be ${[...new Set(wanted)].join(' or ')}`)
  if (found.size === 0) found.set('', 'is not of the documented shape')
  return [...found].slice(0, 20).map(([path, message]) => ({ path, message }))
}

const allowed = (params: object): string => (params as { allowedValues: unknown[] }).allowedValues.join(', ')

export const isProblem = (error: unknown): error is Problem => error instanceof Problem
