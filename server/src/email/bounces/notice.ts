/**
 * Bounces in words: what Exim, qmail, old Sendmail, Exchange, Notes and hundreds of gateways write instead of a report by
 * RFC 3464. Bounded work on untrusted text: the first 64 KB, expressions without nested repeats.
 */
import { cleanText } from '../extraction/clean-text.ts'
import type { ParsedMessage } from '../mime/read-message.ts'
import { recognize, type SmtpRefusal } from './bounces.ts'
import { absenceSubject, challenge, copyBegins, gaveUp, mailSystem, notDelivered, stillTrying } from './notice-words.ts'

export interface Notice {
  action: 'failed' | 'delayed'
  /** What it says of the reason, most telling first. */
  said: SmtpRefusal[]
}

const longestNotice = 64 * 1024

/** The notice a mail is; null when it is none. `recipient`: whom our mail was for. */
export const readNotice = (message: ParsedMessage, recipient: string): Notice | null => {
  const subject = plain(message.subject)
  const words = plain(noticeText(message))
  const refused = notDelivered.test(subject)
  const bySystem = isMailSystem(message)
  if (message.report === 'disposition-notification' && !/automatically rejected|was rejected/.test(words)) return null
  // Answers of people's machines reach return paths too (RFC 3834 §4).
  if (!bySystem && !refused && (absenceSubject.test(subject) || challenge.test(words))) return null
  const said = evidence(message, recipient)
  if (isDelay(subject, words)) return { action: 'delayed', said }
  const named = header(message, 'x-failed-recipients') !== ''
  const isReplied = said.some(({ text }) => /^[45]\d\d[ -]/.test(text))
  if (named || refused || (bySystem && (isReplied || said.some(recognize)))) return { action: 'failed', said }
  // A person's words may sound like it; a machine's, or those beside an SMTP reply, are one.
  return notDelivered.test(words) && (bySystem || isReplied || message.automatic) ? { action: 'failed', said } : null
}

/** From a mail system, or from nobody, as only mail systems write. */
const isMailSystem = ({ from, headers }: ParsedMessage): boolean =>
  !from?.address ||
  [from.address, from.name ?? ''].some(text => mailSystem.test(plain(text))) ||
  headers.some(([name]) => name === 'x-failed-recipients')

const isDelay = (subject: string, words: string): boolean =>
  !gaveUp.test(subject) && (stillTrying.test(subject) || (stillTrying.test(words) && !gaveUp.test(words)))

/** What a notice says of the reason, most telling first: SMTP replies, then what stands beside the recipient, then paragraph by paragraph. */
export const evidence = (message: ParsedMessage, recipient: string): SmtpRefusal[] => {
  const text = noticeText(message)
  const replies = repliesIn(text)
  const near = besides(text, recipient)
  const nearReplies = near.flatMap(repliesIn)
  const paragraphs = text.split(/\n[ \t]*\n/).slice(0, mostParagraphs)
  return [...nearReplies.slice(0, 5), ...replies.slice(0, 10), ...[...near, ...paragraphs, message.subject].flatMap(asRefusal)]
}

/** What a notice says, it says at its beginning. Each is read by every rule: 0.1 ms. */
const mostParagraphs = 20

/** The words of the notice, without the copy of our own mail behind them, which may hold any words at all. */
const noticeText = (message: ParsedMessage): string => {
  const whole = (message.text ?? message.extractedText ?? attached(message)).slice(0, longestNotice).replace(/\r\n?/g, '\n')
  const lines = whole.split('\n')
  const copy = lines.findIndex((line, at) => at > 0 && isCopy(line, lines[at + 1] ?? ''))
  return (copy < 0 ? lines : lines.slice(0, copy)).join('\n')
}

