/** The human in the loop: what is held goes nowhere until the right one says so, once, about exactly what he read. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { linkIn, type OwnerRig, startOwnerRig } from '../../test/flows/owner-mail.ts'
import { eventually, type Json } from '../../test/harness.ts'
import { movableClock } from '../kernel/clock.ts'
import { expireApprovals } from './approvals.ts'

describe('held mail', () => {
  let t: OwnerRig
  const clock = movableClock(new Date('2031-03-03T12:00:00Z'))
  before(async () => {
    t = await startOwnerRig({ clock })
  })
  after(() => t.close())

  type Agent = Awaited<ReturnType<OwnerRig['registerOwned']>>
  const send = (key: string, inbox: string, body: object = {}) =>
    t.call('POST', `/v1/inboxes/${inbox}/messages`, { key, body: { to: 'a@sink.test', subject: 'Offer', text: 'Buy!', ...body } })
  const balance = async (key: string): Promise<number> => (await t.call('GET', '/v1/wallet', { key })).body.balance_mills
  const decide = (key: string, id: string, word: 'approve' | 'reject', body: object = {}) =>
    t.call('POST', `/v1/approvals/${id}/${word}`, { key, body })
  const holding = async (): Promise<Agent> => {
    const agent = await t.registerOwned('Seller')
    const { status, body } = await t.call('PATCH', `/v1/inboxes/${agent.inbox}`, { key: agent.key, body: { hold: true } })
    assert.equal(status, 200)
    assert.equal(body.hold, true)
    return agent
  }
  const confirm = async ({ owner }: Agent) =>
    assert.equal((await t.post(linkIn(await t.mailTo(owner, /claim/), '/claim/'))).status, 200)
  const eventsOf = async (uuid: string, id: string): Promise<string[]> =>
    (
      await t.query<{ type: string }>("select type from events where organization_id = $1 and data->>'id' = $2 order by id", [
        uuid,
        id,
      ])
    ).map(row => row.type)
  const status = async (key: string, id: string): Promise<string> =>
    (await t.call('GET', `/v1/messages/${id}`, { key })).body.status

  it('is charged, waits, and goes out when approved by API, exactly once of twenty at once', async () => {
    const { key, inbox, uuid } = await holding()
    const { status: code, body: held } = await send(key, inbox)
    assert.equal(code, 202)
    assert.equal(held.status, 'held')
    assert.equal(held.recipients[0].status, 'held')
    assert.equal(await balance(key), 998)
    const { body: waiting } = await t.call('GET', '/v1/approvals', { key })
    assert.equal(waiting.data[0].message.id, held.id)

    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        decide(key, held.id, i % 2 ? 'approve' : 'reject', { content_sha256: waiting.data[0].content_sha256 }),
      ),
    )
    assert.equal(answers.filter(answer => answer.status === 200).length, 1)
    assert.ok(answers.every(answer => answer.status === 200 || answer.body.error.code === 'not_cancellable'))
    const approved = answers.findIndex(answer => answer.status === 200) % 2 === 1
    assert.equal(await balance(key), approved ? 998 : 1000)

    const second = (await send(key, inbox, { subject: 'Second offer' })).body
    assert.equal((await decide(key, second.id, 'approve')).body.status, 'queued')
    await eventually(async () => (await status(key, second.id)) === 'delivered')
    assert.equal(t.mailsTo('a@sink.test').filter(mail => mail.includes('Second offer')).length, 1)
    assert.deepEqual((await eventsOf(uuid, second.id)).slice(0, 2), ['message.held', 'message.approved'])
    assert.equal((await t.call('GET', '/v1/approvals', { key })).body.data.length, 0)
    assert.equal((await t.call('GET', '/v1/approvals?state=approved', { key })).body.data[0].message.id, second.id)
  })

  it('is paid back once when rejected, attachments too, and never sent', async () => {
    const { key, inbox, uuid } = await holding()
    const { body: held } = await send(key, inbox, {
      to: ['a@sink.test', 'b@sink.test'],
      attachments: [{ filename: 'f', content: 'aGk=' }],
    })
    assert.equal(await balance(key), 997)
    await Promise.all(Array.from({ length: 10 }, () => decide(key, held.id, 'reject')))
    assert.equal(await balance(key), 1000)
    assert.equal(await status(key, held.id), 'rejected')
    assert.deepEqual(await eventsOf(uuid, held.id), ['message.held', 'message.rejected', 'message.rejected'])
    assert.equal((await decide(key, held.id, 'approve')).body.error.code, 'not_cancellable')
  })

  it('is refused when its content is not what was held or read', async () => {
    const { key, inbox } = await holding()
    const { body: held } = await send(key, inbox, { attachments: [{ filename: 'f', content: 'aGk=' }] })
    assert.equal((await decide(key, held.id, 'approve', { content_sha256: '0'.repeat(64) })).body.error.code, 'content_changed')
    const uuid = "(select subject_id from approvals where state = 'pending' order by subject_id desc limit 1)"
    for (const change of [
      `update messages set bcc_emails = '{spy@evil.test}' where id = ${uuid}`,
      `update messages set text_body = 'Other' where id = ${uuid}`,
      `update deliveries set recipient = 'spy@evil.test' where message_id = ${uuid}`,
      `update blobs set bytes = 'other' where id = (select blob_id from attachments where message_id = ${uuid})`,
    ]) {
      const [before] = await t.query<Json>(`select to_jsonb(m) as m from messages m where id = ${uuid}`)
      const [recipient] = await t.query<Json>(`select recipient from deliveries where message_id = ${uuid}`)
      await t.query(change)
      assert.equal((await decide(key, held.id, 'approve')).body.error.code, 'content_changed', change)
      await t.query(`update messages set bcc_emails = '{}', text_body = $1 where id = ${uuid}`, [before.m.text_body])
      await t.query(`update deliveries set recipient = $1 where message_id = ${uuid}`, [recipient.recipient])
    }
    assert.equal((await decide(key, held.id, 'reject')).status, 200)
  })

  it('asks the owner by mail: the page shows everything as text, scanners decide nothing, the button does, once', async () => {
    const agent = await holding()
    await confirm(agent)
    const { body: held } = await send(agent.key, agent.inbox, {
      to: 'x@sink.test',
      bcc: 'secret@sink.test',
      subject: 'Hi <script>alert(1)</script>',
      text: 'Plain </pre><img src=x>',
      html: '<p>Rich <a href="https://evil.test">part</a></p><p style="display:none">Unseen words</p><script>alert(2)</script>',
      headers: { 'X-Mark': '"><b>' },
      attachments: [{ filename: 'a<b>.txt', content: Buffer.from('hi').toString('base64') }],
    })
    const path = linkIn(await t.mailTo(agent.owner, /approve/), '/approve/')
    for (const method of ['GET', 'HEAD', 'GET']) assert.equal((await fetch(t.url + path, { method })).status, 200)
    assert.equal(await status(agent.key, held.id), 'held')
    const { text: page, headers } = await t.get(path)
    assert.match(
      headers.get('content-security-policy')!,
      /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
    )
    assert.ok(!/<script|<img|<b>|<a /.test(page), 'something was not escaped')
    for (const part of [
      'secret@sink.test',
      'Rich part',
      'a&lt;b&gt;.txt',
      'X-Mark',
      createHash('sha256').update('hi').digest('hex'),
    ])
      assert.ok(page.includes(part), part)
    assert.equal(page.split('Unseen words').length, 3, 'in the text and in the source: the owner sees what the reader will not')
    const sha256 = /name="sha256" value="([0-9a-f]{64})"/.exec(page)![1]!

    assert.equal((await t.post(path, { decision: 'approved', sha256: '0'.repeat(64) })).status, 409)
    assert.equal((await t.post(path, { decision: 'maybe', sha256 })).status, 404)
    assert.equal((await t.post(path.slice(0, -1), { decision: 'approved', sha256 })).status, 404)
    assert.equal(await status(agent.key, held.id), 'held')
    const answers = await Promise.all(Array.from({ length: 8 }, () => t.post(path, { decision: 'approved', sha256 })))
    assert.equal(answers.filter(answer => answer.status === 200).length, 1)
    await eventually(async () => (await status(agent.key, held.id)) === 'delivered')
    assert.equal((await t.get(path)).status, 404)
    assert.deepEqual((await t.query("select 1 from approvals where decided_by = 'owner'")).length, 1)
  })

  it('link and API race: one of them decides', async () => {
    const agent = await holding()
    await confirm(agent)
    const { body: held } = await send(agent.key, agent.inbox)
    const path = linkIn(await t.mailTo(agent.owner, /approve/), '/approve/')
    const sha256 = /name="sha256" value="(\w+)"/.exec((await t.get(path)).text)![1]!
    const [link, api] = await Promise.all([t.post(path, { decision: 'rejected', sha256 }), decide(agent.key, held.id, 'approve')])
    assert.equal([link, api].filter(answer => answer.status === 200).length, 1)
    assert.equal(await balance(agent.key), link.status === 200 ? 1000 : 998)
  })

  it('mails nobody who has not confirmed, and nobody in test mode', async () => {
    const agent = await holding()
    await send(agent.key, agent.inbox)
    const testKey = await t.mint(agent.key)
    const { body: held } = await send(testKey, agent.inbox)
    assert.equal(held.status, 'held')
    await eventually(
      async () => (await t.query("select 1 from graphile_worker.jobs where task_identifier = 'approvals.ask'")).length === 0,
    )
    assert.deepEqual(
      t.mailsTo(agent.owner).filter(mail => /approve\//.test(mail)),
      [],
    )
    assert.equal((await decide(agent.key, held.id, 'approve')).status, 404)
    assert.equal((await decide(testKey, held.id, 'approve')).status, 200)
    assert.equal(await balance(agent.key), 998)
  })

  it('a key that is held holds everything and approves nothing', async () => {
    const { key, inbox } = await t.registerOwned()
    const heldKey = await t.mint(key, { hold: true })
    const { body: held } = await send(heldKey, inbox)
    assert.equal(held.status, 'held')
    assert.equal((await send(key, inbox)).body.status, 'queued')
    assert.equal((await decide(heldKey, held.id, 'approve')).body.error.code, 'forbidden')
    assert.equal((await t.call('GET', '/v1/approvals', { key: heldKey })).status, 403)
    assert.equal((await t.call('PATCH', `/v1/inboxes/${inbox}`, { key: heldKey, body: { daily_cap: null } })).status, 403)
    assert.equal(
      (await t.call('PATCH', `/v1/inboxes/${inbox}`, { key: heldKey, body: { name: 'New name' } })).body.name,
      'New name',
    )
    assert.equal((await decide(key, held.id, 'approve')).status, 200)
  })

  it('a key that is held makes, changes and revokes no keys but itself', async () => {
    const { key } = await t.registerOwned()
    for (const dialect of ['pennypost', 'mailboxkit', 'mailbots', 'mailstream']) {
      const mint = async (wanted: object) =>
        (await t.call('POST', '/v1/api-keys', { key, body: { name: 'k', dialect, ...wanted } })).body
      const [held, other] = [await mint({ hold: true }), await mint({})]
      const bare = (id: string) => id.slice(4)
      for (const [method, path, body] of [
        ['POST', '/v1/api-keys', { name: 'Free', hold: false }],
        ['POST', '/v1/api-keys', { name: 'Alike', hold: true }],
        ['POST', '/mailboxkit/api/v1/api_keys', { name: 'Free' }],
        ['POST', '/mailbots/api/v1/api-keys', { name: 'Free' }],
        ['DELETE', `/v1/api-keys/${other.id}`, undefined],
        ['DELETE', `/mailboxkit/api/v1/api_keys/${bare(other.id)}`, undefined],
        ['DELETE', `/mailbots/api/v1/api-keys/${bare(other.id)}`, undefined],
      ] as const) {
        const answer = await t.call(method, path, { key: held.key, ...(body ? { body } : {}) })
        assert.equal(answer.status, 403, `${method} ${path}: ${JSON.stringify(answer.body)}`)
      }
      assert.equal((await t.call('GET', '/v1/account', { key: other.key })).status, 200)
      assert.equal((await t.call('DELETE', `/v1/api-keys/${held.id}`, { key: held.key })).status, 200, 'it may end itself')
    }
  })

  it('is paid back when its inbox is deleted', async () => {
    const { key, inbox } = await holding()
    await Promise.all([send(key, inbox), send(key, inbox)])
    assert.equal(await balance(key), 996)
    assert.equal((await t.call('DELETE', `/v1/inboxes/${inbox}`, { key })).status, 200)
    assert.equal(await balance(key), 1000)
  })

  it('of another organization answers as unknown', async () => {
    const { key, inbox } = await holding()
    const { body: held } = await send(key, inbox)
    const other = await t.registerOwned()
    for (const word of ['approve', 'reject'] as const) assert.equal((await decide(other.key, held.id, word)).status, 404)
    assert.equal((await t.call('GET', '/v1/approvals', { key: other.key })).body.data.length, 0)
    assert.equal((await t.call('PATCH', `/v1/inboxes/${inbox}`, { key: other.key, body: { hold: false } })).status, 404)
  })

  it('is rejected and paid back after seven days; the link is dead by then', async () => {
    const agent = await holding()
    await confirm(agent)
    const { body: held } = await send(agent.key, agent.inbox)
    const path = linkIn(await t.mailTo(agent.owner, /approve/), '/approve/')
    clock.advance(7 * 86_400_000)
    assert.equal((await t.get(path)).status, 404)
    assert.equal((await decide(agent.key, held.id, 'approve')).body.error.code, 'not_cancellable')
    await Promise.all([expireApprovals(t.app), expireApprovals(t.app)])
    assert.equal(await status(agent.key, held.id), 'rejected')
    assert.equal(await balance(agent.key), 1000)
  })

  it('a daily cap holds against a race, per mode, until the next UTC day; refused ones cost nothing', async () => {
    const { key, inbox } = await t.registerOwned()
    const testKey = await t.mint(key)
    assert.equal((await t.call('PATCH', `/v1/inboxes/${inbox}`, { key, body: { daily_cap: 5 } })).body.daily_cap, 5)
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        t.call('POST', `/v1/inboxes/${inbox}/messages`, {
          key,
          body: { to: 'a@sink.test', subject: 's', text: 't' },
          headers: { 'idempotency-key': `cap-${i}` },
        }),
      ),
    )
    assert.equal(answers.filter(answer => answer.status === 202).length, 5)
    const refused = answers.find(answer => answer.status === 429)!
    assert.equal(refused.body.error.code, 'held_limit')
    assert.ok(Number(refused.headers.get('retry-after')) > 0)
    assert.equal(await balance(key), 990)
    assert.equal((await send(testKey, inbox)).status, 202)
    clock.advance(86_400_000)
    const again = answers.findIndex(answer => answer.status === 429)
    const retried = await t.call('POST', `/v1/inboxes/${inbox}/messages`, {
      key,
      body: { to: 'a@sink.test', subject: 's', text: 't' },
      headers: { 'idempotency-key': `cap-${again}` },
    })
    assert.equal(retried.status, 202)
    assert.equal((await t.call('PATCH', `/v1/inboxes/${inbox}`, { key, body: { daily_cap: null } })).body.daily_cap, null)
    assert.equal((await t.call('PATCH', `/v1/inboxes/${inbox}`, { key, body: { daily_cap: -1 } })).status, 422)
  })
})
