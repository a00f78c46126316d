/**
 * Finding the row of headings of a table. What a heading means the caller says; what is found here is where they stand: below a title,
 * in two rows (a group above its columns, or one heading broken into two cells), and whether a second row repeats them for a machine.
 */
import type { Row } from './cells.ts'

/** What the caller made of a row of headings. */
export interface Reading<C> {
  columns: C
  /** How many headings it knows: the more, the likelier the row is one of headings. */
  known: number
  /** What is missing, in words; undefined when nothing is. */
  problem?: string
}

export interface Found<C> extends Reading<C> {
  headings: string[]
  /** The row number of the last of them; what follows is data. */
  row: number
  /** How many of the rows looked at are titles or headings. */
  taken: number
}

/** Rows in which headings are looked for. */
export const mostTitles = 50

/** The first row, or pair of rows, that `read` finds complete; else the best there is. Undefined for no rows. Reads the first fifty. */
export const findHeadings = <C>(rows: readonly Row[], read: (headings: string[]) => Reading<C>): Found<C> | undefined => {
  let best: Found<C> | undefined
  for (const [i, { number, cells }] of rows.slice(0, mostTitles).entries()) {
    const above = i > 0 && rows[i - 1]!.number === number - 1 ? rows[i - 1]!.cells : undefined
    const ways = [cells, ...(above ? [grouped(above, cells), broken(above, cells)] : [])]
    const found = ways
      .map((headings): Found<C> => ({ ...read(headings), headings, row: number, taken: i + 1 }))
      .reduce((one, other) => (better(other, one) ? other : one))
    if (!best || better(found, best)) best = found
    if (found.problem !== undefined) continue
    // A heading broken into two rows may be complete without the second, and still say less.
    const below = rows[i + 1]
    if (!below || below.number !== number + 1) return found
    const second = read(below.cells)
    const filled = below.cells.filter(cell => cell !== '')
    const both = { ...read(broken(cells, below.cells)), headings: broken(cells, below.cells), row: below.number, taken: i + 2 }
    if (filled.some(cell => /\d{2}/.test(cell))) return found
    if (both.problem === undefined && both.known > found.known) return both
    return second.known >= 2 && second.known * 2 > filled.length ? { ...found, row: below.number, taken: i + 2 } : found
  }
  return best
}

const better = (one: Reading<unknown>, other: Reading<unknown>): boolean =>
  (one.problem === undefined) === (other.problem === undefined) ? one.known > other.known : one.problem === undefined

/** `Shipping |        | Billing` above `Street | City | Street` → `Shipping Street | Shipping City | Billing Street`. */
const grouped = (above: readonly string[], cells: readonly string[]): string[] => {
  let group = ''
  return cells.map((cell, i) => {
    group = above[i] || group
    return cell && group ? `${group} ${cell}` : cell || above[i] || ''
  })
}

/** `First | Zip` above `Name | Code` → `First Name | Zip Code`. */
const broken = (above: readonly string[], cells: readonly string[]): string[] =>
  Array.from({ length: Math.max(above.length, cells.length) }, (_, i) => [above[i], cells[i]].filter(Boolean).join(' '))