const isCopy = (line: string, next: string): boolean =>
  copyBegins.test(line) ||
  /^(?:>?From \S+ {1,3}\w{3} \w{3}|(?:Return-Path|Received|X-Received|DKIM-Signature|Delivered-To|MIME-Version|Message-ID): ?\S)/i.test(
    line,
  ) ||
  (/^(?:From|To|Subject|Date): \S/.test(line) && /^(?:From|To|Subject|Date|Message-ID|Received|Cc): \S/i.test(next))

/** A notice whose only words are an attached text. */
const attached = (message: ParsedMessage): string => {
  const part = message.attachments.find(({ contentType }) => /^text\/(?:plain|html)$/.test(contentType))
  return part ? cleanText(new TextDecoder().decode(part.content.subarray(0, longestNotice))).replace(/<[^>\n]{1,300}>/g, ' ') : ''
}

/** An SMTP reply: code, enhanced code perhaps, and words to the end of the paragraph or the next reply of another code. */
const reply =
  /(?:^|[\s:;,"'<>()[\]=#])([45]\d\d)(?:[ -]{1,3}|: ?|, ?|; ?|(?=$))(?:[#(]{0,2}([245]\.\d{1,3}\.\d{1,3})[)\]]?[ :;,-]{0,3})?([^\n]{0,600}(?:\n(?![ \t]*(?:\n|<?[^\s@]{1,64}@)|[-=*]{4}|[ \t]*[<>]{3}|.{0,80}(?:said|says):)[^\n]{1,300}){0,6})/g

const repliesIn = (text: string): SmtpRefusal[] =>
  [...text.matchAll(reply)]
    .slice(0, 20)
    .map(([, code = '', enhanced, words = '']) => ({
      code: Number(code),
      enhanced: enhanced ?? statusIn(words),
      text: `${code} ${enhanced ? `${enhanced} ` : ''}${words
        .replace(new RegExp(`\\n[ \\t]{0,20}${code}[ -]`, 'g'), ' ')
        .replace(/\s{1,200}/g, ' ')
        .trim()}`.slice(0, 1000),
    }))
    // "500 messages" or "port 587" are numbers, not replies.
    .filter(({ enhanced, text: said }) => enhanced !== null || isReply(said))

const isReply = (said: string): boolean =>
  /^[45][0-57]\d [^\d\s]/.test(said) &&
  !/^\d{3} (?:kb|mb|bytes?|messages?|seconds?|minutes?|hours?|days?|recipients?|gmt|utc|est)\b/i.test(said)

/** An enhanced status code in words: `#5.1.1`, `(5.1.1)`, `5.1.1`. Not a version or an address of four numbers. */
const statusIn = (words: string): string | null => /(?:^|[^\d.])([45]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)/.exec(words)?.[1] ?? null

/** What stands on the recipient's line and below it, to the end of its paragraph and of an indented one behind it. */
const besides = (text: string, recipient: string): string[] => {
  const address = recipient.toLowerCase()
  const lines = text.split('\n')
  const found: string[] = []
  for (let at = 0; at < lines.length && found.length < 5; at++) {
    if (!lines[at]!.toLowerCase().includes(address)) continue
    let end = at + 1
    while (end < lines.length && end < at + 12 && (lines[end]!.trim() !== '' || /^[ \t]{2,}\S/.test(lines[end + 1] ?? ''))) end++
    found.push(lines.slice(at, end).join('\n'))
  }
  return found
}

const asRefusal = (words: string): SmtpRefusal[] => {
  const text = words
    .replace(/\s{1,200}/g, ' ')
    .trim()
    .slice(0, 1000)
  return text === '' ? [] : [{ code: 550, enhanced: statusIn(text), text }]
}

const header = (message: ParsedMessage, name: string): string => message.headers.find(([key]) => key === name)?.[1] ?? ''

/** Lower case, single spaces, straight to compare. */
const plain = (text: string): string =>
  text
    .slice(0, longestNotice)
    .toLowerCase()
    .replace(/\s{1,200}/g, ' ')
    .trim()
