/**
 * Indexes the words of stored mail for search, a moment after it was stored. Kept off the way of accepting and receiving: the words of a
 * 4 KB mail cost PostgreSQL 0.8 ms, everything else of it 0.1 ms. What is not indexed yet survives a crash in `unindexed_messages`.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { App } from '../../platform.ts'
import * as store from './search-index.sql.ts'

/** At a time: bounds how long one statement holds its rows. */
const batch = 200
const pauseMs = { more: 5, none: 150, broken: 250 }

export const startIndexing = (app: App): { close(): Promise<void> } => {
  const closing = new AbortController()
  const run = async () => {
    while (!closing.signal.aborted) {
      const indexed = await store.unscopedIndex(app.db, batch).catch((error: Error) => {
        app.log.warn({ error: error.message }, 'mail not indexed for search; trying again')
        return undefined
      })
      const pause = indexed === undefined ? pauseMs.broken : indexed > 0 ? pauseMs.more : pauseMs.none
      await delay(pause, undefined, { signal: closing.signal }).catch(() => {})
    }
  }
  const running = run()
  return {
    close: () => {
      closing.abort()
      return running
    },
  }
}
