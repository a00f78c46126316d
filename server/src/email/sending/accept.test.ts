/** Requests that meet at the same locks: each gets its answer, whatever the order they come in and whichever server takes them. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import pg from 'pg'
import { eventually, startTestApp, type TestApp } from '../../../test/harness.ts'

describe('acceptance under contention', () => {
  let t: TestApp
  let other: TestApp
  /** Holds locks, as a slow transaction would. */
  let holder: pg.Client
  before(async () => {
    t = await startTestApp({ roles: ['web'], config: { BILLING: 'on', DATABASE_POOL: '20' } })
    other = await startTestApp({ roles: ['web'], config: { BILLING: 'on', DATABASE_POOL: '20' }, databaseUrl: t.databaseUrl })
    holder = new pg.Client(t.databaseUrl)
    await holder.connect()
  })
  after(async () => {
    await holder.end()
    await other.close()
    await t.close()
  })

  const mail = { to: 'a@sink.test', subject: 's', text: 't' }
  const send = (server: TestApp, key: string, inbox: string, idempotencyKey: string, change: object = {}) =>
    server.call('POST', `/v1/inboxes/${inbox}/messages`, {
      key,
      headers: { 'idempotency-key': idempotencyKey },
      body: { ...mail, ...change },
    })
  /** Backends that wait for a lock in our database. */
  const waiting = async (count: number) =>
    eventually(async () => {
      const { rows } = await t.app.db.pool.query(
        "select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      )
      return rows[0].n >= count
    })
  const inboxWithCap = async (key: string, cap: number) => {
    const { body } = await t.call('POST', '/v1/inboxes', { key, body: { name: 'Capped' } })
    assert.equal((await t.call('PATCH', `/v1/inboxes/${body.id}`, { key, body: { daily_cap: cap } })).body.daily_cap, cap)
    return body.id as string
  }
  const uuidOf = async (key: string) => {
    const { body } = await t.call('GET', '/v1/organization', { key })
    return (await t.app.db.pool.query('select id from organizations where name = $1', [body.name])).rows[0].id as string
  }

  it('two different requests with one Idempotency-Key, one looked at together and one by itself, do not meet in a deadlock', async () => {
    const { key, inbox } = await t.register('Two orders')
    const capped = await inboxWithCap(key, 100)
    await holder.query('begin')
    await holder.query('select 1 from wallets where organization_id = $1 for update', [await uuidOf(key)])
    // The mail of an inbox with a cap is accepted against locked wallets and counts; the other without looking first.
    const first = send(t, key, capped, 'same')
    await waiting(1)
    const second = send(other, key, inbox, 'same')
    await waiting(2)
    await holder.query('commit')
    const answers = await Promise.all([first, second])
    assert.deepEqual(
      answers.map(({ status, body }) => [status, body.error?.code]),
      [
        [202, undefined],
        [422, 'idempotency_key_reused'],
      ],
    )
  })

  it('one Idempotency-Key, used for a mail and for something else, is claimed before the wallet by both', async () => {
    const { key, inbox } = await t.register('Two routes')
    await holder.query('begin')
    await holder.query('select 1 from wallets where organization_id = $1 for update', [await uuidOf(key)])
    const address = { name: 'Jane Doe', line1: '185 Berry St', city: 'San Francisco', state: 'CA', zip: '94107' }
    const card = t.call('POST', '/v1/postcards', {
      key,
      headers: { 'idempotency-key': 'both' },
      body: { size: '4x6', to: address, from: address, front: { html: '<p>Hi</p>' }, back: { html: '<p>Hi</p>' } },
    })
    await waiting(1)
    const letter = send(other, key, inbox, 'both')
    await waiting(2)
    await holder.query('commit')
    const statuses = (await Promise.all([card, letter])).map(({ status }) => status)
    assert.deepEqual(statuses, [201, 422])
  })

  it('many at once, on two servers, with few keys, caps and replies to the same threads: never a 500', async () => {
    const { key, inbox } = await t.register('Crowd')
    const capped = await inboxWithCap(key, 1000)
    const started = await Promise.all([1, 2, 3].map(n => send(t, key, inbox, `start-${n}`)))
    const reply = (server: TestApp, n: number, idempotencyKey: string) =>
      server.call('POST', `/v1/inboxes/${inbox}/messages/${started[n]!.body.id}/reply`, {
        key,
        headers: { 'idempotency-key': idempotencyKey },
        body: { text: 'again' },
      })
    for (let round = 0; round < 8; round++) {
      const calls = Array.from({ length: 24 }, (_, i) => {
        const server = i % 2 ? t : other
        if (i % 3 === 0) return reply(server, (i / 3) % 3, `reply-${round}-${i % 6}`)
        return send(server, key, i % 4 < 2 ? inbox : capped, `mail-${round}-${i % 5}`)
      })
      for (const { status, body } of await Promise.all(calls)) assert.ok([202, 422].includes(status), JSON.stringify(body))
    }
  })

  it('a repetition that came in the same moment as a mail that cannot be paid is refused like it', async () => {
    const { key, inbox } = await t.register('Broke')
    await t.app.db.pool.query('update wallets set balance_mills = 0 where organization_id = $1', [await uuidOf(key)])
    await holder.query('begin')
    await holder.query('select 1 from wallets where organization_id = $1 for update', [await uuidOf(key)])
    // Both batches a server works on at once are held up, so that what comes now is taken in together.
    const ahead = [send(t, key, inbox, 'ahead-1')]
    await waiting(1)
    ahead.push(send(t, key, inbox, 'ahead-2'))
    await waiting(2)
    const same = [send(t, key, inbox, 'same'), send(t, key, inbox, 'same')]
    await new Promise(resolve => setTimeout(resolve, 300))
    await holder.query('commit')
    for (const { status, body } of await Promise.all([...same, ...ahead])) assert.equal(status, 402, JSON.stringify(body))
  })
})
