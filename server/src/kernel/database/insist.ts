/** Repeats writes that an outage of the database interrupted. */
import { setTimeout as delay } from 'node:timers/promises'
import { isTransient } from './db.ts'

const pauseMs = 250

/**
 * Repeats `run` while it fails with a transient error. `run` must be idempotent: after a crash of PostgreSQL it is unknown whether it was
 * committed. Rejects with any other error, and with the transient one once `isOver`.
 */
export const insist = async <T>(run: () => Promise<T>, isOver: () => boolean): Promise<T> => {
  for (;;) {
    try {
      return await run()
    } catch (error) {
      if (!isTransient(error) || isOver()) throw error
      await delay(pauseMs)
    }
  }
}
