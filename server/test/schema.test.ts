import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { it } from 'node:test'
import pg from 'pg'
import { cloneDatabase } from './harness.ts'
import { describeSchema } from './schema.ts'

it('server/schema.sql shows what the migrations make; `npm run schema` writes it', async () => {
  const database = await cloneDatabase()
  const db = new pg.Client({ connectionString: database.url })
  await db.connect()
  try {
    const schema = await describeSchema(db)
    const file = new URL('../schema.sql', import.meta.url)
    if (process.env.WRITE_SCHEMA) await writeFile(file, schema)
    assert.equal(await readFile(file, 'utf8'), schema)
  } finally {
    await db.end()
    await database.drop()
  }
})
