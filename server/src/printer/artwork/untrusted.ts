/**
 * Work on files from outside: reading a customer's PDF, and drawing pages into pixels. Both run in one worker thread with a time
 * and a memory limit, so that a hostile file costs its sender a refusal and nobody else anything.
 */
import { Worker } from 'node:worker_threads'
import { PdfObject } from '../pdf/pdf.ts'
import { PrintProblem } from '../problem.ts'
import type { Ask, ImportedPdf, Refusal } from './artwork.ts'

/** A page as pixels, four bytes each: red, green, blue, and one to ignore; rows from the top. */
export type Bitmap = { width: number; height: number; data: Uint8Array }

export type Job =
  | { kind: 'import'; pdf: Uint8Array; ask: Ask }
  /** `pages`: numbers from 0, all when absent. `scale`: pixels per point. */
  | { kind: 'raster'; pdf: Uint8Array; scale: number; pages: readonly number[] | undefined }

export type JobResult = { imported: ImportedPdf } | { bitmaps: Bitmap[] } | { refusal: Refusal }

const MOST_SECONDS = 20
/** Growth of the whole process while one job runs; far above what the largest lawful file needs. */
const MOST_GROWTH = 768 * 1024 * 1024
/** The libraries keep a little of every file they have seen: start afresh now and then. */
const JOBS_PER_WORKER = 2_000

type Waiting = { job: Job; done: (result: JobResult) => void; failed: (error: Error) => void }

const queue: Waiting[] = []
let worker: Worker | undefined
let jobsDone = 0
let running: Waiting | undefined

/** Reads a PDF and gives its pages as forms. Throws the PrintProblems of artwork.ts. */
export async function importPdf(pdf: Uint8Array, ask: Ask, path: string): Promise<PdfObject[]> {
  const result = await run({ kind: 'import', pdf, ask }, path)
  if (!('imported' in result)) throw unexpected()
  const objects = result.imported.objects.map(() => new PdfObject())
  for (const [i, parts] of result.imported.objects.entries()) {
    objects[i]!.fill(parts.map(part => (typeof part === 'number' ? reference(objects, part) : part)))
  }
  return result.imported.pages.map(page => reference(objects, page))
}

function reference(objects: readonly PdfObject[], index: number): PdfObject {
  const object = objects[index]
  if (!object) throw unexpected()
  return object
}

const unexpected = () => new Error('The worker for untrusted files answered another question')

/** Draws pages at `scale` pixels per point. Throws PrintProblem `pdf_unreadable` or `pdf_too_complex`. */
export async function rasterise(pdf: Uint8Array, scale: number, path: string, pages?: readonly number[]): Promise<Bitmap[]> {
  const result = await run({ kind: 'raster', pdf, scale, pages }, path)
  if (!('bitmaps' in result)) throw unexpected()
  return result.bitmaps
}

async function run(job: Job, path: string): Promise<JobResult> {
  const result = await new Promise<JobResult>((done, failed) => {
    queue.push({ job, done, failed })
    next()
  })
  if ('refusal' in result) throw new PrintProblem(result.refusal.code, path, result.refusal.message, result.refusal.details)
  return result
}

function next(): void {
  if (running) return
  running = queue.shift()
  if (!running) {
    worker?.unref()
    return
  }
  worker ??= start()
  worker.ref()
  const memory = process.memoryUsage.rss()
  const deadline = Date.now() + MOST_SECONDS * 1000
  const watch = setInterval(() => {
    if (Date.now() > deadline || process.memoryUsage.rss() - memory > MOST_GROWTH) stop()
  }, 100)
  const { done, failed } = running
  const settle =
    <T>(finish: (value: T) => void) =>
    (value: T) => {
      clearInterval(watch)
      running = undefined
      finish(value)
      next()
    }
  running.done = settle(done)
  running.failed = settle(failed)
  worker.postMessage(running.job)
}

function start(): Worker {
  const started = new Worker(new URL('./untrusted.worker.ts', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: 1024 },
  })
  jobsDone = 0
  started.on('message', (result: JobResult) => {
    // The answer of a worker that was stopped came too late.
    if (worker !== started) return
    if (++jobsDone >= JOBS_PER_WORKER) retire()
    running?.done(result)
  })
  started.on('error', () => {
    if (worker === started) stop()
  })
  return started
}

function retire(): void {
  void worker?.terminate()
  worker = undefined
}

/** Ends a job that took too much. The next one gets a new worker. */
function stop(): void {
  retire()
  const refusal: Refusal = {
    code: 'pdf_too_complex',
    message: `The file takes more than ${MOST_SECONDS} seconds or too much memory to draw.`,
    details: {},
  }
  running?.done({ refusal })
}
