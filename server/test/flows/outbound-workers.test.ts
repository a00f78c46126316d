/** Several workers on one queue: they share it, take over from one that dies, and one tenant does not hold up another. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, beforeEach, test } from 'node:test'
import type { RunningApp } from '../../src/app.ts'
import { startDelivering } from '../../src/email/outbound/deliver.ts'
import { newId, parseId } from '../../src/kernel/ids.ts'
import { eventually, type Json, startTestApp, type TestApp } from '../harness.ts'
import { type PeerOptions, type SmtpPeer, startPeer } from '../smtp-peer.ts'

let options: PeerOptions
let peer: SmtpPeer
let t: TestApp

beforeEach(async () => {
  options = {}
  peer = await startPeer({ answer: (command, session) => options.answer?.(command, session) })
  t = await startTestApp({
    roles: ['web', 'smtp'],
    config: { OUTBOUND: `smtp://127.0.0.1:${peer.port}`, SECRET_KEY: Buffer.alloc(32, 7).toString('base64') },
  })
})
afterEach(async () => {
  await t.close()
  await peer.stop()
})

const send = async (who: { key: string; inbox: string }, to: string): Promise<Json> =>
  (await t.call('POST', `/v1/inboxes/${who.inbox}/messages`, { key: who.key, body: { to, subject: 's', text: 't' } })).body
const reaches = (key: string, id: string, status: string) =>
  eventually(async () => (await t.call('GET', `/v1/messages/${id}`, { key })).body.status === status)
const query = async (sql: string, values: unknown[] = []) => (await t.app.db.pool.query(sql, values)).rows
const received = () => peer.sessions.flatMap(({ commands }) => commands).filter(command => command.startsWith('RCPT'))
const expireLeases = () => query(`update deliveries set leased_until = now() - interval '1 second' where state = 'sending'`)

/** Many mails of one organization, as if accepted long ago: to `count` addresses, spread over `domains`. */
const backlog = async (who: { organization: string; inbox: string }, count: number, domains: number) => {
  const [organization, inbox] = [parseId('organization', who.organization), parseId('inbox', who.inbox)]
  const thread = newId()
  await query(
    `insert into threads (id, organization_id, inbox_id, livemode, subject, last_message_at) values ($1, $2, $3, true, 's', now())`,
    [thread, organization, inbox],
  )
  await query(
    `with made as (
       insert into messages (id, organization_id, inbox_id, thread_id, livemode, direction, status, message_id, from_email, to_emails, subject, text_body)
       select sortable_id(), $1, $2, $3, true, 'outbound', 'queued', '<' || i || '@mail.test>', 'x@mail.test', array['r' || i || '@d' || i % $5 || '.example'], 's', 'Hello'
       from generate_series(1, $4::integer) i returning id, organization_id, to_emails)
     insert into deliveries (id, organization_id, message_id, livemode, recipient, lane, state, next_attempt_at)
     select sortable_id(), organization_id, id, true, to_emails[1], split_part(to_emails[1], '@', 2), 'queued', now() - interval '1 day' from made`,
    [organization, inbox, thread, count, domains],
  )
}
const left = async () => Number((await query(`select count(*) as n from deliveries where state <> 'delivered'`))[0].n)

/** A worker in a process of its own. */
const startWorker = (): ChildProcess =>
  spawn(process.execPath, ['server/src/main.ts', 'serve', '--roles', 'worker'], {
    cwd: new URL('../../../', import.meta.url),
    stdio: 'inherit',
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: t.databaseUrl,
      DATA_DIR: t.dataDir,
      MAIL_DOMAIN: 'mail.test',
      SECRET_KEY: t.app.config.SECRET_KEY,
      OUTBOUND: t.app.config.OUTBOUND,
      LOG_LEVEL: 'error',
    },
  })

test('two workers share a queue, and every mail goes out once', async () => {
  const who = await t.register()
  await backlog(who, 400, 20)
  const workers = [startDelivering(t.app), startDelivering(t.app)]
  await eventually(async () => (await left()) === 0, 30_000)
  await Promise.all(workers.map(worker => worker.close()))
  const recipients = received()
  assert.equal(recipients.length, 400)
  assert.equal(new Set(recipients).size, 400)
})

test('a mail that was accepted is sent by a worker in another process, at once', async () => {
  const who = await t.register()
  const worker = startWorker()
  await eventually(
    async () =>
      (await query(`select 1 from pg_stat_activity where query ilike 'listen%deliveries%' and datname = current_database()`))
        .length > 0,
    30_000,
  )
  const { id } = await send(who, 'a@one.example')
  await reaches(who.key, id, 'delivered')
  worker.kill('SIGTERM')
  await once(worker, 'exit')
})

