import assert from 'node:assert/strict'
import type { LookupFunction } from 'node:net'
import { after, test } from 'node:test'
import { sequence, startZone } from '../../../test/dns-zone.ts'
import { startSink } from '../../../test/http-sink.ts'
import { createResolver } from './dns.ts'
import { createFetch, type FetchRefused, type RefusalReason, type SafeFetch } from './fetch.ts'

const zone = await startZone({
  'hook.test': { A: ['127.0.0.1'] },
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
})
const { lookup } = createResolver([zone.server])
/** As it runs for customers, and as it runs on a developer's machine. */
const guarded = createFetch({ lookup, allowPrivate: false })
const local = createFetch({ lookup, allowPrivate: true })
const sink = await startSink()
after(async () => {
  guarded.close()
  local.close()
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

test('port 0 is refused, also where private networks are allowed', async () => {
  for (const allowPrivate of [true, false]) {
    const fetch = createFetch({ lookup: createResolver([]).lookup, allowPrivate })
    for (const url of ['http://127.0.0.1:0/', 'https://example.com:0/x', 'http://example.com:0000', 'http://[::1]:0/']) {
      assert.equal((await fetch.checkUrl(url))?.reason, 'port', url)
      await assert.rejects(fetch(url), (error: FetchRefused) => error.reason === 'port')
    }
    fetch.close()
  }
})
