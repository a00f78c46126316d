/**
 * Postal addresses: what a caller may write, and the form the Postal Service wants (Publication 28: capitals, standard abbreviations,
 * unit on the street line, two-letter state, ZIP+4 with a hyphen). This is spelling, not knowledge: whether somebody can be reached
 * there only a provider can say (verification/), so nothing here is ever called verified or undeliverable. What contradicts itself is refused:
 * a ZIP code of another state, letters no sorting machine reads. Canada's provinces and postal codes get Canada Post's form; other
 * addresses abroad are kept as given.
 */
import Type, { type Static } from 'typebox'
import { object } from '../../operation.ts'
import { type FieldError, invalid } from '../../problems.ts'
import { canadianPostalCode, provinceCode, provincesOf } from './canada.ts'
import { directionals, stateCode, states, suffixes, units, unitsAlone } from './publication-28.ts'
import { foreignScript, isPrinted } from './scripts.ts'
import { statesOfZip, withZeros, zipForm, zipProblem } from './zip-codes.ts'

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
 * `unverified`: abroad, where we know no rules but Canada's. Throws invalid_input with paths under `path` for what cannot be an address.
 */
export const standardise = (given: Address, path = ''): { address: StoredAddress; status: AddressStatus } => {
  const { address, status, errors } = readAddress(given, path)
  if (errors.length > 0) throw invalid(...errors)
  return { address, status }
}

export interface ReadAddress {
  address: StoredAddress
  status: AddressStatus
  errors: FieldError[]
}

/**
 * As `standardise`, for lists: what is wrong comes back instead of being thrown. `spreadsheet`: the ZIP code may have lost its leading
 * zeros; they are put back where the state has the ZIP code that results.
 */
export const readAddress = (given: Address, path = '', { spreadsheet = false } = {}): ReadAddress => {
  const errors: FieldError[] = []
  const wrong = (field: string, message: string) => void errors.push({ path: `${path}/${field}`, message })
  const trimmed = trim({ ...given, country: (given.country ?? 'US').toUpperCase() })
  const placed = military(territory(trimmed))
  const country = placed.country!
  if (!placed.name && !placed.company) wrong('name', 'is required, or a company')
  if (!placed.line1) wrong('line1', 'is required')
  if (!placed.city) wrong('city', 'is required')
  checkScripts(placed, wrong)
  const countryName = countries.of(country)
  if (!countryName) wrong('country', `"${country}" is no country`)
  const name = country !== 'US' && countryName ? { countryName: countryName.toUpperCase() } : {}
  if (country !== 'US' && country !== 'CA') return { address: { ...placed, country, ...name }, status: 'unverified', errors }
  const address = country === 'US' ? domestic(placed, spreadsheet) : canadian(placed)
  if (country === 'US') checkUS(address, wrong)
  else checkCanada(address, wrong)
  const changed = corrections(trimmed, address)
  const corrected = Object.keys(changed).length > 0
  return {
    address: { ...address, country, ...name, ...(corrected ? { given: changed } : {}) },
    status: corrected ? 'corrected' : 'well_formed',
    errors,
  }
}

type Wrong = (field: keyof Address, message: string) => void

const checkUS = ({ state, zip }: Address, wrong: Wrong): void => {
  const known = states.has(state ?? '')
  const well = /^\d{5}(-\d{4})?$/.test(zip ?? '')
  if (!known) wrong('state', state ? `"${state}" is no US state` : `is required in the US${well ? hint(zip!) : ''}`)
  if (!zip) wrong('zip', 'is required in the US')
  else if (!well) wrong('zip', `"${zip}" is no ZIP code${known ? ` of ${state}` : ''}; write 12345 or 12345-6789`)
  else if (known) {
    const problem = zipProblem(zip, state!)
    if (problem) wrong('zip', problem)
  }
}

const hint = (zip: string): string => {
  const found = statesOfZip(zip)
  return found.length > 0 ? `; ${zip} is in ${found.join(' or ')}` : ''
}

const checkCanada = ({ state, zip }: Address, wrong: Wrong): void => {
  const province = state && provinceCode(state)
  const code = zip && canadianPostalCode(zip)
  if (!province) wrong('state', state ? `"${state}" is no province of Canada` : 'is required in Canada: the province')
  if (!code) wrong('zip', zip ? `"${zip}" is no postal code of Canada; write A1A 1A1` : 'is required in Canada: the postal code')
  if (province && code && !provincesOf(code).includes(province))
    wrong(
      'zip',
      `"${code}" is no postal code of ${province}: those that begin with ${code[0]} are in ${provincesOf(code).join(', ')}`,
    )
}