test('a worker killed in the middle of a conversation: another one takes over when its lease is over, and nothing is lost', async () => {
  const who = await t.register()
  options.answer = command => (command === '.' ? '' : undefined)
  const worker = startWorker()
  const { id } = await send(who, 'a@one.example')
  await eventually(async () => peer.sessions.some(({ commands }) => commands.includes('.')), 30_000)
  worker.kill('SIGKILL')
  await once(worker, 'exit')
  options = {}
  await expireLeases()
  const successor = startDelivering(t.app)
  await eventually(async () => (await t.call('GET', `/v1/messages/${id}`, { key: who.key })).body.status === 'delivered')
  await successor.close()
  assert.equal(received().length, 2)
})

test('a worker that was overtaken while it talked does not record what it heard', async () => {
  const who = await t.register()
  let answerDot = () => {}
  options.answer = (command, { socket }) => {
    if (command !== '.') return undefined
    answerDot = () => socket.write('550 5.1.1 no such user here\r\n')
    return ''
  }
  const zombie = startDelivering(t.app)
  const { id } = await send(who, 'a@one.example')
  await eventually(async () => peer.sessions.some(({ commands }) => commands.includes('.')))
  await query(`update deliveries set attempts = attempts + 1, leased_until = now() + interval '1 hour'`) // somebody else’s now
  answerDot()
  await zombie.close()
  const { body } = await t.call('GET', `/v1/messages/${id}`, { key: who.key })
  assert.deepEqual([body.status, body.recipients[0].status], ['queued', 'sending'])
  assert.deepEqual((await t.call('GET', '/v1/suppressions', { key: who.key })).body.data, [])
})

test('closing finishes what is being handed over and puts the rest back into line', async () => {
  const who = await t.register()
  let answerDot = () => {}
  options.answer = (command, { socket, contents, commands }) => {
    if (command === 'DATA' && commands.includes('RCPT TO:<stuck@one.example>')) return ''
    if (command !== '.' || contents.length > 1) return undefined
    answerDot = () => socket.write('250 2.0.0 taken\r\n')
    return ''
  }
  const worker = startDelivering(t.app, { graceMs: 300 })
  const taken = await send(who, 'a@one.example')
  await eventually(async () => peer.sessions.some(({ commands }) => commands.includes('.')))
  const stuck = await send(who, 'stuck@one.example')
  await eventually(async () => received().includes('RCPT TO:<stuck@one.example>'))
  const closed = worker.close()
  answerDot()
  await closed
  await reaches(who.key, taken.id, 'delivered')
  const { body } = await t.call('GET', `/v1/messages/${stuck.id}`, { key: who.key })
  assert.deepEqual([body.status, body.recipients[0].status, body.recipients[0].attempts], ['queued', 'queued', 0])
})

test('one tenant’s backlog for hundreds of destinations does not delay another one’s single mail', async () => {
  const [big, small] = [await t.register(), await t.register()]
  await backlog(big, 3000, 300)
  const worker = startDelivering(t.app)
  await eventually(async () => received().length > 50)
  const { id } = await send(small, 'vip@quick.example')
  await reaches(small.key, id, 'delivered')
  const recipients = received()
  await worker.close()
  assert.ok(recipients.indexOf('RCPT TO:<vip@quick.example>') < 2500, 'it went out long before the backlog was through')
  assert.ok((await left()) > 0)
})

test('a destination that swallows mail without an answer does not hold up the others', async context => {
  const direct = await startPeer({
    answer: (command, session) => (command === 'DATA' && session.commands.some(told => /slow/.test(told)) ? '' : undefined),
  })
  const app: RunningApp = Object.assign(Object.create(t.app), { config: { ...t.app.config, OUTBOUND: 'direct' } })
  app.resolver = {
    ...t.app.resolver,
    resolveMx: async name => [{ exchange: `mx.${name}`, priority: 1 }],
    resolve4: async () => ['127.0.0.1'],
    resolve6: async () => [],
  }
  const who = await t.register()
  const worker = startDelivering(app, { mxPort: direct.port, graceMs: 100 })
  context.after(() => Promise.all([worker.close(), direct.stop()]))
  for (let i = 0; i < 30; i++) await send(who, `a${i}@slow.example`)
  const { id } = await send(who, 'a@fast.example')
  await reaches(who.key, id, 'delivered')
  await worker.close()
  assert.equal(Number((await query(`select count(*) as n from deliveries where state = 'queued'`))[0].n), 30)
})
