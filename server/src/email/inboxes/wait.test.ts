import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sendMail, talk } from '../../../test/flows/inbound-rig.ts'
import { eventually, type Json, startTestApp, type TestApp } from '../../../test/harness.ts'

let t: TestApp
let agent: Awaited<ReturnType<TestApp['register']>>
before(async () => {
  t = await startTestApp()
  agent = await t.register()
})
after(() => t.close())

/** Mails by SMTP, on one connection. */
const mail = async (...subjects: string[]) => {
  const client = await talk(t.smtpPort)
  await client.say('EHLO x.example')
  for (const subject of subjects)
    assert.match(
      await sendMail(
        client,
        agent.email,
        `From: petra@outside.example\r\nSubject: ${subject}\r\n\r\nCode 482913`,
        'petra@outside.example',
      ),
      /^250/,
    )
  client.close()
}
const wait = async (input: object): Promise<Json> => {
  const { status, body } = await t.call('POST', `/v1/inboxes/${agent.inbox}/wait`, {
    key: agent.key,
    body: { timeout: 20, ...input },
  })
  assert.equal(status, 200, JSON.stringify(body))
  return body
}
const arrived = (count: number) =>
  eventually(async () => {
    const { body } = await t.call('GET', `/v1/inboxes/${agent.inbox}/messages?direction=inbound&limit=100`, { key: agent.key })
    return body.data.length >= count && body.data
  })

test('mails that arrive together are answered in turn, the oldest first, and none twice to who says what he has seen', async () => {
  await mail('one', 'two', 'three')
  await arrived(3)
  let last: string | undefined
  const seen: string[] = []
  for (let i = 0; i < 3; i++) {
    const { message, after, codes } = await wait(last ? { after: last } : {})
    seen.push(message.subject)
    assert.equal(after, message.id)
    assert.equal(codes[0].value, '482913')
    last = after
  }
  assert.deepEqual(seen.toSorted(), ['one', 'three', 'two'])
  const list = await arrived(3)
  assert.deepEqual(list.map(({ subject }: Json) => subject).toReversed(), seen, 'in the order in which they were filed')
  assert.deepEqual(await wait({ after: last, timeout: 0 }), { message: null, after: last, codes: [], links: [] })
  // Without it the oldest of the last minute, again.
  assert.equal((await wait({})).message.subject, seen[0])
})

test('while one waits, each of many is answered once', async () => {
  const first = (await arrived(3))[0].id
  const subjects = Array.from({ length: 8 }, (_, index) => `burst ${index}`)
  const sending = Promise.all([mail(...subjects.slice(0, 4)), mail(...subjects.slice(4))])
  const seen: string[] = []
  for (let last = first; seen.length < subjects.length; ) {
    const { message, after } = await wait({ after: last })
    assert.ok(message, `only ${seen}`)
    seen.push(message.subject)
    last = after
  }
  await sending
  assert.deepEqual(seen.toSorted(), subjects)
})

test('after goes with every filter, takes a mail that was sent too, and refuses what is no id', async () => {
  const sent = await t.call('POST', `/v1/inboxes/${agent.inbox}/messages`, {
    key: agent.key,
    body: { to: 'x@sink.test', subject: 'question', text: 'x' },
  })
  await mail('other', 'wanted')
  const { message } = await wait({ after: sent.body.id, subject: 'WANTED', from: 'outside.example' })
  assert.equal(message.subject, 'wanted')
  assert.equal((await wait({ after: sent.body.id, since: '2090-01-01', timeout: 0 })).message, null)
  assert.equal(
    (await wait({ since: '2020-01-01' })).message.id,
    (await arrived(3)).at(-1).id,
    'since the beginning: the oldest of all',
  )
  for (const after of ['x', 'msg_', agent.inbox]) {
    const { status, body } = await t.call('POST', `/v1/inboxes/${agent.inbox}/wait`, {
      key: agent.key,
      body: { after, timeout: 0 },
    })
    assert.equal(status, 422)
    assert.deepEqual(body.error.errors, [{ path: '/after', message: 'is not the id of a message' }])
  }
})

test('a thread is waited for by the id it had before it became part of another', async () => {
  const client = await talk(t.smtpPort)
  await client.say('EHLO x.example')
  const send = (id: string, answers?: string) =>
    sendMail(
      client,
      agent.email,
      `From: p@outside.example\r\nMessage-ID: <${id}@o.example>\r\n${answers ? `In-Reply-To: <${answers}@o.example>\r\n` : ''}Subject: ${id}\r\n\r\nx`,
    )
  const came = (subject: string) => wait({ subject, since: '2020-01-01' }).then(({ message }) => message)
  await send('third', 'second')
  const old = (await came('third')).thread_id
  await send('first')
  await came('first')
  await send('second', 'first')
  const second = await came('second')
  client.close()
  assert.notEqual(second.thread_id, old)
  assert.equal((await wait({ thread_id: old, after: (await came('first')).id })).message.id, second.id)
  const thread = await t.call('GET', `/v1/threads/${old}`, { key: agent.key })
  assert.equal(thread.body.id, second.thread_id)
  assert.deepEqual(
    thread.body.messages.map(({ subject }: Json) => subject),
    ['third', 'first', 'second'],
  )
  assert.equal(thread.body.message_count, 3)
})
