import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { interpretMail, resumeMail } from '../../src/email/inbound/receive.ts'
import { newId, publicId } from '../../src/kernel/ids.ts'
import { longestTurn } from '../turns.ts'
import { type Rig, sendMail, startRig, talk } from './inbound-rig.ts'

let rig: Rig
let agent: { inbox: string; organization: string }
before(async () => {
  rig = await startRig()
  agent = await rig.inbox('agent@mail.test')
})
after(() => rig.close())

interface Row {
  id: string
  inbox_id: string
  thread_id: string
  status: string
  message_id: string
  from_email: string
  subject: string
  text_body: string | null
  extracted_text: string | null
  to_emails: string[]
  bcc_emails: string[]
  headers: Record<string, string>
  raw_blob_id: string
  authentication: { trust: string }
  automatic: boolean
  parse_problem: string | null
  size: number
  created_at: Date
}

/** Sends the mails over SMTP and reads them; gives the messages of the inbox, oldest first. */
const receive = async (
  mails: (string | Buffer)[],
  { to = 'agent@mail.test' as string | string[], from = 'a@b.example', inbox = agent.inbox } = {},
): Promise<Row[]> => {
  await rig.query('delete from messages')
  const client = await talk(rig.port)
  await client.say('EHLO client.example')
  for (const mail of mails) {
    assert.match(await sendMail(client, to, mail, from), /^250/)
    await rig.interpret()
  }
  client.close()
  return messagesOf(inbox)
}
const messagesOf = (inbox: string) => rig.query<Row>('select * from messages where inbox_id = $1 order by id', [inbox])
const events = (type: string) =>
  rig.query<{ organization_id: string; data: { id: string; recipient?: string } }>(
    'select *, event_data(data, message_id) as data from events where type = $1 order by id',
    [type],
  )

test('a mail becomes a message with thread, source, event, and its row in the queue is gone', async () => {
  await rig.query('delete from events')
  const [message, ...more] = await receive([
    'From: Ann <ann@b.example>\r\nTo: agent@mail.test\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nMessage-ID: <1@b.example>\r\n\r\nhello',
  ])
  assert.equal(more.length, 0)
  assert.equal(message?.status, 'received')
  assert.equal(message?.from_email, 'ann@b.example')
  assert.equal(message?.subject, 'Grüße')
  assert.equal(message?.text_body?.trim(), 'hello')
  assert.equal(message?.message_id, '<1@b.example>')
  assert.equal(message?.automatic, false)
  assert.equal(message?.authentication.trust, 'none', 'no name server answers here')
  const source = await rig.app.blobs.get(rig.app.db, agent.organization, message!.raw_blob_id)
  assert.equal(source?.length, message?.size)
  assert.match(source!.toString(), /^Return-Path: <a@b\.example>\r\nReceived: from client\.example /)
  const [thread] = await rig.query<{ message_count: number; subject: string }>('select * from threads where id = $1', [
    message!.thread_id,
  ])
  assert.deepEqual([thread?.message_count, thread?.subject], [1, 'Grüße'])
  assert.deepEqual(await rig.query('select * from received_mail'), [])
  const recorded = await events('message.received')
  assert.deepEqual(
    recorded.map(event => event.data.id),
    [publicId('message', message!.id)],
  )
})

