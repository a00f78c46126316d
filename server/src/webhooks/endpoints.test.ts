import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { eventually, type Json, startTestApp, type TestApp } from '../../test/harness.ts'
import { type Sink, startSink } from '../../test/http-sink.ts'
import { record } from '../events/events.sql.ts'
import { parseId } from '../kernel/ids.ts'
import { startWebhooks, type WebhookWorker } from './dispatch.ts'

let t: TestApp
let worker: WebhookWorker
let sink: Sink
let key: string
let org: string
const url = 'https://203.0.114.9/hook'

before(async () => {
  t = await startTestApp({ roles: ['web'] })
  worker = startWebhooks(t.app)
  sink = await startSink()
  const registered = await t.register()
  key = registered.key
  org = parseId('organization', registered.organization)!
})
after(async () => {
  await sink.stop()
  await worker.close()
  await t.close()
})

const call = (method: string, path: string, body?: unknown, as = key) =>
  t.call(method, `/v1/webhooks${path}`, { key: as, ...(body === undefined ? {} : { body }) })
const make = async (input: object = {}, as = key): Promise<Json> => {
  const { status, body } = await call('POST', '', { url, events: ['message.received'], ...input }, as)
  assert.equal(status, 201, JSON.stringify(body))
  return body
}

test('a webhook is made, shown without its secret, changed, listed and removed', async () => {
  const made = await make({ name: 'Orders', events: ['message.received', 'message.bounced'] })
  const { secret, ...shown } = made
  assert.match(secret, /^whsec_/)
  assert.equal(shown.dialect, 'pennypost')
  assert.deepEqual((await call('GET', `/${made.id}`)).body, shown)
  const { body: changed } = await call('PATCH', `/${made.id}`, { events: ['*'], name: 'All' })
  assert.deepEqual(changed, { ...shown, events: ['*'], name: 'All' })
  assert.ok((await call('GET', '')).body.data.some(({ id }: Json) => id === made.id))
  assert.deepEqual((await call('DELETE', `/${made.id}`)).body, { id: made.id, deleted: true })
  assert.equal((await call('GET', `/${made.id}`)).status, 404)
  assert.equal((await call('DELETE', `/${made.id}`)).status, 404)
})

test('the name may be left out; the secret of a dialect is the text its documents hash with', async () => {
  const made = await make({ dialect: 'mailboxkit' })
  assert.equal(made.name, '203.0.114.9')
  assert.match(made.secret, /^[0-9a-f]{64}$/)
})

test('secrets are sealed at rest, each for its own row', async () => {
  const { secret } = await make()
  const { rows } = await t.app.db.pool.query('select secret from webhook_endpoints where organization_id = $1', [org])
  assert.ok(rows.every(row => row.secret.startsWith('v1.') && !row.secret.includes(secret)))
  assert.throws(() => t.app.sealer.open(rows[0].secret, 'webhook_endpoints.secret:another'))
})

test('a rotation shows a new secret and says until when the old one signs', async () => {
  const made = await make()
  const { body } = await call('POST', `/${made.id}/rotate`, {})
  assert.notEqual(body.secret, made.secret)
  const hours = (Date.parse(body.previous_secret_until) - Date.now()) / 3_600_000
  assert.ok(hours > 23.9 && hours <= 24)
})

