/**
 * Reads one list in a thread of its own: what it costs in time and memory, it costs here. Batches leave as the JSON that the database
 * takes, and the next is made only when the last was stored.
 */
import { type FileHandle, open } from 'node:fs/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { newId } from '../../kernel/ids.ts'
import { type CsvFormat, detectCsv, readCsv } from '../../tables/csv.ts'
import { ListRefused, limits } from '../../tables/table-limits.ts'
import { type Row, readXlsx } from '../../tables/xlsx.ts'
import { type Column, type Field, readColumns } from './columns.ts'
import { type Rejected, recipientReader } from './rows.ts'

export interface ImportJob {
  path: string
  mapping: Partial<Record<Field, string>>
}

export type Format = ({ type: 'csv' } & CsvFormat) | { type: 'xlsx' }

/** What the worker says, in this order: read, batch (as often as needed), done; or refused at any time. */
export type Said =
  | { kind: 'read'; format: Format; columns: Column[] }
  | { kind: 'batch'; json: string; accepted: number; rejected: Rejected[] }
  | { kind: 'done'; zips_mended: number }
  | { kind: 'refused'; message: string }

/** How many batches may be on their way to the database. */
const ahead = 2
const batchSize = 1000

const port = parentPort!
let onTheirWay = 0
let stored: (() => void) | undefined
port.on('message', () => {
  onTheirWay--
  stored?.()
})

const say = (said: Said) => port.postMessage(said)

const handOver = async (batch: object[], accepted: number, rejected: Rejected[]): Promise<void> => {
  while (onTheirWay >= ahead) await new Promise<void>(resolve => (stored = resolve))
  onTheirWay++
  say({ kind: 'batch', json: JSON.stringify(batch), accepted, rejected })
}

/** The rows and what they were read as, by what the file is, not by what it is called. */
const openList = async (file: FileHandle): Promise<{ format: Format; rows: AsyncGenerator<Row[]> }> => {
  const head = (await file.read(Buffer.alloc(8), 0, 8, 0)).buffer.toString('latin1')
  if (head.startsWith('PK')) return { format: { type: 'xlsx' }, rows: readXlsx(file) }
  if (head.startsWith('\xd0\xcf\x11\xe0'))
    throw new ListRefused('is an Excel 97–2003 workbook, or one with a password; save it as .xlsx or .csv without one')
  if (head.startsWith('%PDF')) throw new ListRefused('is a PDF; send .csv or .xlsx')
  const format = await detectCsv(file)
  return { format: { type: 'csv', ...format }, rows: readCsv(file, format) }
}

const readList = async ({ path, mapping }: ImportJob): Promise<void> => {
  const file = await open(path)
  try {
    const { format, rows } = await openList(file)
    let reader: ReturnType<typeof recipientReader> | undefined
    let batch: object[] = []
    let rejected: Rejected[] = []
    let count = 0
    for await (const some of rows) {
      for (const row of some) {
        if (!reader) {
          const columns = readColumns(row.cells, mapping)
          say({ kind: 'read', format, columns })
          reader = recipientReader(columns)
          continue
        }
        if (++count > limits.rows) throw new ListRefused(`has more than ${limits.rows} rows; split it`)
        const read = reader.read(row)
        if ('rejected' in read) rejected.push(read.rejected)
        batch.push({ id: newId(), ...('accepted' in read ? read.accepted : read.rejected) })
        if (batch.length === batchSize) {
          await handOver(batch, batch.length - rejected.length, rejected)
          batch = []
          rejected = []
        }
      }
    }
    if (!reader || count === 0) throw new ListRefused('holds no recipients')
    await handOver(batch, batch.length - rejected.length, rejected)
    say({ kind: 'done', zips_mended: reader.zipsMended() })
  } finally {
    await file.close()
  }
}

try {
  await readList(workerData as ImportJob)
} catch (error) {
  if (!(error instanceof ListRefused)) throw error
  say({ kind: 'refused', message: error.message })
}
port.close()
