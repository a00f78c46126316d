import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { createTransport } from 'nodemailer'
import { eventually } from '../harness.ts'
import { dialTo, over, type Rig, sendMail, startRig, type Talk, talk } from './inbound-rig.ts'

let rig: Rig
before(async () => {
  rig = await startRig({ limits: { connectionsPerClient: 8, idleMs: 60_000, drainMs: 200 } })
  await rig.inbox('agent@mail.test')
})
after(() => rig.close())

const stored = () => rig.query<{ mail_from: string; bytes: Buffer }>('select mail_from, bytes from received_mail order by id')
const greeted = async (port = rig.port) => {
  const client = await talk(port)
  await client.say('EHLO client.example')
  return client
}
const inTransaction = async (client: Talk) => {
  for (const command of ['MAIL FROM:<real@b.example>', 'RCPT TO:<agent@mail.test>', 'DATA']) await client.say(command)
}

const endings = [
  '\n.\n',
  '\n.\r',
  '\r.\n',
  '\r.\r',
  '\n.\r\n',
  '\r.\r\n',
  '\r\n.\n',
  '\r\n.\r',
  '\r\n\0.\r\n',
  '\r\n.\0\r\n',
  '\r\n.\r\r\n',
  '\r\r\n.\r\r\n',
  '\r\n..\r\n',
  '\r\n .\r\n',
  '\r\n.\t\r\n',
]
const smuggled = 'MAIL FROM:<smuggled@evil.example>\r\nRCPT TO:<agent@mail.test>\r\nDATA\r\nSubject: smuggled\r\n\r\nevil'

for (const bytewise of [false, true]) {
  test(`nothing but CRLF dot CRLF ends a mail${bytewise ? ', one byte per packet' : ''}`, async () => {
    for (const ending of endings) {
      await rig.query('delete from received_mail')
      const client = await greeted()
      await inTransaction(client)
      const mail = Buffer.from(`Subject: one\r\n\r\nbody${ending}${smuggled}\r\n.\r\n`, 'latin1')
      if (bytewise) {
        client.socket.setNoDelay(true)
        for (const byte of mail) {
          client.write(Buffer.of(byte))
          await new Promise(resolve => setImmediate(resolve))
        }
      } else client.write(mail)
      assert.match(await client.hear(), /^250/, JSON.stringify(ending))
      assert.match(await client.say('NOOP'), /^250/, JSON.stringify(ending))
      const mails = await stored()
      assert.equal(mails.length, 1, JSON.stringify(ending))
      assert.equal(mails[0]!.mail_from, 'real@b.example')
      const text = mails[0]!.bytes.toString('latin1')
      assert.ok(text.includes('smuggled'), 'all of it is one mail')
      assert.doesNotMatch(text, /(?<!\r)\n|\r(?!\n)/, 'no stray line end is stored')
      client.close()
    }
  })
}

test('pipelined commands are answered in order, a refused recipient among them', async () => {
  await rig.query('delete from received_mail')
  const client = await greeted()
  client.write('MAIL FROM:<a@b.example>\r\nRCPT TO:<nobody@mail.test>\r\nRCPT TO:<agent@mail.test>\r\nDATA\r\n')
  const codes = [await client.hear(), await client.hear(), await client.hear(), await client.hear()].map(reply =>
    reply.slice(0, 3),
  )
  assert.deepEqual(codes, ['250', '550', '250', '354'])
  client.write('one\r\n.\r\nMAIL FROM:<c@d.example>\r\nRCPT TO:<agent@mail.test>\r\nDATA\r\n')
  assert.match(await client.hear(), /^250/)
  for (const code of ['250', '250', '354']) assert.equal((await client.hear()).slice(0, 3), code)
  assert.match(await client.say('two\r\n.'), /^250/)
  assert.deepEqual(
    (await stored()).map(mail => mail.mail_from),
    ['a@b.example', 'c@d.example'],
  )
  client.close()
})

test('hostile addresses and parameters neither crash nor reroute', async () => {
  const commands = [
    ...[
      'MAIL FROM:<a@b.example> __proto__=1',
      'MAIL FROM:<a@b.example> constructor=x toString',
      'MAIL FROM:<a@b.example> ENVID=ab+0D+0Acd',
    ],
    ...[
      'MAIL FROM:<a@b.example> SIZE=-1',
      'MAIL FROM:<a@b.example> SIZE=1e9',
      'MAIL FROM:<a@b.example> BODY=BINARYMIME',
      'MAIL FROM:a@b.example',
    ],
    ...[
      'MAIL FROM:<"a@evil x"@b.example>',
      'MAIL FROM:<a@b.example>\0',
      `MAIL FROM:<${'a'.repeat(1500)}@b.example>`,
      'MAIL FROM:<a\u200b@b.example>',
    ],
  ]
  for (const command of commands) {
    const client = await greeted()
    client.write(Buffer.from(`${command}\r\n`))
    assert.match(await client.hear(), /^[25]\d\d/, command)
    client.close()
  }
  for (const to of [
    '"agent@mail.test x"@mail.test',
    '__proto__@mail.test',
    'constructor@mail.test',
    '=?utf-8?q?agent?=@mail.test',
    '(a)agent@mail.test',
    'agent@mail.test\0',
    'agent\u200b@mail.test',
    `${'(('.repeat(400)}@mail.test`,
  ]) {
    const client = await greeted()
    await client.say('MAIL FROM:<a@b.example>')
    client.write(Buffer.from(`RCPT TO:<${to}>\r\n`))
    assert.match(await client.hear(), /^5\d\d/, to)
    client.close()
  }
})

