import assert from 'node:assert/strict'
import { hostname, networkInterfaces } from 'node:os'
import { test } from 'node:test'
import { type Records, startZone } from '../../../test/dns-zone.ts'
import { systemClock } from '../../kernel/clock.ts'
import { createResolver } from '../../kernel/net/dns.ts'
import { createFetch } from '../../kernel/net/fetch.ts'
import type { App } from '../../platform.ts'
import { createRouter, type NoPath, type Path, readRelay } from './route.ts'

/** What the router needs of an App, over a real name server. */
const routing = async (records: Records, config: { OUTBOUND?: string; ALLOW_PRIVATE_NETWORKS?: boolean } = {}) => {
  const zone = await startZone(records)
  const resolver = createResolver([zone.server])
  const fetch = createFetch({ lookup: resolver.lookup, allowPrivate: false })
  const app = {
    config: {
      OUTBOUND: 'direct',
      MAIL_DOMAIN: 'agents.test',
      MAIL_HOST: 'mx1.agents.test',
      ALLOW_PRIVATE_NETWORKS: false,
      ...config,
    },
    publicUrl: 'https://post.agents.test',
    smtp: { host: '127.0.0.1', port: 2525 },
    clock: systemClock,
    resolver,
    fetch,
  } as unknown as App
  const stop = async () => {
    await fetch.close()
    await zone.stop()
  }
  return { route: createRouter(app, 25), stop, app }
}
const mx = (...names: string[]) => ({ MX: names.map((exchange, priority) => ({ exchange, priority })) })

test('our own domains go to our own server, whatever way mail leaves otherwise', async () => {
  const { route, stop } = await routing({}, { OUTBOUND: 'smtp://relay.test' })
  const path = (await route('customer.example', true)) as Path
  assert.deepEqual([path.lane, path.hosts[0]!.addresses, path.port, path.tls], ['own', ['127.0.0.1'], 2525, 'none'])
  await stop()
})

test('our own server may stand on another machine', async () => {
  const { route, stop, app } = await routing({ 'smtp.internal': { A: ['10.1.2.4'] } })
  app.smtp = { host: 'smtp.internal', port: 2526 }
  const path = (await route('agents.test', true)) as Path
  assert.deepEqual([path.lane, path.hosts[0]!.addresses, path.port], ['own', ['10.1.2.4'], 2526])
  app.smtp.host = 'gone.internal'
  assert.equal(((await route('agents.test', true)) as NoPath).code, 0)
  await stop()
})

test('a relay takes everything else; it may stand in a private network, and needs no MX of the recipient', async () => {
  const { route, stop } = await routing({ 'relay.test': { A: ['10.1.2.3'] } }, { OUTBOUND: 'smtp://relay.test:2500' })
  const path = (await route('anywhere.example', false)) as Path
  assert.deepEqual(
    [path.lane, path.hosts, path.port],
    ['relay', [{ exchange: 'relay.test', priority: 0, addresses: ['10.1.2.3'] }], 2500],
  )
  await stop()
})

test('a relay whose name is not found is waited for, nothing bounces', async () => {
  const { route, stop } = await routing({}, { OUTBOUND: 'smtps://user:secret@relay.test' })
  const missing = (await route('anywhere.example', false)) as NoPath
  assert.equal(missing.code, 0)
  assert.doesNotMatch(missing.text, /secret/)
  await stop()
})

test('a relay address says how to speak to it', () => {
  assert.deepEqual(readRelay('smtp://relay.test'), { host: 'relay.test', port: 25, tls: 'opportunistic' })
  assert.deepEqual(readRelay('smtps://relay.test'), { host: 'relay.test', port: 465, tls: 'implicit' })
  assert.deepEqual(readRelay('smtp://user:p%40ss@relay.test'), {
    host: 'relay.test',
    port: 587,
    tls: 'opportunistic',
    auth: { user: 'user', password: 'p@ss' },
  })
  assert.equal(readRelay('smtp://[2001:db8::1]:26').host, '2001:db8::1')
})

test('direct: the MX of the domain, equal ones under one key however they are shuffled', async () => {
  const records = {
    'shop.example': { MX: ['a', 'b', 'c'].map(name => ({ exchange: `${name}.host.example`, priority: 10 })) },
    'a.host.example': { A: ['8.8.8.1'] },
    'b.host.example': { A: ['8.8.8.2'] },
    'c.host.example': { A: ['8.8.8.3'] },
  }
  const { route, stop } = await routing(records)
  const paths = (await Promise.all(Array.from({ length: 20 }, () => route('shop.example', false)))) as Path[]
  assert.equal(new Set(paths.map(({ key }) => key)).size, 1)
  assert.ok(new Set(paths.map(({ hosts }) => hosts[0]!.exchange)).size > 1)
  assert.deepEqual([paths[0]!.lane, paths[0]!.tls, paths[0]!.port], ['host.example', 'opportunistic', 25])
  await stop()
})

test('no way: a domain that is not there, takes no mail, hides in a private network, or is known to nobody right now', async () => {
  const records: Records = {
    'nomail.example': { MX: [{ exchange: '', priority: 0 }] },
    'inside.example': mx('mx.inside.example'),
    'mx.inside.example': { A: ['192.168.1.5'] },
    'metadata.example': { A: ['169.254.169.254'] },
    'broken.example': 'SERVFAIL',
  }
  const { route, stop } = await routing(records)
  const codeOf = async (domain: string) => {
    const { code, enhanced } = (await route(domain, false)) as NoPath
    return [code, enhanced]
  }
  assert.deepEqual(await codeOf('nowhere.example'), [550, '5.1.2'])
  assert.deepEqual(await codeOf('nomail.example'), [556, '5.1.10'])
  assert.deepEqual(await codeOf('inside.example'), [550, '5.4.4'])
  assert.deepEqual(await codeOf('metadata.example'), [550, '5.4.4'])
  assert.deepEqual(await codeOf('broken.example'), [0, '4.4.3'])
  await stop()
})

test('a foreign domain whose MX points to us is not sent round in circles', async () => {
  const outside = Object.values(networkInterfaces())
    .flatMap(each => each ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4')
  const records: Records = {
    'byname.example': mx('agents.test'),
    'byhost.example': mx('mx1.agents.test'),
    'byurl.example': mx('post.agents.test'),
    'agents.test': { A: ['8.8.8.8'] },
    'mx1.agents.test': { A: ['8.8.8.7'] },
    'post.agents.test': { A: ['8.8.8.9'] },
    'byaddress.example': mx('innocent.example'),
    ...(outside ? { 'innocent.example': { A: [outside.address] } } : {}),
  }
  const { route, stop } = await routing(records, { ALLOW_PRIVATE_NETWORKS: true })
  for (const domain of ['byname.example', 'byhost.example', 'byurl.example', 'byaddress.example']) {
    const found = (await route(domain, false)) as NoPath
    assert.deepEqual([found.code, found.enhanced], [550, '5.4.4'], `${domain} on ${hostname()}`)
  }
  await stop()
})
