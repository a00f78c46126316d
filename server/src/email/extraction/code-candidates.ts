/** Which of the numbers and words of a mail is a one-time code. */
import {
  copula,
  copulaFirst,
  handling,
  lowerCase,
  nouns,
  plainWords,
  selling,
  signingIn,
  travelling,
  unit,
  verifying,
} from './code-words.ts'
import { withoutInvisible } from './invisible.ts'

export interface FoundCode {
  /** As it is to be typed: without the spaces and dashes it was grouped with when it is all digits, without Google's `G-`. */
  value: string
  /** 0 to 1; from 0.8 on there is hardly a doubt. */
  confidence: number
}

const mostCodes = 10
/** More candidates than this are not looked at. */
const mostLooks = 500
const longestLine = 2000
/** A noun this far from a number does not name it, in characters. */
const farthest = 140

/** Codes of a mail, likeliest first. */
export const codesIn = (subject: string, body: string): FoundCode[] => {
  const lines = joinSplit([subject, ...body.split('\n')].map(line => readable(line.slice(0, longestLine))))
  const best = new Map<string, number>()
  let looks = mostLooks
  for (const [index, line] of lines.entries()) {
    if (!/\d|[A-Z]{5}|[A-Z]{4}-/.test(line)) continue
    const page = new LineOfCodes(lines, index)
    for (const candidate of page.candidates) {
      if (looks-- <= 0) break
      const confidence = page.judge(candidate)
      if (confidence > 0) best.set(candidate.value, Math.max(confidence, best.get(candidate.value) ?? 0))
    }
  }
  const found = [...best].map(([value, confidence]) => ({ value, confidence })).sort((a, b) => b.confidence - a.confidence)
  // Beside a sure one, what only might be one is not.
  return found.filter(({ confidence }) => confidence > found[0]!.confidence - 0.3).slice(0, mostCodes)
}

/** One kind of blank, dash and digit; capitals of full width as plain ones; nothing invisible. */
const readable = (line: string): string =>
  withoutInvisible(line)
    .replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')
    .replace(/[^\S\t]+|\u00a0/g, ' ')
    .replace(/^[A-Z\d](?:\t[A-Z\d]){3,9}$/, cells => cells.replaceAll('\t', ' '))
    .replace(/[\u2010-\u2013\u2212\ufe63\uff0d]/g, '-')
    .replace(/[\uff10-\uff19\uff21-\uff3a]/g, character => String.fromCharCode(character.charCodeAt(0) - 0xfee0))
    .replace(/[\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\u09e6-\u09ef\u0e50-\u0e59]/g, digit => {
      const code = digit.charCodeAt(0)
      const zero = [0x0660, 0x06f0, 0x0966, 0x09e6, 0x0e50].findLast(start => code >= start)!
      return String(code - zero)
    })
    .trim()

/** A code whose characters stand in cells or lines of their own. */
const joinSplit = (lines: string[]): string[] => {
  const joined: string[] = []
  for (let at = 0; at < lines.length; at++) {
    const run: string[] = []
    let end = at
    for (; end < lines.length && (/^[A-Z\d]$/.test(lines[end]!) || (run.length > 0 && lines[end] === '')); end++)
      if (lines[end]) run.push(lines[end]!)
    if (run.length >= 4 && run.length <= 10) {
      joined.push(run.join(''), '')
      at = end - 1
    } else joined.push(lines[at]!)
  }
  return joined
}

interface Candidate {
  start: number
  end: number
  value: string
  /** How much its form says by itself: digits are seldom anything else, letters often are. */
  shape: 'digits' | 'grouped' | 'mixed' | 'letters' | 'lower' | 'key'
}

const letter = '\\p{Script=Latin}\\p{Script=Greek}\\p{Script=Cyrillic}'
/** Not inside a word, a longer number, a price, a date, a time, an address, a masked number. */
const notAfter = `(?<![${letter}\\d_/+#@$€£¥₹№%*•&=~]|\\d[-.,:'/ ]|[A-Za-z]\\.|[${letter}\\d]-|[€$£¥₹] )`
const notBefore = `(?![${letter}\\d_%€£¥$@*•]|[-.,:/'][\\d${letter}]| \\d|[/@])`
const forms = [
  '(?<prefixed>(?:[A-Z]|FB|OTP|PIN|TAN|CODE)-\\d{4,8})',
  '(?<grouped>\\d{3}[ -]\\d{3}(?:[ -]\\d{3})?|\\d{4}[ -]\\d{4}|\\d{2}[ -]\\d{2}(?:[ -]\\d{2}){0,2}|\\d(?:[ -]\\d){3,7})',
  '(?<digits>\\d{4,8})',
  '(?<key>[A-Z\\d]{3,6}(?:-[A-Z\\d]{3,6}){1,7})',
  '(?<spaced>[A-Z\\d](?: [A-Z\\d]){4,7})',
  '(?<mixed>(?=[A-Z]{0,9}\\d)(?=\\d{0,9}[A-Z])[A-Z\\d]{4,10})',
  '(?<letters>[A-Z]{5,8})',
  '(?<lower>(?=[a-z]{0,9}\\d)(?=\\d{0,9}[a-z])[a-z\\d]{6,10})',
  '(?<both>(?=[a-z\\d]{0,9}[A-Z])(?=[A-Z\\d]{0,9}[a-z])(?=[A-Za-z]{0,9}\\d)[A-Za-z\\d]{6,10})',
].join('|')
const candidatePattern = new RegExp(`${notAfter}(?:${forms})${notBefore}`, 'gu')

