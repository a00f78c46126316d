/** What happens to a call when the way to the server, or the server, is bad. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { startTestApp, type TestApp } from '../../server/test/harness.ts'
import { type Received, startSink } from '../../server/test/http-sink.ts'
import Pennypost, { PennypostError } from '../src/index.ts'

const refusal = (status: number, code: string, retryable: boolean, headers: Record<string, string> = {}) => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify({ error: { code, message: `It is ${code}.`, fix: 'Mend it.', docs: '', retryable, request_id: 'req_1' } }),
})
const accepted = { status: 202, body: '{"id":"msg_1"}' }
type Answer = ReturnType<typeof refusal> | { status: number; body?: string }

/** A server that answers in turn, the last answer for ever, and a client of it. */
const script = async (answers: Answer[], options: object = {}) => {
  let turn = 0
  const sink = await startSink(() => answers[Math.min(turn++, answers.length - 1)]!)
  return { sink, pp: new Pennypost({ apiKey: 'pp_test_x', baseUrl: `${sink.url}/`, ...options }) }
}
const keyOf = ({ headers }: Received) => headers['idempotency-key']
const send = (pp: Pennypost, options?: object) => pp.send('inb_1', { to: 'a@example.test', subject: 's', text: 't' }, options)

describe('retries', () => {
  it('tries again what may succeed, under the same Idempotency-Key', async t => {
    const again = [
      refusal(500, 'internal', true),
      refusal(429, 'rate_limited', true, { 'retry-after': '0' }),
      refusal(409, 'idempotency_in_flight', true, { 'retry-after': '0' }),
      accepted,
    ]
    const { sink, pp } = await script(again)
    t.after(sink.stop)
    assert.equal((await send(pp)).id, 'msg_1')
    assert.equal(sink.requests.length, 4)
    assert.match(String(keyOf(sink.requests[0]!)), /^[0-9a-f-]{36}$/)
    assert.equal(new Set(sink.requests.map(keyOf)).size, 1)
    await send(pp)
    assert.notEqual(keyOf(sink.requests[4]!), keyOf(sink.requests[0]!))
    await send(pp, { idempotencyKey: 'order-42' })
    assert.equal(keyOf(sink.requests[5]!), 'order-42')
  })

  it('tries again after 408 and 5xx of a proxy that says nothing of its own, and after a date in Retry-After', async t => {
    const { sink, pp } = await script([{ status: 408 }, { status: 502, body: '<html>Bad gateway</html>' }, accepted])
    t.after(sink.stop)
    assert.equal((await send(pp)).id, 'msg_1')
    sink.respond({ status: 503, headers: { 'retry-after': new Date(Date.now() + 7_200_000).toUTCString() } })
    await assert.rejects(send(pp), { code: 'http_503', status: 503, retryable: true })
    assert.equal(sink.requests.length, 4)
  })

  it('does not try again what stays refused, nor waits an hour', async t => {
    const { sink, pp } = await script([accepted])
    t.after(sink.stop)
    for (const answer of [
      refusal(422, 'invalid_input', false),
      refusal(409, 'address_taken', false),
      refusal(402, 'insufficient_balance', false),
      refusal(503, 'payments_off', false),
      refusal(429, 'rate_limited', true, { 'retry-after': '3600' }),
    ]) {
      sink.requests.length = 0
      sink.respond(answer)
      await assert.rejects(send(pp), (error: PennypostError) => {
        assert.ok(error instanceof PennypostError)
        assert.deepEqual(
          [error.status, error.fix, error.requestId, error.name],
          [answer.status, 'Mend it.', 'req_1', 'PennypostError'],
        )
        assert.equal(error.code, JSON.parse(answer.body).error.code)
        return true
      })
      assert.equal(sink.requests.length, 1)
    }
  })

  it('gives up after maxRetries with the last refusal', async t => {
    const { sink, pp } = await script([refusal(503, 'unavailable', true, { 'retry-after': '0' })], { maxRetries: 2 })
    t.after(sink.stop)
    await assert.rejects(send(pp), { code: 'unavailable', message: 'It is unavailable.' })
    assert.equal(sink.requests.length, 3)
  })

  it('follows no redirect: a POST would become a GET, and the key would travel', async t => {
    const { sink, pp } = await script([{ status: 200, body: '{"stolen":true}' }])
    t.after(sink.stop)
    sink.respond(({ path }) => (path === '/elsewhere' ? 200 : { status: 301, headers: { location: '/elsewhere' } }))
    await assert.rejects(send(pp), { code: 'http_301', fix: /baseUrl/ })
    assert.equal(sink.requests.length, 1)
  })

  it('takes no page of somebody else for an answer', async t => {
    const { sink, pp } = await script([{ status: 200, body: '<html>Please sign in</html>' }])
    t.after(sink.stop)
    await assert.rejects(pp.inboxes.get('inb_1'), { code: 'http_200', message: /sign in/ })
    assert.equal(sink.requests.length, 1)
  })

  it('says what stood in the way when nobody answers', async () => {
    const probe = createTcpServer()
    await once(probe.listen(0, '127.0.0.1'), 'listening')
    const { port } = probe.address() as AddressInfo
    await new Promise(resolve => probe.close(resolve))
    const pp = new Pennypost({ apiKey: 'k', baseUrl: `http://127.0.0.1:${port}`, maxRetries: 1 })
    await assert.rejects(pp.wallet.get(), { code: 'network', status: 0, retryable: true, message: /ECONNREFUSED/ })
  })
})

