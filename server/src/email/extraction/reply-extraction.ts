/**
 * The new part of a reply: what its writer added, without the older mail and the signature, answers between quotes kept.
 * Line by line in one pass over at most 1 MB, on words and shapes rather than on one program's habits, because the same
 * markers come in many languages and from every mail program (reply-words.ts). When in doubt, text is kept.
 */
import { attributionAt, isHeaderBlock, startsLikeOlderMail } from './history.ts'
import { readHtml } from './html-text.ts'
import { withoutInvisible } from './invisible.ts'
import { forwardedSubject, forwardMarker, originalMessage, replyAbove, replySubject, vsSubject } from './reply-words.ts'
import { withoutSignature } from './signatures.ts'
import { joinLines, type Line } from './text-lines.ts'

export interface ReplySource {
  text: string | null
  html: string | null
  subject: string
  /** It has In-Reply-To or References: quotes and signatures can be taken for what they look like. */
  inThread: boolean
}

const longestText = 1_000_000
/** A line longer than this is prose: no marker is. */
const longestMarker = 500

/**
 * Plain text of what is new in a message. A forwarded message and one that answers nothing come back whole.
 * Never empty when the message has text that can be seen.
 */
export const extractReply = ({ text, html, subject, inThread }: ReplySource): string => {
  const reply = inThread || replySubject.test(subject)
  const plain = text?.trim() ? fromText(text.slice(0, longestText)) : null
  if (plain && !(html && isStandIn(plain.whole, html))) {
    const found = newPart(plain, subject, reply)
    // Where the text gives no sign of older mail, its twin in HTML may name the quote.
    if (found.history || !reply || !html || !quoteElements.test(html)) return found.text
    const twin = newPart(fromHtml(html), subject, reply)
    return twin.history ? twin.text : found.text
  }
  const page = fromHtml(html ?? '')
  return page.whole ? newPart(page, subject, reply).text : (plain?.whole ?? '')
}

/** The lines of a mail, quote marks included, and all of them as one text. */
interface Source {
  whole: string
  lines: Line[]
}

const fromText = (text: string): Source => {
  const whole = withoutInvisible(text).replace(/\r\n?/g, '\n').trim() // biome-ignore format: one line
  return { whole, lines: whole.split('\n').map(line => ({ text: line.trimEnd(), quote: quoteDepth(line) })) }
}

const fromHtml = (html: string): Source => {
  const lines = readHtml(html).map(line => ({ ...line, text: joinLines([line]) }))
  return { whole: lines.map(({ text }) => text).join('\n').trim(), lines } // biome-ignore format: one line
}

const quoteElements = /<blockquote|gmail_quote|divRplyFwdMsg|yahoo_quoted|zmail_extra|OutlookMessageHeader|moz-cite-prefix/i

/** "Your mail program shows no HTML": a text part that stands in for the mail rather than saying it. */
const isStandIn = (text: string, html: string): boolean =>
  text.length < 400 && html.length > 6 * text.length && standIn.test(text)

const standIn =
  /\bhtml\b|(?:web ?)?browser|e-?mail (?:client|program|reader)|mail ?programm|navigateur|navegador|webversion|online (?:version|ansehen)|view (?:this|the|it) (?:e-?mail|message|online)/i

/** `>` before a line; not in ">>> look here <<<". */
const quoteDepth = (line: string): number => {
  const marks = /^ {0,3}((?:> ?){1,50})/.exec(line)
  return marks && !/<\s*$/.test(line) ? marks[1]!.replaceAll(' ', '').length : 0
}

const newPart = ({ whole, lines }: Source, subject: string, reply: boolean): { text: string; history: boolean } => {
  if (forwardedSubject.test(subject) || (vsSubject.test(subject) && !lines.some(({ text }) => /^\W*Lähet/.test(text))))
    return { text: whole, history: false }
  // Nothing in it can be older mail: the case of most mail.
  if (!reply && !lines.some(({ quote }) => quote > 0)) return { text: whole, history: false }
  const { segments, history, rest } = withoutHistory(lines, reply)
  if (!history && !reply) return { text: whole, history }
  const kept = segments
    .map(segment => trimmed(rest !== undefined ? segment.map(({ text }) => text) : withoutSignature(segment)))
    .filter(Boolean)
  if (rest !== undefined) kept.push(whole.split('\n').slice(rest).join('\n'))
  return { text: kept.join('\n\n').replace(/\n{3,}/g, '\n\n') || whole, history }
}

