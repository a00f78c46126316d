/**
 * A message in our words → the bytes of RFC 5322 and MIME. Pure and deterministic: Date, Message-ID and so the multipart
 * boundaries are inputs, which is what lets every retry and every crash recovery send the same bytes.
 * Output is 7-bit with CRLF line ends and lines of at most 998 octets, whatever went in; nothing names a file or a URL.
 * Written on nodemailer's encoders rather than its MailComposer, which is a stream of many turns of the event loop.
 */
import { createHash } from 'node:crypto'
import { buildHeaderValue } from 'nodemailer/lib/mime-funcs'
import { encode as quotedPrintable, wrap as softWrap } from 'nodemailer/lib/qp'
import { readMediaType, safeFileName } from './file-names.ts'
import { field, headerProblem, list, mailbox, unstructured } from './headers.ts'
import { hasControl, type Mailbox, normalizeAddress } from './mailboxes.ts'

export { headerProblem } from './headers.ts'

export type Party = string | { address: string; name?: string | null }

export interface OutgoingAttachment {
  filename: string
  /** `type/subtype`, with parameters if need be; anything malformed, and multipart types, go out as application/octet-stream. */
  contentType: string
  content: Buffer
  /** Without angle brackets; what the HTML calls `cid:…`. */
  contentId?: string | undefined
  /** Shown inside the HTML body rather than listed below it. */
  inline?: boolean | undefined
}

export interface OutgoingMessage {
  /** With angle brackets: `<local@domain>`. */
  messageId: string
  date: Date
  from: Party
  to: readonly Party[]
  cc?: readonly Party[] | undefined
  replyTo?: Party | readonly Party[] | undefined
  subject: string
  text?: string | null | undefined
  html?: string | null | undefined
  /** Callers' own headers; see `headerProblem` for what is refused. */
  headers?: Readonly<Record<string, string>> | undefined
  inReplyTo?: string | null | undefined
  references?: readonly string[] | undefined
  attachments?: readonly OutgoingAttachment[] | undefined
  /** One-click unsubscribe (RFC 8058): an https URL that takes POST, and a mail address beside it if there is one. */
  listUnsubscribe?: { url: string; mailto?: string | undefined } | undefined
}

export interface ComposeProblem {
  /** JSON pointer into the message: `/to/0`, `/headers/X-Tag`. */
  path: string
  message: string
}

/** Everything `compose` would throw for; an empty list means it will not. */
export const composeProblems = (message: OutgoingMessage): ComposeProblem[] => {
  const problems: ComposeProblem[] = []
  const check = (path: string, problem: string | null | undefined | false): void => {
    if (problem) problems.push({ path, message: problem })
  }
  const parties = (path: string, all: readonly Party[] = []): void => {
    for (const [index, party] of all.entries()) check(`${path}/${index}`, readParty(party) ? null : 'This is not a mail address.')
  }

  check('/from', readParty(message.from) ? null : 'This is not a mail address.')
  parties('/to', message.to)
  parties('/cc', message.cc)
  parties('/replyTo', answersTo(message))
  check('/messageId', idProblem(message.messageId))
  check('/inReplyTo', message.inReplyTo ? idProblem(message.inReplyTo) : null)
  for (const [index, id] of (message.references ?? []).entries()) check(`/references/${index}`, idProblem(id))
  check('/date', Number.isNaN(message.date.getTime()) && 'This is not a date.')
  check('/subject', headerProblem('X-Subject', message.subject)?.replace('A header value', 'The subject') ?? null)
  for (const [name, value] of Object.entries(message.headers ?? {})) check(`/headers/${name}`, headerProblem(name, value))
  for (const [index, { filename, contentId }] of (message.attachments ?? []).entries()) {
    check(`/attachments/${index}/filename`, hasControl(filename) && 'A file name cannot hold control characters.')
    check(`/attachments/${index}/contentId`, contentId !== undefined && !isContentId(contentId) && contentIdRule)
  }
  const unsubscribe = message.listUnsubscribe
  check(
    '/listUnsubscribe/url',
    unsubscribe && !/^https?:\/\/[\x21-\x3b\x3d\x3f-\x7e]{1,900}$/.test(unsubscribe.url) && 'This is not a web URL.',
  )
  check(
    '/listUnsubscribe/mailto',
    unsubscribe?.mailto !== undefined && !normalizeAddress(unsubscribe.mailto) && 'This is not a mail address.',
  )
  return problems
}

/**
 * The message as it goes over the wire, without dot-stuffing and without a final dot. There is no Bcc: blind recipients
 * are a matter of the envelope. Throws on anything `composeProblems` names.
 * A text of 1 KB takes 0.015 ms and text with HTML of 30 KB 0.3 ms, where nodemailer's MailComposer takes 0.1 and 0.5 ms.
 */
