import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createHttps } from 'node:https'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { after, test } from 'node:test'
import { getCACertificates, setDefaultCACertificates, type TLSSocket } from 'node:tls'
import { gzipSync } from 'node:zlib'
import { startZone } from '../../../test/dns-zone.ts'
import { startSink } from '../../../test/http-sink.ts'
import { selfSigned } from '../../smtp/certificate.ts'
import { createResolver } from './dns.ts'
import { createFetch, type FetchRefused, type RefusalReason } from './fetch.ts'

const zone = await startZone({ 'hook.test': { A: ['127.0.0.1'] }, 'wrong.test': { A: ['127.0.0.1'] }, 'silent.test': 'TIMEOUT' })
const { lookup } = createResolver([zone.server])
const local = createFetch({ lookup, allowPrivate: true })
const sink = await startSink()
const { port } = new URL(sink.url)
const open: Server[] = []
after(async () => {
  local.close()
  for (const server of open) server.close()
  await Promise.all([zone.stop(), sink.stop()])
})

const refuses =
  (reason: RefusalReason, text = /./) =>
  (error: FetchRefused) => {
    assert.equal(error.name, 'FetchRefused', String(error.stack))
    assert.equal(error.reason, reason, error.message)
    assert.match(error.message, text)
    return true
  }
const refused = (url: string, reason: RefusalReason, options = {}) => assert.rejects(local(url, options), refuses(reason), url)

