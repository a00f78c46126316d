/**
 * The addresses of a stranger's header field (RFC 5322 §3.4), read leniently: comments, groups, source routes, quoted strings, encoded words
 * with commas in them, missing commas and brackets. Fields come as binary strings. One pass; linear.
 */

import { cleanText } from '../extraction/clean-text.ts'
import { decodeHeader, decodeRaw } from './encoded-words.ts'
import { type Mailbox, normalizeAddress } from './mailboxes.ts'

/** No more addresses of one field are kept. */
const longestList = 1000
const mostWords = 2000

/**
 * The mailboxes of a field in their order. A name without an address (`From: Mail Delivery System`) gives a mailbox whose address is
 * empty, when the field has no address at all. A group gives its members.
 */
export const readAddressList = (field: string, around: string | null = null): Mailbox[] => {
  const found = readEntries(field, around)
  if (found.some(({ address }) => address.includes('@'))) return found.filter(({ address }) => address.includes('@'))
  // All of the field in one encoded word, address and all: it is what the sender meant.
  const decoded = /^\s*=\?/.test(field) ? decodeHeader(field, around) : ''
  const meant = decoded.includes('@') ? readEntries(Buffer.from(decoded).toString('latin1'), null) : []
  return meant.some(({ address }) => address.includes('@')) ? meant : found
}

const readEntries = (field: string, around: string | null): Mailbox[] =>
  split(field)
    .slice(0, longestList)
    .flatMap(entry => readEntry(entry, around))
    .filter(({ address, name }) => address !== '' || name !== null)
    .slice(0, longestList)

/** What stands between two commas, in pieces. */
interface Entry {
  /** Words before the angle bracket, or all of them. Quoted ones come without their quotes. */
  words: { text: string; quoted: boolean /** Whether a blank stands before it. */; apart: boolean }[]
  comments: string[]
  /** What stands in angle brackets; null without. */
  angle: string | null
}

const newEntry = (): Entry => ({ words: [], comments: [], angle: null })
const isEmpty = ({ words, comments, angle }: Entry): boolean => words.length === 0 && comments.length === 0 && angle === null

