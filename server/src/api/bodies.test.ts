/** Bodies: nobody's is read before it is known who sends it, none without bounds, and whoever is refused gets to read why. */
import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { after, before, describe, it } from 'node:test'
import Fastify from 'fastify'
import { eventually, startTestApp, type TestApp } from '../../test/harness.ts'
import { dialects } from '../dialects/index.ts'
import { watchJson } from '../kernel/bounded-json.ts'
import { movableClock } from '../kernel/clock.ts'
import { limits } from '../limits.ts'
import { Problem } from '../problems.ts'
import { readBody } from './body.ts'
import { createManners } from './unread-bodies.ts'
import { v1 } from './v1.ts'

const MB = 1024 * 1024

/** One connection that is written to by hand. */
const dial = (url: string) => {
  const socket: Socket = connect(Number(new URL(url).port), '127.0.0.1')
  let text = ''
  let closed = false
  socket.setEncoding('latin1').on('data', piece => {
    text += piece
  })
  socket
    .on('error', () => {})
    .on('close', () => {
      closed = true
    })
  return {
    socket,
    isClosed: () => closed,
    /** Sends the head of a request, and of its body what is given. */
    ask: (method: string, path: string, headers: Record<string, string | number>, body: string | Buffer = '') => {
      const lines = Object.entries({ host: 'test', ...headers }).map(([name, value]) => `${name}: ${value}`)
      socket.write(`${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
      if (body.length > 0) socket.write(body)
    },
    /** The answer of this number on the connection, once its body is there. */
    answer: (number = 1) =>
      eventually(async () => {
        const [head = '', ...rest] = text.split(/(?=HTTP\/1\.1 [2-5])/)[number - 1]?.split('\r\n\r\n') ?? []
        const body = rest.join('\r\n\r\n')
        const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? Number.NaN)
        return body.length >= length && { status: Number(head.slice(9, 12)), head, body: body && JSON.parse(body) }
      }),
    text: () => text,
  }
}

describe('bodies', () => {
  let t: TestApp
  let key: string
  let inbox: string
  before(async () => {
    t = await startTestApp({
      roles: ['web'],
      config: { TRACKING_USER: 'usps', TRACKING_PASSWORD: 'push', LOB_WEBHOOK_SECRET: 'lob', LOG_LEVEL: 'silent' },
    })
    ;({ key, inbox } = await t.register('Bodies'))
  })
  after(() => t.close())

  const json = { 'content-type': 'application/json' }
  const send = (body: string | Buffer, headers: Record<string, string> = json) =>
    fetch(`${t.url}/v1/inboxes/${inbox}/messages`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, ...headers },
      body: body as string,
    }).then(async answer => ({ status: answer.status, body: await answer.json() }))
  /** Only the head is sent: an answer is one that did not wait for the body. */
  const unsent = async (method: string, path: string, headers: Record<string, string> = {}, bytes = 78 * MB) => {
    const line = dial(t.url)
    line.ask(method, path, { ...json, 'content-length': bytes, ...headers })
    const answer = await line.answer()
    line.socket.destroy()
    return answer
  }

  it('a stranger is refused on every route of every surface before a byte of the body', async () => {
    const routes = [
      ...v1.filter(([, run]) => run.scope !== 'public').map(([at]) => at.replace(' ', ' /v1')),
      ...dialects.flatMap(({ name, rows }) =>
        rows.flatMap(row => ('run' in row && row.run.scope !== 'public' ? [row.at.replace(' ', ` /${name}`)] : [])),
      ),
      'POST /mcp',
      'POST /tracking/iv-mtr',
      'POST /tracking/lob',
    ].filter(at => !at.startsWith('GET'))
    assert.ok(routes.length > 60)
    const strangers: Record<string, string>[] = [
      {},
      { authorization: 'Bearer pp_live_nobody' },
      { 'content-type': 'multipart/form-data; boundary=x' },
    ]
    for (const at of routes) {
      const [method, path] = at.replace(/:\w+/g, 'x').split(' ') as [string, string]
      for (const headers of strangers)
        assert.equal((await unsent(method, path, headers)).status, 401, `${at} ${JSON.stringify(headers)}`)
    }
  })

  it('so is who may not', async () => {
    const small = await t.mint(key, { mode: 'live', scopes: ['messages.read'] })
    const { status, body } = await unsent('POST', `/v1/inboxes/${inbox}/messages`, { authorization: `Bearer ${small}` })
    assert.deepEqual([status, body.error.code], [403, 'forbidden'])
  })

  it('and a path that leads nowhere, a report without a signature, a body larger than the route takes', async () => {
    assert.equal((await unsent('POST', '/v1/nowhere')).status, 404)
    assert.equal((await unsent('POST', '/webhooks/stripe')).status, 503)
    const large = await unsent('POST', '/v1/api-keys', { authorization: `Bearer ${key}` })
    assert.deepEqual([large.status, large.body.error.message], [413, 'The body is larger than 1 MB.'])
    const keyless = await unsent('POST', '/v1/register', {}, 17 * 1024)
    assert.deepEqual([keyless.status, keyless.body.error.message], [413, 'The body is larger than 16 KB.'])
    for (const path of ['/claim/x', '/approve/x', '/billing']) {
      const line = dial(t.url)
      line.ask('POST', path, { 'content-type': 'application/x-www-form-urlencoded', 'content-length': 11_000 })
      await eventually(async () => line.text().startsWith('HTTP/1.1 413'))
      line.socket.destroy()
    }
  })

  it('the limit of requests is taken before the body', async () => {
    const limited = await startTestApp({ roles: ['web'], config: { RATE_LIMITS: 'on' }, clock: movableClock() })
    try {
      const owner = await limited.register('Limited')
      const mailbots = (
        await limited.call('POST', '/v1/api-keys', { key: owner.key, body: { name: 'mb', mode: 'live', dialect: 'mailbots' } })
      ).body.key
      const ask = async (path: string, headers: Record<string, string>) => {
        const line = dial(limited.url)
        line.ask('POST', path, { ...json, 'content-length': 100, ...headers })
        const { status, head } = await line.answer()
        line.socket.destroy()
        return [status, /retry-after: \d/i.test(head)]
      }
      for (let i = 0; i < 60; i++) await limited.call('GET', '/mailbots/api/v1/orders/ord_x', { key: mailbots })
      assert.deepEqual(await ask('/mailbots/api/v1/orders', { authorization: `Bearer ${mailbots}` }), [429, true])
      for (let i = 0; i < 60; i++) await limited.call('POST', '/v1/register', { body: {} })
      assert.deepEqual(await ask('/v1/register', {}), [429, true])
      const line = dial(limited.url)
      line.ask('POST', '/claim/x', { 'content-type': 'application/x-www-form-urlencoded', 'content-length': 100 })
      await eventually(async () => line.text().startsWith('HTTP/1.1 429'))
      line.socket.destroy()
    } finally {
      await limited.close()
    }
  })

  it('whoever writes all before it reads gets the refusal, whether the connection was to be kept or not', async () => {
    const body = Buffer.alloc(30 * MB, 'a')
    const kinds: Record<string, string>[] = [{}, { connection: 'close' }, { connection: 'close', authorization: `Bearer ${key}` }]
    for (const headers of kinds) {
      const line = dial(t.url)
      line.socket.pause()
      line.ask('POST', '/v1/api-keys', { ...json, 'content-length': body.length, ...headers })
      await new Promise<void>((resolve, reject) =>
        line.socket.once('close', reject).write(body, error => (error ? reject(error) : resolve())),
      )
      line.socket.resume()
      assert.equal((await line.answer()).status, 'authorization' in headers ? 413 : 401)
      // On a connection that is kept, the next request is read as one.
      if (Object.keys(headers).length === 0) {
        line.ask('GET', '/healthz', {})
        assert.equal((await line.answer(2)).status, 200)
        line.socket.destroy()
      } else await eventually(async () => line.isClosed())
    }
  })

  it('so does who asks for what leads nowhere, cannot be decoded or is too long', async () => {
    const body = Buffer.alloc(10 * MB, 'a')
    for (const path of ['/nowhere', '/v1/inboxes/%zz', `/v1/inboxes/${'x'.repeat(1500)}`])
      for (const connection of ['close', 'keep-alive']) {
        const line = dial(t.url)
        line.socket.pause()
        line.ask('POST', path, { ...json, 'content-length': body.length, connection })
        await new Promise<void>((resolve, reject) =>
          line.socket.once('close', reject).write(body, error => (error ? reject(error) : resolve())),
        )
        line.socket.resume()
        assert.equal((await line.answer()).status, 404)
        line.socket.destroy()
      }
  })

  it('who asks before sending is not told to go on in vain', async () => {
    const ask = (authorization: string) => {
      const line = dial(t.url)
      line.ask('POST', '/v1/inboxes', { ...json, expect: '100-continue', 'content-length': 15, authorization })
      return line
    }
    const refused = ask('Bearer nobody')
    assert.equal((await refused.answer()).status, 401)
    assert.doesNotMatch(refused.text(), /100 Continue/)
    assert.match(refused.text(), /connection: close/i)
    refused.socket.destroy()
    const welcome = ask(`Bearer ${key}`)
    await eventually(async () => welcome.text().includes('100 Continue'))
    welcome.socket.write('{"name":"late"}')
    await eventually(async () => /HTTP\/1\.1 201/.test(welcome.text()))
    welcome.socket.destroy()
  })

  it('JSON is refused while it comes in, when it is too deep or holds too much', async () => {
    const line = dial(t.url)
    line.ask(
      'POST',
      `/v1/inboxes/${inbox}/messages`,
      { ...json, 'content-length': 78 * MB, authorization: `Bearer ${key}` },
      '['.repeat(100),
    )
    const { status, body } = await line.answer()
    assert.deepEqual(
      [status, body.error.message],
      [422, 'The request is not valid: / is nested more than 64 levels deep; send it flatter'],
    )
    line.socket.destroy()

    const nested = (open: string, close: string, times: number) => `{"headers":${open.repeat(times)}1${close.repeat(times)}}`
    for (const deep of [nested('[', ']', 64), nested('{"a":', '}', 64), nested('[', ']', 15_000), nested('{"a":', '}', 5000)])
      assert.equal((await send(deep)).status, 422)
    // 64 levels are read, and refused for what they are.
    const most = await send(nested('[', ']', 63))
    assert.match(most.body.error.errors[0].path, /^\/(headers|to|subject)/)
    const many = await send(`{"to":[${'1,'.repeat(200_000)}1]}`)
    assert.deepEqual([many.status, many.body.error.message], [413, 'The body is larger than 100,000 values.'])
    assert.equal((await send('[['.repeat(10))).status, 400)
    assert.equal((await send(Buffer.from('{"subject":"\xff"}', 'latin1'))).status, 400)
  })

  it('neither does depth get in by a form, a tool call or a page', async () => {
    const deep = '['.repeat(30_000)
    const part = `--x\r\ncontent-disposition: form-data; name="subject"\r\ncontent-type: application/json\r\n\r\n${deep}\r\n--x--\r\n`
    assert.equal((await send(part, { 'content-type': 'multipart/form-data; boundary=x' })).status, 422)
    const name = `a${'[b]'.repeat(50)}`
    const form = `--x\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n1\r\n--x--\r\n`
    assert.equal((await send(form, { 'content-type': 'multipart/form-data; boundary=x' })).status, 422)
    const rpc = (body: string) =>
      t.call('POST', '/mcp', { key, body, headers: { accept: 'application/json, text/event-stream' } })
    assert.equal((await rpc(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${deep}`)).status, 422)
    const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' }
    assert.equal((await rpc(JSON.stringify(Array(limits.rpcMessages + 1).fill(list)))).status, 413)
    assert.equal((await t.call('GET', `/v1/pieces?metadata${'[a]'.repeat(3000)}=1`, { key })).status, 422)
  })

  it('large bodies share the memory: who holds its part waits, others do not', async () => {
    const other = await t.register('Others')
    const hold = (key: string, inbox: string) => {
      const line = dial(t.url)
      const head = { ...json, 'content-length': 79 * MB, authorization: `Bearer ${key}`, expect: '100-continue' }
      line.ask('POST', `/v1/inboxes/${inbox}/messages`, head)
      return line
    }
    const goesOn = async (line: ReturnType<typeof dial>) => eventually(async () => line.text().includes('100 Continue'))
    const mine = [hold(key, inbox), hold(key, inbox)]
    for (const line of mine) await goesOn(line)
    const third = hold(key, inbox)
    const theirs = hold(other.key, other.inbox)
    await goesOn(theirs)
    assert.equal(third.text(), '')
    assert.equal((await send(JSON.stringify({ to: 'a@sink.test', subject: 's', text: 'small' }))).status, 202)
    for (const line of mine) line.socket.destroy()
    await goesOn(third)
    for (const line of [third, theirs]) line.socket.destroy()
    // Whoever left gave it back.
    const again = hold(key, inbox)
    await goesOn(again)
    again.socket.destroy()
  })

  it('a form is bounded as a whole, whatever it says of its length', async () => {
    const line = dial(t.url)
    const type = { 'content-type': 'multipart/form-data; boundary=x' }
    line.ask('POST', `/v1/inboxes/${inbox}/messages`, { ...type, 'transfer-encoding': 'chunked', authorization: `Bearer ${key}` })
    const field = `--x\r\ncontent-disposition: form-data; name="text"\r\n\r\n${'a'.repeat(4 * MB)}\r\n`
    for (let i = 0; i < 25 && !line.text(); i++)
      await new Promise(resolve => line.socket.write(`${field.length.toString(16)}\r\n${field}\r\n`, resolve))
    assert.deepEqual((await line.answer()).body.error.message, 'The body is larger than 80 MB.')
    line.socket.destroy()
  })
})

