/**
 * Fields with parameters, `value; name=value; …` (Content-Type, Content-Disposition), as binary strings: quoted or not, continued and
 * with charset (RFC 2231), and what senders make of it: file names with blanks and quotes, comments, a semicolon too few.
 */

import { cleanText } from '../extraction/clean-text.ts'
import { decodeBytes } from './charsets.ts'
import { decodeHeader } from './encoded-words.ts'

export interface Parameter {
  /** One character a byte; percent signs of RFC 2231 are decoded. */
  value: string
  /** The charset RFC 2231 gives; null without. */
  charset: string | null
}

export interface Parametrized {
  /** Before the first semicolon, in lower case, without comments. */
  value: string
  /** By name in lower case; of two of one name the first counts. */
  parameters: Map<string, Parameter>
}

const mostParameters = 200

/** Never throws; linear. */
export const readParametrized = (field: string): Parametrized => {
  const end = /[;\s(]/.exec(field.trimStart())
  const trimmed = field.trimStart()
  const value = trimmed.slice(0, end?.index).trim().toLowerCase()
  return { value: value.replace(/^"(.*)"$/, '$1'), parameters: end ? readParameters(trimmed.slice(end.index)) : new Map() }
}

/** The text of a parameter, such as a file name. `around`: the charset of the message's body. */
export const parameterText = ({ value, charset }: Parameter, around: string | null): string => {
  const text =
    charset === null ? decodeHeader(value, around) : decodeBytes(Buffer.from(value, 'latin1'), { declared: charset, around }).text
  return cleanText(text).replace(/^"(.*)"$/s, '$1')
}

/** Parts of one parameter, by their number; `name*=` is number 0. */
type Sections = Map<number, { value: string; encoded: boolean }>

const readParameters = (text: string): Map<string, Parameter> => {
  const plain = new Map<string, Parameter>()
  const extended = new Map<string, Sections>()
  for (const [name, value] of pairs(text)) {
    const parts = /^([^*]+)\*(?:(\d{1,4})(\*)?)?$/.exec(name)
    if (!parts) {
      if (!plain.has(name)) plain.set(name, { value, charset: null })
      continue
    }
    const sections = extended.get(parts[1]!) ?? new Map()
    const number = Number(parts[2] ?? 0)
    if (!sections.has(number)) sections.set(number, { value, encoded: parts[2] === undefined || parts[3] !== undefined })
    extended.set(parts[1]!, sections)
  }
  for (const [name, sections] of extended) plain.set(name, joined(sections))
  return plain
}

const joined = (sections: Sections): Parameter => {
  let charset: string | null = null
  let value = ''
  const ordered = [...sections].sort(([a], [b]) => a - b)
  for (const [index, [, section]] of ordered.entries()) {
    let text = section.value
    const mark = index === 0 && section.encoded ? /^([^']{0,60})'([^']{0,60})'/.exec(text) : null
    if (mark) {
      charset = mark[1]!
      text = text.slice(mark[0].length)
    }
    value += section.encoded
      ? text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
      : text
  }
  return { value, charset }
}

const pairs = (text: string): [string, string][] => {
  const found: [string, string][] = []
  let at = 0
  while (at < text.length && found.length < mostParameters) {
    if (text[at] === '(') at = afterComment(text, at)
    const name = /[^;=\s(]/.test(text[at] ?? ';') ? /^[^;=]{0,200}/.exec(text.slice(at, at + 200))![0] : ''
    if (name === '' || text[at + name.length] !== '=') {
      at += Math.max(1, name.length)
      continue
    }
    const read = valueAt(text, at + name.length + 1, /name\*?\d*\*?\s*$/i.test(name))
    found.push([name.trim().split(/\s/).pop()!.toLowerCase(), read.value])
    at = read.end
  }
  return found
}

/** `wordy`: the value is a file name, which may hold blanks and parentheses though nobody quoted them. */
const valueAt = (text: string, from: number, wordy: boolean): { value: string; end: number } => {
  let at = from
  while (/\s/.test(text[at] ?? '')) at++
  if (text[at] === '"') return quotedAt(text, at + 1, wordy)
  const semicolon = text.indexOf(';', at)
  const end = semicolon < 0 ? text.length : semicolon
  const raw = text.slice(at, end).trim()
  if (wordy) return { value: raw, end }
  const comment = raw.search(/\s\(/)
  const value = comment < 0 ? raw : raw.slice(0, comment).trimEnd()
  // `charset=utf-8 format=flowed`: the semicolon was forgotten.
  const next = value.search(/\s[a-z*0-9-]+=/i)
  return next < 0 ? { value, end } : { value: value.slice(0, next).trimEnd(), end: at + next }
}

/** The end quote is one before a semicolon, a comment, another parameter or the end; others belong to the value. In a file name (`wordy`) a backslash before an ordinary letter is one of Windows. */
const quotedAt = (text: string, from: number, wordy: boolean): { value: string; end: number } => {
  let value = ''
  for (let at = from; at < text.length; at++) {
    const character = text[at]!
    if (character === '\\' && (!wordy || text[at + 1] === '"' || text[at + 1] === '\\')) value += text[++at] ?? ''
    else if (character === '"' && /^\s*(?:[;(]|$|[a-z*0-9-]+=)/i.test(text.slice(at + 1, at + 60))) return { value, end: at + 1 }
    else value += character
  }
  return { value: value.trimEnd(), end: text.length }
}

const afterComment = (text: string, from: number): number => {
  let depth = 0
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '(') depth++
    else if (text[at] === ')' && --depth === 0) return at + 1
  }
  return text.length
}
