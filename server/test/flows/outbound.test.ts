/** Mail out, end to end: accepted by the API, handed to a real SMTP server on loopback, recorded, told. */
import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { parseVerp } from '../../src/email/bounces/verp.ts'
import { startDelivering } from '../../src/email/outbound/deliver.ts'
import { movableClock } from '../../src/kernel/clock.ts'
import { parseId } from '../../src/kernel/ids.ts'
import { type Records, startZone } from '../dns-zone.ts'
import { eventually, type Json, startTestApp, type TestApp } from '../harness.ts'
import { type PeerOptions, type SmtpPeer, startPeer } from '../smtp-peer.ts'

const options: PeerOptions = {}
const clock = movableClock()
let peer: SmtpPeer
let t: TestApp

before(async () => {
  peer = await startPeer({ answer: (command, session) => options.answer?.(command, session) })
  t = await startTestApp({ clock, config: { OUTBOUND: `smtp://127.0.0.1:${peer.port}` } })
})
after(async () => {
  await t.close()
  await peer.stop()
})
beforeEach(() => {
  delete options.answer
  for (const session of peer.sessions) {
    session.commands.length = 0
    session.contents.length = 0
  }
})

const send = async (who: { key: string; inbox: string }, body: object, key = who.key): Promise<Json> => {
  const { status, body: message } = await t.call('POST', `/v1/inboxes/${who.inbox}/messages`, {
    key,
    body: { subject: 'Hello', text: 'World', ...body },
  })
  assert.equal(status, 202, JSON.stringify(message))
  return message
}
const message = async (key: string, id: string): Promise<Json> => (await t.call('GET', `/v1/messages/${id}`, { key })).body
const reaches = (key: string, id: string, status: string): Promise<Json> =>
  eventually(async () => {
    const found = await message(key, id)
    return found.status === status && found
  })
/** Types of the events about a message, oldest first. */
const eventsOf = async (key: string, id: string): Promise<Json[]> =>
  (await t.call('GET', '/v1/events?limit=100', { key })).body.data.filter((event: Json) => event.data.id === id).reverse()
const commands = (pattern: RegExp) => peer.sessions.flatMap(session => session.commands).filter(command => pattern.test(command))
const contents = () => peer.sessions.flatMap(session => session.contents)

test('a mail is sent, delivered, and its events tell so', async () => {
  const who = await t.register()
  const { id } = await send(who, { to: 'a@example.org' })
  const found = await reaches(who.key, id, 'delivered')
  assert.deepEqual(found.recipients[0], {
    email: 'a@example.org',
    status: 'delivered',
    attempts: 1,
    next_attempt_at: null,
    code: 250,
    reply: '2.0.0 taken',
    remote_host: '127.0.0.1',
    category: null,
  })
  const events = await eventsOf(who.key, id)
  assert.deepEqual(
    events.map(({ type, data }) => [type, data.status]),
    [
      ['message.queued', 'queued'],
      ['message.sent', 'sent'],
      ['message.delivered', 'delivered'],
    ],
  )
  const { recipient, smtp_code, smtp_reply, remote_host, text, truncated } = events[2].data
  assert.deepEqual(
    [recipient, smtp_code, smtp_reply, remote_host, text, truncated],
    ['a@example.org', 250, '2.0.0 taken', '127.0.0.1', 'World', false],
  )
})

test('every recipient gets a transaction and a return path of his own, and nobody sees the blind copy', async () => {
  const who = await t.register()
  const { id } = await send(who, { to: 'to@example.org', cc: 'cc@example.org', bcc: 'secret@example.org' })
  await reaches(who.key, id, 'delivered')
  assert.deepEqual(commands(/^RCPT/).sort(), [
    'RCPT TO:<cc@example.org>',
    'RCPT TO:<secret@example.org>',
    'RCPT TO:<to@example.org>',
  ])
  const locals = commands(/^MAIL/).map(command => /<(.+)@/.exec(command)![1]!)
  const ids = locals.map(local => parseVerp(t.app.masterKey, local))
  const rows = await t.app.db.pool.query('select id from deliveries where message_id = $1', [parseId('message', id)])
  assert.deepEqual(ids.sort(), rows.rows.map(row => row.id).sort())
  assert.equal(new Set(contents()).size, 1)
  assert.doesNotMatch(contents()[0]!, /secret|bcc/i)
})

