/**
 * Webhook latency: from the commit of an event to the arrival of its POST, at 500 events a second, each committed by itself; and how
 * fast a backlog drains. Beside it, on the same machine and sink: a bare loop of keep-alive POSTs of the same bytes, which stores
 * nothing, signs nothing and forgets. The sink is a process of its own.
 *
 *   node server/bench/run-benches.ts webhooks
 *
 * Seen on 2 cores: p99 16.3 ms against 0.4 ms; a backlog at 3,645/s against 15,414/s (0.24).
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { type RunningApp, startApp } from '../src/app.ts'
import { readConfig } from '../src/config.ts'
import { record } from '../src/events/events.sql.ts'
import { migrate } from '../src/kernel/database/migrate.ts'
import { newId } from '../src/kernel/ids.ts'
import { createLog } from '../src/kernel/log.ts'
import { startPostgres } from '../src/kernel/postgres/postgres.ts'
import { secretContext } from '../src/webhooks/attempt.ts'
import { startWebhooks } from '../src/webhooks/dispatch.ts'
import { newSecret } from '../src/webhooks/sign.ts'

const perSecond = 500
const seconds = 10
/** Seconds not counted: a process that has just started compiles its code and prepares its statements. */
const warmUp = 2
const backlog = 10_000
const endpoints = 20
/** About what a received mail with a short body comes to. */
const text = 'x'.repeat(2000)
/** Milliseconds that two processes agree on. */
const now = () => performance.timeOrigin + performance.now()

/** In the child: answers 204 and tells the parent when each body arrived. */
const serve = async () => {
  let arrived: [n: number, at: number][] = []
  const server = createServer(async (incoming, answer) => {
    const body = await buffer(incoming)
    const at = now()
    answer.writeHead(204).end()
    arrived.push([JSON.parse(body.toString()).data.n, at])
  })
  process.on('disconnect', () => process.exit())
  setInterval(() => {
    if (arrived.length > 0) process.send!(arrived)
    arrived = []
  }, 20)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  process.send!((server.address() as AddressInfo).port)
}

interface Sink {
  url: string
  /** When number n arrived. */
  arrivals: Map<number, number>
  has(count: number): Promise<void>
}

const startSink = async (child: ChildProcess): Promise<Sink> => {
  const [port] = (await once(child, 'message')) as [number]
  const arrivals = new Map<number, number>()
  child.on('message', (batch: [number, number][]) => {
    for (const [n, at] of batch) arrivals.set(n, at)
  })
  const has = async (count: number) => {
    while (arrivals.size < count) await delay(10)
  }
  return { url: `http://127.0.0.1:${port}/`, arrivals, has }
}

/** Calls `send(n)` at an even pace for so many seconds; resolves with when each had done its part. */
const atPace = async (seconds: number, send: (n: number) => Promise<unknown>): Promise<Map<number, number>> => {
  const done = new Map<number, number>()
  const pending: Promise<unknown>[] = []
  const started = now()
  for (let n = 0; n < perSecond * seconds; ) {
    const due = Math.floor(((now() - started) / 1000) * perSecond)
    for (; n <= due && n < perSecond * seconds; n++) {
      const mine = n
      pending.push(send(mine).then(() => done.set(mine, now())))
    }
    await delay(1)
  }
  await Promise.all(pending)
  return done
}

const percentiles = (from: Map<number, number>, to: Map<number, number>) => {
  const ms = [...from].map(([n, at]) => Math.max(0, to.get(n)! - at)).sort((a, b) => a - b)
  const at = (share: number) => ms[Math.min(ms.length - 1, Math.floor(ms.length * share))]!.toFixed(1)
  return `p50 ${at(0.5)} ms   p99 ${at(0.99)} ms   max ${at(1)} ms`
}