test('a command line without end is cut off, and its bytes are not collected', async () => {
  const client = await greeted()
  let sent = 0
  const flood = Buffer.alloc(64 * 1024, 'x')
  while (sent < 32 * 1024 * 1024 && !client.socket.destroyed && client.socket.writable) {
    sent += flood.length
    if (!client.socket.write(flood)) await new Promise(resolve => client.socket.once('drain', resolve).once('close', resolve))
  }
  assert.match(await client.rest(), /^421 /)
  assert.ok(sent < 32 * 1024 * 1024)
})

test('a client that only makes errors or noise is sent away', async () => {
  const guesser = await greeted()
  await guesser.say('MAIL FROM:<a@b.example>')
  const replies: string[] = []
  for (let i = 0; i < 30 && !replies.at(-1)?.startsWith('421'); i++) {
    replies.push(await guesser.say(`RCPT TO:<guess${i}@mail.test>`))
    if (replies.at(-1)!.startsWith('550') && replies.length === 20) replies.push(await guesser.hear())
  }
  assert.deepEqual([replies.length, replies.at(-1)?.slice(0, 9)], [21, '421 4.7.0'])

  const idler = await greeted()
  idler.write('NOOP\r\n'.repeat(1000))
  assert.match(await idler.rest(), /421 4\.7\.0 [^\n]*\r\n$/)

  const worker = await greeted()
  for (let i = 0; i < 30; i++) {
    assert.match(await worker.say('RCPT TO:<x@mail.test>'), /^503/)
    if (i % 10 === 9) assert.match(await sendMail(worker, 'agent@mail.test', 'fine'), /^250/)
  }
  worker.close()
})

test('one client gets so many connections and no more; others are served', async () => {
  const own = await Promise.all(Array.from({ length: 8 }, () => talk(rig.port)))
  const ninth = await dialTo(rig.port)
  assert.match(await ninth.rest(), /^421 4\.7\.0 /)
  own.pop()!.close()
  await new Promise(resolve => setTimeout(resolve, 50))
  const tenth = await talk(rig.port)
  assert.match(await tenth.say('NOOP'), /^250/)
  for (const client of [...own, tenth]) client.close()
  await new Promise(resolve => setTimeout(resolve, 50))
})

test('a network gets so many connections and no more, and the last ones go to small networks', async () => {
  const crowded = await startRig({
    limits: { connections: 10, connectionsPerClient: 3, connectionsPerNetwork: 6, reserve: 3, connectionsInReserve: 1 },
  })
  const open: Talk[] = []
  const from = async (address: string) => {
    const client = await dialTo(crowded.port, address)
    const greeting = await client.hear()
    if (greeting.startsWith('220')) open.push(client)
    else await client.rest()
    return greeting.slice(0, 9)
  }
  try {
    for (const host of [1, 1, 1, 2, 2, 2]) assert.match(await from(`127.7.7.${host}`), /^220/)
    assert.equal(await from('127.7.7.1'), '421 4.7.0')
    assert.equal(await from('127.7.7.3'), '421 4.7.0')
    // One more up to the reserve, and one in it; then this network is large, too.
    assert.match(await from('127.8.8.1'), /^220/)
    assert.equal(await from('127.8.8.2'), '421 4.7.0')
    for (const other of ['127.9.9.1', '127.10.10.1', '127.11.11.1']) assert.match(await from(other), /^220/)
    assert.equal(await from('127.12.12.1'), '421 4.3.2')
    assert.match(await open.at(-1)!.say('EHLO small.example'), /^250/)
    open.pop()!.close()
    await eventually(async () => (await from('127.12.12.1')).startsWith('220'))
  } finally {
    for (const client of open) client.close()
    await crowded.close()
  }
})

