/** uuencode (POSIX, "uuencode: historical algorithm"), as a transfer encoding and as mail programs once put files into the text. */

export interface UuFile {
  /** As the sender wrote it, one character a byte. */
  name: string
  content: Buffer
  /** False when the `end` line is missing. */
  whole: boolean
}

const LF = 10
const CR = 13
const beginLine = /^begin(-base64)? [0-7]{3,4} ([^\r\n]{1,255})$/
const mostFiles = 100

/** The first file in the bytes; null without a `begin` line. */
export const readUuencoded = (bytes: Buffer): UuFile | null => {
  const scratch = Buffer.allocUnsafe(bytes.length)
  for (let at = nextBegin(bytes, 0); at >= 0; at = nextBegin(bytes, at + 1)) {
    const read = readFile(bytes, at, scratch, false)
    if (read) return read.file
  }
  return null
}

/**
 * The files in a text, and the text without them. A block counts only when it holds data and has an end, so that a sentence that
 * begins with "begin 644" stays text. Linear.
 */
export const splitUuencoded = (bytes: Buffer): { rest: Buffer; files: UuFile[] } => {
  const kept: Buffer[] = []
  const files: UuFile[] = []
  let from = 0
  const scratch = nextBegin(bytes, 0) < 0 ? bytes : Buffer.allocUnsafe(bytes.length)
  for (let at = nextBegin(bytes, 0); at >= 0 && files.length < mostFiles; ) {
    const read = readFile(bytes, at, scratch, true)
    if (read?.file.whole && read.file.content.length > 0) {
      kept.push(bytes.subarray(from, at))
      files.push(read.file)
      from = read.end
    }
    at = nextBegin(bytes, read?.file.whole ? read.end : at + 1)
  }
  if (files.length === 0) return { rest: bytes, files }
  return { rest: Buffer.concat([...kept, bytes.subarray(from)]), files }
}

/** The start of the next line that says begin, at or after `from`; -1 without any. */
const nextBegin = (bytes: Buffer, from: number): number => {
  for (let at = bytes.indexOf('begin', from, 'latin1'); at >= 0; at = bytes.indexOf('begin', at + 1, 'latin1'))
    if (at === 0 || bytes[at - 1] === LF) return at
  return -1
}

const lineAt = (bytes: Buffer, at: number): { start: number; end: number; next: number } => {
  const found = bytes.indexOf(LF, at)
  const stop = found < 0 ? bytes.length : found
  let end = stop
  while (end > at && (bytes[end - 1] === CR || bytes[end - 1] === 32)) end--
  return { start: at, end, next: found < 0 ? bytes.length : stop + 1 }
}

/** `scratch`: room for what is decoded, as much as there are bytes. `strict`: the first line that is no data ends it. So however many lines say `begin`, each line is looked at twice at most. */
const readFile = (bytes: Buffer, begin: number, scratch: Buffer, strict: boolean): { file: UuFile; end: number } | null => {
  const first = lineAt(bytes, begin)
  const match = first.end - begin > 400 ? null : beginLine.exec(bytes.toString('latin1', begin, first.end))
  if (!match) return null
  const base64 = match[1] !== undefined
  const name = match[2]!
  let length = 0
  let at = first.next
  while (at < bytes.length) {
    const { start, end, next } = lineAt(bytes, at)
    const mark = end - start <= 4 ? bytes.toString('latin1', start, end) : ''
    if (mark === (base64 ? '====' : 'end'))
      return { file: { name, content: Buffer.from(scratch.subarray(0, length)), whole: true }, end: next }
    if (base64) length += scratch.write(bytes.toString('latin1', start, end), length, 'base64')
    else if (end > start && mark !== '`') {
      const written = decodeLine(bytes, start, end, scratch, length)
      if (written < 0 && strict) break
      length += Math.max(0, written)
    }
    at = next
  }
  return { file: { name, content: Buffer.from(scratch.subarray(0, length)), whole: false }, end: at }
}

/**
 * One line: how many octets, then four characters for three of them. Blanks at its end may have been lost. Gives the number of octets
 * written to `out`, -1 when the line is none.
 */
const decodeLine = (bytes: Buffer, start: number, end: number, out: Buffer, offset: number): number => {
  const length = (bytes[start]! - 32) & 63
  const needed = Math.ceil(length / 3) * 4
  if (bytes[start]! < 32 || bytes[start]! > 96 || end - start > needed + 5) return -1
  for (let at = start + 1; at < end; at++) if (bytes[at]! < 32 || bytes[at]! > 96) return -1
  let written = 0
  for (let group = start + 1; written < length; group += 4) {
    let bits = 0
    for (let at = group; at < group + 4; at++) bits = (bits << 6) | (at < end ? (bytes[at]! - 32) & 63 : 0)
    for (let shift = 16; shift >= 0 && written < length; shift -= 8) out[offset + written++] = (bits >> shift) & 255
  }
  return length
}
