/**
 * Bytes → text, for bodies, header fields and file names alike. Senders declare a charset, forget it, or declare a wrong one;
 * this weighs what there is in one order:
 *   1. a byte order mark   2. the declared charset, if it has a name and the bytes fit it   3. UTF-8, if the bytes are valid
 *   4. what the HTML itself says   5. the charset of the rest of the message   6. Cyrillic, if the letters are spread as in Russian
 *   7. windows-1252, which gives every byte a letter.
 */
import { isAscii, isUtf8 } from 'node:buffer'
import iconv from 'iconv-lite'
import { decodeIso2022, isIso2022, isoEscape } from './iso-2022.ts'

export interface Evidence {
  /** As it stands in the message: any case, perhaps nonsense. */
  declared?: string | null | undefined
  /** The bytes are HTML, which may name its charset. */
  html?: boolean
  /** The charset of the message's other text, as `charsetName` gives it. */
  around?: string | null | undefined
}

export interface Decoded {
  text: string
  /** The charset that was used; null for plain ASCII. */
  charset: string | null
  /** True when some bytes mean nothing in that charset and became U+FFFD. */
  lossy: boolean
}

/** Never throws. NUL and half surrogates are left to `cleanText`. */
export const decodeBytes = (bytes: Buffer, { declared, html = false, around }: Evidence = {}): Decoded => {
  const marked = byteOrderMark(bytes)
  if (marked) return decodeAs(marked, bytes)
  const named = charsetName(declared)
  if (isAscii(bytes)) {
    if (named && !isAsciiBased(named) && (!isWide(named) || bytes.includes(0))) return decodeAs(named, bytes)
    return isoEscape(bytes) ? decodeAs('iso-2022-jp', bytes) : { text: bytes.toString('latin1'), charset: null, lossy: false }
  }
  const utf8 = isUtf8(bytes)
  if (utf8 && (!named || named === 'utf-8' || (isWide(named) && !bytes.includes(0)))) return decodeAs('utf-8', bytes)
  let declaredText: Decoded | undefined
  if (named && named !== 'utf-8') {
    declaredText = decodeAs(named, bytes)
    if (!declaredText.lossy) return declaredText
    if (utf8) return decodeAs('utf-8', bytes)
  }
  if (named === 'utf-8') declaredText = mostlyUtf8(bytes)
  for (const name of [html ? charsetName(metaCharset(bytes)) : null, around]) {
    if (!name || name === 'utf-8' || name === named || !isAsciiBased(name)) continue
    const text = decodeAs(name, bytes)
    if (!text.lossy) return text
  }
  return declaredText ?? decodeAs(cyrillic(bytes) ?? 'windows-1252', bytes)
}

/**
 * The name under which the decoder knows a declared charset; null when none was declared, when it is ASCII (which says nothing about
 * bytes above 127), or when it is nobody's.
 */
export const charsetName = (declared: string | null | undefined): string | null => {
  if (!declared) return null
  const known = names.get(declared)
  if (known !== undefined) return known
  const name = findName(declared)
  // Senders choose the labels: those in use are a few dozen, and no more than a thousand are kept.
  if (names.size < 1000 && declared.length < 100) names.set(declared, name)
  return name
}

const names = new Map<string, string | null>()

const ascii =
  /^(?:us-?ascii|ascii|ansi_?x3\.4.*|iso-?ir-?6|iso_?646.*|iso646-us|us|646|csascii|cp367|ibm367|[78][ -]?bits?|binary|unknown.*|x-unknown|none|default|x-user-defined|user-defined|undefined|null|ansi)$/

