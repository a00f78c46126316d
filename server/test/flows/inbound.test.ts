import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { after, before, test } from 'node:test'
import { dkimSign } from 'mailauth'
import { createTransport } from 'nodemailer'
import { startZone, type Zone } from '../dns-zone.ts'
import { eventually, type Json, startTestApp, type TestApp } from '../harness.ts'
import { sendMail, talk } from './inbound-rig.ts'

const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'der' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})
let zone: Zone
let server: TestApp
let agent: Awaited<ReturnType<TestApp['register']>>
before(async () => {
  zone = await startZone({
    'shop.example': { TXT: ['v=spf1 ip4:127.0.0.1 -all'] },
    '_dmarc.shop.example': { TXT: ['v=DMARC1; p=reject'] },
    's._domainkey.shop.example': { TXT: [`v=DKIM1; k=rsa; p=${publicKey.toString('base64')}`] },
  })
  server = await startTestApp({ config: { DNS_SERVERS: zone.server } })
  agent = await server.register()
})
after(async () => {
  await server.close()
  await zone.stop()
})

const received = async (path = ''): Promise<Json[]> =>
  (await server.call('GET', `/v1/inboxes/${agent.inbox}/messages?direction=inbound&limit=100${path}`, { key: agent.key })).body
    .data
const client = () =>
  createTransport({ host: '127.0.0.1', port: server.smtpPort, secure: false, tls: { rejectUnauthorized: false } })

test('what a mail client sends is what the API shows, within moments', async () => {
  const transport = client()
  await transport.sendMail({
    from: 'Shop <shop@shop.example>',
    to: agent.email.replace('@', '+order@'),
    subject: 'Your code ✓',
    text: 'Your code is 493021.',
    html: '<p>Your code is <b>493021</b>.</p>',
    attachments: [{ filename: 'Rechnung März.txt', content: 'total 7' }],
    dkim: { domainName: 'shop.example', keySelector: 's', privateKey },
  })
  transport.close()
  const message = await eventually(async () => (await received())[0])
  assert.equal(message.subject, 'Your code ✓')
  assert.equal(message.status, 'received')
  assert.match(message.text, /^Your code is 493021\./)
  assert.deepEqual(message.authentication, {
    spf: { result: 'pass', domain: 'shop.example' },
    dkim: [{ result: 'pass', domain: 'shop.example', selector: 's', aligned: true }],
    dmarc: { result: 'pass', policy: 'reject', aligned: true },
    trust: 'pass',
  })
  assert.equal(message.attachments[0].filename, 'Rechnung März.txt')
  const file = await fetch(message.attachments[0].url.replace('localhost', '127.0.0.1'))
  assert.equal(await file.text(), 'total 7')
  assert.equal(message.headers['delivered-to'], agent.email.replace('@', '+order@'))
})

test('a forged sender is shown as one', async () => {
  const forged = `From: Shop <shop@shop.example>\r\nTo: ${agent.email}\r\nSubject: forged\r\nAuthentication-Results: mail.test; dmarc=pass\r\n\r\npay me`
  const key = { signingDomain: 'evil.example', selector: 's', privateKey }
  const { signatures } = await dkimSign(forged, { ...key, signatureData: [key] })
  const smtp = await talk(server.smtpPort)
  await smtp.say('EHLO evil.example')
  assert.match(await sendMail(smtp, agent.email, signatures + forged, 'x@evil.example'), /^250/)
  const message = await eventually(async () => (await received()).find(({ subject }) => subject === 'forged'))
  assert.equal(message.authentication.trust, 'fail')
  assert.equal(message.authentication.dmarc.result, 'fail')
  assert.equal(message.headers['authentication-results'], undefined)
  smtp.close()
})

test('the answer to a mail of ours joins its thread, quoted text set apart', async () => {
  const sent = await server.call('POST', `/v1/inboxes/${agent.inbox}/messages`, {
    key: agent.key,
    body: { to: agent.email, subject: 'Question', text: 'What is it?' },
  })
  assert.equal(sent.status, 202)
  const smtp = await talk(server.smtpPort)
  await smtp.say('EHLO shop.example')
  const answer = `From: c@shop.example\r\nTo: ${agent.email}\r\nSubject: Re: Question\r\nIn-Reply-To: ${sent.body.message_id}\r\n\r\nForty-two.\r\n\r\nOn Sat, Nov 21, 2026 at 9:00 AM Agent wrote:\r\n> What is it?\r\n`
  await sendMail(smtp, agent.email, answer)
  const message = await eventually(async () => (await received()).find(({ from_email }) => from_email === 'c@shop.example'))
  assert.equal(message.thread_id, sent.body.thread_id)
  assert.equal(message.extracted_text.trim(), 'Forty-two.')
  smtp.close()
})