const encodedWord = /=\?[^\s?]{1,80}\?[bq]\?[^?\s]*\?=/iy
const atomEnd = /[ \t\r\n,;:<>"()]|=\?/g

const split = (field: string): Entry[] => {
  const entries: Entry[] = []
  let entry = newEntry()
  let apart = false
  /** How many words stand before the angle bracket. */
  let named = 0
  const end = () => {
    if (!isEmpty(entry)) entries.push(entry)
    entry = newEntry()
  }
  const add = (text: string, quoted: boolean) => {
    // No mailbox has that many; they would only take time.
    if (entry.words.length < mostWords) entry.words.push({ text, quoted, apart })
    apart = false
  }
  let at = 0
  while (at < field.length && entries.length <= longestList) {
    const character = field[at]!
    if (character === ',' || character === ';') {
      end()
      at++
    } else if (character === '>' || isBlank(character)) {
      apart ||= character !== '>'
      at++
    } else if (character === '"') {
      const read = quotedAt(field, at)
      add(read.text, true)
      at = read.end
    } else if (character === '(') {
      const read = commentAt(field, at)
      entry.comments.push(read.text)
      apart = true
      at = read.end
    } else if (character === '<') {
      const read = angleAt(field, at)
      // A second address without a comma between is another mailbox.
      if (entry.angle?.includes('@') && read.text.includes('@')) {
        const words = entry.words.splice(named)
        end()
        entry.words = words
      }
      if (!entry.angle?.includes('@')) {
        entry.angle = read.text
        named = entry.words.length
      }
      at = read.end
    } else if (character === ':') {
      // The name of a group, or of a scheme such as mailto.
      if (entry.angle === null && !entry.words.some(({ text }) => text.includes('@'))) entry = newEntry()
      at++
    } else if (character === '[' && entry.words.at(-1)?.text.endsWith('@')) {
      const close = field.slice(at, at + 100).indexOf(']')
      const until = close < 0 ? at + 1 : at + close + 1
      add(field.slice(at, until), false)
      at = until
    } else {
      const text = wordAt(field, at)
      add(text, false)
      at += text.length
    }
  }
  end()
  return entries
}

/** An encoded word, whatever stands in it, or what comes before the next special character; a domain literal's bracket is one too. */
const wordAt = (field: string, at: number): string => {
  encodedWord.lastIndex = at
  const word = field[at] === '=' ? encodedWord.exec(field) : null
  if (word) return word[0]
  atomEnd.lastIndex = at + 1
  const atom = field.slice(at, atomEnd.exec(field)?.index ?? field.length)
  const literal = atom.indexOf('@[')
  return literal < 0 ? atom : atom.slice(0, literal + 1)
}

const isBlank = (character: string): boolean =>
  character === ' ' || character === '\t' || character === '\r' || character === '\n'

/** A quoted string; one without its end is an ordinary character. */
const quotedAt = (field: string, from: number): { text: string; end: number } => {
  let text = ''
  for (let at = from + 1; at < field.length; at++) {
    if (field[at] === '\\' && at + 1 < field.length) text += field[++at]
    else if (field[at] === '"') return { text, end: at + 1 }
    else text += field[at]
  }
  // The rest is quoted then, but an address in brackets at its end is one.
  const open = field.lastIndexOf('<')
  return open > from ? { text: field.slice(from + 1, open).trim(), end: open } : { text, end: field.length }
}

const commentAt = (field: string, from: number): { text: string; end: number } => {
  let depth = 0
  let text = ''
  for (let at = from; at < field.length; at++) {
    const character = field[at]!
    if (character === '\\' && at + 1 < field.length) text += field[++at]
    else if (character === ')' && --depth === 0) return { text, end: at + 1 }
    else {
      if (character === '(' && ++depth === 1) continue
      text += character
    }
  }
  return { text, end: field.length }
}

/** What stands between `<` and `>`, without blanks and comments; a route before it (RFC 5322 §4.4) is left out. */
const angleAt = (field: string, from: number): { text: string; end: number } => {
  let text = ''
  let at = from + 1
  let routed = /^\s*@/.test(field.slice(at, at + 20))
  while (at < field.length && field[at] !== '>') {
    const character = field[at]!
    if (character === '"') {
      const read = quotedAt(field, at)
      text += quotedLocal(read.text)
      at = Math.max(read.end, at + 1)
    } else if (character === '(') at = commentAt(field, at).end
    else if (character === '<') break
    else if (!routed && (character === ',' || character === ';') && text.includes('@')) break
    else {
      if (character === ':' && routed) {
        text = ''
        routed = false
      } else if (!/\s/.test(character)) text += character
      at++
    }
  }
  return { text: text.replace(/^mailto:/i, ''), end: field[at] === '>' ? at + 1 : at }
}

/** A quoted local part that needs no quotes is the same without them (RFC 5321 §4.1.2). */
const quotedLocal = (text: string): string =>
  /^[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*$/.test(text) ? text : `"${text.replace(/["\\]/g, '\\$&')}"`

const readEntry = ({ words, comments, angle }: Entry, around: string | null): Mailbox[] => {
  const name = nameOf(words, around)
  const comment = decodeHeader(comments.join(' '), around)
  if (angle !== null && (angle !== '' || !words.some(({ text }) => text.includes('@'))))
    return [mailbox(angle, name || comment, around)]
  // Words that touch are one: `ann.lee@example.org` may come in pieces, `"ann lee"@example.org` does.
  const joined: { text: string; quoted: boolean }[] = []
  for (const [index, { text, quoted, apart }] of words.entries()) {
    const last = joined.at(-1)
    const touches =
      last &&
      last.text.length < 1000 &&
      (!apart || /[@.]$/.test(last.text) || /^[@.]/.test(text)) &&
      (text.startsWith('@') || last.text.includes('@') || isLocal(words, index))
    if (last && touches) last.text = (last.quoted ? quotedLocal(last.text) : last.text) + (quoted ? quotedLocal(text) : text)
    else joined.push({ text, quoted })
    if (last && touches) last.quoted = false
  }
  const addresses = joined.filter(({ text, quoted }) => !quoted && /.@./.test(text))
  if (addresses.length === 0 && joined.length === 1 && /^[^\s@]+@[^\s@]+$/.test(joined[0]!.text)) addresses.push(joined[0]!)
  const found = new Set(addresses)
  const rest =
    words.length === 0
      ? ''
      : nameOf(
          joined.filter(word => !found.has(word)).map(word => ({ ...word, apart: true })),
          around,
        )
  if (addresses.length > 0) return addresses.map(({ text }, index) => mailbox(text, index === 0 ? rest || comment : '', around))
  // One word may be a mailbox of the sender's own host, such as MAILER-DAEMON.
  const single = joined.length === 1 && !joined[0]!.quoted && /^[\w.+-]{1,64}$/.test(joined[0]!.text) ? joined[0]!.text : ''
  return name || comment ? [mailbox(single, comment || name, around)] : []
}

/** Whether the words from `index` on, without a blank that matters, lead to an `@`: `ann . lee @ example.org`. */
const isLocal = (words: Entry['words'], index: number): boolean => {
  for (let at = index; at < Math.min(words.length, index + 10); at++) {
    if (words[at]!.text.includes('@')) return true
    const next = words[at + 1]
    if (!next || (next.apart && !/[.@]$/.test(words[at]!.text) && !/^[.@]/.test(next.text))) return false
  }
  return false
}

const nameOf = (words: Entry['words'], around: string | null): string =>
  decodeHeader(words.map(({ text, apart }, index) => (apart && index > 0 ? ` ${text}` : text)).join(''), around).trim()

/** A regular address in its canonical form; any other is kept as it stands, for it may be all there is to see. */
const mailbox = (address: string, name: string, around: string | null): Mailbox => {
  const text = cleanText(decodeRaw(address.slice(0, 1000), around))
    .replace(/"(?:[^"\\]|\\.)*"|[\x00-\x20\x7f]/g, piece =>
      piece.startsWith('"') ? piece.replaceAll(/[\x00-\x1f\x7f]/g, '') : '',
    )
    .toWellFormed()
  return { address: normalizeAddress(text)?.address ?? text, name: cleanText(name).trim().slice(0, 1000).toWellFormed() || null }
}
