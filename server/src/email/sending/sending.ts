/** Sending: from what a client asks for to a submission that acceptance (accept.ts) makes durable. */
import Type, { type Static } from 'typebox'
import { isHeld } from '../../approvals/hold.ts'
import { newId, publicId } from '../../kernel/ids.ts'
import { inUnits, limits } from '../../limits.ts'
import { type Context, object, operation } from '../../operation.ts'
import { type FieldError, invalid } from '../../problems.ts'
import { subscribesTo } from '../../webhooks/endpoints.sql.ts'
import type { FoundRow } from '../inboxes/inboxes.sql.ts'
import { checkDomain, findInbox, InboxId } from '../inboxes/inboxes.ts'
import type { AttachmentRow } from '../messages/messages.sql.ts'
import { Message, toMessage } from '../messages/messages.ts'
import { withPixel } from '../messages/opens.ts'
import { headerProblem, isContentId } from '../mime/compose.ts'
import { fileTypeProblem } from '../mime/file-names.ts'
import { domainOf, hasControl, normalizeAddress } from '../mime/mailboxes.ts'
import { checkRecipients } from '../policy/rules.ts'
import type { Submission } from './outbox.ts'

export const Addresses = Type.Union([Type.String(), Type.Array(Type.String(), { maxItems: limits.recipients })], {
  description: 'One address or a list; "Name <a@b.c>" works too.',
})

const NewAttachment = object({
  filename: Type.String({ minLength: 1, maxLength: 255 }),
  content: Type.String({ description: 'The bytes in base64.' }),
  content_type: Type.Optional(Type.String({ maxLength: 200, description: 'Media type, default application/octet-stream.' })),
  content_id: Type.Optional(Type.String({ maxLength: 200, description: 'Set it to show the file inside the HTML as cid:…' })),
})

/** What a send and a reply have in common. */
export const body = {
  text: Type.Optional(Type.String({ maxLength: limits.bodyCharacters, description: 'Plain text body.' })),
  html: Type.Optional(Type.String({ maxLength: limits.bodyCharacters, description: 'HTML body.' })),
  headers: Type.Optional(Type.Record(Type.String(), Type.String(), { description: 'Further headers, such as X-Campaign.' })),
  track_opens: Type.Optional(
    Type.Union([Type.Boolean(), Type.Literal('if_subscribed')], {
      description:
        'Put a pixel into the HTML; when it is first loaded there is an event message.opened. if_subscribed: when a webhook of yours names that event.',
    }),
  ),
  automatic: Type.Optional(
    Type.Boolean({
      description:
        'No person asked for this mail: it says so to other machines (Auto-Submitted, RFC 3834), and they do not answer it. Default false.',
    }),
  ),
  attachments: Type.Optional(
    Type.Array(NewAttachment, { description: `At most ${limits.attachments} of ${inUnits(limits.attachmentBytes)} each.` }),
  ),
}

const NewMessage = object({
  inbox_id: InboxId,
  to: Addresses,
  cc: Type.Optional(Addresses),
  bcc: Type.Optional(Addresses),
  reply_to: Type.Optional(Addresses),
  subject: Type.String(),
  ...body,
})

type Body = Pick<Static<typeof NewMessage>, 'text' | 'html' | 'headers' | 'attachments' | 'automatic' | 'track_opens'>

/** Addresses as they go into the header, or the fields that are wrong. Order kept, repeats dropped. */
export const readAddresses = (field: string, given: string | string[] | undefined, errors: FieldError[]): string[] => {
  const found = new Map<string, string>()
  ;[given ?? []].flat().forEach((text, index) => {
    const address = normalizeAddress(text)
    const path = Array.isArray(given) ? `/${field}/${index}` : `/${field}`
    if (!address) errors.push({ path, message: `${JSON.stringify(text.slice(0, 100))} is not an email address` })
    else if (!found.has(address.address.toLowerCase())) found.set(address.address.toLowerCase(), address.address)
  })
  return [...found.values()]
}

const base64 = /^[A-Za-z0-9+/_-]*={0,2}$/

