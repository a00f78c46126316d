import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { Webhook as StandardWebhook } from 'standardwebhooks'
import { eventually, type Json, startTestApp, type TestApp } from '../../test/harness.ts'
import { type Received, startSink } from '../../test/http-sink.ts'
import { record } from '../events/events.sql.ts'
import type { EventType } from '../events/events.ts'
import { movableClock } from '../kernel/clock.ts'
import { parseId } from '../kernel/ids.ts'
import { startWebhooks, type WebhookWorker } from './dispatch.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

const clock = movableClock()
let t: TestApp
let worker: WebhookWorker
const open: { stop(): Promise<void> }[] = []
const keep = <T extends { stop(): Promise<void> }>(server: T): T => {
  open.push(server)
  return server
}

before(async () => {
  t = await startTestApp({ roles: ['web'], clock })
  worker = startWebhooks(t.app)
})
after(async () => {
  await Promise.all(open.map(server => server.stop()))
  await worker.close()
  await t.close()
})

/** An organization with a sink and an endpoint at it. */
const subscribe = async (wanted: { events?: string[]; dialect?: string; url?: string } = {}) => {
  const sink = keep(await startSink())
  const { key, organization } = await t.register()
  const { status, body } = await t.call('POST', '/v1/webhooks', {
    key,
    body: { url: `${sink.url}/hook`, events: ['*'], ...wanted },
  })
  assert.equal(status, 201, JSON.stringify(body))
  const org = parseId('organization', organization)!
  return {
    sink,
    key,
    org,
    webhook: body as { id: string; secret: string },
    emit: (data: object = {}, type: EventType = 'domain.verified', count = 1) =>
      record(
        t.app.db,
        Array.from({ length: count }, (_, n) => ({ type, organization_id: org, livemode: true, data: { n, ...data } })),
      ),
    get: async (path = ''): Promise<Json> => (await t.call('GET', `/v1/webhooks/${body.id}${path}`, { key })).body,
    post: async (path: string, input: object = {}): Promise<{ status: number; body: Json }> =>
      t.call('POST', `/v1/webhooks/${body.id}${path}`, { key, body: input }),
  }
}
type Subscription = Awaited<ReturnType<typeof subscribe>>

const idOf = (request: Received) => String(request.headers['webhook-id'])
const attemptsOf = async ({ get }: Subscription, count: number): Promise<Json[]> =>
  eventually(async () => {
    const { data } = await get('/attempts?limit=100')
    return data.length >= count && data
  })
const deliveryOf = async ({ get }: Subscription): Promise<Json> => (await get('/deliveries')).data[0]

test('an event arrives signed, once, and is logged', async () => {
  const here = await subscribe({ events: ['domain.verified'] })
  await here.emit({ name: 'Grüße 🕊️' })
  await here.emit({}, 'domain.failed')
  const request = await here.sink.waitFor(() => true)
  const seen = new StandardWebhook(here.webhook.secret).verify(request.raw, request.headers as Record<string, string>) as Json
  assert.equal(seen.type, 'domain.verified')
  assert.deepEqual(seen.data, { n: 0, name: 'Grüße 🕊️' })
  assert.equal(seen.id, idOf(request))
  assert.equal(request.headers['svix-signature'], request.headers['webhook-signature'])
  assert.equal(request.headers['content-type'], 'application/json')
  const [attempt] = await attemptsOf(here, 1)
  assert.deepEqual(
    {
      status: attempt.status,
      error: attempt.error,
      event_id: attempt.event_id,
      event_type: attempt.event_type,
      attempt: attempt.attempt,
    },
    { status: 200, error: null, event_id: seen.id, event_type: 'domain.verified', attempt: 1 },
  )
  assert.equal((await deliveryOf(here)).status, 'delivered')
  assert.equal(here.sink.requests.length, 1, 'the event it did not ask for stays here')
})

test('retries keep the id, sign anew, follow the schedule with jitter, and end', async () => {
  const here = await subscribe()
  here.sink.respond({ status: 500, body: 'out\0 of order' })
  await here.emit()
  const waits = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]
  for (const [index, wait] of waits.entries()) {
    const [attempt] = await attemptsOf(here, index + 1)
    assert.equal(attempt.attempt, index + 1)
    assert.equal(attempt.status, 500)
    assert.equal(attempt.response_excerpt, 'out� of order')
    const delivery = await eventually(async () => {
      const found = await deliveryOf(here)
      return found.attempts === index + 1 && found
    })
    const planned = (Date.parse(delivery.next_attempt_at) - Date.parse(attempt.created_at)) / 1000
    assert.ok(
      planned >= wait && planned <= wait * 1.2,
      `${planned} s after attempt ${index + 1}, wanted ${wait} and up to a fifth more`,
    )
    clock.advance(planned * 1000)
    // 5 days of failures would switch it off before the schedule ends; a success elsewhere keeps it going.
    await t.app.db.rows({
      name: '',
      text: 'update webhook_endpoints set failing_since = null where organization_id = $1',
      values: [here.org],
    })
  }
  await attemptsOf(here, 10)
  await eventually(async () => (await deliveryOf(here)).status === 'failed')
  clock.advance(10 * day)
  assert.equal(here.sink.requests.length, 10)
  assert.equal(new Set(here.sink.requests.map(idOf)).size, 1)
  assert.equal(new Set(here.sink.requests.map(request => request.headers['webhook-timestamp'])).size, 10)
})