test('after a 421 nothing is answered, and who does not hang up is hung up on', async () => {
  const strict = await startRig({ limits: { faults: 3, goodbyeMs: 50 } })
  try {
    await strict.inbox('agent@mail.test')
    // Its end stays open, whatever the server does.
    const socket = connect({ port: strict.port, host: '127.0.0.1', allowHalfOpen: true })
    const client = over(socket)
    await client.hear()
    await client.say('EHLO rude.example')
    const goOn = ['MAIL FROM:<a@b.example>', 'RCPT TO:<agent@mail.test>', 'DATA', 'Subject: late', '', '.', ''].join('\r\n')
    client.write(`${'RCPT TO:<x@y.example>\r\n'.repeat(3)}${goOn}`)
    const chatter = setInterval(() => socket.writable && client.write(goOn), 10)
    assert.match(await client.rest(), /^(503 [^\r]*\r\n){3}421 4\.7\.0 [^\r]*\r\n$/)
    clearInterval(chatter)
    assert.deepEqual(await strict.query('select * from received_mail'), [])
  } finally {
    await strict.close()
  }
})

test('a mail that breaks off is forgotten, a slow client is hung up on', async () => {
  await rig.query('delete from received_mail')
  const client = await greeted()
  await inTransaction(client)
  client.write('Subject: half\r\n\r\n')
  client.close()
  const slow = await startRig({ limits: { paceMs: 200, bytesPerSecond: 1_000_000 } })
  try {
    await slow.inbox('agent@mail.test')
    const silent = await talk(slow.port)
    const dripping = await greeted(slow.port)
    await inTransaction(dripping)
    const drip = setInterval(() => dripping.write('x'), 50)
    assert.match(await silent.rest(), /^421 4\.4\.2 /)
    assert.match(await dripping.rest(), /^421 4\.4\.2 /)
    clearInterval(drip)
  } finally {
    await slow.close()
  }
  assert.deepEqual(await stored(), [])
})

test('a mail far beyond the limit ends the connection', async () => {
  const small = await startRig({ limits: { messageBytes: 100_000 } })
  try {
    await small.inbox('agent@mail.test')
    const client = await greeted(small.port)
    await inTransaction(client)
    const flood = setInterval(() => client.write('x'.repeat(50_000)), 10)
    assert.match(await client.rest(), /^421 5\.3\.4 /)
    clearInterval(flood)
    assert.deepEqual(await small.query('select * from received_mail'), [])
  } finally {
    await small.close()
  }
})

test('without the database nobody is told 250, and all is well when it is back', async () => {
  await rig.query('delete from received_mail')
  const client = await greeted()
  assert.match(await sendMail(client, 'agent@mail.test', 'before'), /^250/)
  await inTransaction(client)
  client.write('during')
  await rig.query('alter table received_mail rename to hidden')
  assert.match(await client.say('\r\n.'), /^451 4\.3\.0 /)
  await rig.query('alter table hidden rename to received_mail')
  await rig.query('alter table inboxes rename to hidden')
  await new Promise(resolve => setTimeout(resolve, 1100))
  await client.say('MAIL FROM:<a@b.example>')
  assert.match(await client.say('RCPT TO:<agent@mail.test>'), /^451 4\.3\.0 /)
  await rig.query('alter table hidden rename to inboxes')
  assert.match(await client.say('RSET'), /^250/)
  assert.match(await sendMail(client, 'agent@mail.test', 'after'), /^250/)
  assert.equal((await stored()).length, 2)
  client.close()
})

test('closing lets a mail under way arrive, and takes no new one', async () => {
  const short = await startRig({ limits: { drainMs: 3000 } })
  await short.inbox('agent@mail.test')
  const busy = await greeted(short.port)
  const idle = await greeted(short.port)
  await inTransaction(busy)
  busy.write('Subject: last\r\n')
  await new Promise(resolve => setTimeout(resolve, 50))
  const closing = short.stop()
  assert.match(await idle.rest(), /^421 4\.3\.2 /)
  assert.match(await busy.say('\r\nin time\r\n.'), /^250/)
  assert.match(await busy.rest(), /^421 4\.3\.2 /)
  await closing
  assert.equal((await short.query('select * from received_mail')).length, 1)
  await assert.rejects(dialTo(short.port), { code: 'ECONNREFUSED' })
  await short.close()
})

test('nodemailer and swaks deliver, over TLS', async () => {
  await rig.query('delete from received_mail')
  const transport = createTransport({ host: '127.0.0.1', port: rig.port, requireTLS: true, tls: { rejectUnauthorized: false } })
  const sent = await transport.sendMail({
    from: 'A <a@b.example>',
    to: 'agent@mail.test',
    subject: 'Grüße',
    text: 'hello',
    html: '<p>hello</p>',
    attachments: [{ filename: 'ä.txt', content: 'x' }],
  })
  assert.deepEqual(sent.accepted, ['agent@mail.test'])
  transport.close()
  await promisify(execFile)('swaks', [
    '--server',
    `127.0.0.1:${rig.port}`,
    '--to',
    'agent@mail.test',
    '--from',
    'swaks@b.example',
    '-tls',
    '--pipeline',
  ]).catch(error => {
    if (error.code !== 'ENOENT') throw new Error(error.stdout)
  })
  const rows = await rig.query<{ tls: boolean }>('select tls from received_mail')
  assert.ok(rows.length >= 1 && rows.every(row => row.tls))
})
