/**
 * TNEF ([MS-OXTNEF]), the winmail.dat that Outlook puts around files and formatting: the files in it, and its body in case the mail
 * has no other. Reading ends at the first thing that makes no sense, and what came before it counts.
 */
import { decodeBytes } from './charsets.ts'

export interface TnefFile {
  name: string
  /** Media type as the sender gave it; null without. */
  contentType: string | null
  contentId: string | null
  content: Buffer
}

export interface Tnef {
  files: TnefFile[]
  text: string | null
  html: string | null
  /** Rich Text Format, decompressed. */
  rtf: Buffer | null
  /** False when it was cut off or broken. */
  whole: boolean
}

const signature = 0x223e9f78
const mostFiles = 500
/** A message in a message in a message … */
const deepest = 5

/** null when the bytes are no TNEF. */
export const readTnef = (bytes: Buffer, depth = 0): Tnef | null => {
  if (bytes.length < 6 || bytes.readUInt32LE(0) !== signature) return null
  const found: Tnef = { files: [], text: null, html: null, rtf: null, whole: true }
  let codePage = 'windows-1252'
  let open: Partial<TnefFile> = {}
  const close = () => {
    if (open.content && found.files.length < mostFiles)
      found.files.push({
        name: open.name ?? '',
        contentType: open.contentType ?? null,
        contentId: open.contentId ?? null,
        content: open.content,
      })
    open = {}
  }
  let at = 6
  while (at + 9 <= bytes.length) {
    const attribute = bytes.readUInt16LE(at + 1)
    const length = bytes.readUInt32LE(at + 5)
    const data = bytes.subarray(at + 9, at + 9 + length)
    if (data.length < length) found.whole = false
    if (attribute === 0x9002) close()
    else if (attribute === 0x9007 && length >= 4) codePage = `cp${data.readUInt32LE(0)}`
    else if (attribute === 0x8010) open.name ??= text(data, codePage)
    else if (attribute === 0x800f) open.content = data
    else if (attribute === 0x800c) found.text ??= text(data, codePage)
    else if (attribute === 0x9003) takeMessage(readProperties(data), found, codePage)
    else if (attribute === 0x9005) found.files.push(...takeFile(readProperties(data), open, codePage, depth))
    // Data is followed by a checksum of two octets; there are writers that get it wrong, so it proves nothing.
    at += 9 + length + 2
  }
  close()
  if (at < bytes.length) found.whole = false
  return found
}

type Properties = Map<number, { type: number; data: Buffer }>

const takeMessage = (properties: Properties, found: Tnef, codePage: string): void => {
  found.text = string(properties.get(0x1000), codePage) ?? found.text
  const html = properties.get(0x1013)
  if (html)
    found.html =
      html.type === 0x0102 ? decodeBytes(html.data, { html: true, declared: codePage }).text : (string(html, codePage) ?? null)
  const rtf = properties.get(0x1009)
  if (rtf) found.rtf = decompressRtf(rtf.data)
}

/** Takes what the properties say of the open file; gives the files of a message that is attached as an object. */
const takeFile = (properties: Properties, open: Partial<TnefFile>, codePage: string, depth: number): TnefFile[] => {
  const name = [0x3707, 0x3704, 0x3001].map(id => string(properties.get(id), codePage)).find(Boolean)
  if (name) open.name = name
  open.contentType = string(properties.get(0x370e), codePage) ?? null
  open.contentId = string(properties.get(0x3712), codePage) ?? null
  const data = properties.get(0x3701)
  if (!data) return []
  // An object's data begins with the id of its interface.
  const inner = data.type === 0x000d && depth < deepest ? readTnef(data.data.subarray(16), depth + 1) : null
  if (!inner) {
    open.content ??= data.type === 0x000d ? data.data.subarray(16) : data.data
    return []
  }
  const stem = open.name || 'message'
  const body = inner.html ?? inner.text
  if (body !== null) {
    open.name = `${stem}${inner.html === null ? '.txt' : '.html'}`
    open.contentType = inner.html === null ? 'text/plain' : 'text/html'
    open.content = Buffer.from(body)
  } else if (inner.rtf) {
    open.name = `${stem}.rtf`
    open.contentType = 'application/rtf'
    open.content = inner.rtf
  }
  return inner.files
}