const bare = async (sink: Sink) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 20 })
  const post = (n: number) =>
    new Promise<void>((resolve, reject) => {
      const body = JSON.stringify({
        id: newId(),
        type: 'domain.verified',
        created_at: new Date(),
        livemode: true,
        data: { n, text },
      })
      const outgoing = request(sink.url, { method: 'POST', agent, headers: { 'content-type': 'application/json' } }, answer =>
        answer.resume().on('end', resolve),
      )
      outgoing.on('error', reject).end(body)
    })
  const sent = new Map<number, number>()
  await sink.has((await atPace(warmUp, post)).size)
  sink.arrivals.clear()
  await atPace(seconds, n => {
    sent.set(n, now())
    return post(n)
  })
  await sink.has(sent.size)
  const latency = percentiles(sent, sink.arrivals)
  sink.arrivals.clear()
  const started = now()
  let next = 0
  const loop = async () => {
    while (next < backlog) await post(next++)
  }
  await Promise.all(Array.from({ length: 20 }, loop))
  const rate = backlog / ((now() - started) / 1000)
  agent.destroy()
  sink.arrivals.clear()
  return { latency, rate }
}

/** An organization with `endpoints` endpoints, each wanting one of the event types we send in turn. */
const subscribe = async (app: RunningApp, url: string): Promise<string[]> => {
  const organizations = Array.from({ length: endpoints }, () => newId())
  for (const organization of organizations) {
    const id = newId()
    await app.db.pool.query("insert into organizations (id, name, owner_email) values ($1, 'Bench', 'owner@bench.test')", [
      organization,
    ])
    await app.db.pool.query(
      "insert into webhook_endpoints (id, organization_id, livemode, name, url, events, scopes, dialect, secret) values ($1, $2, true, 'bench', $3, '{*}', '{*}', 'pennypost', $4)",
      [id, organization, url, app.sealer.seal(newSecret('pennypost'), secretContext(id))],
    )
  }
  return organizations
}

const platform = async (app: RunningApp, sink: Sink) => {
  const organizations = await subscribe(app, sink.url)
  const event = (n: number) => ({
    type: 'domain.verified' as const,
    organization_id: organizations[n % endpoints]!,
    livemode: true,
    data: { n, text },
  })
  const worker = startWebhooks(app)
  await sink.has((await atPace(warmUp, n => record(app.db, [event(n)]))).size)
  sink.arrivals.clear()
  const committed = await atPace(seconds, n => record(app.db, [event(n)]))
  await sink.has(committed.size)
  const latency = percentiles(committed, sink.arrivals)
  await worker.close()
  sink.arrivals.clear()
  for (let n = 0; n < backlog; n += 500)
    await record(
      app.db,
      Array.from({ length: 500 }, (_, i) => event(n + i)),
    )
  const started = now()
  const second = startWebhooks(app)
  await sink.has(backlog)
  const rate = backlog / ((now() - started) / 1000)
  await second.close()
  return { latency, rate }
}

const main = async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'pennypost-bench-'))
  const child = fork(import.meta.filename, ['sink'])
  const postgres = await startPostgres({ dataDir, log: () => {} })
  try {
    const sink = await startSink(child)
    await migrate(postgres.url)
    const config = readConfig({ DATA_DIR: dataDir, ALLOW_PRIVATE_NETWORKS: 'on', LOG_LEVEL: 'warn' })
    const app = await startApp({ config, databaseUrl: postgres.url, roles: [], log: createLog(config.LOG_LEVEL) })
    const ours = await platform(app, sink)
    await app.close()
    sink.arrivals.clear()
    const theirs = await bare(sink)
    console.log(`${perSecond} a second for ${seconds} s, ${endpoints} endpoints, 2 KB bodies`)
    console.log(`committed -> received       ${ours.latency}`)
    console.log(`bare POST sent -> received  ${theirs.latency}`)
    console.log(
      `backlog of ${backlog}: ${ours.rate.toFixed(0)}/s signed, sent and recorded; bare POST loop, 20 connections: ${theirs.rate.toFixed(0)}/s; ratio ${(ours.rate / theirs.rate).toFixed(2)}`,
    )
  } finally {
    child.kill()
    await postgres.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}

await (process.argv[2] === 'sink' ? serve() : main())