describe('reading a body', () => {
  const code = (run: Promise<unknown>) =>
    run.then(
      () => 'read',
      (error: unknown) => (error instanceof Problem ? error.code : error),
    )

  it('has an end in time, and notices when the client is gone', async () => {
    const silent = new PassThrough()
    silent.write('{')
    assert.equal(await code(readBody({ headers: {} }, silent, 100, { seconds: 0.05 })), 'request_timeout')
    const gone = new PassThrough()
    const read = code(readBody({ headers: {} }, gone, 100))
    gone.destroy()
    assert.equal(await read, 'request_timeout')
    assert.equal(silent.destroyed, false)
  })

  it('counts bytes, whatever the header says', async () => {
    const body = new PassThrough()
    body.end('x'.repeat(101))
    assert.equal(await code(readBody({ headers: { 'content-length': '5' } }, body, 100)), 'too_large')
  })

  it('sees the same depth in JSON however it is cut', () => {
    const deepest = (pieces: Buffer[]) => {
      const watch = watchJson()
      try {
        for (const piece of pieces) watch(piece)
        return 'ok'
      } catch (error) {
        return (error as Problem).code
      }
    }
    const long = (end: string) => [60, 62, 63, 64, 65, 66, 130].map(length => `${'x'.repeat(length)}${end}[`)
    const strings = [
      ...long('"'),
      ...long('\\'),
      ...long('\\"'),
      '"',
      '\\',
      '\\\\',
      '[[[{{{',
      ']]]',
      '\\"[',
      'é"',
      '\\u0022',
      'a\\\\\\"',
    ]
    const wrap = (times: number) => `${'['.repeat(times)}${JSON.stringify(strings)}${']'.repeat(times)}`
    for (const [times, outcome] of [
      [63, 'ok'],
      [64, 'invalid_input'],
    ] as const) {
      const bytes = Buffer.from(wrap(times))
      for (let size = 1; size < 40; size++) {
        const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size))
        assert.equal(deepest(pieces), outcome, `${times} levels in pieces of ${size}`)
      }
    }
    assert.equal(deepest([Buffer.from(`["${'[,'.repeat(300_000)}"]`)]), 'ok')
  })
})

