/** Rows of a list → recipients, or the reasons why not. Pure; runs in the worker of a list. */
import { newId } from '../../kernel/ids.ts'
import type { Row } from '../../tables/cells.ts'
import { ListRefused } from '../../tables/table-limits.ts'
import { Address, type ReadAddress, readAddress, type StoredAddress } from '../addresses/postal-addresses.ts'
import { foreignScript } from '../addresses/scripts.ts'
import type { Columns } from './columns.ts'
import { countryCode } from './countries.ts'
import { type Dedupe, duplicates } from './duplicates.ts'
import { type Field, unitWord } from './heading-words.ts'
import { fieldReader, type Given, type Mending } from './row-fields.ts'

export const reasonCodes = [
  'missing',
  'invalid',
  'too_long',
  'duplicate',
  'unprintable',
  'unreadable',
  'not_a_recipient',
] as const

/** Why a row was not taken. `field` is a field of an address, or null when it is about the row. */
export interface Reason {
  code: (typeof reasonCodes)[number]
  field: string | null
  message: string
}

export interface Accepted {
  id: string
  row: number
  recipient: StoredAddress
  address_status: string
  merge_variables: Record<string, string>
}

export interface Rejected {
  id: string
  row: number
  given: Record<string, string>
  reasons: Reason[]
}

/** What was changed, by kind: the mendings of a row and the corrections of its address. */
export const correctionKinds = [
  'zip_zeros',
  'zip_form',
  'zip_extended',
  'state_code',
  'street_form',
  'military_place',
  'postal_code_form',
  'spreadsheet_marks',
  'name_split',
  'name_turned',
  'address_split',
  'place_split',
  'street_trimmed',
  'other_address',
  'country_inferred',
] as const
export type CorrectionKind = (typeof correctionKinds)[number]

/** Characters of all cells of a row together: what fits a card many times over. */
const mostInRow = 20_000
/** Characters of the whole list, for cells can be shared in a workbook and would multiply. */
const mostInList = 300_000_000

export interface Read {
  accepted?: Accepted
  rejected?: Rejected
  /** The row before it that is the same recipient gets this ZIP code. */
  extended?: { id: string; zip: string }
  kinds: CorrectionKind[]
}

/** Reads the rows of one list. It remembers who was in it, to tell duplicates. */
export const recipientReader = (columns: Columns, headings: readonly string[], dedupe: Dedupe): ((row: Row) => Read) => {
  const fields = fieldReader(columns)
  const judge = duplicates(dedupe)
  const unitOf = new Map(
    columns.addresses
      .flatMap(({ at }) => [at.get('line2')])
      .flatMap(index => (index === undefined ? [] : [[index, unitWord(headings[index]!)]])),
  )
  const unit = [...unitOf.values()].find(Boolean)
  const head = headings.map(heading => heading.toLowerCase()).join('\n')
  let characters = 0

  return row => {
    const { number, cells } = row
    const id = newId()
    let length = 0
    let whole = true
    for (const cell of cells) {
      length += cell.length
      if (cell.includes('\ufffd')) whole = false
    }
    characters += length
    if (characters > mostInList) throw new ListRefused('holds more text than a list of addresses; split it')
    const { given, mended, problem } = fields.read(cells)
    const reject = (...reasons: Reason[]): Read => ({
      rejected: { id, row: number, given: shortened(fields.written(cells)), reasons },
      kinds: [],
    })
    if (length > mostInRow)
      return reject({ code: 'too_long', field: null, message: `has ${length} characters; ${mostInRow} are the most` })
    const other = noRecipient(given, cells, head)
    if (other) return reject({ code: 'not_a_recipient', field: null, message: other })
    if (problem) return reject({ code: 'invalid', ...problem })
    const country = given.country ? countryCode(given.country) : 'US'
    if (!country) return reject({ code: 'invalid', field: 'country', message: `"${given.country}" is no country` })
    if (unit && given.line2) given.line2 = withUnit(unit, given.line2)
    const address = addressOf(given, country)
    const read = readAddress(address, '', { spreadsheet: true })
    const reasons = [
      ...read.errors.map(error => reasonOf(error, given)),
      ...tooLong(address),
      ...(whole ? noReasons : lost(given)),
    ]
    if (reasons.length > 0) return reject(...reasons)
    const judged = judge(read.address, number, id)
    if (judged.before !== undefined) {
      const message =
        dedupe === 'household'
          ? `is at the same address as row ${judged.before}`
          : `is the same recipient as row ${judged.before}`
      const extended = judged.longer ? { extended: { id: judged.id, zip: read.address.zip! } } : {}
      return { ...reject({ code: 'duplicate', field: null, message }), ...extended, kinds: judged.longer ? ['zip_extended'] : [] }
    }
    return {
      accepted: {
        id,
        row: number,
        recipient: read.address,
        address_status: read.status,
        merge_variables: mergeVariables(columns, given, read, cells),
      },
      kinds: row.freed || mended.length > 0 || read.address.given ? kindsOf(row, mended, read.address) : noKinds,
    }
  }
}

