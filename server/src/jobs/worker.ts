/** Runs the jobs of registry.ts with graphile-worker: LISTEN/NOTIFY, so a job starts within milliseconds of its commit. */
import { EventEmitter } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { Logger, run, type Task } from 'graphile-worker'
import pg from 'pg'
import { holdClients, isTransient } from '../kernel/database/db.ts'
import { insist } from '../kernel/database/insist.ts'
import type { App } from '../platform.ts'
import { startClock } from './by-the-clock.ts'
import { interrupted, unscopedFreeJobs } from './recovery.sql.ts'
import { type JobHandler, jobs } from './registry.ts'

const concurrency = 20
const retryMs = 200
/** How long graphile-worker may take to store the completion of jobs. */
const lastWordsMs = 2000

/** A running graphile-worker, with its own name in `locked_by`. */
interface Runner {
  pool: string
  /** Acquires no more jobs and unlocks those that are not running. Resolves when the running ones have ended. */
  retire(): Promise<void>
}

/**
 * Starts graphile-worker. During an outage it may lose the answer to a claim or to a completion, and that job would stay locked for hours.
 * So a new runner replaces the old one after an outage, and jobs of the old one that are not running are unlocked.
 */
export const startJobs = async (app: App, databaseUrl: string): Promise<{ close(): Promise<void> }> => {
  const connections = new pg.Pool({
    connectionString: databaseUrl,
    application_name: app.instance.name,
    max: concurrency + 2,
    connectionTimeoutMillis: 10_000,
  })
  connections.on('error', () => {}) // its statements reject by themselves
  const offSilence = app.instance.onSilence(holdClients(connections))
  const retiring = new Set<Promise<void>>()
  let open = true
  let replacing: Promise<void> | undefined

  const replace = async (old: Runner): Promise<void> => {
    let next: Runner | undefined
    while (open && !next) {
      next = await start(app, connections, onTrouble).catch(() => undefined)
      if (!next) await delay(retryMs)
    }
    if (next) current = next
    const retired = old.retire().finally(() => retiring.delete(retired))
    retiring.add(retired)
  }
  const onTrouble = (pool: string): void => {
    if (!open || replacing || current?.pool !== pool) return
    replacing = replace(current).finally(() => {
      replacing = undefined
    })
  }
  let current: Runner | undefined
  current = await start(app, connections, onTrouble)
  const clock = startClock(app)
  const offReturn = app.instance.onReturn(() => current && onTrouble(current.pool))
  return {
    close: async () => {
      open = false
      clock.close()
      offReturn()
      offSilence()
      await replacing
      await Promise.all([...retiring, current?.retire()])
      // end() waits for the server, which may be gone.
      await Promise.race([connections.end(), delay(lastWordsMs, undefined, { ref: false })])
    },
  }
}

/** Repeats a job that failed by an outage of the database as soon as the outage ends, without the back-off of failures. */
const throughOutages = async (app: App, work: () => Promise<void>): Promise<void> => {
  for (;;) {
    const { outages } = app.instance
    try {
      return await work()
    } catch (error) {
      if (!isTransient(error) || !(await app.instance.wasAway(outages)) || app.closing) throw error
    }
  }
}

const start = async (app: App, pgPool: pg.Pool, onTrouble: (pool: string) => void): Promise<Runner> => {
  const underWay = new Map<string, Promise<void>>()
  const events = new EventEmitter()
  const named = Promise.withResolvers<string>()
  events.once('pool:create', ({ workerPool }: { workerPool: { id: string } }) => named.resolve(workerPool.id))
  // No job is locked before the name is stored, so that its holder is always known.
  const registered = named.promise.then(name => app.instance.addJobPool(name))
  const taskList = Object.fromEntries(
    Object.entries<JobHandler>(jobs).map(([kind, handler]): [string, Task] => [
      kind,
      async (payload, { job }) => {
        const work = throughOutages(app, () => handler(app, payload as never, { interrupted: job.last_error === interrupted }))
        const done = work.then(
          () => {},
          () => {},
        )
        underWay.set(job.id, done)
        await work.finally(() => underWay.delete(job.id))
      },
    ]),
  )
  const runner = await run({
    pgPool,
    concurrency,
    noHandleSignals: true,
    pollInterval: 1000,
    events,
    taskList,
    forbiddenFlags: async () => {
      await registered
      return null
    },
    // With batches, failed completions are reported as events. Without, graphile-worker does not await them, and an outage at that moment
    // is an unhandled rejection.
    preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
    // What runs by the clock is added by by-the-clock.ts.
    parsedCronItems: [],
    logger: new Logger(() => (level, message) => {
      if (level === 'error' || level === 'warning') app.log.warn({ jobs: message }, 'job')
    }),
  })
  const pool = await named.promise
  let ended = false
  const finished = runner.promise.then(
    () => {},
    (error: unknown) => app.log.warn({ error: String(error) }, 'the runner of jobs ended; another one takes its place'),
  )
  void finished.then(() => {
    ended = true
    onTrouble(pool)
  })
  for (const event of ['worker:getJob:error', 'worker:fatalError', 'pool:fatalError', 'pool:gracefulShutdown'])
    events.on(event, () => onTrouble(pool))

  const free = () =>
    insist(
      () => unscopedFreeJobs(app.db, [pool], [...underWay.keys()]),
      () => app.closing,
    ).catch(error => app.log.warn({ error: String(error) }, 'jobs were not unlocked; they are when this process has ended'))
  return {
    pool,
    retire: async () => {
      // It acquires no jobs from now on. Its promise may settle much later, because it waits for its cron and its listener.
      const stopped = ended
        ? finished
        : runner.stop().then(
            () => finished,
            () => finished,
          )
      const lastWords = () => Promise.race([stopped, delay(lastWordsMs, undefined, { ref: false })])
      if (!app.closing) await Promise.race([stopped, delay(retryMs)])
      await free()
      while (underWay.size > 0) await Promise.race([...underWay.values()])
      await lastWords()
      await free()
      await app.instance.removeJobPool(pool)
    },
  }
}
