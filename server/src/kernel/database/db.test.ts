/** Transactions: what is asked of one after its end changes nothing. And which failures may pass by themselves. */
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'
import { startTestApp, type TestApp } from '../../../test/harness.ts'
import { connect, type Db, isTransient, sql, troubleOf, untied } from './db.ts'

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

describe('what is transient', () => {
  let t: TestApp
  before(async () => {
    t = await startTestApp({ roles: ['web'] })
    await t.app.db.pool.query(`
      create table counters (id integer primary key, n integer not null);
      insert into counters values (1, 0), (2, 0);
      create function fail(code text) returns void language plpgsql as $$ begin raise exception 'made to fail' using errcode = code; end $$`)
  })
  after(() => t.close())

  const failure = async (run: Promise<unknown>): Promise<Error & { code?: string }> =>
    run.then(
      () => assert.fail('It was expected to fail'),
      (error: Error) => error,
    )
  const withSqlState = (code: string) => failure(t.app.db.rows(sql`select fail(${code})`))
  const coded = (code: string, more: object = {}) => Object.assign(new Error(code), { code, ...more })

  it('every SQLSTATE of contention, of a server that goes away and of exhausted resources', async () => {
    const wanted = {
      conflict: ['40001', '40P01', '55P03'],
      lost: ['08000', '08003', '08006', '57014', '57P01', '57P02', '57P03', '57P05', '25006', '25P03', '40003', '58000', '58030'],
      full: ['53000', '53100', '53200', '53300', '53400'],
    }
    for (const [trouble, codes] of Object.entries(wanted))
      for (const code of codes) {
        const error = await withSqlState(code)
        assert.deepEqual([error.code, troubleOf(error), isTransient(error)], [code, trouble, true])
      }
  })

  it('no SQLSTATE that the same request would meet again', async () => {
    for (const code of [
      '22001',
      '22P05',
      '23503',
      '23505',
      '23514',
      '25P02',
      '42601',
      '42P01',
      '42501',
      '54001',
      'P0001',
      'XX000',
    ])
      assert.equal(isTransient(await withSqlState(code)), false, code)
  })

  it('what the system and DNS say when a server cannot be reached, or nothing is left', async () => {
    for (const code of ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ETIMEOUT', 'EAI_AGAIN', 'ENOTFOUND', 'EHOSTUNREACH'])
      assert.equal(troubleOf(coded(code)), 'lost', code)
    for (const code of ['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'ENOMEM', 'EIO'])
      assert.equal(troubleOf(coded(code)), 'full', code)
    assert.equal(troubleOf(await failure(writeFile('/dev/full', 'x'))), 'full')
    assert.equal(troubleOf(await failure(connect('postgres://127.0.0.1:1/none').rows(sql`select 1`))), 'lost')
    assert.equal(troubleOf(await failure(connect('postgres:///none?host=/nonexistent').rows(sql`select 1`))), 'lost')
  })

  it('not a file that is gone, nor a mistake of ours', async () => {
    assert.equal(isTransient(await failure(readFile('/nonexistent/file'))), false)
    for (const error of [
      new Error('no'),
      new TypeError('no'),
      coded('EACCES'),
      coded('ENOENT', { syscall: 'open' }),
      'odd',
      undefined,
    ])
      assert.equal(isTransient(error), false)
  })

  it('looks at what caused an error, to a limit', () => {
    assert.equal(troubleOf(new Error('cannot read', { cause: new Error('socket', { cause: coded('ECONNRESET') }) })), 'lost')
    assert.equal(troubleOf(new AggregateError([coded('EACCES'), coded('ECONNREFUSED')])), 'lost')
    const ring = new Error('ring')
    ring.cause = ring
    assert.equal(troubleOf(ring), undefined)
  })

  it('a connection that is terminated, in a statement and between two of a transaction', async () => {
    const pid = async (db: Db) => (await db.row<{ pid: number }>(sql`select pg_backend_pid() as pid`))!.pid
    const kill = (id: number) => t.app.db.rows(sql`select pg_terminate_backend(${id})`)
    const between = await failure(
      t.app.db.tx(async db => {
        await kill(await pid(db))
        await pid(db)
      }),
    )
    assert.equal(troubleOf(between), 'lost', between.message)
    const inside = await failure(
      t.app.db.tx(async db => {
        const id = await pid(db)
        await Promise.all([db.rows(sql`select pg_sleep(60)`), kill(id)])
      }),
    )
    assert.equal(troubleOf(inside), 'lost', inside.message)
  })

  it('a deadlock is untied by running one of the two again', async () => {
    const add = (db: Db, id: number) => db.rows(sql`update counters set n = n + 1 where id = ${id}`)
    let met = 0
    const both = Promise.withResolvers<void>()
    const run = (first: number, second: number) =>
      untied(() =>
        t.app.db.tx(async db => {
          await add(db, first)
          if (++met === 2) both.resolve()
          await both.promise
          await add(db, second)
        }),
      )
    await Promise.all([run(1, 2), run(2, 1)])
    assert.deepEqual(
      (await t.app.db.rows<{ n: number }>(sql`select n from counters order by id`)).map(({ n }) => n),
      [2, 2],
    )
  })
})
