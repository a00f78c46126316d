import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sendMail, talk } from '../../../test/flows/inbound-rig.ts'
import { eventually, type Json, startTestApp, type TestApp } from '../../../test/harness.ts'
import { movableClock } from '../../kernel/clock.ts'

const clock = movableClock()
let t: TestApp
let agent: Awaited<ReturnType<TestApp['register']>>
before(async () => {
  t = await startTestApp({ clock })
  agent = await t.register()
})
after(() => t.close())

/** The message that this mail becomes in the agent's inbox. */
const receive = async (fields: string[], subject: string): Promise<Json> => {
  const client = await talk(t.smtpPort)
  await client.say('EHLO x.example')
  const raw = [...fields, `Subject: ${subject}`, '', 'hello'].join('\r\n')
  assert.match(await sendMail(client, agent.email.replace('@', '+order@'), raw, 'o@example.org'), /^250/)
  client.close()
  return eventually(async () => {
    const { body } = await t.call('GET', `/v1/inboxes/${agent.inbox}/messages?direction=inbound`, { key: agent.key })
    return body.data.find((message: Json) => message.subject === subject)
  })
}
const post = (path: string, body: object) => t.call('POST', `/v1/inboxes/${agent.inbox}${path}`, { key: agent.key, body })
const reply = (to: Json, body: object = {}) => post(`/messages/${to.id}/reply`, { text: 'yes', ...body })
const ok = ({ status, body }: { status: number; body: Json }): Json => {
  assert.equal(status, 202, JSON.stringify(body))
  return body
}

test('a reply to all names each person once: To before Cc before Bcc, without case, and never the inbox itself', async () => {
  const [local, domain] = agent.email.split('@') as [string, string]
  const mail = await receive(
    [
      'From: a@example.org',
      `To: ${agent.email.toUpperCase()}, Bob <bob@example.org>, <not an address>, ${local}+x@${domain}`,
      `Cc: BOB@example.org, ${local.toUpperCase()}+order@${domain}, dora@example.org, A@EXAMPLE.ORG, Dora <DORA@example.org>`,
    ],
    'all',
  )
  const all = ok(
    await reply(mail, {
      reply_all: true,
      cc: ['Eve <eve@example.org>', 'Bob@Example.org'],
      bcc: 'DORA@example.org, '.slice(0, -2),
    }),
  )
  assert.deepEqual([all.to, all.cc, all.bcc], [['a@example.org', 'bob@example.org'], ['eve@example.org', 'dora@example.org'], []])
  assert.deepEqual(
    all.recipients.map(({ email }: Json) => email),
    ['a@example.org', 'bob@example.org', 'eve@example.org', 'dora@example.org'],
  )
  const one = ok(await reply(mail))
  assert.deepEqual([one.to, one.cc], [['a@example.org'], []])
})

test('a reply goes to every address of Reply-To, and to all beside them when it goes to all', async () => {
  const mail = await receive(
    [
      'From: list@example.org',
      'Reply-To: one@example.org, Two <two@example.org>, ONE@example.org',
      `To: ${agent.email}, Two@Example.org, c@example.org`,
    ],
    'several',
  )
  assert.deepEqual(ok(await reply(mail)).to, ['one@example.org', 'two@example.org'])
  assert.deepEqual(ok(await reply(mail, { reply_all: true })).to, ['one@example.org', 'two@example.org', 'c@example.org'])
})

test('a send names each person once too', async () => {
  const sent = ok(
    await post('/messages', {
      to: ['Ann@example.org', 'ann@EXAMPLE.org', 'bob@example.org'],
      cc: ['BOB@example.org', 'cleo@example.org'],
      bcc: ['CLEO@example.org', 'ANN@example.org', 'dan@example.org'],
      subject: 'x',
      text: 'x',
    }),
  )
  assert.deepEqual(
    [sent.to, sent.cc, sent.bcc],
    [['Ann@example.org', 'bob@example.org'], ['cleo@example.org'], ['dan@example.org']],
  )
  assert.equal(sent.recipients.length, 4)
})

const source = async (id: string): Promise<string> => {
  const [row] = (await t.app.db.pool.query('select * from message_details where message_id like $1', [`%${id.toLowerCase()}%`]))
    .rows
  const { sourceOf } = await import('../messages/source.ts')
  return (await sourceOf(t.app, t.app.db, row)).toString()
}

