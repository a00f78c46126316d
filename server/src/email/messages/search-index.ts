/**
 * Indexes the words of stored mail for search, a moment after it was stored. Kept off the way of accepting and receiving: the words of a
 * 4 KB mail cost PostgreSQL 0.8 ms, everything else of it 0.1 ms. What is not indexed yet survives a crash in `unindexed_messages`.
 */
import { setTimeout as delay, setImmediate as immediate } from 'node:timers/promises'
import { type Db, troubleOf, untied } from '../../kernel/database/db.ts'
import type { App } from '../../platform.ts'
import * as store from './search-index.sql.ts'
import { tagOf, vectorOf } from './words.ts'

/** At a time: bounds how long a transaction holds its rows. */
const batch = 100
const pauseMs = { more: 5, none: 150, broken: 250 }

export const startIndexing = (app: App): { close(): Promise<void> } => {
  const closing = new AbortController()
  const run = async () => {
    while (!closing.signal.aborted) {
      const indexed = await indexNext(app.db).catch((error: Error) => {
        if (troubleOf(error) !== 'lost') app.log.warn({ error: error.message }, 'mail not indexed for search; trying again')
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

/** Indexes the next mails; returns how many were taken. */
const indexNext = (db: Db): Promise<number> =>
  untied(() =>
    db.tx(async within => {
      const { taken, mails } = (await store.unscopedTake(within, batch))!
      const words: Parameters<typeof store.unscopedIndex>[1] = []
      for (const mail of mails) {
        words.push(wordsOf(mail))
        await immediate() // the words of a long mail take some ms
      }
      if (words.length > 0) await store.unscopedIndex(within, words)
      return taken
    }),
  )

const wordsOf = ({ id, organization_id, livemode, subject, from_email, from_name, files, body }: store.Indexable) => ({
  message_id: id,
  organization_id,
  livemode,
  search: vectorOf(tagOf(organization_id, livemode), [
    ['A', subject],
    ['B', `${from_email} ${from_name ?? ''}`],
    ...files.map(name => ['C', name] as const),
    ['D', body],
  ]),
})
