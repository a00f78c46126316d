/** Content-Transfer-Encoding (RFC 2045 §6) undone: octets in, exactly the octets the sender had out. All linear. */
import { readUuencoded } from './uuencode.ts'

export interface Transferred {
  bytes: Buffer
  /** What stands behind encoded content and is none of it, such as a list server's footer; decoded by nobody. */
  after: Buffer | null
  /** One sentence, when the content was not what the encoding says. */
  problem: string | null
}

/** `encoding`: the field's value in lower case. Unknown encodings leave the bytes as they are. */
export const decodeTransfer = (encoding: string, bytes: Buffer): Transferred => {
  switch (encoding) {
    case 'base64':
    case 'b':
      return decodeBase64(bytes)
    case 'quoted-printable':
    case 'q':
      return { bytes: decodeQuotedPrintable(bytes), after: null, problem: null }
    case 'x-uuencode':
    case 'uuencode':
    case 'x-uue':
    case 'uue': {
      const file = readUuencoded(bytes)
      return file
        ? { bytes: file.content, after: null, problem: file.whole ? null : 'A uuencoded part was cut off.' }
        : { bytes, after: null, problem: 'A part is declared uuencoded and is not.' }
    }
    case '':
    case '7bit':
    case '8bit':
    case 'binary':
    case '7-bit':
    case '8-bit':
    case '8bits':
    case '7bits':
    case 'none':
      return { bytes, after: null, problem: null }
    default:
      return { bytes, after: null, problem: `The transfer encoding ${JSON.stringify(encoding.slice(0, 40))} is unknown.` }
  }
}

const CR = 13
const LF = 10
const EQUALS = 61

const hexDigit = (octet: number | undefined): number => {
  if (octet === undefined) return -1
  if (octet >= 48 && octet <= 57) return octet - 48
  const letter = octet | 32
  return letter >= 97 && letter <= 102 ? letter - 87 : -1
}

/** RFC 2045 §6.7. Blanks at a line's end were added on the way; an `=` that starts no escape stands for itself. */
export const decodeQuotedPrintable = (bytes: Buffer): Buffer => {
  const out = Buffer.allocUnsafe(bytes.length)
  const length = bytes.length
  let end = 0
  // Up to here nothing may be taken for blanks at a line's end.
  let kept = 0
  let at = 0
  while (at < length) {
    const octet = bytes[at]!
    if (octet === EQUALS) {
      const high = hexDigit(bytes[at + 1])
      const low = high < 0 ? -1 : hexDigit(bytes[at + 2])
      if (low >= 0) {
        out[end++] = (high << 4) | low
        at += 3
      } else {
        const next = afterSoftBreak(bytes, at + 1)
        if (next < 0) out[end++] = octet
        at = next < 0 ? at + 1 : next
      }
      kept = end
    } else if (octet === LF || (octet === CR && bytes[at + 1] === LF)) {
      end = kept
      out[end++] = octet
      if (octet === CR) out[end++] = LF
      at += octet === CR ? 2 : 1
      kept = end
    } else {
      out[end++] = octet
      if (octet !== 32 && octet !== 9) kept = end
      at++
    }
  }
  return out.subarray(0, kept)
}

/** Behind the line break that an `=` before `from` takes back, blanks included; -1 when there is none. */
const afterSoftBreak = (bytes: Buffer, from: number): number => {
  let at = from
  while (bytes[at] === 32 || bytes[at] === 9) at++
  if (at >= bytes.length) return at
  if (bytes[at] === LF) return at + 1
  if (bytes[at] === CR) return bytes[at + 1] === LF ? at + 2 : at + 1
  return -1
}

