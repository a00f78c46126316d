/**
 * A list in a file of whatever kind: its headings and the rows below them. Knows nothing of what is in the list; the caller says what a
 * heading means (`read`). What the file is its bytes say, not its name.
 */
import type { FileHandle } from 'node:fs/promises'
import type { Row } from './cells.ts'
import { type CsvFormat, detectCsv, readCsv } from './csv.ts'
import { type Found, findHeadings, mostTitles, type Reading } from './headings.ts'
import { ListRefused } from './table-limits.ts'
import { openXlsx } from './xlsx.ts'

export type Format = ({ type: 'csv' } & CsvFormat) | { type: 'xlsx' }

export interface Table<C> {
  format: Format
  /** The sheet that is read, of a workbook, and all visible ones that hold such headings. */
  sheet: string | null
  others: string[]
  columns: C
  headings: string[]
  /** The row of the headings as the spreadsheet numbers it. */
  headingRow: number
  /** The rows below the headings, in batches. */
  rows: AsyncGenerator<Row[]>
}

interface Source {
  format: Format
  sheets: (string | null)[]
  rows(sheet: number): AsyncGenerator<Row[]>
}

const open = async (file: FileHandle): Promise<Source> => {
  const head = (await file.read(Buffer.alloc(8), 0, 8, 0)).buffer.toString('latin1')
  if (head.startsWith('PK')) {
    const { sheets, rows } = await openXlsx(file)
    return { format: { type: 'xlsx' }, sheets, rows }
  }
  if (head.startsWith('\xd0\xcf\x11\xe0'))
    throw new ListRefused('is an Excel 97–2003 workbook, or one with a password; save it as .xlsx or .csv without one')
  if (head.startsWith('%PDF')) throw new ListRefused('is a PDF; send .csv or .xlsx')
  const format = await detectCsv(file)
  return { format: { type: 'csv', ...format }, sheets: [null], rows: () => readCsv(file, format) }
}

/** Sheets that are looked into for headings. */
const mostSheets = 30

/**
 * Opens a list. Of a workbook it is the sheet that is named (or numbered, from 1), else the first that has the headings. Throws
 * ListRefused when there are none: its guess is `guessOf` the row that came nearest; `empty` says that there is nothing at all.
 */
export const openTable = async <C>(
  file: FileHandle,
  read: (headings: string[]) => Reading<C>,
  { sheet, guessOf, empty }: { sheet?: string | undefined; guessOf: (columns: C) => object; empty: string },
): Promise<Table<C>> => {
  const source = await open(file)
  const wanted = sheet === undefined ? undefined : sheetNamed(source.sheets, sheet)
  const refusals: ListRefused[] = []
  const looks: { index: number; found: Found<C> | undefined }[] = []
  for (const index of wanted === undefined ? [...source.sheets.keys()].slice(0, mostSheets) : [wanted]) {
    try {
      looks.push({ index, found: findHeadings(await firstRows(source.rows(index)), read) })
    } catch (error) {
      // A sheet that is no list (200 columns of figures) does not keep others from being read.
      if (!(error instanceof ListRefused)) throw error
      refusals.push(error)
    }
  }
  const good = looks.filter(({ found }) => found && found.problem === undefined)
  if (good.length === 0 && refusals.length > 0) throw refusals[0]!
  const chosen = good[0] ?? looks.sort((a, b) => (b.found?.known ?? -1) - (a.found?.known ?? -1))[0]!
  const { found } = chosen
  if (!found) throw new ListRefused(empty)
  if (found.problem !== undefined)
    throw new ListRefused(found.problem + whichSheet(source.sheets, chosen.index), guessOf(found.columns))
  return {
    format: source.format,
    sheet: source.sheets[chosen.index] ?? null,
    others: good.slice(1).map(({ index }) => source.sheets[index]!),
    columns: found.columns,
    headings: found.headings,
    headingRow: found.row,
    rows: below(source.rows(chosen.index), found.taken),
  }
}

const sheetNamed = (sheets: (string | null)[], wanted: string): number => {
  const byName = sheets.findIndex(name => name?.trim().toLowerCase() === wanted.trim().toLowerCase())
  const index = byName >= 0 ? byName : /^[1-9]\d?$/.test(wanted) ? Number(wanted) - 1 : -1
  if (sheets[index] === undefined || (sheets[index] === null && index < 0))
    throw new ListRefused(
      `has no sheet "${wanted}"${sheets[0] === null ? '; it is no workbook' : `; its sheets are ${named(sheets)}`}`,
    )
  return index
}

const named = (sheets: (string | null)[]): string => sheets.map(name => `"${name}"`).join(', ')

/** Which sheet a refusal speaks of, and that there are others. */
const whichSheet = (sheets: (string | null)[], index: number): string => {
  if (sheets[index] === null) return ''
  const others = sheets.filter((_, i) => i !== index)
  return `. This is sheet "${sheets[index]}"${others.length > 0 ? `; the others, ${named(others)}, hold no such headings either` : ''}`
}

/** Enough rows to find headings in. */
const firstRows = async (rows: AsyncGenerator<Row[]>): Promise<Row[]> => {
  const first: Row[] = []
  for await (const some of rows) {
    first.push(...some)
    if (first.length > mostTitles) break
  }
  return first
}

/** What follows the titles and headings. */
async function* below(rows: AsyncGenerator<Row[]>, taken: number): AsyncGenerator<Row[]> {
  let left = taken
  for await (const some of rows) {
    if (left === 0) yield some
    else if (left < some.length) yield some.slice(left)
    left = Math.max(0, left - some.length)
  }
}
