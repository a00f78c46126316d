import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { connect as secure } from 'node:tls'
import { dialTo, over, type Rig, sendMail, startRig, talk } from './inbound-rig.ts'

let rig: Rig
let ours: { inbox: string; organization: string }
before(async () => {
  rig = await startRig({ limits: { messageBytes: 600_000, recipients: 100, drainMs: 500 } })
  ours = await rig.inbox('agent@mail.test')
})
after(() => rig.close())

const stored = () =>
  rig.query<{ id: string; mail_from: string; recipients: string[]; bytes: Buffer; size: number }>(
    'select * from received_mail order by id',
  )
const emptied = () => rig.query('delete from received_mail')
const greeted = async () => {
  const client = await talk(rig.port)
  await client.say('EHLO client.example')
  return client
}

test('a mail for an inbox is taken, and 250 means it is in the database with a job', async () => {
  await emptied()
  const client = await greeted()
  assert.match(await sendMail(client, 'agent@mail.test', 'Subject: hi\r\n\r\nhello'), /^250 2\./)
  const [mail] = await stored()
  assert.equal(mail?.mail_from, 'a@b.example')
  assert.deepEqual(mail?.recipients, ['agent@mail.test'])
  assert.match(
    mail!.bytes.toString(),
    /^Return-Path: <a@b\.example>\r\nReceived: from client\.example \(\[127\.0\.0\.1\]\)\r\n by mail\.test with ESMTP id \S+;\r\n [^\r]+\r\nSubject: hi\r\n\r\nhello\r\n$/,
  )
  const jobs = await rig.query<{ payload: { ids: string[] } }>(
    `select p.payload from graphile_worker._private_jobs p join graphile_worker._private_tasks t on t.id = p.task_id where t.identifier = 'email.interpret'`,
  )
  assert.ok(jobs.some(({ payload }) => payload.ids.includes(mail!.id)))
  client.close()
})

test('an unknown mailbox is refused at RCPT, and nothing is taken for it', async () => {
  const client = await greeted()
  assert.match(await client.say('MAIL FROM:<a@b.example>'), /^250/)
  assert.match(await client.say('RCPT TO:<nobody@mail.test>'), /^550 5\.1\.1 /)
  assert.match(await client.say('RCPT TO:<postbox>'), /^501 /)
  assert.match(await client.say('DATA'), /^503/)
  client.close()
})

test('every way to ask for relaying is refused', async () => {
  const forms = [
    ...[
      'a@b.example',
      '@mail.test:a@b.example',
      '@mail.test,@x.test:a@b.example',
      'a%b.example@mail.test',
      'a!b@mail.test',
      'b.example!a@mail.test',
    ],
    ...[
      '"a@b.example"@mail.test',
      'a@b.example@mail.test',
      'agent@mail.test@b.example',
      'a@[127.0.0.1]',
      'a@[IPv6:::1]',
      'agent@mail.test.',
      'agent@.mail.test',
    ],
    ...[
      'A@B.EXAMPLE',
      'agent@mail.test%b.example',
      '"agent@mail.test"@b.example',
      'agent@b.example,agent@mail.test',
      'a@mail.test.b.example',
    ],
    ...[
      'agent',
      'agent@',
      '@mail.test',
      'a@bücher.example',
      'agent@xn--mail.test',
      'agent(x)@b.example',
      'a@b.example/agent@mail.test',
    ],
  ]
  for (const from of ['x@y.example', '', 'agent@mail.test']) {
    const client = await greeted()
    for (const form of forms.slice(0, from === 'x@y.example' ? undefined : 3)) {
      const fresh = await greeted()
      assert.match(await fresh.say(`MAIL FROM:<${from}>`), /^250/)
      assert.match(await fresh.say(`RCPT TO:<${form}>`), /^5\d\d /, form)
      assert.match(await fresh.say('DATA'), /^503/, form)
      fresh.close()
    }
    assert.match(await client.say('MAIL FROM:<a@b.example>'), /^250/)
    assert.match(await client.say('RSET'), /^250/)
    assert.match(await client.say('RCPT TO:<a@b.example>'), /^503/)
    assert.match(await client.say('AUTH PLAIN AGEAYg=='), /^500/)
    assert.match(await client.say('MAIL FROM:<a@b.example>'), /^250/)
    assert.match(await client.say('RCPT TO:<a@b.example>'), /^550 5\.7\.1 /)
    client.close()
  }
})

