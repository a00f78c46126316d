/** The client against a running server. */
import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { eventually, startTestApp, type TestApp } from '../../server/test/harness.ts'
import Pennypost, { PennypostError } from '../src/index.ts'

describe('the client', () => {
  let t: TestApp
  before(async () => {
    t = await startTestApp()
  })
  after(() => t.close())
  const agent = async (name?: string) => {
    const { key, inbox, email } = await t.register(name)
    return { pp: new Pennypost({ apiKey: key, inboxId: inbox, baseUrl: t.url }), key, inbox, email }
  }

  describe('settings', () => {
    const names = ['PENNYPOST_API_KEY', 'PENNYPOST_INBOX_ID', 'PENNYPOST_BASE_URL', 'MAILBOXKIT_API_KEY', 'MAILBOXKIT_INBOX_ID']
    afterEach(() => {
      for (const name of names) delete process.env[name]
    })

    it('come from the environment', async () => {
      const { key, inbox, email } = await agent()
      Object.assign(process.env, { PENNYPOST_API_KEY: key, PENNYPOST_INBOX_ID: inbox, PENNYPOST_BASE_URL: t.url })
      const pp = new Pennypost()
      assert.equal(pp.inboxId, inbox)
      const sent = await pp.send({ to: email, subject: 'Env', text: 'x' })
      assert.equal(sent.inbox_id, inbox)
      const got = await pp.waitFor({ subject: 'Env', timeout: 20_000 })
      assert.equal((await pp.reply(got.id, { text: 'y' })).subject, 'Re: Env')
    })

    it('of MailboxKit do too, with its ids', async () => {
      const { body } = await t.call('POST', '/api/v1/register', { body: { name: 'Old', owner_email: 'o@company.test' } })
      assert.match(body.inbox_id, /^[0-9A-Z]{26}$/)
      Object.assign(process.env, { MAILBOXKIT_API_KEY: body.api_key, MAILBOXKIT_INBOX_ID: body.inbox_id })
      const pp = new Pennypost({ baseUrl: t.url })
      const sent = await pp.send({ to: body.email, subject: 'Bare', text: 'x' })
      assert.equal((await pp.waitFor(body.inbox_id, { subject: 'Bare', timeout: 20_000 })).message_id, sent.message_id)
    })

    it('that are missing are named', async () => {
      const nobody = new Pennypost({ baseUrl: t.url })
      await assert.rejects(nobody.wallet.get(), { code: 'unauthorized', status: 401, fix: /PENNYPOST_API_KEY/ })
      assert.throws(() => nobody.send({ to: 'a@example.test', subject: 's' }), /Say which inbox/)
      const made = await nobody.register({ name: 'New', owner_email: 'o@company.test' })
      assert.match(made.api_key, /^pp_live_/)
    })
  })

  it('goes through all pages of a list, of a search too, and can take one', async () => {
    const { pp } = await agent()
    for (let i = 0; i < 6; i++) await pp.inboxes.create({ name: `Inbox ${i}` })
    const seen: string[] = []
    for await (const inbox of pp.inboxes.list({ limit: 3 })) seen.push(inbox.id)
    assert.equal(new Set(seen).size, 7)
    const first = await pp.inboxes.list({ limit: 3 })
    assert.deepEqual([first.data.length, first.has_more], [3, true])
    const second = await pp.inboxes.list({ limit: 3, cursor: first.next_cursor! })
    assert.deepEqual(
      second.data.map(inbox => inbox.id),
      seen.slice(3, 6),
    )
    for (let i = 0; i < 3; i++) await pp.send({ to: 'a@example.test', subject: `Lantern ${i}`, text: 'x' })
    // Search knows a mail a moment after it was stored.
    await eventually(async () => (await pp.messages.search({ query: 'lantern' })).data.length === 3)
    const found: string[] = []
    for await (const message of pp.messages.search({ query: 'lantern', limit: 2 })) found.push(message.subject)
    assert.deepEqual(found, ['Lantern 2', 'Lantern 1', 'Lantern 0'])
    for await (const inbox of pp.inboxes.list({ limit: 1 })) {
      assert.ok(inbox)
      break
    }
    await assert.rejects(pp.inboxes.list({ limit: 0 }).then(), { code: 'invalid_input' })
  })

  it('sends bytes as attachments and fetches them back', async () => {
    const { pp, email } = await agent()
    const bytes = new Uint8Array(200_000).map((_, index) => (index * 7) % 256)
    await pp.send({
      to: email,
      subject: 'Files',
      text: 'x',
      attachments: [
        { filename: 'a.bin', content: bytes },
        { filename: 'b.txt', content: Buffer.from('buffer') },
        { filename: 'c.txt', content: btoa('base64'), content_type: 'text/plain' },
      ],
    })
    const { attachments } = await pp.waitFor({ subject: 'Files', timeout: 20_000 })
    assert.deepEqual(await pp.attachments.download(attachments[0]!), bytes)
    const text = async (id: string) => new TextDecoder().decode(await pp.attachments.download(id))
    assert.equal(await text(attachments[1]!.id), 'buffer')
    assert.equal(await text(attachments[2]!.id), 'base64')
    const forged = { url: attachments[0]!.url.replace(/.$/, letter => (letter === 'A' ? 'B' : 'A')) }
    await assert.rejects(pp.attachments.download(forged), { code: 'not_found' })
  })

  it('throws refusals with everything the server says', async () => {
    const { pp } = await agent()
    await assert.rejects(pp.send({ to: ['nobody', 'a@example.test'], subject: 's', text: 't' }), (error: PennypostError) => {
      assert.ok(error instanceof PennypostError && error instanceof Error)
      assert.deepEqual([error.code, error.status, error.retryable], ['invalid_input', 422, false])
      assert.equal(error.errors[0]?.path, '/to/0')
      assert.match(error.requestId ?? '', /^req_/)
      return true
    })
    const poor = await startTestApp({ config: { STARTING_CREDIT_MILLS: '1' } })
    try {
      const { key, inbox } = await poor.register()
      const call = new Pennypost({ apiKey: key, baseUrl: poor.url }).send(inbox, {
        to: 'a@example.test',
        subject: 's',
        text: 't',
      })
      await assert.rejects(call, (error: PennypostError) => {
        assert.deepEqual([error.code, error.details.balance_mills, error.details.cost_mills], ['insufficient_balance', 1, 2])
        return true
      })
    } finally {
      await poor.close()
    }
  })
})
