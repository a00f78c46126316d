import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type MxOptions, resolveMx, rollup } from './mx.ts'

type Zone = Record<string, { MX?: [number, string][] | string; A?: string[] | string; AAAA?: string[] | string }>

/** A resolver over a zone literal: a string in place of records is the error code of the look-up, an unknown name is NXDOMAIN. */
function resolverOf(zone: Zone) {
  const asked: string[] = []
  const answer = async <T>(
    type: 'MX' | 'A' | 'AAAA',
    name: string,
    shape: (records: NonNullable<Zone[string][typeof type]>) => T[],
  ): Promise<T[]> => {
    asked.push(`${type} ${name}`)
    const records = zone[name]?.[type]
    const code = typeof records === 'string' ? records : zone[name] ? 'ENODATA' : 'ENOTFOUND'
    if (records === undefined || typeof records === 'string') throw Object.assign(new Error(`${type} ${code} ${name}`), { code })
    return shape(records)
  }
  return {
    asked,
    resolveMx: (name: string) =>
      answer('MX', name, records => (records as [number, string][]).map(([priority, exchange]) => ({ priority, exchange }))),
    resolve4: (name: string) => answer('A', name, records => records as string[]),
    resolve6: (name: string) => answer('AAAA', name, records => records as string[]),
  }
}

const options: MxOptions = { allowPrivate: false, ownHosts: new Set(), random: () => 0 }
const find = (domain: string, zone: Zone, changed: Partial<MxOptions> = {}) =>
  resolveMx(domain, resolverOf(zone), { ...options, ...changed })
const exchanges = (answer: Awaited<ReturnType<typeof find>>) =>
  answer.kind === 'hosts' ? answer.hosts.map(host => host.exchange) : answer

test('servers come by preference, with all their addresses, IPv4 first', async () => {
  const answer = await find('example.com', {
    'example.com': { MX: [[20, 'b.example.net'], [10, 'A.Example.net.']] }, // biome-ignore format: one zone line
    'a.example.net': { AAAA: ['2a00::1'], A: ['9.9.9.9', '9.9.9.10'] },
    'b.example.net': { A: ['8.8.4.4'] },
  })
  assert.deepEqual(answer, {
    kind: 'hosts',
    hosts: [
      { exchange: 'a.example.net', priority: 10, addresses: ['9.9.9.9', '9.9.9.10', '2a00::1'] },
      { exchange: 'b.example.net', priority: 20, addresses: ['8.8.4.4'] },
    ],
  })
})

test('servers of equal preference are shuffled, others never', async () => {
  const zone: Zone = { d: { MX: [[5, 'x.d'], [5, 'y.d'], [1, 'first.d'], [9, 'last.d']] } } // biome-ignore format: one zone line
  for (const host of ['x.d', 'y.d', 'first.d', 'last.d']) zone[host] = { A: ['9.9.9.9'] }
  const rising = (() => {
    let value = 0
    return () => (value += 0.01)
  })()
  const falling = (() => {
    let value = 1
    return () => (value -= 0.01)
  })()
  assert.deepEqual(exchanges(await find('d', zone, { random: rising })), ['first.d', 'x.d', 'y.d', 'last.d'])
  assert.deepEqual(exchanges(await find('d', zone, { random: falling })), ['first.d', 'y.d', 'x.d', 'last.d'])
})

test('a domain without MX is its own server; without anything it is unroutable', async () => {
  assert.deepEqual(exchanges(await find('plain.example', { 'plain.example': { A: ['9.9.9.9'] } })), ['plain.example'])
  assert.equal((await find('plain.example', { 'plain.example': {} })).kind, 'unroutable')
})

test('an MX that leads nowhere does not fall back to the domain itself', async () => {
  const zone: Zone = { 'd.example': { MX: [[1, 'gone.example']], A: ['9.9.9.9'] } }
  assert.deepEqual(await find('d.example', zone), { kind: 'unroutable', problem: 'none of its mail servers has an address' })
})

