/**
 * PostgreSQL, and nothing between. A statement is written as SQL with the `sql` tag in a `*.sql.ts` file; values are
 * always bound, and every statement is prepared once per connection under a name of its own.
 */
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'

/** A statement with its bound values. `name` makes PostgreSQL keep the plan. */
export interface Sql {
  name: string
  text: string
  values: unknown[]
}

const prepared = new WeakMap<TemplateStringsArray, { name: string; text: string }>()
let count = 0

/** Tag: sql`select … where id = ${id}`. Every `${}` is a bound value, never text. */
export const sql = (strings: TemplateStringsArray, ...values: unknown[]): Sql => {
  let known = prepared.get(strings)
  if (!known) {
    known = { name: `s${++count}`, text: strings.reduce((text, part, i) => `${text}$${i}${part}`) }
    prepared.set(strings, known)
  }
  return { ...known, values }
}

/** What a statement function takes first. Outside a transaction each statement commits by itself. */
export interface Db {
  rows<T>(statement: Sql): Promise<T[]>
  /** The first row, or undefined. */
  row<T>(statement: Sql): Promise<T | undefined>
  /**
   * Runs in one transaction; inside a transaction it joins it. A throw rolls everything back. A statement that comes after its end is
   * refused: on the connection it would commit by itself, or join the transaction of somebody else.
   */
  tx<T>(run: (db: Db) => Promise<T>): Promise<T>
}

pg.types.setTypeParser(pg.types.builtins.INT8, Number)

type Query = pg.ClientBase['query']

const tooLate = ({ text }: Sql) => new Error(`A statement came after the end of its transaction: ${text.trim().slice(0, 60)}`)

/** Statements over a client of `pg`. */
export const over = (client: { query: Query }, tx: Db['tx']): Db => ({
  rows: async <T>(statement: Sql) => (await client.query(statement)).rows as T[],
  row: async <T>(statement: Sql) => (await client.query(statement)).rows[0] as T | undefined,
  tx,
})

export interface Database extends Db {
  pool: pg.Pool
  /** Closes every connection now, so that pending statements reject. For a database that neither answers nor closes the connection. */
  cut(): void
  close(): Promise<void>
}

/** A pool of connections. `max` bounds how much of PostgreSQL one process takes; `name` is their application_name. */
export const connect = (
  url: string,
  { max = 20, name, onError }: { max?: number; name?: string; onError?: (error: Error) => void } = {},
): Database => {
  // pipeline: statements that do not wait for each other share a round trip (begin and the first statement always do).
  const pool = new pg.Pool({
    connectionString: url,
    ...(name === undefined ? {} : { application_name: name }),
    max,
    idleTimeoutMillis: 30_000,
    connectionTimeoutMillis: 10_000,
    pipeline: true,
  } as pg.PoolConfig)
  pool.on('error', error => onError?.(error))
  const cut = holdClients(pool)
  const tx: Db['tx'] = async run => {
    const client = await pool.connect()
    let broken: Error | undefined
    let ended = false
    const onClientError = (error: Error) => {
      broken = error
    }
    client.on('error', onClientError)
    try {
      const begun = client.query('begin')
      begun.catch(() => {}) // told by the first statement, or below
      const inner: Db = over(
        { query: ((statement: Sql) => (ended ? Promise.reject(tooLate(statement)) : client.query(statement))) as Query },
        nested => nested(inner),
      )
      const result = await run(inner)
      await begun
      ended = true
      await client.query('commit')
      return result
    } catch (error) {
      ended = true
      await client.query('rollback').catch((lost: Error) => {
        broken = lost
      })
      throw error
    } finally {
      client.off('error', onClientError)
      client.release(broken)
    }
  }
  return { ...over(pool, tx), pool, cut, close: () => pool.end() }
}

/**
 * Listens for errors on every connection of a pool. Between the pool and the caller of connect() a connection has no listener, and its
 * error would end the process; its statements reject in any case. Returns a function that closes all connections at once.
 */
