/**
 * Postal addresses: what a caller may write, and the form the Postal Service wants (Publication 28: capitals, standard abbreviations,
 * unit on the street line, two-letter state, ZIP+4 with a hyphen). This is spelling, not knowledge: whether somebody can be reached
 * there only a provider can say (verification/), so nothing here is ever called verified or undeliverable. Addresses abroad are kept as given.
 */
import Type, { type Static } from 'typebox'
import { object } from '../../operation.ts'
import { type FieldError, invalid } from '../../problems.ts'
import { directionals, states, suffixes, units, unitsAlone } from './publication-28.ts'

const Line = (maxLength: number, description?: string) =>
  Type.String({ minLength: 1, maxLength, ...(description ? { description } : {}) })

export const Address = object({
  name: Type.Optional(Line(60, 'Name or company is needed.')),
  company: Type.Optional(Line(60)),
  line1: Line(64, 'Number and street, or PO box.'),
  line2: Type.Optional(Type.String({ maxLength: 64, description: 'Apartment, suite and the like.' })),
  city: Line(60),
  state: Type.Optional(Type.String({ maxLength: 60, description: 'Two letters or the name; needed in the US.' })),
  zip: Type.Optional(Type.String({ maxLength: 20, description: 'ZIP or ZIP+4; postal code abroad.' })),
  country: Type.Optional(Type.String({ pattern: '^[A-Za-z]{2}$', description: 'ISO 3166-1 two letters; default US.' })),
})
export type Address = Static<typeof Address>

export const addressStatuses = ['well_formed', 'corrected', 'verified', 'undeliverable', 'unverified'] as const
export type AddressStatus = (typeof addressStatuses)[number]

/** An address as it is stored and printed. `given` are the fields that were corrected, as they were written. */
export interface StoredAddress extends Address {
  country: string
  countryName?: string
  given?: Partial<Record<keyof Address, string>>
}

const countries = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' })

/**
 * Standardises one address. `well_formed`: it was so already but for case; `corrected`: `address.given` says what was changed;
 * `unverified`: abroad, where we know no rules. Throws invalid_input with paths under `path` for what cannot be an address.
 */
export const standardise = (given: Address, path = ''): { address: StoredAddress; status: AddressStatus } => {
  const { address, status, errors } = readAddress(given, path)
  if (errors.length > 0) throw invalid(...errors)
  return { address, status }
}

/** As `standardise`, for lists: what is wrong comes back instead of being thrown. */
export const readAddress = (
  given: Address,
  path = '',
): { address: StoredAddress; status: AddressStatus; errors: FieldError[] } => {
  const country = (given.country ?? 'US').toUpperCase()
  const errors: FieldError[] = []
  const wrong = (field: string, message: string) => void errors.push({ path: `${path}/${field}`, message })
  const trimmed = trim({ ...given, country })
  if (!trimmed.name && !trimmed.company) wrong('name', 'is required, or a company')
  if (!trimmed.line1) wrong('line1', 'is required')
  if (!trimmed.city) wrong('city', 'is required')
  const countryName = countries.of(country)
  if (!countryName) wrong('country', `"${country}" is no country`)
  if (country !== 'US') {
    const address = { ...trimmed, country, ...(countryName ? { countryName: countryName.toUpperCase() } : {}) }
    return { address, status: 'unverified', errors }
  }
  const address = domestic(trimmed)
  if (!states.has(address.state ?? '')) wrong('state', given.state ? `"${given.state}" is no US state` : 'is required in the US')
  if (!/^\d{5}(-\d{4})?$/.test(address.zip ?? ''))
    wrong('zip', given.zip ? `"${given.zip}" is no ZIP code; write 12345 or 12345-6789` : 'is required in the US')
  const changed = corrections(trimmed, address)
  const corrected = Object.keys(changed).length > 0
  return {
    address: { ...address, country, ...(corrected ? { given: changed } : {}) },
    status: corrected ? 'corrected' : 'well_formed',
    errors,
  }
}

const fields = ['name', 'company', 'line1', 'line2', 'city', 'state', 'zip'] as const

const trim = (address: Address): Address => {
  const clean: Record<string, string> = {}
  for (const field of [...fields, 'country'] as const) {
    const text = address[field]?.replace(/\s+/g, ' ').trim()
    if (text) clean[field] = text
  }
  return clean as unknown as Address
}

