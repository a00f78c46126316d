import assert from 'node:assert/strict'
import type { LookupAddress, LookupOptions } from 'node:dns'
import { after, test } from 'node:test'
import { type Records, sequence, startZone } from '../../../test/dns-zone.ts'
import { createResolver, type Resolver } from './dns.ts'

const long = 'v=DKIM1; k=rsa; p='.padEnd(700, 'A')
const records: Records = {
  'example.com': {
    A: ['192.0.2.1', '192.0.2.2'],
    AAAA: ['2001:db8::1', '::ffff:192.0.2.9'],
    MX: [
      { exchange: 'mx2.example.com', priority: 20 },
      { exchange: 'mx1.example.com', priority: 10 },
    ],
    TXT: ['v=spf1 -all', 'second'],
    NS: ['ns1.example.com'],
  },
  'alias.example.com': { CNAME: ['example.com'] },
  'long.example.com': { TXT: [long] },
  'many.example.com': { A: Array.from({ length: 60 }, (_, i) => `192.0.2.${i}`) },
  'null.example.com': { MX: [{ exchange: '', priority: 0 }] },
  '1.2.0.192.in-addr.arpa': { PTR: ['host.example.com'] },
  'broken.example.com': 'SERVFAIL',
  'closed.example.com': 'REFUSED',
  'half.example.com': { A: 'SERVFAIL', AAAA: ['2001:db8::2'] },
  'troubled.example.com': { A: 'SERVFAIL' },
  'silent.example.com': 'TIMEOUT',
  'moving.example.com': { A: sequence(['192.0.2.1'], ['192.0.2.2']), ttl: 86_400 },
}
const zone = await startZone(records)
after(() => zone.stop())
const asked = (name: string) => zone.queries.filter(query => query.name === name).length
const code = (wanted: string) => (error: NodeJS.ErrnoException) => error.code === wanted

const look = (resolver: Resolver, host: string, options: LookupOptions = { all: true }) =>
  new Promise<string | LookupAddress[]>((resolve, reject) =>
    resolver.lookup(host, options, (error, found) => (error ? reject(error) : resolve(found))),
  )

test('every kind of record is read as it is in the zone', async () => {
  const resolver = createResolver([zone.server])
  assert.deepEqual(await resolver.resolve4('example.com'), ['192.0.2.1', '192.0.2.2'])
  assert.deepEqual(await resolver.resolve6('example.com'), ['2001:db8::1', '::ffff:192.0.2.9'])
  assert.deepEqual(
    (await resolver.resolveMx('example.com')).map(({ exchange, priority }) => [exchange, priority]),
    [
      ['mx2.example.com', 20],
      ['mx1.example.com', 10],
    ],
  )
  assert.deepEqual(await resolver.resolveTxt('example.com'), [['v=spf1 -all'], ['second']])
  assert.deepEqual(await resolver.resolveNs('example.com'), ['ns1.example.com'])
  assert.deepEqual(await resolver.resolveCname('alias.example.com'), ['example.com'])
  assert.deepEqual(await resolver.resolve4('alias.example.com'), ['192.0.2.1', '192.0.2.2'])
  assert.deepEqual(await resolver.reverse('192.0.2.1'), ['host.example.com'])
  assert.deepEqual(
    (await resolver.resolveMx('null.example.com')).map(mx => mx.exchange),
    [''],
  )
})

test('long strings come in pieces of 255 bytes, and long answers over TCP', async () => {
  const resolver = createResolver([zone.server])
  const [record] = await resolver.resolveTxt('long.example.com')
  assert.deepEqual(
    record!.map(piece => piece.length),
    [255, 255, 190],
  )
  assert.equal(record!.join(''), long)
  assert.equal((await resolver.resolve4('many.example.com')).length, 60)
  assert.deepEqual(
    zone.queries.filter(query => query.name === 'many.example.com').map(query => query.over),
    ['udp', 'tcp'],
  )
})

