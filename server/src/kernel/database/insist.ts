/** Trying again what the database could not do just then. */
import { setTimeout as delay } from 'node:timers/promises'
import { isTransient } from './db.ts'

const pauseMs = 250

/**
 * Runs what is safe to repeat until the database was there to do it: after a crash of PostgreSQL nobody knows whether it was done.
 * Rejects with what is no outage, and with the outage itself once `isOver`.
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
