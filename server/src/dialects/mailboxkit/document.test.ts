/**
 * What MailboxKit's documentation states beside its endpoints: prices, limits, sandbox, idempotency, events, refusals. statements.ts
 * names the test of each. The commands and programs the documentation shows are in shown.test.ts.
 */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { eventually, type Json, startTestApp, type TestApp } from '../../../test/harness.ts'
import { type Sink, startSink } from '../../../test/http-sink.ts'
import { hmacHex } from '../../kernel/crypto.ts'
import { statements } from './statements.ts'

const ulid = /^[0-9A-HJKMNP-TV-Z]{26}$/
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/

interface Agent {
  api_key: string
  email: string
  inbox_id: string
}

describe('MailboxKit, statement by statement', () => {
  let t: TestApp
  before(async () => {
    t = await startTestApp({ config: { MAIL_DOMAIN: 'agents.test', DNS_SERVERS: '127.0.0.1:9' } })
  })
  after(() => t.close())

  const register = async (): Promise<Agent> => {
    const answer = await t.call('POST', '/api/v1/register', { body: { name: 'My Agent', owner_email: 'you@company.test' } })
    assert.equal(answer.status, 201, JSON.stringify(answer.body))
    return answer.body
  }
  const send = (me: Agent, body: object = {}, headers: Record<string, string> = {}, key = me.api_key) =>
    t.call('POST', `/api/v1/inboxes/${me.inbox_id}/messages/send`, {
      key,
      headers,
      body: { to: ['customer@sink.test'], subject: 'Order confirmation', text: 'Your order has been confirmed.', ...body },
    })
  const newKey = async (me: Agent, body: object): Promise<string> =>
    (await t.call('POST', '/api/v1/api_keys', { key: me.api_key, body })).body.data.key
  const balance = async (me: Agent): Promise<number> =>
    (await t.call('GET', '/v1/wallet', { key: me.api_key })).body.balance_mills
  const received = (me: Agent, count = 1): Promise<Json[]> =>
    eventually(async () => {
      const { data } = (await t.call('GET', `/api/v1/inboxes/${me.inbox_id}/messages`, { key: me.api_key })).body
      const found = data.filter(({ status }: Json) => status === 'received')
      return found.length >= count && found
    })

  it('every statement names a test that exists', async () => {
    const root = join(import.meta.dirname, '../../../..')
    for (const { states, shown } of statements) {
      const [file, title] = shown.split(': ', 2) as [string, string]
      const path = /^(server|sdk|mcp)\//.test(file) ? join(root, file) : join(import.meta.dirname, file)
      assert.ok((await readFile(path, 'utf8')).includes(title), `${states} → ${shown}`)
    }
  })

  it('a key is mbk_live_ or mbk_test_, shown once, and dead when it is revoked', async () => {
    const me = await register()
    assert.match(me.api_key, /^mbk_live_/)
    const made = (await t.call('POST', '/api/v1/api_keys', { key: me.api_key, body: { name: 'Production Key' } })).body
    assert.match(made.data.key, /^mbk_live_/)
    assert.match(await newKey(me, { name: 'Test Key', test: true }), /^mbk_test_/)
    const listed = (await t.call('GET', '/api/v1/api_keys', { key: me.api_key })).body.data
    assert.equal(listed.length, 3)
    assert.ok(listed.every(({ key }: Json) => /^mbk_/.test(key) && key.length < 30 && key !== made.data.key))
    await t.call('DELETE', `/api/v1/api_keys/${made.data.id}`, { key: me.api_key })
    for (const key of [made.data.key, 'mbk_your_api_key', undefined]) {
      const { status, body } = await t.call('GET', '/api/v1/inboxes', key ? { key } : {})
      assert.deepEqual([status, body.error, typeof body.message], [401, 'unauthorized', 'string'])
    }
  })

  it('a mail costs $0.002 and a file $0.001, and $1.00 is there to begin with', async () => {
    const me = await register()
    assert.equal(await balance(me), 1000)
    await send(me)
    assert.equal(await balance(me), 998)
    const file = { filename: 'a.txt', content: 'aGk=', content_type: 'text/plain' }
    await send(me, { attachments: [file, file, file] })
    assert.equal(await balance(me), 993)
  })

  it('an empty wallet: 402 tells an agent everything, for a reply too; reading and receiving go on', async () => {
    const [me, other] = [await register(), await register()]
    await send(other, { to: [me.email] })
    const [mail] = await received(me)
    await t.app.db.pool.query(
      'update wallets set balance_mills = 1 where organization_id = (select organization_id from inboxes where email = $1)',
      [me.email],
    )
    const reply = await t.call('POST', `/api/v1/inboxes/${me.inbox_id}/messages/${mail.id}/reply`, {
      key: me.api_key,
      body: { text: 'Thanks' },
    })
    for (const { status, body } of [await send(me), reply]) {
      assert.equal(status, 402)
      const { billing_url, docs_url, ...rest } = body
      assert.ok(URL.canParse(billing_url) && new URL(billing_url).pathname === '/billing')
      assert.match(docs_url, /^http.*#insufficient_balance$/)
      assert.deepEqual(rest, {
        error: 'insufficient_balance',
        message: 'Your organization does not have enough credit to send this email.',
        action: 'Top up your wallet to continue sending.',
        balance_mills: 1,
        balance_dollars: '$0.001',
        cost_mills: 2,
        cost_dollars: '$0.002',
        emails_remaining: 0,
      })
    }
    assert.equal((await t.call('GET', `/api/v1/inboxes/${me.inbox_id}/messages/${mail.id}`, { key: me.api_key })).status, 200)
    await send(other, { to: [me.email], subject: 'Still here?' })
    assert.equal((await received(me, 2))[0].subject, 'Still here?')
  })

  it('five files of 10 MB go out, in JSON and in a form; a sixth, or a larger one, is a validation error', async () => {
    const me = await register()
    const file = (bytes: number) => ({ filename: 'f.bin', content: Buffer.alloc(bytes).toString('base64') })
    const most = 10 * 1024 * 1024
    const form = (...sizes: number[]) => {
      const data = new FormData()
      data.append('to[0]', 'customer@sink.test')
      data.append('subject', 'Hello!')
      data.append('html', '<p>HTML body</p>')
      for (const [i, size] of sizes.entries()) data.append(`attachments[${i}]`, new File([Buffer.alloc(size)], 'report.pdf'))
      return fetch(`${t.url}/api/v1/inboxes/${me.inbox_id}/messages/send`, {
        method: 'POST',
        headers: { authorization: `Bearer ${me.api_key}` },
        body: data,
      })
    }
    assert.equal((await send(me, { attachments: Array(5).fill(file(most)) })).status, 201)
    assert.equal((await form(...Array(5).fill(most))).status, 201)
    for (const attachments of [Array(6).fill(file(1)), [file(most + 1)]]) {
      const { status, body } = await send(me, { attachments })
      assert.deepEqual([status, body.error], [422, 'validation_error'])
      assert.match(Object.keys(body.errors)[0]!, /^attachments/)
    }
    for (const sizes of [Array(6).fill(1), Array(12).fill(1), [most + 1]]) {
      const answer = await form(...sizes)
      assert.deepEqual([answer.status, ((await answer.json()) as Json).error], [422, 'validation_error'], String(sizes))
    }
  })

  it('sandbox: mail is recorded, listed, read and searched, but never leaves and costs nothing', async () => {
    const [me, other] = [await register(), await register()]
    const key = await newKey(me, { name: 'Test Key', test: true })
    const sent = await send(me, { to: [other.email], subject: 'Rehearsal' }, {}, key)
    assert.deepEqual([sent.status, sent.body.data.status], [201, 'queued'])
    const at = `/api/v1/inboxes/${me.inbox_id}/messages`
    await eventually(async () => (await t.call('GET', `${at}/${sent.body.data.id}`, { key })).body.data.status === 'delivered')
    assert.equal((await t.call('GET', at, { key })).body.data[0].id, sent.body.data.id)
    const found = () => t.call('POST', '/api/v1/messages/search', { key, body: { query: 'Rehearsal' } })
    await eventually(async () => (await found()).body.data.length === 1)
    assert.equal(await balance(me), 1000)
    assert.deepEqual((await t.call('GET', `/api/v1/inboxes/${other.inbox_id}/messages`, { key: other.api_key })).body.data, [])
    // A test key cannot make itself a live one.
    const made = await t.call('POST', '/api/v1/api_keys', { key, body: { name: 'Escape' } })
    assert.match(made.body.data?.key ?? 'mbk_test_', /^mbk_test_/)
  })

  it('idempotency: the first answer again, marked; every API key has keys of its own; GET and DELETE know nothing of it', async () => {
    const me = await register()
    const second = await newKey(me, { name: 'Second' })
    const header = { 'Idempotency-Key': 'unique-request-id-abc123' }
    const first = await send(me, {}, header)
    assert.equal(first.headers.get('x-idempotent-replayed'), null)
    const again = await send(me, {}, header)
    assert.deepEqual([again.status, again.body], [first.status, first.body])
    assert.equal(again.headers.get('x-idempotent-replayed'), 'true')
    const other = await send(me, {}, header, second)
    assert.equal(other.headers.get('x-idempotent-replayed'), null)
    assert.notEqual(other.body.data.id, first.body.data.id)
    assert.equal((await send(me, {}, header, second)).body.data.id, other.body.data.id)
    assert.equal(await balance(me), 996)
    // The same for what is not a mail.
    const make = (key: string) => t.call('POST', '/api/v1/inboxes', { key, headers: header, body: { name: 'Twin' } })
    assert.equal((await make(me.api_key)).status, 422, 'it was used for another request')
    const twin = { 'Idempotency-Key': 'twin' }
    const inboxes = await Promise.all(
      [me.api_key, second].map(key => t.call('POST', '/api/v1/inboxes', { key, headers: twin, body: { name: 'Twin' } })),
    )
    assert.equal(new Set(inboxes.map(({ body }) => body.data.id)).size, 2)
    const list = await t.call('GET', '/api/v1/inboxes', { key: me.api_key, headers: twin })
    assert.equal(list.body.data.length, 3)
  })

  it('somebody else’s inbox and message answer as ones that nobody has', async () => {
    const [me, other] = [await register(), await register()]
    await send(other, { to: [other.email] })
    const [theirs] = await received(other)
    const unknown = '01J00000000000000000000000'
    const mine = `/api/v1/inboxes/${me.inbox_id}/messages`
    for (const [method, path] of [
      ['GET', `/api/v1/inboxes/${other.inbox_id}`],
      ['DELETE', `/api/v1/inboxes/${other.inbox_id}`],
      ['GET', `/api/v1/inboxes/${other.inbox_id}/messages`],
      ['GET', `/api/v1/inboxes/${other.inbox_id}/threads`],
      ['GET', `/api/v1/inboxes/${other.inbox_id}/messages/${theirs.id}`],
      ['GET', `${mine}/${theirs.id}`],
    ] as const) {
      const answer = await t.call(method, path, { key: me.api_key })
      const nobodys = path.replace(other.inbox_id, unknown).replace(theirs.id, unknown)
      const nobody = await t.call(method, nobodys, { key: me.api_key })
      assert.deepEqual([answer.status, answer.body], [404, nobody.body], path)
    }
    for (const [path, body] of [
      [`/api/v1/inboxes/${other.inbox_id}/messages/send`, { to: ['a@b.test'], subject: 's', text: 't' }],
      [`${mine}/${theirs.id}/reply`, { text: 't' }],
      ['/api/v1/messages/search', { query: 'x', inbox_id: other.inbox_id }],
    ] as const)
      assert.equal((await t.call('POST', path, { key: me.api_key, body })).status, 404, path)
  })

  it('the text of a mail that is HTML alone is extracted; what is tracked reads as it was written', async () => {
    const [me, other] = [await register(), await register()]
    const html = '<html><body><p>Thanks,&nbsp;<b>got it!</b></p></body></html>'
    await send(other, { to: [me.email], html })
    assert.equal((await received(me))[0].html_body.trim(), html) // nobody asked for opens
    const hook = { name: 'Opens', url: 'http://127.0.0.1:9/', events: ['message.opened'] }
    assert.equal((await t.call('POST', '/api/v1/webhooks', { key: me.api_key, body: hook })).status, 201)
    const sent = (await send(me, { to: [other.email], html, text: undefined })).body.data
    assert.deepEqual([sent.html_body, sent.text_body], [html, null])
    assert.match(sent.extracted_text, /^Thanks,\sgot it!\s*$/)
    const [got] = await received(other)
    assert.match(got.extracted_text, /^Thanks,\sgot it!\s*$/)
    assert.match(got.html_body, /\/t\/o\//)
    await send(me, { to: [other.email], html, track_opens: false })
    assert.doesNotMatch((await received(other, 2))[0].html_body, /\/t\/o\//)
  })

  it('threads keep a conversation together, on both sides, and end with their inbox', async () => {
    const [me, other] = [await register(), await register()]
    const sent = (await send(me, { to: [other.email], subject: 'Order #1234' })).body.data
    const [got] = await received(other)
    const replied = await t.call('POST', `/api/v1/inboxes/${other.inbox_id}/messages/${got.id}/reply`, {
      key: other.api_key,
      body: { text: 'Thanks for your reply!' },
    })
    assert.deepEqual([replied.body.data.subject, replied.body.data.thread_id], ['Re: Order #1234', got.thread_id])
    const [back] = await received(me)
    assert.equal(back.thread_id, sent.thread_id)
    const thread = (await t.call('GET', `/api/v1/threads/${sent.thread_id}`, { key: me.api_key })).body.data
    assert.deepEqual(
      thread.messages.map(({ id }: Json) => id),
      [sent.id, back.id],
    )
    const [listed] = (await t.call('GET', `/api/v1/inboxes/${me.inbox_id}/threads`, { key: me.api_key })).body.data
    assert.deepEqual([listed.id, listed.messages_count], [thread.id, 2])
    assert.equal((await t.call('DELETE', `/api/v1/inboxes/${me.inbox_id}`, { key: me.api_key })).status, 200)
    assert.equal((await t.call('GET', `/api/v1/threads/${sent.thread_id}`, { key: me.api_key })).status, 404)
  })

  it('search looks where and when it is told, in all inboxes or one', async () => {
    const me = await register()
    const spare = (await t.call('POST', '/api/v1/inboxes', { key: me.api_key, body: { name: 'Spare' } })).body.data
    await send(me, { subject: 'order confirmation', text: 'about apples' })
    await send({ ...me, inbox_id: spare.id }, { subject: 'invoice', text: 'an order confirmation' })
    const hits = async (body: object) => {
      const { status, body: answer } = await t.call('POST', '/api/v1/messages/search', { key: me.api_key, body })
      assert.equal(status, 200, JSON.stringify(answer))
      return answer.data.map(({ subject }: Json) => subject).sort()
    }
    const query = 'order confirmation'
    await eventually(async () => (await hits({ query })).length === 2)
    assert.deepEqual(await hits({ query, fields: ['subject'] }), ['order confirmation'])
    assert.deepEqual(await hits({ query, fields: ['body'] }), ['invoice'])
    assert.deepEqual(await hits({ query, inbox_id: spare.id }), ['invoice'])
    const today = new Date().toISOString().slice(0, 10)
    assert.equal((await hits({ query, date_from: today, date_to: today })).length, 2)
    assert.deepEqual(await hits({ query, date_to: '2026-01-01' }), [])
  })

  describe('webhooks', () => {
    let sink: Sink
    before(async () => {
      sink = await startSink()
    })
    after(() => sink.stop())

    it('tell all nine events in the documented form, signed with the secret of the webhook', async () => {
      const [me, other] = [await register(), await register()]
      const key = await newKey(me, { name: 'Test', test: true })
      const names = 'message.received message.sent message.delivered message.bounced message.opened message.complained'
      const events = [...names.split(' '), 'message.rejected', 'inbox.created', 'inbox.deleted']
      const made = await t.call('POST', '/api/v1/webhooks', { key: me.api_key, body: { name: 'All', url: sink.url, events } })
      assert.deepEqual([made.status, made.body.data.events], [201, events])
      // What happens in the sandbox is told to the webhooks of test keys alone, and marked.
      const played = ['message.bounced', 'message.complained']
      const rehearsal = { name: 'Played', url: sink.url, events: played }
      const { secret } = (await t.call('POST', '/api/v1/webhooks', { key, body: rehearsal })).body.data

      const html = '<p>Thanks, got it!</p>'
      const attachments = [{ filename: 'receipt.pdf', content: 'JVBERi0xLjQK', content_type: 'application/pdf' }]
      await send(other, { to: [me.email], subject: 'Re: Order #1234', text: 'Thanks, got it!', html, attachments })
      await send(me, { to: [other.email], html })
      const [{ html_body: withPixel }] = await received(other)
      await fetch(`${t.url}${/\/t\/o\/[\w-]+\.gif/.exec(withPixel)![0]}`)
      for (const to of ['bounced@sandbox.test', 'complained@sandbox.test']) await send(me, { to: [to] }, {}, key)
      await t.call('POST', '/v1/suppressions', { key: me.api_key, body: { email: 'never@sink.test' } })
      await send(me, { to: ['never@sink.test'] })
      const doomed = (await t.call('POST', '/api/v1/inboxes', { key: me.api_key, body: { name: 'Doomed' } })).body.data
      await t.call('DELETE', `/api/v1/inboxes/${doomed.id}`, { key: me.api_key })

      for (const event of events) {
        const { raw, headers } = await sink.waitFor(({ raw: body }) => JSON.parse(body.toString()).event === event, 15_000)
        const signedWith = played.includes(event) ? secret : made.body.data.secret
        assert.equal(headers['x-mailboxkit-signature'], hmacHex(signedWith, raw.toString()), event)
        const { timestamp, data, ...rest } = JSON.parse(raw.toString())
        assert.deepEqual(rest, played.includes(event) ? { event, livemode: false } : { event })
        assert.match(timestamp, time)
        assert.match(data.id, ulid)
        if (event.startsWith('message.')) {
          const documented =
            'inbox_id message_id from_email to_emails subject text_body html_body attachments thread_id created_at'
          for (const name of documented.split(' ')) assert.ok(name in data, `${event} has no ${name}`)
          assert.equal(data.inbox_id, me.inbox_id)
        }
        if (event !== 'message.received') continue
        const [file] = data.attachments
        assert.deepEqual(
          [data.subject, data.text_body.trim(), data.from_email],
          ['Re: Order #1234', 'Thanks, got it!', other.email],
        )
        assert.deepEqual([file.filename, file.mime_type, file.size], ['receipt.pdf', 'application/pdf', 9])
        assert.equal(await (await fetch(file.url.replace('localhost', '127.0.0.1'))).text(), '%PDF-1.4\n')
      }
    })

    it('can be tried, log their attempts, and are gone when deleted', async () => {
      const me = await register()
      const body = { name: 'Email Notifications', url: `${sink.url}/tried`, events: ['message.sent'] }
      const { id } = (await t.call('POST', '/api/v1/webhooks', { key: me.api_key, body })).body.data
      const at = `/api/v1/webhooks/${id}`
      sink.respond(({ path }) => (path === '/tried' ? 503 : 200))
      const failed = (await t.call('POST', `${at}/test`, { key: me.api_key })).body.data
      sink.respond(200)
      const worked = (await t.call('POST', `${at}/test`, { key: me.api_key })).body.data
      assert.deepEqual([failed.success, failed.status_code, worked.success, worked.status_code], [false, 503, true, 200])
      const attempts = (await t.call('GET', `${at}/attempts`, { key: me.api_key })).body.data
      assert.deepEqual(
        attempts.map(({ status_code, success }: Json) => [status_code, success]),
        [
          [200, true],
          [503, false],
        ],
      )
      await t.call('DELETE', at, { key: me.api_key })
      assert.equal((await t.call('GET', at, { key: me.api_key })).status, 404)
    })
  })
})