describe('refused', () => {
  const inputs: [name: string, input: object][] = [
    ['an event we do not have', { events: ['message.read'] }],
    ['no event', { events: [] }],
    ['an event twice', { events: ['*', '*'] }],
    ['a dialect we do not speak', { dialect: 'toString' }],
    ['a secret of their own', { secret: 'x' }],
    ['an empty name', { name: '' }],
    ['no address', { url: 'nowhere' }],
    ['another scheme', { url: 'ftp://example.com/' }],
    ['credentials in the address', { url: 'https://user:password@203.0.114.9/' }],
    ['a script', { url: 'javascript:alert(1)' }],
    ['a very long address', { url: `https://example.com/${'x'.repeat(2048)}` }],
  ]
  for (const [name, input] of inputs) {
    test(name, async () => {
      const { status, body } = await call('POST', '', { url, events: ['*'], ...input })
      assert.equal(status, 422, JSON.stringify(body))
    })
  }

  const hosts = [
    '127.0.0.1',
    '0',
    '0177.0.0.1',
    '2130706433',
    '0x7f.1',
    '127.1',
    '[::ffff:127.0.0.1]',
    '[::]',
    '[::1]',
    'localhost',
    'localhost.',
    '①②⑦.⓪.⓪.①',
  ]
  const more = [
    '169.254.169.254',
    '[fd00:ec2::254]',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '[2002:7f00:1::]',
    '[64:ff9b::7f00:1]',
    '203.0.114.9:5432',
    '203.0.114.9:25',
  ]
  test('addresses inside, when they are saved and when they are changed', async () => {
    const strict = await startTestApp({ roles: ['web'], databaseUrl: t.databaseUrl, config: { ALLOW_PRIVATE_NETWORKS: 'off' } })
    const made = await make()
    for (const host of [...hosts, ...more]) {
      for (const scheme of ['http', 'https']) {
        const input = { url: `${scheme}://${host}/hook` }
        const saved = await strict.call('POST', '/v1/webhooks', { key, body: { ...input, events: ['*'] } })
        assert.equal(saved.status, 422, `${input.url} was saved`)
        assert.equal(saved.body.error.code, 'url_refused', input.url)
        const changed = await strict.call('PATCH', `/v1/webhooks/${made.id}`, { key, body: input })
        assert.equal(changed.status, 422, `${input.url} was changed to`)
      }
    }
    assert.equal((await call('GET', `/${made.id}`)).body.url, url)
    await strict.close()
  })

  test('a key without the scope', async () => {
    const reader = await t.mint(key, { scopes: ['events.read'] })
    assert.equal((await call('GET', '', undefined, reader)).status, 403)
  })

  test('the hundred-and-first', async () => {
    const { key: other } = await t.register('Many')
    for (let i = 0; i < 100; i++) assert.equal((await call('POST', '', { url, events: ['*'] }, other)).status, 201)
    assert.equal((await call('POST', '', { url, events: ['*'] }, other)).status, 422)
  })
})

test("another organization's webhook answers as an unknown one, whatever is asked", async () => {
  const made = await make({ url: `${sink.url}/tenant` })
  await call('POST', `/${made.id}/test`, {})
  const delivery = (await call('GET', `/${made.id}/deliveries`)).body.data[0]
  const { key: stranger } = await t.register('Stranger')
  const own = (await call('POST', '', { url, events: ['*'] }, stranger)).body.id
  const asked: [method: string, path: string, body?: object][] = [
    ['GET', ''],
    ['PATCH', '', { name: 'Mine' }],
    ['POST', '/test', {}],
    ['POST', '/rotate', {}],
    ['GET', '/attempts'],
    ['GET', '/deliveries'],
    ['POST', '/replay', { since: '2020-01-01T00:00:00Z' }],
    ['POST', `/deliveries/${delivery.id}/replay`, {}],
    ['DELETE', ''],
  ]
  for (const [method, path, body] of asked) {
    const theirs = await call(method, `/${made.id}${path}`, body, stranger)
    const unknown = await call(method, `/whk_01ARZ3NDEKTSV4RRFFQ69G5FAV${path}`, body, stranger)
    assert.deepEqual([theirs.status, theirs.body.error.message], [404, unknown.body.error.message], `${method} ${path}`)
  }
  assert.equal((await call('POST', `/${own}/deliveries/${delivery.id}/replay`, {}, stranger)).status, 404)
  assert.equal((await call('GET', `/${made.id}`)).body.name, made.name)
})

test('a test is delivered at once, on a webhook that is off as well, and is tried once', async () => {
  const made = await make({ url: `${sink.url}/test`, events: ['message.received'] })
  await call('PATCH', `/${made.id}`, { enabled: false })
  const { body: ok } = await call('POST', `/${made.id}/test`, {})
  assert.deepEqual([ok.delivered, ok.status, ok.error, ok.event_type], [true, 200, null, 'webhook.test'])
  const received = sink.requests.find(({ path }) => path === '/test')!
  assert.equal(received.headers['webhook-id'], ok.event_id)
  assert.equal(JSON.parse(received.raw.toString()).type, 'webhook.test')
  sink.respond({ status: 418, body: 'short and stout' })
  const { body: failed } = await call('POST', `/${made.id}/test`, {})
  assert.deepEqual([failed.delivered, failed.status, failed.response_excerpt], [false, 418, 'short and stout'])
  sink.respond(410)
  await call('POST', `/${made.id}/test`, {})
  sink.respond(200)
  const { data } = (await call('GET', `/${made.id}/deliveries`)).body
  assert.deepEqual(
    data.map(({ status }: Json) => status),
    ['failed', 'failed', 'delivered'],
  )
  assert.equal((await call('GET', `/${made.id}`)).body.failing_since, null)
})