const trimmed = (lines: string[]): string => lines.join('\n').replace(/^\s*\n/, '').trimEnd() // biome-ignore format: one line

/** The runs of new text between the quotes, whether there was older mail at all, and the line where what is passed on begins. */
const withoutHistory = (lines: Line[], reply: boolean): { segments: Line[][]; history: boolean; rest?: number } => {
  const segments: Line[][] = [[]]
  let history = false
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!
    if (isForward(line) && (line.quote === 0 || !history)) return { segments, history, rest: at }
    if (reply && startsHistory(lines, at)) return { segments, history: true }
    const attribution = attributionAt(lines, at)
    if (attribution) {
      const quoted = quotedAt(lines, attribution.end)
      if (!quoted && attribution.certain && reply) return { segments, history: true }
      if (quoted && (reply || attribution.certain)) {
        history = true
        if (attribution.before) segments.at(-1)!.push({ text: attribution.before, quote: 0 })
        at = attribution.end - 1
        continue
      }
    }
    if (line.quote === 0) {
      segments.at(-1)!.push(line)
      continue
    }
    const end = endOfQuote(lines, at)
    if (reply || history) {
      history = true
      segments.push([])
    } else {
      segments.at(-1)!.push(...lines.slice(at, end))
    }
    at = end - 1
  }
  return { segments, history }
}

/** Looked at before the long patterns: most lines have neither a rule nor a colon at their end. */
const ruled = /^[\s>*_]*[-_=*\u2010-\u2015~#]{2}/
/** Words between two rules, in whatever language. */
const heading = /^\s*[-_=*]{3,}[^-_=*]{1,80}[-_=*]{3,}\s*$/
const isForward = ({ text }: Line): boolean =>
  text.length <= longestMarker && (ruled.test(text) || /[:：][\s*_]*$/.test(text.slice(-10))) && forwardMarker.test(text)

/** True when from this line on everything is older mail that carries no quote marks. */
const startsHistory = (lines: Line[], at: number): boolean => {
  const { text, mark } = lines[at]!
  if (mark === 'history' && startsLikeOlderMail(lines, at)) return true
  if (text.length > longestMarker || text === '') return false
  if ((ruled.test(text) || text.length < 30) && originalMessage.test(text)) return true
  if (heading.test(text) && isHeaderBlock(lines, nextFilled(lines, at + 1))) return true
  return ((ruled.test(text) || /\babove th/i.test(text)) && replyAbove.test(text)) || isHeaderBlock(lines, at)
}

/** Whether the next text is quoted; some programs leave empty lines between. */
const quotedAt = (lines: Line[], from: number): boolean => (lines[nextFilled(lines, from)]?.quote ?? 0) > 0

const nextFilled = (lines: Line[], from: number): number => {
  let at = from
  while (at < lines.length && at < from + 10 && lines[at]!.text === '') at++
  return at
}

/** Past the last quoted line of a block; empty lines between quoted ones belong to it, and the ends of lines wrapped late. */
const endOfQuote = (lines: Line[], start: number): number => {
  let end = start + 1
  for (let at = end; at < lines.length; at++) {
    const line = lines[at]!
    if (line.quote > 0) end = at + 1
    else if (line.text !== '' && !(at === end && isTornOff(lines[at - 1]!.text, line.text))) break
    else if (line.text !== '') end = at + 1
  }
  return end
}

/** The end of a quoted line that a program wrapped without a mark: of a link, or of a sentence in its middle. */
const isTornOff = (quoted: string, line: string): boolean =>
  (quoted.includes('(http') && /^\s*\S{1,300}\)\s*>?$/.test(line)) ||
  /^\s*\(https?:\S{1,300}\)\s*>$/.test(line) ||
  (quoted.length >= 60 && /[\p{L},]$/u.test(quoted) && line.length < 60 && /^\p{Ll}/u.test(line))
