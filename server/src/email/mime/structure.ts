/**
 * Bytes → the tree of parts (RFC 2046 §5). One pass over the bytes from delimiter line to delimiter line, with the boundaries of all open
 * multiparts in one table; bodies are views of the message, nothing is copied. What is broken is mended where it can be and told in
 * `problems`: a boundary that never comes, a last one that is missing, one that comes again after the last.
 */
import { type HeaderSection, type RawField, readHeaderSection } from './header-section.ts'
import { type Parameter, readParametrized } from './parameters.ts'
import { decodeTransfer } from './transfer-encodings.ts'

export const caps = {
  parts: 1000,
  /** As Postfix (mime_nesting_limit). */
  nesting: 100,
  headerBytes: 102_400,
  headerLines: 10_000,
  /** All headers of all parts together. */
  allHeaderBytes: 2 * 1024 * 1024,
} as const

/** The message is over a cap: it is not taken apart. */
export class OverCap extends Error {}

export interface Part {
  fields: RawField[]
  /** Media type, lower case; by default text/plain, and message/rfc822 in a digest. */
  type: string
  /** Whether the part says its type. */
  typed: boolean
  parameters: Map<string, Parameter>
  /** inline, attachment …, lower case; the empty string without one. */
  disposition: string
  dispositionParameters: Map<string, Parameter>
  /** Content-Transfer-Encoding, lower case. */
  encoding: string
  /** The parts of a multipart, in order. */
  children: Part[]
  /** The content as it stands, still encoded; of a multipart all of it. The line end before a boundary belongs to the boundary (§5.1.1). */
  body: Buffer
}

export interface Structure {
  root: Part
  problems: Set<string>
}

/** `whole`: a message, and not an entity out of one. Throws `OverCap`. Linear in the size of the message. */
export const readStructure = (raw: Buffer, { whole = true } = {}): Structure => {
  const reading: Reading = { parts: 0, headerBytes: 0, mends: 0, problems: new Set() }
  const header = readHeaderSection(raw, 0, { root: whole, limit: { bytes: caps.headerBytes, lines: caps.headerLines, exceeded } })
  countHeader(reading, header)
  const root = makePart(header, 'text/plain')
  if (isMultipart(root)) readMultipart(reading, root, raw.subarray(header.body), boundaryOf(root), 1)
  else {
    root.body = raw.subarray(header.body)
    // A multipart whose Content-Type was lost begins with a boundary.
    const start = root.body.subarray(0, 2000)
    const boundary = !root.typed && /^\s*--/.test(start.toString('latin1', 0, 200)) ? guessBoundary(start, 1) : null
    if (boundary !== null) {
      root.type = 'multipart/mixed'
      reading.problems.add('The mail has parts but no Content-Type that says so.')
      readMultipart(reading, root, root.body, boundary, 1)
    }
  }
  return { root, problems: reading.problems }
}

interface Reading {
  parts: number
  headerBytes: number
  /** How often a multipart was read again in another way; each costs a pass over its bytes. */
  mends: number
  problems: Set<string>
}

const mostMends = 10

const headerProblems: Record<NonNullable<HeaderSection['problem']>, string> = {
  'no-empty-line': 'A header section does not end with an empty line.',
  'no-header': 'The mail has no header section.',
  'odd-line': 'A line of a header section is no header field.',
}

const exceeded = (limit: { bytes: number; lines: number }): never => {
  throw new OverCap(`A header section is larger than ${limit.bytes} bytes or has more than ${limit.lines} lines.`)
}

const countHeader = (reading: Reading, { size, problem }: HeaderSection): void => {
  reading.headerBytes += size
  if (problem) reading.problems.add(headerProblems[problem])
  if (reading.headerBytes > caps.allHeaderBytes)
    throw new OverCap(`The header sections of all parts are larger than ${caps.allHeaderBytes} bytes together.`)
}

const isMultipart = ({ type }: Part): boolean => type.startsWith('multipart/')

