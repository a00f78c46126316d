/**
 * One-time codes and links in a sign-up mail, for whoever waits for one: a guess with a confidence, never more than that.
 * A number counts by the words near it; one without such words is a year, a price, a telephone or anything else.
 * Linear, on at most 50,000 characters.
 */
import { codeWord, linkKinds, otherCode, someCode } from './code-words.ts'

export interface FoundCode {
  /** As it is to be typed: without the spaces and dashes it was grouped with when it is all digits. */
  value: string
  /** 0 to 1; from 0.8 on there is hardly a doubt. */
  confidence: number
}

export interface FoundLink {
  url: string
  /** The words it stands with, when there are any. */
  text?: string
  kind: 'verification' | 'sign_in' | 'password_reset' | 'unsubscribe' | 'other'
}

const longestText = 50_000
const mostCodes = 10
const mostLinks = 50

/** Codes likeliest first; links in the order verification, sign-in, password reset, other, unsubscribe. */
export const extractCodes = ({
  subject,
  text,
}: {
  subject: string
  text: string
}): { codes: FoundCode[]; links: FoundLink[] } => {
  const body = halfWidth(text.slice(0, longestText))
  const links = findLinks(body)
  const lines = [halfWidth(subject.slice(0, 1000)), ...body.replace(url, ' ').split('\n')].map(line => line.trim().slice(0, 2000))
  return { codes: findCodes(lines), links }
}

/**
 * 4 to 8 digits, also in two groups or one by one; `G-123456`; 5 to 10 capitals and digits mixed, also in two groups.
 * Not inside a longer number, a word, a price, a date, a time or an address.
 */
const candidate =
  /(?<![\p{L}\p{N}_.,:/+#@$€£¥%-]|\d )(?:[A-Z]-)?(?:\d{4,8}|\d{3}[ -]\d{3}|\d{4}[ -]\d{4}|\d(?: \d){3,7}|(?=[A-Z]{0,9}\d)(?=\d{0,9}[A-Z])[A-Z\d]{5,10}|(?=[A-Z-]{0,8}\d)[A-Z\d]{3,5}-[A-Z\d]{3,5})(?![\p{L}\p{N}_%€£¥-]|[.,:/@ ]\d|[./@]\p{L}| ?(?:€|\$|£|USD|EUR|GBP|%))/gu

/** Full-width digits and capitals, as Japanese and Chinese mail has them, in ASCII. */
const halfWidth = (text: string): string =>
  text.replace(/[\uff10-\uff19\uff21-\uff3a]/g, character => String.fromCharCode(character.charCodeAt(0) - 0xfee0))

const findCodes = (lines: string[]): FoundCode[] => {
  const best = new Map<string, number>()
  let budget = 2000
  for (const [index, line] of lines.entries()) {
    for (const match of line.matchAll(candidate)) {
      if (budget-- <= 0) break
      const value = /^[\d -]+$/.test(match[0]) ? match[0].replace(/[ -]/g, '') : match[0]
      const confidence = judge(lines, index, match.index, match[0], value)
      if (confidence > 0) best.set(value, Math.max(confidence, best.get(value) ?? 0))
    }
  }
  const sorted = [...best].map(([value, confidence]) => ({ value, confidence })).sort((a, b) => b.confidence - a.confidence)
  return sorted.slice(0, mostCodes)
}

/** The subject is line 0. */
const judge = (lines: string[], index: number, at: number, written: string, value: string): number => {
  const line = lines[index]!
  const before = line.slice(Math.max(0, at - 80), at)
  const after = line.slice(at + written.length, at + written.length + 60)
  const alone = before === '' && after.replace(/[.\s]/g, '') === ''
  const above = alone ? previousTexts(lines, index) : ''
  const near = `${above} ${before} · ${after}`
  const named = nameOf(near)
  if (named === 0 && !(alone && nameOf(lines[0]!) > 0)) return 0
  const adjacent =
    /(?:code|pin|otp|kod|kode|koodi|código|codice|код|码|碼|コード|番号|번호|코드)\s*(?:is|ist|est|es|är|er|on|è|é|:|：|=|-|—|是|は|为|為)*\s*$/iu.test(
      before,
    )
  if (/^(?:19|20)\d\d$/.test(value) && !adjacent && !alone) return 0
  if (/(?:tel|phone|call|fax|telefon|téléphone|mobile)\W{0,3}[\d ()-]*$/iu.test(before)) return 0
  let score = 0.35 + 0.25 * named
  if (adjacent) score += 0.2
  if (alone) score += 0.2
  if (/^\d{6}$/.test(value)) score += 0.1
  if (index === 0) score += 0.05
  return Math.round(Math.min(score, 0.99) * 100) / 100
}

/** 2: words for a one-time code; 1: some code; 0: neither, or another kind of code. */
const nameOf = (text: string): 0 | 1 | 2 => {
  if (otherCode.test(text)) return 0
  return codeWord.test(text) ? 2 : someCode.test(text) ? 1 : 0
}

/** The three lines of text above, for a code that stands on a line of its own. */
const previousTexts = (lines: string[], index: number): string => {
  const found: string[] = []
  for (let at = index - 1; at > 0 && at > index - 10 && found.length < 3; at--)
    if (lines[at]) found.unshift(lines[at]!.slice(-200))
  return found.join(' ')
}

const url = /https?:\/\/[^\s<>"'`\\^{|}\]]{3,2000}/giu

const findLinks = (body: string): FoundLink[] => {
  const found = new Map<string, FoundLink>()
  for (const match of body.matchAll(url)) {
    if (found.size >= mostLinks) break
    const address = withoutTrail(match[0])
    const text = wordsBefore(body, match.index)
    if (!URL.canParse(address) || found.has(address)) continue
    const kind = linkKinds.find(([, words]) => words.test(text) || words.test(address))?.[0] ?? 'other'
    found.set(address, { url: address, ...(text ? { text } : {}), kind })
  }
  return [...found.values()].sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind))
}

const order: FoundLink['kind'][] = ['verification', 'sign_in', 'password_reset', 'other', 'unsubscribe']

/** Without the punctuation of the sentence it ends, and without a bracket it did not open. */
const withoutTrail = (address: string): string => {
  const end = address.replace(/[.,;:!?)]{1,50}$/, '')
  return address[end.length] === ')' && end.split('(').length > end.split(')').length ? `${end})` : end
}

/** The sentence before a link on its line, or the line above when it has a line of its own; at most 100 characters. */
const wordsBefore = (body: string, at: number): string => {
  const [line = '', above = '', gap = ''] = body
    .slice(Math.max(0, at - 300), at)
    .split('\n')
    .reverse()
  return lastSentence(line) || lastSentence(above) || lastSentence(gap)
}

const lastSentence = (line: string): string => {
  const words = line
    .split(/https?:\/\/\S*/i)
    .pop()!
    .replace(/[\s[(<:]+$/, '')
  return words
    .split(/[.!?。]\s|[\])>]/)
    .pop()!
    .slice(-100)
    .toWellFormed()
    .trim()
}