/** 0: a letter of base64. 1: blank or line end. 2: padding. 3: anything else. */
const kinds = new Uint8Array(256).fill(3)
for (const letter of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/') kinds[letter.charCodeAt(0)] = 0
for (const blank of '\t\n\v\f\r ') kinds[blank.charCodeAt(0)] = 1
kinds[EQUALS] = 2

/** RFC 2045 §6.8; where plain text begins to stand between or behind the lines, the decoding ends. */
const decodeBase64 = (bytes: Buffer): Transferred => {
  let at = 0
  while (at < bytes.length && kinds[bytes[at]!]! < 2) at++
  let rest = at
  while (rest < bytes.length && (kinds[bytes[rest]!] === 2 || kinds[bytes[rest]!] === 1)) rest++
  if (rest === bytes.length && !hasInnerBlanks(bytes, at))
    return { bytes: fromBase64(bytes.toString('latin1', 0, at)), after: null, problem: null }
  return decodeBase64Lines(bytes)
}

/** Words with blanks between them are a text of letters, such as `not encoded at all`, and no base64. */
const hasInnerBlanks = (bytes: Buffer, end: number): boolean => {
  for (let at = bytes.indexOf(32); at > 0 && at < end - 1; at = bytes.indexOf(32, at + 1))
    if (kinds[bytes[at - 1]!] === 0 && kinds[bytes[at + 1]!] === 0) return true
  return false
}

const fromBase64 = (letters: string): Buffer => Buffer.from(letters, 'base64')

const base64Line = /^[A-Za-z0-9+/]+={0,3}$/
/** Lines that a relay joined with blanks: long runs of letters, unlike words. */
const gappedLine = /^(?:[A-Za-z0-9+/]{40,} {1,9})+[A-Za-z0-9+/]+={0,3}$/
/** Lines are at most 76 characters long; longer than this they are read in one piece, and no footer is looked for in them. */
const longestLine = 10_000

interface Line {
  /** Without blanks around it. */
  text: string
  /** Offsets of its first octet and of the next line's. */
  start: number
  next: number
}

const lineAt = (bytes: Buffer, start: number): Line => {
  const found = bytes.subarray(start, start + longestLine).indexOf(LF)
  const next = Math.min(bytes.length, found < 0 ? start + longestLine : start + found + 1)
  const text = bytes.toString('latin1', start, next).trim()
  return { text: text.includes(' ') && gappedLine.test(text) ? text.replaceAll(' ', '') : text, start, next }
}

/** The careful way, line by line, for content that is not base64 from end to end. */
const decodeBase64Lines = (bytes: Buffer): Transferred => {
  const out = Buffer.allocUnsafe(bytes.length)
  const letters = Buffer.allocUnsafe(bytes.length)
  let end = 0
  let open = 0
  const close = () => {
    if (open > 0) end += out.write(letters.toString('latin1', 0, open), end, 'base64')
    open = 0
  }
  let noise = false
  let footer = -1
  let width = 0
  let ended = false
  for (let line = lineAt(bytes, 0); line.text !== '' || line.next < bytes.length; line = lineAt(bytes, line.next)) {
    const { text } = line
    if (base64Line.test(text)) {
      width ||= text.length
      if (ended && !isContinuation(text, width)) {
        footer = line.start
        break
      }
      ended ||= text.length < width || text.endsWith('=')
      open += letters.write(text.endsWith('=') ? text.replace(/=+$/, '') : text, open, 'latin1')
      if (text.endsWith('=')) close()
    } else if (text !== '') {
      const noisy = !ended && isNoisy(text)
      if (!noisy && !resumes(bytes, line.next, width)) {
        footer = line.start
        break
      }
      noise = true
      if (noisy || text.length >= 40) open += letters.write(text.replace(/[^A-Za-z0-9+/]/g, ''), open, 'latin1')
    }
    if (line.next >= bytes.length) break
  }
  close()
  const decoded = out.subarray(0, end)
  if (footer < 0) return { bytes: decoded, after: null, problem: noise ? 'Base64 content held lines that are none.' : null }
  return end === 0
    ? { bytes, after: null, problem: 'A part is declared base64 and is not.' }
    : {
        bytes: decoded,
        after: bytes.subarray(footer),
        problem: 'Plain text stood behind the end of base64 content; it was not decoded.',
      }
}

/** A line of base64 into which a few wrong characters came; they are passed over, as RFC 2045 §6.8 says. */
const isNoisy = (text: string): boolean => !/\s/.test(text) && text.replace(/[A-Za-z0-9+/=]/g, '').length * 10 <= text.length

/** After a short line, or after padding: more base64 (files encoded one after another), and not the first word of a footer. */
const isContinuation = (text: string, width: number): boolean =>
  text.length % 4 === 0 && (text.endsWith('=') || text.length === width || text.length >= 40)

/** Whether full lines of base64 go on soon after one that is none. */
const resumes = (bytes: Buffer, from: number, width: number): boolean => {
  let at = from
  for (let lines = 0; lines < 3 && at < bytes.length; lines++) {
    const { text, next } = lineAt(bytes, at)
    if (text.length >= Math.max(40, Math.min(width, 60)) && base64Line.test(text)) return true
    at = next
  }
  return false
}
