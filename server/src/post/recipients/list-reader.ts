/** Reading a list of recipients from a file nobody has looked at. */
import { invalid } from '../../problems.ts'
import { readInWorker } from '../../tables/list-reader.ts'
import { ListRefused } from '../../tables/table-limits.ts'
import type { ImportJob } from './list-reader.worker.ts'
import type { ListSummary, RecipientBatch } from './list-tally.ts'

const script = new URL('./list-reader.worker.ts', import.meta.url)

/**
 * Reads a list and hands its rows over in batches. Throws invalid_input (path `/file`, with a `guess` where headings were not made out) for
 * what cannot be read within the limits; what was handed over by then is the caller's to take back.
 */
export const readList = async (job: ImportJob, store: (batch: RecipientBatch) => Promise<void>): Promise<ListSummary> => {
  try {
    return await readInWorker<RecipientBatch, ListSummary>(script, job, store)
  } catch (error) {
    if (!(error instanceof ListRefused)) throw error
    throw invalid({ path: '/file', message: error.message, ...(error.guess ? { guess: error.guess } : {}) })
  }
}