describe('what still comes after an answer', () => {
  it('is waited for within bounds', async () => {
    for (const patience of [
      { ms: 50, bytes: 1000 * MB },
      { ms: 600_000, bytes: 1 * MB },
    ]) {
      const manners = createManners({ publicUrl: 'http://test' } as TestApp['app'], patience)
      const fastify = Fastify({ clientErrorHandler: manners.clientErrorHandler })
      manners.install(fastify)
      fastify.post('/', { onRequest: async (_, reply) => reply.code(401).send({}) }, async () => ({}))
      await fastify.listen({ port: 0, host: '127.0.0.1' })
      const line = dial(`http://127.0.0.1:${(fastify.server.address() as { port: number }).port}`)
      line.ask('POST', '/', { 'content-length': 500 * MB }, Buffer.alloc(8 * MB))
      assert.equal((await line.answer()).status, 401)
      await eventually(async () => line.isClosed())
      await fastify.close()
    }
  })

  it('what is no HTTP is told so in our words', async () => {
    const t = await startTestApp({ roles: ['web'] })
    try {
      const line = dial(t.url)
      line.socket.write('NONSENSE\r\n\r\n')
      assert.equal((await line.answer()).body.error.code, 'invalid_http')
      const long = dial(t.url)
      long.ask('GET', '/healthz', { 'x-long': 'a'.repeat(20_000) })
      assert.equal((await long.answer()).status, 413)
    } finally {
      await t.close()
    }
  })
})
