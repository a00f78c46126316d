/** Reads one list of recipients in a thread of its own (tables/list-worker.ts). Batches are the JSON that the database takes. */
import { open } from 'node:fs/promises'
import { serveList } from '../../tables/list-worker.ts'
import { openTable } from '../../tables/table.ts'
import { ListRefused, limits } from '../../tables/table-limits.ts'
import { type Columns, checkHeadings, guessOf, type Mapping, readColumns } from './columns.ts'
import type { Dedupe } from './duplicates.ts'
import { type ListSummary, type RecipientBatch, tally } from './list-tally.ts'
import { type Accepted, type Rejected, recipientReader } from './rows.ts'

export interface ImportJob {
  path: string
  mapping: Mapping
  dedupe?: Dedupe | undefined
  sheet?: string | undefined
}

const batchSize = 1000

await serveList<ImportJob, RecipientBatch, ListSummary>(async ({ path, mapping, dedupe = 'person', sheet }, handOver) => {
  const file = await open(path)
  try {
    const table = await openTable<Columns>(file, headings => readColumns(headings, mapping), {
      sheet,
      guessOf,
      empty: 'holds no recipients',
    })
    checkHeadings(table.headings)
    const read = recipientReader(table.columns, table.headings, dedupe)
    const counted = tally(table)
    let batch: (Accepted | Rejected)[] = []
    let rejected: Rejected[] = []
    let extended: { id: string; zip: string }[] = []
    let byId = new Map<string, Accepted>()
    let count = 0
    const flush = async () => {
      await handOver({ json: JSON.stringify(batch), accepted: batch.length - rejected.length, rejected, extended })
      batch = []
      rejected = []
      extended = []
      byId = new Map()
    }
    for await (const some of table.rows) {
      for (const row of some) {
        if (++count > limits.rows) throw new ListRefused(`has more than ${limits.rows} rows; split it`)
        const found = read(row)
        counted.add(row, found)
        batch.push((found.accepted ?? found.rejected)!)
        if (found.accepted) byId.set(found.accepted.id, found.accepted)
        if (found.rejected) rejected.push(found.rejected)
        if (found.extended) {
          const here = byId.get(found.extended.id)
          if (here) extend(here, found.extended.zip)
          else extended.push(found.extended)
        }
        if (batch.length === batchSize) await flush()
      }
    }
    if (count === 0) throw new ListRefused('holds no recipients')
    await flush()
    return counted.summary()
  } finally {
    await file.close()
  }
})

/** The longer ZIP code of a later row, for one that is not stored yet. */
function extend(accepted: Accepted, zip: string): void {
  const { recipient, merge_variables } = accepted
  accepted.recipient = { ...recipient, zip, given: { ...recipient.given, zip: recipient.given?.zip ?? recipient.zip! } }
  accepted.address_status = 'corrected'
  merge_variables.zip = zip
}
