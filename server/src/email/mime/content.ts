/** The tree of parts → what people see of it: text, HTML, files. Every part ends up in one of them. */

import { cleanText } from '../extraction/clean-text.ts'
import { htmlToText } from '../extraction/html-text.ts'
import { charsetName, decodeBytes } from './charsets.ts'
import { decodeRaw, wordCharset } from './encoded-words.ts'
import { readMediaType, safeFileName } from './file-names.ts'
import type { RawField } from './header-section.ts'
import { parameterText } from './parameters.ts'
import { signedContent } from './smime.ts'
import { type Part, readStructure, type Structure } from './structure.ts'
import { textToHtml, unflow, unixLines } from './text-forms.ts'
import { readTnef } from './tnef.ts'
import { decodeTransfer } from './transfer-encodings.ts'
import { splitUuencoded } from './uuencode.ts'

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

export interface Content {
  text: string | null
  html: string | null
  attachments: ParsedAttachment[]
  /** The charset of the body, as the decoder calls it, for header fields that leave theirs open; null for ASCII and UTF-8. */
  charset: string | null
}

/** A part without parts of its own, and where it stands. */
interface Leaf {
  part: Part
  filename: string | null
  /** Inside a multipart/related. */
  related: boolean
  /** As a body that is a matter of course: a choice of a multipart/alternative, or the root of a multipart/related. */
  expected: boolean
  role: 'body' | 'file' | 'both'
}

/** What a reader of plain text and a reader of HTML get to see, in order. */
interface View {
  plain: Leaf[]
  html: Leaf[]
}

/** Adds to `problems` of the structure. Linear in the size of the message. */
export const readContent = ({ root, problems }: Structure): Content => {
  const around = declaredCharset(root) ?? headerCharset(root.fields)
  const leaves = new Map<Part, Leaf>()
  collect(root, { related: false, expected: false }, leaves, around, problems)
  assignRoles([...leaves.values()])
  const view = viewOf(root, leaves)
  const reader = bodyReader(around, problems)
  const attachments: ParsedAttachment[] = []
  let tnef: { text: string | null; html: string | null } | null = null
  for (const leaf of leaves.values()) {
    if (leaf.role !== 'file') attachments.push(...reader(leaf).files)
    if (leaf.role === 'body') continue
    const opened = openFile(leaf, problems)
    attachments.push(...opened.files)
    tnef ??= opened.body
  }
  const isBody = (type: string) => (leaf: Leaf) => leaf.part.type === type
  const hasText = view.plain.some(leaf => !isBody('text/html')(leaf))
  const hasHtml = view.html.some(isBody('text/html'))
  const text = hasText ? joined(view.plain, leaf => reader(leaf).asText()) : null
  const html = hasHtml ? joined(view.html, leaf => reader(leaf).asHtml()) : null
  const nothing = text === null && html === null && tnef !== null
  const charset = [...view.plain, ...view.html].map(leaf => reader(leaf).charset).find(name => name !== null && name !== 'utf-8')
  return {
    text: (nothing ? tnef!.text && unixLines(cleanText(tnef!.text)) : text) || null,
    html: (nothing ? tnef!.html && cleanText(tnef!.html) : html) || null,
    attachments,
    charset: charset ?? around,
  }
}

/** Of many bodies those that are within what is read of one. */
const joined = (leaves: Leaf[], shown: (leaf: Leaf) => string): string => {
  let length = 0
  const texts: string[] = []
  for (const leaf of leaves) {
    if (length > longestBody) break
    texts.push(shown(leaf))
    length += texts.at(-1)!.length
  }
  return texts.join('\n')
}

const collect = (
  part: Part,
  place: Pick<Leaf, 'related' | 'expected'>,
  leaves: Map<Part, Leaf>,
  around: string | null,
  problems: Set<string>,
): void => {
  if (part.type.startsWith('multipart/')) {
    for (const [index, child] of part.children.entries()) {
      const expected = part.type === 'multipart/alternative' || (part.type === 'multipart/related' && index === 0)
      collect(child, { related: place.related || part.type === 'multipart/related', expected }, leaves, around, problems)
    }
    return
  }
  const name = part.dispositionParameters.get('filename') ?? part.parameters.get('name')
  const filename = name ? parameterText(name, around) || null : null
  leaves.set(part, { part, filename, ...place, role: 'file' })
  const signed = leaves.size < mostSigned && /^application\/(?:x-)?pkcs7-mime$/.test(part.type) ? openSigned(part) : null
  if (!signed) return
  // Shown like a part of a multipart, beside the file that proves it.
  part.children = [signed.root]
  for (const problem of signed.problems) problems.add(problem)
  collect(signed.root, place, leaves, around, problems)
}

