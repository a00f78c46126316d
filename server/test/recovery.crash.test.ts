/**
 * Ten kills of each part in turn, under load of every kind: a worker beside another one, PostgreSQL under the running processes, the
 * whole server with its embedded PostgreSQL. Everything that was acknowledged is done, once but for what was on the wire at that moment;
 * and what a dead process had in hand goes on within seconds. Prints how long that took.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { freePort } from '../bench/measure.ts'
import { migrate } from '../src/kernel/database/migrate.ts'
import { startPostgres } from '../src/kernel/postgres/postgres.ts'
import { type Relay, startLoad, startRelay } from './crash-load.ts'
import { eventually } from './harness.ts'

const root = join(import.meta.dirname, '../..')
const kills = 10
/** What a dead process had in hand is free by then, on a machine that does many other things. */
const mostMs = 20_000
/** What was taken at the moment of a kill and not yet recorded may come again: as many as a lane and a batch of results hold. */
const mostTwicePerKill = 260

let folder: string
let relay: Relay
let ports: { http: number; smtp: number }
let secret: string
const running = new Set<ChildProcess>()

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pennypost-recovery-'))
  relay = await startRelay()
  ports = { http: await freePort(), smtp: await freePort() }
  secret = randomBytes(32).toString('base64')
})
afterEach(async () => {
  await Promise.all([...running].map(child => end(child, 'SIGTERM')))
  await relay.stop()
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
})

