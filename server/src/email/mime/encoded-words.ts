/**
 * Header text as it stands in a message → text: encoded words (RFC 2047) and raw 8-bit bytes. Header text comes as a binary string,
 * one character a byte, so that bytes a sender left raw can be read in the charset they are in.
 */

import { cleanText } from '../extraction/clean-text.ts'
import { charsetName, decodeBytes } from './charsets.ts'

interface Word {
  charset: string
  base64: boolean
  /** Still encoded. */
  text: string
}

/** `around`: the charset of the message's body, for raw bytes that are not UTF-8. Line breaks and tabs become a blank. Linear. */
export const decodeHeader = (value: string, around: string | null = null): string => {
  const text = value.includes('=?') ? decodeWords(value, around) : decodeRaw(value, around)
  return cleanText(text).replace(/[\t\r\n\v\f]+/g, ' ')
}

/** Raw bytes alone; encoded words stay as they are. */
export const decodeRaw = (value: string, around: string | null = null): string =>
  /[\x80-\xff\x1b]/.test(value) ? decodeBytes(Buffer.from(value, 'latin1'), { around }).text : value

/** The charset of the first encoded word that names one other than UTF-8; null without any. */
export const wordCharset = (value: string): string | null => {
  const name = charsetName(/=\?([^?\s]{1,80})\?[bq]\?/i.exec(value)?.[1]?.replace(/\*.*/, ''))
  return name === 'utf-8' ? null : name
}

const decodeWords = (value: string, around: string | null): string => {
  const lastClose = value.lastIndexOf('?=')
  const out: string[] = []
  let run: Word[] = []
  let raw = 0
  const endRun = () => {
    if (run.length > 0) out.push(decodeRun(run))
    run = []
  }
  for (let at = value.indexOf('=?'); at >= 0; ) {
    const word = wordAt(value, at, lastClose)
    if (!word) {
      at = value.indexOf('=?', at + 2)
      continue
    }
    const between = value.slice(raw, at)
    // Blanks between two encoded words are not part of the text (RFC 2047 §6.2).
    if (run.length === 0 || /[^ \t\r\n]/.test(between)) {
      endRun()
      if (between) out.push(decodeRaw(between, around))
    }
    run.push(word.word)
    raw = word.end
    at = value.indexOf('=?', raw)
  }
  endRun()
  if (raw < value.length) out.push(decodeRaw(value.slice(raw), around))
  return out.join('')
}

/** The encoded word that begins at `at`. A last one that was cut off before its `?=` counts, up to the next blank. */
const wordAt = (value: string, at: number, lastClose: number): { word: Word; end: number } | null => {
  const start = /^=\?([^?\s]{1,80})\?([bq])\?/i.exec(value.slice(at, at + 100))
  if (!start) return null
  const from = at + start[0].length
  const close = from > lastClose ? -1 : value.indexOf('?=', from)
  const cut = close < 0 ? /^[^\s?]*\??/.exec(value.slice(from))![0] : value.slice(from, close)
  if (close < 0 && from + cut.length < value.length) return null
  const word = {
    charset: start[1]!.replace(/\*.*/, ''),
    base64: start[2]!.toLowerCase() === 'b',
    text: close < 0 ? cut.replace(/\?$/, '') : cut,
  }
  return { word, end: close < 0 ? value.length : close + 2 }
}

/**
 * Adjacent words. Those of one charset are joined as bytes before they are decoded: senders cut inside a letter, and even inside a
 * group of base64.
 */
const decodeRun = (words: Word[]): string => {
  let text = ''
  for (let at = 0; at < words.length; ) {
    const charset = words[at]!.charset.toLowerCase()
    const pieces: Buffer[] = []
    while (at < words.length && words[at]!.charset.toLowerCase() === charset) {
      let encoded = words[at]!.text
      const { base64 } = words[at++]!
      if (base64) {
        encoded = encoded.replace(/[^A-Za-z0-9+/=_-]/g, '')
        for (let next = words[at]; next?.base64 && next.charset.toLowerCase() === charset && isOpen(encoded); next = words[++at])
          encoded += next.text.replace(/[^A-Za-z0-9+/=_-]/g, '')
      }
      pieces.push(base64 ? Buffer.from(encoded, 'base64') : decodeQ(encoded))
    }
    text += decodeBytes(Buffer.concat(pieces), { declared: charset }).text
  }
  return text
}

/** Base64 that ends inside a group of four without padding. */
const isOpen = (encoded: string): boolean => !encoded.endsWith('=') && encoded.length % 4 !== 0

/** RFC 2047 §4.2. What is no escape stays as it is, but for a lone `=` at the end. */
const decodeQ = (text: string): Buffer =>
  Buffer.from(
    text
      .replaceAll('_', ' ')
      .replace(/=$/, '')
      .replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  )