test('a mail that asks for answers at several addresses shows and gets them all', async () => {
  const smtp = await talk(server.smtpPort)
  await smtp.say('EHLO list.example')
  const mail = `From: list@example.org\r\nReply-To: one@example.org, Two <two@example.org>\r\nTo: ${agent.email}\r\nSubject: several\r\n\r\nhello`
  assert.match(await sendMail(smtp, agent.email, mail, 'list@example.org'), /^250/)
  smtp.close()
  const message = await eventually(async () => (await received()).find(({ subject }) => subject === 'several'))
  assert.deepEqual(message.reply_to, ['one@example.org', 'two@example.org'])
  const answer = await server.call('POST', `/v1/inboxes/${agent.inbox}/messages/${message.id}/reply`, {
    key: agent.key,
    body: { text: 'Hello both.' },
  })
  assert.deepEqual(answer.body.to, ['one@example.org', 'two@example.org'])
  const sent = await server.call('POST', `/v1/inboxes/${agent.inbox}/messages`, {
    key: agent.key,
    body: { to: 'a@example.net', reply_to: ['b@example.net', 'c@example.net'], subject: 'x', text: 'x' },
  })
  assert.deepEqual(sent.body.reply_to, ['b@example.net', 'c@example.net'])
  const source = await server.call('GET', `/v1/messages/${sent.body.id}/source`, { key: agent.key })
  assert.match(Buffer.from(source.body.source, 'base64').toString(), /^Reply-To: b@example\.net, c@example\.net\r$/m)
})

test('files come out of the API byte for byte, and what was wrong with a mail is said', async () => {
  const smtp = await talk(server.smtpPort)
  await smtp.say('EHLO files.example')
  const mail = Buffer.from(
    `From: J\xf6rg <j@files.example>\r\nTo: ${agent.email}\r\nSubject: Gr\xfc\xdfe\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=declared\r\n\r\n` +
      '--B\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nGr\xfc\xdfe aus K\xf6ln\r\n' +
      '--B\r\nContent-Type: text/csv; name=a.csv\r\nContent-Disposition: attachment; filename=a.csv\r\n\r\nid,name\r\n1,Z\xf6e\r\n' +
      '--B\r\nContent-Disposition: attachment; filename=a.bin\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nab=00c=0D=0Ad=\r\ne\r\nf\r\n--B--\r\n',
    'latin1',
  )
  assert.match(await sendMail(smtp, agent.email, mail, 'j@files.example'), /^250/)
  smtp.close()
  const message = await eventually(async () => (await received()).find(({ from_email }) => from_email === 'j@files.example'))
  assert.deepEqual([message.from_name, message.subject, message.text], ['Jörg', 'Grüße', 'Grüße aus Köln'])
  assert.match(message.parse_problem, /boundary .* never comes/)
  const bytes = await Promise.all(
    message.attachments.map(async ({ url }: { url: string }) =>
      Buffer.from(await (await fetch(url.replace('localhost', '127.0.0.1'))).arrayBuffer()).toString('latin1'),
    ),
  )
  assert.deepEqual(bytes, ['id,name\r\n1,Z\xf6e', 'ab\0c\r\nde\r\nf'])
})

test('a Content-ID of any atom characters is sent and arrives; blanks, line breaks and brackets are refused', async () => {
  const contentId = "8547263218c9-fbdb!#$%&'*+/=?^_`{|}~@834353be="
  const send = (content_id: string) =>
    server.call('POST', `/v1/inboxes/${agent.inbox}/messages`, {
      key: agent.key,
      body: {
        to: agent.email,
        subject: 'cid',
        html: `<img src="cid:${content_id}">`,
        attachments: [{ filename: 'l.png', content: 'iVBORw0=', content_type: 'image/png', content_id }],
      },
    })
  assert.equal((await send(contentId)).status, 202)
  const message = await eventually(async () => (await received()).find(({ subject }) => subject === 'cid'))
  assert.deepEqual([message.attachments[0].content_id, message.attachments[0].inline], [contentId, true])
  for (const wrong of ['a b', 'a\r', 'a\n', '<a', 'a>', '']) assert.equal((await send(wrong)).status, 422, JSON.stringify(wrong))
})

test('a burst over many connections arrives whole and once', async () => {
  await Promise.all(
    Array.from({ length: 10 }, async (_, c) => {
      const smtp = await talk(server.smtpPort)
      await smtp.say('EHLO x')
      for (let i = 0; i < 30; i++)
        assert.match(
          await sendMail(smtp, agent.email, `Message-ID: <${c}.${i}@burst>\r\nSubject: burst\r\n\r\n${'x'.repeat(i * 20_000)}`),
          /^250/,
        )
      smtp.close()
    }),
  )
  const counted = () =>
    server.app.db.pool.query(
      `select count(*)::int as n, count(distinct message_id)::int as ids from messages where subject = 'burst'`,
    )
  await eventually(async () => (await counted()).rows[0].n >= 300, 60_000)
  assert.deepEqual((await counted()).rows[0], { n: 300, ids: 300 })
  assert.deepEqual((await server.app.db.pool.query('select id from received_mail')).rows, [])
})