/** As shops make theirs: a word and a number. */
const wordy = /^[A-Z]{4,}\d+$/

interface Noun {
  start: number
  end: number
  kind: 'strong' | 'some' | 'other'
}

/** A sentence ends here; "No. 7" and "Nr. 7" do not. */
const sentenceEnd = /(?<!\b(?:no|nr|num|tel|ref|réf|id|st|dr|mr|mrs|p\.o|ext|art|bzw|ca))[.!?](?=\s)|[。！？;；]/giu

class LineOfCodes {
  readonly candidates: Candidate[]
  readonly #lines: string[]
  readonly #index: number
  readonly #line: string
  #nouns: Noun[] | null = null

  constructor(lines: string[], index: number) {
    this.#lines = lines
    this.#index = index
    this.#line = lines[index]!
    this.candidates = [...this.#line.matchAll(candidatePattern)].flatMap(match => readCandidate(match) ?? [])
  }

  /** 0: no code. */
  judge(candidate: Candidate): number {
    const { start, end, shape, value } = candidate
    const after = this.#line.slice(end, end + 60)
    if (unit.test(after)) return 0
    const [from, to] = this.#sentence(start, end)
    const before = this.#line.slice(from, start)
    const rest = this.#line.slice(end, to)
    const year = /^(?:19|20)\d\d$/.test(value)
    if (shape === 'letters' && (plainWords.test(value) || !/\p{Ll}|[^\x00-\x7f]/u.test(this.#lines.join(' ').slice(0, 5000))))
      return 0
    const alone = isAlone(this.#line.slice(0, start), this.#line.slice(end))
    const named =
      this.#namedBefore(candidate, from) ??
      this.#namedAfter(candidate, to) ??
      (alone
        ? this.#namedAbove()
        : (this.#namedByColumn(candidate) ??
          (before.trim() === '' ? this.#namedAcross(candidate) : this.#namedEarlier(candidate, from, before))))
    if (!named) return this.#handled(candidate, before, rest) && !year ? this.#score(candidate, 1, 0.75, alone) : 0
    if (named.kind === 'other') return 0
    if (named.kind === 'some' && (this.#isOffer() || wordy.test(value))) return 0
    if (year && !named.said && !(alone && named.kind === 'strong')) return 0
    if (shape !== 'digits' && shape !== 'grouped' && !named.close && !alone) return 0
    if (this.#isTravel(named.words, shape)) return 0
    return this.#score(candidate, named.kind === 'strong' ? 2 : 1, named.close || alone ? 0.2 : 0, alone)
  }

  #score({ shape, value }: Candidate, level: number, more: number, alone: boolean): number {
    let score = 0.3 + 0.25 * level + more
    if (alone) score += 0.05
    if (/^\d{6}$/.test(value)) score += 0.1
    if (shape === 'letters' || shape === 'lower') score -= 0.1
    if (this.#index === 0) score += 0.05
    return Math.round(Math.min(score, 0.99) * 100) / 100
  }

  /** From and to where the sentence around a candidate goes on this line. */
  #sentence(start: number, end: number): [number, number] {
    let from = Math.max(0, start - farthest)
    let to = Math.min(this.#line.length, end + farthest)
    for (const match of this.#line.slice(from, to).matchAll(sentenceEnd)) {
      const at = Math.max(0, start - farthest) + match.index
      if (at < start) from = at + 1
      else if (at >= end) {
        to = at
        break
      }
    }
    return [from, to]
  }

  get #ownNouns(): Noun[] {
    this.#nouns ??= nounsIn(this.#line)
    return this.#nouns
  }

  /** The last noun before it, unless that names the number between. */
  #namedBefore(candidate: Candidate, from: number): Named | undefined {
    const taken = this.candidates.filter(({ end }) => end <= candidate.start)
    const found = this.#ownNouns.filter(noun => noun.start >= from && noun.end <= candidate.start)
    while (found.length > 0) {
      const noun = found.pop()!
      const gap = this.#line.slice(noun.end, candidate.start)
      const named = taken.find(({ start }) => start >= noun.end)
      // "order 112233: your code" – the order has its number.
      if (named) {
        const between = this.#line.slice(noun.end, named.start)
        if (wordsIn(between) === 0 || copula.test(between) || (noun.kind === 'other' && wordsIn(between) <= 2)) continue
      }
      // "SMS code no. 3: 448201" – the third one.
      if (noun.kind === 'other' && /^[^\p{L}\d]{0,3}\d{1,3}(?!\d)/u.test(gap)) continue
      // "the code for your order is …" – the code is meant.
      if (
        noun.kind === 'other' &&
        found.some(({ kind }) => kind !== 'other') &&
        wordsIn(gap) > 0 &&
        ofYour.test(this.#line.slice(0, noun.start))
      )
        continue
      const said = copula.test(gap)
      const close = wordsIn(gap) === 0 || (said && (gap.length <= 40 || /[\p{L}:：]\s*$/u.test(gap)))
      if (noun.kind === 'other') return { kind: 'other', close, said, words: '' }
      // "Learn to code in 2026: 4829 lessons"; but "the PIN for station 145 is: 7713".
      if (noun.kind === 'some' && (!close || (/\d/.test(gap) && !/\p{L}\s*[:：]?\s*$/u.test(gap)))) return undefined
      if (!close && wordsIn(gap) > 5) return undefined
      // "Pin 1204 posts" counts something.
      if (!said && counted.test(this.#line.slice(candidate.end))) return undefined
      return { kind: noun.kind, close, said, words: this.#line.slice(noun.start, noun.end) }
    }
    return undefined
  }

  #namedAfter(candidate: Candidate, to: number): Named | undefined {
    const noun = this.#ownNouns.find(({ start }) => start >= candidate.end)
    if (!noun || noun.start > to) return undefined
    const gap = this.#line.slice(candidate.end, noun.start)
    if (this.candidates.some(({ start }) => start >= candidate.end && start < noun.start)) return undefined
    // What follows a comma, or has a colon after it, names something else.
    if (/[,;]/.test(gap) || /^\s*[:：]/.test(this.#line.slice(noun.end))) return undefined
    const words = wordsIn(gap)
    const close = words <= 8 && (words === 0 || copulaFirst.test(gap))
    if (!close && words > 1) return undefined
    if (noun.kind === 'some' && words === 0 && /[:=–—-]/.test(gap)) return undefined
    return { kind: noun.kind, close, said: close, words: this.#line.slice(noun.start, noun.end) }
  }

  /** For what stands alone: the last noun of the text above, then of the line below, then of the subject. */
  #namedAbove(): Named | undefined {
    let seen = 0
    for (let at = this.#index - 1; at > 0 && at > this.#index - 12 && seen < 4; at--) {
      const line = this.#lines[at]!
      if (line === '') continue
      seen++
      const tail = line.slice(-200)
      const noun = nounsIn(tail).at(-1)
      if (noun) {
        const near = seen === 1 || noun.kind === 'strong'
        if (noun.kind === 'other' && seen > 1) break
        return near ? { kind: noun.kind, close: true, said: true, words: tail.slice(noun.start, noun.end) } : undefined
      }
      if (handling.test(tail) && verifying.test(tail)) return { kind: 'some', close: true, said: true, words: '' }
    }
    const below = this.#lines.slice(this.#index + 1, this.#index + 4).find(line => line !== '') ?? ''
    const label = nounsIn(below.slice(0, 80))[0]
    if (label && (wordsIn(below) <= 5 || copulaFirst.test(below.slice(0, label.start))))
      return { kind: label.kind, close: true, said: true, words: '' }
    const subject = this.#index > 0 ? nounsIn(this.#lines[0]!).at(-1) : undefined
    return subject
      ? { kind: subject.kind, close: true, said: true, words: this.#lines[0]!.slice(subject.start, subject.end) }
      : undefined
  }

  /** "Here is your verification code. It is 482913." – the sentence before says what it is. */
  #namedEarlier({ shape }: Candidate, from: number, before: string): Named | undefined {
    if ((shape !== 'digits' && shape !== 'grouped') || wordsIn(before) > 12) return undefined
    if (!copula.test(before) || !/[\p{L}:：]\s*["“(«]*$/u.test(before)) return undefined
    const own = this.#line.slice(0, from)
    const above = this.#lines.slice(Math.max(1, this.#index - 2), this.#index).findLast(line => line !== '') ?? ''
    const text = (own.trim() === '' ? above : own).slice(-farthest)
    const noun = nounsIn(text).at(-1)
    if (noun?.kind !== 'strong' || /\d{4}/.test(text.slice(noun.end))) return undefined
    return { kind: 'strong', close: false, said: true, words: text.slice(noun.start, noun.end) }
  }

  /** In a row of cells: the head of its column. */
  #namedByColumn({ start }: Candidate): Named | undefined {
    if (!this.#line.includes('\t')) return undefined
    const column = this.#line.slice(0, start).split('\t').length - 1
    const cells = this.#line.split('\t').length
    for (let at = this.#index - 1; at > 0 && at > this.#index - 20; at--) {
      const above = this.#lines[at]!.split('\t')
      if (above.length !== cells) return undefined
      const noun = nounsIn(above[column]!).at(-1)
      if (noun) return { kind: noun.kind, close: true, said: true, words: above[column]! }
    }
    return undefined
  }

  /** For what begins a line: a sentence that was wrapped before it, or goes on after it. */
  #namedAcross(candidate: Candidate): Named | undefined {
    const above = this.#index > 1 ? this.#lines[this.#index - 1]!.slice(-120) : ''
    const noun = above && !/[.!?。]$/.test(above) ? nounsIn(above).at(-1) : undefined
    if (!noun) return undefined
    const gap = above.slice(noun.end)
    const close = copula.test(gap) || wordsIn(gap) === 0
    return close || wordsIn(gap) <= 2 ? { kind: noun.kind, close, said: close, words: candidate.value } : undefined
  }

  /** "Use 482913 to verify your address." */
  #handled({ shape }: Candidate, before: string, rest: string): boolean {
    if (shape !== 'digits' && shape !== 'grouped' && shape !== 'mixed') return false
    const lead = before.slice(-60)
    const match = handling.exec(lead)
    return match !== null && wordsIn(lead.slice(match.index)) <= 3 && verifying.test(`${before} ${rest}`) && !this.#isOffer()
  }

  #isOffer(): boolean {
    return selling.test([this.#lines[0], ...this.#lines.slice(Math.max(1, this.#index - 2), this.#index + 3)].join(' '))
  }

  /** A "confirmation code" near a flight or a room is the name of the booking; digits may still be for signing in there. */
  #isTravel(words: string, shape: Candidate['shape']): boolean {
    if (!/confirm|bestätig|conferma|confirma|подтвержд|確認|确认|확인/iu.test(words)) return false
    const around = [this.#lines[0], ...this.#lines.slice(Math.max(1, this.#index - 5), this.#index + 6)].join(' ')
    return travelling.test(around) && (shape === 'mixed' || shape === 'letters' || !signingIn.test(around))
  }
}

/** A word in the plural after a number, but for verbs that follow a code. */
const counted = /^ [a-z]{2,}(?<!expire|i|wa|ha|thi|a|end|last|work|let|give|allow|prove|confirm|verifie|unlock)s\b/

interface Named {
  kind: Noun['kind']
  /** Beside it, or with such a word between. */
  close: boolean
  /** With "is" or a colon between. */
  said: boolean
  words: string
}

const ofYour =
  /(?:\b(?:for|of|to|from|with|by|on|in|into|für|zu|pour|de|para|per|di|voor|för|til|dla|do|для|için)\s(?:[\p{L}’']{1,12}\s){0,2})$/iu

const wordsIn = (text: string): number => text.match(/[\p{L}\p{N}]+/gu)?.length ?? 0

const nounsIn = (text: string): Noun[] =>
  [...lowerCase(text).matchAll(nouns)].map(match => ({
    start: match.index,
    end: match.index + match[0].length,
    kind: match.groups!.strong ? 'strong' : match.groups!.some ? 'some' : 'other',
  }))

/** Nothing else on the line but brackets, quotes, stars. */
const isAlone = (before: string, after: string): boolean => !/[\p{L}\p{N}]/u.test(before) && !/[\p{L}\p{N}]/u.test(after)

const readCandidate = (match: RegExpExecArray): Candidate | undefined => {
  const groups = match.groups!
  const found = match[0]
  const place = { start: match.index, end: match.index + found.length }
  if (groups.prefixed) return { ...place, value: found.slice(found.indexOf('-') + 1), shape: 'digits' }
  if (groups.digits) return { ...place, value: found, shape: 'digits' }
  if (groups.grouped) return { ...place, value: found.replace(/[ -]/g, ''), shape: 'grouped' }
  if (groups.spaced) return { ...place, value: found.replaceAll(' ', ''), shape: /\d/.test(found) ? 'mixed' : 'letters' }
  if (groups.key) {
    if (/^[\d-]+$/.test(found)) return undefined
    return { ...place, value: found, shape: 'key' }
  }
  const shape = groups.letters ? 'letters' : groups.lower || groups.both ? 'lower' : 'mixed'
  return { ...place, value: found, shape }
}
