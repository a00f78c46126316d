/**
 * The encoding of a text file, read off its bytes: a byte order mark, the zeros of UTF-16, else UTF-8 if all of it is valid, else
 * Windows-1252 or Mac Roman, whichever makes words of the letters beyond ASCII.
 */
import { isUtf8 } from 'node:buffer'
import type { FileHandle } from 'node:fs/promises'
import { ListRefused } from './table-limits.ts'

export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252' | 'macintosh'

const slice = 256 * 1024

/** The bytes of an open file from its start, a quarter of a megabyte at a time. */
export async function* bytesOf(file: FileHandle): AsyncGenerator<Buffer> {
  for (let at = 0; ; ) {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(slice), 0, slice, at)
    if (bytesRead === 0) return
    at += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}

/** `head`: the first 4 KB or more. Looks at the whole file once; nothing of it stays in memory. Throws ListRefused for what is no text. */
export const detectEncoding = async (file: FileHandle, head: Buffer): Promise<Encoding> => markOf(head) ?? (await byContent(file))

const markOf = (head: Buffer): Encoding | undefined => {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le'
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be'
  // Most of a list is ASCII, whose every other byte is zero in UTF-16.
  const pairs = Math.floor(Math.min(head.length, 4096) / 2)
  let even = 0
  let odd = 0
  for (let i = 0; i < pairs * 2; i += 2) {
    if (head[i] === 0) even++
    if (head[i + 1] === 0) odd++
  }
  if (odd > pairs * 0.7 && even < pairs * 0.1) return 'utf-16le'
  if (even > pairs * 0.7 && odd < pairs * 0.1) return 'utf-16be'
  return undefined
}

const byContent = async (file: FileHandle): Promise<Encoding> => {
  let utf8 = true
  let split: Buffer = Buffer.alloc(0)
  const evidence = { mac: 0, windows: 0, bareReturns: 0 }
  for await (const part of bytesOf(file)) {
    if (part.includes(0)) throw new ListRefused('contains NUL bytes, so it is no text; send .csv or .xlsx')
    const bytes = split.length > 0 ? Buffer.concat([split, part]) : part
    const whole = bytes.length - unfinished(bytes)
    if (utf8 && !isUtf8(bytes.subarray(0, whole))) utf8 = false
    if (!utf8) weigh(bytes, evidence)
    split = Buffer.from(bytes.subarray(whole))
  }
  if (utf8 && split.length === 0) return 'utf-8'
  if (utf8) weigh(split, evidence)
  const { mac, windows, bareReturns } = evidence
  return mac > windows || (mac === windows && bareReturns > 0) ? 'macintosh' : 'windows-1252'
}

/** How many bytes at the end begin a UTF-8 character that is not complete (at most three). */
const unfinished = (bytes: Buffer): number => {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!
    if (byte < 0x80) return 0
    if (byte >= 0xc0) return byte >= 0xf0 ? (back < 4 ? back : 0) : byte >= 0xe0 ? (back < 3 ? back : 0) : back < 2 ? back : 0
  }
  return 0
}

type Kind = 'lower' | 'upper' | 'apostrophe' | 'symbol' | 'unused'

/** What the bytes from 0x80 up stand for in an encoding. */
const kindsIn = (encoding: string): Kind[] => {
  const decoder = new TextDecoder(encoding)
  return Array.from({ length: 128 }, (_, i): Kind => {
    const character = decoder.decode(Uint8Array.of(i + 128))
    if (character === '’') return 'apostrophe'
    if (/\p{Ll}/u.test(character)) return 'lower'
    if (/\p{Lu}/u.test(character)) return 'upper'
    return character < '\u00a0' ? 'unused' : 'symbol'
  })
}
const kinds = { mac: kindsIn('macintosh'), windows: kindsIn('windows-1252') }

const isLower = (byte: number) => byte >= 0x61 && byte <= 0x7a
const isUpper = (byte: number) => byte >= 0x41 && byte <= 0x5a

/** How well a character stands between its neighbours: `José` does, `JosŽ` and `N–ez` do not. */
const fits = (kind: Kind, before: number, after: number): number => {
  const [left, right] = [isLower(before) || isUpper(before) || before > 127, isLower(after) || isUpper(after) || after > 127]
  if (kind === 'unused') return -5
  if (kind === 'apostrophe') return left && right ? 2 : 0
  if (kind === 'symbol') return left && right ? -3 : left ? -1 : 0
  if (kind === 'lower')
    return isLower(before) || isLower(after) ? 2 : isUpper(before) && isUpper(after) ? -1 : left || right ? 0 : -1
  if (isLower(before)) return -3
  return isUpper(before) ? 1 : isLower(after) || isUpper(after) ? 2 : -1
}

const weigh = (bytes: Buffer, evidence: { mac: number; windows: number; bareReturns: number }): void => {
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!
    if (byte === 0x0d && bytes[i + 1] !== 0x0a && i + 1 < bytes.length) evidence.bareReturns++
    if (byte < 0x80) continue
    const [before, after] = [bytes[i - 1] ?? 0, bytes[i + 1] ?? 0]
    evidence.mac += fits(kinds.mac[byte - 128]!, before, after)
    evidence.windows += fits(kinds.windows[byte - 128]!, before, after)
  }
}
