/** The machine's clock jumps, forward or back: what it had put off runs within a minute of its return. */
import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { eventually, startTestApp, type TestApp } from '../../test/harness.ts'
import { movableClock } from '../kernel/clock.ts'
import { tickPost } from '../post/cron.ts'
import { unscopedClaim } from '../post/drops/drops.sql.ts'
import { runClock } from './by-the-clock.ts'
import { schedule } from './schedule.ts'

let t: TestApp
const clock = movableClock()
before(async () => {
  t = await startTestApp({ roles: ['web'], clock })
})
after(() => t.close())
const rows = async (text: string, values: unknown[] = []) => (await t.app.db.pool.query(text, values)).rows
const waiting = async () =>
  (await rows('select task_identifier as task from graphile_worker.jobs order by 1')).map(row => row.task)
const forget = () => rows('delete from graphile_worker._private_jobs')

it('adds each task once, whoever asks and however often, and again when its time has come', async () => {
  const all = schedule.map(({ task }) => task).sort()
  await Promise.all([1, 2, 3].map(() => runClock(t.app)))
  assert.deepEqual(await waiting(), all)
  await forget()
  await runClock(t.app)
  assert.deepEqual(await waiting(), [])
  await rows(`update clock_runs set ran_at = ran_at - interval '61 seconds'`)
  await runClock(t.app)
  assert.deepEqual(await waiting(), schedule.flatMap(({ everyMinutes, task }) => (everyMinutes === 1 ? [task] : [])).sort())
  await forget()
})

it('runs what last ran at a time that is still to come: the clock was ahead', async () => {
  await rows(`update clock_runs set ran_at = now() + interval '3 days'`)
  await runClock(t.app)
  assert.equal((await waiting()).length, schedule.length)
  const [{ ahead }] = await rows('select count(*)::integer as ahead from clock_runs where ran_at > now()')
  assert.equal(ahead, 0)
  await forget()
})

it('brings back jobs that were written while the clock was ahead, with the wait they had', async () => {
  await rows(`select graphile_worker.add_job('post.tick', job_key := 'at once'),
    graphile_worker.add_job('post.tick', job_key := 'in an hour', run_at := now() + interval '1 hour'),
    graphile_worker.add_job('post.tick', job_key := 'planned', run_at := now() + interval '2 hours')`)
  await rows(`update graphile_worker._private_jobs set created_at = created_at + interval '9 days', updated_at = updated_at + interval '9 days',
    run_at = run_at + interval '9 days' where key <> 'planned'`)
  await runClock(t.app)
  const waits =
    await rows(`select key, round(extract(epoch from run_at - now()) / 60)::integer as minutes from graphile_worker._private_jobs
    where key in ('at once', 'in an hour', 'planned') order by key`)
  for (const [i, wanted] of [0, 60, 120].entries())
    assert.ok(Math.abs(waits[i].minutes - wanted) <= 1, `${waits[i].key}: ${waits[i].minutes} minutes`)
  await forget()
})

it('a drop leased while the clock was ahead is taken up', async () => {
  const key = await t.mint((await t.register()).key)
  const to = { name: 'Jane', line1: '12 Oak Ave', city: 'Boston', state: 'MA', zip: '02139' }
  await t.call('POST', '/v1/postcards', { key, body: { to, from: to, message: 'Hi' } })
  const [{ id }] = await rows(
    `update drops set status = 'locked', locked_at = now(), leased_until = now() + interval '5 days' returning id`,
  )
  assert.equal((await unscopedClaim(t.app.db, 1, id, 180))?.id, id)
  assert.equal(await unscopedClaim(t.app.db, 1, id, 180), undefined, 'a lease of today holds')
})

it('a sandbox that runs fast goes on when the clock goes back', async () => {
  const key = await t.mint((await t.register()).key)
  const ahead = async () => (await t.call('GET', '/v1/test-clock', { key })).body.ahead_seconds
  clock.advance(30 * 86_400_000)
  await t.call('POST', '/v1/test-clock', { key, body: { speed: 1440 } })
  clock.advance(-30 * 86_400_000)
  const stood = await ahead()
  clock.advance(60_000)
  assert.equal(await ahead(), stood, 'until the tick it stands')
  await tickPost(t.app)
  clock.advance(60_000)
  assert.ok((await ahead()) >= stood + 60 * 1439)
})

it('a worker runs them by itself', async () => {
  const other = await startTestApp()
  try {
    const ran = async () => (await other.app.db.pool.query('select count(*)::integer as n from clock_runs')).rows[0].n
    await eventually(async () => (await ran()) === schedule.length)
    await other.app.db.pool.query(
      `select graphile_worker.add_job('post.tick', job_key := 'late', run_at := now() + interval '9 days')`,
    )
    await other.app.db.pool.query(
      `update graphile_worker._private_jobs set created_at = run_at, updated_at = run_at where key = 'late'`,
    )
    await runClock(other.app)
    await eventually(
      async () => (await other.app.db.pool.query(`select from graphile_worker._private_jobs where key = 'late'`)).rowCount === 0,
    )
  } finally {
    await other.close()
  }
})
