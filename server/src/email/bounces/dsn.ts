/**
 * What a report about a message we sent says: delivery status notifications (RFC 3464) and abuse complaints (ARF,
 * RFC 5965). Reading only: whether a report is to be believed is decided by who could have known the address it came to.
 */
import { cleanText } from '../extraction/clean-text.ts'
import { messageIds } from '../mime/envelope-fields.ts'
import type { ParsedMessage } from '../mime/read-message.ts'

export interface DeliveryReport {
  kind: 'dsn'
  recipients: ReportedRecipient[]
  /** Of the message reported on, with angle brackets, from the copy of it that the report carries. */
  originalMessageId: string | null
  /** RFC 3461 ENVID, when the sender asked for one. */
  originalEnvelopeId: string | null
}

export interface ReportedRecipient {
  /** Without the `rfc822;` before it. */
  finalRecipient: string
  originalRecipient: string | null
  action: 'failed' | 'delayed' | 'delivered' | 'relayed' | 'expanded'
  /** Enhanced status code (RFC 3463) such as 5.1.1; null when it is malformed. */
  status: string | null
  /** What the other server said, such as `550 5.1.1 No such user`, at most 1,000 characters. */
  diagnostic: string | null
  remoteMta: string | null
}

export interface ComplaintReport {
  kind: 'arf'
  /** abuse, fraud, virus, not-spam, opt-out …, lower case. */
  feedbackType: string
  originalMessageId: string | null
  /** Original-Rcpt-To; providers often leave it out or redact it. */
  originalRecipients: string[]
  originalMailFrom: string | null
  reportedDomain: string | null
  sourceIp: string | null
}

const mostRecipients = 1000
const longestPart = 256 * 1024

/** The report in a parsed message, or null when it is none or one without content. */
export const readReport = (message: ParsedMessage): DeliveryReport | ComplaintReport | null => {
  const status = partOf(message, 'message/delivery-status') ?? forwarded(message)
  const feedback = partOf(message, 'message/feedback-report')
  const original = partOf(message, 'message/rfc822') ?? partOf(message, 'text/rfc822-headers') ?? ''
  const originalMessageId = messageIds(first(groups(original)[0] ?? new Map(), 'message-id'))[0] ?? null
  if (feedback !== null) return complaint(groups(feedback)[0] ?? new Map(), originalMessageId)
  return status === null ? null : delivery(groups(status), originalMessageId)
}

/** One group of fields; a field that repeats has several values, and `first` is what it says otherwise. */
type Fields = Map<string, string[]>

const first = (fields: Fields, name: string): string => fields.get(name)?.[0] ?? ''

const delivery = (all: Fields[], originalMessageId: string | null): DeliveryReport | null => {
  const recipients = all.slice(0, mostRecipients).flatMap(recipient)
  const originalEnvelopeId = (all[0] && first(all[0], 'original-envelope-id')) || null
  return recipients.length === 0 ? null : { kind: 'dsn', recipients, originalMessageId, originalEnvelopeId }
}

const actions = ['failed', 'delayed', 'delivered', 'relayed', 'expanded'] as const

/** The group of one recipient; of the group about the whole message, which names none, an empty list. */
const recipient = (fields: Fields): ReportedRecipient[] => {
  const originalRecipient = untyped(first(fields, 'original-recipient'))
  const finalRecipient = untyped(first(fields, 'final-recipient')) ?? originalRecipient
  const said = first(fields, 'action').toLowerCase()
  const action = actions.find(word => said.startsWith(word)) ?? (/^(?:fail|error|bounce)/.test(said) ? 'failed' : undefined)
  if (!finalRecipient || !action) return []
  return [
    {
      finalRecipient,
      originalRecipient,
      action,
      status: /\b[245]\.\d{1,3}\.\d{1,3}\b/.exec(first(fields, 'status'))?.[0] ?? null,
      diagnostic: untyped(first(fields, 'diagnostic-code')),
      remoteMta: untyped(first(fields, 'remote-mta')),
    },
  ]
}

const complaint = (fields: Fields, originalMessageId: string | null): ComplaintReport => ({
  kind: 'arf',
  feedbackType: first(fields, 'feedback-type').toLowerCase() || 'abuse',
  originalMessageId,
  originalRecipients: (fields.get('original-rcpt-to') ?? []).map(bare).filter(Boolean).slice(0, mostRecipients),
  originalMailFrom: bare(first(fields, 'original-mail-from')) || null,
  reportedDomain: first(fields, 'reported-domain') || null,
  sourceIp: first(fields, 'source-ip') || null,
})

/** `rfc822; user@example` → `user@example` (RFC 3464 §2.1.2). */
const untyped = (value: string): string | null => bare(value.replace(/^\s*[\w-]{1,40}\s*;/, '')) || null

const bare = (value: string): string => value.trim().replace(/^<(.*)>$/, '$1')

const partOf = (message: ParsedMessage, contentType: string): string | null => {
  const part = message.attachments.find(each => each.contentType === contentType)
  return part ? cleanText(new TextDecoder().decode(part.content.subarray(0, longestPart))) : null
}

/** The fields of a report that some gateway put into a mail of its own (message/rfc822), whose header says that it is one. */
const forwarded = (message: ParsedMessage): string | null => {
  const whole = partOf(message, 'message/rfc822')?.replace(/\r\n/g, '\n') ?? ''
  const end = whole.indexOf('\n\n')
  if (end < 0 || !/^content-type:[^\n]{0,200}multipart\/report/im.test(whole.slice(0, end))) return null
  const part = /^content-type:[ \t]{0,20}message\/delivery-status/im.exec(whole)
  const start = part ? whole.indexOf('\n\n', part.index) : -1
  if (start < 0) return null
  const next = whole.indexOf('\n--', start)
  return whole.slice(start + 2, next < 0 ? undefined : next)
}

/** Groups of fields between empty lines, unfolded, names in lower case, values of at most 1,000 characters. */
const groups = (text: string): Fields[] => {
  const found: Fields[] = []
  let fields: Fields = new Map()
  for (const line of `${text.replace(/\r?\n[ \t]+(?=\S)/g, ' ')}\n`.split(/\r?\n/)) {
    const colon = line.indexOf(':')
    if (line.trim() === '') {
      if (fields.size > 0) found.push(fields)
      fields = new Map()
    } else if (colon > 0) {
      const name = line.slice(0, colon).trim().toLowerCase()
      const values = fields.get(name) ?? []
      values.push(line.slice(colon + 1, colon + 1001).trim())
      fields.set(name, values)
    }
  }
  return found
}
