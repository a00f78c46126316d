/** Runs the jobs of registry.ts with graphile-worker: LISTEN/NOTIFY, so a job starts within milliseconds of its commit. */
import { Logger, parseCronItems, run, type Task } from 'graphile-worker'
import type { App } from '../platform.ts'
import { type JobHandler, jobs } from './registry.ts'
import { schedule } from './schedule.ts'

const concurrency = 20

export const startJobs = async (app: App, databaseUrl: string): Promise<{ close(): Promise<void> }> => {
  const taskList = Object.fromEntries(
    Object.entries<JobHandler>(jobs).map(([kind, handler]): [string, Task] => [
      kind,
      async payload => handler(app, payload as never),
    ]),
  )
  const runner = await run({
    connectionString: databaseUrl,
    maxPoolSize: concurrency,
    concurrency,
    noHandleSignals: true,
    pollInterval: 1000,
    taskList,
    // A run that was missed is not made up for: each looks at what is due whenever it runs.
    parsedCronItems: parseCronItems(schedule.map(item => ({ ...item, options: { maxAttempts: 3 } }))),
    logger: new Logger(() => (level, message) => {
      if (level === 'error' || level === 'warning') app.log.warn({ jobs: message }, 'job')
    }),
  })
  return { close: () => runner.stop() }
}