/** Names that senders use and no table has. */
const aliases: [RegExp, string][] = [
  [/^utf[-_ ]?8/, 'utf-8'],
  [/^(?:unicode-1-1-)?utf[-_ ]?7/, 'utf-7'],
  [/^(?:utf[-_ ]?16|ucs-?2|iso-10646-ucs-2|unicode)$/, 'utf-16'],
  [/^utf[-_ ]?32$/, 'utf-32'],
  [/^(?:x-)?(?:windows|win|cp|ms|ansi)[-_ ]?(125[0-8]|874)$/, 'windows-$1'],
  [/^(?:x-)?(?:iso[-_ ]?)?8859[-_ ]?(\d{1,2})(?:$|[^\d].*)/, 'iso-8859-$1'],
  [/^(?:iso[-_ ]?)?latin[-_ ]?1$/, 'windows-1252'],
  [/^(?:gb[-_ ]?2312.*|csgb2312|cp936|ms936|x-gbk|gb_1988.*|euc-?cn)$/, 'gb18030'],
  [/^(?:cp932|ms932|sjis.*|shift-?jis.*|x-ms-cp932|windows-932)$/, 'shift_jis'],
  [/^(?:cp949|ms949|uhc|ks[-_]?c[-_]?5601.*|x-windows-949)$/, 'euc-kr'],
  [/^(?:cp950|ms950|x-x-big5|big-?5.*)$/, 'big5'],
  [/^(?:cp51932|x-eucjp|eucjp.*)$/, 'euc-jp'],
  [/^(?:iso-?2022-?jp.*|csiso2022jp.*|jis|cp5022[0-2])$/, 'iso-2022-jp'],
  [/^(?:iso-?2022-?kr|csiso2022kr)$/, 'iso-2022-kr'],
  [/^iso-?2022-?cn.*$/, 'iso-2022-cn'],
  [/^(?:hz|hz-gb-?2312)$/, 'hz'],
  [/^(?:cp|ibm|oem|dos|x-cp)[-_ ]?(437|7[37]\d|8[0-9]\d|1125)$/, 'cp$1'],
  [/^(?:x-)?mac[-_]?(?:os)?[-_]?roman$/, 'macintosh'],
  [/^(?:x-)?mac[-_]?(?:ce|centraleurroman)$/, 'maccenteuro'],
  [/^(?:x-)?mac[-_]?(cyrillic|ukrainian|ukraine)$/, 'x-mac-cyrillic'],
  [/^(?:x-)?mac[-_]?(greek|turkish|iceland|icelandic|croatian|romanian|romania|thai)$/, 'mac$1'],
  [/^koi8$/, 'koi8-r'],
  [/^(?:viet-vps|x-viet-tcvn.*|tcvn.*)$/, 'tcvn'],
]

