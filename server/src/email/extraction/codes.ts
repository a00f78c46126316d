/**
 * One-time codes and links in a sign-up mail, for whoever waits for one: a guess with a confidence, never more than that.
 * A number counts by the noun that names it ("code", not "order"), by standing alone below one, or by what is to be done
 * with it; one without such words is a year, a price, a telephone or anything else. On at most 50,000 characters.
 */
import { codesIn, type FoundCode } from './code-candidates.ts'
import { linkKinds } from './code-words.ts'

export type { FoundCode } from './code-candidates.ts'

export interface FoundLink {
  url: string
  /** The words it stands with, when there are any. */
  text?: string
  kind: 'verification' | 'sign_in' | 'password_reset' | 'unsubscribe' | 'other'
}

const longestText = 50_000
const mostLinks = 50

/** Codes likeliest first; links in the order verification, sign-in, password reset, other, unsubscribe. */
export const extractCodes = ({
  subject,
  text,
}: {
  subject: string
  text: string
}): { codes: FoundCode[]; links: FoundLink[] } => {
  const body = text.slice(0, longestText)
  return { codes: codesIn(subject.slice(0, 1000), body.replace(url, ' ')), links: findLinks(body) }
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
