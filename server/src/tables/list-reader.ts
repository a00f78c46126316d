/** Reading a list from a file nobody has looked at: in a worker, with a heap limit and a deadline. What the rows mean the worker's script knows. */
import { Worker } from 'node:worker_threads'
import type { Said } from './list-worker.ts'
import { ListRefused, limits } from './table-limits.ts'

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
 * Starts the worker `script` (see list-worker.ts) on a job and hands its batches over; the next is read while one is stored, not more.
 * Throws ListRefused for what cannot be read within the limits; what was handed over by then is the caller's to take back.
 */
export const readInWorker = async <Batch, Summary>(
  script: URL,
  job: object,
  store: (batch: Batch) => Promise<void>,
): Promise<Summary> => {
  await turn()
  const worker = new Worker(script, {
    workerData: job,
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: limits.heapMb, maxYoungGenerationSizeMb: 16 },
  })
  try {
    return await listen<Batch, Summary>(worker, store)
  } finally {
    await worker.terminate()
    nextTurn()
  }
}

/** Ends only when nothing is being stored any more: after it, the caller may undo what was. */
const listen = <Batch, Summary>(worker: Worker, store: (batch: Batch) => Promise<void>): Promise<Summary> =>
  new Promise((resolve, reject) => {
    const deadline = setTimeout(
      () => fail(new ListRefused(`takes more than ${limits.seconds} seconds to read; split it, or save it again`)),
      limits.seconds * 1000,
    )
    let failed = false
    let storing = Promise.resolve()
    const fail = (error: unknown) => {
      failed = true
      clearTimeout(deadline)
      storing.catch(() => {}).then(() => reject(error))
    }
    worker.on('message', (said: Said<Batch, Summary>) => {
      if (failed) return
      if (said.kind === 'refused') fail(new ListRefused(said.message, said.guess))
      else if (said.kind === 'batch') {
        storing = storing.then(async () => {
          if (failed) return
          await store(said.batch)
          worker.postMessage('stored')
        })
        storing.catch(fail)
      } else
        storing = storing.then(() => {
          clearTimeout(deadline)
          resolve(said.summary)
        })
    })
    worker.on('error', (error: Error & { code?: string }) =>
      fail(
        error.code === 'ERR_WORKER_OUT_OF_MEMORY'
          ? new ListRefused('takes too much memory to read; split it, or save it as CSV')
          : error,
      ),
    )
    worker.on('exit', () => void storing.then(() => fail(new Error('The worker of a list ended without an answer'))).catch(fail))
  })
