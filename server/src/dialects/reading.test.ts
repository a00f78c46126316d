/** What dialects ignore is named in the answer, whatever the row and however deep. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Json, startTestApp, type TestApp } from '../../test/harness.ts'
import { unwatched, watched } from './reading.ts'

describe('reading a request', () => {
  it('names what nobody read, nested fields by their path', () => {
    const request = watched({ limit: '5', sort: 'x' }, { a: 1, b: { c: 2, d: 3 }, e: [{ f: 4, g: 5 }], h: { i: 6 }, j: { k: 7 } })
    const { query, body } = request
    const seen = { limit: query.limit, a: body.a, c: body.b.c, f: body.e.map(({ f }) => f), h: body.h }
    assert.deepEqual(request.handedOn(seen), { limit: '5', a: 1, c: 2, f: [4], h: { i: 6 } })
    assert.deepEqual(request.ignored(), ['sort', 'b.d', 'e.0.g', 'j'])
  })

  it('hands on what was sent, not what watched it', () => {
    const bytes = Buffer.from('x')
    const sent = { list: [{ deep: { deeper: true } }], bytes }
    const request = watched({}, sent)
    const input = request.handedOn({ list: request.body.list, bytes: request.body.bytes }) as typeof sent
    assert.equal(input.list, sent.list)
    assert.equal(input.bytes, bytes)
    assert.deepEqual(request.ignored(), [])
  })

  it('does not take looking at an object for reading what is in it', () => {
    const request = watched({}, { a: { b: 1 }, c: { d: 2 } })
    assert.equal(Array.isArray(request.body.a), false)
    assert.deepEqual(unwatched(request.body), { a: { b: 1 }, c: { d: 2 } })
    assert.deepEqual(request.ignored(), ['a', 'c'])
  })

  it('is bounded', () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`${'x'.repeat(500)}${i}`, i]))
    const names = watched({}, many).ignored()
    assert.deepEqual([names.length, Math.max(...names.map(({ length }) => length))], [100, 200])
    let deep: Json = 1
    for (let i = 0; i < 100_000; i++) deep = { deep }
    assert.deepEqual(watched({}, { deep }).ignored(), ['deep'])
  })
})

describe('every dialect names the fields it ignored', () => {
  let t: TestApp
  let owner: string
  before(async () => {
    t = await startTestApp()
    owner = (await t.register()).key
  })
  after(() => t.close())
  const to = { name: 'Jane Doe', line1: '12 Oak Ave', city: 'Boston', state: 'MA', zip: '02139' }

  it('Mailbots: orders, drops, addresses, keys, webhooks, queries', async () => {
    const key = await t.mint(owner, { mode: 'test', dialect: 'mailbots' })
    const call = (method: string, path: string, body?: object) =>
      t.call(method, `/mailbots/api/v1${path}`, { key, ...(body ? { body } : {}) })
    const made = await call('POST', '/orders', {
      quantity: 1,
      message: 'Hi',
      colour_of_cat: 'black',
      return_address: { ...to, lat: 1 },
      drops: [{ mail_date: '2027-12-24', hour: 3 }],
      recipients: 'soon',
    })
    assert.equal(made.status, 201, JSON.stringify(made.body))
    assert.deepEqual(made.body.ignored, ['colour_of_cat', 'return_address.lat', 'drops.0.hour', 'recipients'])
    assert.equal('ignored' in (await call('POST', '/orders', { quantity: 1, message: 'Hi' })).body, false)
    assert.deepEqual((await call('PATCH', `/orders/${made.body.id}`, { mesage: 'typo' })).body.ignored, ['mesage'])
    assert.deepEqual((await call('GET', '/orders?status=draft&sort=desc')).body.ignored, ['sort'])
    const hook = { url: 'http://127.0.0.1:9/', events: ['order.mailed'], description: 'x' }
    assert.deepEqual((await call('POST', '/webhooks', hook)).body.ignored, ['description'])
    const csv = 'name,address,city,state,zip\nAda,1 Elm St,Boston,MA,02139\n'
    assert.deepEqual((await call('POST', `/orders/${made.body.id}/recipients`, { csv, header: true })).body.ignored, ['header'])
  })

  it('MailboxKit: beside data', async () => {
    const { body: me } = await t.call('POST', '/mailboxkit/api/v1/register', {
      body: { name: 'A', owner_email: 'a@company.test', plan: 'pro' },
    })
    assert.deepEqual(me.ignored, ['plan'])
    const call = (method: string, path: string, body?: object) =>
      t.call(method, `/mailboxkit/api/v1${path}`, { key: me.api_key, ...(body ? { body } : {}) })
    const mail = { to: ['a@sink.test'], subject: 's', text: 't', priority: 'high', tags: ['x'] }
    const sent = (await call('POST', `/inboxes/${me.inbox_id}/messages/send`, mail)).body
    assert.deepEqual([sent.ignored, typeof sent.data.id], [['priority', 'tags'], 'string'])
    assert.deepEqual((await call('GET', `/inboxes/${me.inbox_id}/messages?page=1&folder=spam`)).body.ignored, ['folder'])
    assert.equal('ignored' in (await call('GET', `/inboxes/${me.inbox_id}/messages?page=1&per_page=5`)).body, false)
  })

  it('MailStream: nested fields as well, and stored with the answer of an Idempotency-Key', async () => {
    const key = await t.mint(owner, { mode: 'test', dialect: 'mailstream' })
    const body = { to: { ...to, phone: '1' }, from: to, message: 'Hi', speed: 'fast', front: { design: 'sprig', dpi: 300 } }
    const send = () => t.call('POST', '/v1/postcards', { key, body, headers: { 'idempotency-key': 'k1' } })
    const made = await send()
    assert.equal(made.status, 201, JSON.stringify(made.body))
    assert.deepEqual(made.body.ignored, ['to.phone', 'speed', 'front.dpi'])
    assert.deepEqual((await send()).body, made.body)
    assert.deepEqual((await t.call('GET', '/v1/pieces?limit=1&colour=red', { key })).body.ignored, ['colour'])
  })
})
