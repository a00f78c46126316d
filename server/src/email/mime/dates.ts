/** Dates of strangers' mail (RFC 5322 §3.3 and §4.3, and what else is written there), never by the machine's own time zone. */

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/** Hours east of UTC. RFC 5322 §4.3, and names in common use that mean one thing in mail. */
const zones: Record<string, number> = {
  ut: 0, utc: 0, gmt: 0, z: 0, wet: 0, est: -5, edt: -4, cst: -6, cdt: -5, mst: -7, mdt: -6, pst: -8, pdt: -7, akst: -9, akdt: -8, hst: -10,
  bst: 1, west: 1, cet: 1, met: 1, mez: 1, cest: 2, mest: 2, mesz: 2, eet: 2, eest: 3, msk: 3, msd: 4, ist: 5.5, jst: 9, kst: 9, aest: 10, aedt: 11, nzst: 12, nzdt: 13,
} // biome-ignore format: one table

const internet =
  /^(?:[a-z]{2,9}\.?,?\s{0,9})?(\d{1,2})[\s-]{1,9}([a-z]{3,9})\.?[\s,-]{1,9}(\d{2,4})[\s,]{1,9}(\d{1,2})[:.](\d{1,2})(?:[:.](\d{1,2})(?:[.,]\d{1,9})?)?(?:\s{0,9}([ap])\.?m\b\.?)?\s{0,9}(.{0,60})$/is
const ctime =
  /^[a-z]{3,9},?\s{1,9}([a-z]{3,9})\s{1,9}(\d{1,2})\s{1,9}(\d{1,2}):(\d{2})(?::(\d{2}))?\s{1,9}(?:([a-z]{2,5}|[+-]\d{4})\s{1,9})?(\d{4})\b/i
const iso = /^(\d{4})-(\d{2})-(\d{2})[T\s](\d{2}):(\d{2})(?::(\d{2}))?(?:[.,]\d{1,9})?\s{0,9}(.{0,60})$/s

/** A Date of the years 1970 to 9999, or null. A time without a zone is taken for UTC. */
export const readMailDate = (field: string): Date | null => {
  const text = withoutComments(field.slice(0, 300)).trim()
  const read = readInternet(text) ?? readCtime(text) ?? readIso(text) ?? readOther(text)
  const year = new Date(read).getUTCFullYear()
  return year >= 1970 && year <= 9999 ? new Date(read) : null
}

const readInternet = (text: string): number | null => {
  const match = internet.exec(text)
  if (!match) return null
  const [, day, month, year, hour, minute, second, half, zone] = match
  const hours = half ? (Number(hour) % 12) + (half.toLowerCase() === 'p' ? 12 : 0) : Number(hour)
  return moment([fullYear(year!), monthOf(month!), Number(day), hours, Number(minute), Number(second ?? 0)], zone!)
}

const readCtime = (text: string): number | null => {
  const match = ctime.exec(text)
  if (!match) return null
  const [, month, day, hour, minute, second, zone, year] = match
  return moment(
    [Number(year), monthOf(month!), Number(day), Number(hour), Number(minute), Number(second ?? 0)],
    zone ?? text.slice(match[0].length),
  )
}

const readIso = (text: string): number | null => {
  const match = iso.exec(text)
  if (!match) return null
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(part => Number(part ?? 0))
  return moment([year!, month! - 1, day!, hour!, minute!, second!], match[7]!)
}

/** What else JavaScript reads, such as `11/27/2026 9:14 AM`. */
const readOther = (text: string): number => Date.parse(/[+-]\d{4}\b|\b(?:gmt|utc|z)\b/i.test(text) ? text : `${text} UTC`)

type Clock = [year: number, month: number, day: number, hour: number, minute: number, second: number]

const moment = ([year, month, day, hour, minute, second]: Clock, zone: string): number | null => {
  if (month < 0 || month > 11 || day < 1 || day > 31 || hour > 24 || minute > 59 || second > 60) return null
  return Date.UTC(year, month, day, hour, minute, second) - offsetOf(zone) * 60_000
}

/** §4.3: two digits below 50 are of this century, three count from 1900. */
const fullYear = (digits: string): number => {
  const year = Number(digits)
  if (digits.length === 2) return year < 50 ? 2000 + year : 1900 + year
  return digits.length === 3 ? 1900 + year : year
}

const monthOf = (name: string): number => months.indexOf(name.slice(0, 3).toLowerCase())

/** Minutes east of UTC; 0 for what nobody knows, as §4.3 says. */
const offsetOf = (zone: string): number => {
  const text = zone.trim().replace(/^(?:gmt|utc)\s?(?=[+-])/i, '')
  const number = /^([+-])\s?(\d{1,2}):?(\d{2})?\b/.exec(text)
  if (number) return (number[1] === '-' ? -1 : 1) * (Number(number[2]) * 60 + Number(number[3] ?? 0))
  return (zones[/^"?([a-z]{1,5})\b/i.exec(text)?.[1]?.toLowerCase() ?? ''] ?? 0) * 60
}

const withoutComments = (text: string): string => {
  let depth = 0
  let out = ''
  for (const character of text) {
    if (character === '(') depth++
    else if (character === ')') depth = Math.max(0, depth - 1)
    else if (depth === 0) out += character
  }
  return out
}
