/** PostgreSQL's LISTEN on a connection of its own: a hint from other processes, never the only way to learn of something. */
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import type { Database } from './db.ts'

/**
 * Calls `onNotify` for every NOTIFY on the channel, and once whenever the connection was made anew, because what was said in
 * between is lost. Never throws; without a database it tries again four times a second.
 */
export const listen = (db: Database, channel: string, onNotify: () => void): { close(): Promise<void> } => {
  let open = true
  let client: pg.Client | undefined
  let lost = () => {}
  const run = async () => {
    while (open) {
      const fresh = new pg.Client(db.pool.options)
      const gone = new Promise<void>(resolve => {
        lost = resolve
      })
      fresh
        .on('error', () => lost())
        .on('end', () => lost())
        .on('notification', onNotify)
      try {
        client = fresh
        await fresh.connect()
        await fresh.query(`listen ${fresh.escapeIdentifier(channel)}`)
        onNotify()
        if (open) await gone
      } catch {
        if (open) await delay(250, undefined, { ref: false })
      }
      await fresh.end().catch(() => {})
    }
  }
  const running = run()
  return {
    close: async () => {
      open = false
      lost()
      await client?.end().catch(() => {})
      await running
    },
  }
}