/** Base64 (either alphabet, line breaks allowed) → bytes; undefined when it is none. */
const decodeBase64 = (text: string): Buffer | undefined => {
  const clean = /\s/.test(text) ? text.replace(/\s+/g, '') : text
  const unpadded = clean.endsWith('=') ? clean.replace(/=+$/, '') : clean
  return base64.test(clean) && unpadded.length % 4 !== 1 ? Buffer.from(clean, 'base64') : undefined
}

const isTracked = async (ctx: Context, { track_opens = false }: Body): Promise<boolean> =>
  track_opens === 'if_subscribed' ? subscribesTo(ctx.db, ctx.org, ctx.livemode, 'message.opened') : track_opens

const readBody = (input: Body, errors: FieldError[]) => {
  if (!input.text && !input.html && !input.attachments?.length) errors.push({ path: '/text', message: 'or html is required' })
  if (input.track_opens === true && !input.html)
    errors.push({ path: '/track_opens', message: 'needs html: there is no pixel in plain text' })
  const headers = Object.entries(input.headers ?? {})
  if (headers.length > limits.headers) errors.push({ path: '/headers', message: `holds more than ${limits.headers}` })
  for (const [name, value] of headers) {
    const wrong = headerProblem(name, value)
    if (wrong) errors.push({ path: `/headers/${name}`, message: wrong })
  }
  const given = input.attachments ?? []
  if (given.length > limits.attachments)
    errors.push({
      path: '/attachments',
      message: `has ${given.length} files; at most ${limits.attachments} can be sent with one mail`,
    })
  return given.slice(0, limits.attachments).map((file, index) => {
    const at = `/attachments/${index}`
    const bytes = decodeBase64(file.content)
    if (!bytes) errors.push({ path: `${at}/content`, message: 'is not base64' })
    else if (bytes.length > limits.attachmentBytes)
      errors.push({ path: `${at}/content`, message: `is larger than ${inUnits(limits.attachmentBytes)}` })
    if (hasControl(file.filename))
      errors.push({ path: `${at}/filename`, message: 'contains a line break or another control character' })
    const wrongType = file.content_type === undefined ? null : fileTypeProblem(file.content_type)
    if (wrongType) errors.push({ path: `${at}/content_type`, message: wrongType })
    if (file.content_id !== undefined && !isContentId(file.content_id))
      errors.push({ path: `${at}/content_id`, message: 'is not visible ASCII without blanks, line breaks, < and >' })
    return { ...file, bytes: bytes ?? Buffer.alloc(0) }
  })
}

/** Bytes the message has at most when it is composed: files in base64 lines of 76 characters, text in whichever encoding grows more. */
const mostComposed = (files: { bytes: Buffer }[], { text = '', html = '' }: Body): number =>
  files.reduce((sum, { bytes }) => sum + Math.ceil(bytes.length / 57) * 78 + 2048, 0) +
  1.5 * (Buffer.byteLength(text) + Buffer.byteLength(html))

/** The parts of a message that a send and a reply have in common. */
export interface Draft {
  to: string[]
  cc: string[]
  bcc: string[]
  replyTo: string[]
  subject: string
  body: Body
  thread: { id: string; fresh: boolean }
  inReplyTo: string | null
  references: string[]
}

/** Everybody a draft is for, and where he stands in it. */
const addressed = (draft: Draft) =>
  (['to', 'cc', 'bcc'] as const).flatMap(field => draft[field].map((address, i) => ({ path: `/${field}/${i}`, address })))

/** Each person once, without case: who is in To is not in Cc, who is in either is not in Bcc. */
const eachOnce = (given: Draft): Draft => {
  const seen = new Set<string>()
  const fresh = (addresses: string[]) =>
    addresses.filter(address => {
      const known = seen.has(address.toLowerCase())
      seen.add(address.toLowerCase())
      return !known
    })
  return { ...given, to: fresh(given.to), cc: fresh(given.cc), bcc: fresh(given.bcc) }
}

/** Whether a machine says that it wrote a mail, by `automatic` or by a header field of its own. */
export const isAutomatic = ({ automatic = false, headers = {} }: Body): boolean =>
  automatic || Object.entries(headers).some(([name, value]) => /^auto-submitted$/i.test(name) && !/^\s*no\b/i.test(value))

