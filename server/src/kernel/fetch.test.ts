import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createHttps } from 'node:https'
import { type AddressInfo, createServer, type LookupFunction, type Server, type Socket } from 'node:net'
import { after, test } from 'node:test'
import { getCACertificates, setDefaultCACertificates, type TLSSocket } from 'node:tls'
import { gzipSync } from 'node:zlib'
import { sequence, startZone } from '../../test/dns-zone.ts'
import { startSink } from '../../test/http-sink.ts'
import { selfSigned } from '../smtp/certificate.ts'
import { createResolver } from './dns.ts'
import { createFetch, type FetchRefused, type RefusalReason, type SafeFetch } from './fetch.ts'

const zone = await startZone({
  'hook.test': { A: ['127.0.0.1'] },
  'wrong.test': { A: ['127.0.0.1'] },
  'private.test': { A: ['10.0.0.1'] },
  'metadata.test': { A: ['169.254.169.254'], AAAA: ['fd00:ec2::254'] },
  'mixed.test': { A: ['192.0.1.1', '127.0.0.1'] },
  'mixed6.test': { A: ['192.0.1.1'], AAAA: ['::1'] },
  'mapped.test': { AAAA: ['::ffff:127.0.0.1'] },
  'alias.test': { CNAME: ['private.test'] },
  '127.0.0.1.nip.test': { A: ['127.0.0.1'] },
  'public.test': { A: ['192.0.1.1'] },
  'rebinding.test': { A: sequence(['192.0.1.1'], ['127.0.0.1']) },
  'broken.test': 'SERVFAIL',
  'silent.test': 'TIMEOUT',
})
const { lookup } = createResolver([zone.server])
/** As it runs for customers, and as it runs on a developer's machine. */
const guarded = createFetch({ lookup, allowPrivate: false })
const local = createFetch({ lookup, allowPrivate: true })
const sink = await startSink()
const open: Server[] = []
after(async () => {
  guarded.close()
  local.close()
  for (const server of open) server.close()
  await Promise.all([zone.stop(), sink.stop()])
})
const { port } = new URL(sink.url)

const refuses =
  (reason: RefusalReason, text = /./) =>
  (error: FetchRefused) => {
    assert.equal(error.name, 'FetchRefused', String(error.stack))
    assert.equal(error.reason, reason, error.message)
    assert.match(error.message, text)
    return true
  }
const refused = (fetch: SafeFetch, url: string, reason: RefusalReason, options = {}) =>
  assert.rejects(fetch(url, options), refuses(reason), url)

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

test('a request arrives byte for byte, and the answer comes back with its origin', async () => {
  sink.respond({ status: 201, headers: { 'x-answer': 'yes' }, body: 'done ž' })
  const body = Buffer.from([0, 255, 13, 10, 200])
  const answer = await local(`http://hook.test:${port}/a/b?c=%20d#e`, {
    method: 'POST',
    headers: { 'Webhook-Id': 'msg_1' },
    body,
  })
  assert.deepEqual(
    [answer.status, answer.headers['x-answer'], answer.body.toString(), answer.truncated],
    [201, 'yes', 'done ž', false],
  )
  assert.equal(answer.remoteAddress, '127.0.0.1')
  assert.ok(answer.ms > 0)
  const request = sink.requests.at(-1)!
  assert.deepEqual([request.method, request.path], ['POST', '/a/b?c=%20d'])
  assert.deepEqual(request.raw, body)
  assert.equal(request.headers.host, `hook.test:${port}`)
  assert.equal(request.headers['webhook-id'], 'msg_1')
  assert.equal(request.headers['content-length'], '5')
  assert.equal(request.headers['accept-encoding'], 'identity')
  sink.respond(204)
  assert.equal((await local(`http://hook.test.:${port}/`)).status, 204)
  assert.equal(sink.requests.at(-1)!.headers.host, `hook.test:${port}`)
  assert.equal((await local(`${sink.url}/`, { method: 'HEAD' })).status, 204)
})