describe('ending a call', () => {
  it('ends at the caller’s signal: before, during a request, and while it waits to try again', async t => {
    const sink = await startSink(() => refusal(503, 'unavailable', true, { 'retry-after': '30' }))
    const silent = createServer(() => {})
    await once(silent.listen(0, '127.0.0.1'), 'listening')
    t.after(async () => {
      await sink.stop()
      silent.closeAllConnections()
      silent.close()
    })
    const reason = new Error('enough')
    const pp = new Pennypost({ apiKey: 'k', baseUrl: sink.url })
    await assert.rejects(send(pp, { signal: AbortSignal.abort(reason) }), reason)
    assert.equal(sink.requests.length, 0)

    const waiting = new AbortController()
    const paused = send(pp, { signal: waiting.signal })
    await sink.waitFor(() => true)
    setTimeout(() => waiting.abort(reason), 50)
    await assert.rejects(paused, reason)

    const open = new AbortController()
    const hanging = new Pennypost({ apiKey: 'k', baseUrl: `http://127.0.0.1:${(silent.address() as AddressInfo).port}` })
    const call = send(hanging, { signal: open.signal })
    silent.once('request', () => open.abort(reason))
    await assert.rejects(call, reason)
  })

  it('ends a try after its time limit, an answer that stops halfway included', async t => {
    const stuck = createServer((_, response) => void response.writeHead(200).write('{"id":'))
    await once(stuck.listen(0, '127.0.0.1'), 'listening')
    t.after(() => {
      stuck.closeAllConnections()
      stuck.close()
    })
    const baseUrl = `http://127.0.0.1:${(stuck.address() as AddressInfo).port}`
    const pp = new Pennypost({ apiKey: 'k', baseUrl, maxRetries: 1, timeout: 100 })
    let requests = 0
    stuck.on('request', () => requests++)
    await assert.rejects(pp.wallet.get(), { code: 'timeout' })
    assert.equal(requests, 2)
  })
})

describe('a lost answer', () => {
  let t: TestApp
  before(async () => {
    t = await startTestApp()
  })
  after(() => t.close())

  it('sends one mail and charges once, though the connection dies after the server did its work', async () => {
    const { key, inbox } = await t.register()
    let calls = 0
    // In front of the real server: hands every request on, and hangs up instead of passing back the first two answers.
    const proxy = createServer(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const headers = request.headers as Record<string, string>
      const answer = await fetch(t.url + request.url, { method: request.method!, headers, body: Buffer.concat(chunks) })
      const body = await answer.text()
      if (++calls <= 2) return void response.destroy()
      response.writeHead(answer.status, { 'x-idempotent-replayed': answer.headers.get('x-idempotent-replayed') ?? '' }).end(body)
    })
    await once(proxy.listen(0, '127.0.0.1'), 'listening')
    try {
      const pp = new Pennypost({ apiKey: key, baseUrl: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` })
      const sent = await pp.send(inbox, { to: 'a@example.test', subject: 'Once', text: 'x' })
      assert.equal(calls, 3)
      const { body } = await t.call('GET', `/v1/inboxes/${inbox}/messages`, { key })
      assert.deepEqual(
        body.data.map((message: { id: string }) => message.id),
        [sent.id],
      )
      assert.equal((await t.call('GET', '/v1/wallet', { key })).body.balance_mills, 998)
    } finally {
      proxy.closeAllConnections()
      proxy.close()
    }
  })
})
