/**
 * What the header section of a stranger's message says, read leniently and bounded: whatever stands there, this gives an
 * answer. It serves the parsed message and the one that could not be parsed alike.
 */
import { addressParser, decodeWords } from 'postal-mime'
import { cleanText } from '../extraction/clean-text.ts'
import { type HeaderField, isAutomatic } from './automatic.ts'
import { type Mailbox, normalizeAddress } from './mailboxes.ts'
import { headerEnd } from './scan.ts'

/** Lower-cased name and unfolded, undecoded value, in the order of the message. */

export interface EnvelopeFields {
  /** With angle brackets, like every message id here; null when there is none that could be used. */
  messageId: string | null
  inReplyTo: string | null
  references: string[]
  /** null when missing or outside the years 1970 to 9999. */
  date: Date | null
  from: Mailbox | null
  to: Mailbox[]
  cc: Mailbox[]
  replyTo: Mailbox[]
  subject: string
  headers: HeaderField[]
  /** Written by a machine, so never to be answered by one (RFC 3834). The caller adds: or sent with a null return path. */
  automatic: boolean
}

/** No more than this many addresses of one field, and ids of one References, are kept. */
const longestList = 1000
const longestThread = 100

/** Reads what the fields say; where one occurs twice, the first counts. */
export const readFields = (headers: HeaderField[]): EnvelopeFields => {
  const first = (name: string): string => headers.find(([key]) => key === name)?.[1] ?? ''
  const ids = (name: string): string[] => messageIds(first(name))
  const mailboxes = (name: string): Mailbox[] =>
    headers.flatMap(([key, value]) => (key === name ? readMailboxes(value) : [])).slice(0, longestList)
  const references = ids('references')
  const from = mailboxes('from')[0] ?? null
  const subject = decode(first('subject'))
  return {
    messageId: ids('message-id')[0] ?? null,
    inReplyTo: ids('in-reply-to')[0] ?? null,
    references: references.length > longestThread ? [references[0]!, ...references.slice(1 - longestThread)] : references,
    date: readDate(first('date')),
    from,
    to: mailboxes('to'),
    cc: mailboxes('cc'),
    replyTo: mailboxes('reply-to'),
    subject,
    headers,
    automatic: isAutomatic(headers, subject, from?.address ?? null),
  }
}

/** Enough for the fields people see, little enough to be read on the main thread whatever it holds: 50 ms at worst. */
const readWithoutParser = 32 * 1024

/** The fields of the header section alone, the first 32 KB of it, for a message that is not parsed. */
export const readHeaderSection = (raw: Buffer): HeaderField[] => {
  const text = raw.subarray(0, Math.min(headerEnd(raw), readWithoutParser)).toString('utf8')
  const lines = text.split(/\r\n|\r|\n/)
  const fields: [string, string[]][] = []
  for (const line of lines) {
    const colon = line.indexOf(':')
    if (/^[ \t]/.test(line)) fields.at(-1)?.[1].push(line)
    else if (colon > 0) fields.push([line.slice(0, colon), [line.slice(colon + 1)]])
  }
  return cleanFields(fields.map(([name, parts]) => [name, parts.join('')]))
}

/** Names that are names (RFC 5322 §2.2) in lower case, values storable; lines that are no header are left to the raw message. */
export const cleanFields = (fields: HeaderField[]): HeaderField[] =>
  fields
    .map(([name, value]): HeaderField => [name.trimEnd().toLowerCase(), cleanText(value).trim()])
    .filter(([name]) => /^[\x21-\x39\x3b-\x7e]{1,200}$/.test(name))

/** Decodes encoded words; a charset nobody knows leaves them as they are. */
export const decode = (text: string): string => {
  try {
    return cleanText(decodeWords(text))
  } catch {
    return cleanText(text)
  }
}

/** `<…>` tokens of visible ASCII, as they are compared and sent back; a bare id gets the brackets its sender forgot. */
export const messageIds = (text: string): string[] => {
  const found = text.match(/<[\x21-\x3b\x3d\x3f-\x7e]{1,900}>/g)
  if (found) return [...new Set(found)]
  return /^[\x21-\x3b\x3d\x3f-\x7e]{3,900}$/.test(text) && text.includes('@') ? [`<${text}>`] : []
}

const readMailboxes = (value: string): Mailbox[] => {
  try {
    return addressParser(value, { flatten: true })
      .slice(0, longestList)
      .flatMap(({ address, name }) => (address ? [lenientMailbox(address, name)] : []))
  } catch {
    return []
  }
}

/** A regular address in its canonical form; any other is kept as it stands, for it may be all there is to see. */
const lenientMailbox = (address: string, name: string): Mailbox => {
  const text = cleanText(address)
    .replace(/[\x00-\x20\x7f]/g, '')
    .slice(0, 1000)
  return { address: normalizeAddress(text)?.address ?? text, name: cleanText(name).slice(0, 1000).toWellFormed() || null }
}

const readDate = (text: string): Date | null => {
  const date = new Date(text.slice(0, 200).replace(/\([^()]*\)/g, ' '))
  const year = date.getUTCFullYear()
  return year >= 1970 && year <= 9999 ? date : null
}
