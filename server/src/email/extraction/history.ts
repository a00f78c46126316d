/** Where older mail begins in a reply: attribution lines and header blocks, told by their shape and a few words. */
import { attributionStart, fieldNames, wrote } from './reply-words.ts'
import type { Line } from './text-lines.ts'

/** A line longer than this is prose: no marker is. */
const longestMarker = 500
/** Programs wrap an attribution over no more lines than this. */
const mostLines = 4

export interface Attribution {
  /** The line after it. */
  end: number
  /** Sure enough to say that what follows is older mail even where it carries no quote marks. */
  certain: boolean
  /** What its writer said on the same line before it. */
  before?: string
}

/** "On Monday, Ann <ann@a.example> wrote:", possibly wrapped, starting at this line. */
export const attributionAt = (lines: Line[], start: number): Attribution | null => {
  const first = lines[start]!
  if (first.quote > 0 || first.text === '' || first.text.length > longestMarker) return null
  const shared = sharedLine(first.text, start)
  if (shared) return shared
  const most = mayBeWrapped(first.text, lines[start + 1]?.text ?? '') ? mostLines : 1
  let text = ''
  let found: Attribution | null = null
  for (let end = start + 1; end <= start + most && end <= lines.length; end++) {
    const line = lines[end - 1]!
    // The `>` that closes a wrapped address is no quote mark.
    const open = text.lastIndexOf('<') > text.lastIndexOf('>')
    if (line.text === '' || (line.quote > 0 && !open)) break
    if (end > start + 1 && !open && startsAttribution(line.text)) break
    text += ` ${line.text}`
    if (text.length > longestMarker) break
    const certain = judge(asciiDigits(text.trim()))
    if (certain) return { end, certain }
    if (certain === false) found = { end, certain }
  }
  return found
}

const startsAttribution = (text: string): boolean => attributionStart.test(text) && hasDate(asciiDigits(text))

/** Whether more lines may belong to it: it begins like one, has a date or an address, or one follows. */
const mayBeWrapped = (text: string, next: string): boolean =>
  attributionStart.test(text) || hasDate(asciiDigits(text)) || /@|<\s*$/.test(text) || /^\s*<\S{1,200}@/.test(next)

const address = /[<("[:]?\s?[\w.!#$%&'*+/=?^`{|}~-]{1,100}@[\w.-]{1,200}\s?[>)"\]]?/
const bracketed = /[<([]\s?(?:mailto:)?[^\s<>()]{1,100}@[^\s<>()]{1,200}\s?[>)\]]/
/** After the sign there is nothing but closing brackets, stars and marks of direction. */
const colonAtEnd = /[:：]["'*_\s)\]»\u200e\u200f\u202a-\u202e\u2066-\u2069]*$/
const verbAtEnd =
  /(?:wrote|writes|schrieb|a écrit|escribió|ha scritto|escreveu|schreef|skrev|napisał(?:\(a\))?|написал|写道)\s?-*$/i

const hasDate = (text: string): boolean =>
  /\b(?:19|20)\d\d(?!\d)|\b\d{1,4}[./-] ?\d{1,2}[./-] ?\d{2,4}(?!\d)|\d年|\d년/.test(text)
const hasTime = (text: string): boolean =>
  /\d{1,2}\s?[:h]\s?\d{2}(?!\d)|\d{1,2}\s?[ap]\.?m\b|[時时시]\d|(?:\b(?:klo|kl|pukul|ore|uhr|u)\.? |, )\d{1,2}\.\d{2}(?!\d)/i.test(
    text,
  )

/** null: no attribution; true: certain; false: one only if quotes follow. */
const judge = (text: string): boolean | null => {
  const colon = colonAtEnd.test(text.slice(-20))
  if (text.length < 4 || !(colon || /[->]$/.test(text) || verbAtEnd.test(text.slice(-30))) || /^https?:/i.test(text)) return null
  const verb = wrote.test(text)
  const date = hasDate(text)
  const time = hasTime(text)
  // Zoho and others: "---- On Mon, 05 Jan 2026 10:00:00 +0100 Ann <ann@a.example> wrote ----".
  if (/^-{2,}.{3,300}-{2,}$/.test(text) && verb && (date || verbAtEnd.test(text))) return true
  if (!colon) {
    if (verbAtEnd.test(text) && (date || bracketed.test(text))) return date && (time || bracketed.test(text))
    return date && /<[^<>\s]{1,100}@[^<>\s]{1,200}>$/.test(text) && text.length < 150 ? false : null
  }
  const named = address.test(text)
  if (verb) {
    // "I wrote to ann@a.example on 5 May:" is from the writer.
    if (named && (date || time || bracketed.test(text)))
      return !firstPerson.test(text) && (bracketed.test(text) || attributionStart.test(text))
    if (date && (time || attributionStart.test(text))) return wordsOf(text) <= 25
    if (date || time || named) return false
    return wordsOf(text) <= 8 ? false : null
  }
  if (!bracketed.test(text)) return named && (date || time) ? false : null
  const last = /[>)\]]["'*_\s,;]{0,5}[:：]["'*_\s)\]»\u200e\u200f\u202a-\u202e\u2066-\u2069]*$/.test(text)
  const dateFirst = /^[^\p{L}\d]{0,5}(?:\p{L}[\p{L}\p{M}.]{0,15},?\s{1,3}){0,2}\d/u.test(text)
  if (date && (time || dateFirst) && (last || dateFirst) && wordsOf(text) <= 20) return true
  return date || time || /^(?:quoting|zitat von|citando|cit)\b/i.test(text) ? false : null
}

