/** The work of a dead instance is requeued at once, of every kind; the work of a running one stays with it. */
import assert from 'node:assert/strict'
import { createConnection } from 'node:net'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, test } from 'node:test'
import { eventually, type Json, startTestApp, type TestApp } from '../../test/harness.ts'
import { type Sink, startSink } from '../../test/http-sink.ts'
import { type SmtpPeer, startPeer } from '../../test/smtp-peer.ts'
import { newId } from '../kernel/ids.ts'
import { type Instance, joinInstances } from '../kernel/instances/instance.ts'
import { interrupted } from './recovery.sql.ts'
import { startRecovery } from './recovery.ts'

let peer: SmtpPeer
let sink: Sink
let t: TestApp
let closing: (() => Promise<unknown>)[]

beforeEach(async () => {
  peer = await startPeer()
  sink = await startSink()
  closing = []
  t = await startTestApp({
    roles: ['web', 'smtp'],
    config: { OUTBOUND: `smtp://127.0.0.1:${peer.port}`, SECRET_KEY: Buffer.alloc(32, 7).toString('base64') },
  })
})
afterEach(async () => {
  await Promise.all(closing.map(close => close()))
  await t.close()
  await sink.stop()
  await peer.stop()
})

const query = async (text: string, values: unknown[] = []): Promise<Json[]> => (await t.app.db.pool.query(text, values)).rows
/** The row that a killed process leaves behind; no session holds its lock. */
const dead = async (): Promise<number> =>
  (
    await query(
      `insert into instances (name, host, roles, job_pools) values ('pennypost ' || $1, 'elsewhere', '{worker}', array['pool of ' || $1]) returning id`,
      [newId()],
    )
  )[0].id
const living = async (): Promise<Instance> => {
  const instance = await joinInstances({ url: t.databaseUrl, roles: ['worker'], dataDir: t.dataDir, log: t.app.log })
  closing.push(() => instance.close())
  return instance
}
/** A worker on the same database. */
const startWorker = async (): Promise<void> => {
  const worker = await startTestApp({
    roles: ['worker'],
    databaseUrl: t.databaseUrl,
    config: { OUTBOUND: t.app.config.OUTBOUND, SECRET_KEY: t.app.config.SECRET_KEY },
  })
  closing.push(() => worker.close())
}
const send = async (who: { key: string; inbox: string }, to: string): Promise<Json> =>
  (await t.call('POST', `/v1/inboxes/${who.inbox}/messages`, { key: who.key, body: { to, subject: 's', text: 't' } })).body
const lockJobs = (instance: number, kind: string) =>
  query(
    `update graphile_worker._private_jobs set locked_at = now(), locked_by = (select job_pools[1] from instances where id = $1), attempts = 1
     where task_id in (select id from graphile_worker._private_tasks where identifier = $2) returning id`,
    [instance, kind],
  )

test('outgoing mail', async () => {
  const who = await t.register()
  const { id } = await send(who, 'a@one.example')
  await query(`update deliveries set state = 'sending', attempts = 1, held_by = $1, leased_until = now() + interval '1 hour'`, [
    await dead(),
  ])
  await startWorker()
  await eventually(async () => (await t.call('GET', `/v1/messages/${id}`, { key: who.key })).body.status === 'delivered')
  assert.deepEqual(await query('select attempts, held_by from deliveries'), [{ attempts: 2, held_by: null }])
  assert.deepEqual(await query(`select id from instances where host = 'elsewhere'`), [])
})

test('webhook deliveries: those the dead instance had claimed, and not those that wait for another attempt', async () => {
  const { key } = await t.register()
  await t.call('POST', '/v1/webhooks', { key, body: { url: `${sink.url}/hook`, events: ['inbox.created'] } })
  for (const name of ['claimed', 'waiting'])
    assert.equal((await t.call('POST', '/v1/inboxes', { key, body: { name } })).status, 201)
  const gone = await dead()
  await query(
    `update webhook_deliveries d set held_by = case when e.data->>'name' = 'claimed' then $1::integer end, attempts = 0,
       next_attempt_at = now() + case when e.data->>'name' = 'claimed' then interval '60 seconds' else interval '61 seconds' end
     from events e where e.id = d.event_id`,
    [gone],
  )
  await startWorker()
  const { raw } = await sink.waitFor(({ path }) => path === '/hook', 30_000)
  assert.equal(JSON.parse(raw.toString()).data.name, 'claimed')
  await eventually(async () => (await query(`select 1 from webhook_deliveries where state = 'delivered' and held_by is null`))[0])
  assert.equal(sink.requests.length, 1)
})

