/** Being believed: what leaves for a verified domain is signed by it, and receivers with other software agree. */
import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { checkDomains } from '../../src/email/domains/domain-checks.ts'
import { assertSignedTwice, byDkimpy, byMailauth, byOpenDkim } from '../dkim-verifiers.ts'
import { eventually, type Json } from '../harness.ts'
import { type SmtpPeer, startPeer } from '../smtp-peer.ts'
import { type DomainRig, startDomainRig } from './domains-rig.ts'
import { sendMail, talk } from './inbound-rig.ts'

const day = 86_400_000

describe('signing', () => {
  let t: DomainRig
  let peer: SmtpPeer
  /** What the world outside answers to every command; undefined: the usual. */
  let answer: ((command: string) => string | undefined) | undefined
  before(async () => {
    peer = await startPeer({ answer: command => answer?.(command) })
    t = await startDomainRig({ OUTBOUND: `smtp://127.0.0.1:${peer.port}` })
  })
  beforeEach(() => {
    answer = undefined
    for (const { contents, commands } of peer.sessions) [contents.length, commands.length] = [0, 0]
  })
  after(async () => {
    await t.close()
    await peer.stop()
  })

  const inboxAt = async (key: string, email: string): Promise<string> => {
    const { status, body } = await t.call('POST', '/v1/inboxes', { key, body: { email, name: 'Grüße & Co' } })
    assert.equal(status, 201, JSON.stringify(body))
    return body.id
  }
  const send = async (key: string, inbox: string, more: object = {}): Promise<Json> => {
    const { status, body } = await t.call('POST', `/v1/inboxes/${inbox}/messages`, {
      key,
      body: { to: 'x@sink.test', subject: 'Hello', text: 'World', ...more },
    })
    assert.equal(status, 202, JSON.stringify(body))
    return body
  }
  const settled = (key: string, id: string): Promise<Json> =>
    eventually(async () => {
      const { body } = await t.call('GET', `/v1/messages/${id}`, { key })
      return /^(delivered|bounced|rejected)$/.test(body.status) && body
    }, 20_000)
  /** The mail as the peer got it, its envelope sender, and who signed it. */
  const arrived = () => {
    const contents = peer.sessions.flatMap(session => session.contents)
    const from = peer.sessions.flatMap(session => session.commands).filter(command => command.startsWith('MAIL FROM'))
    assert.equal(contents.length, 1)
    const message = Buffer.from(contents[0]!.replace(/^\.\./gm, '.'), 'latin1')
    const signers = [
      ...message.toString('latin1').matchAll(/^DKIM-Signature: [^;]*; a=([\w-]+);[^;]*; d=([^;]+);\s+s=([^;]+);/gm),
    ].map(([, a, d, s]) => `${a} ${d} ${s}`)
    return { message, from: /<(.*)>/.exec(from[0]!)![1]!, signers }
  }

  it('a verified domain signs with both keys; three independent verifiers agree', async test => {
    const { key } = await t.register()
    const domain = await t.verified(key, 'signed.example')
    const inbox = await inboxAt(key, 'ann@signed.example')
    const attachments = [
      { filename: 'plan.bin', content: Buffer.from(Array.from({ length: 5000 }, (_, i) => i % 256)).toString('base64') },
    ]
    const sent = await send(key, inbox, {
      to: ['Bob <bob@sink.test>'],
      subject: 'Grüße aus Łódź, '.repeat(12),
      text: '.\r\n..dots\nFrom here  \t \r\n\tvoilà \u00a0à\n\n\n\n',
      html: `<p>${'long line '.repeat(300)}</p>`,
      headers: {
        'List-Unsubscribe': '<https://signed.example/u>',
        'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
        'X-Empty': '',
      },
      attachments,
    })
    await settled(key, sent.id)
    const { message, signers } = arrived()
    assert.deepEqual(signers, ['rsa-sha256 signed.example default', 'ed25519-sha256 signed.example ed25519'])
    const zone = Object.fromEntries(domain.records.map(({ fqdn, value }: Json) => [fqdn, value]))
    await assertSignedTwice(test, message, { zone, dnsServer: t.zone.server })

    const forged = Buffer.from(message.toString('latin1').replace('bob@sink.test', 'eve@sink.test'), 'latin1')
    assert.deepEqual(await byMailauth(forged, t.zone.server), ['default fail', 'ed25519 fail'])
    assert.deepEqual(byDkimpy(forged, zone, 2) ?? [false, false], [false, false])
    assert.match((await byOpenDkim(forged, t.zone.server)) ?? 'Bad signature', /Bad signature/)
  })

  it('return paths are at the domain only once its record is there', async () => {
    const { key } = await t.register()
    t.records['mail.test'] = { MX: [{ exchange: 'mx.test', priority: 10 }], TXT: ['v=spf1 a:mx.test -all'] }
    const domain = await t.verified(key, 'paths.example', 'dkim')
    const inbox = await inboxAt(key, 'ann@paths.example')
    await settled(key, (await send(key, inbox)).id)
    assert.match(arrived().from, /^bounce\+[0-9a-z]{26}-[0-9a-f]{20}@mail\.test$/)
    assert.deepEqual(arrived().signers, ['rsa-sha256 paths.example default'], 'the second key is not in the DNS yet')

    t.publish(domain)
    const { body } = await t.call('POST', `/v1/domains/${domain.id}/verify`, { key })
    assert.equal(body.return_path_verified, true, JSON.stringify(body.records[5]))
    for (const session of peer.sessions) [session.contents.length, session.commands.length] = [0, 0]
    const sent = await send(key, inbox)
    await settled(key, sent.id)
    const { from, signers } = arrived()
    assert.match(from, /^bounce\+[0-9a-z]{26}-[0-9a-f]{20}@bounces\.paths\.example$/)
    assert.equal(signers.length, 2)

    // A report to that return path is taken, and heard.
    const report = `From: mailer-daemon@sink.test\r\nTo: <${from}>\r\nSubject: failure\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\ngone\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; sink.test\r\n\r\nFinal-Recipient: rfc822; x@sink.test\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n`
    const client = await talk(t.smtpPort)
    await client.say('EHLO sink.test')
    assert.match(
      await sendMail(
        client,
        from.replace(/.@/, letter => (letter === '0@' ? '1@' : '0@')),
        report,
        '',
      ),
      /^550 5\.7\.1 /,
      'a forged one is not taken',
    )
    await client.say('RSET')
    assert.match(await sendMail(client, from, report, ''), /^250 /)
    client.close()
    await eventually(async () => (await t.call('GET', `/v1/messages/${sent.id}`, { key })).body.status === 'bounced')
  })

  it('mail from the server’s own domain is signed from the moment its key is in the DNS', async () => {
    const { key, inbox } = await t.register()
    await settled(key, (await send(key, inbox)).id)
    assert.deepEqual(arrived().signers, [])
    for (const session of peer.sessions) [session.contents.length, session.commands.length] = [0, 0]

    await checkDomains(t.app)
    const { rows } = await t.app.db.pool.query(
      "select public_key from domain_keys k join domains d on d.id = k.domain_id where d.name = 'mail.test' order by algorithm desc",
    )
    t.records['default._domainkey.mail.test'] = { TXT: [`v=DKIM1; k=rsa; p=${rows[0].public_key}`] }
    t.clock.advance(day)
    await checkDomains(t.app)
    const sent = await eventually(async () => {
      for (const session of peer.sessions) [session.contents.length, session.commands.length] = [0, 0]
      const { id } = await send(key, inbox)
      await settled(key, id)
      return arrived().signers.length > 0 && arrived()
    })
    assert.deepEqual(sent.signers, ['rsa-sha256 mail.test default'])
    assert.deepEqual(await byMailauth(sent.message, t.zone.server), ['default pass'])
  })

  it('a domain deleted and added again signs with its new keys: nothing old is remembered', async () => {
    const { key } = await t.register()
    const first = await t.verified(key, 'rotated.example')
    const inbox = await inboxAt(key, 'ann@rotated.example')
    await settled(key, (await send(key, inbox)).id)
    await t.call('DELETE', `/v1/inboxes/${inbox}`, { key })
    assert.equal((await t.call('DELETE', `/v1/domains/${first.id}`, { key })).status, 200)
    await t.verified(key, 'rotated.example')
    const again = await inboxAt(key, 'ann@rotated.example')
    // Workers are told by NOTIFY, which is quick but not at once.
    await eventually(async () => {
      for (const session of peer.sessions) [session.contents.length, session.commands.length] = [0, 0]
      await settled(key, (await send(key, again)).id)
      const { message, signers } = arrived()
      assert.equal(signers.length, 2)
      return (await byMailauth(message, t.zone.server)).join() === 'default pass,ed25519 pass'
    })
  })

  it('what waits when the domain is lost is not sent any more, and its sender is told', async () => {
    const { key } = await t.register()
    await t.verified(key, 'lost.example')
    const inbox = await inboxAt(key, 'ann@lost.example')
    answer = command => (command.startsWith('MAIL') ? '451 4.3.0 later\r\n' : undefined)
    const sent = await send(key, inbox)
    await eventually(
      async () => (await t.call('GET', `/v1/messages/${sent.id}`, { key })).body.recipients[0].status === 'deferred',
    )
    answer = undefined
    await t.app.db.pool.query("update domains set verified_at = null where name = 'lost.example'; notify domains")
    const { body } = await eventually(async () => {
      t.clock.advance(3_600_000)
      const found = await t.call('GET', `/v1/messages/${sent.id}`, { key })
      return found.body.status === 'rejected' && found
    })
    assert.equal(peer.sessions.flatMap(session => session.contents).length, 0)
    assert.match(JSON.stringify(body.recipients[0]), /lost\.example is no longer verified/)
    const events = (await t.call('GET', '/v1/events?type=message.rejected', { key })).body.data
    assert.match(events[0].data.reason, /lost\.example is no longer verified/)
  })

  it('mail between two of our domains goes over SMTP and passes DMARC on the stored message', async () => {
    const [ann, bob] = [await t.register('Ann'), await t.register('Bob')]
    t.records['mail.test'] = { MX: [{ exchange: 'mx.test', priority: 10 }], TXT: ['v=spf1 a:mx.test -all'] }
    const domain = await t.verified(ann.key, 'believed.example')
    t.records['_dmarc.believed.example'] = { TXT: ['v=DMARC1; p=reject; adkim=s'] }
    await t.verified(bob.key, 'reader.example')
    const from = await inboxAt(ann.key, 'ann@believed.example')
    const to = await inboxAt(bob.key, 'bob@reader.example')
    assert.equal(domain.return_path_verified, true)
    const sent = await send(ann.key, from, { to: 'bob@reader.example' })
    const { message } = (await t.call('POST', `/v1/inboxes/${to}/wait`, { key: bob.key, body: { timeout: 20 } })).body
    assert.equal(message.message_id, sent.message_id)
    const { spf, dkim, dmarc, trust } = message.authentication
    assert.deepEqual([spf.result, spf.domain], ['pass', 'bounces.believed.example'])
    assert.deepEqual(dkim, [
      { result: 'pass', domain: 'believed.example', selector: 'default', aligned: true },
      { result: 'pass', domain: 'believed.example', selector: 'ed25519', aligned: true },
    ])
    assert.deepEqual([dmarc.result, dmarc.policy, trust], ['pass', 'reject', 'pass'])
    assert.equal(peer.sessions.flatMap(session => session.contents).length, 0, 'nothing left the server')

    // The same From without our signature is a forgery.
    const client = await talk(t.smtpPort)
    await client.say('EHLO evil.test')
    const forged =
      'From: ann@believed.example\r\nTo: bob@reader.example\r\nSubject: Pay\r\nMessage-ID: <f@evil.test>\r\n\r\nnow\r\n'
    assert.match(await sendMail(client, 'bob@reader.example', forged, 'eve@evil.test'), /^250 /)
    client.close()
    const fake = await eventually(async () => {
      const { body } = await t.call('GET', `/v1/inboxes/${to}/messages`, { key: bob.key })
      return body.data.find(({ subject }: Json) => subject === 'Pay')
    })
    assert.deepEqual([fake.authentication.dmarc.result, fake.authentication.trust], ['fail', 'fail'])
  })

  it('a verified domain whose mailboxes are elsewhere gets its mail there', async () => {
    const [ann, bob] = [await t.register('Ann'), await t.register('Bob')]
    t.records['elsewhere.example'] = { MX: [{ exchange: 'mx.provider.test', priority: 1 }] }
    t.records['mx.provider.test'] = { A: ['127.0.0.1'] }
    await t.verified(ann.key, 'elsewhere.example', 'dkim')
    await inboxAt(ann.key, 'agent@elsewhere.example')
    const sent = await send(bob.key, bob.inbox, { to: 'human@elsewhere.example' })
    assert.equal((await settled(bob.key, sent.id)).status, 'delivered')
    assert.equal(peer.sessions.flatMap(session => session.contents).length, 1)
  })

  it('an inbox left behind by the former holder of a domain gets none of the new one’s mail', async () => {
    const [before, now] = [await t.register('Before'), await t.register('Now')]
    await t.verified(before.key, 'sold.example')
    const old = await inboxAt(before.key, 'info@sold.example')
    await t.app.db.pool.query("update domains set verified_at = null where name = 'sold.example'; notify domains")
    await t.verified(now.key, 'sold.example')
    const fresh = await inboxAt(now.key, 'info@sold.example')
    const client = await talk(t.smtpPort)
    await client.say('EHLO customer.test')
    assert.match(await sendMail(client, 'info@sold.example', 'Subject: order\r\n\r\nhello\r\n', 'c@customer.test'), /^250 /)
    client.close()
    const got = await t.call('POST', `/v1/inboxes/${fresh}/wait`, { key: now.key, body: { timeout: 20 } })
    assert.equal(got.body.message.subject, 'order')
    assert.deepEqual((await t.call('GET', `/v1/inboxes/${old}/messages`, { key: before.key })).body.data, [])
    assert.equal(
      (
        await t.call('POST', `/v1/inboxes/${old}/messages`, {
          key: before.key,
          body: { to: 'x@sink.test', subject: 's', text: 't' },
        })
      ).status,
      403,
    )
  })
})