/** Signatures are opened as long as the message has no more parts than this: one within the other costs a pass each. */
const mostSigned = 10

const openSigned = (part: Part): Structure | null => {
  const content = signedContent(decodeTransfer(part.encoding, part.body).bytes)
  return content && readStructure(content, { whole: false })
}

/** Other text that is meant to be read, when there is no plain text and no HTML. */
const readable = (type: string): boolean =>
  type.startsWith('text/') && !/^text\/(?:plain|html|calendar|csv|vcard|x-vcard|directory|rfc822-headers|x-amp-html)$/.test(type)

/**
 * Text and HTML are the body, unless they are files: attached, or named and beside a body without a name. A named one that is all
 * there is counts as both.
 */
const assignRoles = (leaves: Leaf[]): void => {
  const candidates = leaves.filter(({ part }) => isText(part) && part.disposition !== 'attachment')
  const bodies = candidates.filter(({ filename, expected }) => filename === null || expected)
  for (const leaf of bodies) leaf.role = 'body'
  if (bodies.length > 0) return
  const first = candidates[0] ?? leaves.find(({ part }) => readable(part.type) && part.disposition !== 'attachment')
  if (first) first.role = 'both'
}

const isText = ({ type }: Part): boolean => type === 'text/plain' || type === 'text/html'

const viewOf = (part: Part, leaves: Map<Part, Leaf>): View => {
  const leaf = leaves.get(part)
  if (leaf && part.children.length === 0) return leaf.role === 'file' ? { plain: [], html: [] } : { plain: [leaf], html: [leaf] }
  const views = part.children.map(child => viewOf(child, leaves))
  const all: View = { plain: views.flatMap(({ plain }) => plain), html: views.flatMap(({ html }) => html) }
  if (part.type !== 'multipart/alternative') return all
  const hasHtml = ({ html }: View) => html.some(each => each.part.type === 'text/html')
  const rich = views.filter(hasHtml).flatMap(({ html }) => html)
  const plain = views.filter(view => !hasHtml(view)).flatMap(view => view.plain)
  return { plain: plain.length > 0 ? plain : all.plain, html: rich.length > 0 ? rich : all.html }
}

/** The charset that any text of the message declares, other than ASCII and UTF-8. */
const declaredCharset = (part: Part): string | null => {
  if (isText(part)) {
    const name = charsetName(part.parameters.get('charset')?.value)
    if (name && name !== 'utf-8') return name
  }
  for (const child of part.children) {
    const name = declaredCharset(child)
    if (name) return name
  }
  return null
}

const headerCharset = (fields: RawField[]): string | null => {
  for (const [name, value] of fields) {
    const charset = /^(?:subject|from|to)$/.test(name) ? wordCharset(value) : null
    if (charset) return charset
  }
  return null
}

interface Body {
  charset: string | null
  /** What was uuencoded in the text. */
  files: ParsedAttachment[]
  asText(): string
  asHtml(): string
}

/** Each part is read once, however often it is asked for. */
const bodyReader = (around: string | null, problems: Set<string>): ((leaf: Leaf) => Body) => {
  const read = new Map<Leaf, Body>()
  return leaf => {
    const known = read.get(leaf) ?? readBody(leaf, around, problems)
    read.set(leaf, known)
    return known
  }
}