/** What differs in more than case and punctuation, as it was written. */
const corrections = (before: Address, after: Address): Partial<Record<keyof Address, string>> => {
  const plain = (text: string | undefined) => (text ?? '').toUpperCase()
  return Object.fromEntries(
    fields.flatMap(field => (plain(before[field]) === plain(after[field]) ? [] : [[field, before[field] ?? '']])),
  )
}

const domestic = (address: Address): Address => {
  const capitals = (text: string) => text.toUpperCase().replace(/[.,;]+(?=\s|$)/g, '')
  const [line1, ...apart] = splitUnit(streetLine(capitals(address.line1 ?? '')))
  const line2 = [...apart, ...(address.line2 ? [unitLine(capitals(address.line2))] : [])].join(' ')
  const state = states.get(capitals(address.state ?? '').replaceAll('.', ''))
  const { line2: _, ...rest } = address
  return {
    ...rest,
    line1: line1!,
    ...(line2 ? { line2 } : {}),
    city: capitals(address.city ?? ''),
    ...(address.state ? { state: state ?? capitals(address.state) } : {}),
    ...(address.zip ? { zip: zip(address.zip) } : {}),
  }
}

/** `123456789` and `12345 6789` → `12345-6789`; an empty add-on is dropped. */
const zip = (text: string): string => {
  const digits = /^(\d{5})[- ]?(\d{4})?$/.exec(text.replace(/-$/, ''))
  return digits ? digits[1]! + (digits[2] ? `-${digits[2]}` : '') : text
}

/** A unit written behind the street goes to the second line, from where it is printed on the street line again. */
const splitUnit = (line: string): string[] => {
  const words = line.split(' ')
  const at = words.findIndex(
    (word, i) => i > 1 && (/^#/.test(word) || (units.has(word) && i === words.length - 2 && hasDigit(words[i + 1]!))),
  )
  return at > 0 ? [words.slice(0, at).join(' '), unitLine(words.slice(at).join(' '))] : [line]
}

const hasDigit = (word: string): boolean => /\d|^[A-Z]$/.test(word)

/** `APARTMENT 4B` → `APT 4B`; `#4B` → `# 4B` (Publication 28, 213.2); other lines as they are. */
const unitLine = (line: string): string => {
  const [first = '', ...rest] = line.replace(/^#\s*/, '# ').split(' ')
  const unit = units.get(first)
  return unit && (rest.length > 0 || unitsAlone.has(unit)) ? [unit, ...rest].join(' ') : [first, ...rest].join(' ')
}

/** A box is written PO BOX (281), rural routes RR n BOX n (241); else number, direction, name, suffix, direction. */
const streetLine = (line: string): string => {
  const box = /^(?:P\.?\s?O\.?\s?BOX|POST OFFICE BOX|POB|BOX)\s*#?\s*([A-Z0-9-]+)$/.exec(line)
  if (box) return `PO BOX ${box[1]}`
  const rural = /^(?:RR|R\.R\.|RURAL ROUTE|RFD|RD|RURAL DELIVERY)\s*#?\s*(\d+),?\s*BOX\s*#?\s*([A-Z0-9-]+)$/.exec(line)
  if (rural) return `RR ${rural[1]} BOX ${rural[2]}`
  const words = line.split(' ')
  if (words.length < 3 || !/^\d/.test(words[0]!)) return line
  const unit = words.findIndex(
    (word, i) => i > 1 && (/^#/.test(word) || (units.has(word) && i < words.length - 1 && hasDigit(words[i + 1]!))),
  )
  const street = unit > 0 ? words.slice(0, unit) : words
  return [...standardStreet(street), ...words.slice(street.length)].join(' ')
}

/** The last word that is a suffix becomes its abbreviation, directions before the name and after the suffix their letters. */
const standardStreet = (words: string[]): string[] => {
  const street = [...words]
  const last = street.length - 1
  const end = last >= 3 && directionals.has(street[last]!) && suffixes.has(street[last - 1]!) ? last - 1 : last
  if (end < last) street[last] = directionals.get(street[last]!)!
  if (end >= 2 && suffixes.has(street[end]!)) street[end] = suffixes.get(street[end]!)!
  // In "NORTH AVE" the direction is the name (233.22).
  if (end >= 3 && directionals.has(street[1]!)) street[1] = directionals.get(street[1]!)!
  return street
}

/** Digits of the ZIP code as the barcode routes by: 5 or 9, none abroad. Delivery points are never invented. */
export const routingOf = (address: StoredAddress): string =>
  address.country === 'US' ? (address.zip ?? '').replace('-', '') : ''
