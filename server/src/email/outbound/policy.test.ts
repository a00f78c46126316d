import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLaneLimits, nextAttempt, type StsPolicy, type StsWorld, stsPolicy, tlsModeFor } from './policy.ts'

const hour = 3_600_000

function schedule(random: () => number): number[] {
  const waits: number[] = []
  for (let wait = nextAttempt(1, random); wait !== null; wait = nextAttempt(waits.length + 1, random)) waits.push(wait)
  return waits
}

test('tries come within a minute first and end within five days', () => {
  const total = (waits: number[]) => waits.reduce((sum, wait) => sum + wait, 0) / hour
  const longest = schedule(() => 0)
  assert.equal(longest[0], 60_000)
  assert.equal(total(longest), 120)
  assert.ok(longest.every(wait => wait <= 8 * hour))
  const shortest = schedule(() => 0.999999)
  assert.equal(shortest.length, longest.length)
  assert.ok(total(shortest) >= 100 && total(shortest) < 120)
  assert.equal(nextAttempt(0, Math.random), null)
  assert.equal(nextAttempt(longest.length + 1, Math.random), null)
})

test('a lane grows by one for each round of successes, never beyond its limit', () => {
  const lane = createLaneLimits({ min: 2, max: 5 })
  let state = lane.start
  assert.equal(state.limit, 2)
  for (let success = 0; success < 3; success++) state = lane.onSuccess(state)
  assert.equal(Math.floor(state.limit), 3)
  for (let success = 0; success < 1000; success++) state = lane.onSuccess(state)
  assert.equal(state.limit, 5)
})

test('one wave of deferrals halves a lane once, the next one again, never below its least', () => {
  const lane = createLaneLimits({ min: 1, max: 64 })
  let state = { limit: 40, settledAt: 0 }
  for (let deferral = 0; deferral < 40; deferral++) state = lane.onDefer(state, 1000 + deferral)
  assert.equal(state.limit, 20)
  state = lane.onDefer(state, 6001)
  assert.equal(state.limit, 10)
  for (let wave = 2; wave < 20; wave++) state = lane.onDefer(state, wave * 10_000)
  assert.equal(state.limit, 1)
})

test('a transition leaves the state it was given alone', () => {
  const lane = createLaneLimits({ min: 1, max: 10 })
  const state = Object.freeze({ limit: 4, settledAt: 0 })
  assert.notEqual(lane.onSuccess(state), state)
  assert.notEqual(lane.onDefer(state, 1), state)
  assert.deepEqual(state, { limit: 4, settledAt: 0 })
})

const text = 'version: STSv1\r\nmode: enforce\r\nmx: mx1.example.com\r\nmx: *.mail.example.net\r\nmax_age: 86400\r\n'
const now = 1_772_366_400_000
const policy: StsPolicy = { id: 'one', mode: 'enforce', mx: ['mx1.example.com', '*.mail.example.net'], expires: now + 86_400_000 }

/** A world with one TXT record and one answer of the policy host; what is missing fails. */
function world({
  txt,
  answer = {},
}: {
  txt?: string[] | string
  answer?: { status?: number; type?: string; body?: string; truncated?: boolean } | null
}) {
  const fetched: string[] = []
  const made: StsWorld = {
    now,
    resolver: {
      resolveTxt: async name => {
        assert.equal(name, '_mta-sts.example.com')
        if (txt === undefined || typeof txt === 'string') throw Object.assign(new Error('dns'), { code: txt ?? 'ENOTFOUND' })
        return txt.map(record => [record.slice(0, 5), record.slice(5)])
      },
    },
    fetch: async url => {
      fetched.push(url)
      if (answer === null) throw new Error('tls')
      const { status = 200, type = 'text/plain; charset=utf-8', body = text, truncated = false } = answer
      return { status, headers: { 'content-type': type }, body: Buffer.from(body), truncated }
    },
  }
  return { ...made, fetched }
}
const record = (id: string) => [`v=STSv1; id=${id};`]

test('a policy is found through DNS and fetched from its host', async () => {
  const found = world({ txt: ['unrelated', ...record('one')] })
  assert.deepEqual(await stsPolicy('example.com', null, found), policy)
  assert.deepEqual(found.fetched, ['https://mta-sts.example.com/.well-known/mta-sts.txt'])
})

test('a known policy is fetched again only when its id changes or its time is over', async () => {
  const same = world({ txt: record('one') })
  assert.equal(await stsPolicy('example.com', policy, same), policy)
  assert.deepEqual(same.fetched, [])
  assert.equal((await stsPolicy('example.com', policy, world({ txt: record('two') })))?.id, 'two')
  const over = world({ txt: record('one') })
  assert.deepEqual(await stsPolicy('example.com', { ...policy, expires: now }, over), policy)
  assert.equal(over.fetched.length, 1)
})

test('nothing that goes wrong takes a known policy away before its time', async () => {
  const two = record('two')
  const broken = [
    world({}),
    world({ txt: 'ESERVFAIL' }),
    world({ txt: [...record('two'), ...record('three')] }),
    world({ txt: ['v=STSv1; id=not valid'] }),
    world({ txt: two, answer: null }),
    world({ txt: two, answer: { status: 404 } }),
    world({ txt: two, answer: { status: 302 } }),
    world({ txt: two, answer: { type: 'text/html' } }),
    world({ txt: two, answer: { truncated: true } }),
    world({ txt: two, answer: { body: '' } }),
    world({ txt: two, answer: { body: text.replace('max_age: 86400', 'max_age: ever') } }),
    world({ txt: two, answer: { body: text.replaceAll('mx:', 'xx:') } }),
  ]
  for (const [at, each] of broken.entries()) {
    assert.equal(await stsPolicy('example.com', policy, each), policy, `case ${at}`)
    const none = at < 4 ? null : { id: 'two', mode: 'none', mx: [], expires: now + hour }
    assert.deepEqual(await stsPolicy('example.com', { ...policy, expires: now - 1 }, each), none, `case ${at}`)
  }
})

test('only an enforced policy binds, and it binds each server by name', () => {
  const mode = (exchange: string, changed: Partial<StsPolicy> = {}) => tlsModeFor({ ...policy, ...changed }, exchange)
  assert.equal(mode('mx1.example.com'), 'require')
  assert.equal(mode('MX1.EXAMPLE.COM.'), 'require')
  assert.equal(mode('a.mail.example.net'), 'require')
  for (const other of ['mx2.example.com', 'mail.example.net', 'a.b.mail.example.net', 'mx1.example.com.evil.example'])
    assert.equal(mode(other), 'avoid')
  assert.equal(mode('mx2.example.com', { mode: 'testing' }), 'opportunistic')
  assert.equal(mode('mx2.example.com', { mode: 'none' }), 'opportunistic')
  assert.equal(tlsModeFor(null, 'mx2.example.com'), 'opportunistic')
})