test('case, +tag, source route and null sender: the inbox is reached', async () => {
  await emptied()
  const client = await greeted()
  for (const to of ['AGENT@MAIL.TEST', 'Agent+Some.Tag@mail.test', '@relay.example:agent@mail.test', '"agent"@mail.test'])
    assert.match(await sendMail(client, to, 'x', ''), /^250/, to)
  assert.deepEqual(
    (await stored()).map(mail => mail.recipients[0]),
    ['agent@mail.test', 'agent+some.tag@mail.test', 'agent@mail.test', 'agent@mail.test'],
  )
  assert.match((await stored())[0]!.bytes.toString(), /^Return-Path: <>\r\n/)
  client.close()
})

test('a deleted inbox is refused soon, a new one is reachable at once', async () => {
  const client = await greeted()
  await client.say('MAIL FROM:<a@b.example>')
  assert.match(await client.say('RCPT TO:<late@mail.test>'), /^550/)
  await rig.inbox('late@mail.test', ours.organization)
  assert.match(await client.say('RCPT TO:<late@mail.test>'), /^250/)
  await rig.query(`delete from inboxes where email = 'late@mail.test'`)
  const since = Date.now()
  for (;;) {
    const fresh = await greeted()
    await fresh.say('MAIL FROM:<a@b.example>')
    const reply = await fresh.say('RCPT TO:<late@mail.test>')
    fresh.close()
    if (reply.startsWith('550')) break
    assert.ok(Date.now() - since < 5000, 'still taken after 5 s')
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  client.close()
})

test('an inbox at a verified domain is reached, and no longer when somebody else proves the domain', async () => {
  const { organization } = await rig.inbox('me@corp.test')
  const other = (await rig.inbox('other@mail.test')).organization
  const rcpt = async () => {
    const client = await greeted()
    await client.say('MAIL FROM:<a@b.example>')
    const reply = await client.say('RCPT TO:<me@corp.test>')
    client.close()
    return reply
  }
  assert.match(await rcpt(), /^550 5\.7\.1/)
  await rig.query(
    `insert into domains (id, organization_id, name, verified_at) values (gen_random_uuid(), $1, 'corp.test', now())`,
    [other],
  )
  assert.match(await rcpt(), /^550 5\.1\.1/)
  await rig.query(`update domains set organization_id = $1`, [organization])
  assert.match(await rcpt(), /^250/)
})

test('too large: refused at MAIL when it says so, after the dot when it lies, and never kept', async () => {
  await emptied()
  const client = await greeted()
  assert.match(await client.say('EHLO x'), /\b250[- ]SIZE 600000\b/)
  assert.match(await client.say('MAIL FROM:<a@b.example> SIZE=600001'), /^552/)
  assert.match(await client.say('MAIL FROM:<a@b.example> SIZE=10'), /^250/)
  assert.match(await client.say('RCPT TO:<agent@mail.test>'), /^250/)
  assert.match(await client.say('DATA'), /^354/)
  client.write(`Subject: big\r\n\r\n${'x'.repeat(990)}\r\n`.repeat(700))
  assert.match(await client.say('.'), /^552/)
  assert.deepEqual(await stored(), [])
  assert.match(await sendMail(client, 'agent@mail.test', 'small'), /^250/)
  assert.equal((await stored()).length, 1)
  client.close()
})

test('mail over 256 KB goes through the blob store, byte for byte', async () => {
  await emptied()
  const body = `Subject: large\r\n\r\n${Array.from({ length: 5500 }, (_, i) => `${i} ${'y'.repeat(80)}`).join('\r\n')}`
  const client = await greeted()
  assert.match(await sendMail(client, ['agent@mail.test', 'other@mail.test'], body), /^250/)
  const [mail] = await rig.query<{ bytes: null; raw_blobs: Record<string, string>; size: number }>('select * from received_mail')
  assert.equal(mail?.bytes, null)
  assert.equal(Object.keys(mail!.raw_blobs).length, 2)
  for (const [organization, blob] of Object.entries(mail!.raw_blobs)) {
    const raw = await rig.app.blobs.get(rig.app.db, organization, blob)
    assert.equal(raw?.length, mail!.size)
    assert.ok(raw!.toString().endsWith(`\r\n${body}\r\n`))
  }
  client.close()
})

test('dots are unstuffed, bare line ends become CRLF, other bytes stay', async () => {
  await emptied()
  const client = await greeted()
  await sendMail(client, 'agent@mail.test', Buffer.from('X: \xff\0\r\n\r\n..dot\r\n...\r\na\nb\rc\n\nd\r\r\n', 'latin1'))
  const [mail] = await stored()
  assert.ok(mail!.bytes.toString('latin1').endsWith('X: \xff\0\r\n\r\n.dot\r\n..\r\na\r\nb\r\nc\r\n\r\nd\r\n\r\n\r\n'))
  client.close()
})

test('a hundred recipients at once, then 452; a repeated one counts once', async () => {
  await emptied()
  const client = await greeted()
  await client.say('MAIL FROM:<a@b.example>')
  for (let i = 0; i < 100; i++) assert.match(await client.say(`RCPT TO:<agent+${i}@mail.test>`), /^250/)
  assert.match(await client.say('RCPT TO:<agent+0@mail.test>'), /^250/)
  assert.match(await client.say('RCPT TO:<agent+100@mail.test>'), /^452/)
  assert.match(await client.say('DATA'), /^354/)
  assert.match(await client.say('x\r\n.'), /^250/)
  assert.equal((await stored())[0]?.recipients.length, 100)
  client.close()
})

test('a mail that has gone round in circles is refused', async () => {
  const client = await greeted()
  assert.match(await sendMail(client, 'agent@mail.test', `${'Received: from x\r\n'.repeat(51)}\r\nx`), /^554 5\.4\.6 /)
  assert.match(await sendMail(client, 'agent@mail.test', `${'Received: from x\r\n'.repeat(50)}\r\nx`), /^250/)
  client.close()
})

test('SMTPUTF8 is spoken; a UTF-8 address without it is refused', async () => {
  const client = await greeted()
  assert.match(await client.say('EHLO x'), /SMTPUTF8/)
  client.write(Buffer.from('MAIL FROM:<jürgen@b.example>\r\n'))
  assert.match(await client.hear(), /^553 5\.6\.7 /)
  client.write(Buffer.from('MAIL FROM:<jürgen@b.example> SMTPUTF8\r\n'))
  assert.match(await client.hear(), /^250/)
  assert.match(await client.say('RCPT TO:<agent@mail.test>'), /^250/)
  client.close()
})

test('STARTTLS works, and what was sent in the clear behind it is forgotten', async () => {
  await emptied()
  const client = await greeted()
  assert.match(await client.say('EHLO x'), /STARTTLS/)
  client.socket.removeAllListeners('data')
  client.write('STARTTLS\r\nMAIL FROM:<injected@evil.example>\r\nRCPT TO:<agent@mail.test>\r\n')
  await new Promise(resolve => client.socket.once('data', resolve))
  client.socket.removeAllListeners()
  const tls = secure({ socket: client.socket, rejectUnauthorized: false })
  await new Promise((resolve, reject) => tls.once('secureConnect', resolve).once('error', reject))
  const safe = over(tls)
  assert.match(await safe.say('MAIL FROM:<a@b.example>'), /^503/, 'EHLO before TLS does not count')
  assert.match(await safe.say('EHLO client.example'), /^250/)
  assert.match(await safe.say('DATA'), /^503/)
  assert.match(await sendMail(safe, 'agent@mail.test', 'secret'), /^250/)
  const [mail] = await rig.query<{ mail_from: string; tls: boolean; bytes: Buffer }>('select * from received_mail')
  assert.equal(mail?.mail_from, 'a@b.example')
  assert.equal(mail?.tls, true)
  assert.match(mail!.bytes.toString(), /with ESMTPS id/)
  safe.close()
})

test('VRFY and EXPN tell nothing, what is not spoken is refused, HTTP is hung up on', async () => {
  const client = await greeted()
  assert.equal(await client.say('VRFY agent@mail.test'), await client.say('VRFY nobody@mail.test'))
  for (const word of ['EXPN list', 'AUTH PLAIN', 'BDAT 5', 'XCLIENT ADDR=1.2.3.4', 'WIZ', 'HELP', 'TURN'])
    assert.match(await client.say(word), /^5\d\d/, word)
  client.close()
  for (const verb of ['GET', 'POST', 'PUT', 'HEAD', 'OPTIONS', 'DELETE']) {
    const http = await talk(rig.port)
    http.write(`${verb} / HTTP/1.1\r\nHost: mail.test\r\n\r\nEHLO x\r\nMAIL FROM:<a@b.example>\r\n`)
    assert.match(await http.rest(), /^421[^\n]*\r\n$/, verb)
  }
})

test('who talks before the greeting is hung up on', async () => {
  await rig.close()
  rig = await startRig()
  ours = await rig.inbox('agent@mail.test')
  const client = await dialTo(rig.port)
  client.write('EHLO early\r\nMAIL FROM:<a@b.example>\r\n')
  assert.match(await client.rest(), /^421[^\n]*\r\n$/)
})