export const holdClients = (pool: pg.Pool): (() => void) => {
  const clients = new Set<pg.PoolClient>()
  pool.on('connect', client => {
    clients.add(client)
    client.on('error', () => {}).on('end', () => clients.delete(client))
  })
  return () => {
    for (const client of clients)
      (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy()
  }
}

/** The unique index a failed statement ran into, if that is what failed (SQLSTATE 23505). */
export const conflictOn = (error: unknown): string | undefined =>
  error instanceof pg.DatabaseError && error.code === '23505' ? error.constraint : undefined

/** The foreign key that found nothing to point at, if that is what failed (SQLSTATE 23503). */
export const missingFor = (error: unknown): string | undefined =>
  error instanceof pg.DatabaseError && error.code === '23503' ? error.constraint : undefined

/**
 * Why something failed that was not wrong in itself, so that the same request may succeed later:
 * `conflict`: PostgreSQL rolled the transaction back in favour of another one; nothing of it was done, and it can run again at once.
 * `lost`: the database (or another server we need) went away in the middle; whether a commit was done is not known.
 * `full`: memory, disk, connections or file handles ran out.
 */
export type Trouble = 'conflict' | 'lost' | 'full'

/** The one table of what is transient. SQLSTATEs: PostgreSQL, appendix A; codes: those of libuv and c-ares; words: errors of `pg` without a code. */
const troubles: { trouble: Trouble; codes?: RegExp; words?: RegExp }[] = [
  // serialization_failure, deadlock_detected, lock_not_available
  { trouble: 'conflict', codes: /^(40001|40P01|55P03)$/ },
  // connection exceptions, statement_completion_unknown, query_canceled and every kind of shutdown, a standby that cannot write,
  // sessions ended by a time-out, system_error and io_error
  { trouble: 'lost', codes: /^(08...|40003|57014|57P0.|25006|25P0[34]|58000|58030)$/ },
  {
    trouble: 'lost',
    codes: /^E(CONNREFUSED|CONNRESET|CONNABORTED|PIPE|NOTCONN|TIMEDOUT|HOSTUNREACH|HOSTDOWN|NETUNREACH|NETDOWN)$/,
  },
  { trouble: 'lost', codes: /^(ETIMEOUT|EAI_AGAIN|ENOTFOUND)$/ },
  { trouble: 'lost', words: /^(Connection terminated|Cannot use a pool after calling end)/ },
  { trouble: 'lost', words: /^(timeout exceeded when trying to connect|timeout expired|Query read timeout)$/ },
  { trouble: 'lost', words: /^Client (has encountered a connection error and|was closed and) is not queryable$/ },
  { trouble: 'lost', words: /^There was an error establishing an SSL connection$/ },
  // insufficient_resources: disk_full, out_of_memory, too_many_connections, configuration_limit_exceeded
  { trouble: 'full', codes: /^53...$/ },
  { trouble: 'full', codes: /^E(NOSPC|DQUOT|NOMEM|NOBUFS|MFILE|NFILE|IO)$/ },
]

interface Told extends Error {
  code?: unknown
  syscall?: unknown
  /** Of the AWS SDK: what the object store answered. */
  $metadata?: { httpStatusCode?: number }
}

const troubleOfOne = (error: Told): Trouble | undefined => {
  const status = error.$metadata?.httpStatusCode ?? 0
  if (status === 429 || status >= 500 || error.name === 'TimeoutError') return 'lost'
  const code = typeof error.code === 'string' ? error.code : ''
  // The socket file of a PostgreSQL that is not running. Any other ENOENT is a file that is gone, and stays gone.
  if (code === 'ENOENT' && error.syscall === 'connect') return 'lost'
  return troubles.find(({ codes, words }) => (code === '' ? words?.test(error.message) : codes?.test(code)))?.trouble
}

/** Errors wrap errors (blob stores) and lists of them (a host with several addresses); further down nobody looks. */
const maxDepth = 5

/** What kind of passing trouble an error is, or is caused by; undefined for every other. */
export const troubleOf = (error: unknown, depth = 0): Trouble | undefined => {
  if (!(error instanceof Error) || depth > maxDepth) return undefined
  const causes = [error.cause, ...(error instanceof AggregateError ? error.errors.slice(0, 10) : [])]
  return troubleOfOne(error) ?? causes.map(cause => troubleOf(cause, depth + 1)).find(Boolean)
}

/** True when the same thing may succeed later. A surface answers 503 to it, a job is tried again, and no mail or request is blamed for it. */
export const isTransient = (error: unknown): boolean => troubleOf(error) !== undefined

/**
 * Runs a transaction again when PostgreSQL rolled it back in favour of another one: nothing of it was done. Each time after a pause of some
 * milliseconds, so that the other one gets the locks it waits for before they are asked for again.
 */
export const untied = async <T>(tx: () => Promise<T>, times = 5, pauseMs = 10): Promise<T> => {
  try {
    return await tx()
  } catch (error) {
    if (times <= 1 || troubleOf(error) !== 'conflict') throw error
  }
  await delay(pauseMs * (0.5 + Math.random()))
  return untied(tx, times - 1, pauseMs * 2)
}
