/** Untrusted bytes → message. Runs inside the parse worker: it may take long or run out of memory, parse.ts survives that. */
import PostalMime, { type Attachment } from 'postal-mime'
import { cleanText } from '../extraction/clean-text.ts'
import { extractReply } from '../extraction/reply-extraction.ts'
import type { HeaderField } from './automatic.ts'
import { cleanFields, decode, type EnvelopeFields, readFields, readHeaderSection } from './envelope-fields.ts'
import { readMediaType, safeFileName } from './file-names.ts'
import { caps, scan } from './scan.ts'

export interface ParsedAttachment {
  /** Safe to store and to show: no path, no control or direction characters, 1 to 255 octets. */
  filename: string
  /** `type/subtype`, lower case. */
  contentType: string
  /** Octets. */
  size: number
  /** Without angle brackets. */
  contentId: string | null
  /** Meant to be shown inside the HTML. */
  inline: boolean
  content: Uint8Array
}

/** A message as its sender wrote it. No string holds NUL or half a surrogate pair. */
export interface ParsedMessage extends EnvelopeFields {
  /** False: over a cap or unreadable. Then the header fields are best effort, and there is no body. */
  parsed: boolean
  /** One sentence, when `parsed` is false. */
  problem: string | null
  text: string | null
  html: string | null
  /** The new part of a reply as plain text, the whole text of anything else; null when there is no body. */
  extractedText: string | null
  attachments: ParsedAttachment[]
  /** What kind of report this claims to be; see dsn.ts for what it says. */
  report: 'delivery-status' | 'feedback-report' | 'disposition-notification' | null
}

/** Any bytes give a message; see `parsed` for how much of one. */
export const readMessage = async (raw: Buffer): Promise<ParsedMessage> => {
  const problem = scan(raw)
  if (problem) return unparsed(raw, problem)
  try {
    return await readParts(raw)
  } catch (error) {
    return unparsed(raw, `The message could not be parsed: ${error instanceof Error ? error.message : error}`)
  }
}

/** What is kept of a message nobody can parse: its header fields, and why. Bounded work, fit for the main thread. */
export const unparsed = (raw: Buffer, problem: string): ParsedMessage => ({
  ...readFields(readHeaderSection(raw)),
  parsed: false,
  problem: cleanText(problem).slice(0, 500).toWellFormed(),
  text: null,
  html: null,
  extractedText: null,
  attachments: [],
  report: null,
})

const readParts = async (raw: Buffer): Promise<ParsedMessage> => {
  const email = await PostalMime.parse(startsWithHeader(raw) ? raw : Buffer.concat([Buffer.from('\r\n'), raw]), {
    forceRfc822Attachments: true,
    maxNestingDepth: caps.nesting,
    maxHeadersSize: caps.allHeaderBytes,
  })
  const fields = readFields(cleanFields(email.headers.map(({ key, value }): HeaderField => [key, value])))
  const text = email.text === undefined ? null : cleanText(email.text)
  const html = email.html === undefined ? null : cleanText(email.html)
  const attachments = email.attachments.map(readAttachment)
  const inThread = fields.inReplyTo !== null || fields.references.length > 0
  return {
    ...fields,
    parsed: true,
    problem: null,
    text,
    html,
    extractedText:
      text === null && html === null ? null : cleanText(extractReply({ text, html, subject: fields.subject, inThread })),
    attachments,
    report: reportKind(attachments),
  }
}

/** A field name and a colon; without one the whole message is body, rather than a header section of nonsense. */
const startsWithHeader = (raw: Buffer): boolean =>
  /^(?:>?From [^\n]*\n)?[\x21-\x39\x3b-\x7e]{1,200}[ \t]*:/.test(raw.toString('latin1', 0, 1500)) ||
  /^\r?\n/.test(raw.toString('latin1', 0, 2))

const readAttachment = (part: Attachment): ParsedAttachment => {
  const content = typeof part.content === 'string' ? new TextEncoder().encode(part.content) : new Uint8Array(part.content)
  const contentType = readMediaType(part.mimeType).type
  const contentId = decode(part.contentId ?? '')
    .replace(/[<>\s]/g, '')
    .slice(0, 500)
    .toWellFormed()
  return {
    filename: safeFileName(part.filename, contentType === 'message/rfc822' ? 'message.eml' : 'attachment'),
    contentType,
    size: content.byteLength,
    contentId: contentId || null,
    inline: part.related === true || part.disposition === 'inline',
    content,
  }
}

const reportKind = (attachments: ParsedAttachment[]): ParsedMessage['report'] => {
  for (const kind of ['delivery-status', 'feedback-report', 'disposition-notification'] as const) {
    if (attachments.some(({ contentType }) => contentType === `message/${kind}`)) return kind
  }
  return null
}