test('a mailbox that does not exist: bounced, told with the reply, and not written to again', async () => {
  options.answer = command => (command.startsWith('RCPT TO:<gone') ? '550 5.1.1 no such user here\r\n' : undefined)
  const who = await t.register()
  const { id } = await send(who, { to: ['gone@example.org', 'fine@example.org'] })
  const found = await reaches(who.key, id, 'bounced')
  assert.deepEqual(found.recipients.map((each: Json) => [each.email, each.status, each.code]).sort(), [
    ['fine@example.org', 'delivered', 250],
    ['gone@example.org', 'bounced', 550],
  ])
  const bounced = (await eventsOf(who.key, id)).find(({ type }) => type === 'message.bounced')
  assert.deepEqual(
    [bounced.data.recipient, bounced.data.smtp_code, bounced.data.category, bounced.data.smtp_reply],
    ['gone@example.org', 550, 'hard', '5.1.1 no such user here'],
  )
  assert.match(bounced.data.reason, /mailbox does not exist/i)
  const { body: list } = await t.call('GET', '/v1/suppressions', { key: who.key })
  assert.deepEqual(
    list.data.map((each: Json) => [each.email, each.reason, each.evidence]),
    [['gone@example.org', 'hard_bounce', '5.1.1 no such user here']],
  )
  const again = await send(who, { to: 'GONE@example.org' })
  assert.equal(again.status, 'rejected')
  assert.equal(
    (await send(await t.register(), { to: 'other@example.org' })).status,
    'queued',
    'the list is the organization’s own',
  )
})

test('refused for what we are, not for who they are: bounced, but nobody is suppressed', async () => {
  options.answer = command => (command === '.' ? '554 5.7.1 message looks like spam\r\n' : undefined)
  const who = await t.register()
  const { id } = await send(who, { to: 'a@example.org' })
  await reaches(who.key, id, 'bounced')
  assert.deepEqual((await t.call('GET', '/v1/suppressions', { key: who.key })).body.data, [])
})

test('later: the same bytes are sent again when it is time, paid for once', async () => {
  let asked = 0
  options.answer = command => (command === '.' && asked++ === 0 ? '451 4.7.1 greylisted, come back later\r\n' : undefined)
  const who = await t.register()
  const { id } = await send(who, { to: 'a@example.org' })
  const deferred = await eventually(async () => {
    const found = await message(who.key, id)
    return found.recipients[0].status === 'deferred' && found
  })
  assert.deepEqual([deferred.status, deferred.recipients[0].category], ['sent', 'greylist'])
  assert.ok(new Date(deferred.recipients[0].next_attempt_at) > clock.now())
  clock.advance(120_000)
  const found = await reaches(who.key, id, 'delivered')
  assert.equal(found.recipients[0].attempts, 2)
  assert.equal(contents().length, 2)
  assert.equal(new Set(contents()).size, 1)
  assert.deepEqual(
    (await eventsOf(who.key, id)).map(({ type }) => type),
    ['message.queued', 'message.sent', 'message.deferred', 'message.delivered'],
  )
  const { body: wallet } = await t.call('GET', '/v1/wallet/entries', { key: who.key })
  assert.equal(wallet.data.filter((entry: Json) => entry.reference === id).length, 1)
})

test('a reply lost behind the final dot: the mail goes again under the same Message-ID', async () => {
  let asked = 0
  options.answer = (command, { socket }) => (command === '.' && asked++ === 0 ? socket.destroy() && '' : undefined)
  const who = await t.register()
  const { id } = await send(who, { to: 'a@example.org' })
  await eventually(async () => (await message(who.key, id)).recipients[0].status === 'deferred')
  clock.advance(120_000)
  await reaches(who.key, id, 'delivered')
  const ids = contents().map(content => /^Message-ID: (.*)\r$/m.exec(content)![1])
  assert.deepEqual(ids, [ids[0], ids[0]])
})

test('who was suppressed after the mail was accepted is not written to', async () => {
  options.answer = command => (command === '.' ? '451 4.3.0 later\r\n' : undefined)
  const who = await t.register()
  const { id } = await send(who, { to: 'a@example.org' })
  await eventually(async () => (await message(who.key, id)).recipients[0].status === 'deferred')
  delete options.answer
  await t.call('POST', '/v1/suppressions', { key: who.key, body: { email: 'a@example.org' } })
  const before = contents().length
  clock.advance(120_000)
  const found = await reaches(who.key, id, 'rejected')
  assert.deepEqual([contents().length, found.recipients[0].category], [before, 'suppressed'])
  assert.equal((await eventsOf(who.key, id)).at(-1).type, 'message.rejected')
})

