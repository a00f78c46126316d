/**
 * Parsing untrusted mail off the main thread: a few workers with a heap limit and a deadline each. One that overruns is
 * killed and replaced, and its message comes back with what its header section says. Nothing here ever throws mail away.
 */
import { Worker } from 'node:worker_threads'
import type { Job } from './parse.worker.ts'
import { type ParsedMessage, unparsed } from './read-message.ts'

export type { ParsedAttachment, ParsedMessage } from './read-message.ts'

export interface Parser {
  /** Always resolves to a message; `parsed: false` and `problem` when it could not be read in full. */
  parse(raw: Buffer): Promise<ParsedMessage>
  /**
   * Plain text of an HTML body (its first 1,000,000 characters), with `hidden` what nobody sees of it too; the empty string
   * when it cannot be rendered in time.
   */
  htmlToText(html: string, options?: { hidden?: boolean }): Promise<string>
  /** Lets what is under way end (at most the deadline), then ends the workers. */
  close(): Promise<void>
}

export interface ParserOptions {
  /** Messages parsed at once, at least 1; threads start when they are needed. */
  workers?: number
  /** A worker has this long for one message, and a second more for every 4 MB of it. */
  timeoutMs?: number
  /** JavaScript heap of one worker, in MB; attachments' bytes are outside it. */
  maxHeapMb?: number
}

/** What the slowest of busy machines still parses of honest attachments: 72 MB took 3.8 s where four programs shared a core. */
const bytesPerSecond = 4_000_000

interface Task {
  job: Job
  transfer: ArrayBuffer[]
  resolve(result: unknown): void
  giveUp(problem: string): void
}

interface Seat {
  thread: Worker
  task: Task | null
  timer: NodeJS.Timeout | undefined
}

export const createParser = ({ workers = 2, timeoutMs = 10_000, maxHeapMb = 256 }: ParserOptions = {}): Parser => {
  const waiting: Task[] = []
  const seats = new Set<Seat>()
  const underWay = new Set<Promise<unknown>>()

  const dispatch = (): void => {
    while (waiting.length > 0) {
      const seat = [...seats].find(({ task }) => !task) ?? (seats.size < Math.max(1, workers) ? hire() : undefined)
      if (!seat) return
      start(seat, waiting.shift()!)
    }
  }

  const hire = (): Seat => {
    const thread = new Worker(new URL('./parse.worker.ts', import.meta.url), {
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: maxHeapMb },
    })
    const seat: Seat = { thread, task: null, timer: undefined }
    thread.on('message', result => finish(seat, result))
    thread.on('error', error => dismiss(seat, `The parser failed: ${error instanceof Error ? error.message : error}`))
    thread.on('exit', () => dismiss(seat, 'The parser ended.'))
    seats.add(seat)
    return seat
  }

  const start = (seat: Seat, task: Task): void => {
    seat.task = task
    const allowedMs = timeoutMs + (task.job.kind === 'message' ? 1000 * Math.floor(task.job.raw.length / bytesPerSecond) : 0)
    seat.timer = setTimeout(() => dismiss(seat, `Parsing took longer than ${allowedMs} ms.`), allowedMs)
    seat.thread.ref()
    seat.thread.postMessage(task.job, task.transfer)
  }

  const finish = (seat: Seat, result: unknown): void => {
    clearTimeout(seat.timer)
    const { task } = seat
    seat.task = null
    seat.thread.unref()
    task?.resolve(result)
    dispatch()
  }

  const dismiss = (seat: Seat, problem: string): void => {
    if (!seats.delete(seat)) return
    clearTimeout(seat.timer)
    void seat.thread.terminate()
    seat.task?.giveUp(problem)
    dispatch()
  }

  const run = <Result>(job: Job, transfer: ArrayBuffer[], fallback: (problem: string) => Result): Promise<Result> => {
    const { promise, resolve } = Promise.withResolvers<Result>()
    waiting.push({ job, transfer, resolve: result => resolve(result as Result), giveUp: problem => resolve(fallback(problem)) })
    underWay.add(promise)
    void promise.then(() => underWay.delete(promise))
    dispatch()
    return promise
  }

  return {
    parse(raw) {
      const copy = new Uint8Array(raw)
      return run({ kind: 'message', raw: copy }, [copy.buffer], problem => unparsed(raw, problem))
    },
    htmlToText: (html, { hidden = false } = {}) => run({ kind: 'html', html, hidden }, [], () => ''),
    async close() {
      await Promise.all(underWay)
      await Promise.all([...seats].map(({ thread }) => thread.terminate()))
    },
  }
}
