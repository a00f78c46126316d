/** Spreadsheets for tests: real .xlsx files, and the pieces to build broken and hostile ones from. */
import { crc32, deflateRawSync } from 'node:zlib'

export interface ZipEntry {
  name: string
  data: Buffer
  /** What the directory claims instead of the truth. */
  claims?: { size?: number; packed?: number; offset?: number; method?: number; flags?: number }
}

const header = (signature: number, numbers: [value: number, bytes: 2 | 4][]): Buffer => {
  const out = Buffer.alloc(4 + numbers.reduce((sum, [, bytes]) => sum + bytes, 0))
  let at = out.writeUInt32LE(signature)
  for (const [value, bytes] of numbers) at = bytes === 2 ? out.writeUInt16LE(value, at) : out.writeUInt32LE(value, at)
  return out
}

/** A ZIP archive (APPNOTE 4.3), every entry deflated. */
export const zip = (entries: ZipEntry[]): Buffer => {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const { name, data, claims = {} } of entries) {
    const method = claims.method ?? 8
    const packed = method === 8 ? deflateRawSync(data, { level: 6 }) : data
    const size = claims.size ?? data.length
    const fields: [number, 2 | 4][] = [
      [20, 2],
      [claims.flags ?? 0x800, 2],
      [method, 2],
      [0, 4],
      [crc32(data), 4],
      [claims.packed ?? packed.length, 4],
      [size, 4],
      [Buffer.byteLength(name), 2],
      [0, 2],
    ]
    const local = Buffer.concat([header(0x04034b50, fields), Buffer.from(name)])
    directory.push(
      header(0x02014b50, [[20, 2], ...fields, [0, 2], [0, 2], [0, 2], [0, 4], [claims.offset ?? offset, 4]]),
      Buffer.from(name),
    )
    parts.push(local, packed)
    offset += local.length + packed.length
  }
  const list = Buffer.concat(directory)
  const end = header(0x06054b50, [
    [0, 2],
    [0, 2],
    [entries.length, 2],
    [entries.length, 2],
    [list.length, 4],
    [offset, 4],
    [0, 2],
  ])
  return Buffer.concat([...parts, list, end])
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
const column = (index: number): string =>
  (index >= 26 ? column(Math.floor(index / 26) - 1) : '') + String.fromCharCode(65 + (index % 26))

const start = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
const relations = 'http://schemas.openxmlformats.org/package/2006/relationships'
const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'

type Rows = Iterable<(string | number | null)[]>

/** The parts of a workbook with one sheet; texts are shared strings, as Excel writes them, and numbers are numbers. */
export const workbook = (rows: Rows): ZipEntry[] => workbookOf([['List', rows]])

/** The same with several sheets, by name. */
export const workbookOf = (sheets: [name: string, rows: Rows][]): ZipEntry[] => {
  const shared = new Map<string, number>()
  const sheetOf = (rows: Rows): string => {
    const lines: string[] = []
    let number = 0
    for (const row of rows) {
      number++
      const cells = row.map((value, index) => {
        const at = `${column(index)}${number}`
        if (value === null) return ''
        if (typeof value === 'number') return `<c r="${at}"><v>${value}</v></c>`
        let known = shared.get(value)
        if (known === undefined) shared.set(value, (known = shared.size))
        return `<c r="${at}" t="s"><v>${known}</v></c>`
      })
      lines.push(`<row r="${number}">${cells.join('')}</row>`)
    }
    return `<worksheet xmlns="${main}"><sheetData>${lines.join('')}</sheetData></worksheet>`
  }
  const written = sheets.map(([, rows]) => sheetOf(rows))
  const texts = [...shared.keys()].map(text => `<si><t xml:space="preserve">${escaped(text)}</t></si>`)
  const entry = (name: string, text: string): ZipEntry => ({ name, data: Buffer.from(start + text) })
  const tabs = sheets.map(([name], i) => `<sheet name="${escaped(name)}" sheetId="${i + 1}" r:id="rId${i + 1}"/>`)
  const links = sheets.map(
    (_, i) => `<Relationship Id="rId${i + 1}" Type="${office}/worksheet" Target="worksheets/sheet${i + 1}.xml"/>`,
  )
  const strings = `<Relationship Id="rId${sheets.length + 1}" Type="${office}/sharedStrings" Target="sharedStrings.xml"/>`
  return [
    entry(
      '[Content_Types].xml',
      '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>',
    ),
    entry(
      '_rels/.rels',
      `<Relationships xmlns="${relations}"><Relationship Id="rId1" Type="${office}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    ),
    entry('xl/workbook.xml', `<workbook xmlns="${main}" xmlns:r="${office}"><sheets>${tabs.join('')}</sheets></workbook>`),
    entry('xl/_rels/workbook.xml.rels', `<Relationships xmlns="${relations}">${links.join('')}${strings}</Relationships>`),
    entry('xl/sharedStrings.xml', `<sst xmlns="${main}">${texts.join('')}</sst>`),
    ...written.map((text, i) => entry(`xl/worksheets/sheet${i + 1}.xml`, text)),
  ]
}

export const xlsx = (rows: Iterable<(string | number | null)[]>): Buffer => zip(workbook(rows))