/** A server that does with a connection whatever the test wants, after the first bytes came. */
const rawServer = async (serve: (socket: Socket) => void): Promise<string> => {
  const server = createServer(socket => {
    socket.on('error', () => socket.destroy())
    socket.once('data', () => serve(socket))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  open.push(server.unref())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('a long body is cut at the limit and its connection closed', async () => {
  sink.respond({ status: 200, body: 'x'.repeat(1000) })
  for (const [limit, length, truncated] of [
    [999, 999, true],
    [1000, 1000, false],
    [0, 0, true],
  ] as const) {
    const answer = await local(sink.url, { maxResponseBytes: limit })
    assert.deepEqual([answer.body.length, answer.truncated], [length, truncated])
  }
  sink.respond(200)
  let closed = 0
  const endless = await rawServer(socket => {
    socket.write('HTTP/1.1 200 OK\r\n\r\n')
    const more = setInterval(() => socket.write('y'.repeat(65_536)), 1)
    socket.on('close', () => {
      clearInterval(more)
      closed++
    })
  })
  const answer = await local(endless, { maxResponseBytes: 100_000 })
  assert.deepEqual([answer.body.length, answer.truncated], [100_000, true])
  while (closed === 0) await new Promise(done => setTimeout(done, 5))
})

test('a compressed bomb stays compressed', async () => {
  const bomb = gzipSync(Buffer.alloc(20_000_000))
  sink.respond({ status: 200, headers: { 'content-encoding': 'gzip' }, body: bomb })
  assert.deepEqual((await local(sink.url)).body, bomb.subarray(0, 65_536))
  sink.respond(200)
})

test('the time covers everything: name, connection, silence, headers and a body that drips', async () => {
  const drip = (prefix: string, piece: string) => (socket: Socket) => {
    socket.write(prefix)
    const more = setInterval(() => socket.write(piece), 10)
    socket.on('close', () => clearInterval(more))
  }
  const slow = [
    await rawServer(() => {}),
    await rawServer(drip('HTTP/1.1 200 OK\r\n', 'x')),
    await rawServer(drip('HTTP/1.1 200 OK\r\n\r\n', 'x')),
    await rawServer(drip('HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n', 'x')),
    await rawServer(drip('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', '1\r\nx\r\n')),
    (await rawServer(() => {})).replace('http:', 'https:'),
    'http://silent.test/',
  ]
  await Promise.all(slow.map(url => refused(url, 'timeout', { timeoutMs: 300 })))
})

test('what is no HTTP answer is a refusal: cut off, garbage, upgrade, endless interim answers', async () => {
  const answers = ['', 'HTTP/1.1 200', 'SSH-2.0-OpenSSH_9\r\n', 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf']
  const more = [
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhal',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
  ]
  const odd = [
    'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    `${'HTTP/1.1 100 Continue\r\n\r\n'.repeat(9)}HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n`,
  ]
  for (const answer of [...answers, ...more, ...odd])
    await refused(await rawServer(socket => socket.end(answer)), 'protocol', { timeoutMs: 3000 })
  const reset = await rawServer(
    socket => void socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf', () => socket.resetAndDestroy()),
  )
  await refused(reset, 'protocol')
  const few = await rawServer(socket =>
    socket.end(`${'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(8)}HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n`),
  )
  assert.equal((await local(few)).status, 200)
})

test('too many headers are refused, in one line or in a hundred thousand', async () => {
  for (const headers of [`x: ${'y'.repeat(20_000)}\r\n`, 'a: b\r\n'.repeat(100_000)])
    await refused(await rawServer(socket => socket.end(`HTTP/1.1 200 OK\r\n${headers}\r\n`)), 'too_large')
})

test('nobody listening is told as such', async () => {
  const gone = createServer()
  await once(gone.listen(0, '127.0.0.1'), 'listening')
  const { port: free } = gone.address() as AddressInfo
  gone.close()
  await assert.rejects(local(`http://127.0.0.1:${free}/`), refuses('connect', /ECONNREFUSED.*firewall/))
  await assert.rejects(local(`http://localhost:${free}/`), refuses('connect', /ECONNREFUSED/))
})

test('an abort rejects with its reason, before, during and never after', async () => {
  const silent = await rawServer(() => {})
  const reason = new Error('shutting down')
  await assert.rejects(local(silent, { signal: AbortSignal.abort(reason) }), error => error === reason)
  const stop = new AbortController()
  const waiting = local(silent, { signal: stop.signal })
  setTimeout(() => stop.abort(reason), 50)
  await assert.rejects(waiting, error => error === reason)
  const late = new AbortController()
  assert.equal((await local(sink.url, { signal: late.signal })).status, 200)
  late.abort()
})

test('TLS is verified: unknown authority, expired, not yet valid, another name, plain text, a raw address', async () => {
  const day = 86_400_000
  const good = selfSigned('hook.test', new Date())
  const bad = {
    expired: selfSigned('hook.test', new Date(Date.now() - 5000 * day)),
    future: selfSigned('hook.test', new Date(Date.now() + 30 * day)),
    stranger: selfSigned('hook.test', new Date()),
  }
  const sent: string[] = []
  const serve = async (pair: { key: string; cert: string }) => {
    const server = createHttps(pair, (request, response) => {
      sent.push(String((request.socket as TLSSocket & { servername?: string }).servername))
      response.end('secure')
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    open.push(server.unref())
    return (server.address() as AddressInfo).port
  }
  const usual = getCACertificates('default')
  setDefaultCACertificates([...usual, good.cert, bad.expired.cert, bad.future.cert])
  const fetch = createFetch({ lookup, allowPrivate: true })
  const goodPort = await serve(good)
  for (const host of ['hook.test', 'hook.test.', 'HOOK.test']) {
    const answer = await fetch(`https://${host}:${goodPort}/`)
    assert.deepEqual([answer.status, answer.body.toString(), answer.remoteAddress], [200, 'secure', '127.0.0.1'])
  }
  assert.deepEqual(new Set(sent), new Set(['hook.test']))

  await assert.rejects(fetch(`https://wrong.test:${goodPort}/`), refuses('tls', /is for another name/))
  await assert.rejects(fetch(`https://127.0.0.1:${goodPort}/`), refuses('tls', /is for another name/))
  await assert.rejects(fetch(`https://hook.test:${await serve(bad.expired)}/`), refuses('tls', /has expired\. Renew/))
  await assert.rejects(fetch(`https://hook.test:${await serve(bad.future)}/`), refuses('tls', /not valid yet/))
  await assert.rejects(fetch(`https://hook.test:${await serve(bad.stranger)}/`), refuses('tls', /authority we know/))
  await assert.rejects(fetch(`https://hook.test:${port}/`), refuses('tls', /speaks TLS/))
  assert.equal(sent.length, 3)
  setDefaultCACertificates(usual)
  fetch.close()
})

test('connections are kept, bounded per origin, and given up when the other side closes them', async () => {
  let connections = 0
  let most = 0
  let now = 0
  const server = createServer(socket => {
    connections++
    socket.on('error', () => socket.destroy())
    socket.on('data', () => {
      most = Math.max(most, ++now)
      setTimeout(() => {
        now--
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
      }, 2)
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  open.push(server.unref())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const fetch = createFetch({ lookup, allowPrivate: true })
  for (let i = 0; i < 20; i++) await fetch(url)
  assert.equal(connections, 1)
  const answers = await Promise.all(Array.from({ length: 500 }, () => fetch(url)))
  assert.ok(answers.every(answer => answer.body.toString() === 'ok'))
  assert.ok(connections <= 64 && most <= 64, `${connections} connections`)
  fetch.close()
})

test('one origin that never answers does not delay another', async () => {
  const silent = await rawServer(() => {})
  const stop = new AbortController()
  const stuck = Array.from({ length: 200 }, () => local(silent, { signal: stop.signal }))
  const settled = Promise.allSettled(stuck)
  const answers = await Promise.all(Array.from({ length: 50 }, () => local(sink.url)))
  assert.ok(answers.every(answer => answer.status === 200))
  stop.abort()
  assert.ok((await settled).every(result => result.status === 'rejected'))
})