const makePart = ({ fields }: HeaderSection, standard: string): Part => {
  const first = (name: string): string => fields.find(([key]) => key === name)?.[1] ?? ''
  const types = fields.filter(([key]) => key === 'content-type').map(([, value]) => readParametrized(value))
  const type = types.find(({ value }) => mediaType.test(value)) ?? types[0]
  const disposition = readParametrized(first('content-disposition'))
  return {
    fields,
    type: type ? mendType(type.value, disposition) : standard,
    typed: types.length > 0,
    parameters: type?.parameters ?? new Map(),
    disposition: disposition.value,
    dispositionParameters: disposition.parameters,
    encoding: readParametrized(first('content-transfer-encoding')).value,
    children: [],
    body: Buffer.alloc(0),
  }
}

const mediaType = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+*-]{0,126}$/

/** A type that is none is read as plain text (RFC 2045 §5.2), unless the part is a file or it means HTML. */
const mendType = (value: string, { value: disposition }: { value: string }): string => {
  if (mediaType.test(value)) return value
  if (/^(?:text\W)?html?$/.test(value)) return 'text/html'
  if (/^multipart\b/.test(value)) return 'multipart/mixed'
  return disposition === 'attachment' || /^(?:application|image|audio|video)\b/.test(value)
    ? 'application/octet-stream'
    : 'text/plain'
}

const boundaryOf = ({ parameters }: Part): string | null => parameters.get('boundary')?.value.trimEnd() || null

/** An open multipart. */
interface Frame {
  part: Part
  boundary: string
  /** Where its content begins. */
  start: number
  closed: boolean
}

/** Reads the parts of a multipart out of its content, without recursion over what is nested in it. `depth`: of its parts. */
const readMultipart = (reading: Reading, part: Part, bytes: Buffer, boundary: string | null, depth: number): void => {
  part.body = bytes
  if (boundary === null) {
    mend(reading, part, depth)
    return
  }
  const frames: Frame[] = []
  const open = new Map<string, number[]>()
  /** Which octets the boundaries of this multipart begin with. */
  const expected = new Uint8Array(256)
  const push = (frame: Frame) => {
    if (depth + frames.length > caps.nesting) throw new OverCap(`The message has more than ${caps.nesting} levels of nesting.`)
    const levels = open.get(frame.boundary)
    if (levels) levels.push(frames.length)
    else open.set(frame.boundary, [frames.length])
    expected[frame.boundary.charCodeAt(0)] = 1
    frames.push(frame)
  }
  const close = (frame: Frame, end: number) => {
    const levels = open.get(frame.boundary)!
    levels.pop()
    if (levels.length === 0) open.delete(frame.boundary)
    frame.part.body = bytes.subarray(frame.start, Math.max(frame.start, end))
    if (frame.part.children.length === 0) mend(reading, frame.part, depth + frames.length)
    else if (!frame.closed) reading.problems.add('The last boundary of a multipart is missing.')
  }
  push({ part, boundary, start: 0, closed: false })

  /** Which open multipart a line belongs to: the innermost that still expects it, else the innermost that had its last. */
  const levelOf = (name: string): number => {
    const levels = open.get(name)
    return levels?.findLast(level => !frames[level]!.closed) ?? levels?.at(-1) ?? -1
  }
  const match = (line: string): { level: number; last: boolean } | null => {
    if (!line.startsWith('--')) return null
    const text = line.slice(2).trimEnd()
    const level = levelOf(text)
    if (level >= 0) return { level, last: false }
    const outer = text.endsWith('--') ? levelOf(text.slice(0, -2)) : -1
    return outer < 0 ? null : { level: outer, last: true }
  }
  const isDelimiter = (line: string): boolean => line.length < longestDelimiter && match(line) !== null

  /** The part whose content goes on at the moment; null in a preamble or an epilogue. */
  let leaf: { part: Part; start: number } | null = null
  const finishLeaf = (end: number) => {
    if (!leaf) return
    leaf.part.body = bytes.subarray(leaf.start, Math.max(leaf.start, end))
    if (isMultipart(leaf.part)) mend(reading, leaf.part, depth + frames.length)
    leaf = null
  }

  let at = startsWithDashes(bytes, 0) ? 0 : nextDashes(bytes, 0)
  while (at >= 0) {
    // Most lines of dashes are no boundary, and their third octet says so.
    if (!expected[bytes[at + 2] ?? 0]) {
      at = nextDashes(bytes, at)
      continue
    }
    const lineEnd = bytes.indexOf(LF, at)
    const end = lineEnd < 0 ? bytes.length : lineEnd
    const found = end - at < longestDelimiter ? match(bytes.toString('latin1', at, end)) : null
    if (!found) {
      at = nextDashes(bytes, at)
      continue
    }
    const contentEnd = at < 1 ? 0 : at - (at > 1 && bytes[at - 2] === CR ? 2 : 1)
    finishLeaf(contentEnd)
    while (frames.length - 1 > found.level) close(frames.pop()!, contentEnd)
    const frame = frames[found.level]!
    if (found.last) {
      frame.closed = true
      at = nextDashes(bytes, end)
      continue
    }
    if (frame.closed) reading.problems.add('Parts follow the last boundary of a multipart.')
    frame.closed = false
    if (++reading.parts > caps.parts) throw new OverCap(`The message has more than ${caps.parts} parts.`)
    const header = readHeaderSection(bytes, Math.min(end + 1, bytes.length), {
      isDelimiter,
      limit: { bytes: caps.allHeaderBytes, lines: caps.headerLines, exceeded },
    })
    countHeader(reading, header)
    const child = makePart(header, frame.part.type === 'multipart/digest' ? 'message/rfc822' : 'text/plain')
    frame.part.children.push(child)
    const inner = isMultipart(child) ? boundaryOf(child) : null
    if (inner !== null) push({ part: child, boundary: inner, start: header.body, closed: false })
    else leaf = { part: child, start: header.body }
    at = startsWithDashes(bytes, header.body) ? header.body : nextDashes(bytes, header.body)
  }
  finishLeaf(bytes.length)
  while (frames.length > 0) close(frames.pop()!, bytes.length)
}

