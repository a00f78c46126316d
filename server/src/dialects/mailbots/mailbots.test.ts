/** What examples of requests and answers cannot show of Mailbots: its webhooks and its limits. */
import assert from 'node:assert/strict'
import crypto from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { eventually, startTestApp, type TestApp } from '../../../test/harness.ts'
import { type Sink, startSink } from '../../../test/http-sink.ts'
import { movableClock } from '../../kernel/clock.ts'

/** The function of their documentation, as it stands there. */
function verifyMailbotsSignature(rawBody: string | Buffer, signatureHeader: string, secret: string) {
  const expected = crypto.createHmac('sha256', secret).update(rawBody).digest('hex')
  const [, received] = signatureHeader.split('=')
  return crypto.timingSafeEqual(Buffer.from(expected, 'hex'), Buffer.from(received!, 'hex'))
}

const address = { name: 'Eleanor', line1: '22 Harbor St', city: 'Portland', state: 'ME', zip: '04101' }
const csv = 'first_name,address,city,state,zip\nAda,1 Elm St,Boston,MA,02139\nRETURNED,2 Elm St,Boston,MA,02139\n'

describe('Mailbots', () => {
  let t: TestApp
  let sink: Sink
  let owner: string
  let key: string
  before(async () => {
    t = await startTestApp({ config: { RATE_LIMITS: 'on' } })
    sink = await startSink()
    owner = (await t.register()).key
    key = await t.mint(owner, { mode: 'test', dialect: 'mailbots' })
  })
  after(async () => {
    await t.close()
    await sink.stop()
  })
  const call = (method: string, path: string, body?: object) =>
    t.call(method, `/api/v1${path}`, { key, ...(body ? { body } : {}) })

  it('tells of every documented event in its own words, signed as documented', async () => {
    assert.match(key, /^mb_test_/)
    const events = [
      'order.created',
      'order.paid',
      'order.production_started',
      'order.mailed',
      'piece.delivered',
      'piece.returned',
      'qr.scanned',
    ]
    const { body: hook } = await call('POST', '/webhooks', { url: sink.url, events })
    const { body: order } = await call('POST', '/orders', {
      quantity: 2,
      message: 'Hi {{first_name}}',
      return_address: address,
      qr_url: 'https://example.com/x',
    })
    await call('POST', `/orders/${order.id}/recipients`, { csv })
    assert.equal((await call('POST', `/orders/${order.id}/checkout`, {})).status, 200)
    const { data } = (await t.call('GET', `/v1/pieces?order_id=ord_${order.id}`, { key: owner })).body
    assert.deepEqual(data, [], 'a live key sees no test pieces')
    const piece = (await t.call('GET', `/v1/pieces?order_id=ord_${order.id}`, { key })).body.data[0]
    await fetch(piece.short_url.replace(/^HTTPS?:\/\/[^/]+/i, t.url), {
      redirect: 'manual',
      headers: { 'user-agent': 'Mozilla/5.0 (iPhone)' },
    })
    await t.call('POST', '/v1/test-clock/advance', { key, body: { days: 20 } })
    await eventually(
      async () => new Set(sink.requests.map(({ headers }) => headers['x-mailbots-event'])).size === events.length,
      30_000,
    )
    for (const request of sink.requests) {
      const signature = String(request.headers['x-mailbots-signature'])
      assert.match(signature, /^sha256=[0-9a-f]{64}$/)
      assert.ok(verifyMailbotsSignature(request.raw, signature, hook.secret))
      const event = JSON.parse(request.raw.toString())
      assert.equal(event.event, request.headers['x-mailbots-event'])
      assert.equal(event.order_id, order.id)
      assert.equal('piece_id' in event, !event.event.startsWith('order.'))
      if (event.piece_id) assert.match(event.piece_id, /^[0-9A-HJKMNP-TV-Z]{26}$/)
      assert.ok(!/"(ord|pce|drp|evt)_/.test(request.raw.toString()), 'ids are bare')
    }
    const mailed = sink.requests.map(({ raw }) => JSON.parse(raw.toString())).find(({ event }) => event === 'order.mailed')
    assert.deepEqual([mailed.data.id, mailed.data.status, mailed.data.quantity], [order.id, 'mailed', 2])
  })

  it('shares /api/v1/webhooks with MailboxKit by the prefix of the key', async () => {
    const other = await t.mint(owner, { mode: 'test', dialect: 'mailboxkit' })
    assert.ok('pagination' in (await call('GET', '/webhooks')).body)
    assert.ok('meta' in (await t.call('GET', '/api/v1/webhooks', { key: other })).body)
  })

  it('lets a key do what its scopes say', async () => {
    const scoped = async (scope: string) => t.mint(owner, { mode: 'test', dialect: 'mailbots', scopes: [scope] })
    const { id } = (await call('POST', '/orders', { quantity: 1 })).body
    const needs: [string, string, string][] = [
      ['POST', '/orders', 'orders.create'],
      ['GET', '/orders', 'orders.read'],
      ['GET', `/orders/${id}`, 'orders.read'],
      ['PATCH', `/orders/${id}`, 'orders.update'],
      ['POST', `/orders/${id}/recipients`, 'orders.update'],
      ['POST', `/orders/${id}/checkout`, 'orders.update'],
      ['GET', `/orders/${id}/tracking`, 'orders.read'],
      ['GET', `/orders/${id}/analytics`, 'orders.read'],
      ['GET', '/pieces/x/tracking', 'orders.read'],
      ['POST', '/api-keys', 'account.manage'],
      ['GET', '/api-keys', 'account.manage'],
      ['DELETE', '/api-keys/x', 'account.manage'],
      ['POST', '/webhooks', 'webhooks.manage'],
      ['GET', '/webhooks', 'webhooks.manage'],
      ['DELETE', '/webhooks/x', 'webhooks.manage'],
      ['GET', '/account', 'account.read'],
      ['DELETE', `/orders/${id}`, 'orders.delete'],
    ]
    const names = [...new Set(needs.map(([, , scope]) => scope))]
    const keys = new Map(await Promise.all(names.map(async name => [name, await scoped(name)] as const)))
    for (const [method, path, scope] of needs)
      for (const [name, scopedKey] of keys) {
        const body = method === 'POST' || method === 'PATCH' ? {} : undefined
        const { status } = await t.call(method, `/api/v1${path}`, { key: scopedKey, ...(body ? { body } : {}) })
        assert.equal(status === 403, name !== scope, `${method} ${path} with ${name}: ${status}`)
      }
  })

  it('takes 60 requests a minute, 30 of them lists, and says when to come back', async () => {
    const still = await startTestApp({ config: { RATE_LIMITS: 'on' }, clock: movableClock(), roles: ['web'] })
    const fresh = await still.mint((await still.register()).key, { mode: 'test', dialect: 'mailbots' })
    const run = async (path: string, times: number) => {
      let passed = 0
      let refused: Headers | undefined
      for (let i = 0; i < times; i++) {
        const { status, headers } = await still.call('GET', `/api/v1${path}`, { key: fresh })
        if (status === 429) refused ??= headers
        else passed++
      }
      return { passed, refused }
    }
    const lists = await run('/orders', 35)
    assert.equal(lists.passed, 30)
    assert.match(lists.refused!.get('retry-after')!, /^[1-9]\d?$/)
    const others = await run('/account', 35)
    assert.equal(others.passed, 30)
    assert.ok(others.refused!.get('retry-after'))
    await still.close()
  })
})
