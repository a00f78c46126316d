import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startZone } from '../../../test/dns-zone.ts'
import { createResolver } from '../../kernel/net/dns.ts'
import { hostProblems } from './host.ts'

test('the server’s own name: address, private address, PTR', async () => {
  const zone = await startZone({
    'good.test': { A: ['192.0.43.10'], AAAA: ['2001:500:88::10'] },
    '10.43.0.192.in-addr.arpa': { PTR: ['good.test'] },
    [`${'0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.8.0.0.0.0.5.0.1.0.0.2'}.ip6.arpa`]: { PTR: ['GOOD.test'] },
    'unnamed.test': { A: ['192.0.43.11'] },
    'other.test': { A: ['192.0.43.10'] },
    'inside.test': { A: ['10.0.0.1'] },
    'broken.test': 'SERVFAIL',
  })
  try {
    const ask = (host: string) => hostProblems(createResolver([zone.server]), host)
    assert.deepEqual(await ask('good.test'), [])
    assert.match((await ask('unnamed.test')).join(), /PTR record of 192\.0\.43\.11 is missing/)
    assert.match((await ask('other.test')).join(), /says good\.test/)
    assert.match((await ask('inside.test')).join(), /private address/)
    for (const host of ['none.test', 'broken.test']) assert.match((await ask(host)).join(), /No address was found/)
  } finally {
    await zone.stop()
  }
})
