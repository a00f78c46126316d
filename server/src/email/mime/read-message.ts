/** Untrusted bytes → message. Runs inside the parse worker: it may take long or run out of memory, parse.ts survives that. */
import { cleanText } from '../extraction/clean-text.ts'
import { extractReply } from '../extraction/reply-extraction.ts'
import { type ParsedAttachment, readContent } from './content.ts'
import { type EnvelopeFields, readFields, readHeaderAlone } from './envelope-fields.ts'
import { OverCap, readStructure } from './structure.ts'

export type { ParsedAttachment } from './content.ts'

/** A message as its sender wrote it. No string holds NUL or half a surrogate pair. */
export interface ParsedMessage extends EnvelopeFields {
  /** False: over a cap or unreadable. Then the header fields are best effort, and there is no body. */
  parsed: boolean
  /** What was wrong with the message, in sentences; null when nothing was. All that could be read is there all the same. */
  problem: string | null
  text: string | null
  html: string | null
  /** The new part of a reply as plain text, the whole text of anything else; null when there is no body. */
  extractedText: string | null
  attachments: ParsedAttachment[]
  /** What kind of report this claims to be; see dsn.ts for what it says. */
  report: 'delivery-status' | 'feedback-report' | 'disposition-notification' | null
}

/** Any bytes give a message; see `parsed` for how much of one. Pure: the same bytes give the same message. */
export const readMessage = (raw: Buffer): ParsedMessage => {
  try {
    return readParts(withLineFeeds(raw))
  } catch (error) {
    if (error instanceof OverCap) return unparsed(raw, error.message)
    return unparsed(raw, `The message could not be parsed: ${error instanceof Error ? error.message : error}`)
  }
}

/** What is kept of a message nobody can parse: its header fields, and why. Bounded work, fit for the main thread. */
export const unparsed = (raw: Buffer, problem: string): ParsedMessage => ({
  ...readFields(readHeaderAlone(raw)),
  parsed: false,
  problem: shortened([problem]),
  text: null,
  html: null,
  extractedText: null,
  attachments: [],
  report: null,
})

const readParts = (raw: Buffer): ParsedMessage => {
  const structure = readStructure(raw)
  const { text, html, attachments, charset } = readContent(structure)
  const fields = readFields(structure.root.fields, charset)
  const { from } = fields
  if (from === null) structure.problems.add('The mail does not say who it is from.')
  else if (!from.address.includes('@')) structure.problems.add('From names no mail address.')
  const inThread = fields.inReplyTo !== null || fields.references.length > 0
  return {
    ...fields,
    parsed: true,
    problem: structure.problems.size > 0 ? shortened([...structure.problems]) : null,
    text,
    html,
    extractedText: newPart({ text, html, subject: fields.subject, inThread }),
    attachments,
    report: reportKind(attachments),
  }
}

/** A text that is too odd to be taken apart is shown whole. */
const newPart = (body: Parameters<typeof extractReply>[0]): string | null => {
  if (body.text === null && body.html === null) return null
  try {
    return cleanText(extractReply(body))
  } catch {
    return body.text
  }
}

const shortened = (problems: string[]): string => cleanText(problems.join(' ')).slice(0, 500).toWellFormed()

/** Mail whose lines end in a lone CR, as from old Macs, has no line end that anything else here would see. */
const withLineFeeds = (raw: Buffer): Buffer => {
  if (raw.includes(LF) || !raw.includes(CR)) return raw
  const lines = Buffer.from(raw)
  for (let at = lines.indexOf(CR); at >= 0; at = lines.indexOf(CR, at + 1)) lines[at] = LF
  return lines
}

const LF = 10
const CR = 13

const reportKind = (attachments: ParsedAttachment[]): ParsedMessage['report'] => {
  for (const kind of ['delivery-status', 'feedback-report', 'disposition-notification'] as const) {
    if (attachments.some(({ contentType }) => contentType === `message/${kind}`)) return kind
  }
  return null
}
