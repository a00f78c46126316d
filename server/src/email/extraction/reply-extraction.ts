/**
 * The new part of a reply: what its writer added, without the older mail and the signature, answers between quotes kept.
 * Line by line in one pass over at most 1 MB, on words and shapes rather than on one program's habits, because the same
 * markers come in a dozen languages and from every mail program (reply-words.ts). When in doubt, text is kept.
 */
import { historyMarker, htmlToText } from './html-text.ts'
import { attributionStart, forwarded, headerBlock, originalMessage, sentFrom, wrote } from './reply-words.ts'

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
 * Never empty when the message has text.
 */
export const extractReply = ({ text, html, subject, inThread }: ReplySource): string => {
  const whole = (text?.trim() ? text.slice(0, longestText) : htmlToText(html ?? '')).replace(/\r\n?/g, '\n').trim()
  if (forwarded.test(subject)) return whole
  const lines = whole.split('\n').map(line => line.trimEnd())
  const { segments, history } = withoutHistory(lines, inThread)
  if (!history && !inThread) return whole
  const kept = segments.map(segment => withoutSignature(segment).join('\n').trim()).filter(Boolean)
  return kept.join('\n\n').replace(/\n{3,}/g, '\n\n') || whole
}

/** The runs of new text between the quotes, and whether there was older mail at all. */
const withoutHistory = (lines: string[], inThread: boolean): { segments: string[][]; history: boolean } => {
  const segments: string[][] = [[]]
  let history = false
  for (let at = 0; at < lines.length; at++) {
    if (startsHistory(lines, at)) return { segments, history: true }
    const attribution = attributionAt(lines, at)
    if (attribution) {
      const quoted = isQuoted(lines[nextText(lines, attribution.end)] ?? '')
      if (!quoted && attribution.certain) return { segments, history: true }
      if (quoted) {
        history = true
        at = attribution.end - 1
        continue
      }
    }
    if (!isQuoted(lines[at]!)) {
      segments.at(-1)!.push(lines[at]!)
      continue
    }
    const end = endOfQuote(lines, at)
    if (inThread || history) {
      history = true
      segments.push([])
    } else {
      segments.at(-1)!.push(...lines.slice(at, end))
    }
    at = end - 1
  }
  return { segments, history }
}

const isQuoted = (line: string): boolean => /^ {0,3}>/.test(line)

const isBlank = (line: string): boolean => line.trim() === ''

const nextText = (lines: string[], from: number): number => {
  let at = from
  while (at < lines.length && at < from + 10 && isBlank(lines[at]!)) at++
  return at
}

/** Past the last quoted line of a block; empty lines between quoted ones belong to it. */
const endOfQuote = (lines: string[], start: number): number => {
  let end = start + 1
  for (let at = end; at < lines.length && (isQuoted(lines[at]!) || isBlank(lines[at]!)); at++)
    if (isQuoted(lines[at]!)) end = at + 1
  return end
}

/** True when from this line on everything is older mail that carries no quote marks. */
const startsHistory = (lines: string[], at: number): boolean => {
  const line = lines[at]!
  if (line.length > longestMarker) return false
  if (line === historyMarker || originalMessage.test(line)) return true
  return isHeaderBlock(lines, /^\s*_{10,}\s*$/.test(line) ? nextText(lines, at + 1) : at)
}

/** `From:` and at least two more of Sent, To, Cc, Subject in the lines below it. */
const isHeaderBlock = (lines: string[], at: number): boolean => {
  if (!headerBlock.from.test(lines[at]?.slice(0, longestMarker) ?? '')) return false
  return lines.slice(at + 1, at + 12).filter(line => headerBlock.rest.test(line.slice(0, longestMarker))).length >= 2
}

/**
 * "On Monday, Ann <ann@a.example> wrote:", possibly wrapped over up to four lines, starting here: where it ends, and
 * whether it is certain enough (an address, or a time and a year) to say that what follows is older mail even unquoted.
 */
const attributionAt = (lines: string[], start: number): { end: number; certain: boolean } | null => {
  const most = attributionStart.test(lines[start]!.trimStart()) ? 4 : 1
  let text = ''
  for (let end = start + 1; end <= start + most && end <= lines.length; end++) {
    const line = lines[end - 1]!
    if (text.length + line.length > longestMarker || isBlank(line) || isQuoted(line)) return null
    text += ` ${line}`
    if (!/[:：]\*?$/.test(line)) continue
    const address = /<[^<>\s]*@[^<>\s]*>/.test(text)
    if ((!wrote.test(text) && !address) || !/[\d@]/.test(text)) continue
    return { end, certain: wrote.test(text) && (address || (/\d{1,2}[:.h]\d{2}/.test(text) && /\b20\d\d\b/.test(text))) }
  }
  return null
}

/** More lines than this below a `--` are text, not a signature. */
const longestSignature = 20

/** Ends at the signature delimiter (RFC 3676 §4.3; its trailing space rarely survives) and before "Sent from my phone". */
const withoutSignature = (segment: string[]): string[] => {
  const delimiter = segment.lastIndexOf('--')
  const cut = delimiter >= 0 && segment.length - delimiter <= longestSignature ? segment.slice(0, delimiter) : [...segment]
  while (cut.length > 0 && (isBlank(cut.at(-1)!) || (cut.at(-1)!.length <= 120 && sentFrom.test(cut.at(-1)!)))) cut.pop()
  return cut
}
