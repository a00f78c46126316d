/** A single connection outside the pool, for state that lasts as long as the session: advisory locks. */
import pg from 'pg'
import { type Db, over } from '../database/db.ts'

export interface Session extends Db {
  /** Process id of its backend. */
  pid: number
  /** Resolves when the connection is closed by either side. */
  gone: Promise<void>
  /** Closes the socket now. */
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
    // end() waits for the server to close the connection, which an unreachable server never does.
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
