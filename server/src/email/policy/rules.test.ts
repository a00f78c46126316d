/** Allow and block lists: who gets in and whom an inbox may write to, tried with forged senders over real SMTP. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startZone, type Zone } from '../../../test/dns-zone.ts'
import { sendMail, talk } from '../../../test/flows/inbound-rig.ts'
import { eventually, startTestApp, type TestApp } from '../../../test/harness.ts'

describe('rules of an inbox', () => {
  let t: TestApp
  let zone: Zone
  before(async () => {
    zone = await startZone({
      'friend.test': { TXT: ['v=spf1 ip4:127.0.0.1 -all'] },
      '_dmarc.friend.test': { TXT: ['v=DMARC1; p=none; aspf=s'] },
      'evil.test': { TXT: ['v=spf1 ip4:127.0.0.1 -all'] },
    })
    t = await startTestApp({ config: { DNS_SERVERS: zone.server } })
  })
  after(async () => {
    await t.close()
    await zone.stop()
  })

  const add = (key: string, inbox: string, direction: string, kind: string, pattern: string) =>
    t.call('POST', `/v1/inboxes/${inbox}/rules`, { key, body: { direction, kind, pattern } })
  let count = 0
  /** Sends a mail; the status and id it is stored with. */
  const arrive = async (to: string, from: string, mailFrom = from, more = ''): Promise<{ status: string; id: string }> => {
    const subject = `mail ${++count}`
    const client = await talk(t.smtpPort)
    await client.say('EHLO client.test')
    const reply = await sendMail(
      client,
      to,
      `From: ${from}\r\nTo: ${to}\r\nSubject: ${subject}\r\n${more}\r\nsecretword\r\n`,
      mailFrom,
    )
    client.close()
    assert.match(reply, /^250/)
    return eventually(
      async () => (await t.app.db.pool.query('select id, status from messages where subject = $1', [subject])).rows[0],
    )
  }

  it('block matches From and envelope, subdomains too; what is blocked is kept out of sight', async () => {
    const { key, inbox, email } = await t.register('Blocker')
    for (const pattern of ['Spam.TEST', 'one@bad.test'])
      assert.equal((await add(key, inbox, 'receive', 'block', pattern)).status, 201)
    assert.equal((await arrive(email, 'x@ok.test')).status, 'received')
    assert.equal((await arrive(email, 'x@bad.test')).status, 'received')
    for (const [from, mailFrom] of [
      ['x@spam.test', 'x@ok.test'],
      ['x@SPAM.test', 'x@ok.test'],
      ['x@ok.test', 'bounce@spam.test'],
      ['x@deep.sub.spam.test', 'x@ok.test'],
      ['One@bad.test', 'x@ok.test'],
    ] as const)
      assert.equal((await arrive(email, from, mailFrom)).status, 'blocked', from)

    const list = async (query = '') => (await t.call('GET', `/v1/inboxes/${inbox}/messages${query}`, { key })).body.data.length
    assert.equal(await list(), 2)
    assert.equal(await list('?status=blocked'), 5)
    assert.equal((await t.call('POST', '/v1/messages/search', { key, body: { query: 'secretword' } })).body.data.length, 2)
    assert.equal((await t.call('GET', `/v1/inboxes/${inbox}/threads`, { key })).body.data.length, 2)
    const wait = { from: 'spam.test', timeout: 0 }
    assert.equal((await t.call('POST', `/v1/inboxes/${inbox}/wait`, { key, body: wait })).body.message, null)
    const events = (await t.call('GET', '/v1/events?limit=100', { key })).body.data.map((event: { type: string }) => event.type)
    assert.equal(events.filter((type: string) => type === 'message.blocked').length, 5)
    assert.equal(events.filter((type: string) => type === 'message.received').length, 2)
  })

  it('a blocked mail joins no thread', async () => {
    const { key, inbox, email } = await t.register('Threader')
    await add(key, inbox, 'receive', 'block', 'spam.test')
    await arrive(email, 'x@ok.test', 'x@ok.test', 'Message-ID: <root@ok.test>\r\n')
    await arrive(email, 'x@spam.test', 'x@spam.test', 'In-Reply-To: <root@ok.test>\r\n')
    const [thread] = (await t.call('GET', `/v1/inboxes/${inbox}/threads`, { key })).body.data
    assert.equal(thread.message_count, 1)
    assert.equal((await t.call('GET', `/v1/threads/${thread.id}`, { key })).body.messages.length, 1)
  })

  it('allow believes only a proven From, not the envelope and not a name', async () => {
    const { key, inbox, email } = await t.register('Allower')
    await add(key, inbox, 'receive', 'allow', 'friend.test')
    assert.equal((await arrive(email, 'boss@friend.test')).status, 'received')
    for (const [from, mailFrom, more] of [
      ['boss@friend.test', 'x@evil.test', ''], // proven envelope, forged From
      ['x@evil.test', 'boss@friend.test', ''], // allowed envelope, other From
      ['"boss@friend.test" <x@evil.test>', 'x@evil.test', ''],
      ['boss@friend.test', 'x@evil.test', 'Authentication-Results: mail.test; dmarc=pass header.from=friend.test\r\n'],
      ['x@evil.test', 'boss@friend.test', 'From: boss@friend.test\r\n'],
      ['boss@sub.friend.test', 'boss@sub.friend.test', ''],
      ['boss@friend.test.evil.test', 'boss@friend.test.evil.test', ''],
    ] as const)
      assert.equal((await arrive(email, from, mailFrom, more)).status, 'blocked', `${from} ${mailFrom} ${more}`)
    await add(key, inbox, 'receive', 'block', 'boss@friend.test')
    assert.equal((await arrive(email, 'boss@friend.test')).status, 'blocked')
    assert.equal((await arrive(email, 'other@friend.test')).status, 'received')
  })

  it('send rules name every recipient that is not allowed, Bcc too, and cost nothing', async () => {
    const { key, inbox } = await t.register('Sender')
    const send = (body: object, by = key) =>
      t.call('POST', `/v1/inboxes/${inbox}/messages`, { key: by, body: { subject: 's', text: 't', ...body } })
    await add(key, inbox, 'send', 'allow', 'team.test')
    await add(key, inbox, 'send', 'block', 'ceo@team.test')
    assert.equal((await send({ to: 'a@TEAM.test' })).status, 202)
    const refused = await send({ to: ['a@team.test', 'b@other.test'], cc: 'CEO@team.test', bcc: ['c@sub.team.test'] })
    assert.equal(refused.body.error.code, 'invalid_input')
    assert.deepEqual(
      refused.body.error.errors.map((error: { path: string }) => error.path),
      ['/to/1', '/cc/0', '/bcc/0'],
    )
    assert.match(refused.body.error.message, /b@other\.test/)
    assert.equal((await t.call('GET', '/v1/wallet', { key })).body.balance_mills, 998)

    const agent = await t.mint(key, { scopes: ['inboxes.manage', 'inboxes.read', 'messages.send'] })
    assert.equal((await add(agent, inbox, 'send', 'allow', 'other.test')).body.error.code, 'forbidden')
    const rules = (await t.call('GET', `/v1/inboxes/${inbox}/rules?direction=send`, { key: agent })).body.data
    assert.equal(rules.length, 2)
    assert.equal((await t.call('DELETE', `/v1/inboxes/${inbox}/rules/${rules[0].id}`, { key: agent })).status, 403)
    for (const rule of rules) assert.equal((await t.call('DELETE', `/v1/inboxes/${inbox}/rules/${rule.id}`, { key })).status, 200)
    assert.equal((await t.call('DELETE', `/v1/inboxes/${inbox}/rules/${rules[0].id}`, { key })).status, 404)
    assert.equal((await send({ to: 'b@other.test' })).status, 202)
  })

  it('refuses what is no pattern, repeats, and other organizations', async () => {
    const { key, inbox } = await t.register('Tidy')
    for (const bad of ['', 'a b', '*.test', '@x.test', 'a@', 'Name <a@b.test>', 'x'.repeat(300), '1.2.3.4'])
      assert.equal((await add(key, inbox, 'receive', 'block', bad)).status, 422, bad)
    assert.equal((await add(key, inbox, 'receive', 'block', 'BÜCHER.test')).body.pattern, 'xn--bcher-kva.test')
    assert.equal((await add(key, inbox, 'receive', 'block', 'bücher.test')).body.error.code, 'already_exists')
    const other = await t.register('Other')
    assert.equal((await add(other.key, inbox, 'receive', 'block', 'x.test')).status, 404)
    const [rule] = (await t.call('GET', `/v1/inboxes/${inbox}/rules`, { key })).body.data
    assert.equal((await t.call('DELETE', `/v1/inboxes/${other.inbox}/rules/${rule.id}`, { key: other.key })).status, 404)
  })
})
