/**
 * Group commit: what arrives while a transaction is under way shares the next one. One durable commit costs about the same
 * for one row as for hundreds, so that under load it is paid once for many, and when idle nobody waits for company.
 */
import { troubleOf } from './db.ts'

interface Waiting<I, O> {
  item: I
  resolve(result: O): void
  reject(error: unknown): void
}

export interface Coalesced<I, O> {
  /** Hands an item in; resolves with its own result, or rejects with its own error. */
  (item: I): Promise<O>
  /** Resolves when nothing waits and nothing runs. Stop handing in first. */
  drain(): Promise<void>
}

/**
 * Makes of `run`, which does many items at once, a function that does one.
 *
 * Items go in the order they came; a batch keeps it, and so do batches when `concurrency` is 1. There is no timer: a batch
 * starts at the end of the turn of the event loop in which a slot is free, so that requests read in one turn ride together.
 *
 * @param run must be ONE transaction over all its items: when it throws, nothing may have happened. It returns one result
 * per item, in order; an Error there rejects that item alone. When it throws for several items and the error blames an item
 * (see below), each is run again by itself, so that one poisoned item never fails its neighbours.
 * @param limits `maxItems` per batch, `concurrency` batches at once (each takes a database connection)
 */
export const coalesce = <I, O>(
  run: (items: I[]) => Promise<(O | Error)[]>,
  { maxItems, concurrency }: { maxItems: number; concurrency: number },
): Coalesced<I, O> => {
  const waiting: Waiting<I, O>[] = []
  let running = 0
  let scheduled = false
  let drained: (() => void)[] = []

  const schedule = () => {
    if (waiting.length === 0 && running === 0) {
      for (const resolve of drained) resolve()
      drained = []
    }
    if (scheduled || waiting.length === 0 || running >= concurrency) return
    scheduled = true
    setImmediate(start)
  }
  const start = () => {
    scheduled = false
    running++
    const batch = waiting.splice(0, maxItems)
    void runBatch(run, batch).then(() => {
      running--
      schedule()
    })
    schedule()
  }
  const submit = (item: I) =>
    new Promise<O>((resolve, reject) => {
      waiting.push({ item, resolve, reject })
      schedule()
    })
  return Object.assign(submit, {
    drain: () =>
      new Promise<void>(resolve => {
        drained.push(resolve)
        schedule()
      }),
  })
}

/** Settles every item of the batch; never rejects itself. */
const runBatch = async <I, O>(run: (items: I[]) => Promise<(O | Error)[]>, batch: Waiting<I, O>[]): Promise<void> => {
  let results: (O | Error)[]
  try {
    results = await run(batch.map(({ item }) => item))
  } catch (error) {
    if (batch.length > 1 && blamesAnItem(error)) for (const one of batch) await runBatch(run, [one])
    else for (const { reject } of batch) reject(error)
    return
  }
  batch.forEach(({ resolve, reject }, i) => {
    if (i >= results.length) reject(new Error(`A batch of ${batch.length} items gave ${results.length} results`))
    else if (results[i] instanceof Error) reject(results[i])
    else resolve(results[i] as O)
  })
}

/**
 * Whether a batch that threw was surely rolled back, by something that can be one item's fault: a refusal by PostgreSQL
 * (SQLSTATE), a conflict with another transaction, or an error class of our own or of the language. Other passing trouble
 * (`troubleOf`), a failure inside PostgreSQL (class XX) and errors nobody knows are not: the commit may have been done before its
 * answer was lost, and running the items again would do them twice.
 */
const blamesAnItem = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false
  const trouble = troubleOf(error)
  if (trouble) return trouble === 'conflict'
  const code = String((error as NodeJS.ErrnoException).code ?? '')
  if (/^[0-9A-Z]{5}$/.test(code) && !code.startsWith('E')) return !/^(XX|58)/.test(code)
  return !/^E[A-Z]+$/.test(code) && error.constructor !== Error
}
