/** Rows of a list → recipients, or the reasons why not. Pure; runs in the worker of a list. */
import { ListRefused } from '../../tables/table-limits.ts'
import type { Row } from '../../tables/xlsx.ts'
import { Address, readAddress, type StoredAddress } from '../addresses/postal-addresses.ts'
import { type Column, type Field, fields, unitWord } from './columns.ts'

/** Why a row was not taken. `field` is a field of an address, or null when it is about the row. */
export interface Reason {
  code: 'missing' | 'invalid' | 'too_long' | 'duplicate' | 'unprintable'
  field: string | null
  message: string
}

export interface Accepted {
  row: number
  recipient: StoredAddress
  address_status: string
  merge_variables: Record<string, string>
}

export interface Rejected {
  row: number
  given: Record<string, string>
  reasons: Reason[]
}

/** Characters of all cells of a row together: what fits a card many times over. */
const mostInRow = 20_000
/** Characters of the whole list, for cells can be shared in a workbook and would multiply. */
const mostInList = 300_000_000

export interface Reader {
  read(row: Row): { accepted: Accepted } | { rejected: Rejected }
  /** How many ZIP codes had lost their zeros. */
  zipsMended(): number
}

/** Reads the rows of one list. It remembers who was in it, to tell duplicates. */
export const recipientReader = (columns: readonly Column[]): Reader => {
  const at = new Map<Field, number>()
  columns.forEach(({ field }, index) => {
    if (field) at.set(field, index)
  })
  const unit = unitWord(columns[at.get('line2') ?? -1]?.heading ?? '')
  const seen = new Map<string, number>()
  let characters = 0
  let mended = 0

  const read: Reader['read'] = ({ number, cells }) => {
    const given = givenOf(at, cells)
    const reject = (...reasons: Reason[]) => ({ rejected: { row: number, given: shortened(given), reasons } })
    const length = cells.reduce((sum, cell) => sum + cell.length, 0)
    characters += length
    if (characters > mostInList) throw new ListRefused('holds more text than a list of addresses; split it')
    if (length > mostInRow)
      return reject({ code: 'too_long', field: null, message: `has ${length} characters; ${mostInRow} are the most` })
    const country = given.country ? countryCode(given.country) : 'US'
    if (!country) return reject({ code: 'invalid', field: 'country', message: `"${given.country}" is no country` })
    const address = addressOf({ ...given, ...(unit ? { line2: withUnit(unit, given.line2) } : {}) }, country)
    const { address: standard, status, errors } = readAddress(address, '', { spreadsheet: true })
    const reasons = [...errors.map(error => reasonOf(error, given)), ...tooLong(address)]
    if (reasons.length > 0) return reject(...reasons)
    const key = whoIs(standard)
    const before = seen.get(key)
    if (before !== undefined) return reject({ code: 'duplicate', field: null, message: `is the same recipient as row ${before}` })
    seen.set(key, number)
    if (lostZeros(standard)) mended++
    return {
      accepted: {
        row: number,
        recipient: standard,
        address_status: status,
        merge_variables: mergeVariables(columns, { ...given, ...(standard.given?.zip ? { zip: standard.zip! } : {}) }, cells),
      },
    }
  }
  return { read, zipsMended: () => mended }
}

const givenOf = (at: ReadonlyMap<Field, number>, cells: readonly string[]): Partial<Record<Field, string>> => {
  const given: Partial<Record<Field, string>> = {}
  for (const [field, index] of at) {
    const text = cells[index]?.replace(/\s+/g, ' ').trim()
    if (text) given[field] = text
  }
  return given
}

/** Only what is a number and no more lacks the word: 4, 12B, C, #7. */
const withUnit = (unit: string, text: string | undefined): string | undefined => {
  const bare = /^#? ?(\d{1,6}[a-z]?|[a-z]|[a-z]\d{1,5})$/i.exec(text ?? '')?.[1]
  return bare ? `${unit} ${bare}` : text
}