const firstPerson = /^(?:I|we|ich|wir|je|nous|j[’']ai|yo|nosotros|io|noi|eu|nós|ik|wij|jag|vi|ja|my|я|мы|ми)\s/i

const wordsOf = (text: string): number => text.split(/\s+/).length

/** "Yes. On Wed, Apr 4, 2012 at 3:59 PM, ann@a.example wrote:" on one line. */
const sharedLine = (text: string, start: number): Attribution | null => {
  if (!text.endsWith('wrote:')) return null
  const match = /^(.{0,300}[^\s->])(?:\s+|\s*-{2,}\s*)(On (?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6}, .{5,200} wrote:)$/.exec(text)
  return match && /[\p{L}\d]/u.test(match[1]!) ? { end: start + 1, certain: false, before: match[1]! } : null
}

/** Digits of other scripts as ASCII, for the tests above. */
const asciiDigits = (text: string): string =>
  text.replace(/[\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\u09e6-\u09ef\u0e50-\u0e59\uff10-\uff19]/g, digit => {
    const code = digit.charCodeAt(0)
    return String(code >= 0xff10 ? code - 0xff10 : code >= 0x0e50 ? code - 0x0e50 : code >= 0x0966 ? (code - 0x0966) % 0x80 : code & 15 % 16) // biome-ignore format: one line
  })

type Field = keyof typeof fieldNames

const fieldKinds = new Map(
  (Object.entries(fieldNames) as [Field, string][]).flatMap(([kind, names]) =>
    names.split('|').map((name): [string, Field] => [name.replaceAll(' ', ''), kind]),
  ),
)

interface HeaderLine {
  kind: Field
  value: string
  bold: boolean
}

/** `From: …`, `*Von :* …`, `差出人：…`; the names are few, so a look-up beats a pattern of all of them. */
const readField = (text: string): HeaderLine | null => {
  if (text.length > longestMarker) return null
  const match = /^([^:：]{1,60})[:：](?!\/\/)[*_]{0,2}\s*/.exec(text)
  if (!match) return null
  const name = match[1]!.replace(/^[\s>*_|•\u200e\u200f\u202a-\u202e]+|[\s*_]+/g, '').toLowerCase()
  const kind = fieldKinds.get(name)
  return kind ? { kind, value: text.slice(match[0].length), bold: /^\s*[*_]/.test(text) } : null
}

/**
 * The header of an older mail, in any order of its fields: who and when, and to whom or about what. The block of a writer of
 * their own ("From: Berlin, To: Paris, Date: 3 December") has neither an address, nor a subject, nor a word that only mail has.
 */
export const isHeaderBlock = (lines: Line[], at: number): boolean => {
  const first = readField(lines[at]?.text ?? '')
  if (!first || first.kind === 'cc') return false
  const fields = [first, ...fieldsBelow(lines, at + 1)]
  const of = (kind: Field): HeaderLine | undefined => fields.find(field => field.kind === kind)
  const from = of('from')
  const when = of('sent') ?? of('date')
  const to = of('to')
  const mail = fields.some(({ kind, value }) => (kind === 'from' || kind === 'to' || kind === 'cc') && value.includes('@'))
  const timed = when !== undefined && hasTime(asciiDigits(when.value))
  if (from && when && (to || of('subject'))) return mail || of('sent') !== undefined || of('subject') !== undefined || first.bold
  if (from && when) return mail && timed
  if (first.kind === 'from')
    return first.value.includes('@') && /\b(?:date|sent|gesendet|envoyé)\s?: .{0,60}\d:\d\d/i.test(first.value)
  if (when && to) return mail && timed && hasDate(asciiDigits(when.value))
  return false
}

/** Fields on the lines that follow, over empty lines and the rests of wrapped ones. */
const fieldsBelow = (lines: Line[], start: number): HeaderLine[] => {
  const found: HeaderLine[] = []
  let other = 0
  for (let at = start; at < lines.length && at < start + 16; at++) {
    const { text } = lines[at]!
    const field = readField(text)
    if (field) {
      found.push(field)
      other = 0
    } else if (++other > (text === '' || lines[at - 1]?.text === '' ? 1 : 3)) break
  }
  return found
}

/** Behind what HTML names older mail, there is a sign of it: an address, a date, a time. */
export const startsLikeOlderMail = (lines: Line[], at: number): boolean =>
  lines.slice(at, at + 8).some(({ text }) => {
    const short = asciiDigits(text.slice(0, longestMarker))
    return short.includes('@') || hasDate(short) || hasTime(short) || wrote.test(short)
  })