const noReasons: Reason[] = []
const noKinds: CorrectionKind[] = []

const kindsOf = (row: Row, mended: readonly Mending[], { given, zip, country }: StoredAddress): CorrectionKind[] => {
  const kinds: CorrectionKind[] = [...(row.freed ? (['spreadsheet_marks'] as const) : []), ...mended]
  if (!given) return kinds
  if (given.line1 !== undefined || given.line2 !== undefined) kinds.push('street_form')
  if (given.state !== undefined) kinds.push('state_code')
  if (given.city !== undefined) kinds.push('military_place')
  if (given.zip !== undefined && zip !== undefined)
    kinds.push(country === 'CA' ? 'postal_code_form' : digits(given.zip) < digits(zip) ? 'zip_zeros' : 'zip_form')
  return kinds
}

const digits = (text: string): number =>
  text
    .replace(/\.0+$/, '')
    .replace(/-?0000$/, '')
    .replace(/\D/g, '').length

const total = /^(?:grand |sub)?[\s-]*(?:totals?|sum|count|average|summe|gesamt|gesamtsumme|anzahl|suma|totale|totaal)\b/i

/** Rows below a list that are not of it: sums, and headings that a printed page repeats. */
const noRecipient = (given: Given, cells: readonly string[], head: string): string | undefined => {
  if (!(given.line1 && (given.zip || given.state)) && cells.some(cell => total.test(cell)))
    return 'looks like a total, not like a recipient'
  if (given.zip && !/\d/.test(given.zip) && cells.length > 1 && cells.join('\n').toLowerCase() === head)
    return 'repeats the headings'
  return undefined
}

/** U+FFFD is what is left of a letter that a program could not write. */
const lost = (given: Given): Reason[] =>
  (Object.entries(given) as [Field, string][])
    .filter(([field, text]) => text.includes('\ufffd') && !(given.name && /^(first|middle|last)_name$/.test(field)))
    .map(([field, text]) => ({
      code: 'invalid',
      field,
      message: `"${text.slice(0, 60)}" has lost a letter; export the list again as CSV UTF-8 or .xlsx`,
    }))

/** Only what is a number and no more lacks the word: 4, 12B, C, #7. */
const withUnit = (unit: string, text: string): string => {
  const bare = /^#? ?(\d{1,6}[a-z]?|[a-z]|[a-z]\d{1,5})$/i.exec(text)?.[1]
  return bare ? `${unit} ${bare}` : text
}

const shortened = (given: Given): Record<string, string> =>
  Object.fromEntries(Object.entries(given).map(([field, text]) => [field, text.slice(0, 200)]))

const addressOf = (given: Given, country: string): Address => {
  const { name, company, line1, line2, city, state } = given
  const zip = given.zip4 && given.zip && /^\d{3,5}$/.test(given.zip) ? `${given.zip}-${given.zip4.padStart(4, '0')}` : given.zip
  const address: Record<string, string> = { country }
  if (name) address.name = name
  if (company) address.company = company
  if (line1) address.line1 = line1
  if (line2) address.line2 = line2
  if (city) address.city = city
  if (state) address.state = state
  if (zip) address.zip = zip
  return address as unknown as Address
}

const reasonOf = (error: { path: string; message: string }, given: Given): Reason => {
  const field = error.path.slice(1)
  const text = given[field as Field]
  const code = !text ? 'missing' : error.message.startsWith('is in ') && foreignScript(text) ? 'unreadable' : 'invalid'
  return { code, field, message: error.message }
}

const lengths = (['name', 'company', 'line1', 'line2', 'city', 'state', 'zip'] as const).map(
  field => [field, (Address.properties[field] as { maxLength?: number }).maxLength ?? 60] as const,
)

const tooLong = (address: Address): Reason[] => {
  let reasons = noReasons
  for (const [field, most] of lengths) {
    const length = address[field]?.length ?? 0
    if (length <= most) continue
    reasons = [...reasons, { code: 'too_long', field, message: `has ${length} characters; ${most} fit on a line` }]
  }
  return reasons
}

/** Fields a message may name, whatever the columns are called. */
const mergeable: readonly Field[] = [
  'name',
  'first_name',
  'middle_name',
  'last_name',
  'name_prefix',
  'name_suffix',
  'company',
  'line1',
  'line2',
  'city',
  'state',
  'zip',
  'zip4',
  'country',
]

/** Every column under its own name, and the fields of the address under theirs. Empty ones are left out: {{…}} is strict. */
const mergeVariables = (
  { columns }: Columns,
  given: Given,
  { address }: ReadAddress,
  cells: readonly string[],
): Record<string, string> => {
  const variables: Record<string, string> = {}
  for (const field of mergeable) if (given[field]) variables[field] = given[field]
  // What was mended is not greeted or quoted in its broken form.
  if (address.given?.zip !== undefined && address.zip) variables.zip = address.zip
  for (let index = 0; index < columns.length; index++) {
    const name = columns[index]!.merge_field
    const text = cells[index]
    if (name && text && variables[name] === undefined) variables[name] = text
  }
  return variables
}
