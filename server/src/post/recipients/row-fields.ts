/** The cells of a row → the fields of a recipient, as they were written: which of several addresses, names in parts, cells that hold several things. */

import { canadianPostalCode, provinceCode } from '../addresses/canada.ts'
import { readPlace, readWholeAddress } from '../addresses/one-line-addresses.ts'
import { readPersonName } from '../addresses/person-names.ts'
import { stateCode } from '../addresses/publication-28.ts'
import { type Columns, namesFor, type Places } from './columns.ts'
import { countryCode } from './countries.ts'
import type { Field } from './heading-words.ts'

export type Given = Partial<Record<Field, string>>

/** What is done to a row beside spelling; the report counts each. */
export type Mending =
  | 'spreadsheet_marks'
  | 'name_split'
  | 'name_turned'
  | 'address_split'
  | 'place_split'
  | 'street_trimmed'
  | 'other_address'
  | 'country_inferred'

export interface RowFields {
  given: Given
  mended: Mending[]
  /** A field that could not be taken apart, and why. */
  problem?: { field: Field; message: string }
}

/** What programs write for nothing. Names are only freed of what cannot be one: Null is a surname. */
const nothing = /^(?:null|\(null\)|n\/a|#n\/a|nan|undefined|none|\\n|\(blank\)|\(none\)|#ref!|#value!|#name\?|-+|\.+)$/i
const noName = /^(?:#n\/a|\(null\)|\(blank\)|\(none\)|\\n|n\/a|#ref!|#value!|#name\?|-+|\.+|\?+)$/i
const nameFields = new Set<Field>(['name', 'first_name', 'middle_name', 'last_name'])

const cellOf = (field: Field, cell: string | undefined): string => {
  if (!cell) return ''
  // The lines of an address are kept apart.
  const text = field === 'line1' || field === 'full_address' ? cell.trim() : plainBlanks(cell)
  if (text.length > 12 || text.length === 0) return text
  return (nameFields.has(field) ? noName : nothing).test(text) ? '' : text
}

const blanks = /[\s\u200b\ufeff]/
const plainBlanks = (text: string): string => (blanks.test(text) ? text.replace(/[\s\u200b\ufeff]+/g, ' ').trim() : text)

/** Makes the reader of rows below these headings. */
export const fieldReader = ({ addresses, names }: Pick<Columns, 'addresses' | 'names'>) => {
  const orders = new Map(addresses.map(({ group }) => [group, namesFor(names, group)]))
  /** As the cells have them. */
  const written = (cells: readonly string[]): { given: Given; places: Places; first: boolean } => {
    const filled = addresses.length === 1 ? 0 : addresses.findIndex(places => hasStreet(places, cells))
    const places = addresses[Math.max(0, filled)]!
    const given: Given = {}
    for (const [field, index] of places.at) {
      const text = cellOf(field, cells[index])
      if (text) given[field] = text
    }
    for (const [field, index] of places.spare) {
      const text = given[field] ? '' : cellOf(field, cells[index])
      if (text) given[field] = text
    }
    if (places.block.length > 0)
      given.full_address ??= places.block
        .map(index => cells[index])
        .filter(Boolean)
        .join('\n')
    takeNames(given, orders.get(places.group)!, cells)
    // The firm is where somebody works, not where he lives.
    if (places.group === 'home' && addresses.some(({ group }) => group === 'work')) delete given.company
    return { given, places, first: filled <= 0 }
  }
  const read = (cells: readonly string[]): RowFields => {
    const { given, first } = written(cells)
    const mended: Mending[] = first ? [] : ['other_address']
    const problem = takeApart(given, mended)
    splitNames(given, mended)
    return { given, mended, ...(problem ? { problem } : {}) }
  }
  return { read, written: (cells: readonly string[]): Given => written(cells).given }
}

const hasStreet = ({ at, block, spare }: Places, cells: readonly string[]): boolean =>
  [
    at.get('line1'),
    at.get('full_address'),
    at.get('po_box'),
    ...block,
    ...spare.filter(([field]) => field === 'line1').map(([, index]) => index),
  ].some(index => index !== undefined && cellOf('line1', cells[index]) !== '')

/** The name that stands with the address, else the next; the company may come from elsewhere than the name. */
const takeNames = (given: Given, names: readonly Places[], cells: readonly string[]): void => {
  let taken = false
  for (const { at } of names) {
    const found: Given = {}
    for (const [field, index] of at) {
      const text = cellOf(field, cells[index])
      if (text) found[field] = text
    }
    const { company, ...person } = found
    if (company) given.company ??= company
    if (taken || !(person.name || person.first_name || person.last_name)) continue
    Object.assign(given, person)
    taken = true
  }
}

/** Cells with more than one thing in them: a whole address, the last line of one, a street with its unit below it. */
const takeApart = (given: Given, mended: Mending[]): RowFields['problem'] => {
  let problem: RowFields['problem']
  if (given.full_address && !given.line1) problem = takeWhole(given, mended)
  delete given.full_address
  if (given.line1?.includes('\n')) takeLines(given)
  if (given.line1) given.line1 = plainBlanks(given.line1)
  if (given.house_number && given.line1 && !/\d/.test(given.line1)) given.line1 = withNumber(given.line1, given.house_number)
  delete given.house_number
  if (given.po_box) given[given.line1 ? 'line2' : 'line1'] ??= /\D/.test(given.po_box) ? given.po_box : `PO Box ${given.po_box}`
  delete given.po_box
  if (given.line3) given.line2 = [given.line2, given.line3].filter(Boolean).join(', ')
  delete given.line3
  if (given.city_state_zip) takePlace(given, given.city_state_zip, mended)
  delete given.city_state_zip
  if (given.city && (!given.state || !given.zip) && /[\d,]|\b[A-Z]{2}$/.test(given.city)) takePlace(given, given.city, mended)
  else if (given.city && given.state) trimCity(given, mended)
  trimStreet(given, mended)
  inferCountry(given, mended)
  return problem
}

const takeWhole = (given: Given, mended: Mending[]): RowFields['problem'] => {
  const text = given.full_address!
  const abroad = given.country && !['US', 'CA'].includes(countryCode(given.country) ?? '')
  // With the place in columns of its own the cell is the street, whatever its heading says.
  if (given.city && given.state && given.zip) {
    given.line1 = text
    return undefined
  }
  const rest = given.zip && !text.includes(given.zip.slice(0, 5)) ? `${text}, ${given.zip}` : text
  const whole = abroad ? undefined : readWholeAddress(rest)
  if (!whole)
    return {
      field: 'full_address',
      message: `"${plainBlanks(text).slice(0, 80)}" cannot be taken apart safely; write street, city, state and ZIP code into columns of their own, or divide them by commas`,
    }
  const { before, ...parts } = whole
  for (const [field, part] of Object.entries(parts) as [Field, string][])
    if (field !== 'country' || !given.country) given[field] = part
  placeBefore(given, before)
  mended.push('address_split')
  return undefined
}

/** Lines above the street: the name where there is none, or a longer form of it; then the company. None is lost. */
const placeBefore = (given: Given, lines: readonly string[]): void => {
  for (const line of lines) {
    const person = /^(?:attn|attention|c\/o|care of|z\. ?hd\.?)[:.]?\s+(.+)$/i.exec(line)?.[1]
    const name = given.name ?? [given.first_name, given.last_name].filter(Boolean).join(' ')
    if ([name, given.company].some(known => known?.toLowerCase() === line.toLowerCase())) continue
    if (person && (!name || name === given.company)) given.name = person
    else if (!name) given.name = line
    else if (!person && given.name && contains(line, given.name)) given.name = line
    else if (person && !given.company && given.name) [given.company, given.name] = [given.name, person]
    else given.company = given.company ? `${given.company}, ${line}` : line
  }
}

/** Salesforce and others write the second line below the first, in one cell. */
const takeLines = (given: Given): void => {
  const [first, ...more] = given.line1!.split('\n').map(plainBlanks).filter(Boolean)
  given.line1 = first ?? ''
  const rest = more.filter(line => line.toLowerCase() !== given.line2?.toLowerCase())
  if (rest.length > 0) given.line2 = [...rest, ...(given.line2 ? [given.line2] : [])].join(', ')
}

/** In English the number stands before the street, in most of Europe behind it. */
const withNumber = (street: string, number: string): string =>
  /(str|straße|strasse|weg|platz|gasse|allee|straat|laan|plein|gatan|vej|gade|ulica)\.?$/i.test(street) ||
  /^(via|calle|rua|avenida) /i.test(street)
    ? `${street} ${number}`
    : `${number} ${street}`

const takePlace = (given: Given, text: string, mended: Mending[]): void => {
  const place = readPlace(text)
  if (!place) return
  const before = { ...given }
  if (place.city) given.city = place.city
  // A column of its own knows better.
  given.state ??= place.state
  given.zip ??= place.zip
  if (place.country) given.country ??= place.country
  if (given.state === undefined) delete given.state
  if (given.zip === undefined) delete given.zip
  if (before.state !== given.state || before.zip !== given.zip || before.city !== given.city) mended.push('place_split')
}

/** `Boston, MA` beside a column that says MA. */
const trimCity = (given: Given, mended: Mending[]): void => {
  const parts = /^(.+?),\s*([^,]+?)(?:\s+(\d{5}(?:-\d{4})?))?$/.exec(given.city!)
  const state = parts && (stateCode(parts[2]!) ?? provinceCode(parts[2]!))
  if (!state || (state !== stateCode(given.state!) && state !== provinceCode(given.state!))) return
  given.city = parts[1]!
  mended.push('place_split')
}

/** `12 Oak Ave, Boston, MA 02139` beside columns that say the rest again. */
const trimStreet = (given: Given, mended: Mending[]): void => {
  const { line1, city, zip } = given
  if (!line1 || !city || line1.length < city.length + 8 || !line1.includes(',')) return
  const at = line1.toLowerCase().lastIndexOf(`, ${city.toLowerCase()}`)
  if (at < 1) return
  const rest = line1.slice(at + 2)
  const place = readPlace(rest)
  if (!place || place.city?.toLowerCase() !== city.toLowerCase() || !(place.state || place.zip)) return
  if (place.zip && zip && place.zip.slice(0, 5) !== zip.slice(0, 5)) return
  given.line1 = line1.slice(0, at)
  mended.push('street_trimmed')
}

/** Without a country it is the US, unless province and postal code can only be Canada's. */
const inferCountry = (given: Given, mended: Mending[]): void => {
  if (given.country || !given.zip || !canadianPostalCode(given.zip)) return
  if (given.state && (stateCode(given.state) || !provinceCode(given.state))) return
  given.country = 'CA'
  mended.push('country_inferred')
}

const contains = (name: string, part: string): boolean => ` ${name.toLowerCase()} `.includes(` ${part.toLowerCase()} `)

/** First and last names from whole ones, and whole ones from parts, so that each can be printed and each merged. */
const splitNames = (given: Given, mended: Mending[]): void => {
  // "Name" beside a first name is the last one in German and French lists; and an order number in a shop's.
  if (
    given.name &&
    given.first_name &&
    given.last_name &&
    !(contains(given.name, given.first_name) && contains(given.name, given.last_name))
  )
    delete given.name
  else if (given.name && given.first_name && !given.last_name && !contains(given.name, given.first_name))
    given.last_name = take(given)
  else if (given.name && given.last_name && !given.first_name && !contains(given.name, given.last_name))
    given.first_name = take(given)
  if (given.name && !(given.first_name && given.last_name)) {
    if (given.company && given.company.toLowerCase() === given.name.toLowerCase()) return
    const { whole, first, last, middle, prefix, suffix } = readPersonName(given.name)
    if (whole !== given.name && first) {
      given.name = whole
      mended.push('name_turned')
    }
    if (first && !given.first_name) {
      given.first_name = first
      mended.push('name_split')
    }
    if (last) given.last_name ??= last
    if (middle) given.middle_name ??= middle
    if (prefix) given.name_prefix ??= prefix
    if (suffix) given.name_suffix ??= suffix
    return
  }
  if (given.name) return
  const parts = [given.first_name, given.last_name, generation.test(given.name_suffix ?? '') ? given.name_suffix : undefined]
  const name = parts.filter(Boolean).join(' ')
  if (given.first_name || given.last_name) given.name = name
}

const generation = /^(jr|sr|ii|iii|iv|v|2nd|3rd)\.?$/i

const take = (given: Given): string => {
  const { name } = given
  delete given.name
  return name!
}
