/**
 * The charsets that switch alphabets by escape sequences (ISO-2022-JP and its variants, -KR, -CN; RFC 1468, 1554, 1557, 1922) and HZ
 * (RFC 1843). TextDecoder knows the first of them only in part and the others not at all. Each run of one alphabet is shifted into the
 * 8-bit charset that holds the same table, which TextDecoder knows.
 */

/** An alphabet: the charset with its table, and what stands before each letter there. */
interface Alphabet {
  charset: 'euc-jp' | 'gbk' | 'euc-kr'
  /** Bytes to a letter. */
  width: 1 | 2
  prefix?: number
}

const kana: Alphabet = { charset: 'euc-jp', width: 1, prefix: 0x8e }
const kanji: Alphabet = { charset: 'euc-jp', width: 2 }
const moreKanji: Alphabet = { charset: 'euc-jp', width: 2, prefix: 0x8f }
const chinese: Alphabet = { charset: 'gbk', width: 2 }
const korean: Alphabet = { charset: 'euc-kr', width: 2 }

const ESC = 0x1b

/** What follows ESC, and the alphabet it calls; null is ASCII or nearly so. */
const escapes: [string, Alphabet | null][] = [
  ['(B', null],
  ['(J', null],
  ['(H', null],
  ['(I', kana],
  ['$@', kanji],
  ['$B', kanji],
  ['$(B', kanji],
  ['$(@', kanji],
  ['$(Q', kanji],
  ['$(O', kanji],
  ['$(D', moreKanji],
  ['$(C', korean],
  ['$A', chinese],
  ['$(A', chinese],
]

/** What follows ESC to choose the alphabet that SO calls. */
const designations: [string, Alphabet][] = [
  ['$)C', korean],
  ['$)A', chinese],
]

export const isIso2022 = (name: string): boolean => name === 'hz' || name.startsWith('iso-2022-')

/** True when ASCII bytes hold an escape sequence that opens a Japanese, Chinese or Korean alphabet. */
export const isoEscape = (bytes: Buffer): boolean => {
  for (let at = bytes.indexOf(ESC); at >= 0; at = bytes.indexOf(ESC, at + 1)) {
    const next = bytes.toString('latin1', at + 1, at + 4)
    if (escapes.some(([sequence, alphabet]) => alphabet && next.startsWith(sequence))) return true
  }
  return false
}

/** `name`: hz or iso-2022-*. Letters that no table has become U+FFFD. Linear. */
export const decodeIso2022 = (name: string, bytes: Buffer): string =>
  name === 'hz' ? decodeHz(bytes) : decodeEscapes(name, bytes)

const decodeEscapes = (name: string, bytes: Buffer): string => {
  const text: string[] = []
  let current: Alphabet | null = null
  let called: Alphabet | null = name === 'iso-2022-kr' ? korean : name === 'iso-2022-cn' ? chinese : null
  let shifted = false
  let start = 0
  const flush = (end: number) => {
    if (end > start) text.push(run(bytes.subarray(start, end), shifted ? called : current))
  }
  for (let at = 0; at < bytes.length; ) {
    const octet = bytes[at]!
    if (octet === ESC) {
      const next = bytes.toString('latin1', at + 1, at + 4)
      const choice = escapes.find(([sequence]) => next.startsWith(sequence))
      const designation = designations.find(([sequence]) => next.startsWith(sequence))
      if (choice || designation) {
        flush(at)
        if (choice) current = choice[1]
        if (designation) called = designation[1]
        at += 1 + (choice ?? designation)![0].length
        start = at
        continue
      }
    } else if (octet === 0x0e || octet === 0x0f) {
      flush(at)
      shifted = octet === 0x0e
      start = ++at
      continue
    } else if (octet === 10 || octet === 13) {
      // Every line begins in ASCII.
      flush(at)
      current = null
      shifted = false
      start = at
    }
    at++
  }
  flush(bytes.length)
  return text.join('')
}

/** One run in one alphabet. Bytes above 127 outside of any are half-width katakana, as Microsoft's variant has them. */
const run = (bytes: Buffer, alphabet: Alphabet | null): string => {
  if (alphabet === null) {
    if (!bytes.some(octet => octet > 127)) return bytes.toString('latin1')
    return decoder('euc-jp').decode(Buffer.from([...bytes].flatMap(octet => (octet > 127 ? [0x8e, octet] : [octet]))))
  }
  const { charset, width, prefix } = alphabet
  const shifted: number[] = []
  for (let at = 0; at < bytes.length; at += width) {
    // A blank among letters of two bytes stands for itself.
    if (bytes[at]! <= 0x20) {
      shifted.push(bytes[at]!)
      at -= width - 1
      continue
    }
    if (prefix !== undefined) shifted.push(prefix)
    for (let offset = 0; offset < width && at + offset < bytes.length; offset++) shifted.push(bytes[at + offset]! | 0x80)
  }
  return decoder(charset).decode(Buffer.from(shifted))
}

const decodeHz = (bytes: Buffer): string => {
  const text: string[] = []
  const all = bytes.toString('latin1')
  let at = 0
  while (at < all.length) {
    const open = all.indexOf('~', at)
    if (open < 0) break
    text.push(all.slice(at, open))
    const mark = all[open + 1]
    at = open + 2
    if (mark === '{') {
      const close = all.indexOf('~}', at)
      const end = close < 0 ? all.length : close
      text.push(run(bytes.subarray(at, end), chinese))
      at = end + 2
    } else if (mark === '\n' || mark === '\r') at = mark === '\r' && all[at] === '\n' ? at + 1 : at
    else text.push(mark === '~' || mark === undefined ? '~' : `~${mark}`)
  }
  text.push(all.slice(at))
  return text.join('')
}

const decoders = new Map<string, TextDecoder>()
const decoder = (charset: string): TextDecoder => {
  const known = decoders.get(charset) ?? new TextDecoder(charset)
  decoders.set(charset, known)
  return known
}
