/** Reading a list of recipients from a file nobody has looked at: in a worker, with a heap limit and a deadline. */
import { Worker } from 'node:worker_threads'
import { invalid } from '../../problems.ts'
import { limits } from '../../tables/table-limits.ts'
import type { Column } from './columns.ts'
import type { Format, ImportJob, Said } from './list-reader.worker.ts'
import type { Rejected } from './rows.ts'

/** A thousand rows as JSON for the database: `{ id, row, recipient … }` or `{ id, row, given, reasons }` each. */
export interface Batch {
  json: string
  accepted: number
  rejected: Rejected[]
}

export interface ListRead {
  format: Format
  columns: Column[]
  zips_mended: number
}

/** Each of them may hold a heap of `limits.heapMb`. */
const mostAtOnce = 2
let running = 0
const waiting: (() => void)[] = []

const turn = async (): Promise<void> => {
  if (running < mostAtOnce) running++
  else await new Promise<void>(resolve => waiting.push(resolve))
}

const nextTurn = (): void => {
  const next = waiting.shift()
  if (next) next()
  else running--
}

/**
 * Reads a list and hands its rows over in batches; the next is read while one is stored, not more. Throws invalid_input (path `/file`)
 * for what cannot be read within the limits; what was handed over by then is the caller's to take back.
 */
export const readList = async (job: ImportJob, store: (batch: Batch) => Promise<void>): Promise<ListRead> => {
  await turn()
  const worker = new Worker(new URL('./list-reader.worker.ts', import.meta.url), {
    workerData: job,
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: limits.heapMb, maxYoungGenerationSizeMb: 16 },
  })
  try {
    return await listen(worker, store)
  } finally {
    await worker.terminate()
    nextTurn()
  }
}

const refuse = (message: string) => invalid({ path: '/file', message })

/** Ends only when nothing is being stored any more: after it, the caller may undo what was. */
const listen = (worker: Worker, store: (batch: Batch) => Promise<void>): Promise<ListRead> =>
  new Promise((resolve, reject) => {
    const deadline = setTimeout(
      () => fail(refuse(`takes more than ${limits.seconds} seconds to read; split it, or save it again`)),
      limits.seconds * 1000,
    )
    let read: { format: Format; columns: Column[] } | undefined
    let failed = false
    let storing = Promise.resolve()
    const fail = (error: unknown) => {
      failed = true
      clearTimeout(deadline)
      storing.catch(() => {}).then(() => reject(error))
    }
    worker.on('message', (said: Said) => {
      if (failed) return
      if (said.kind === 'refused') fail(refuse(said.message))
      else if (said.kind === 'read') read = { format: said.format, columns: said.columns }
      else if (said.kind === 'batch') {
        storing = storing.then(async () => {
          if (failed) return
          await store(said)
          worker.postMessage('stored')
        })
        storing.catch(fail)
      } else
        storing = storing.then(() => {
          clearTimeout(deadline)
          resolve({ ...read!, zips_mended: said.zips_mended })
        })
    })
    worker.on('error', (error: Error & { code?: string }) =>
      fail(
        error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? refuse('takes too much memory to read; split it, or save it as CSV') : error,
      ),
    )
    worker.on('exit', () => void storing.then(() => fail(new Error('The worker of a list ended without an answer'))).catch(fail))
  })
