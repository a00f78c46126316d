/**
 * A stranger's server: mail sent by the API reaches a mailbox of a real Postfix by way of DNS and SMTP, and what lies there proves who
 * sent it; what Postfix cannot deliver comes back as its own report and is understood. Where Postfix cannot run (it takes the Debian
 * package and root) there is nothing to see, and the tests are told as skipped.
 */
import assert from 'node:assert/strict'
import { after, before, describe, it, type TestContext } from 'node:test'
import { authenticate } from '../../src/email/inbound/sender-authentication.ts'
import { createResolver } from '../../src/kernel/net/dns.ts'
import { assertSignedTwice, byMailauth } from '../dkim-verifiers.ts'
import { eventually, type Json } from '../harness.ts'
import { type DomainRig, startDomainRig } from './domains-rig.ts'
import { type StrangersPostfix, startStrangersPostfix } from './strangers-postfix.ts'

const verp = /^bounce\+[0-9a-z]{26}-[0-9a-f]{20}@bounces\.sender\.example$/

describe('a real Postfix', () => {
  let t: DomainRig
  let postfix: StrangersPostfix | undefined
  let key: string
  let inbox: string
  let domain: Json
  before(async () => {
    t = await startDomainRig({ OUTBOUND: 'direct' })
    postfix = await startStrangersPostfix({
      hostname: 'mx.strangers.example',
      mailboxes: ['ann@strangers.example'],
      aliases: { 'moved@strangers.example': 'left@late.example' },
      lateDomain: 'late.example',
      relayhost: `[127.0.0.1]:${t.smtpPort}`,
    })
    if (!postfix) return
    t.records['mx.strangers.example'] = { A: [postfix.address] }
    for (const name of ['strangers.example', 'late.example'])
      t.records[name] = { MX: [{ exchange: 'mx.strangers.example', priority: 10 }] }
    t.records['mail.test'] = { MX: [{ exchange: 'mx.test', priority: 10 }], TXT: ['v=spf1 a:mx.test -all'] }
    key = (await t.register()).key
    domain = await t.verified(key, 'sender.example')
    t.records['_dmarc.sender.example'] = { TXT: ['v=DMARC1; p=reject; aspf=r; adkim=s'] }
    const made = await t.call('POST', '/mailboxkit/api/v1/inboxes', {
      key,
      body: { name: 'Grüße & Co', email: 'agent@sender.example' },
    })
    assert.equal(made.status, 201, JSON.stringify(made.body))
    inbox = made.body.data.id
  })
  after(async () => {
    await t.close()
    await postfix?.stop()
  })

  /** It takes the Debian package and root; .ci/run installs no packages, so elsewhere these are told as skipped, not as passed. */
  const running = (test: TestContext): StrangersPostfix | undefined => {
    if (!postfix) test.skip('postfix is not installed, or this is not root')
    return postfix
  }
  const send = async (to: string, more: object = {}): Promise<string> => {
    const { status, body } = await t.call('POST', `/mailboxkit/api/v1/inboxes/${inbox}/messages/send`, {
      key,
      body: { to: [to], subject: 'Hello', text: 'World', ...more },
    })
    assert.equal(status, 201, JSON.stringify(body))
    return `msg_${body.data.id}`
  }
  const reaches = (id: string, status: string): Promise<Json> =>
    eventually(async () => {
      const { body } = await t.call('GET', `/v1/messages/${id}`, { key })
      return body.status === status && body
    }, 30_000)
  const bounceOf = (id: string): Promise<Json> =>
    eventually(async () => {
      const { body } = await t.call('GET', '/v1/events?type=message.bounced&limit=100', { key })
      return body.data.find(({ data }: Json) => data.id === id)?.data
    })
  const suppressed = async (): Promise<string[]> =>
    (await t.call('GET', '/v1/suppressions?limit=100', { key })).body.data.map(({ email }: Json) => email)

  it('has the mail in a mailbox, signed by both keys, as three independent verifiers see', async test => {
    const there = running(test)
    if (!there) return
    const content = Buffer.from(Array.from({ length: 5000 }, (_, i) => i % 256))
    const id = await send('ann@strangers.example', {
      subject: 'Grüße aus Łódź, '.repeat(12),
      text: '.\r\n..dots\nFrom here  \t \r\n\tvoilà \u00a0à\n\n\n\n',
      html: `<p>${'long line '.repeat(300)}</p>`,
      attachments: [{ filename: 'plan.bin', content: content.toString('base64'), content_type: 'application/octet-stream' }],
    })
    const { recipients, message_id } = await reaches(id, 'delivered')
    assert.deepEqual([recipients[0].remote_host, recipients[0].code], ['mx.strangers.example', 250])
    assert.match(recipients[0].reply, /queued as/)
    const [stored] = await eventually(async () => {
      const mails = await there.mailbox('ann@strangers.example')
      return mails.length > 0 && mails
    })
    // A Maildir has the lines of its system; what was signed had those of SMTP.
    const message = Buffer.from(stored!.toString('latin1').replace(/\r?\n/g, '\r\n'), 'latin1')
    const text = message.toString('latin1')
    assert.match(text, /^Delivered-To: ann@strangers\.example\r$/m)
    assert.ok(text.includes(`Message-ID: ${message_id}\r\n`))

    const signatures = /^DKIM-Signature: [^;]*; a=([\w-]+);[^;]*; d=([^;]+);\s+s=([^;]+);/gm
    assert.deepEqual(
      [...text.matchAll(signatures)].map(([, ...found]) => found.join(' ')),
      ['rsa-sha256 sender.example default', 'ed25519-sha256 sender.example ed25519'],
    )
    const zone = Object.fromEntries(domain.records.map(({ fqdn, value }: Json) => [fqdn, value]))
    await assertSignedTwice(test, message, { zone, dnsServer: t.zone.server })

    // What Postfix wrote down of the conversation is what SPF is judged by.
    const mailFrom = /^Return-Path: <(.*)>\r$/m.exec(text)![1]!
    assert.match(mailFrom, verp)
    const [, clientName, clientIp] = /^Received: from (\S+) \(\S+ \[([\d.]+)\]\)\r$/m.exec(text)!
    assert.equal(clientName, 'mx.test')
    const resolver = createResolver([t.zone.server])
    const verdict = await authenticate(resolver, {
      raw: message,
      clientIp: clientIp!,
      clientName: clientName!,
      mailFrom,
      from: 'agent@sender.example',
      host: 'mx.strangers.example',
    })
    assert.deepEqual(verdict.spf, { result: 'pass', domain: 'bounces.sender.example' })
    assert.deepEqual([verdict.dmarc, verdict.trust], [{ result: 'pass', policy: 'reject', aligned: true }, 'pass'])

    const forged = Buffer.from(text.replace(/^To: .*\r$/m, 'To: eve@strangers.example\r'), 'latin1')
    assert.deepEqual(await byMailauth(forged, t.zone.server), ['default fail', 'ed25519 fail'])
  })

  it('refuses an unknown user at once: bounced by its reply, and suppressed', async test => {
    const there = running(test)
    if (!there) return
    const id = await send('nobody@strangers.example')
    const { recipients } = await reaches(id, 'bounced')
    assert.deepEqual([recipients[0].code, recipients[0].category], [550, 'hard'])
    assert.match((await bounceOf(id)).smtp_reply, /5\.1\.1 .*User unknown/)
    assert.ok((await suppressed()).includes('nobody@strangers.example'))
  })

  for (const [recipient, bounced, what] of [
    [
      'gone@late.example',
      /to=<gone@late\.example>, .*status=bounced \(unknown user/,
      'takes a mail and finds nobody: its report to our return path makes a bounce and a suppression',
    ],
    [
      'moved@strangers.example',
      /to=<left@late\.example>, orig_to=<moved@strangers\.example>, .*status=bounced \(unknown user/,
      'forwards to nobody: its report names the other address, the bounce the one that was written to',
    ],
  ] as const) {
    it(what, async test => {
      const there = running(test)
      if (!there) return
      const id = await send(recipient)
      const { recipients } = await reaches(id, 'bounced')
      const log = await there.log()
      assert.match(log, bounced, 'Postfix took the mail and bounced it')
      assert.match(
        log,
        /to=<bounce\+[0-9a-z-]+@bounces\.sender\.example>, relay=127\.0\.0\.1.* status=sent/,
        'the report came by SMTP',
      )
      assert.deepEqual([recipients[0].email, recipients[0].status, recipients[0].category], [recipient, 'bounced', 'hard'])
      const event = await bounceOf(id)
      assert.equal(event.recipient, recipient)
      assert.match(event.smtp_reply, /unknown user/)
      const { body } = await t.call('GET', '/v1/events?limit=100', { key })
      const types = body.data.filter(({ data }: Json) => data.id === id).map(({ type }: Json) => type)
      assert.deepEqual(types.reverse(), ['message.queued', 'message.sent', 'message.delivered', 'message.bounced'])
      assert.ok((await suppressed()).includes(recipient))

      const again = await send(recipient)
      await reaches(again, 'rejected')
    })
  }
})
