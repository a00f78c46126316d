/**
 * Rows of a CSV file, streamed (RFC 4180 and what spreadsheets make of it), in whatever encoding. The delimiter is the one that splits
 * most of the first lines into the same number of cells, unless a first line says it, as Excel reads it: `sep=;`. Lines end in LF, CR LF,
 * or the CR of old Macs.
 */
import type { FileHandle } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { parse } from 'csv-parse'
import { cellText, type Row } from './cells.ts'
import { bytesOf, detectEncoding, type Encoding } from './encodings.ts'
import { ListRefused, limits } from './table-limits.ts'

export interface CsvFormat {
  encoding: Encoding
  delimiter: string
}

const sample = 64 * 1024
const batch = 1000
/** Empty ones count here too. */
const mostLines = limits.rows * 5

/** Looks at the whole file once; nothing of it stays in memory. Throws ListRefused for what is no text. */
export const detectCsv = async (file: FileHandle): Promise<CsvFormat> => {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(sample), 0, sample, 0)
  const head = buffer.subarray(0, bytesRead)
  const encoding = await detectEncoding(file, head)
  const text = new TextDecoder(encoding).decode(head, { stream: true })
  return { encoding, delimiter: saysDelimiter.exec(text)?.[1] ?? delimiterOf(text) }
}

const saysDelimiter = /^"?sep=([,;\t|])"?[\r\n]/i

const candidates = [',', ';', '\t', '|'] as const

/** The delimiter that gives most of the first lines the same number of columns, titles above them aside. */
const delimiterOf = (text: string): string => {
  const score = (delimiter: string) => {
    const perLine = count(text, delimiter)
    const often = new Map<number, number>()
    for (const found of perLine) if (found > 0) often.set(found, (often.get(found) ?? 0) + 1)
    const [columns, lines] = [...often].sort((a, b) => b[1] * 100 + b[0] - a[1] * 100 - a[0])[0] ?? [0, 0]
    return columns === 0 ? 0 : (lines / perLine.length) * 1000 + columns
  }
  return candidates.map(delimiter => ({ delimiter, score: score(delimiter) })).sort((a, b) => b.score - a.score)[0]!.delimiter
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
    else if (!quoted && (letter === '\n' || letter === '\r')) {
      if (!empty) lines.push(found)
      if (lines.length === 20) return lines
      found = 0
      empty = true
      continue
    }
    empty = false
  }
  if (!empty && lines.length < 20) lines.push(found)
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
  const parser = parse({
    delimiter,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    relax_quotes: true,
    max_record_size: limits.record,
  })
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
      let freed = 0
      const cells = record.map(cell => {
        const text = cellText(cell)
        if (text.length < cell.length && cell.trim() !== text) freed++
        return text
      })
      if (cells.every(cell => cell === '')) continue
      if (cells.length > limits.columns)
        throw new ListRefused(`has ${cells.length} columns in row ${number}; ${limits.columns} are the most`)
      rows.push(freed ? { number, cells, freed } : { number, cells })
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
