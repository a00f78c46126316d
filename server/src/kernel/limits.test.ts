import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { after, test } from 'node:test'
import { movableClock, systemClock } from './clock.ts'
import { createLimits, type Limits, type Window } from './limits.ts'

const minute: Window = { name: 'calls', points: 3, seconds: 60 }
const day: Window = { name: 'calls', points: 5, seconds: 86_400 }
const start = new Date('2030-01-01T12:00:10Z')
const startSeconds = start.getTime() / 1000
const quiet = { warn: () => {}, info: () => {} }
const inMemory = () => {
  const clock = movableClock(start)
  return { clock, limits: createLimits({ enabled: true, clock, log: quiet }) }
}

test('points run out, the answer says when they come back, and then they are back', async () => {
  const { clock, limits } = inMemory()
  const resetAt = startSeconds + 50
  for (const remaining of [2, 1, 0])
    assert.deepEqual(await limits.take([minute], 'a'), { allowed: true, limit: 3, remaining, resetAt, retryAfter: 0 })
  assert.deepEqual(await limits.take([minute], 'a'), { allowed: false, limit: 3, remaining: 0, resetAt, retryAfter: 50 })
  assert.equal((await limits.take([minute], 'b')).allowed, true)
  clock.advance(49_001)
  assert.equal((await limits.take([minute], 'a')).retryAfter, 1)
  clock.advance(999)
  assert.deepEqual(await limits.take([minute], 'a'), {
    allowed: true,
    limit: 3,
    remaining: 2,
    resetAt: resetAt + 60,
    retryAfter: 0,
  })
})

test('of several windows the tighter one is described, and a refusal by one takes nothing from the other', async () => {
  const { clock, limits } = inMemory()
  for (const remaining of [2, 1, 0]) assert.equal((await limits.take([minute, day], 'a')).remaining, remaining)
  for (let i = 0; i < 10; i++) assert.equal((await limits.take([minute, day], 'a')).limit, 3)
  clock.advance(60_000)
  const fourth = await limits.take([minute, day], 'a')
  assert.deepEqual([fourth.allowed, fourth.limit, fourth.remaining], [true, 5, 1])
  await limits.take([minute, day], 'a')
  const sixth = await limits.take([minute, day], 'a')
  assert.deepEqual([sixth.allowed, sixth.limit, sixth.remaining, sixth.resetAt], [false, 5, 0, Date.UTC(2030, 0, 2) / 1000])
  assert.equal(sixth.retryAfter, sixth.resetAt - (startSeconds + 60))
})

test('a cost is taken whole or not at all', async () => {
  const { limits } = inMemory()
  assert.equal((await limits.take([day], 'a', 4)).remaining, 1)
  const refused = await limits.take([day], 'a', 2)
  assert.deepEqual([refused.allowed, refused.remaining], [false, 1])
  assert.equal((await limits.take([day], 'a', 1)).allowed, true)
  assert.equal((await limits.take([day], 'b', 6)).allowed, false)
})

test('windows of another name count apart, and names of objects are keys like any other', async () => {
  const { limits } = inMemory()
  for (const key of ['__proto__', 'constructor', '', 'ž'.repeat(500)]) {
    for (let i = 0; i < 3; i++) assert.equal((await limits.take([minute], key)).allowed, true)
    assert.equal((await limits.take([minute], key)).allowed, false)
    assert.equal((await limits.take([{ ...minute, name: 'sends' }], key)).allowed, true)
  }
})

test('switched off, everything passes', async () => {
  const limits = createLimits({ enabled: false, valkeyUrl: 'redis://127.0.0.1:1', clock: systemClock, log: quiet })
  for (let i = 0; i < 10; i++)
    assert.deepEqual(await limits.take([minute], 'a').then(taken => [taken.allowed, taken.remaining]), [true, 3])
  await limits.close()
})

test('a flood of keys is bounded: the oldest are forgotten, the recent are not', async () => {
  const { limits } = inMemory()
  const once: Window = { name: 'once', points: 1, seconds: 86_400 }
  for (let i = 0; i < 100_001; i++) await limits.take([once], `key${i}`)
  assert.equal((await limits.take([once], 'key100000')).allowed, false)
  assert.equal((await limits.take([once], 'key2')).allowed, false)
  assert.equal((await limits.take([once], 'key0')).allowed, true)
})