test('replies join the thread of what they answer, ours or theirs, and only in their inbox', async () => {
  const other = await rig.inbox('other@mail.test')
  const ours = newId()
  const thread = newId()
  const messages = await receive([
    'Message-ID: <root@b.example>\r\nSubject: root\r\n\r\nx',
    'Message-ID: <2@b.example>\r\nIn-Reply-To: <root@b.example>\r\nSubject: Re: root\r\n\r\nx',
    'Message-ID: <3@b.example>\r\nReferences: <root@b.example> <unknown@b.example>\r\n\r\nx',
    'Message-ID: <4@b.example>\r\nReferences: <nobody@b.example>\r\nSubject: Re: root\r\n\r\nx',
  ])
  assert.equal(new Set(messages.slice(0, 3).map(message => message.thread_id)).size, 1)
  assert.notEqual(messages[3]!.thread_id, messages[0]!.thread_id)
  const [counted] = await rig.query<{ message_count: number; last_message_at: Date }>('select * from threads where id = $1', [
    messages[0]!.thread_id,
  ])
  assert.equal(counted?.message_count, 3)
  assert.deepEqual(counted?.last_message_at, messages[2]?.created_at)

  await rig.query(
    `insert into threads (id, organization_id, inbox_id, livemode, subject, message_count, last_message_at) values ($1, $2, $3, true, 'ours', 1, '2020-01-01')`,
    [thread, agent.organization, agent.inbox],
  )
  await rig.query(
    `insert into messages (id, organization_id, inbox_id, thread_id, livemode, direction, status, message_id, from_email, to_emails, subject) values ($1, $2, $3, $4, true, 'outbound', 'sent', '<ours@mail.test>', 'agent@mail.test', '{}', 'ours')`,
    [ours, agent.organization, agent.inbox, thread],
  )
  const client = await talk(rig.port)
  await client.say('EHLO x')
  await sendMail(client, ['agent@mail.test', 'other@mail.test'], 'In-Reply-To: <ours@mail.test>\r\n\r\nx')
  await rig.interpret()
  assert.equal((await messagesOf(agent.inbox)).at(-1)?.thread_id, thread)
  assert.notEqual((await messagesOf(other.inbox)).at(-1)?.thread_id, thread)
  client.close()
})

test('two organizations get a message each, and neither learns of the other', async () => {
  const second = await rig.inbox('second@mail.test')
  const third = await rig.inbox('third@mail.test', second.organization)
  const mail =
    'From: x@b.example\r\nTo: agent+t@mail.test\r\nDelivered-To: third@mail.test\r\nReturn-Path: <forged@x>\r\nAuthentication-Results: mail.test; dmarc=pass\r\nReceived-SPF: pass\r\nX-A: 1\r\nx-a: 2\r\n__proto__: p\r\n\r\nhi'
  const [message] = await receive([mail], { to: ['agent+t@mail.test', 'agent@mail.test', 'second@mail.test', 'third@mail.test'] })
  assert.deepEqual(message?.to_emails, ['agent+t@mail.test'])
  assert.deepEqual(message?.bcc_emails, [])
  assert.equal(message?.headers['delivered-to'], 'agent+t@mail.test\nagent@mail.test')
  assert.equal(message?.headers['return-path'], '<a@b.example>')
  assert.equal(message?.headers['x-a'], '1\n2')
  assert.equal(Object.getOwnPropertyDescriptor(message!.headers, '__proto__')?.value, 'p')
  for (const name of ['authentication-results', 'received-spf']) assert.equal(message?.headers[name], undefined)
  assert.doesNotMatch(JSON.stringify({ ...message, headers: { ...message!.headers } }), /second@|third@/)
  for (const { inbox, organization } of [second, third]) {
    const [copy] = await messagesOf(inbox)
    assert.notEqual(copy?.raw_blob_id, message?.raw_blob_id)
    assert.ok((await rig.app.blobs.get(rig.app.db, organization, copy!.raw_blob_id))!.toString().endsWith('hi\r\n'))
  }
})

test('attachments, and large mails whose bytes were kept per organization', async () => {
  const sibling = await rig.inbox('sibling@mail.test', agent.organization)
  const file = 'A'.repeat(76)
  const mail = `Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\nContent-Type: image/png; name=a.png\r\nContent-Transfer-Encoding: base64\r\n\r\n${`${file}\r\n`.repeat(6000)}--b--\r\n`
  const [message] = await receive([mail], { to: ['agent@mail.test', 'sibling@mail.test'] })
  const blobs = new Set<string>()
  for (const inbox of [agent.inbox, sibling.inbox]) {
    const [row] = await messagesOf(inbox)
    const [attachment] = await rig.query<{ filename: string; size: number; blob_id: string; position: number }>(
      'select * from attachments where message_id = $1',
      [row!.id],
    )
    assert.deepEqual([attachment?.filename, attachment?.size, attachment?.position], ['a.png', 57 * 6000, 0])
    const source = await rig.app.blobs.get(rig.app.db, agent.organization, row!.raw_blob_id)
    assert.ok(source!.toString().endsWith('--b--\r\n\r\n'))
    assert.equal(source!.length, row!.size)
    blobs.add(attachment!.blob_id).add(row!.raw_blob_id)
  }
  assert.equal(blobs.size, 4, 'no bytes are shared')
  assert.ok(message)
})

