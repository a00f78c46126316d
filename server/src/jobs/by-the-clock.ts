/**
 * What runs by the clock, by a timer that no change of the machine's clock moves. graphile-worker's own cron waits for a moment of the clock:
 * when that was ahead and comes back, nothing runs until it is there again. Each process asks, the database lets one of them.
 */
import type { App } from '../platform.ts'
import { unscopedAddDue, unscopedBringBack } from './by-the-clock.sql.ts'
import { schedule } from './schedule.ts'

/** Often enough that nothing is a minute late. */
const askMs = 15_000
/** A run that begins a little early counts for its minute, so that the timer's unrest does not cost one. */
const earlySeconds = 5

/** Adds what is due, and brings back what a clock that was ahead had put off. */
export const runClock = async (app: App): Promise<void> => {
  await unscopedBringBack(app.db)
  await unscopedAddDue(
    app.db,
    schedule.map(({ everyMinutes, task }) => ({ task, seconds: everyMinutes * 60 - earlySeconds })),
  )
}

export const startClock = (app: App): { close(): void } => {
  const ask = () => {
    runClock(app).catch((error: Error) =>
      app.log.warn({ error: error.message }, 'the clock could not add its jobs; it asks again'),
    )
  }
  const timer = setInterval(ask, askMs)
  ask()
  return { close: () => clearInterval(timer) }
}
