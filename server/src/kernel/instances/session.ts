/** One connection that stays the same, for what lasts as long as it does: advisory locks of a session. */
import pg from 'pg'
import { type Db, over } from '../database/db.ts'

export interface Session extends Db {
  /** PostgreSQL's process id of it. */
  pid: number
  /** Resolves when the connection is gone, whoever ended it. */
  gone: Promise<void>
  /** Ends it now, without waiting for anything under way. */
  cut(): void
}

/** Connects within `timeoutMs` or rejects. A statement that gets no answer within `timeoutMs` rejects, and the connection is cut. */
export const openSession = async (url: string, { name, timeoutMs }: { name: string; timeoutMs: number }): Promise<Session> => {
  const client = new pg.Client({
    connectionString: url,
    application_name: name,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
    keepAlive: true,
  })
  const gone = Promise.withResolvers<void>()
  client.on('error', () => gone.resolve()).on('end', () => gone.resolve())
  const cut = () => {
    gone.resolve()
    client.end().catch(() => {})
    // end() says goodbye and waits for it; a peer that is gone never answers.
    ;(client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy()
  }
  try {
    await client.connect()
  } catch (error) {
    cut()
    throw error
  }
  const db = over(client, () => Promise.reject(new Error('A session has no transactions')))
  return { ...db, pid: (client as unknown as { processID: number }).processID, gone: gone.promise, cut }
}