/** Who reads what: machines the lines of the place everywhere, in North America the street too; people read the name. */
const checkScripts = (address: Address, wrong: Wrong): void => {
  const here = address.country === 'US' || address.country === 'CA'
  for (const field of fields) {
    const script = address[field] && foreignScript(address[field])
    if (!script) continue
    const machine = field === 'city' || field === 'state' || field === 'zip' || (here && (field === 'line1' || field === 'line2'))
    if (machine) wrong(field, `is in ${script} letters, which sorting machines cannot read; write it in Latin letters`)
    else if (!isPrinted(script))
      wrong(field, `is in ${script} letters, which the printer does not have; write it in Latin letters`)
  }
}

/** Islands that other lists call countries, but that the Postal Service serves as states (Publication 28, appendix B). */
const islands = new Set(['PR', 'GU', 'VI', 'AS', 'MP', 'FM', 'MH', 'PW'])

const territory = (address: Address): Address => {
  const { country, state, zip } = address
  if (!islands.has(country!)) return address
  const there = zip !== undefined && statesOfZip(zip).includes(country!)
  return !state || stateCode(state) === country || there ? { ...address, country: 'US', state: country! } : address
}

const militaryPlace = /^(APO|FPO|DPO)(?:[\s,]+(AA|AE|AP)\b)?[\s,]*(\d{3,5}(?:-?\d{4})?)?$/i

/**
 * Military and diplomatic mail: APO, FPO or DPO stands for the city and AA, AE or AP for the state (Publication 28, 225.1), wherever the
 * parts were written, and no country behind them, whatever country the unit is in.
 */
const military = (address: Address): Address => {
  const inLine2 = !address.city && address.line2 !== undefined && militaryPlace.test(address.line2)
  const [, place, region, written] = militaryPlace.exec((inLine2 ? address.line2 : address.city) ?? '') ?? []
  if (!place) return address
  const zip = address.zip ?? written
  const of = zip === undefined ? undefined : statesOfZip(zip)[0]
  const given = region?.toUpperCase() ?? stateCode(address.state ?? '')
  // Before AA, AE and AP there were APO NY and FPO SF: the ZIP code says which of them it is now.
  const state = given && militaryRegions.has(given) ? given : of && militaryRegions.has(of) ? of : address.state
  const { line2, ...rest } = address
  return {
    ...rest,
    ...(line2 && !inLine2 ? { line2 } : {}),
    city: place.toUpperCase(),
    ...(state ? { state } : {}),
    ...(zip ? { zip } : {}),
    country: 'US',
  }
}

const militaryRegions = new Set(['AA', 'AE', 'AP'])

/** Only what Canada Post sorts by; the rest stays as written, accents and all. The province follows from the postal code. */
const canadian = (address: Address): Address => {
  const zip = address.zip && (canadianPostalCode(address.zip) ?? address.zip)
  const [only, second] = zip && canadianPostalCode(zip) ? provincesOf(zip) : []
  const state = address.state ? (provinceCode(address.state) ?? address.state) : second ? undefined : only
  return { ...address, ...(zip ? { zip } : {}), ...(state ? { state } : {}) }
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

const domestic = (address: Address, spreadsheet: boolean): Address => {
  const capitals = (text: string) => text.toUpperCase().replace(/[.,;]+(?=\s|$)/g, '')
  const [line1, ...apart] = splitUnit(streetLine(capitals(address.line1 ?? '')))
  const line2 = [...apart, ...(address.line2 ? [unitLine(capitals(address.line2))] : [])].join(' ')
  const state = stateCode(address.state ?? '')
  const zip = address.zip && zipForm(address.zip)
  const { line2: _, ...rest } = address
  return {
    ...rest,
    line1: line1!,
    ...(line2 ? { line2 } : {}),
    city: capitals(address.city ?? ''),
    ...(address.state ? { state: state ?? address.state } : {}),
    ...(zip ? { zip: (spreadsheet && withZeros(zip, state)) || zip } : {}),
  }
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
