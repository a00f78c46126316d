/**
 * What the header section of a stranger's message says, read leniently and bounded: whatever stands there, this gives an
 * answer. It serves the parsed message and the one that could not be parsed alike.
 */
import { cleanText } from '../extraction/clean-text.ts'
import { readAddressList } from './address-list.ts'
import { type HeaderField, isAutomatic } from './automatic.ts'
import { readMailDate } from './dates.ts'
import { decodeHeader, decodeRaw } from './encoded-words.ts'
import { type RawField, readHeaderSection } from './header-section.ts'
import type { Mailbox } from './mailboxes.ts'

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

/**
 * Reads what the fields say; where one occurs twice, the first counts. `around`: the charset of the message's body, for bytes that the
 * sender left raw.
 */
export const readFields = (raw: RawField[], around: string | null = null): EnvelopeFields => {
  const first = (name: string): string => raw.find(([key]) => key === name)?.[1] ?? ''
  const ids = (name: string): string[] => messageIds(decodeRaw(first(name)))
  const mailboxes = (name: string): Mailbox[] =>
    raw.flatMap(([key, value]) => (key === name ? readAddressList(value, around) : [])).slice(0, longestList)
  const recipients = (name: string): Mailbox[] => mailboxes(name).filter(({ address }) => address !== '')
  const senders = mailboxes('from')
  const from = senders.find(({ address }) => address.includes('@')) ?? senders[0] ?? null
  const subject = decodeHeader(first('subject'), around).trim()
  const references = ids('references')
  const headers = shownFields(raw, around)
  return {
    messageId: ids('message-id')[0] ?? null,
    inReplyTo: ids('in-reply-to')[0] ?? null,
    references: references.length > longestThread ? [references[0]!, ...references.slice(1 - longestThread)] : references,
    date: readMailDate(first('date')),
    from,
    to: recipients('to'),
    cc: recipients('cc'),
    replyTo: recipients('reply-to'),
    subject,
    headers,
    automatic: isAutomatic(headers, subject, from?.address ?? null),
  }
}

/** Enough for the fields people see, little enough to be read on the main thread whatever it holds: 50 ms at worst. */
const readWithoutParser = 32 * 1024

/** The fields of the header section alone, the first 32 KB of it, for a message that is not parsed. */
export const readHeaderAlone = (raw: Buffer): RawField[] =>
  readHeaderSection(raw.subarray(0, readWithoutParser), 0, { root: true }).fields

/** Names that are names (RFC 5322 §2.2), values storable; lines that are no header are left to the raw message. */
const shownFields = (fields: RawField[], around: string | null): HeaderField[] =>
  fields.map(([name, value]): HeaderField => [name, cleanText(decodeRaw(value, around)).trim()])

/** `<…>` tokens of visible ASCII, as they are compared and sent back; a bare id gets the brackets its sender forgot. */
export const messageIds = (text: string): string[] => {
  const found = text.match(/<[\x21-\x3b\x3d\x3f-\x7e]{1,900}>/g)
  if (found) return [...new Set(found)]
  const bare = text.trim().replace(/^</, '')
  return /^[\x21-\x3b\x3d\x3f-\x7e]{3,900}$/.test(bare) && bare.includes('@') ? [`<${bare}>`] : []
}