test('a job that runs twice, or twice at once, makes one message', async () => {
  await rig.query('delete from messages')
  await rig.query('delete from events')
  const client = await talk(rig.port)
  await client.say('EHLO x')
  for (let i = 0; i < 5; i++) await sendMail(client, ['agent@mail.test', 'sibling@mail.test'], `Subject: ${i}\r\n\r\nx`)
  client.close()
  const ids = (await rig.query<{ id: string }>('select id from received_mail')).map(row => row.id)
  await Promise.all([
    interpretMail(rig.app, { ids }),
    interpretMail(rig.app, { ids: ids.toReversed() }),
    interpretMail(rig.app, { ids }),
  ])
  await interpretMail(rig.app, { ids })
  assert.equal((await messagesOf(agent.inbox)).length, 5)
  assert.equal((await events('message.received')).length, 10)
})

test('what cannot be read is stored and shown, and the event loop keeps turning', async () => {
  const parts = `Subject: parts\r\nContent-Type: multipart/mixed; boundary=n\r\n\r\n${'--n\r\n\r\n'.repeat(500_000)}`
  let deep = 'deepest'
  for (let i = 0; i < 300; i++) deep = `Content-Type: multipart/mixed; boundary=b${i}\r\n\r\n--b${i}\r\n${deep}\r\n--b${i}--\r\n`
  const mails: (string | Buffer)[] = [
    parts,
    `Subject: deep\r\n${deep}`,
    'no header at all',
    Buffer.from([0x53, 0, 0xff, 0xfe, 10, 13, 0x80]),
    'Subject: =?x-bogus?B?////?=\r\nContent-Type: text/plain; charset=klingon\r\n\r\n\xff\xfe',
    `Content-Type: text/plain; charset=utf-7\r\nSubject: ${'a'.repeat(100_000)}\r\n\r\n+AGE-`,
    `To: ${'a@b.example, '.repeat(100_000)}\r\n\r\nx`,
    `X: 1\r\n`.repeat(20_000),
    `${'DKIM-Signature: v=1; a=rsa-sha256; d=x.example; s=s; h=from; bh=aa; b=aa\r\n'.repeat(900)}From: a@x.example\r\n\r\nx`,
    '__proto__: x\r\nconstructor: y\r\ntoString: z\r\n\r\nx',
    `From: <a@b.example>, <c@d.example>\r\nFrom: x@y.example\r\nMessage-ID: broken\r\nReferences: ${'<r@x> '.repeat(20_000)}\r\n\r\nx`,
    `Content-Type: text/plain; format=flowed\r\n\r\n${'word '.repeat(400_000)}`,
    '\r\n\r\n\r\n',
    `Subject: ${'\u{1F600}'.repeat(2000)}\r\n\r\n${'\u0000\ud83d'}`,
  ]
  let messages: Awaited<ReturnType<typeof receive>> = []
  const longest = await longestTurn(async () => {
    messages = await receive(mails)
  })
  assert.equal(messages.length, mails.length)
  assert.deepEqual(await rig.query('select * from received_mail'), [])
  assert.match(messages[0]!.parse_problem ?? '', /parts/)
  assert.equal(messages[0]!.subject, 'parts')
  const flowed = messages.find(({ parse_problem }) => /was cut/.test(parse_problem ?? ''))
  assert.equal(flowed?.text_body?.length, 1_000_000)
  for (const message of messages) {
    const source = await rig.app.blobs.get(rig.app.db, agent.organization, message.raw_blob_id)
    assert.equal(source?.length, message.size)
    assert.notEqual(message.authentication.trust, 'pass')
  }
  // A parser on this thread would compute for seconds here.
  assert.ok(longest < 100_000, `computed for ${Math.round(longest / 1000)} ms in one turn`)
})