const readBody = ({ part }: Leaf, around: string | null, problems: Set<string>): Body => {
  const html = part.type === 'text/html'
  const { bytes, after, problem } = decodeTransfer(part.encoding, part.body)
  if (problem) problems.add(problem)
  const declared = part.parameters.get('charset')?.value
  const split = html || !bytes.includes('begin') ? null : splitUuencoded(bytes)
  const own = firstOf(split?.rest ?? bytes)
  const decoded = decodeBytes(own, { declared, html, around })
  if (decoded.lossy)
    problems.add(`Some bytes of a text mean nothing in its charset ${JSON.stringify((declared ?? '').slice(0, 40))}.`)
  const footer = after && !html ? `${/\n$|^$/.test(decoded.text) ? '' : '\n'}${decodeBytes(after, { around }).text}` : ''
  const lines = unixLines(cleanText(decoded.text + footer))
  const flowed = !html && part.parameters.get('format')?.value.toLowerCase() === 'flowed'
  const text = flowed ? unflow(lines, part.parameters.get('delsp')?.value.toLowerCase() === 'yes') : lines
  return {
    charset: decoded.charset,
    files: (split?.files ?? []).map(({ name, content }) => attachment(name, 'application/octet-stream', content)),
    asText: () => (html ? htmlToText(text) : text),
    asHtml: () => (html ? text : textToHtml(text)),
  }
}

/**
 * So much of a body is read: more than is shown of it (inbound/letter.ts, which says so), and little enough for the worker's memory, however
 * many lines it has.
 */
const longestBody = 4_000_000

/** The beginning of a body, cut at the end of a line rather than inside a letter. */
const firstOf = (bytes: Buffer): Buffer => {
  if (bytes.length <= longestBody) return bytes
  const lineEnd = bytes.subarray(0, longestBody).lastIndexOf(10)
  return bytes.subarray(0, lineEnd > longestBody - 100_000 ? lineEnd + 1 : longestBody)
}

const standardNames: Record<string, string> = {
  'message/rfc822': 'message.eml',
  'text/calendar': 'invite.ics',
  'application/pkcs7-mime': 'smime.p7m',
  'application/pkcs7-signature': 'smime.p7s',
  'application/pgp-signature': 'signature.asc',
}

const attachment = (
  name: string | null,
  contentType: string,
  bytes: Buffer,
  { contentId = null, inline = false }: { contentId?: string | null; inline?: boolean } = {},
): ParsedAttachment => ({
  filename: safeFileName(name, standardNames[contentType] ?? 'attachment'),
  contentType,
  size: bytes.length,
  contentId,
  inline,
  // Bytes of their own, so that they can be handed over from thread to thread without a copy of the whole message.
  content: bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes),
})

const openFile = (
  leaf: Leaf,
  problems: Set<string>,
): { files: ParsedAttachment[]; body: { text: string | null; html: string | null } | null } => {
  const { part, filename, related } = leaf
  const { bytes, problem } = decodeTransfer(part.encoding, part.body)
  if (problem) problems.add(problem)
  const isTnef = /^application\/(?:vnd\.)?ms-tnef$/.test(part.type) || /^winmail\.dat$/i.test(filename ?? '')
  const tnef = isTnef ? readTnef(bytes) : null
  if (isTnef && !tnef?.whole) problems.add('A part in Outlook’s format (TNEF) is broken.')
  if (tnef && (tnef.files.length > 0 || tnef.text !== null || tnef.html !== null || tnef.rtf !== null)) {
    const files = tnef.files.map(({ name, contentType, contentId, content }) =>
      attachment(name, readMediaType(contentType ?? '').type, content, { contentId: readContentId(contentId ?? '') }),
    )
    // Rich text is shown to who can read it, where there is no other form of it.
    if (tnef.rtf && tnef.text === null && tnef.html === null) files.push(attachment('message.rtf', 'application/rtf', tnef.rtf))
    return { files, body: tnef }
  }
  const contentId = readContentId(part.fields.find(([name]) => name === 'content-id')?.[1] ?? '')
  const inline = part.disposition === 'inline' || (related && contentId !== null)
  return { files: [attachment(filename, readMediaType(part.type).type, bytes, { contentId, inline })], body: null }
}

/** RFC 2045 §7 and RFC 5322 §3.6.4: what stands in the brackets, or all of it; encoded words have no place there. */
const readContentId = (value: string): string | null =>
  cleanText(
    decodeRaw(/<([^<>]+)>/.exec(value)?.[1] ?? value)
      .replace(/[<>\s]/g, '')
      .slice(0, 500)
      .toWellFormed(),
  ) || null