/** One mail by SMTP. */
const receive = (to: string, subject: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = createConnection(t.smtpPort, '127.0.0.1')
    const steps = [
      'EHLO x.test',
      'MAIL FROM:<a@sink.test>',
      `RCPT TO:<${to}>`,
      'DATA',
      `Subject: ${subject}\r\nFrom: a@sink.test\r\n\r\nbody\r\n.`,
      'QUIT',
    ]
    createInterface({ input: socket }).on('line', line => {
      if (/^[45]/.test(line)) reject(new Error(line))
      else if (!/^\d{3}-/.test(line) && steps.length > 0) socket.write(`${steps.shift()}\r\n`)
    })
    socket.on('error', reject).on('close', () => resolve())
  })

test('received mail: each gets a job of its own, and is filed once', async () => {
  const who = await t.register()
  await Promise.all(['one', 'two', 'three'].map(subject => receive(who.email, subject)))
  const gone = await dead()
  // as if one process had taken them all in one job
  const ids = (await query('select id from received_mail')).map(row => row.id)
  await query(`delete from graphile_worker._private_jobs`)
  await query(`select graphile_worker.add_job('email.interpret', json_build_object('ids', $1::uuid[]), max_attempts := 100)`, [
    ids,
  ])
  assert.equal((await lockJobs(gone, 'email.interpret')).length, 1)
  await startWorker()
  const list = async () => (await t.call('GET', `/v1/inboxes/${who.inbox}/messages`, { key: who.key })).body.data as Json[]
  await eventually(async () => (await list()).length === 3)
  assert.deepEqual((await list()).map(message => message.subject).sort(), ['one', 'three', 'two'])
  await eventually(async () => (await query('select 1 from graphile_worker._private_jobs')).length === 0)
})

test('jobs of any kind; the next run is told that the last one was interrupted', async () => {
  const gone = await dead()
  await query(`select graphile_worker.add_job('prune')`)
  assert.equal((await lockJobs(gone, 'prune')).length, 1)
  const recovery = startRecovery(t.app)
  closing.push(() => recovery.close())
  const job = await eventually(
    async () => (await query('select * from graphile_worker._private_jobs where locked_at is null'))[0],
  )
  assert.deepEqual([job.locked_by, job.attempts, job.last_error], [null, 1, interrupted])
})

test('a drop in production', async () => {
  const key = await t.mint((await t.register()).key)
  const card = {
    to: { name: 'Margaret Holloway', line1: '1847 Orchard Hill Rd', city: 'Northampton', state: 'MA', zip: '01060' },
    from: { name: 'The Copper Kettle', line1: '22 Harbor St', city: 'Portland', state: 'ME', zip: '04101' },
    message: 'Thank you!',
    design: 'sprig',
  }
  const piece = await t.call('POST', '/v1/postcards', { key, body: card })
  assert.equal(piece.status, 201, JSON.stringify(piece.body))
  const gone = await dead()
  await query(`update drops set status = 'locked', locked_at = lock_at, held_by = $1, leased_until = now() + interval '1 hour'`, [
    gone,
  ])
  await query(`select graphile_worker.add_job('post.produce', job_key := 'post.produce')`)
  await lockJobs(gone, 'post.produce')
  await startWorker()
  await eventually(async () => (await query(`select 1 from print_jobs where state = 'submitted'`))[0])
  await eventually(async () => (await query('select 1 from drops where leased_until is null and held_by is null'))[0])
})

test('the work of a running instance stays with it while others die and while its own session is replaced', async () => {
  const who = await t.register()
  await send(who, 'a@one.example')
  const holder = await living()
  await query(`update deliveries set state = 'sending', attempts = 1, held_by = $1, leased_until = now() + interval '1 hour'`, [
    holder.id,
  ])
  const recovery = startRecovery(t.app)
  closing.push(() => recovery.close())
  for (let round = 0; round < 2; round++) {
    const gone = await dead()
    await query('select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1', [holder.name])
    await eventually(async () => (await query('select 1 from instances where id = $1', [gone])).length === 0)
  }
  assert.deepEqual(await query('select state, attempts, held_by from deliveries'), [
    { state: 'sending', attempts: 1, held_by: holder.id },
  ])
  assert.equal(holder.holds(holder.id), true)
})

test('sessions that a dead instance left open are terminated, so that their row locks block nothing', async () => {
  const who = await t.register()
  await send(who, 'a@one.example')
  const gone = await dead()
  const { name } = (await query('select name from instances where id = $1', [gone]))[0]
  await query(`update deliveries set state = 'sending', attempts = 1, held_by = $1, leased_until = now() + interval '1 hour'`, [
    gone,
  ])
  // after a power failure PostgreSQL keeps the session and its row locks
  const session = await t.app.db.pool.connect()
  closing.push(async () => session.release(true))
  session.on('error', () => {})
  await session.query(`set application_name = '${name}'`)
  await session.query('begin')
  await session.query('select 1 from deliveries for update')
  const recovery = startRecovery(t.app)
  closing.push(() => recovery.close())
  await eventually(async () => (await query(`select 1 from deliveries where state = 'queued'`))[0])
})