export const submit = async (ctx: Context, inbox: FoundRow, given: Draft, errors: FieldError[]): Promise<Message> => {
  const draft = eachOnce(given)
  const recipients = [...draft.to, ...draft.cc, ...draft.bcc]
  if (draft.to.length === 0 && errors.length === 0) errors.push({ path: '/to', message: 'names nobody' })
  if (recipients.length > limits.recipients)
    errors.push({
      path: '/to',
      message: `and cc and bcc hold ${recipients.length} addresses; at most ${limits.recipients} can be written to with one mail`,
    })
  if (hasControl(draft.subject)) errors.push({ path: '/subject', message: 'contains a line break or another control character' })
  if (draft.subject.length > limits.subjectCharacters)
    errors.push({ path: '/subject', message: `is longer than ${limits.subjectCharacters} characters` })
  const files = readBody(draft.body, errors)
  if (mostComposed(files, draft.body) > limits.messageBytes)
    errors.push({
      path: '/attachments',
      message: `and bodies make a message of more than ${inUnits(limits.messageBytes)} together; shorten the text or send a link`,
    })
  if (inbox.restricted && errors.length === 0) errors.push(...(await checkRecipients(ctx, inbox, addressed(draft))))
  if (errors.length > 0) throw invalid(...errors)
  await checkDomain(ctx, inbox)

  const blobs = await Promise.all(files.map(file => ctx.app.blobs.stage(file.bytes)))
  const id = newId()
  const { html } = draft.body
  const message: Submission['message'] = {
    id,
    organization_id: ctx.org,
    inbox_id: inbox.id,
    thread_id: draft.thread.id,
    livemode: ctx.livemode,
    direction: 'outbound',
    message_id: `<${publicId('message', id).toLowerCase()}@${domainOf(inbox.email)}>`,
    in_reply_to: draft.inReplyTo,
    references: draft.references,
    from_email: inbox.email,
    from_name: inbox.name,
    reply_to_emails: draft.replyTo,
    to_emails: draft.to,
    cc_emails: draft.cc,
    bcc_emails: draft.bcc,
    subject: draft.subject,
    text_body: draft.body.text ?? null,
    html_body: html === undefined ? null : (await isTracked(ctx, draft.body)) ? withPixel(ctx.app, id, html) : html,
    extracted_text: draft.body.text ?? (html === undefined ? null : await ctx.app.parser.htmlToText(html)),
    headers: draft.body.headers ?? {},
    raw_blob_id: null,
    authentication: null,
    automatic: isAutomatic(draft.body),
    parse_problem: null,
    size: 0,
    created_at: ctx.app.clock.now(),
    attachments: files.map(
      (file, index): AttachmentRow => ({
        id: newId(),
        filename: file.filename,
        content_type: file.content_type ?? 'application/octet-stream',
        content_id: file.content_id ?? null,
        inline: file.content_id !== undefined,
        size: file.bytes.length,
        blob_id: blobs[index]!.id,
      }),
    ),
  }
  const accepted = await ctx.app.accept({
    message,
    newThread: draft.thread.fresh,
    recipients,
    blobs,
    held: inbox.hold || isHeld(ctx),
    dailyCap: inbox.daily_cap,
    replyCap: inbox.reply_cap,
    claim: ctx.claim,
  })
  return toMessage(ctx.app, accepted)
}

export const sendMessage = operation(
  'Send an email from an inbox',
  'messages.send',
  { input: NewMessage, output: Message, claims: true },
  async (ctx, input) => {
    const inbox = await findInbox(ctx, input.inbox_id)
    const errors: FieldError[] = []
    const replyTo = readAddresses('reply_to', input.reply_to, errors)
    const draft: Draft = {
      to: readAddresses('to', input.to, errors),
      cc: readAddresses('cc', input.cc, errors),
      bcc: readAddresses('bcc', input.bcc, errors),
      replyTo,
      subject: input.subject,
      body: input,
      thread: { id: newId(), fresh: true },
      inReplyTo: null,
      references: [],
    }
    return submit(ctx, inbox, draft, errors)
  },
)