test('failures carry their code', async () => {
  const resolver = createResolver([zone.server])
  await assert.rejects(resolver.resolve4('nobody.example.com'), code('ENOTFOUND'))
  await assert.rejects(resolver.resolveMx('alias.example.com.nobody'), code('ENOTFOUND'))
  await assert.rejects(resolver.resolveMx('long.example.com'), code('ENODATA'))
  await assert.rejects(resolver.resolve4('broken.example.com'), code('ESERVFAIL'))
  await assert.rejects(resolver.resolve4('closed.example.com'), code('EREFUSED'))
  await assert.rejects(resolver.resolve4('silent.example.com'), code('ETIMEOUT'))
  await assert.rejects(resolver.resolve4('a..b'), code('EBADNAME'))
})

test('an answer and an absence are remembered, in any spelling; a name server in trouble is not', async () => {
  const resolver = createResolver([zone.server])
  for (const name of ['moving.example.com', 'MOVING.example.com']) assert.deepEqual(await resolver.resolve4(name), ['192.0.2.1'])
  assert.equal(asked('moving.example.com'), 1)
  for (let i = 0; i < 3; i++) await assert.rejects(resolver.resolveTxt('gone.example.com'), code('ENOTFOUND'))
  assert.equal(asked('gone.example.com'), 1)
  const before = asked('troubled.example.com')
  await assert.rejects(resolver.resolve4('troubled.example.com'), code('ESERVFAIL'))
  const once = asked('troubled.example.com') - before
  await assert.rejects(resolver.resolve4('troubled.example.com'), code('ESERVFAIL'))
  assert.equal(asked('troubled.example.com') - before, once * 2)
})

test('a memory of its own: another resolver asks anew, even about what has a long TTL', async () => {
  assert.deepEqual(await createResolver([zone.server]).resolve4('moving.example.com'), ['192.0.2.2'])
})

test('many who ask at once share one query, and none can spoil the answer of another', async () => {
  const resolver = createResolver([zone.server])
  const before = asked('example.com')
  const answers = await Promise.all(Array.from({ length: 50 }, () => resolver.resolveMx('example.com')))
  assert.equal(asked('example.com') - before, 1)
  answers[0]!.reverse().pop()
  assert.equal(answers[1]!.length, 2)
  assert.equal((await resolver.resolveMx('example.com'))[0]!.exchange, 'mx2.example.com')
})

test('lookup finds both families, IPv4 first, and heeds what net.connect asks for', async () => {
  const resolver = createResolver([zone.server])
  const found = (await look(resolver, 'example.com')) as LookupAddress[]
  assert.deepEqual(
    found.map(address => address.family),
    [4, 4, 6, 6],
  )
  assert.equal(await look(resolver, 'example.com', {}), '192.0.2.1')
  assert.equal(await look(resolver, 'example.com', { family: 6 }), '2001:db8::1')
  assert.equal(await look(resolver, 'example.com.', { family: 'IPv6' }), '2001:db8::1')
  assert.equal(await look(resolver, 'half.example.com', {}), '2001:db8::2')
  assert.equal(await look(resolver, '192.0.2.77', {}), '192.0.2.77')
  assert.equal(await look(resolver, '2001:db8::7', {}), '2001:db8::7')
  assert.deepEqual(await look(resolver, 'LOCALHOST'), [
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ])
  await assert.rejects(look(resolver, 'many.example.com', { family: 6 }), code('ENODATA'))
  await assert.rejects(look(resolver, 'nobody.example.com'), code('ENOTFOUND'))
  await assert.rejects(look(resolver, 'troubled.example.com'), code('ESERVFAIL'))
})

test('the zone can be changed while it runs', async () => {
  zone.set({ 'example.com': { TXT: ['changed'] } })
  assert.deepEqual(await createResolver([zone.server]).resolveTxt('example.com'), [['changed']])
  zone.set(records)
})