describe('only 2xx is success', () => {
  const answers: [name: string, answer: { status: number; headers?: Record<string, string> }, delivered: boolean][] = [
    ['204', { status: 204 }, true],
    ['299', { status: 299 }, true],
    ['304', { status: 304 }, false],
    ['400', { status: 400 }, false],
    ['404', { status: 404 }, false],
  ]
  for (const [name, answer, delivered] of answers) {
    test(name, async () => {
      const here = await subscribe()
      here.sink.respond(answer)
      await here.emit()
      const [attempt] = await attemptsOf(here, 1)
      assert.equal(attempt.status, answer.status)
      assert.equal(attempt.error === null, delivered)
    })
  }

  test('a redirect is not followed', async () => {
    const [here, elsewhere] = [await subscribe(), keep(await startSink())]
    for (const status of [301, 302, 303, 307, 308]) {
      here.sink.respond({ status, headers: { location: elsewhere.url } })
      await here.post('/test')
    }
    const attempts = await attemptsOf(here, 5)
    assert.ok(attempts.every(({ status, error }) => status >= 300 && status < 400 && error !== null))
    assert.equal(elsewhere.requests.length, 0)
  })
})

/** A server of raw bytes: says what it was told to whoever connects, or nothing, and keeps the connections. */
const startRaw = async (serve: (socket: Socket) => void) => {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    socket.once('data', () => serve(socket))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return keep({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sockets,
    stop: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise(done => server.close(done))
    },
  })
}

test('200 and then a reset, or an early close, is a failure', async () => {
  const broken = await startRaw(socket => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nhalf')
    setTimeout(() => socket.destroy(), 20)
  })
  const here = await subscribe({ url: broken.url })
  await here.emit()
  const [attempt] = await attemptsOf(here, 1)
  assert.equal(attempt.status, null)
  assert.ok(attempt.error)
})

