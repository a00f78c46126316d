/** A request of another product's client, before its row has translated it. */
import type { Context } from '../operation.ts'
import { invalid } from '../problems.ts'

export { unwatched } from './reading.ts'

/**
 * What their clients send, read under any name: a row hands it on under one of our names (a name we do not have will not compile),
 * and its value is checked by the operation.
 */
// biome-ignore lint/suspicious/noExplicitAny: the one place where unchecked input of other products' clients is typed
export type Loose = Readonly<Record<string, any>>

/** What a row reads of `query` and `body` is noticed: the rest is named in the answer (reading.ts). */
export interface Incoming {
  params: Record<string, string>
  query: Loose
  body: Loose
  ctx: Context
}

/** What products call the pages of a list. */
const pagingWords = [
  'limit',
  'per_page',
  'page_size',
  'cursor',
  'page_token',
  'offset',
  'skip',
  'page',
  'after',
  'before',
  'starting_after',
  'ending_before',
]

/**
 * Refuses a word of paging that a list does not read. Ignored, it would give its client the first page again and again.
 * @param read the words it does read
 */
export const refuseOtherPaging = (query: Loose, read: readonly string[]): void => {
  const unread = pagingWords.filter(word => query[word] !== undefined && !read.includes(word))
  if (unread.length === 0) return
  const known = pagingWords.filter(word => read.includes(word))
  throw invalid(
    ...unread.map(word => ({ path: `/${word}`, message: `${word} is not read by this list; page with ${known.join(' and ')}` })),
  )
}

/** A whole number of a query, at most `max`; undefined when it is not given. Anything else is refused. */
export const wholeNumber = (query: Loose, word: string, min: number, max: number): number | undefined => {
  const given = query[word]
  if (given === undefined || given === null || given === '') return undefined
  const number = Number(given)
  if (!(Number.isInteger(number) || number === Number.POSITIVE_INFINITY) || number < min)
    throw invalid({ path: `/${word}`, message: `${word} must be a whole number from ${min}` })
  return Math.min(max, number)
}
