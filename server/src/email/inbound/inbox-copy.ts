/** From what was read of a mail to the message that an inbox shows. */
import type { StagedBlob } from '../../kernel/blobs.ts'
import { sha256 } from '../../kernel/crypto.ts'
import { newId, publicId } from '../../kernel/ids.ts'
import type { App } from '../../platform.ts'
import type { AttachmentRow, Authentication, MessageRow } from '../messages/messages.sql.ts'
import type { ParsedMessage } from '../mime/parse.ts'
import type { Inbox } from './rcpt.ts'
import type { MailRow } from './receive.sql.ts'

export interface Destination extends Inbox {
  /** The addresses of this inbox that the mail was sent to, tags included. */
  addressed: string[]
  /** A large mail's bytes as they were kept for the organization; the first of its inboxes takes them over. */
  keptBlob: string | undefined
}

interface Reading {
  mail: MailRow
  raw: Buffer
  message: ParsedMessage
  authentication: Authentication | null
  inbox: Destination
}

/** The message for one inbox, complete but for its thread, and the bytes that wait for their rows. */
export interface Letter {
  message: Omit<MessageRow, 'thread_id'>
  /** The received mail whose bytes in the database become the source; undefined when the source is a blob already. */
  source: string | undefined
  blobs: StagedBlob[]
}

/** Each inbox gets bytes of its own: deleting one message never empties another. */
export const writeLetter = async (app: App, { mail, raw, message, authentication, inbox }: Reading): Promise<Letter> => {
  const id = derivedId(mail.id, inbox.inboxId)
  const inRow = mail.bytes !== null
  const copy = inRow || inbox.keptBlob ? undefined : await app.blobs.stage(raw)
  const files = await Promise.all(message.attachments.map(file => app.blobs.stage(file.content)))
  const row: Letter['message'] = {
    id,
    organization_id: inbox.organizationId,
    inbox_id: inbox.inboxId,
    livemode: true,
    direction: 'inbound',
    status: 'received',
    // Without one nobody could refer to it, and replies would not find their thread (RFC 5322 §3.6.4).
    message_id: message.messageId ?? `<${publicId('message', id).toLowerCase()}@${app.config.MAIL_DOMAIN}>`,
    in_reply_to: message.inReplyTo,
    references: message.references,
    from_email: message.from?.address ?? '',
    from_name: message.from?.name ?? null,
    reply_to_emails: message.replyTo.map(mailbox => mailbox.address),
    to_emails: message.to.map(mailbox => mailbox.address),
    cc_emails: message.cc.map(mailbox => mailbox.address),
    bcc_emails: [],
    subject: message.subject,
    text_body: cut(message.text),
    html_body: cut(message.html),
    extracted_text: cut(message.extractedText),
    headers: shownHeaders(message, mail, inbox),
    raw_blob_id: inRow ? newId() : (inbox.keptBlob ?? copy!.id),
    authentication,
    // RFC 3834 §2: what has a null return path is an answer or a report already.
    automatic: message.automatic || mail.mail_from === '',
    parse_problem: parseProblem(message),
    size: mail.size,
    created_at: mail.received_at,
    attachments: message.attachments.map(
      (file, index): AttachmentRow => ({
        id: newId(),
        filename: file.filename,
        content_type: file.contentType,
        content_id: file.contentId,
        inline: file.inline,
        size: file.size,
        blob_id: files[index]!.id,
      }),
    ),
    deliveries: [],
  }
  return { message: row, source: inRow ? mail.id : undefined, blobs: copy ? [copy, ...files] : files }
}

/** Characters of a body that are kept beside the source. Nobody reads on, and a list shows a hundred messages at once. */
const longestBody = 1_000_000
const tooLong = 'A body of more than 1,000,000 characters was cut; the source has all of it.'

const parseProblem = ({ problem, text, html }: ParsedMessage): string | null =>
  [...(problem === null ? [] : [problem]), ...(isLong(text) || isLong(html) ? [tooLong] : [])].join(' ') || null

const isLong = (text: string | null): boolean => text !== null && text.length > longestBody
const cut = (text: string | null): string | null =>
  text !== null && isLong(text) ? text.slice(0, longestBody).toWellFormed() : text

/**
 * The message's id: that of the received mail with a tail that depends on the inbox. So ids go in the order of arrival, and a
 * mail that is worked on twice makes the same one.
 */
export const derivedId = (mailId: string, inboxId: string): string => {
  const tail = sha256(`${mailId} ${inboxId}`).toString('hex', 0, 8)
  return `${mailId.slice(0, 20)}${tail.slice(0, 3)}-${tail.slice(3, 15)}`
}

/** Verdicts and addresses of delivery that the sender, or a server nobody knows, wrote: ours stand elsewhere or replace them. */
const notBelieved = new Set(['authentication-results', 'received-spf', 'return-path', 'delivered-to', 'x-original-to'])

/** Every field by its lower-cased name, repeated ones joined by a newline. */
const shownHeaders = (message: ParsedMessage, mail: MailRow, inbox: Destination): Record<string, string> => {
  const shown = new Map([
    ['return-path', `<${mail.mail_from}>`],
    ['delivered-to', inbox.addressed.join('\n')],
  ])
  for (const [name, value] of message.headers) {
    if (notBelieved.has(name)) continue
    const before = shown.get(name)
    shown.set(name, before === undefined ? value : `${before}\n${value}`)
  }
  return Object.fromEntries(shown)
}
