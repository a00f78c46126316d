import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Rig, sendMail, startRig, talk } from '../../../test/flows/inbound-rig.ts'
import { firstIdAt, newIdAfter } from '../../kernel/ids.ts'

let rig: Rig
let agent: { inbox: string; organization: string }
before(async () => {
  rig = await startRig()
  agent = await rig.inbox('agent@mail.test')
})
after(() => rig.close())

interface Mail {
  id: string
  answers?: string
  cites?: string[]
  from?: string
}
const bytes = ({ id, answers, cites = [], from = 'petra@outside.example' }: Mail) =>
  [
    `From: ${from}`,
    'To: agent@mail.test',
    `Subject: ${answers ? 'Re: ' : ''}trip ${id}`,
    `Message-ID: <${id}@outside.example>`,
    ...(answers ? [`In-Reply-To: <${answers}@outside.example>`] : []),
    ...(cites.length > 0 ? [`References: ${cites.map(each => `<${each}@outside.example>`).join(' ')}`] : []),
    '',
    'text',
  ].join('\r\n')

/** Files the mails one after the other, or all at once; gives the thread of each by its id, and the threads that are shown. */
const file = async (mails: Mail[], together = false, inbox = agent.inbox, to = 'agent@mail.test') => {
  await rig.query('delete from messages')
  await rig.query('delete from threads')
  await rig.query('delete from awaited_messages')
  const client = await talk(rig.port)
  await client.say('EHLO client.example')
  for (const mail of mails) {
    assert.match(await sendMail(client, to, bytes(mail)), /^250/)
    if (!together) await rig.interpret()
  }
  await rig.interpret()
  client.close()
  const rows = await rig.query<{ message_id: string; thread_id: string; id: string }>(
    'select message_id, thread_id, id from messages where inbox_id = $1 order by id',
    [inbox],
  )
  const threads = await rig.query<{ id: string; subject: string; message_count: number }>(
    'select id, subject, message_count from threads where message_count > 0',
  )
  return {
    of: Object.fromEntries(rows.map(row => [row.message_id.slice(1, row.message_id.indexOf('@')), row.thread_id])),
    order: rows.map(row => row.message_id.slice(1, row.message_id.indexOf('@'))),
    threads,
  }
}

const orders = <T>(all: T[]): T[][] =>
  all.length < 2
    ? [all]
    : all.flatMap((one, at) => orders([...all.slice(0, at), ...all.slice(at + 1)]).map(rest => [one, ...rest]))

const conversations: Record<string, Mail[]> = {
  'a mail and its answer': [{ id: 'a' }, { id: 'b', answers: 'a', cites: ['a'] }],
  'three with References': [{ id: 'a' }, { id: 'b', answers: 'a', cites: ['a'] }, { id: 'c', answers: 'b', cites: ['a', 'b'] }],
  'three with In-Reply-To only': [{ id: 'a' }, { id: 'b', answers: 'a' }, { id: 'c', answers: 'b' }],
  'two answers to one': [{ id: 'a' }, { id: 'b', answers: 'a' }, { id: 'c', answers: 'a' }],
  'four in a chain': [{ id: 'a' }, { id: 'b', answers: 'a' }, { id: 'c', answers: 'b' }, { id: 'd', answers: 'c' }],
}
for (const [name, mails] of Object.entries(conversations)) {
  test(`${name}: one thread, in whatever order they come`, async () => {
    for (const order of orders(mails))
      for (const together of mails.length > 3 ? [false] : [false, true]) {
        const { of, threads } = await file(order, together)
        const arrived = `${order.map(({ id }) => id)}${together ? ', at once' : ''}`
        assert.equal(new Set(Object.values(of)).size, 1, arrived)
        assert.deepEqual(threads, [{ id: of.a, subject: 'trip a', message_count: mails.length }], arrived)
        assert.deepEqual(await rig.query('select * from awaited_messages'), [], arrived)
      }
  })
}