test('what failed is delivered again: one, and all of a range', async () => {
  const made = await make({ url: `${sink.url}/replay`, events: ['domain.verified'] })
  const arrived = () => sink.requests.filter(({ path }) => path === '/replay')
  sink.respond(({ path }) => (path === '/replay' ? 410 : 200))
  await record(
    t.app.db,
    [0, 1, 2].map(n => ({ type: 'domain.verified' as const, organization_id: org, livemode: true, data: { n } })),
  )
  await eventually(async () => (await call('GET', `/${made.id}`)).body.disabled_reason === 'gone')
  await eventually(async () => (await call('GET', `/${made.id}/deliveries?status=failed`)).body.data.length === 3)
  const [first, , last]: Json[] = (await call('GET', `/${made.id}/deliveries`)).body.data
  const refused = await call('POST', `/${made.id}/deliveries/${first.id}/replay`, {})
  assert.equal(refused.status, 422, 'it is off')
  await call('PATCH', `/${made.id}`, { enabled: true })
  sink.respond(200)
  const before = arrived().length
  const { body: again } = await call('POST', `/${made.id}/deliveries/${first.id}/replay`, {})
  assert.deepEqual([again.status, again.attempts], ['pending', 0])
  await eventually(async () => (await call('GET', `/${made.id}/deliveries?status=delivered`)).body.data.length === 1)
  assert.equal(arrived().length, before + 1)
  assert.equal(arrived().at(-1)!.headers['webhook-id'], first.event_id)
  const none = await call('POST', `/${made.id}/replay`, { since: '2020-01-01T00:00:00Z', until: last.created_at })
  assert.deepEqual(none.body, { replayed: 0 })
  const both = await call('POST', `/${made.id}/replay`, { since: last.created_at })
  assert.deepEqual(both.body, { replayed: 2 })
  await eventually(async () => (await call('GET', `/${made.id}/deliveries?status=delivered`)).body.data.length === 3)
  const twice = await call('POST', `/${made.id}/replay`, { since: last.created_at })
  assert.deepEqual(twice.body, { replayed: 0 })
})

test('a delivery that waits is not replayed beside itself', async () => {
  const made = await make({ url: `${sink.url}/waits`, events: ['domain.failed'] })
  sink.respond(({ path }) => (path === '/waits' ? 500 : 200))
  await record(t.app.db, [{ type: 'domain.failed', organization_id: org, livemode: true, data: {} }])
  const delivery = await eventually(async () =>
    (await call('GET', `/${made.id}/deliveries`)).body.data.find(({ attempts }: Json) => attempts > 0),
  )
  assert.equal((await call('POST', `/${made.id}/deliveries/${delivery.id}/replay`, {})).status, 409)
  sink.respond(200)
})

test('the log is paged, newest first, and each mode sees its own', async () => {
  const made = await make({ url: `${sink.url}/log` })
  for (let i = 0; i < 5; i++) await call('POST', `/${made.id}/test`, {})
  for (const list of ['attempts', 'deliveries']) {
    const first = (await call('GET', `/${made.id}/${list}?limit=3`)).body
    const second = (await call('GET', `/${made.id}/${list}?limit=3&cursor=${first.next_cursor}`)).body
    const ids = [...first.data, ...second.data].map(({ id }: Json) => id)
    assert.deepEqual([first.has_more, second.has_more, second.next_cursor], [true, false, null])
    assert.equal(new Set(ids).size, 5)
    assert.deepEqual(ids, [...ids].sort().reverse())
  }
  const testKey = await t.mint(key, { mode: 'test' })
  assert.equal((await call('GET', `/${made.id}/attempts`, undefined, testKey)).status, 404)
  assert.equal((await call('POST', `/${made.id}/test`, {}, testKey)).status, 404)
  const played = await make({ url: `${sink.url}/played` }, testKey)
  await call('POST', `/${played.id}/test`, {}, testKey)
  assert.equal((await call('GET', `/${played.id}/attempts`, undefined, testKey)).body.data.length, 1)
  assert.equal((await call('GET', `/${played.id}/attempts`)).status, 404)
  assert.equal((await call('GET', `/${made.id}/attempts`)).body.data.length, 5)
  const [sent] = sink.requests.filter(({ path }) => path === '/played').slice(-1)
  assert.equal(JSON.parse(sent!.raw.toString()).livemode, false)
})
