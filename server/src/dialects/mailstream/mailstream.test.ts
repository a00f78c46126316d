/** What MailStream's pages state and no single request shows: keys, modes, idempotency, its webhooks to their end. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { eventually, type Json, startTestApp, type TestApp } from '../../../test/harness.ts'
import { type Sink, startSink } from '../../../test/http-sink.ts'
import { parseId } from '../../kernel/ids.ts'

const to = { name: 'Margaret Holloway', line1: '1847 Orchard Hill Rd', city: 'Northampton', state: 'MA', zip: '01060' }
const from = { name: 'The Copper Kettle', line1: '22 Harbor St', city: 'Portland', state: 'ME', zip: '04101' }
const card = { to, from, message: 'Thank you!' }

describe('MailStream', () => {
  let t: TestApp
  let sink: Sink
  let owner: string
  let key: string
  before(async () => {
    t = await startTestApp()
    sink = await startSink()
    owner = (await t.register()).key
    key = await t.mint(owner, { mode: 'test', dialect: 'mailstream' })
  })
  after(async () => {
    await t.close()
    await sink.stop()
  })
  const call = (method: string, path: string, body?: object, headers: Record<string, string> = {}) =>
    t.call(method, path, { key, headers, ...(body ? { body } : {}) })

  it('changes only its host: keys of its own at /v1 get its words, others the native ones', async () => {
    const body = { url: sink.url, events: ['mail.created'], fancy_new_field: 1 }
    const hook = await call('POST', '/v1/webhooks', body)
    assert.deepEqual([hook.status, hook.body.events, hook.body.dialect], [201, ['mail.created'], 'mailstream'])
    assert.equal((await call('POST', '/v1/postcards', { ...card, fancy_new_field: 1 })).status, 201)
    assert.equal((await call('GET', '/v1/wallet')).status, 200)
    assert.equal((await t.call('POST', '/v1/webhooks', { key: owner, body })).status, 422)
    assert.equal((await t.call('POST', '/v1/postcards', { key: owner, body: { ...card, fancy_new_field: 1 } })).status, 422)
    const native = { url: sink.url, events: ['piece.created'] }
    assert.deepEqual((await t.call('POST', '/v1/webhooks', { key: owner, body: native })).body.events, ['piece.created'])
    await call('DELETE', `/v1/webhooks/${hook.body.id}`)
  })

  it('mints, lists and revokes keys', async () => {
    const live = await t.mint(owner, { mode: 'live', dialect: 'mailstream' })
    for (const mode of ['live', 'test']) {
      const wanted = { name: mode, mode, dialect: 'mailstream' }
      const { body } = await t.call('POST', '/v1/api-keys', { key: live, body: wanted })
      assert.match(body.key, new RegExp(`^ms_${mode}_`))
      const use = () => t.call('GET', '/v1/pieces', { key: body.key })
      assert.equal((await use()).status, 200)
      const by = mode === 'live' ? live : key
      assert.ok((await t.call('GET', '/v1/api-keys', { key: by })).body.data.some(({ id }: Json) => id === body.id))
      await t.call('DELETE', `/v1/api-keys/${body.id}`, { key: by })
      assert.equal((await use()).status, 401)
    }
  })

  it('answers alike in both modes, and charges in one', async () => {
    const live = await t.mint(owner, { mode: 'live', dialect: 'mailstream' })
    const balance = async (by: string) => (await t.call('GET', '/v1/wallet', { key: by })).body.balance_mills
    const before = [await balance(live), await balance(key)]
    const [real, played] = await Promise.all(
      [live, key].map(by => t.call('POST', '/v1/postcards', { key: by, body: { ...card, metadata: { a: 'b' } } })),
    )
    assert.deepEqual([real!.status, played!.status], [201, 201])
    assert.deepEqual(Object.keys(real!.body), Object.keys(played!.body))
    assert.deepEqual([real!.body.price_mills, real!.body.status], [played!.body.price_mills, played!.body.status])
    assert.deepEqual([await balance(live), await balance(key)], [before[0]! - real!.body.price_mills, before[1]])
    const refused = await Promise.all([live, key].map(by => t.call('POST', '/v1/postcards', { key: by, body: { to } })))
    assert.deepEqual(refused[0]!.body.error.errors, refused[1]!.body.error.errors)
  })

  it('takes an idempotency key on every POST', async () => {
    const piece = (await call('POST', '/v1/postcards', card)).body
    const hook = (await call('POST', '/v1/webhooks', { url: sink.url, events: ['mail.failed'] })).body
    const posts: [string, object][] = [
      ['/v1/letters', { to, from, html: '<p>Hello</p>' }],
      [`/v1/pieces/${piece.id}/cancel`, {}],
      ['/v1/webhooks', { url: sink.url, events: ['mail.failed'] }],
      [`/v1/webhooks/${hook.id}/rotate`, {}],
      ['/v1/test-clock', { speed: 1 }],
      ['/v1/test-clock/advance', { seconds: 1 }],
      ['/v1/api-keys', { name: 'k', mode: 'test' }],
    ]
    for (const [path, body] of posts) {
      const twice = () => call('POST', path, body, { 'idempotency-key': `once ${path}`.replaceAll(/[ /]/g, '-') })
      const [first, second] = [await twice(), await twice()]
      assert.ok(first.status < 300, JSON.stringify(first.body))
      assert.equal(second.headers.get('x-idempotent-replayed'), 'true', path)
      assert.deepEqual(second.body, first.body)
    }
  })

  it('tells of what went wrong, too, to each endpoint what it asked for', async () => {
    const second = await startSink()
    try {
      await call('POST', '/v1/webhooks', { url: sink.url, events: ['mail.returned', 'mail.failed'] })
      await call('POST', '/v1/webhooks', { url: second.url, events: ['mail.cancelled'] })
      const send = async (name: string) => (await call('POST', '/v1/postcards', { ...card, to: { ...to, name } })).body.id
      const [returned, failed, cancelled] = [await send('RETURNED'), await send('PRINT_FAIL'), await send('Ada')]
      await call('POST', `/v1/pieces/${cancelled}/cancel`, {})
      await call('POST', '/v1/test-clock/advance', { days: 20 })
      const told = ({ requests }: Sink) =>
        requests
          .map(({ raw }) => JSON.parse(raw.toString()))
          .filter(({ type }) => !type.endsWith('.created'))
          .map(({ type, data }) => `${type} ${data.id} ${data.status}`)
      await eventually(async () => new Set(told(sink)).size >= 2 && told(second).length >= 1, 30_000)
      assert.deepEqual([...new Set(told(sink))].sort(), [`mail.failed ${failed} failed`, `mail.returned ${returned} returned`])
      assert.deepEqual(told(second), [`mail.cancelled ${cancelled} cancelled`])
    } finally {
      await second.stop()
    }
  })

  it('tries five times in a day, and no more', async () => {
    const deaf = await startSink(500)
    try {
      const hook = (await call('POST', '/v1/webhooks', { url: deaf.url, events: ['mail.created'] })).body
      await call('POST', '/v1/postcards', card)
      const log = async () => (await call('GET', `/v1/webhooks/${hook.id}/deliveries`)).body.data[0]
      const waits: number[] = []
      for (let attempt = 1; attempt <= 5; attempt++) {
        const now = await eventually(async () => {
          const entry = await log()
          return entry?.attempts === attempt && entry.status !== 'delivering' && entry
        }, 20_000)
        if (!now.next_attempt_at) break
        waits.push((Date.parse(now.next_attempt_at) - Date.now()) / 3_600_000)
        await t.app.db.pool.query('update webhook_deliveries set next_attempt_at = now() where id = $1', [
          parseId('webhookDelivery', now.id),
        ])
      }
      const end = await log()
      assert.deepEqual([end.attempts, end.status, waits.length], [5, 'failed', 4])
      assert.ok(
        waits.every((wait, i) => i === 0 || wait > 2 * waits[i - 1]!),
        'each wait is longer',
      )
      assert.ok(waits.reduce((sum, wait) => sum + wait, 0) <= 24)
      assert.equal(new Set(deaf.requests.map(({ raw }) => JSON.parse(raw.toString()).id)).size, 1)
    } finally {
      await deaf.stop()
    }
  })
})