test('automatic mail says so to other machines; a header of the caller’s own counts too', async () => {
  const mail = await receive(['From: a@example.org', `To: ${agent.email}`], 'question')
  const cases: [expected: RegExp | null, sent: Json][] = [
    [
      /^Auto-Submitted: auto-generated\r$/m,
      ok(await post('/messages', { to: 'b@example.org', subject: 's', text: 't', automatic: true })),
    ],
    [/^Auto-Submitted: auto-replied\r$/m, ok(await reply(mail, { automatic: true }))],
    [
      /^Auto-Submitted: auto-notified\r$/m,
      ok(await reply(mail, { automatic: true, headers: { 'auto-submitted': 'auto-notified' } })),
    ],
    [/^Auto-Submitted: auto-notified\r$/m, ok(await reply(mail, { headers: { 'Auto-Submitted': 'auto-notified' } }))],
    [null, ok(await reply(mail, { automatic: false }))],
    [null, ok(await reply(mail))],
  ]
  for (const [expected, sent] of cases) {
    assert.equal(sent.automatic, expected !== null)
    const raw = await source(sent.id)
    assert.equal((raw.match(/^auto-submitted:/gim) ?? []).length, expected ? 1 : 0, raw)
    if (expected) assert.match(raw.replace(/^auto-submitted/im, 'Auto-Submitted'), expected)
  }
})

test('a machine does not answer a machine; a person may', async () => {
  const mail = await receive(['From: a@example.org', `To: ${agent.email}`, 'Auto-Submitted: auto-replied'], 'away')
  assert.equal(mail.automatic, true)
  for (const how of [{ automatic: true }, { headers: { 'Auto-Submitted': 'auto-replied' } }]) {
    const { status, body } = await reply(mail, how)
    assert.equal(status, 409)
    assert.equal(body.error.code, 'automatic_loop')
  }
  ok(await reply(mail))
})

test('an inbox answers in one thread no more often within an hour than it may, whatever the race', async () => {
  const set = (body: object) => t.call('PATCH', `/v1/inboxes/${agent.inbox}`, { key: agent.key, body })
  assert.equal((await t.call('GET', `/v1/inboxes/${agent.inbox}`, { key: agent.key })).body.reply_cap, 30)
  assert.equal((await set({ reply_cap: 5 })).body.reply_cap, 5)
  const mail = await receive(['From: loop@example.org', `To: ${agent.email}`], 'loop')
  const other = await receive(['From: loop@example.org', `To: ${agent.email}`], 'another')
  const answers = await Promise.all(Array.from({ length: 12 }, () => reply(mail)))
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [...Array(5).fill(202), ...Array(7).fill(429)])
  const refused = answers.find(({ status }) => status === 429)!
  assert.equal(refused.body.error.code, 'reply_limit')
  assert.match(refused.body.error.message, /5 times in this thread within an hour/)
  assert.equal(refused.body.error.retryable, true)
  assert.equal(refused.headers.get('retry-after'), '3600')
  const thread = await t.call('GET', `/v1/threads/${mail.thread_id}`, { key: agent.key })
  assert.equal(thread.body.message_count, 6)
  // Other threads and new mails are not its business.
  ok(await reply(other))
  ok(await post('/messages', { to: 'loop@example.org', subject: 'x', text: 'x' }))
  clock.advance(59 * 60_000)
  assert.equal((await reply(mail)).headers.get('retry-after'), '60')
  clock.advance(61_000)
  for (let i = 0; i < 5; i++) ok(await reply(mail))
  assert.equal((await reply(mail)).status, 429)
  await set({ reply_cap: null })
  ok(await reply(mail))
  await set({ reply_cap: 0 })
  assert.equal((await reply(other)).status, 429)
  await set({ reply_cap: 30 })
})

test('what was refused for its thread costs nothing and leaves its Idempotency-Key free', async () => {
  const mail = await receive(['From: loop@example.org', `To: ${agent.email}`], 'paid')
  const set = (cap: number) => t.call('PATCH', `/v1/inboxes/${agent.inbox}`, { key: agent.key, body: { reply_cap: cap } })
  const balance = async () => (await t.call('GET', '/v1/wallet', { key: agent.key })).body.balance_mills
  await set(0)
  const before = await balance()
  const headers = { 'idempotency-key': 'loop-1' }
  const again = () =>
    t.call('POST', `/v1/inboxes/${agent.inbox}/messages/${mail.id}/reply`, { key: agent.key, body: { text: 'x' }, headers })
  assert.equal((await again()).status, 429)
  assert.equal(await balance(), before)
  await set(30)
  ok(await again())
})

test('an answer to a mail whose thread became part of another goes there, though it was under way', async () => {
  const third = await receive(['From: p@example.org', 'Message-ID: <m3@o.example>', 'In-Reply-To: <m2@o.example>'], 'm3')
  await receive(['From: p@example.org', 'Message-ID: <m1@o.example>'], 'm1')
  const second = await receive(['From: p@example.org', 'Message-ID: <m2@o.example>', 'In-Reply-To: <m1@o.example>'], 'm2')
  assert.notEqual(second.thread_id, third.thread_id)
  assert.equal(ok(await reply(third)).thread_id, second.thread_id)
  // As if it had been read before the threads became one.
  const { fromUlid } = await import('../../kernel/ids.ts')
  const uuid = (id: string) => fromUlid(id.slice(4))
  await t.app.db.pool.query('update messages set thread_id = $1 where id = $2', [uuid(third.thread_id), uuid(third.id)])
  assert.equal(ok(await reply(third)).thread_id, second.thread_id)
})
