/**
 * Lists: `?limit=&cursor=` in, `{ data, has_more, next_cursor }` out. Keyset paging over ids, newest first: a page costs
 * the same at a million rows as at a hundred, and rows that arrive meanwhile shift nothing. The cursor is opaque to clients
 * (it is the id of the last row, without its prefix).
 */
import Type, { type TSchema } from 'typebox'
import { invalid } from '../problems.ts'
import { fromUlid, toUlid } from './ids.ts'

/** Put these into a list operation's input. */
export const paging = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, description: 'How many at most (default 20).' })),
  cursor: Type.Optional(Type.String({ maxLength: 64, description: 'next_cursor of the page before.' })),
}

export const Page = <T extends TSchema>(item: T) =>
  Type.Object({ data: Type.Array(item), has_more: Type.Boolean(), next_cursor: Type.Union([Type.String(), Type.Null()]) })

/** Reads paging input. `limit` rows are wanted; ask the database for `fetch` (one more tells whether there are others). */
export const pageOf = (input: {
  limit?: number
  cursor?: string
}): { before: string | undefined; limit: number; fetch: number } => {
  const limit = input.limit ?? 20
  if (input.cursor === undefined) return { before: undefined, limit, fetch: limit + 1 }
  const before = fromUlid(input.cursor)
  if (!before) throw invalid({ path: '/cursor', message: 'is not a cursor of this list; take next_cursor of the page before' })
  return { before, limit, fetch: limit + 1 }
}

/** Rows (one more than asked for, if there is one) → the answer. */
export const page = <R extends { id: string }, T>(rows: R[], limit: number, show: (row: R) => T) => {
  const data = rows.slice(0, limit)
  const has_more = rows.length > limit
  return { data: data.map(show), has_more, next_cursor: has_more ? toUlid(data.at(-1)!.id) : null }
}