test('a mail that kills its worker again and again is stored unread, and mails of dead workers are taken up', async () => {
  await rig.query('delete from messages')
  const client = await talk(rig.port)
  await client.say('EHLO x')
  await sendMail(client, 'agent@mail.test', 'Subject: poison\r\n\r\nx')
  await rig.query(`update received_mail set id = '01900000-0000-7000-8000-000000000000'`)
  const queued = () => rig.query(`select * from graphile_worker.jobs where key like 'mail %'`)
  await resumeMail(rig.app)
  await resumeMail(rig.app)
  assert.equal((await queued()).length, 1)
  await rig.query('update received_mail set failures = 3')
  await interpretMail(rig.app, { ids: ['01900000-0000-7000-8000-000000000000'], resumed: true })
  const [message] = await messagesOf(agent.inbox)
  assert.match(message?.parse_problem ?? '', /failed repeatedly/)
  assert.equal(message?.subject, '')
  assert.match((await rig.app.blobs.get(rig.app.db, agent.organization, message!.raw_blob_id))!.toString(), /Subject: poison/)
  client.close()
})

test('an outage is not held against the mail', async () => {
  await rig.query('delete from messages')
  const client = await talk(rig.port)
  await client.say('EHLO x')
  await sendMail(client, 'agent@mail.test', 'Subject: patient\r\nContent-Type: image/png\r\n\r\nx')
  const { stage } = rig.app.blobs
  for (let i = 0; i < 5; i++) {
    rig.app.blobs.stage = () => Promise.reject(Object.assign(new Error('no space'), { code: 'ENOSPC' }))
    await assert.rejects(rig.interpret())
  }
  rig.app.blobs.stage = stage
  await rig.interpret()
  assert.equal((await messagesOf(agent.inbox))[0]?.subject, 'patient')
  client.close()
})

test('an inbox deleted between 250 and reading: its mail is gone with it, the others get theirs', async () => {
  await rig.query('delete from messages')
  const gone = await rig.inbox('gone@mail.test')
  const client = await talk(rig.port)
  await client.say('EHLO x')
  await sendMail(client, ['gone@mail.test', 'agent@mail.test'], 'x')
  await sendMail(client, ['gone@mail.test', 'agent@mail.test'], `${'y'.repeat(70)}\r\n`.repeat(5000))
  await rig.query('delete from organizations where id = $1', [gone.organization])
  await rig.interpret()
  assert.equal((await messagesOf(agent.inbox)).length, 2)
  assert.deepEqual(await rig.query('select * from received_mail'), [])
  client.close()
})

test('those who wait are woken, in this process and in others', async () => {
  const heard: string[] = []
  rig.app.bus.once(`message:${agent.inbox}`, () => heard.push('here'))
  const listener = await rig.app.db.pool.connect()
  const told = new Promise<string | undefined>(resolve => listener.once('notification', ({ payload }) => resolve(payload)))
  await listener.query('listen messages')
  await receive(['x'])
  assert.deepEqual(heard, ['here'])
  assert.equal(await Promise.race([told, pause(5000)]), agent.inbox)
  listener.release(true)
})

test('automatic mail is marked: by its fields, or by its null return path', async () => {
  assert.equal((await receive(['Auto-Submitted: auto-replied\r\n\r\nx']))[0]?.automatic, true)
  assert.equal((await receive(['Subject: x\r\n\r\nx'], { from: '' }))[0]?.automatic, true)
  assert.equal((await receive(['Auto-Submitted: no\r\n\r\nx']))[0]?.automatic, false)
})