const spellings = [
  ...['127.0.0.1', '0', '0177.0.0.1', '2130706433', '0x7f.1', '127.1', '127.0.0.1.', '017700000001', '0x7f000001', '127.0.1'],
  ...[
    '①②⑦.⓪.⓪.①',
    '127。0。0。1',
    '%31%32%37.0.0.1',
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[0:0:0:0:0:0:0:1]',
  ],
  ...['[::127.0.0.1]', '[fd00:ec2::254]', '[fe80::1]', '[64:ff9b::7f00:1]', '[2002:7f00:1::]', '169.254.169.254', '10.0.0.1'],
  ...[
    '100.100.100.200',
    '192.168.1.1',
    '172.16.0.1',
    '0.0.0.0',
    '255.255.255.255',
    '224.0.0.1',
    'localhost',
    'localhost.',
    'LOCALHOST',
  ],
  ...['ⓛocalhost', 'foo.localhost', 'postgres', 'private.test', 'alias.test', 'metadata.test', 'mixed.test', 'mixed6.test'],
  ...['mapped.test', '127.0.0.1.nip.test', 'PRIVATE.test.'],
]

test('no spelling of a private address is fetched or saved, over http or https', async () => {
  const before = sink.requests.length
  for (const host of spellings) {
    for (const url of [`http://${host}/`, `https://${host}/`, `http://${host}:${port}/`, `https://${host}:${port}/`]) {
      await refused(guarded, url, 'private_address')
      assert.equal((await guarded.checkUrl(url))?.reason, 'private_address', url)
    }
  }
  assert.equal(sink.requests.length, before)
})

test('what is not a plain http or https URL is refused', async () => {
  const urls = [
    '',
    'hook.test',
    '//hook.test',
    'ftp://hook.test/',
    'file:///etc/passwd',
    'gopher://hook.test',
    'data:text/plain,x',
  ]
  const odd = [
    'http://',
    'http:///',
    'http://[fe80::1%25eth0]/',
    'http://1.2.3.4.5/',
    'http://a b/',
    'http://256.1.1.1/',
    'ws://hook.test',
  ]
  for (const url of [
    ...urls,
    ...odd,
    'http://user@public.test/',
    'http://user:secret@public.test/',
    'http://public.test@127.0.0.1/',
  ]) {
    await refused(guarded, url, 'bad_url')
    const found = await guarded.checkUrl(url)
    assert.equal(found?.reason, 'bad_url', url)
    assert.doesNotMatch(found!.message, /secret/)
  }
})

test('ports of other services are refused, unless private networks are allowed', async () => {
  for (const service of [1, 22, 25, 53, 110, 465, 587, 993, 1023, 2375, 3306, 5432, 6379, 9200, 11211, 27017])
    for (const scheme of ['http', 'https']) await refused(guarded, `${scheme}://192.0.1.1:${service}/`, 'port')
  for (const url of [
    'http://192.0.1.1/',
    'https://192.0.1.1:80/',
    'http://192.0.1.1:443/',
    'http://192.0.1.1:8080/',
    'https://[2606:4700::1]:8443/',
  ])
    assert.equal(await guarded.checkUrl(url), null)
  assert.equal(await local.checkUrl('http://127.0.0.1:5432/'), null)
})

test('names: a public one can be saved, and each failure says what to mend', async () => {
  assert.equal(await guarded.checkUrl('https://public.test/hook'), null)
  assert.match(
    (await guarded.checkUrl('https://nobody.test/'))!.message,
    /^nobody\.test has no address in DNS\. Check the spelling/,
  )
  assert.match((await guarded.checkUrl('https://broken.test/'))!.message, /name servers of broken\.test do not answer/)
  const hidden = (await guarded.checkUrl('https://private.test/'))!
  assert.match(hidden.message, /ALLOW_PRIVATE_NETWORKS=1/)
  assert.doesNotMatch(hidden.message, /10\.0\.0\.1/)
  await refused(guarded, 'https://nobody.test/', 'dns')
  assert.equal(await local.checkUrl(sink.url), null)
})

/** A lookup without a memory whose answers follow each other: what an attacker's name server does with TTL 0. */
const rebinding = (...answers: string[]): { lookup: LookupFunction; asked: () => number } => {
  let next = 0
  return {
    lookup: (_host, options, callback) => {
      const address = answers[Math.min(next++, answers.length - 1)]!
      if (options.all) callback(null, [{ address, family: 4 }])
      else callback(null, address, 4)
    },
    asked: () => next,
  }
}

