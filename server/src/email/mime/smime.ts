/**
 * What an opaque S/MIME signature wraps (RFC 8551 §3.5.2): the signed MIME entity lies inside the CMS structure (RFC 5652 §5.1) as plain
 * octets, so it can be shown without any key. Nothing is verified here.
 */

/** An element of BER: its tag octet and where its content lies. */
interface Element {
  tag: number
  start: number
  /** Of the content; an indefinite length ends where the marks say. */
  end: number
  /** Behind it and its end marks. */
  next: number
}

const SEQUENCE = 0x30
const OBJECT_ID = 0x06
const OCTETS = 0x04
const CONSTRUCTED_OCTETS = 0x24
const FIRST_CONTEXT = 0xa0

const signedData = '2a864886f70d010702'
const deepest = 20
/** Enough for 70 MB in the pieces of a kilobyte that programs write. */
const mostChildren = 100_000

/** The signed entity, header section and body; null when the bytes are no such signature, or only one beside its content. */
export const signedContent = (bytes: Buffer): Buffer | null => {
  const outer = childrenOf(bytes, elementAt(bytes, 0, bytes.length))
  const type = outer[0]
  if (type?.tag !== OBJECT_ID || bytes.toString('hex', type.start, type.end) !== signedData) return null
  const wrapper = outer.find(({ tag }) => tag === FIRST_CONTEXT)
  const signed = wrapper && childrenOf(bytes, wrapper)[0]
  // version, digest algorithms, then what is signed.
  const content = signed?.tag === SEQUENCE ? childrenOf(bytes, signed)[2] : undefined
  const explicit = content?.tag === SEQUENCE ? childrenOf(bytes, content).find(({ tag }) => tag === FIRST_CONTEXT) : undefined
  const octets = explicit && childrenOf(bytes, explicit)[0]
  return octets ? octetsOf(bytes, octets, 0) : null
}

/** A string of octets may come in pieces, each of which may. */
const octetsOf = (bytes: Buffer, element: Element, depth: number): Buffer | null => {
  if (element.tag === OCTETS) return bytes.subarray(element.start, element.end)
  if (element.tag !== CONSTRUCTED_OCTETS || depth > deepest) return null
  const pieces = childrenOf(bytes, element).map(piece => octetsOf(bytes, piece, depth + 1))
  return Buffer.concat(pieces.filter(piece => piece !== null))
}

const childrenOf = (bytes: Buffer, parent: Element | null): Element[] => {
  const found: Element[] = []
  if (parent === null || !(parent.tag & 0x20)) return found
  for (let at = parent.start; at < parent.end && found.length < mostChildren; ) {
    const child = elementAt(bytes, at, parent.end)
    if (!child) break
    found.push(child)
    at = child.next
  }
  return found
}

const elementAt = (bytes: Buffer, at: number, limit: number, depth = 0): Element | null => {
  if (at + 2 > limit) return null
  const tag = bytes[at]!
  const first = bytes[at + 1]!
  if (first === 0x80) return indefinite(bytes, tag, at + 2, limit, depth)
  const more = first & 0x80 ? first & 0x7f : 0
  if (more > 4 || at + 2 + more > limit) return null
  const length = more > 0 ? bytes.readUIntBE(at + 2, more) : first
  const start = at + 2 + more
  // A cut one ends with what there is.
  const end = Math.min(limit, start + length)
  return { tag, start, end, next: end }
}

/** Content up to the two zero octets that end it; elements within are passed over to find them. */
const indefinite = (bytes: Buffer, tag: number, start: number, limit: number, depth: number): Element | null => {
  if (depth > deepest) return null
  let at = start
  while (at + 2 <= limit && (bytes[at] !== 0 || bytes[at + 1] !== 0)) {
    const inner = elementAt(bytes, at, limit, depth + 1)
    if (!inner) return { tag, start, end: limit, next: limit }
    at = inner.next
  }
  return { tag, start, end: Math.min(at, limit), next: Math.min(at + 2, limit) }
}