test('mail between two inboxes here goes through our own SMTP server and arrives', async () => {
  const [from, to] = [await t.register(), await t.register()]
  const { id } = await send(from, { to: to.email, subject: 'Between us' })
  await reaches(from.key, id, 'delivered')
  const arrived = await eventually(
    async () => (await t.call('GET', `/v1/inboxes/${to.inbox}/messages`, { key: to.key })).body.data[0],
  )
  assert.deepEqual([arrived.subject, arrived.from_email, arrived.direction], ['Between us', from.email, 'inbound'])
  assert.equal(commands(/^MAIL/).length, 0, 'the relay saw nothing of it')
})

test('an inbox here that does not exist bounces like anywhere', async () => {
  const who = await t.register()
  const { id } = await send(who, { to: 'nobody-there@mail.test' })
  const found = await reaches(who.key, id, 'bounced')
  assert.equal(found.recipients[0].category, 'hard')
})

test('test mode: the sandbox plays its scripts and no server hears a word', async () => {
  const who = await t.register()
  const key = await t.mint(who.key)
  const to = (recipient: string) => send(who, { to: recipient }, key)
  const [taken, bounced, deferred, complained, elsewhere] = await Promise.all(
    [
      'delivered@sandbox.test',
      'bounced+7@sandbox.test',
      'deferred@sandbox.test',
      'complained@sandbox.test',
      'real@example.org',
    ].map(to),
  )
  for (const { id } of [taken, complained, elsewhere]) await reaches(key, id, 'delivered')
  await reaches(key, bounced.id, 'bounced')
  await eventually(async () => (await message(key, deferred.id)).recipients[0].status === 'deferred')
  clock.advance(120_000)
  await reaches(key, deferred.id, 'delivered')
  assert.deepEqual(
    (await eventsOf(key, complained.id)).map(({ type }) => type),
    ['message.queued', 'message.sent', 'message.delivered', 'message.complained'],
  )
  assert.deepEqual((await eventsOf(key, bounced.id)).at(-1).data.smtp_code, 550)
  assert.deepEqual((await t.call('GET', '/v1/suppressions', { key: who.key })).body.data, [])
  assert.deepEqual(commands(/./), [])
})

test('direct: the MX of the domain gets it; a domain without one, without mail or without end is answered for', async () => {
  const direct = await startPeer()
  const zone = await startZone({
    'shop.example': { MX: [{ exchange: 'mx.shop.example', priority: 10 }] },
    'mx.shop.example': { A: ['127.0.0.1'] },
    'nomail.example': { MX: [{ exchange: '', priority: 0 }] },
    'circle.example': { MX: [{ exchange: 'mail.test', priority: 10 }] },
    'mail.test': { A: ['127.0.0.1'] },
    'troubled.example': 'SERVFAIL',
  } satisfies Records)
  const d = await startTestApp({ roles: ['web', 'smtp'], config: { OUTBOUND: 'direct', DNS_SERVERS: zone.server } })
  const worker = startDelivering(d.app, { mxPort: direct.port })
  try {
    const who = await d.register()
    const recipients = ['a@shop.example', 'a@nomail.example', 'a@circle.example', 'a@nowhere.example', 'a@troubled.example']
    const { body } = await d.call('POST', `/v1/inboxes/${who.inbox}/messages`, {
      key: who.key,
      body: { to: recipients, subject: 's', text: 't' },
    })
    const found = await eventually(async () => {
      const { body: now } = await d.call('GET', `/v1/messages/${body.id}`, { key: who.key })
      return now.recipients.every((each: Json) => !['queued', 'sending'].includes(each.status)) && now
    })
    const byAddress = Object.fromEntries(found.recipients.map((each: Json) => [each.email, [each.status, each.remote_host]]))
    assert.deepEqual(byAddress, {
      'a@shop.example': ['delivered', 'mx.shop.example'],
      'a@nomail.example': ['bounced', null],
      'a@circle.example': ['bounced', null],
      'a@nowhere.example': ['bounced', null],
      'a@troubled.example': ['deferred', null],
    })
    assert.deepEqual((await d.call('GET', '/v1/suppressions', { key: who.key })).body.data, [], 'no server said so')
    assert.equal(direct.sessions.length, 1)
  } finally {
    await worker.close()
    await d.close()
    await Promise.all([zone.stop(), direct.stop()])
  }
})
