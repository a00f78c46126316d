/** Every SQL statement of every *.sql.ts file is prepared against the migrated database: a renamed column fails here, not in a request. */
import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import pg from 'pg'
import { cloneDatabase } from './harness.ts'

const src = join(import.meta.dirname, '../src')

/** The statements of a file: sql`…` with each ${…} (braces may nest) turned into its number. */
const statements = (text: string): string[] => {
  const found: string[] = []
  for (let at = text.indexOf('sql`'); at >= 0; at = text.indexOf('sql`', at + 1)) {
    let statement = ''
    let values = 0
    let i = at + 4
    for (; text[i] !== '`'; i++) {
      if (text[i] === '$' && text[i + 1] === '{') {
        let depth = 1
        for (i += 2; depth > 0; i++) depth += text[i] === '{' ? 1 : text[i] === '}' ? -1 : 0
        i--
        statement += `$${++values}`
      } else statement += text[i]
    }
    found.push(statement)
    at = i
  }
  return found
}

describe('statements', () => {
  let db: pg.Client
  let database: Awaited<ReturnType<typeof cloneDatabase>>
  before(async () => {
    database = await cloneDatabase()
    db = new pg.Client({ connectionString: database.url })
    await db.connect()
  })
  after(async () => {
    await db.end()
    await database.drop()
  })

  it('all prepare', async () => {
    const files = (await readdir(src, { recursive: true })).filter(name => name.endsWith('.sql.ts'))
    let count = 0
    for (const file of files) {
      for (const statement of statements(await readFile(join(src, file), 'utf8'))) {
        if (/^\s*lock\b/.test(statement)) continue
        await db
          .query(`prepare s${++count} as ${statement}`)
          .catch(error => assert.fail(`${file}: ${error.message}\n${statement}`))
      }
    }
    assert.ok(count > 30, `${count} statements`)
  })
})
