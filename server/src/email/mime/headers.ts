/**
 * The one place where a header field becomes bytes. Every field of every message we make goes through `field`, which
 * refuses rather than emits a line it cannot vouch for (RFC 5322 §2.2, RFC 2047): checks per input are forgotten one
 * at a time, a check at the wire is not.
 */
import { hasControl, type Mailbox } from './mailboxes.ts'

/** RFC 5322 §2.1.1 asks for 78 and insists on 998, CRLF not counted. */
const wrapAt = 76
const lineLimit = 998
const longestWord = 900
const longestValue = 10_000

/** What the composer writes itself, what only a server may add, and what would speak in another's name. */
const reserved = new Set(
  `bcc cc date dkim-signature domainkey-signature from in-reply-to list-id message-id mime-version
  received received-spf references reply-to return-path sender subject to delivered-to x-original-to authentication-results
  original-recipient errors-to return-receipt-to x-google-dkim-signature`.split(/\s+/),
)
const reservedFamily = /^(?:content|resent|arc)-/

/**
 * Why a caller's own header cannot be used, or null when it can.
 * Names are letters, digits, `-`, `_` and `.`, at most 76; values at most 10,000 characters and free of control characters.
 */
export const headerProblem = (name: string, value: string): string | null => {
  if (!/^[A-Za-z0-9_.-]{1,76}$/.test(name)) return 'A header name is 1 to 76 letters, digits, "-", "_" or ".".'
  const lower = name.toLowerCase()
  if (reserved.has(lower) || reservedFamily.test(lower)) return `The header ${name} is set by the server.`
  if (value.length > longestValue) return `A header value has at most ${longestValue} characters.`
  return hasControl(value) ? 'A header value cannot hold line breaks or other control characters.' : null
}

/**
 * One finished field with its CRLF: `name: value`, where the value is 7-bit already and CRLF + space marks a fold.
 * Throws when anything else would reach the wire.
 */
export const field = (name: string, value: string): string => {
  const line = value === '' ? `${name}:` : `${name}: ${value}`
  const clean = line.split('\r\n ').every(part => part.length < lineLimit && /^[\x20-\x7e]*$/.test(part))
  if (!clean || !/^[A-Za-z0-9_.-]+$/.test(name))
    throw new Error(`Refused to write the header ${JSON.stringify(name.slice(0, 80))}`)
  return `${line}\r\n`
}

/** An unstructured value (Subject, callers' headers): ASCII folded at its spaces, anything else as encoded words (RFC 2047 §2). */
export const unstructured = (name: string, value: string): string => {
  if (hasControl(value)) throw new Error(`Control characters in the header ${name}`)
  const text = value.trim()
  if (!isPlain(text)) return encodedWords(text)
  return fold(text, name.length + 2)
}

/** `Name <address>` (RFC 5322 §3.4), the name as atoms, as a quoted string or as encoded words, whichever is needed. */
export const mailbox = ({ address, name }: Mailbox): string => {
  if (!name?.trim()) return address
  if (hasControl(name)) throw new Error('Control characters in a display name')
  return `${phrase(name.trim())} <${address}>`
}

/** Mailboxes or message ids, each with its separator, as many on a line as fit. */
export const list = (name: string, items: readonly string[], separator: string): string => {
  let value = ''
  let width = name.length + 2
  for (const [index, item] of items.entries()) {
    const text = index < items.length - 1 ? item + separator : item
    const breaks = index > 0 && width + text.length >= wrapAt
    value += index === 0 ? text : breaks ? `\r\n ${text}` : ` ${text}`
    width = text.includes('\n') ? text.length - text.lastIndexOf('\n') : text.length + 1 + (breaks ? 0 : width)
  }
  return value
}

const atoms = /^[\w!#$%&'*+/=?^`{|}~-]+(?: [\w!#$%&'*+/=?^`{|}~-]+)*$/

const phrase = (name: string): string => {
  if (!isPlain(name) || name.length > 200) return encodedWords(name)
  return atoms.test(name) ? name : `"${name.replace(/["\\]/g, '\\$&')}"`
}

const longGap = ' '.repeat(100)

/** Printable ASCII that no reader takes for encoded words, and that has places enough to fold at. */
const isPlain = (text: string): boolean =>
  /^[\x20-\x7e]*$/.test(text) &&
  !text.includes('=?') &&
  !text.includes(longGap) &&
  text.split(' ').every(word => word.length < longestWord)

/** Base64 words of at most 39 octets, so that a line of one with its field name keeps to the 76 characters of RFC 2047 §2, cut between characters. */
const encodedWords = (text: string): string => {
  const words: string[] = []
  let word = ''
  let octets = 0
  for (const character of text) {
    const size = Buffer.byteLength(character)
    if (octets + size > 39) {
      words.push(word)
      word = ''
      octets = 0
    }
    word += character
    octets += size
  }
  words.push(word)
  return words.map(part => `=?UTF-8?B?${Buffer.from(part).toString('base64')}?=`).join('\r\n ')
}

/** Breaks before a space that follows and precedes a word, so that unfolding gives back exactly what was put in. */
const fold = (text: string, used: number): string => {
  let width = used
  return text.replace(/( *)([^ ]+)/g, (whole: string, spaces: string, word: string, at: number) => {
    const breaks = at > 0 && width + whole.length > wrapAt
    width = breaks ? spaces.length + word.length : width + whole.length
    return breaks ? `\r\n${whole}` : whole
  })
}