test('a thread that became part of another is found by its old id', async () => {
  const client = await talk(rig.port)
  await client.say('EHLO client.example')
  await file([{ id: 'c', answers: 'b' }])
  const [old] = await rig.query<{ id: string }>('select id from threads')
  for (const mail of [{ id: 'a' }, { id: 'b', answers: 'a' }]) {
    assert.match(await sendMail(client, 'agent@mail.test', bytes(mail)), /^250/)
    await rig.interpret()
  }
  client.close()
  const [now, gone] = await rig.query<{ id: string; merged_into: string | null; message_count: number }>(
    'select id, merged_into, message_count from threads order by message_count desc',
  )
  assert.deepEqual([now!.message_count, gone!.id, gone!.merged_into, gone!.message_count], [3, old!.id, now!.id, 0])
})

test('two conversations of others are not tied together by a mail that cites both, nor by a second use of an id', async () => {
  const apart = await file([{ id: 'a' }, { id: 'x' }, { id: 'm', answers: 'a', cites: ['x', 'a'] }])
  assert.notEqual(apart.of.a, apart.of.x)
  assert.equal(apart.of.m, apart.of.a)

  // b is known and cited in the thread of a; who sends another b that cites x moves nothing.
  const forged = await file([
    { id: 'a' },
    { id: 'b', answers: 'a' },
    { id: 'c', answers: 'b' },
    { id: 'x' },
    { id: 'b', answers: 'x', from: 'mallory@evil.example' },
  ])
  assert.equal(forged.of.c, forged.of.a)
  assert.notEqual(forged.of.x, forged.of.a)

  // c began elsewhere and only mentions m; when m comes and belongs to x, the conversation of a stays what it is.
  const mentioned = await file([
    { id: 'a' },
    { id: 'c', answers: 'a', cites: ['m', 'a'] },
    { id: 'x' },
    { id: 'm', answers: 'x' },
  ])
  assert.equal(mentioned.of.c, mentioned.of.a)
  assert.equal(mentioned.of.m, mentioned.of.x)
  assert.notEqual(mentioned.of.a, mentioned.of.x)
})

test('an address in In-Reply-To ties nothing together, and inboxes keep their conversations apart', async () => {
  const odd = await file([{ id: 'p', cites: [] }, { id: 'q' }].map(mail => ({ ...mail, answers: 'petra' })))
  assert.notEqual(odd.of.p, odd.of.q)

  const other = await rig.inbox('other@mail.test', agent.organization)
  await file([{ id: 'b', answers: 'a' }])
  const client = await talk(rig.port)
  await client.say('EHLO client.example')
  assert.match(await sendMail(client, 'other@mail.test', bytes({ id: 'a' })), /^250/)
  await rig.interpret()
  client.close()
  const threads = await rig.query<{ inbox_id: string }>(
    'select inbox_id from threads where message_count = 1 order by created_at',
  )
  assert.deepEqual(
    threads.map(({ inbox_id }) => inbox_id),
    [agent.inbox, other.inbox],
  )
})

test('a mail that is filed later has the larger id, though another node’s clock was ahead', async () => {
  await file([{ id: 'a' }])
  const ahead = newIdAfter(firstIdAt(new Date(Date.now() + 3_600_000)))
  await rig.query('update messages set id = $1', [ahead])
  const client = await talk(rig.port)
  await client.say('EHLO client.example')
  for (const id of ['b', 'c']) {
    assert.match(await sendMail(client, 'agent@mail.test', bytes({ id })), /^250/)
    await rig.interpret()
  }
  client.close()
  const rows = await rig.query<{ message_id: string }>('select message_id from messages where inbox_id = $1 order by id', [
    agent.inbox,
  ])
  assert.deepEqual(
    rows.map(row => row.message_id),
    ['<a@outside.example>', '<b@outside.example>', '<c@outside.example>'],
  )
})
