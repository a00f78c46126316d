/** What passes by itself is never said to be a mistake of ours: on every surface it is 503 with Retry-After, and the next try succeeds. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'
import { newApiKey } from '../../src/kernel/crypto.ts'
import { startTestApp, type TestApp } from '../harness.ts'

describe('outages', () => {
  let t: TestApp
  let key: string
  let inbox: string
  const dialectKeys: Record<string, string> = {}
  before(async () => {
    t = await startTestApp({ roles: ['web'], config: { LOG_LEVEL: 'silent', TRACKING_USER: 'usps', TRACKING_PASSWORD: 'push' } })
    ;({ key, inbox } = await t.register('Outage'))
    for (const dialect of ['mailboxkit', 'mailbots', 'mailstream'])
      dialectKeys[dialect] = (
        await t.call('POST', '/v1/api-keys', { key, body: { name: dialect, mode: 'live', dialect } })
      ).body.key
    // Every statement that touches one of these tables fails with what is set; every other works.
    await t.app.db.pool.query(`
      create table failing (code text);
      create function fail() returns boolean language plpgsql as $$
        declare state text; begin
          select code into state from failing;
          if state is not null then raise exception 'made to fail' using errcode = state; end if;
          return true;
        end $$;
      create function fail_row() returns trigger language plpgsql as $$ begin perform fail(); return new; end $$;`)
  })
  after(() => t.close())

  const transient = ['40001', '40P01', '55P03', '08006', '57P01', '57P03', '53100', '53200', '53300']
  /** A key that no cache knows: well-formed, of nobody. The look-up fails before it finds that out. */
  const unseen = () => newApiKey('pp_live_').key
  const failWith = async (code: string | null) => {
    await t.app.db.pool.query('delete from failing')
    if (code) await t.app.db.pool.query('insert into failing values ($1)', [code])
  }
  const isUnavailable = ({ status, headers, body }: Awaited<ReturnType<TestApp['call']>>, about: string) => {
    assert.equal(status, 503, `${about}: ${JSON.stringify(body)}`)
    assert.match(headers.get('retry-after') ?? '', /^[1-9]\d*$/, about)
  }
  const mail = { to: 'a@sink.test', subject: 's', text: 't' }
  const send = () => t.call('POST', `/v1/inboxes/${inbox}/messages`, { key, body: mail, headers: { 'idempotency-key': 'again' } })

  it('a write that fails for a reason that passes', async () => {
    await t.app.db.pool.query('create trigger fails before insert on messages for each row execute function fail_row()')
    await t.app.db.pool.query('create trigger fails before insert on inboxes for each row execute function fail_row()')
    for (const code of transient) {
      await failWith(code)
      isUnavailable(await send(), `send ${code}`)
      isUnavailable(await t.call('POST', '/v1/inboxes', { key, body: { name: 'x' } }), `inbox ${code}`)
      isUnavailable(
        await t.call('POST', '/api/v1/inboxes', { key: dialectKeys.mailboxkit!, body: { name: 'x' } }),
        `dialect ${code}`,
      )
    }
    await failWith('XX000')
    assert.deepEqual([(await send()).status, (await send()).headers.get('retry-after')], [500, null])
    await failWith(null)
    const { status, body } = await send()
    assert.equal(status, 202)
    assert.equal((await send()).body.id, body.id)
  })

  it('the same on every surface, wherever the database is asked first', async () => {
    const tables = ['api_keys', 'owner_links', 'tracking_feed']
    for (const table of tables)
      await t.app.db.pool.query(`
        alter table ${table} rename to hidden_${table};
        create view ${table} as with f as materialized (select fail() as ok) select h.* from hidden_${table} h where (select ok from f)`)
    await t.app.db.pool.query('create trigger fails instead of insert on tracking_feed for each row execute function fail_row()')
    const usps = `Basic ${Buffer.from('usps:push').toString('base64')}`
    const rpc = { jsonrpc: '2.0', id: 1, method: 'tools/list' }
    for (const code of transient) {
      await failWith(code)
      const form = { 'content-type': 'application/x-www-form-urlencoded' }
      const answers = {
        v1: await t.call('GET', '/v1/wallet', { key: unseen() }),
        mailboxkit: await t.call('GET', '/mailboxkit/api/v1/inboxes', { key: unseen() }),
        mailbots: await t.call('GET', '/mailbots/api/v1/orders', { key: unseen() }),
        mailstream: await t.call('GET', '/mailstream/v1/webhooks', { key: unseen() }),
        mcp: await t.call('POST', '/mcp', {
          key: unseen(),
          body: rpc,
          headers: { accept: 'application/json, text/event-stream' },
        }),
        claim: await t.call('GET', `/claim/${'a'.repeat(43)}`),
        decide: await t.call('POST', `/claim/${'a'.repeat(43)}`, { body: 'x=1', headers: form }),
        feed: await t.call('POST', '/tracking/iv-mtr', { body: '{"events":[]}', headers: { authorization: usps } }),
      }
      for (const [surface, answer] of Object.entries(answers)) isUnavailable(answer, `${surface} ${code}`)
    }
    await failWith(null)
    for (const table of tables) await t.app.db.pool.query(`drop view ${table}; alter table hidden_${table} rename to ${table}`)
  })

  it('a disk that is full', async () => {
    const { stage } = t.app.blobs
    // The real error of the system, as the blob store would meet it.
    t.app.blobs.stage = async () => (await writeFile('/dev/full', 'x')) as never
    const attachments = [{ filename: 'a', content: 'aGk=' }]
    const call = () => t.call('POST', `/v1/inboxes/${inbox}/messages`, { key, body: { ...mail, attachments } })
    isUnavailable(await call(), 'blob')
    t.app.blobs.stage = stage
    assert.equal((await call()).status, 202)
  })

  it('connections that are terminated under requests', async () => {
    const calls = Array.from({ length: 40 }, (_, i) => t.call('POST', '/v1/inboxes', { key, body: { name: `n${i}` } }))
    const kill = () =>
      t.app.db.pool.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
      )
    for (let i = 0; i < 5; i++) await kill().catch(() => {})
    for (const answer of await Promise.all(calls)) if (answer.status !== 201) isUnavailable(answer, 'terminated')
    assert.equal((await t.call('POST', '/v1/inboxes', { key, body: { name: 'afterwards' } })).status, 201)
  })
})
