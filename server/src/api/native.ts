/** The conventions of the native API: Bearer keys, our error envelope, closed inputs; query strings become what the schema says. */
import type { TObject, TSchema } from 'typebox'
import { Problem, problem, refusals } from '../problems.ts'
import type { Surface } from './surface.ts'

export const bearer = (authorization: string | undefined): string | undefined => /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1]

export const native: Surface = {
  name: 'v1',
  credential: request => bearer(request.headers.authorization),
  limits: () => [
    { name: 'minute', points: 1000, seconds: 60 },
    { name: 'day', points: 100_000, seconds: 86_400 },
  ],
  fail: (refusal, { id, app }) => {
    const { http, retryable } = refusals[refusal.code]
    const { retry_after: _, ...facts } = refusal.facts
    return {
      status: http,
      body: {
        error: {
          code: refusal.code,
          message: refusal.message,
          fix: refusal.fix,
          docs: `${app.publicUrl}/docs#${refusal.code}`,
          retryable,
          request_id: id,
          ...(refusal.errors ? { errors: refusal.errors } : {}),
          ...(refusal.code === 'insufficient_balance' ? facts : {}),
        },
      },
    }
  },
}

/** One value of a query string → the type its schema wants; what does not fit is left for validation to name. */
const convert = (schema: TSchema & { type?: string; items?: TSchema }, value: unknown): unknown => {
  if (schema.type === 'array') return [value].flat().flatMap(item => (typeof item === 'string' ? item.split(',') : [item]))
  if (typeof value !== 'string') return value
  if (schema.type === 'integer' || schema.type === 'number') return /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value
  if (schema.type === 'boolean') return value === 'true' ? true : value === 'false' ? false : value
  return value
}

/** `?limit=5&metadata[k]=v` → `{ limit: 5, metadata: { k: 'v' } }` by the schema. */
export const fromQuery = (schema: TSchema, query: Record<string, unknown>): Record<string, unknown> => {
  const properties = (schema as TObject).properties ?? {}
  const read: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(query)) {
    const nested = /^(\w+)\[([^\]]+)\]$/.exec(name)
    if (nested) {
      const [, field, key] = nested as unknown as [string, string, string]
      read[field] = { ...(read[field] as object | undefined), [key]: value }
    } else read[name] = properties[name] ? convert(properties[name], value) : value
  }
  return read
}

/** Path, query and body as one input; a body that is no object is refused. */
export const nativeInput = (
  schema: TSchema,
  { params, query, body }: { params: Record<string, string>; query: Record<string, unknown>; body: unknown },
): unknown => {
  if (body !== undefined && body !== null && (typeof body !== 'object' || Array.isArray(body))) throw problem('invalid_json')
  const both = { ...fromQuery(schema, query), ...(body as object | undefined) }
  const clash = Object.keys(params).find(name => name in both)
  if (clash)
    throw new Problem('invalid_input', { summary: `${clash} is in the path already` }, [
      { path: `/${clash}`, message: 'is in the path already; leave it out of the body' },
    ])
  return { ...both, ...params }
}
