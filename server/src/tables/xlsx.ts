/**
 * Rows of an .xlsx workbook (ECMA-376 part 1, SpreadsheetML), streamed: the sheet is never in memory as a whole, only the texts it
 * shares are. A process that reads 100,000 rows of nine columns peaks at 255 MB, and at 416 MB with the usual library, which also
 * unpacks whatever it is given. Hidden sheets are not there; numbers come as they are written, with the zeros a format puts before them,
 * dates as 2026-11-02.
 */
import type { FileHandle } from 'node:fs/promises'
import { posix } from 'node:path'
import { cellText, type Row } from './cells.ts'
import { ListRefused, limits } from './table-limits.ts'
import { attribute, type Handler, xmlReader } from './xml.ts'
import { openZip, type Zip } from './zip.ts'

export interface Workbook {
  /** The names of the visible sheets, in the order of their tabs. */
  sheets: string[]
  /** The rows of one of them that hold anything, in batches as they are unpacked. Throws ListRefused. */
  rows(sheet: number): AsyncGenerator<Row[]>
}

/** Opens a workbook. The texts its sheets share are read once, whatever is read of it. Throws ListRefused. */
export const openXlsx = async (file: FileHandle): Promise<Workbook> => {
  const zip = await openZip(file)
  if (!zip.names.includes('xl/workbook.xml')) throw new ListRefused('is no Excel workbook; send .xlsx or .csv')
  const { sheets, strings, styles, epoch1904 } = await findParts(zip)
  const shared = strings ? await readShared(zip, strings) : []
  const formats = styles ? await readFormats(zip, styles) : new Map<number, Shown>()
  return {
    sheets: sheets.map(({ name }) => name),
    rows: sheet => readSheet(zip, sheets[sheet]!.part, { shared, formats, epoch1904 }),
  }
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
  sheets: { name: string; part: string }[]
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
  const sheets: Parts['sheets'] = []
  let epoch1904 = false
  await readPart(zip, 'xl/workbook.xml', {
    open: (name, attributes) => {
      if (name === 'workbookPr') epoch1904 = /^(1|true)$/.test(attribute(attributes, 'date1904') ?? '')
      if (name !== 'sheet' || (attribute(attributes, 'state') ?? 'visible') !== 'visible') return
      const relation = relations.get(attribute(attributes, 'id') ?? '')
      const title = attribute(attributes, 'name')?.slice(0, 100) ?? `Sheet${sheets.length + 1}`
      if (relation?.type === 'worksheet') sheets.push({ name: title, part: relation.target })
    },
    close: () => {},
    text: () => {},
  })
  if (sheets.length === 0) throw new ListRefused('has no visible sheet')
  const ofType = (type: string) => [...relations.values()].find(relation => relation.type === type)?.target
  return { sheets, strings: ofType('sharedStrings'), styles: ofType('styles'), epoch1904 }
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

/** How a style shows a number, where it is not just the number: as a date, or with zeros before it (`00000`), in one part or two. */
type Shown = 'date' | { zeros: number; last: number }

const shownBy = (code: string): Shown | undefined => {
  const plain = code.replace(/"[^"]*"|\[[^\]]*\]|\\(?!-)./g, '')
  const zeros = /^(0{2,12})(?:\\?-(0{2,8}))?(;|$)/.exec(plain)
  if (zeros) return { zeros: zeros[1]!.length + (zeros[2]?.length ?? 0), last: zeros[2]?.length ?? 0 }
  return /[dy]/i.test(plain) ? 'date' : undefined
}

/** The cell styles by which a number is shown as something else. */
const readFormats = async (zip: Zip, name: string): Promise<Map<number, Shown>> => {
  const formats = new Map<number, Shown>()
  const styles = new Map<number, Shown>()
  let inCells = false
  let style = 0
  await readPart(zip, name, {
    open: (tag, attributes) => {
      if (tag === 'cellXfs') inCells = true
      if (tag === 'numFmt') {
        const shown = shownBy(attribute(attributes, 'formatCode') ?? '')
        if (shown) formats.set(Number(attribute(attributes, 'numFmtId')), shown)
      }
      if (tag === 'xf' && inCells) {
        const format = Number(attribute(attributes, 'numFmtId'))
        const shown = formats.get(format) ?? (builtInDates(format) ? 'date' : undefined)
        if (shown) styles.set(style, shown)
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
  formats: ReadonlyMap<number, Shown>
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
        row =
          attributes.includes('hidden=') && hidden.test(attributes) ? { number, cells: [], hidden: true } : { number, cells: [] }
        column = -1
      }
    },
    close: tag => {
      if (tag === 'v' || tag === 't') inValue = false
      else if (tag === 'rPh') aside = false
      else if (tag === 'c') put(row, column, textOf(cell, value, meaning))
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

const hidden = /\shidden\s*=\s*["'](1|true)["']/

const put = (row: Row, column: number, written: string): void => {
  const text = cellText(written)
  if (text === '') return
  if (text.length < written.length && written.trim() !== text) row.freed = (row.freed ?? 0) + 1
  if (column < 0 || column >= limits.columns)
    throw new ListRefused(`has something in column ${column + 1} of row ${row.number}; ${limits.columns} columns are the most`)
  while (row.cells.length < column) row.cells.push('')
  row.cells[column] = text
}

const textOf = ({ type, style }: { type: string; style: number }, value: string, meaning: Meaning): string => {
  if (type === 's') return meaning.shared[Number(value)] ?? ''
  if (type === 'inlineStr' || type === 'str') return unescapeText(value)
  if (type === 'b') return value === '1' ? 'TRUE' : 'FALSE'
  // An error such as #N/A is no value anybody wants printed.
  if (type === 'e') return ''
  const shown = type === 'n' ? meaning.formats.get(style) : undefined
  if (shown === 'date') return dateText(Number(value), meaning.epoch1904)
  if (shown && /^\d{1,12}$/.test(value)) return withZeros(value, shown)
  return /e/i.test(value) ? String(Number(value)) : value
}

/** 2139 as `00000` shows it is 02139; 21394307 as `00000-0000` shows it, 02139-4307. */
const withZeros = (value: string, { zeros, last }: { zeros: number; last: number }): string => {
  const digits = value.padStart(zeros, '0')
  return last ? `${digits.slice(0, -last)}-${digits.slice(-last)}` : digits
}

/** Days since the last day of 1899 (Excel counts a 29 February 1900) or since 1904 → `2026-11-02`. */
const dateText = (days: number, epoch1904: boolean): string => {
  const date = new Date((days - (epoch1904 ? 24_107 : 25_569)) * 86_400_000)
  return Number.isNaN(date.getTime()) ? '' : date.toISOString().slice(0, 10)
}
