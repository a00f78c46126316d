import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { eventually, type Json, startTestApp } from '../../test/harness.ts'
import { startSink } from '../../test/http-sink.ts'
import { record } from '../events/events.sql.ts'
import { newId, parseId } from '../kernel/ids.ts'
import type { Claimed } from './dispatch.sql.ts'
import { startWebhooks } from './dispatch.ts'
import { createLanes } from './endpoint-lanes.ts'

const delivery = (endpoint: string, failing = false) => ({ id: newId(), endpoint_id: endpoint, failing }) as Claimed

/** Lanes over attempts that end when the test says so. */
const rig = () => {
  let now = 1_000_000
  const begun: { delivery: Claimed; end(ms: number | undefined): void }[] = []
  const back: { delivery: Claimed; until: Date }[] = []
  const lanes = createLanes({
    now: () => new Date(now),
    begin: delivery => new Promise(end => begun.push({ delivery, end })),
    sendBack: (delivery, until) => back.push({ delivery, until }),
  })
  const take = (endpoint: string, count: number, failing = false) => {
    for (let i = 0; i < count; i++) lanes.take(delivery(endpoint, failing))
  }
  /** Ends up to `count` of what has begun or begins then. */
  const end = async (count: number, ms: number) => {
    for (let i = 0; i < count && begun.length > 0; i++) {
      begun.shift()!.end(ms)
      await new Promise(setImmediate)
    }
  }
  return { lanes, begun, back, take, end, advance: (ms: number) => (now += ms), at: () => now }
}

test('a lane has twenty places, one more thing waits than a second holds, the rest is sent back, spread over time', () => {
  const { lanes, begun, back, take, at } = rig()
  take('a', 500)
  assert.equal(begun.length, 20)
  assert.equal(lanes.inHand(), 120)
  assert.equal(back.length, 380)
  const times = back.map(({ until }) => until.getTime() - at())
  assert.ok(times.every((time, i) => time > 1000 && (i === 0 || time > times[i - 1]!)))
  assert.equal(Math.round(times.at(-1)! / 100), 48, 'ten milliseconds apart: 200 ms an attempt over 20 places')
})

test('a lane that gets slow gets narrow, and one that gets fast gets wide again', async () => {
  const { begun, take, end } = rig()
  take('slow', 100)
  await end(100, 15_000)
  take('slow', 100)
  assert.equal(begun.length, 2)
  for (let i = 0; i < 40; i++) {
    take('slow', 1)
    await end(2, 50)
  }
  take('slow', 100)
  assert.equal(begun.length, 20)
})

test('an endpoint that was failing already begins narrow', () => {
  const { begun, take } = rig()
  take('dead', 100, true)
  assert.equal(begun.length, 2)
})

test('a full lane takes nothing from another', () => {
  const { begun, take } = rig()
  take('a', 500)
  take('b', 5)
  assert.equal(begun.filter(({ delivery }) => delivery.endpoint_id === 'b').length, 5)
})

test('what an endless backlog is promised is never further off than a quarter of an hour', () => {
  const { back, take, at } = rig()
  take('dead', 5000, true)
  assert.ok(back.every(({ until }) => until.getTime() - at() <= 15 * 60_000))
})

test('clearing sends back what waits, at once; what is under way goes on', async () => {
  const { lanes, back, take, end, at } = rig()
  take('a', 50)
  lanes.clear()
  assert.equal(lanes.inHand(), 20)
  assert.deepEqual([...new Set(back.map(({ until }) => until.getTime()))], [at()])
  await end(20, 10)
  assert.equal(lanes.inHand(), 0)
})

test('an attempt that was not made frees its place and says nothing of the endpoint', async () => {
  const { lanes, begun, take } = rig()
  take('a', 120)
  while (begun.length > 0) {
    begun.shift()!.end(undefined)
    await new Promise(setImmediate)
  }
  assert.equal(lanes.inHand(), 0)
  take('a', 20)
  assert.equal(begun.length, 20)
})

/** A server of raw bytes that keeps its connections open. */
const startRaw = async (serve: (socket: Socket) => void) => {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    socket.once('data', () => serve(socket))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const stop = () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sockets, stop }
}

test('endpoints that never answer delay nobody, have few connections, and are cut off after 15 seconds', async context => {
  const t = await startTestApp({ roles: ['web'] })
  const worker = startWebhooks(t.app)
  const silent = await startRaw(() => {})
  const drip = await startRaw(socket => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n')
    const timer = setInterval(() => socket.write('.'), 100)
    socket.on('close', () => clearInterval(timer))
  })
  const sink = await startSink()
  context.after(async () => {
    silent.stop()
    drip.stop()
    await sink.stop()
    await worker.close()
    await t.close()
  })
  const subscribe = async (url: string) => {
    const { key, organization } = await t.register()
    const { body } = await t.call('POST', '/v1/webhooks', { key, body: { url, events: ['*'] } })
    const org = parseId('organization', organization)!
    return {
      emit: (count: number) =>
        record(
          t.app.db,
          Array.from({ length: count }, (_, n) => ({
            type: 'domain.verified',
            organization_id: org,
            livemode: true,
            data: { n },
          })),
        ),
      attempts: async (): Promise<Json[]> =>
        (await t.call('GET', `/v1/webhooks/${body.id}/attempts?limit=100`, { key })).body.data,
    }
  }
  const stuck = [await subscribe(silent.url), await subscribe(drip.url)]
  const healthy = await subscribe(sink.url)
  for (const { emit } of stuck) await emit(500)
  await eventually(async () => silent.sockets.size > 0 && drip.sockets.size > 0)
  await healthy.emit(1000)
  await eventually(async () => sink.requests.length === 1000)
  // No attempt at the stuck ones has ended yet, so the healthy one cannot have waited for any.
  for (const { attempts } of stuck) assert.equal((await attempts()).length, 0)
  assert.ok(silent.sockets.size <= 20 && drip.sockets.size <= 20, `${silent.sockets.size} and ${drip.sockets.size} connections`)
  for (const { attempts } of stuck) {
    const made = await eventually(async () => {
      const found = await attempts()
      return found.length > 0 && found
    }, 30_000)
    assert.ok(
      made.every(({ status, error }) => status === null && /15 s/.test(error)),
      JSON.stringify(made[0]),
    )
  }
})