const CR = 13
const LF = 10
const DASH = 45

/** RFC 2046 allows 70 characters of boundary; senders use more. */
const longestDelimiter = 1000

const startsWithDashes = (bytes: Buffer, at: number): boolean => bytes[at] === DASH && bytes[at + 1] === DASH

/** The next line that begins with two dashes, behind the line break at or after `from`; -1 without any. */
const nextDashes = (bytes: Buffer, from: number): number => {
  const found = bytes.indexOf('\n--', from, 'latin1')
  return found < 0 ? -1 : found + 1
}

/**
 * A multipart without a single part: its content may be transfer-encoded as a whole, though that is forbidden, or use another boundary than
 * the one declared. If neither, it is shown as the text it is.
 */
const mend = (reading: Reading, part: Part, depth: number): void => {
  const { body } = part
  if (reading.mends++ < mostMends && depth <= caps.nesting) {
    const encoded = part.encoding === 'base64' || part.encoding === 'quoted-printable'
    const decoded = encoded ? decodeTransfer(part.encoding, body) : null
    if (decoded && !decoded.problem && !decoded.bytes.equals(body)) {
      part.encoding = ''
      reading.problems.add('A multipart is transfer-encoded as a whole, which is forbidden (RFC 2045 §6.4).')
      readMultipart(reading, part, decoded.bytes, boundaryOf(part), depth)
      return
    }
    const boundary = guessBoundary(body, 200)
    if (boundary !== null && boundary !== boundaryOf(part)) {
      reading.problems.add('The boundary that a multipart declares never comes; its parts were told by another.')
      readMultipart(reading, part, body, boundary, depth)
      return
    }
  }
  if (body.length === 0) return
  part.type = /^\s{0,200}<(?:!doctype|html|body|head|div|p|table)\b/i.test(body.toString('latin1', 0, 300))
    ? 'text/html'
    : 'text/plain'
  reading.problems.add('The boundary that a multipart declares never comes; it is shown as text.')
}

/** Of the first so many lines that begin with two dashes: the first that a header field of a part follows. */
const guessBoundary = (bytes: Buffer, tries: number): string | null => {
  let at = startsWithDashes(bytes, 0) ? 0 : nextDashes(bytes, 0)
  for (let tried = 0; at >= 0 && tried < tries; tried++) {
    const found = /^--([^\r\n]{1,200}?)[ \t]*\r?\ncontent-[a-z-]{2,40}[ \t]*:/i.exec(bytes.toString('latin1', at, at + 400))
    if (found) return found[1]!
    at = nextDashes(bytes, at)
  }
  return null
}
