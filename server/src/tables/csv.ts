/**
 * Rows of a CSV file, streamed (RFC 4180 and what spreadsheets make of it). The encoding is read off the bytes: a byte order mark,
 * the zeros of UTF-16, else UTF-8 if all of it is valid, else Windows-1252. The delimiter is the one that splits the first lines
 * into the same number of cells, unless a first line says it, as Excel reads it: `sep=;`.
 */
import { isUtf8 } from 'node:buffer'
import type { FileHandle } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { parse } from 'csv-parse'
import { ListRefused, limits } from './table-limits.ts'
import type { Row } from './xlsx.ts'

export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252'

export interface CsvFormat {
  encoding: Encoding
  delimiter: string
}

const slice = 256 * 1024
const sample = 64 * 1024
const batch = 1000
/** Empty ones count here too. */
const mostLines = limits.rows * 5

async function* bytesOf(file: FileHandle): AsyncGenerator<Buffer> {
  for (let at = 0; ; ) {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(slice), 0, slice, at)
    if (bytesRead === 0) return
    at += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}

/** Looks at the whole file once; nothing of it stays in memory. Throws ListRefused for what is no text. */
export const detectCsv = async (file: FileHandle): Promise<CsvFormat> => {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(sample), 0, sample, 0)
  const head = buffer.subarray(0, bytesRead)
  const encoding = markOf(head) ?? (await byContent(file))
  const text = new TextDecoder(encoding).decode(head, { stream: true })
  return { encoding, delimiter: saysDelimiter.exec(text)?.[1] ?? delimiterOf(text) }
}

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
  let encoding: Encoding = 'utf-8'
  let split: Buffer = Buffer.alloc(0)
  for await (const part of bytesOf(file)) {
    if (part.includes(0)) throw new ListRefused('contains NUL bytes, so it is no text; send .csv or .xlsx')
    if (encoding !== 'utf-8') continue
    const bytes = split.length > 0 ? Buffer.concat([split, part]) : part
    const whole = bytes.length - unfinished(bytes)
    if (!isUtf8(bytes.subarray(0, whole))) encoding = 'windows-1252'
    split = Buffer.from(bytes.subarray(whole))
  }
  return split.length > 0 ? 'windows-1252' : encoding
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

const saysDelimiter = /^"?sep=([,;\t|])"?[\r\n]/i

const candidates = [',', ';', '\t', '|'] as const

/** The delimiter that gives the first lines most columns, all alike where possible. */
const delimiterOf = (text: string): string => {
  const counts = candidates.map(delimiter => ({ delimiter, perLine: count(text, delimiter) }))
  const score = (perLine: number[]) => {
    const first = perLine[0] ?? 0
    return first === 0 ? 0 : (perLine.filter(found => found === first).length / perLine.length) * 1000 + first
  }
  return counts.sort((a, b) => score(b.perLine) - score(a.perLine))[0]!.delimiter
}

/** How often a delimiter stands outside quotes in each of the first lines. */
const count = (text: string, delimiter: string): number[] => {
  const lines: number[] = []
  let found = 0
  let quoted = false
  let empty = true
  for (const letter of text) {
    if (letter === '"') quoted = !quoted
    else if (!quoted && letter === delimiter) found++
    else if (!quoted && letter === '\n') {
      if (!empty) lines.push(found)
      if (lines.length === 20) return lines
      found = 0
      empty = true
      continue
    }
    if (letter !== '\r') empty = false
  }
  if (!empty && lines.length === 0) lines.push(found)
  return lines
}

const endless = () =>
  new ListRefused(`has a line of more than ${limits.record} characters, or a quotation mark that is never closed`)

/** The text, as long as its lines have an end: the parser would collect a million empty cells of one without a murmur. */
async function* decode(file: FileHandle, encoding: Encoding): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding)
  let line = 0
  for await (const part of bytesOf(file)) {
    const text = decoder.decode(part, { stream: true })
    if (text.includes('\0')) throw new ListRefused('contains NUL characters; save it again as CSV or .xlsx')
    const first = text.search(/[\r\n]/)
    line = first < 0 ? line + text.length : text.length - Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r'))
    if (line > limits.record) throw endless()
    yield text
  }
  yield decoder.decode()
}

/** The rows that hold anything, in batches; rows are numbered as a spreadsheet would show them. Throws ListRefused. */
export async function* readCsv(file: FileHandle, { encoding, delimiter }: CsvFormat): AsyncGenerator<Row[]> {
  const parser = parse({ delimiter, relax_column_count: true, relax_quotes: true, max_record_size: limits.record })
  const source = Readable.from(decode(file, encoding))
  source.on('error', error => parser.destroy(error))
  source.pipe(parser)
  let rows: Row[] = []
  let number = 0
  try {
    for await (const record of parser as AsyncIterable<string[]>) {
      // Excel, too, shows the line after it as row 1.
      if (number === 0 && saysDelimiter.test(`${record.join(delimiter)}\n`)) continue
      if (++number > mostLines) throw new ListRefused(`has more than ${mostLines} lines; split it`)
      const cells = record.map(cell => cell.trim())
      if (cells.every(cell => cell === '')) continue
      if (cells.length > limits.columns)
        throw new ListRefused(`has ${cells.length} columns in row ${number}; ${limits.columns} are the most`)
      rows.push({ number, cells })
      if (rows.length === batch) {
        yield rows
        rows = []
      }
    }
  } catch (error) {
    const { code } = error as { code?: string }
    throw code === 'CSV_MAX_RECORD_SIZE' || code === 'CSV_QUOTE_NOT_CLOSED' ? endless() : error
  } finally {
    source.destroy()
    parser.destroy()
  }
  if (rows.length > 0) yield rows
}
