/**
 * PostgreSQL, and nothing between. A statement is written as SQL with the `sql` tag in a `*.sql.ts` file; values are
 * always bound, and every statement is prepared once per connection under a name of its own.
 */
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

const over = (client: { query: Query }, tx: Db['tx']): Db => ({
  rows: async <T>(statement: Sql) => (await client.query(statement)).rows as T[],
  row: async <T>(statement: Sql) => (await client.query(statement)).rows[0] as T | undefined,
  tx,
})

export interface Database extends Db {
  pool: pg.Pool
  close(): Promise<void>
}

/** A pool of connections. `max` bounds how much of PostgreSQL one process takes. */
export const connect = (
  url: string,
  { max = 20, onError }: { max?: number; onError?: (error: Error) => void } = {},
): Database => {
  // pipeline: statements that do not wait for each other share a round trip (begin and the first statement always do).
  const pool = new pg.Pool({
    connectionString: url,
    max,
    idleTimeoutMillis: 30_000,
    connectionTimeoutMillis: 10_000,
    pipeline: true,
  } as pg.PoolConfig)
  pool.on('error', error => onError?.(error))
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
  return { ...over(pool, tx), pool, close: () => pool.end() }
}

/** The unique index a failed statement ran into, if that is what failed (SQLSTATE 23505). */
export const conflictOn = (error: unknown): string | undefined =>
  error instanceof pg.DatabaseError && error.code === '23505' ? error.constraint : undefined

/** The foreign key that found nothing to point at, if that is what failed (SQLSTATE 23503). */
export const missingFor = (error: unknown): string | undefined =>
  error instanceof pg.DatabaseError && error.code === '23503' ? error.constraint : undefined

/** Runs a transaction again when PostgreSQL ended it to untie a deadlock (SQLSTATE 40P01): nothing of it was done. */
export const untied = async <T>(tx: () => Promise<T>, times = 3): Promise<T> => {
  try {
    return await tx()
  } catch (error) {
    if (times > 1 && error instanceof pg.DatabaseError && error.code === '40P01') return untied(tx, times - 1)
    throw error
  }
}
