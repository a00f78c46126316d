import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Json, startTestApp } from '../../test/harness.ts'
import { firstIdAt } from '../kernel/ids.ts'
import { prune } from './prune.ts'

test('Idempotency-Keys last 24 hours: until then the first answer, afterwards a new mail', async () => {
  const t = await startTestApp()
  try {
    const { key, inbox } = await t.register()
    const send = async () => {
      const { body } = await t.call('POST', `/v1/inboxes/${inbox}/messages`, {
        key,
        headers: { 'idempotency-key': 'once' },
        body: { to: 'a@sink.test', subject: 's', text: 't' },
      })
      return body.id as string
    }
    const age = (minutes: number) =>
      t.app.db.pool.query('update idempotency_keys set created_at = now() - $1::int * interval $$1 minute$$', [minutes])
    const first = await send()
    await age(24 * 60 - 1)
    await prune(t.app)
    assert.equal(await send(), first)
    await age(24 * 60 + 1)
    await prune(t.app)
    assert.notEqual(await send(), first)
  } finally {
    await t.close()
  }
})

test('events and their deliveries are kept for EVENT_DAYS', async () => {
  const t = await startTestApp({ roles: ['web'], config: { EVENT_DAYS: '7' } })
  try {
    const { key } = await t.register()
    const sink = { name: 'w', url: 'http://127.0.0.1:9/', events: ['inbox.created'] }
    assert.equal((await t.call('POST', '/v1/webhooks', { key, body: sink })).status, 201)
    const names = ['old', 'new']
    for (const name of names) await t.call('POST', '/v1/inboxes', { key, body: { name } })
    const told = async () =>
      (await t.call('GET', '/v1/events?type=inbox.created', { key })).body.data.map((event: Json) => event.data.name).slice(0, 2)
    assert.deepEqual(await told(), ['new', 'old'])
    const move = (table: string, of: string, days: number) =>
      t.app.db.pool.query(`update ${table} set id = $1 where id = (${of})`, [firstIdAt(new Date(Date.now() - days * 86_400_000))])
    const { rows: events } = await t.app.db.pool.query("select id from events where data->>'name' = 'old'")
    await move('webhook_deliveries', `select id from webhook_deliveries where event_id = '${events[0].id}'`, 8)
    await move('events', `select '${events[0].id}'::uuid`, 8)
    await prune(t.app)
    assert.deepEqual(await told(), ['new', 'Agent'])
    const left = await t.app.db.pool.query('select count(*)::integer as n from webhook_deliveries')
    assert.equal(left.rows[0].n, 1)
  } finally {
    await t.close()
  }
})
