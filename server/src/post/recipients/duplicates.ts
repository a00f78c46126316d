/**
 * Who is in a list already. One person may come with a ZIP code and again with ZIP+4; that is one recipient, and the longer code is kept.
 * `household`: one piece for each address, whoever lives there; `none`: every row.
 */
import type { StoredAddress } from '../addresses/postal-addresses.ts'
import { units } from '../addresses/publication-28.ts'

export const dedupes = ['person', 'household', 'none'] as const
export type Dedupe = (typeof dedupes)[number]

interface Seen {
  id: string
  row: number
  long: boolean
}

export type Judged =
  | { before: undefined }
  /** The row it repeats; `longer`: its ZIP code is the longer one, and belongs to that row (id). */
  | { before: number; id: string; longer: boolean }

const unitName = new RegExp(`(?:^| )(?:${[...units.keys()].join('|')}) (?=\\S)`, 'g')
const ascii = /^[\x20-\x7e]*$/

/** Letters and digits in capitals, without accents; units by their number alone, for `Apt 4` is also written `# 4`. */
const plain = (text: string): string =>
  (ascii.test(text) ? text : text.normalize('NFD').replace(/\p{M}/gu, ''))
    .toUpperCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()

const street = ({ line1, line2 }: StoredAddress): string =>
  line2 ? plain(`${line1} ${line2}`).replace(unitName, ' ') : plain(line1)

const keyOf = (address: StoredAddress, dedupe: Dedupe): string => {
  const { zip, city, country } = address
  const place = `${street(address)}|${country === 'US' ? zip!.slice(0, 5) : zip ? plain(zip) : plain(city)}|${country}`
  return dedupe === 'household' ? place : `${plain(address.name ?? '')}|${plain(address.company ?? '')}|${place}`
}

/** Remembers the rows of one list. `id` is the row's own. */
export const duplicates = (dedupe: Dedupe) => {
  const seen = new Map<string, Seen>()
  return (address: StoredAddress, row: number, id: string): Judged => {
    if (dedupe === 'none') return { before: undefined }
    const key = keyOf(address, dedupe)
    const long = address.country === 'US' && address.zip!.length > 5
    const before = seen.get(key)
    if (!before) {
      seen.set(key, { id, row, long })
      return { before: undefined }
    }
    const longer = long && !before.long
    if (longer) before.long = true
    return { before: before.row, id: before.id, longer }
  }
}
