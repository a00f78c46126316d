/** Transactions: what is asked of one after its end changes nothing. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startTestApp, type TestApp } from '../../../test/harness.ts'
import { type Db, sql } from './db.ts'

describe('a transaction', () => {
  let t: TestApp
  before(async () => {
    t = await startTestApp({ roles: ['web'] })
    await t.app.db.pool.query('create table marks (name text)')
  })
  after(() => t.close())

  const put = (db: Db, name: string) => db.rows(sql`insert into marks (name) values (${name})`)
  const marks = async () => (await t.app.db.pool.query('select name from marks order by name')).rows.map(row => row.name)

  it('refuses statements after its end, rolled back or committed', async () => {
    let late: Db | undefined
    await assert.rejects(
      t.app.db.tx(async db => {
        late = db
        await put(db, 'undone')
        throw new Error('no')
      }),
      /^Error: no$/,
    )
    await assert.rejects(put(late!, 'late'), /after the end of its transaction: insert into marks/)
    await t.app.db.tx(async db => {
      late = db
      await put(db, 'done')
    })
    await assert.rejects(put(late!, 'late'), /after the end of its transaction/)
    await assert.rejects(
      late!.tx(db => put(db, 'late')),
      /after the end of its transaction/,
    )
    assert.deepEqual(await marks(), ['done'])
  })
})