/** As much of Valkey as counters need (RESP2), so that the tests need none; with TEST_VALKEY_URL the sharing is tested on a real one. */
const startValkey = async (port = 0) => {
  const counters = new Map<string, number>()
  const ends = new Map<string, number>()
  const state = { silent: false }
  const run = ([command, key, value]: string[]): string => {
    const name = command!.toLowerCase()
    if (name === 'incrby' || name === 'decrby') {
      counters.set(key!, (counters.get(key!) ?? 0) + (name === 'incrby' ? 1 : -1) * Number(value))
      return `:${counters.get(key!)}\r\n`
    }
    if (name === 'expire') {
      ends.set(key!, Number(value))
      return ':1\r\n'
    }
    return name === 'info' ? '$9\r\nloading:0\r\n' : '+OK\r\n'
  }
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    let pending = ''
    socket
      .on('error', () => socket.destroy())
      .on('data', chunk => {
        pending += chunk
        // Each command is *<n>, then n times $<length> and the text, all of one line each here.
        const lines = pending.split('\r\n')
        let at = 0
        let answers = ''
        while (at + 2 * Number(lines[at]!.slice(1)) + 1 < lines.length) {
          const end = at + 2 * Number(lines[at]!.slice(1)) + 1
          answers += run(lines.slice(at + 1, end).filter((_, i) => i % 2 === 1))
          at = end
        }
        pending = lines.slice(at).join('\r\n')
        if (!state.silent) socket.write(answers)
      })
  })
  await once(server.listen(port, '127.0.0.1'), 'listening')
  const stop = async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise(done => server.close(done))
  }
  return { port: (server.address() as AddressInfo).port, counters, ends, state, stop }
}

const journal = () => {
  const lines: string[] = []
  return {
    lines,
    log: { warn: (_: unknown, text?: string) => lines.push(text!), info: (text: unknown) => lines.push(String(text)) },
  }
}
const pause = () => new Promise(done => setTimeout(done, 10))
const connected = async (limits: Limits, probe: () => boolean) => {
  while (!probe()) {
    await limits.take([{ name: 'probe', points: 1e9, seconds: 1 }], 'probe')
    await pause()
  }
}

test('processes share the counters: of many takes at once exactly as many pass as there are points', async () => {
  const valkey = await startValkey()
  after(() => valkey.stop())
  const valkeyUrl = process.env.TEST_VALKEY_URL ?? `redis://127.0.0.1:${valkey.port}`
  const processes = [1, 2, 3].map(() => createLimits({ enabled: true, valkeyUrl, clock: systemClock, log: quiet }))
  const probe = { name: 'probe', points: 1e9, seconds: 86_400 }
  const key = `key${process.pid}.${performance.now()}`
  // Each counts alone until its connection stands; the shared counter shows when all do.
  for (let left: number[] = []; new Set(left).size < 3; await pause()) {
    left = await Promise.all(processes.map(async limits => (await limits.take([probe], key)).remaining))
  }

  const many: Window[] = [
    { name: 'calls', points: 100, seconds: 86_400 },
    { name: 'burst', points: 1000, seconds: 86_400 },
  ]
  let passed = 0
  // In several bursts, so that a slow machine answers each before the limits give up on it.
  for (let burst = 0; burst < 10; burst++) {
    const all = await Promise.all(Array.from({ length: 60 }, (_, i) => processes[i % 3]!.take(many, key)))
    passed += all.filter(taken => taken.allowed).length
  }
  assert.equal(passed, 100)
  const next = await processes[0]!.take([many[1]!], key)
  assert.equal(next.remaining, 899, 'the refused 500 took nothing from the other window')
  for (const limits of processes) await limits.close()
})

test('every counter has an end', async () => {
  const valkey = await startValkey()
  const limits = createLimits({
    enabled: true,
    valkeyUrl: `redis://127.0.0.1:${valkey.port}`,
    clock: movableClock(start),
    log: quiet,
  })
  await connected(limits, () => valkey.counters.size > 0)
  for (let i = 0; i < 5; i++) await limits.take([minute, day], 'a')
  assert.deepEqual([...valkey.ends.keys()].sort(), [...valkey.counters.keys()].sort())
  assert.equal(valkey.counters.get(`pennypost:limits:calls:60:${Math.floor(startSeconds / 60)}:a`), 3)
  assert.equal(valkey.ends.get(`pennypost:limits:calls:60:${Math.floor(startSeconds / 60)}:a`), 60)
  await limits.close()
  await valkey.stop()
})

test('Valkey away, back, and silent: every take is answered and limited, and each change is told once', async () => {
  const first = await startValkey()
  const { lines, log } = journal()
  const limits = createLimits({ enabled: true, valkeyUrl: `redis://127.0.0.1:${first.port}`, clock: movableClock(start), log })
  await connected(limits, () => first.counters.size > 0)
  await first.stop()
  const taken = await Promise.all(Array.from({ length: 20 }, () => limits.take([minute], 'alone')))
  assert.equal(taken.filter(({ allowed }) => allowed).length, 3)
  await connected(limits, () => lines.length > 0)

  const second = await startValkey(first.port)
  await connected(limits, () => lines.length === 2)
  second.state.silent = true
  const before = await Promise.all(Array.from({ length: 20 }, () => limits.take([minute], 'silent')))
  assert.equal(before.filter(({ allowed }) => allowed).length, 3)
  assert.deepEqual(
    lines.map(line => line.slice(0, 14)),
    ['Valkey is away', 'Valkey is back', 'Valkey is away'],
  )
  await limits.close()
  await second.stop()
})

test('without any Valkey from the start the limits hold in memory', async () => {
  const limits = createLimits({ enabled: true, valkeyUrl: 'redis://127.0.0.1:1', clock: movableClock(start), log: quiet })
  const taken = await Promise.all(Array.from({ length: 10 }, () => limits.take([minute], 'a')))
  assert.equal(taken.filter(({ allowed }) => allowed).length, 3)
  await limits.close()
})