test('null MX is a clear no, beside other records it is noise', async () => {
  for (const root of ['', '.'])
    assert.deepEqual(await find('d.example', { 'd.example': { MX: [[0, root]] } }), { kind: 'null-mx' })
  const mixed: Zone = { 'd.example': { MX: [[0, ''], [1, 'a.example']] }, 'a.example': { A: ['9.9.9.9'] } } // biome-ignore format: one zone line
  assert.deepEqual(exchanges(await find('d.example', mixed)), ['a.example'])
})

test('only a certain no is final', async () => {
  assert.deepEqual(await find('d.example', {}), { kind: 'no-such-domain' })
  for (const code of ['ESERVFAIL', 'ETIMEOUT', 'EREFUSED', 'ECONNREFUSED']) {
    assert.deepEqual(await find('d.example', { 'd.example': { MX: code } }), {
      kind: 'temporary',
      problem: `MX of d.example: ${code}`,
    })
    const halfKnown: Zone = { 'd.example': { MX: [[1, 'a.example'], [2, 'b.example']] }, 'a.example': { A: code }, 'b.example': {} } // biome-ignore format: one zone line
    assert.deepEqual(await find('d.example', halfKnown), { kind: 'temporary', problem: `address of a.example: ${code}` })
    halfKnown['b.example'] = { A: ['9.9.9.9'] }
    assert.deepEqual(exchanges(await find('d.example', halfKnown)), ['b.example'])
    assert.deepEqual(exchanges(await find('d.example', { 'd.example': { A: ['9.9.9.9'], AAAA: code } })), ['d.example'])
  }
})

test('private, loopback, link-local and metadata addresses are not dialled unless allowed', async () => {
  const inside = ['127.0.0.1', '10.1.2.3', '169.254.169.254', '192.168.1.1', '100.64.0.1', '0.0.0.0']
  const inside6 = ['::1', 'fe80::1', 'fd00:ec2::254', '::ffff:127.0.0.1']
  for (const address of [...inside, ...inside6]) {
    const zone: Zone = {
      'd.example': { MX: [[1, 'a.example']] },
      'a.example': address.includes(':') ? { AAAA: [address] } : { A: [address] },
    }
    assert.deepEqual(await find('d.example', zone), { kind: 'unroutable', problem: 'its mail servers are in a private network' })
    assert.deepEqual(exchanges(await find('d.example', zone, { allowPrivate: true })), ['a.example'])
  }
  const mixed = await find('d.example', { 'd.example': { A: ['127.0.0.1', '9.9.9.9'] } })
  assert.deepEqual(mixed, { kind: 'hosts', hosts: [{ exchange: 'd.example', priority: 0, addresses: ['9.9.9.9'] }] })
})

test('mail never comes back to ourselves', async () => {
  const zone: Zone = { 'd.example': { MX: [[10, 'a.example'], [20, 'us.example'], [20, 'same.example'], [30, 'c.example']] } } // biome-ignore format: one zone line
  for (const [at, host] of ['a.example', 'us.example', 'same.example', 'c.example'].entries())
    zone[host] = { A: [`9.9.9.${at + 1}`] }
  assert.deepEqual(exchanges(await find('d.example', zone, { ownHosts: new Set(['us.example']) })), ['a.example'])
  assert.deepEqual(exchanges(await find('d.example', zone, { ownHosts: new Set(['9.9.9.2']) })), ['a.example'])
  assert.deepEqual(await find('d.example', zone, { ownHosts: new Set(['a.example']) }), {
    kind: 'unroutable',
    problem: 'its best mail server is this one',
  })
})

