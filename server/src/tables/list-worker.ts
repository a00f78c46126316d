/**
 * The worker's side of reading a list (list-reader.ts is the other): batches leave one after another, and the next is made only when one
 * before it was stored. What the list costs in time and memory, it costs here.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { ListRefused } from './table-limits.ts'

/** What the worker says: batches as often as needed, then done; or refused at any time. */
export type Said<Batch, Summary> =
  | { kind: 'batch'; batch: Batch }
  | { kind: 'done'; summary: Summary }
  | { kind: 'refused'; message: string; guess: object | undefined }

/** How many batches may be on their way to the database. */
const ahead = 2

/** Runs `read` on the job that this worker was started for. */
export const serveList = async <Job, Batch, Summary>(
  read: (job: Job, handOver: (batch: Batch) => Promise<void>) => Promise<Summary>,
): Promise<void> => {
  const port = parentPort!
  const say = (said: Said<Batch, Summary>) => port.postMessage(said)
  let onTheirWay = 0
  let stored: (() => void) | undefined
  port.on('message', () => {
    onTheirWay--
    stored?.()
  })
  try {
    const summary = await read(workerData as Job, async batch => {
      while (onTheirWay >= ahead) await new Promise<void>(resolve => (stored = resolve))
      onTheirWay++
      say({ kind: 'batch', batch })
    })
    say({ kind: 'done', summary })
  } catch (error) {
    if (!(error instanceof ListRefused)) throw error
    say({ kind: 'refused', message: error.message, guess: error.guess })
  }
  port.close()
}