export const compose = (message: OutgoingMessage): Buffer => {
  const [problem] = composeProblems(message)
  if (problem) throw new Error(`Cannot compose: ${problem.path}: ${problem.message}`)
  const out: (string | Buffer)[] = [...topFields(message), field('MIME-Version', '1.0')]
  write(body(message), out, boundaries(message.messageId))
  const bytes = Buffer.concat(out.map(piece => (typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece)))
  return bytes.at(-1) === 10 ? bytes : Buffer.concat([bytes, Buffer.from('\r\n')])
}

const answersTo = ({ replyTo }: OutgoingMessage): readonly Party[] => [replyTo ?? []].flat() as Party[]

const topFields = (message: OutgoingMessage): string[] => {
  const parties = (name: string, all: readonly Party[] = []) =>
    all.length === 0
      ? []
      : [
          field(
            name,
            list(
              name,
              all.map(party => mailbox(readParty(party)!)),
              ',',
            ),
          ),
        ]
  const unsubscribe = message.listUnsubscribe
  const own = Object.entries(message.headers ?? {}).filter(([name]) => !(unsubscribe && /^list-unsubscribe/i.test(name)))
  return [
    ...parties('From', [message.from]),
    ...parties('To', message.to),
    ...parties('Cc', message.cc),
    ...parties('Reply-To', answersTo(message)),
    field('Subject', unstructured('Subject', message.subject)),
    field('Date', message.date.toUTCString().replace('GMT', '+0000')),
    field('Message-ID', message.messageId),
    ...(message.inReplyTo ? [field('In-Reply-To', message.inReplyTo)] : []),
    ...(message.references?.length ? [field('References', list('References', message.references, ''))] : []),
    ...(unsubscribe ? unsubscribeFields(unsubscribe) : []),
    ...own.map(([name, value]) => field(name, unstructured(name, value))),
  ]
}

/** RFC 2369 §3.2 and RFC 8058 §3.1; both must be covered by the DKIM signature. */
const unsubscribeFields = ({ url, mailto }: { url: string; mailto?: string | undefined }): string[] => {
  const targets = [`<${url}>`, ...(mailto ? [`<mailto:${mailto}>`] : [])]
  return [
    field('List-Unsubscribe', list('List-Unsubscribe', targets, ',')),
    field('List-Unsubscribe-Post', 'List-Unsubscribe=One-Click'),
  ]
}

/** A MIME part: its own fields, and either finished content or further parts. */
interface Leaf {
  fields: string[]
  content: string | Buffer
}
interface Multipart {
  type: 'mixed' | 'alternative' | 'related'
  parts: Part[]
}
type Part = Leaf | Multipart

/** mixed( alternative( text, related( html, inline… ) ), attachment… ), without the layers that would hold one part. */
const body = (message: OutgoingMessage): Part => {
  const attachments = message.attachments ?? []
  const inline = message.html ? attachments.filter(each => each.inline) : []
  const html = message.html ? [multipart('related', [textPart('html', message.html), ...inline.map(filePart)])] : []
  const text = message.text || html.length === 0 ? [textPart('plain', message.text ?? '')] : []
  const rest = attachments.filter(each => !inline.includes(each))
  return multipart('mixed', [multipart('alternative', [...text, ...html]), ...rest.map(filePart)])
}

const multipart = (type: Multipart['type'], parts: Part[]): Part => (parts.length === 1 ? parts[0]! : { type, parts })

/**
 * Short ASCII lines go as they are, mostly-ASCII text as quoted-printable, and text that is more than a sixth non-ASCII
 * as base64, from where on that is the shorter one. A line that could be taken for a boundary is never left bare.
 */
const textPart = (subtype: 'plain' | 'html', text: string): Leaf => {
  const lines = text.replace(/\r\n|\r|\n/g, '\r\n')
  const fields = (encoding: string) => [
    field('Content-Type', `text/${subtype}; charset=utf-8`),
    field('Content-Transfer-Encoding', encoding),
  ]
  const bytes = Buffer.from(lines)
  const { bare, high } = examine(bytes)
  if (bare && !/(?:^|\n)--=_/.test(lines)) return { fields: fields('7bit'), content: bytes }
  if (high * 6 > bytes.length) return { fields: fields('base64'), content: base64Lines(bytes) }
  return { fields: fields('quoted-printable'), content: softWrap(quotedPrintable(bytes)) }
}

/**
 * Bare: printable ASCII without space at a line's end, lines of at most 78 (RFC 5322 §2.1.1), so no relay has reason to
 * alter it. High: how many octets are not ASCII. A loop, because the patterns that say the same took 2 ms for 30 KB.
 */
