/**
 * What the SDK calls each endpoint of the native API, worked out from the path alone, so that a new row of `api/v1.ts` is in the
 * SDK without another word: `GET /inboxes` → inboxes.list, `POST /inboxes/:inbox_id/messages` → inboxes.messages.create,
 * `POST /messages/search` → messages.search, `POST /postcards` → postcards.create, `GET /domains/:domain_id/dns` → domains.dns, `POST /register` → register.
 */
import type { TSchema } from 'typebox'
import { type Method, v1 } from '../api/v1.ts'
import type { Operation } from '../operation.ts'

/** An operation's input as JSON Schema. */
export interface Fields extends TSchema {
  type: 'object'
  properties: Record<string, TSchema>
  required?: string[]
  additionalProperties?: boolean
}

export interface SdkRoute {
  method: Method
  /** `/v1/inboxes/:inbox_id` */
  path: string
  run: Operation
  /** Where the method stands: `['inboxes', 'messages']`; empty for the client itself. */
  resource: string[]
  name: string
  /** Fields that stand in the path, in its order. */
  params: string[]
  /** The operation's input without those. */
  input: Fields
  /** The schema of one row when the answer is a page of a list. */
  row: TSchema | undefined
}

const itemVerbs: Record<Method, string> = { GET: 'get', POST: 'create', PATCH: 'update', PUT: 'replace', DELETE: 'delete' }

export const camel = (words: string): string => words.replace(/[-_](\w)/g, (_, letter: string) => letter.toUpperCase())

export const singular = (word: string): string =>
  word.replace(/ies$/, 'y') !== word
    ? word.replace(/ies$/, 'y')
    : word.replace(/(x|ch|sh|ss)es$/, '$1') !== word
      ? word.replace(/(x|ch|sh|ss)es$/, '$1')
      : word.replace(/([^s])s$/, '$1')

/** The row schema of `{ data, has_more, next_cursor }`. */
const rowOf = (output: TSchema): TSchema | undefined => {
  const { data, next_cursor } = ((output as Partial<Fields>).properties ?? {}) as Record<string, TSchema & { items?: TSchema }>
  return next_cursor ? data?.items : undefined
}

/** The operation's input without the fields that are in the path. */
const withoutParams = (input: Fields, params: string[]): Fields => ({
  ...input,
  properties: Object.fromEntries(Object.entries(input.properties).filter(([field]) => !params.includes(field))),
  required: (input.required ?? []).filter(field => !params.includes(field)),
})

/** A path is a thing of its own, not a verb, when things are made, listed, found, replaced or removed there. */
const isThing = (path: string): boolean =>
  v1.some(([at]) => at === `POST ${path}` && singular(path) !== path) ||
  v1.some(([at]) => at.endsWith(` ${path}`) && /^(PATCH|PUT|DELETE)/.test(at)) ||
  v1.some(([at, run]) => at === `GET ${path}` && (rowOf(run.output) !== undefined || path.lastIndexOf('/') === 0)) ||
  v1.some(([at]) => at.split(' ')[1]!.startsWith(`${path}/:`)) ||
  v1.filter(([at]) => at.split(' ')[1] === path).length > 1

const place = (method: Method, path: string, listed: boolean): { resource: string[]; name: string } => {
  const words = path
    .split('/')
    .filter(part => part && !part.startsWith(':'))
    .map(camel)
  if (/:\w+$/.test(path)) return { resource: words, name: itemVerbs[method] }
  if (isThing(path)) return { resource: words, name: method === 'GET' && listed ? 'list' : itemVerbs[method] }
  return { resource: words.slice(0, -1), name: words.at(-1)! }
}

/** Every endpoint under its name in the SDK. Throws when two would have the same. */
export const sdkRoutes = (): SdkRoute[] => {
  const routes = v1.map(([at, run]): SdkRoute => {
    const [method, path] = at.split(' ') as [Method, string]
    const params = [...path.matchAll(/:(\w+)/g)].map(match => match[1]!)
    const row = rowOf(run.output)
    const input = withoutParams(run.input as Fields, params)
    return { method, path: `/v1${path}`, run, ...place(method, path, row !== undefined), params, input, row }
  })
  const taken = new Set(routes.flatMap(({ resource }) => resource.map((_, depth) => resource.slice(0, depth + 1).join('.'))))
  for (const { resource, name, path, method } of routes) {
    const full = [...resource, name].join('.')
    if (taken.has(full)) throw new Error(`${method} ${path}: the SDK has a ${full} already; give the path another last word`)
    taken.add(full)
  }
  return routes
}