const fixedSizes: Record<number, number> = { 1: 4, 2: 4, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 10: 4, 11: 4, 20: 8, 64: 8, 72: 16 }
const variable = new Set([0x000d, 0x001e, 0x001f, 0x0102])

/** [MS-OXTNEF] §2.1.3.4. Of a property with several values the first is kept. */
const readProperties = (bytes: Buffer): Properties => {
  const found: Properties = new Map()
  if (bytes.length < 4) return found
  let left = bytes.readUInt32LE(0)
  let at = 4
  const number = (): number => {
    at += 4
    return at <= bytes.length ? bytes.readUInt32LE(at - 4) : 0
  }
  const padded = (length: number): Buffer => {
    const data = bytes.subarray(at, at + length)
    at += Math.ceil(length / 4) * 4
    return data
  }
  while (left-- > 0 && at + 4 <= bytes.length) {
    const type = bytes.readUInt16LE(at)
    const id = bytes.readUInt16LE(at + 2)
    at += 4
    if (id >= 0x8000) {
      at += 16
      if (number() === 1) padded(number())
      else at += 4
    }
    const single = type & 0x0fff
    const size = fixedSizes[single]
    const values = variable.has(single) || type !== single ? number() : 1
    if (!variable.has(single) && size === undefined) break
    for (let value = 0; value < values && at < bytes.length; value++) {
      const data = padded(variable.has(single) ? number() : size!)
      if (value === 0 && !found.has(id)) found.set(id, { type: single, data })
    }
  }
  return found
}

const string = (property: { type: number; data: Buffer } | undefined, codePage: string): string | undefined => {
  if (property?.type === 0x001f) return untilNul(decodeBytes(property.data, { declared: 'utf-16le' }).text)
  return property?.type === 0x001e ? text(property.data, codePage) : undefined
}

const text = (data: Buffer, codePage: string): string => untilNul(decodeBytes(data, { declared: codePage }).text)

const untilNul = (value: string): string => {
  const end = value.indexOf('\0')
  return end < 0 ? value : value.slice(0, end)
}

/** What the compression of [MS-OXRTFCP] §2.1.3.1 begins with in its window. */
const dictionary =
  '{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx'

/** [MS-OXRTFCP]; null when it is none. The output is bounded by what the header announces and by 16 times the input. */
export const decompressRtf = (bytes: Buffer): Buffer | null => {
  if (bytes.length < 16) return null
  const size = Math.min(bytes.readUInt32LE(4), bytes.length * 16)
  const kind = bytes.readUInt32LE(8)
  if (kind === 0x414c454d) return bytes.subarray(16, 16 + size)
  if (kind !== 0x75465a4c) return null
  const window = Buffer.alloc(4096, ' ')
  let place = window.write(dictionary, 'latin1')
  const out = Buffer.alloc(size)
  let end = 0
  const put = (octet: number) => {
    window[place] = octet
    place = (place + 1) & 4095
    if (end < size) out[end++] = octet
  }
  let at = 16
  while (at < bytes.length && end < size) {
    const control = bytes[at++]!
    for (let bit = 0; bit < 8 && at < bytes.length && end < size; bit++) {
      if (!((control >> bit) & 1)) {
        put(bytes[at++]!)
        continue
      }
      if (at + 1 >= bytes.length) return out.subarray(0, end)
      const reference = (bytes[at]! << 8) | bytes[at + 1]!
      at += 2
      const from = reference >> 4
      if (from === place) return out.subarray(0, end)
      for (let offset = 0; offset < (reference & 15) + 2; offset++) put(window[(from + offset) & 4095]!)
    }
  }
  return out.subarray(0, end)
}
