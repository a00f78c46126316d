/** The main job: an agent registers, sends, receives and replies, over real HTTP, SMTP and webhooks. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { eventually, startTestApp, type TestApp } from '../harness.ts'

describe('an agent registers, sends, receives and replies', () => {
  let t: TestApp
  before(async () => {
    t = await startTestApp()
  })
  after(() => t.close())

  it('registers with one call and gets a key, an address and an inbox', async () => {
    const { status, body } = await t.call('POST', '/v1/register', { body: { name: 'My Agent', owner_email: 'you@company.test' } })
    assert.equal(status, 201)
    assert.match(body.api_key, /^pp_live_/)
    assert.match(body.email, /^my-agent-[a-z0-9]+@mail\.test$/)
    const inbox = await t.call('GET', `/v1/inboxes/${body.inbox_id}`, { key: body.api_key })
    assert.equal(inbox.body.email, body.email)
    const wallet = await t.call('GET', '/v1/wallet', { key: body.api_key })
    assert.equal(wallet.body.balance_mills, 1000)
    assert.equal(wallet.body.emails_remaining, 500)
  })

  it('sends a mail that arrives in a second inbox, is answered, and both are one thread on each side', async () => {
    const alice = await t.register('Alice')
    const bob = await t.register('Bob')
    const sent = await t.call('POST', `/v1/inboxes/${alice.inbox}/messages`, {
      key: alice.key,
      body: {
        to: [bob.email],
        subject: 'Grüße aus Łódź',
        text: 'Kommst du?\n',
        html: '<p>Kommst du?</p>',
        attachments: [{ filename: 'plan.txt', content: Buffer.from('noon').toString('base64'), content_type: 'text/plain' }],
      },
    })
    assert.equal(sent.status, 202, JSON.stringify(sent.body))
    assert.equal(sent.body.status, 'queued')

    const got = await t.call('POST', `/v1/inboxes/${bob.inbox}/wait`, { key: bob.key, body: { timeout: 20, from: alice.email } })
    const { message } = got.body
    assert.equal(message.subject, 'Grüße aus Łódź')
    assert.equal(message.extracted_text.trim(), 'Kommst du?')
    assert.equal(message.message_id, sent.body.message_id)
    assert.deepEqual(message.to, [bob.email])
    assert.equal(message.attachments[0].filename, 'plan.txt')
    const file = await fetch(message.attachments[0].url.replace('localhost', '127.0.0.1'))
    assert.equal(file.status, 200)
    assert.equal(await file.text(), 'noon')
    assert.match(file.headers.get('content-disposition') ?? '', /^attachment/)

    const delivered = await eventually(async () => {
      const { body } = await t.call('GET', `/v1/messages/${sent.body.id}`, { key: alice.key })
      return body.status === 'delivered' && body
    })
    assert.equal(delivered.recipients[0].status, 'delivered')
    assert.equal(delivered.recipients[0].code, 250)

    const reply = await t.call('POST', `/v1/inboxes/${bob.inbox}/messages/${message.id}/reply`, {
      key: bob.key,
      body: { text: 'Ja!' },
    })
    assert.equal(reply.status, 202, JSON.stringify(reply.body))
    assert.equal(reply.body.subject, 'Re: Grüße aus Łódź')
    assert.equal(reply.body.in_reply_to, message.message_id)
    assert.equal(reply.body.thread_id, message.thread_id)

    const answer = await t.call('POST', `/v1/inboxes/${alice.inbox}/wait`, {
      key: alice.key,
      body: { timeout: 20, thread_id: sent.body.thread_id },
    })
    assert.equal(answer.body.message.extracted_text.trim(), 'Ja!')
    const thread = await t.call('GET', `/v1/threads/${sent.body.thread_id}`, { key: alice.key })
    assert.deepEqual(
      thread.body.messages.map((m: { direction: string }) => m.direction),
      ['outbound', 'inbound'],
    )
    assert.equal(thread.body.message_count, 2)

    const events = await t.call('GET', '/v1/events?limit=50', { key: alice.key })
    const types = events.body.data.map((event: { type: string }) => event.type)
    for (const type of ['message.queued', 'message.sent', 'message.delivered', 'message.received'])
      assert.ok(types.includes(type), `${type} in ${types}`)
    assert.equal((await t.call('GET', '/v1/wallet', { key: alice.key })).body.balance_mills, 997)
  })

  it('finds messages by words in the fields asked for, across inboxes', async () => {
    const { key, inbox, email } = await t.register('Searcher')
    const other = (await t.call('POST', '/v1/inboxes', { key, body: { name: 'Second' } })).body
    await t.call('POST', `/v1/inboxes/${inbox}/messages`, {
      key,
      body: { to: other.email, subject: 'Order confirmation', text: 'Thanks for buying a lantern.' },
    })
    await t.call('POST', `/v1/inboxes/${other.id}/messages`, {
      key,
      body: { to: email, subject: 'Lantern', text: 'About the order.' },
    })
    const search = async (body: object) =>
      (await t.call('POST', '/v1/messages/search', { key, body })).body.data.map(
        (m: { subject: string; direction: string }) => `${m.direction} ${m.subject}`,
      )
    // Filed a moment after it was stored.
    await eventually(
      async () => (await search({ query: 'lantern' })).filter((x: string) => x.startsWith('outbound')).length === 2,
    )
    assert.deepEqual(
      (await search({ query: 'lantern', fields: ['subject'] })).filter((x: string) => x.startsWith('outbound')),
      ['outbound Lantern'],
    )
    assert.equal((await search({ query: 'lantern' })).filter((x: string) => x.startsWith('outbound')).length, 2)
    assert.deepEqual(
      (await search({ query: '"order confirmation"', inbox_id: inbox })).filter((x: string) => x.startsWith('outbound')),
      ['outbound Order confirmation'],
    )
    assert.deepEqual(await search({ query: 'lantern', date_to: '2020-01-01' }), [])
  })

  it('pages through lists without missing or repeating a row', async () => {
    const { key } = await t.register('Pager')
    for (let i = 0; i < 7; i++) await t.call('POST', '/v1/inboxes', { key, body: { name: `Inbox ${i}` } })
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const { body } = await t.call('GET', `/v1/inboxes?limit=3${cursor ? `&cursor=${cursor}` : ''}`, { key })
      seen.push(...body.data.map((inbox: { id: string }) => inbox.id))
      cursor = body.next_cursor
    } while (cursor)
    assert.equal(seen.length, 8)
    assert.equal(new Set(seen).size, 8)
    const bad = await t.call('GET', '/v1/inboxes?cursor=nonsense', { key })
    assert.equal(bad.status, 422)
    assert.equal(bad.body.error.errors[0].path, '/cursor')
  })

  it('deletes an inbox with its messages, attachments and bytes', async () => {
    const { key, inbox, email } = await t.register('Leaver')
    const sent = await t.call('POST', `/v1/inboxes/${inbox}/messages`, {
      key,
      body: {
        to: email,
        subject: 'To myself',
        text: 'x',
        attachments: [{ filename: 'big.bin', content: Buffer.alloc(400_000, 7).toString('base64') }],
      },
    })
    await t.call('POST', `/v1/inboxes/${inbox}/wait`, { key, body: { timeout: 20 } })
    assert.equal((await t.call('DELETE', `/v1/inboxes/${inbox}`, { key })).status, 200)
    assert.equal((await t.call('GET', `/v1/messages/${sent.body.id}`, { key })).status, 404)
    const left = await t.app.db.pool.query(
      "select count(*)::int as n from blobs b join organizations o on o.id = b.organization_id where o.name = 'Leaver'",
    )
    assert.equal(left.rows[0].n, 0)
  })

  it('shows the source of a sent mail: the same well-formed bytes every time', async () => {
    const { key, inbox } = await t.register('Source')
    const sent = await t.call('POST', `/v1/inboxes/${inbox}/messages`, {
      key,
      body: {
        to: 'Someone <a@example.test>',
        bcc: 'hidden@example.test',
        subject: 'S',
        text: 'T',
        headers: { 'X-Campaign': 'spring' },
      },
    })
    const [one, two] = [
      await t.call('GET', `/v1/messages/${sent.body.id}/source`, { key }),
      await t.call('GET', `/v1/messages/${sent.body.id}/source`, { key }),
    ]
    const source = Buffer.from(one.body.source, 'base64').toString()
    assert.equal(one.body.source, two.body.source)
    assert.match(source, /^X-Campaign: spring\r$/m)
    assert.doesNotMatch(source, /hidden@/)
    assert.doesNotMatch(source, /[^\r]\n/)
  })
})