const examine = (bytes: Buffer): { bare: boolean; high: number } => {
  let high = 0
  let width = 0
  let bare = true
  let previous = 0
  for (let at = 0; at < bytes.length; at++) {
    const octet = bytes[at]!
    if (octet > 126) high++
    if (octet === 10) width = 0
    else if (octet === 13) bare &&= previous !== 32 && previous !== 9
    else if (++width > 78 || (octet < 32 && octet !== 9)) bare = false
    previous = octet
  }
  return { bare: bare && high === 0 && previous !== 32 && previous !== 9, high }
}

/**
 * Base64, except a forwarded message: RFC 2046 §5.2.1 forbids encoding one, so it goes as it is when it is 7-bit clean
 * and as a plain file when it is not. A multipart type would need a boundary nobody gave.
 */
const filePart = ({ filename, contentType, content, contentId, inline }: OutgoingAttachment): Leaf => {
  const given = readMediaType(contentType)
  const asMessage = given.type === 'message/rfc822' && isBareMessage(content)
  const typed = asMessage || !/^(?:multipart|message)\//.test(given.type) ? given : readMediaType('')
  const name = safeFileName(filename)
  const fields = [
    field('Content-Type', structured(typed.type, { ...typed.parameters, name })),
    field('Content-Transfer-Encoding', asMessage ? '7bit' : 'base64'),
    field('Content-Disposition', structured(inline ? 'inline' : 'attachment', { filename: name })),
  ]
  if (contentId !== undefined) fields.push(field('Content-ID', `<${contentId}>`))
  return { fields, content: asMessage ? content : base64Lines(content) }
}

const isBareMessage = (content: Buffer): boolean => {
  const text = content.toString('latin1')
  return /^(?:[\t\x20-\x7e]{0,998}\r\n)*[\t\x20-\x7e]{0,998}$/.test(text) && !text.includes('\n--=_')
}

/** `value; key="…"` with RFC 2231 for what is not ASCII, folded before every parameter that starts like one. */
const structured = (value: string, params: Record<string, string>): string =>
  buildHeaderValue({ value, params }).replace(/; (?=[a-z]+(?:\*\d+\*?)?=)/g, ';\r\n ')

/** Lines of 76 characters (RFC 2045 §6.8), none after the last. */
const base64Lines = (content: Buffer): Buffer => {
  const flat = Buffer.from(content.toString('base64'), 'latin1')
  const out = Buffer.allocUnsafe(flat.length + 2 * Math.ceil(flat.length / 76))
  let end = 0
  for (let at = 0; at < flat.length; at += 76) {
    if (at > 0) end += out.write('\r\n', end, 'latin1')
    end += flat.copy(out, end, at, at + 76)
  }
  return out.subarray(0, end)
}

const write = (part: Part, out: (string | Buffer)[], nextBoundary: () => string): void => {
  if ('content' in part) {
    out.push(...part.fields, '\r\n', part.content)
    return
  }
  const boundary = nextBoundary()
  out.push(field('Content-Type', `multipart/${part.type};\r\n boundary="${boundary}"`), '\r\n')
  for (const child of part.parts) {
    out.push(`--${boundary}\r\n`)
    write(child, out, nextBoundary)
    out.push('\r\n')
  }
  out.push(`--${boundary}--\r\n`)
}

/** "=_" cannot occur in quoted-printable or base64 (RFC 2045 §6.7), and bare parts that hold it are encoded. */
const boundaries = (messageId: string): (() => string) => {
  const seed = createHash('sha256').update(messageId).digest('hex').slice(0, 24)
  let count = 0
  return () => `=_${seed}_${++count}`
}

/** Whether a Message-ID can go out again in References: others’ are often odd, and an odd one is left out rather than repeated. */
export const isMessageId = (id: string): boolean => idProblem(id) === null

/** Whether this can be a Content-ID (RFC 2045 §7), without its angle brackets: every character of an atom (RFC 5322 §3.2.3) may stand in it. */
export const isContentId = (id: string): boolean => isMessageId(`<${id}>`)
export const contentIdRule = 'A content id is visible ASCII without blanks, line breaks, < and >.'

/** RFC 5322 §3.6.4 as everybody reads it: visible ASCII between angle brackets, short enough never to need a fold. */
const idProblem = (id: string): string | null =>
  /^<[\x21-\x3b\x3d\x3f-\x7e]{1,900}>$/.test(id) ? null : 'A message id is visible ASCII in angle brackets.'

const readParty = (party: Party): Mailbox | null => {
  if (typeof party === 'string') return normalizeAddress(party)
  const read = normalizeAddress(party.address)
  const name = party.name ?? null
  if (!read || read.name !== null || (name !== null && (name.length > 320 || hasControl(name)))) return null
  return { address: read.address, name }
}
