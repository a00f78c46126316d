/** A worker is killed between POST and record: whoever comes next posts again under the same id, and nothing is lost. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { eventually, startTestApp, type TestApp } from '../../test/harness.ts'
import { type Received, type Sink, startSink } from '../../test/http-sink.ts'
import { record } from '../events/events.sql.ts'
import { movableClock } from '../kernel/clock.ts'
import { parseId } from '../kernel/ids.ts'
import { startWebhooks } from './dispatch.ts'

const clock = movableClock()
let t: TestApp
let sink: Sink

before(async () => {
  t = await startTestApp({ roles: ['web'], clock })
  sink = await startSink()
})
after(async () => {
  for (const worker of running) await kill(worker)
  await sink.stop()
  await t.close()
})

const idOf = ({ headers }: Received) => String(headers['webhook-id'])

const subscribe = async (path: string) => {
  const { key, organization } = await t.register()
  const { body } = await t.call('POST', '/v1/webhooks', { key, body: { url: sink.url + path, events: ['*'] } })
  const org = parseId('organization', organization)!
  const emit = (count: number) =>
    record(
      t.app.db,
      Array.from({ length: count }, (_, n) => ({ type: 'domain.verified', organization_id: org, livemode: true, data: { n } })),
    )
  const states = async (): Promise<Record<string, number>> => {
    const { rows } = await t.app.db.pool.query(
      'select state, count(*)::integer as count from webhook_deliveries where endpoint_id = $1 group by state',
      [parseId('webhook', body.id)],
    )
    return Object.fromEntries(rows.map(row => [row.state, row.count]))
  }
  return { emit, states, received: () => sink.requests.filter(request => request.path === path) }
}

const running = new Set<ChildProcess>()

const startWorker = (): ChildProcess => {
  const worker = spawn(process.execPath, ['server/src/main.ts', 'serve', '--roles', 'worker'], {
    cwd: join(import.meta.dirname, '../../..'),
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: t.databaseUrl,
      DATA_DIR: t.dataDir,
      SECRET_KEY: t.app.masterKey.toString('base64'),
      ALLOW_PRIVATE_NETWORKS: 'on',
      LOG_LEVEL: 'error',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  running.add(worker)
  return worker
}

const kill = async (worker: ChildProcess) => {
  const gone = once(worker, 'exit')
  worker.kill('SIGKILL')
  await gone
  running.delete(worker)
}

test('killed before any answer: the same ids again, once the lease is over', { timeout: 120_000 }, async context => {
  const here = await subscribe('/unanswered')
  const held = Promise.withResolvers<number>()
  sink.respond(() => held.promise)
  await here.emit(10)
  const worker = startWorker()
  await eventually(async () => here.received().length === 10, 60_000)
  await kill(worker)
  const first = new Set(here.received().map(idOf))
  assert.deepEqual(await here.states(), { pending: 10 })
  held.resolve(200)
  sink.respond(200)
  clock.advance(300_000) // this process's clock stood while the other one started, and leased, later
  const second = startWebhooks(t.app)
  context.after(() => second.close())
  await eventually(async () => (await here.states()).delivered === 10)
  assert.equal(here.received().length, 20)
  assert.deepEqual(new Set(here.received().map(idOf)), first)
})

test('killed in the middle of a burst, three times: every event arrives, and only what was under way comes twice', {
  timeout: 120_000,
}, async () => {
  const here = await subscribe('/burst')
  await here.emit(3000)
  for (const enough of [200, 900, 1800]) {
    const worker = startWorker()
    await eventually(async () => here.received().length >= enough, 60_000)
    await kill(worker)
  }
  startWorker()
  await eventually(async () => (await here.states()).delivered === 3000, 60_000)
  const ids = here.received().map(idOf)
  assert.equal(new Set(ids).size, 3000)
  // At each kill: 20 under way at the one endpoint, and what two batches of records held.
  assert.ok(ids.length - 3000 <= 3 * (20 + 2 * 200), `${ids.length - 3000} twice`)
})
