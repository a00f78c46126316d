/**
 * Lists: `?limit=&cursor=` in, `{ data, has_more, next_cursor }` out. Keyset paging over ids, newest first: a page costs
 * the same at a million rows as at a hundred, and rows that arrive meanwhile shift nothing. The cursor is opaque to clients
 * (it is the id of the last row, without its prefix).
 */
import Type, { type TSchema } from 'typebox'
import { limits } from '../limits.ts'
import { invalid } from '../problems.ts'
import { fromUlid, toUlid } from './ids.ts'

/** Put these into a list operation's input. */
export const paging = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.pageSize, description: 'How many at most (default 20).' })),
  cursor: Type.Optional(Type.String({ maxLength: 64, description: 'next_cursor of the page before.' })),
}

export const Page = <T extends TSchema>(item: T) =>
  Type.Object({ data: Type.Array(item), has_more: Type.Boolean(), next_cursor: Type.Union([Type.String(), Type.Null()]) })

/** For lists that other products page by number: also `offset` in, and then `total`, `offset` and `limit` out. */
export const numbered = {
  ...paging,
  offset: Type.Optional(Type.Integer({ minimum: 0, maximum: 10_000_000, description: 'Skip so many; instead of a cursor.' })),
}

export const NumberedPage = <T extends TSchema>(item: T) =>
  Type.Object({
    ...Page(item).properties,
    total: Type.Optional(Type.Integer({ description: 'How many there are; when an offset was given, as the next two.' })),
    offset: Type.Optional(Type.Integer()),
    limit: Type.Optional(Type.Integer()),
  })

/** What an answer paged by number says beside its rows; nothing when no offset was given. */
export const numbers = async (input: { offset?: number }, limit: number, count: () => Promise<number>) =>
  input.offset === undefined ? {} : { total: await count(), offset: input.offset, limit }

/** Reads paging input. `limit` rows are wanted; ask the database for `fetch` (one more tells whether there are others). */
export const pageOf = (input: {
  limit?: number
  cursor?: string | undefined
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