test('an endless body is cut, and what is kept of it is small', async () => {
  const endless = await startRaw(socket => {
    socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n')
    const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`
    const pour = () => {
      while (!socket.destroyed && socket.write(chunk));
    }
    socket.on('drain', pour)
    pour()
  })
  const here = await subscribe({ url: endless.url })
  const { body } = await here.post('/test')
  assert.equal(body.response_excerpt.length, 1000)
  await eventually(async () => endless.sockets.size === 0)
})

test('410 switches off at once, tells the others, and gives up what waits', async () => {
  const here = await subscribe({ events: ['domain.verified', 'webhook.disabled'] })
  const other = keep(await startSink())
  await t.call('POST', '/v1/webhooks', { key: here.key, body: { url: other.url, events: ['webhook.disabled'] } })
  here.sink.respond(500)
  await here.emit()
  await attemptsOf(here, 1)
  here.sink.respond(410)
  await here.emit()
  const told = JSON.parse((await other.waitFor(() => true)).raw.toString())
  assert.equal(told.type, 'webhook.disabled')
  assert.equal(told.data.id, here.webhook.id)
  assert.equal(told.data.disabled_reason, 'gone')
  const endpoint = await here.get()
  assert.equal(endpoint.enabled, false)
  assert.equal(endpoint.disabled_reason, 'gone')
  const { data } = await here.get('/deliveries')
  assert.deepEqual(
    data.map(({ status }: Json) => status),
    ['failed', 'failed'],
  )
  await here.emit()
  clock.advance(day)
  assert.equal((await here.get('/deliveries')).data.length, 2, 'nothing is recorded for it while it is off')
})

test('five days of only failures switch off, one success in between does not; switching on starts afresh', async () => {
  const here = await subscribe()
  const outcome = async (answer: number) => {
    here.sink.respond(answer)
    const before = here.sink.requests.length
    await here.emit()
    await eventually(async () => here.sink.requests.length > before)
    await eventually(async () =>
      (await here.get('/deliveries?limit=100')).data.every(({ status, attempts }: Json) => status !== 'pending' || attempts > 0),
    )
  }
  await outcome(500)
  const since = (await eventually(async () => (await here.get()).failing_since)) as string
  assert.equal(since, clock.now().toISOString())
  clock.advance(4 * day)
  await outcome(200)
  await eventually(async () => (await here.get()).failing_since === null)
  await outcome(500)
  clock.advance(4 * day)
  await outcome(500)
  assert.equal((await here.get()).enabled, true)
  clock.advance(1.1 * day)
  await outcome(500)
  const off = await eventually(async () => {
    const endpoint = await here.get()
    return !endpoint.enabled && endpoint
  })
  assert.equal(off.disabled_reason, 'failing')
  here.sink.respond(200)
  const { body } = await t.call('PATCH', `/v1/webhooks/${here.webhook.id}`, { key: here.key, body: { enabled: true } })
  assert.deepEqual([body.enabled, body.disabled_reason, body.failing_since], [true, null, null])
  const before = here.sink.requests.length
  await here.emit()
  await eventually(async () => here.sink.requests.length > before)
})

describe('Retry-After', () => {
  const cases: [status: number, header: () => string, least: number, most: number][] = [
    [429, () => '3600', hour, hour],
    [503, () => new Date(clock.now().getTime() + 2 * hour).toUTCString(), 2 * hour - 1000, 2 * hour],
    [429, () => '315360000', day, day],
    [429, () => '9'.repeat(400), day, day],
    [503, () => '-5', 5000, 6000],
    [503, () => 'Thu, 01 Jan 1970 00:00:00 GMT', 5000, 6000],
    [429, () => 'soon', 5000, 6000],
    [429, () => '0', 5000, 6000],
    [500, () => '3600', 5000, 6000],
  ]
  for (const [status, header, least, most] of cases) {
    test(`${status} ${header()}`.slice(0, 60), async () => {
      const here = await subscribe()
      here.sink.respond({ status, headers: { 'retry-after': header() } })
      await here.emit()
      const [attempt] = await attemptsOf(here, 1)
      const { next_attempt_at } = await deliveryOf(here)
      const planned = Date.parse(next_attempt_at) - Date.parse(attempt.created_at)
      assert.ok(planned >= least && planned <= most, `${planned} ms`)
    })
  }
})

test('during a rotation both secrets verify at the endpoint; a day later the old one does not', async () => {
  const here = await subscribe()
  const { body } = await here.post('/rotate')
  assert.notEqual(body.secret, here.webhook.secret)
  const verify = (secret: string, request: Received) => {
    // The clock of this file has moved; the library believes its own.
    const now = Date.now
    Date.now = () => clock.now().getTime()
    try {
      new StandardWebhook(secret).verify(request.raw, request.headers as Record<string, string>)
    } finally {
      Date.now = now
    }
  }
  await here.emit()
  const first = await here.sink.waitFor(() => true)
  verify(here.webhook.secret, first)
  verify(body.secret, first)
  clock.advance(day + 1000)
  await here.emit()
  const second = await here.sink.waitFor(request => request !== first)
  verify(body.secret, second)
  assert.throws(() => verify(here.webhook.secret, second))
})

test('what is deleted under way takes nothing with it', async () => {
  const [doomed, other] = [await subscribe(), await subscribe()]
  const held = Promise.withResolvers<number>()
  doomed.sink.respond(() => held.promise)
  await doomed.emit({}, 'domain.verified', 30)
  await doomed.sink.waitFor(() => true)
  await t.call('DELETE', `/v1/webhooks/${doomed.webhook.id}`, { key: doomed.key })
  await other.emit({}, 'domain.verified', 30)
  held.resolve(200)
  await eventually(async () => (await other.get('/deliveries?limit=100&status=delivered')).data.length === 30)
})

test('a private address is refused when connecting, though it was saved when that was allowed', async () => {
  const here = await subscribe()
  const SECRET_KEY = t.app.masterKey.toString('base64')
  const strict = await startTestApp({
    roles: ['web'],
    clock, // by another, the worker of the first might find the delivery forgotten, and make it
    databaseUrl: t.databaseUrl,
    config: { ALLOW_PRIVATE_NETWORKS: 'off', SECRET_KEY },
  })
  const { status, body } = await strict.call('POST', `/v1/webhooks/${here.webhook.id}/test`, { key: here.key, body: {} })
  assert.equal(status, 200)
  assert.equal(body.delivered, false)
  assert.equal(body.status, null)
  assert.match(body.error, /private|public/)
  assert.equal(body.response_excerpt, null)
  assert.equal(here.sink.requests.length, 0)
  await strict.close()
})