const findName = (declared: string): string | null => {
  const label = declared
    .trim()
    .toLowerCase()
    .replace(/^['"\s=]+/, '')
    .replace(/^charset=["']?/, '')
    .replace(/[\s"';,*].*$/s, '')
  if (!/^[a-z0-9][a-z0-9._:+-]{0,60}$/.test(label) || ascii.test(label)) return null
  for (const [pattern, name] of aliases) if (pattern.test(label)) return known(label.replace(pattern, name))
  return known(label)
}

/** Codecs of iconv-lite that are no charsets. */
const noCharsets = /^(?:base64|hex|binary|utf7imap|internal|utf-?7-?imap|cesu-?8)$/

const known = (name: string): string | null => {
  if (isIso2022(name) || /^utf-(?:7|16|32)$/.test(name)) return name
  try {
    const { encoding } = new TextDecoder(name)
    return encoding === 'x-user-defined' || encoding === 'replacement' ? null : encoding
  } catch {
    return !noCharsets.test(name) && iconv.encodingExists(name) ? name : null
  }
}

/** Charsets of 16 or 32 bits to a letter. */
const isWide = (name: string): boolean => /^(?:utf-?(?:16|32)|ucs-?[24])/.test(name)
/** Bytes below 128 always mean ASCII, or nearly so. */
const isAsciiBased = (name: string): boolean =>
  !isWide(name) && !isIso2022(name) && !/^(?:utf-7|cp037|cp500|cp1047|cp1140|ebcdic.*|ibm037)$/.test(name)

const byteOrderMark = (bytes: Buffer): string | null => {
  const [a, b, c, d] = bytes
  if (a === 0xef && b === 0xbb && c === 0xbf) return 'utf-8'
  if (a === 0xff && b === 0xfe) return c === 0 && d === 0 && bytes.length % 4 === 0 ? 'utf-32' : 'utf-16le'
  return a === 0xfe && b === 0xff ? 'utf-16be' : null
}

/** Without a mark: which half of the units is zero more often. RFC 2781 §4.3 has big-endian as the default. */
const utf16Order = (bytes: Buffer): string => {
  const zeros = [0, 0]
  const end = Math.min(bytes.length, 2000)
  for (let at = 0; at < end; at++) if (bytes[at] === 0) zeros[at & 1]!++
  return zeros[1]! > zeros[0]! ? 'utf-16le' : 'utf-16be'
}

const decoders = new Map<string, TextDecoder>()

const decodeAs = (name: string, bytes: Buffer): Decoded => {
  const text = name === 'utf-8' ? withoutMark(bytes.toString('utf8')) : decodeOther(name, bytes)
  return { text, charset: name, lossy: text.includes('\ufffd') && !(name === 'utf-8' && isUtf8(bytes)) }
}

const decodeOther = (name: string, bytes: Buffer): string => {
  if (isIso2022(name)) return decodeIso2022(name, bytes)
  if (name === 'utf-16') return decodeOther(utf16Order(bytes), bytes)
  if (name === 'utf-7' || name === 'utf-32') return iconv.decode(bytes, name)
  let decoder = decoders.get(name)
  if (!decoder) {
    try {
      decoder = new TextDecoder(name)
    } catch {
      return iconv.decode(bytes, name)
    }
    decoders.set(name, decoder)
  }
  const text = decoder.decode(bytes)
  // Their tables for Chinese differ in rare letters: Hong Kong's are only in the second.
  return name === 'big5' && text.includes('\ufffd') ? iconv.decode(bytes, name) : text
}

const withoutMark = (text: string): string => (text.charCodeAt(0) === 0xfeff ? text.slice(1) : text)

/** UTF-8 with some broken letters, as a cut or a bad relay leaves it; undefined when most of it is something else. */
const mostlyUtf8 = (bytes: Buffer): Decoded | undefined => {
  const decoded = decodeAs('utf-8', bytes)
  let broken = 0
  let whole = 0
  for (let at = 0; at < decoded.text.length; at++) {
    const code = decoded.text.charCodeAt(at)
    if (code === 0xfffd) broken++
    else if (code > 127) whole++
  }
  return whole > broken ? decoded : undefined
}

/**
 * Words of letters above 191 alone are no Latin language. Russian in KOI8-R has its small letters below 224, in windows-1251 above; text of
 * two bytes a letter, such as Chinese, has many of them between 128 and 191.
 */
const cyrillic = (bytes: Buffer): string | null => {
  const end = Math.min(bytes.length, 10_000)
  let lower = 0
  let upper = 0
  let other = 0
  for (let at = 0; at < end; at++) {
    const octet = bytes[at]!
    if (octet >= 0xe0) upper++
    else if (octet >= 0xc0) lower++
    else if (octet >= 0x80 || ((octet | 32) - 97 < 26 && (octet | 32) >= 97)) other++
  }
  if (lower + upper < 8 || other * 3 > lower + upper) return null
  return lower > upper ? 'koi8-r' : 'windows-1251'
}

/** `<meta charset=…>`, `<meta … content="…; charset=…">` or an XML declaration, near the beginning (HTML Standard §13.2.3.2). */
const metaCharset = (bytes: Buffer): string | null => {
  const start = bytes.toString('latin1', 0, 4096)
  const found =
    /<meta\b[^>]{0,400}?\bcharset\s{0,20}=\s{0,20}["']?\s{0,20}([^\s"'/>;]{1,60})/i.exec(start) ??
    /^\s{0,100}<\?xml\b[^>]{0,200}?\bencoding\s{0,20}=\s{0,20}["']([^"']{1,60})/i.exec(start)
  return found?.[1] ?? null
}