const shortened = (given: Partial<Record<Field, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(given).map(([field, text]) => [field, text.slice(0, 200)]))

const fullName = ({ name, first_name, last_name }: Partial<Record<Field, string>>): string | undefined =>
  name ?? ([first_name, last_name].filter(Boolean).join(' ') || undefined)

const addressOf = (given: Partial<Record<Field, string>>, country: string): Address => {
  const parts: Partial<Record<keyof Address, string | undefined>> = {
    name: fullName(given),
    company: given.company,
    line1: given.line1,
    line2: given.line2,
    city: given.city,
    state: given.state,
    zip: given.zip4 && given.zip && /^\d{3,5}$/.test(given.zip) ? `${given.zip}-${given.zip4.padStart(4, '0')}` : given.zip,
    country,
  }
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) as unknown as Address
}

/** Whether a spreadsheet had taken the ZIP code for a number. */
const lostZeros = ({ zip, given }: StoredAddress): boolean =>
  given?.zip !== undefined && /^\d{3,4}(?!\d)|^\d{7,8}(?!\d)/.test(given.zip) && zip !== undefined

const reasonOf = (error: { path: string; message: string }, given: Partial<Record<Field, string>>): Reason => {
  const field = error.path.slice(1)
  return { code: given[field as Field] ? 'invalid' : 'missing', field, message: error.message }
}

const tooLong = (address: Address): Reason[] =>
  (['name', 'company', 'line1', 'line2', 'city', 'state', 'zip'] as const).flatMap(field => {
    const most = (Address.properties[field] as { maxLength?: number }).maxLength ?? 60
    const length = address[field]?.length ?? 0
    return length > most ? [{ code: 'too_long' as const, field, message: `has ${length} characters; ${most} fit on a line` }] : []
  })

const whoIs = ({ name, company, line1, line2, zip, city, country }: StoredAddress): string =>
  [name, company, line1, line2, zip ?? city, country]
    .map(part =>
      (part ?? '')
        .toUpperCase()
        .replace(/[^\p{L}\p{N}]+/gu, ' ')
        .trim(),
    )
    .join('|')

/** Every column under its own name, and the fields of the address under theirs. Empty ones are left out: {{…}} is strict. */
const mergeVariables = (
  columns: readonly Column[],
  given: Partial<Record<Field, string>>,
  cells: readonly string[],
): Record<string, string> => {
  const variables = new Map<string, string>()
  const name = fullName(given)
  if (name) variables.set('name', name)
  for (const field of fields) if (given[field]) variables.set(field, given[field])
  columns.forEach(({ merge_field }, index) => {
    const text = cells[index]?.trim()
    if (merge_field && text && !variables.has(merge_field)) variables.set(merge_field, text)
  })
  return Object.fromEntries(variables)
}

const regionNames = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' })
const countriesByName = new Map<string, string>([
  ['usa', 'US'],
  ['unitedstatesofamerica', 'US'],
  ['america', 'US'],
  ['uk', 'GB'],
  ['greatbritain', 'GB'],
  ['england', 'GB'],
  ['scotland', 'GB'],
  ['wales', 'GB'],
])
/** Codes that stand for no country to which mail could go. */
const nowhere = new Set(['EU', 'EZ', 'QO', 'UN', 'XA', 'XB', 'ZZ'])
const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
for (const code of letters.flatMap(first => letters.map(second => first + second))) {
  const name = regionNames.of(code)
  const word = name?.toLowerCase().replace(/[^\p{L}]+/gu, '')
  if (word && !nowhere.has(code) && !countriesByName.has(word)) countriesByName.set(word, code)
}

/** `United States`, `usa`, `us` → `US`; undefined for what is no country. */
export const countryCode = (text: string): string | undefined => {
  const word = text.toLowerCase().replace(/[^\p{L}]+/gu, '')
  const named = countriesByName.get(word)
  if (named) return named
  const code = word.toUpperCase()
  return /^[A-Z]{2}$/.test(code) && !nowhere.has(code) && regionNames.of(code) ? code : undefined
}
