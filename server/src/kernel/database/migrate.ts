/**
 * Forward-only migrations: `server/migrations/NNNN_*.sql`, each run once, in order, in one transaction, under an advisory
 * lock, so that several processes may start at the same moment. graphile-worker brings its own tables the same way.
 */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { runMigrations } from 'graphile-worker'
import pg from 'pg'

const folder = new URL('../../../migrations/', import.meta.url)
/** Any constant: it only has to be the same in every process of this project. */
const advisoryLock = 7_304_655_013

const read = async () => {
  const names = (await readdir(folder)).filter(name => /^\d{4}_.+\.sql$/.test(name)).sort()
  return Promise.all(names.map(async name => ({ name, text: await readFile(new URL(name, folder), 'utf8') })))
}

/** Brings the database at `url` to the newest schema. Throws when a migration that has run was changed afterwards. */
export const migrate = async (url: string, log: (line: string) => void = () => {}): Promise<void> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query('select pg_advisory_lock($1)', [advisoryLock])
    await client.query(
      'create table if not exists migrations (name text primary key, sha256 text not null, ran_at timestamptz not null default now())',
    )
    const ran = new Map<string, string>(
      (await client.query('select name, sha256 from migrations')).rows.map(row => [row.name, row.sha256]),
    )
    await runMigrations({ connectionString: url })
    for (const { name, text } of await read()) {
      const sha256 = createHash('sha256').update(text).digest('hex')
      const before = ran.get(name)
      if (before === sha256) continue
      if (before) throw new Error(`Migration ${name} was changed after it ran here. Put it back and write a new one.`)
      await client.query('begin')
      await client.query(text)
      await client.query('insert into migrations (name, sha256) values ($1, $2)', [name, sha256])
      await client.query('commit')
      log(`migrated ${name}`)
    }
  } finally {
    await client.end()
  }
}

/** True when every migration of this build has run there (for /readyz). */
export const migrated = async (pool: pg.Pool): Promise<boolean> => {
  const names = (await read()).map(migration => migration.name)
  const ran = new Set((await pool.query('select name from migrations')).rows.map(row => row.name as string))
  return names.every(name => ran.has(name))
}