test('a domain in any spelling is one domain, and a bare address is none', async () => {
  const zone: Zone = { 'xn--bcher-kva.example': { A: ['9.9.9.9'] } }
  for (const domain of ['bücher.example', 'BÜCHER.example.', 'xn--bcher-kva.example']) {
    assert.deepEqual(exchanges(await find(domain, zone)), ['xn--bcher-kva.example'])
  }
  for (const domain of [
    '',
    '.',
    '127.0.0.1',
    '0x7f.1',
    '2130706433',
    '①②⑦.⓪.⓪.①',
    'a b',
    'a\r\nb',
    '::1',
    'a.example/b',
    'a.example?',
    'a.example#',
    '%61.example',
    'a@b',
  ]) {
    const resolver = resolverOf({})
    assert.deepEqual(await resolveMx(domain, resolver, options), { kind: 'no-such-domain' }, domain)
    assert.deepEqual(resolver.asked, [], domain)
  }
})

test('address literals are dialled as they stand, under the same guard', async () => {
  assert.deepEqual(await find('[9.9.9.9]', {}), {
    kind: 'hosts',
    hosts: [{ exchange: '9.9.9.9', priority: 0, addresses: ['9.9.9.9'] }],
  })
  assert.deepEqual(exchanges(await find('[IPv6:2a00::1]', {})), ['2a00::1'])
  for (const literal of ['[127.0.0.1]', '[IPv6:::1]', '[IPv6:::ffff:10.0.0.1]'])
    assert.equal((await find(literal, {})).kind, 'unroutable')
  for (const literal of ['[]', '[example.com]', '[127.1]', '[IPv6:9.9.9.9.9]'])
    assert.equal((await find(literal, {})).kind, 'no-such-domain')
})

test('a domain with hundreds of servers costs a bounded number of look-ups', async () => {
  const many: Zone = { 'd.example': { MX: Array.from({ length: 400 }, (_, at) => [at, `h${at}.example`] as [number, string]) } }
  const nothing = resolverOf(many)
  assert.equal((await resolveMx('d.example', nothing, options)).kind, 'unroutable')
  assert.equal(nothing.asked.length, 1 + 2 * 100)
  many['h25.example'] = { A: ['9.9.9.9'] }
  const late = resolverOf(many)
  assert.deepEqual(exchanges(await resolveMx('d.example', late, options)), ['h25.example'])
  assert.equal(late.asked.length, 1 + 2 * 30)
})

test('an MX that is an address or named twice is dropped', async () => {
  const zone: Zone = { 'd.example': { MX: [[1, '9.9.9.9'], [2, 'a.example'], [3, 'A.example.']] }, 'a.example': { A: ['9.9.9.9'] } } // biome-ignore format: one zone line
  assert.deepEqual(exchanges(await find('d.example', zone)), ['a.example'])
})

test('servers roll up to their operator', () => {
  const lanes: [string, string][] = [
    ['gmail-smtp-in.l.google.com', 'google.com'],
    ['ALT4.aspmx.l.google.com.', 'google.com'],
    ['aspmx2.googlemail.com', 'google.com'],
    ['outlook-com.olc.protection.outlook.com', 'outlook.com'],
    ['contoso-com.mail.protection.outlook.com', 'protection.outlook.com'],
    ['contoso-com.o-v1.mx.microsoft', 'protection.outlook.com'],
    ['mta7.am0.yahoodns.net', 'yahoo.com'],
    ['mx01.mail.icloud.com', 'icloud.com'],
    ['mxa-00169c01.gslb.pphosted.com', 'pphosted.com'],
    ['in1-smtp.messagingengine.com', 'fastmail.com'],
    ['notgooglemail.com', 'notgooglemail.com'],
    ['mail.example.co.uk', 'example.co.uk'],
    ['mail.example.de', 'example.de'],
    ['co.uk', 'co.uk'],
    ['localhost', 'localhost'],
    ['9.9.9.9', '9.9.9.9'],
    ['2a00::1', '2a00::1'],
  ]
  for (const [host, lane] of lanes) assert.equal(rollup(host), lane)
})
