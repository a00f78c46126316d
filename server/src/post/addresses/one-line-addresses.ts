/**
 * Addresses that were written into one cell, taken apart where there is no doubt: `12 Oak Ave, Apt 4, Boston, MA 02139`, or its last line
 * alone. Parts are divided by line ends, commas, or two blanks; without any, a street ends at its one suffix (Publication 28, C1). What can be
 * read in two ways is not read.
 */
import { canadianPostalCode, provinceCode } from './canada.ts'
import { directionals, stateCode, suffixes, units, unitsAlone } from './publication-28.ts'
import { statesOfZip } from './zip-codes.ts'

/** `country`: US or CA where the text names it or the postal code is one of Canada. */
export interface Place {
  city?: string
  state?: string
  zip?: string
  country?: string
}

export interface WholeAddress extends Place {
  /** Lines before the street: names, companies. */
  before: string[]
  line1: string
  line2?: string
}

const usa = /[\s,]+(?:USA|U\.S\.A\.?|US|U\.S\.|United States(?: of America)?|Etats-Unis|Estados Unidos)\.?$/i
const canada = /[\s,]+(?:Canada|CAN)\.?$/i
const zipAtEnd = /^(.*?)[\s,]*\b(\d{5}(?:\s*[-–]\s*\d{4})?|\d{9}|\d{3,4})$/
const postalCodeAtEnd = /^(.*?)[\s,]*\b([A-Z]\d[A-Z][\s-]*\d[A-Z]\d)$/i

/** `Boston, MA 02139`, `St. Louis Missouri, 63101-1234, USA`, `MA 02139`, `Montréal QC H3G 1S8`, `02139 Boston MA` → its parts; undefined when unclear. */
export const readPlace = (text: string): Place | undefined => {
  let rest = text.replace(/\s+/g, ' ').replace(/[\s,;.]+$/, '')
  const country = usa.test(` ${rest}`) ? 'US' : canada.test(` ${rest}`) ? 'CA' : undefined
  if (country) rest = ` ${rest}`.replace(country === 'US' ? usa : canada, '').trim()
  const code = postalCodeAtEnd.exec(rest)
  if (code && canadianPostalCode(code[2]!))
    return placed(` ${code[1]}`.replace(canada, '').trim(), canadianPostalCode(code[2]!), provinceCode, 'CA')
  const zip = zipAtEnd.exec(rest)
  if (zip) return placed(zip[1]!, zip[2]!.replace(/\s*[-–]\s*/, '-'), stateCode, country)
  const first = /^(\d{5}(?:-\d{4})?)[\s,]+(.+)$/.exec(rest)
  if (first) return placed(first[2]!, first[1], stateCode, country)
  return placed(rest, undefined, country === 'CA' ? provinceCode : stateCode, country)
}

/** City and state from what stands before the postal code. The longest name of a state wins, but must fit the ZIP code. */
const placed = (
  text: string,
  zip: string | undefined,
  codeOf: (text: string) => string | undefined,
  country: string | undefined,
): Place | undefined => {
  const rest = text.replace(/[\s,;]+$/, '')
  const more = { ...(zip ? { zip } : {}), ...(country ? { country } : {}) }
  const words = rest.split(' ')
  const fits = (state: string) => !zip || country === 'CA' || zip.length < 5 || statesOfZip(zip).includes(state)
  const found: { city: string; state: string }[] = []
  for (let count = Math.min(4, words.length); count >= 1; count--) {
    const state = codeOf(
      words
        .slice(-count)
        .join(' ')
        .replace(/^[,(]+|[,)]+$/g, ''),
    )
    if (state)
      found.push({
        city: words
          .slice(0, -count)
          .join(' ')
          .replace(/[\s,(]+$/, ''),
        state,
      })
  }
  // "New York, NY" is a city and its state, though both name the state.
  const whole = found.filter(({ city }) => city !== '')
  const chosen = whole.find(({ state }) => fits(state)) ?? whole[0] ?? found[0]
  if (chosen) return { ...(chosen.city ? { city: chosen.city } : {}), state: chosen.state, ...more }
  return rest ? { city: rest, ...more } : zip ? more : undefined
}

const startsStreet =
  /^(?:\d+[\w/-]*(?:\s|$)|#?\d|P\.?\s?O\.?\s?Box\b|Post Office Box|Box \d|RR ?\d|Rural Route|HC ?\d|PSC ?\d|CMR ?\d|Unit \d+ Box|One \w)/i

/** A whole address, or undefined when it cannot be taken apart without guessing. */
export const readWholeAddress = (text: string): WholeAddress | undefined => {
  const parts = text
    .replace(/<br\s*\/?>|\\n/gi, '\n')
    .split(/[\n;|]|,|\s{2,}/)
    .map(part => part.replace(/\s+/g, ' ').trim())
    .filter(Boolean)
  const { lines, place } = fromTheEnd(parts)
  if (!place?.state || !place.zip) return undefined
  if (place.city && lines.length > 0) return withStreet(lines, place)
  if (lines.length === 0) {
    const split = place.city ? splitStreet(place.city) : undefined
    return split && withStreet([split.street], { ...place, city: split.city })
  }
  return undefined
}

/** The shortest tail of the parts that is a place with a city, and the lines before it. */
const fromTheEnd = (parts: readonly string[]): { lines: string[]; place: Place | undefined } => {
  for (let count = 1; count <= Math.min(5, parts.length); count++) {
    const place = readPlace(parts.slice(-count).join(', '))
    if (place?.city && place.state && place.zip) return { lines: parts.slice(0, -count), place }
  }
  return { lines: [], place: undefined }
}

const withStreet = (lines: readonly string[], place: Place): WholeAddress | undefined => {
  const at = lines.findIndex(line => startsStreet.test(line))
  if (at < 0 || lines.length - at > 3 || at > 2) return undefined
  const [line1, ...more] = lines.slice(at) as [string, ...string[]]
  return { before: lines.slice(0, at), line1, ...(more.length > 0 ? { line2: more.join(' ') } : {}), ...place }
}

/** `12 Oak Ave Apt 4 Boston` → street and city, where only one word can be the street's suffix. */
const splitStreet = (text: string): { street: string; city: string } | undefined => {
  const words = text.split(' ')
  const plain = words.map(word => word.toUpperCase().replace(/[.,]/g, ''))
  const box = /^((?:P\.?\s?O\.?\s?Box|Post Office Box|PSC \d+ Box|RR \d+ Box)\s*#?\s*\d[\w-]*)\s+(\D+)$/i.exec(text)
  if (box) return { street: box[1]!, city: box[2]! }
  if (!/^\d/.test(text)) return undefined
  const ends = plain.flatMap((word, i) => (i > 1 && suffixes.has(word) ? [i] : []))
  if (ends.length !== 1) return undefined
  let end = ends[0]! + 1
  const direction = plain[end]
  if (direction && /^(N|S|E|W|NE|NW|SE|SW)$/.test(direction)) end++
  else if (direction && directionals.has(direction)) return undefined
  const unit = plain[end]
  if (unit?.startsWith('#')) end += unit === '#' ? 2 : 1
  else if (unit && units.has(unit)) {
    if (unitsAlone.has(units.get(unit)!)) return undefined
    if (!/\d|^[A-Z]$/.test(plain[end + 1] ?? '')) return undefined
    end += 2
  }
  const city = words.slice(end).join(' ')
  return city && !/\d/.test(city) ? { street: words.slice(0, end).join(' '), city } : undefined
}