const start = (roles: string, databaseUrl: string): ChildProcess => {
  const child = spawn(process.execPath, ['server/src/main.ts', 'serve', '--roles', roles], {
    cwd: root,
    env: {
      PATH: process.env.PATH,
      DATA_DIR: join(folder, 'data'),
      DATABASE_URL: databaseUrl,
      SECRET_KEY: secret,
      PORT: String(ports.http),
      SMTP_PORT: String(ports.smtp),
      HOST: '127.0.0.1',
      MAIL_DOMAIN: 'mail.test',
      OWN_SMTP: `127.0.0.1:${ports.smtp}`,
      OUTBOUND: `smtp://127.0.0.1:${relay.port}`,
      LOG_LEVEL: 'fatal',
      RATE_LIMITS: 'off',
      STARTING_CREDIT_MILLS: '100000000',
      ALLOW_PRIVATE_NETWORKS: 'on',
      DNS_SERVERS: '127.0.0.1:9',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  running.add(child)
  child.once('exit', () => running.delete(child))
  return child
}
const end = async (child: ChildProcess, signal: NodeJS.Signals) => {
  const gone = once(child, 'exit')
  child.kill(signal)
  await gone
}
const isUp = async () => (await fetch(`http://127.0.0.1:${ports.http}/readyz`).catch(() => undefined))?.status === 200

/** Connects, however long the database needs. */
const reach = (url: () => string): Promise<pg.Client> =>
  eventually(async () => {
    const client = new pg.Client({ connectionString: url(), connectionTimeoutMillis: 2000 })
    client.on('error', () => {})
    return await client.connect().then(
      () => client,
      () => undefined,
    )
  }, 60_000)

/** Everything somebody has in hand, by its kind: a name that changes when it is taken anew. */
const inHand = async (db: pg.Client): Promise<Map<string, string>> => {
  const { rows } = await db.query(`
    select 'mail out' as kind, id || ' ' || attempts as held from deliveries where state = 'sending'
    union all select 'webhook', id || ' ' || next_attempt_at from webhook_deliveries where state = 'pending' and attempts = 0 and next_attempt_at > now()
    union all select 'job', id || ' ' || locked_at from graphile_worker._private_jobs where locked_at is not null
    union all select 'drop', id || ' ' || leased_until from drops where leased_until is not null`)
  return new Map(rows.map(row => [row.held, row.kind]))
}

/** Seconds until the last thing that was in hand is not any more, by kind. */
const untilFree = async (url: () => string, since: number): Promise<Record<string, number>> => {
  const db = await reach(url)
  const held = await inHand(db)
  const seconds: Record<string, number> = {}
  await eventually(async () => {
    const now = await inHand(db)
    for (const [name, kind] of held) {
      if (now.has(name)) continue
      seconds[kind] = (performance.now() - since) / 1000
      held.delete(name)
    }
    return held.size === 0
  }, mostMs).catch(error => {
    throw new Error(`Still in hand: ${[...held].slice(0, 20).join('; ')} of ${held.size}`, { cause: error })
  })
  await db.end()
  return seconds
}

const report = (what: string, all: Record<string, number>[]) => {
  const kinds = [...new Set(all.flatMap(seconds => Object.keys(seconds)))].sort()
  const line = kinds.map(kind => {
    const values = all.flatMap(seconds => seconds[kind] ?? []).sort((a, b) => a - b)
    return `${kind} ${values[Math.floor(values.length / 2)]!.toFixed(1)} s, at most ${values.at(-1)!.toFixed(1)} s`
  })
  console.log(`${what}: free after (median of ${all.length}): ${line.join('; ')}`)
}

/** Waits until so many processes have joined; a start takes seconds on a busy machine. */
const allUp = async (url: string, count: number): Promise<void> => {
  const db = await reach(() => url)
  const joined = async () =>
    (
      await db.query(
        `select 1 from pg_locks l join instances i on l.objid = i.id::oid where l.locktype = 'advisory' and l.mode = 'ExclusiveLock'`,
      )
    ).rowCount
  await eventually(async () => (await joined()) === count, 60_000)
  await db.end()
}

/** An external PostgreSQL with two workers and the ways in on it. */
const startNodes = async () => {
  const postgres = await startPostgres({ dataDir: join(folder, 'external'), log: () => {} })
  await migrate(postgres.url)
  const ways = start('web,smtp', postgres.url)
  const workers = [start('worker', postgres.url), start('worker', postgres.url)]
  await eventually(isUp, 60_000)
  await allUp(postgres.url, 3)
  return { postgres, ways, workers }
}

test('a worker, ten times', { timeout: 1_200_000 }, async () => {
  const { postgres, workers } = await startNodes()
  try {
    const load = await startLoad(ports, relay)
    const measured: Record<string, number>[] = []
    for (let kill = 0; kill < kills; kill++) {
      await load.order()
      await delay(1500)
      const at = performance.now()
      await end(workers[kill % 2]!, 'SIGKILL')
      measured.push(await untilFree(() => postgres.url, at))
      workers[kill % 2] = start('worker', postgres.url)
      await allUp(postgres.url, 3)
    }
    const db = await reach(() => postgres.url)
    report('worker', measured)
    console.log(await load.settle(db, kills * mostTwicePerKill))
    await db.end()
  } finally {
    await Promise.all([...running].map(child => end(child, 'SIGTERM')))
    await postgres.stop()
  }
})

test('PostgreSQL, ten times: no process ends', { timeout: 1_200_000 }, async () => {
  const { postgres, ways, workers } = await startNodes()
  try {
    const load = await startLoad(ports, relay)
    const measured: Record<string, number>[] = []
    for (let kill = 0; kill < kills; kill++) {
      await load.order()
      await delay(1500)
      const { pid } = postgres
      process.kill(pid, kill % 2 ? 'SIGKILL' : 'SIGQUIT') // SIGQUIT: an immediate shutdown, as a fail-over begins
      await eventually(() => Promise.resolve(postgres.pid !== pid), 60_000)
      measured.push(await untilFree(() => postgres.url, performance.now()))
      for (const child of [ways, ...workers])
        assert.deepEqual([child.exitCode, child.signalCode], [null, null], 'a process ended')
    }
    const db = await reach(() => postgres.url)
    report('PostgreSQL', measured)
    console.log(await load.settle(db, kills * mostTwicePerKill))
    await db.end()
    for (const child of [...workers, ways]) await end(child, 'SIGTERM')
    for (const child of [...workers, ways]) assert.equal(child.exitCode, 0, 'it ended in order')
  } finally {
    await Promise.all([...running].map(child => end(child, 'SIGTERM')))
    await postgres.stop()
  }
})

test('the whole server with its PostgreSQL, ten times', { timeout: 1_200_000 }, async () => {
  const url = () => readFileSync(join(folder, 'data', 'postgres.url'), 'utf8').trim()
  let server = start('web,smtp,worker', '')
  await eventually(isUp, 60_000)
  const load = await startLoad(ports, relay)
  const measured: Record<string, number>[] = []
  for (let kill = 0; kill < kills; kill++) {
    await load.order()
    await delay(1500)
    await end(server, 'SIGKILL')
    server = start('web,smtp,worker', '')
    await eventually(isUp, 60_000)
    measured.push(await untilFree(url, performance.now()))
  }
  const db = await reach(url)
  report('server', measured)
  console.log(await load.settle(db, kills * mostTwicePerKill))
  await db.end()
})