test('rebinding: a name that was public when it was saved is refused when it turns private', async () => {
  const { lookup: rebound } = rebinding('192.0.1.1', '127.0.0.1')
  const fetch = createFetch({ lookup: rebound, allowPrivate: false })
  const before = sink.requests.length
  assert.equal(await fetch.checkUrl(`http://evil.test:${port}/`), null)
  await refused(fetch, `http://evil.test:${port}/`, 'private_address')
  await refused(fetch, `https://evil.test:${port}/`, 'private_address')
  assert.equal(sink.requests.length, before)
  fetch.close()

  const first = createFetch({ lookup: createResolver([zone.server]).lookup, allowPrivate: false })
  assert.equal(await first.checkUrl('http://rebinding.test/'), null)
  const later = createFetch({ lookup: createResolver([zone.server]).lookup, allowPrivate: false })
  await refused(later, 'http://rebinding.test/', 'private_address')
})

test('rebinding: what is dialled is the answer that was checked, asked for once per connection', async () => {
  const names = rebinding('127.0.0.1', '10.0.0.1')
  const fetch = createFetch({ lookup: names.lookup, allowPrivate: true })
  for (let i = 0; i < 3; i++) assert.equal((await fetch(`http://evil.test:${port}/`)).remoteAddress, '127.0.0.1')
  assert.equal(names.asked(), 1)
  fetch.close()
})

test('a redirect is returned and never followed, wherever it points', async () => {
  for (const status of [301, 302, 303, 307, 308]) {
    const before = sink.requests.length
    sink.respond({ status, headers: { location: `${sink.url}/elsewhere` } })
    const answer = await local(sink.url, { method: 'POST', body: 'x' })
    assert.deepEqual([answer.status, answer.headers.location], [status, `${sink.url}/elsewhere`])
    assert.equal(sink.requests.length, before + 1)
  }
  sink.respond(200)
})

test('headers that the connection sets, and broken ones, are refused before anything is sent', async () => {
  const before = sink.requests.length
  for (const name of [
    'Host',
    'content-length',
    'Transfer-Encoding',
    'Connection',
    'Upgrade',
    'TE',
    'Expect',
    'Proxy-Authorization',
    'Accept-Encoding',
  ])
    await refused(local, sink.url, 'bad_header', { headers: { [name]: 'x' } })
  for (const headers of [
    { a: 'x\r\nb: y' },
    { a: 'x\n' },
    { a: '\0' },
    { 'a\r\nb': 'x' },
    { 'a b': 'x' },
    { '': 'x' },
    { a: 'ž' },
    { 'a:': 'x' },
  ])
    await refused(local, sink.url, 'bad_header', { headers })
  assert.equal(sink.requests.length, before)
})

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
  await Promise.all(slow.map(url => refused(local, url, 'timeout', { timeoutMs: 300 })))
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
    await refused(local, await rawServer(socket => socket.end(answer)), 'protocol', { timeoutMs: 3000 })
  const reset = await rawServer(
    socket => void socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf', () => socket.resetAndDestroy()),
  )
  await refused(local, reset, 'protocol')
  const few = await rawServer(socket =>
    socket.end(`${'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(8)}HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n`),
  )
  assert.equal((await local(few)).status, 200)
})

test('too many headers are refused, in one line or in a hundred thousand', async () => {
  for (const headers of [`x: ${'y'.repeat(20_000)}\r\n`, 'a: b\r\n'.repeat(100_000)])
    await refused(local, await rawServer(socket => socket.end(`HTTP/1.1 200 OK\r\n${headers}\r\n`)), 'too_large')
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
  const stuck = Array.from({ length: 200 }, () => refused(local, silent, 'timeout', { timeoutMs: 1000 }))
  const answers = await Promise.all(Array.from({ length: 50 }, () => local(sink.url, { timeoutMs: 900 })))
  assert.ok(answers.every(answer => answer.status === 200))
  await Promise.all(stuck)
})
