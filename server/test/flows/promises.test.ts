/** What acceptance promises: once per key, never more than the wallet holds, nobody else's rows. Each is tried to be broken. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { v1 } from '../../src/api/v1.ts'
import { eventually, startTestApp, type TestApp } from '../harness.ts'

describe('promises', () => {
  let t: TestApp
  before(async () => {
    t = await startTestApp()
  })
  after(() => t.close())

  const send = (key: string, inbox: string, headers?: Record<string, string>, body: object = {}) =>
    t.call('POST', `/v1/inboxes/${inbox}/messages`, {
      key,
      body: { to: 'a@sink.test', subject: 's', text: 't', ...body },
      ...(headers ? { headers } : {}),
    })
  const address = (name: string) => ({ name, line1: '1 Main St', city: 'Boston', state: 'MA', zip: '02118' })
  const count = async (table: string, organization: string, more = '') =>
    (
      await t.app.db.pool.query(
        `select count(*)::int as n from ${table} where organization_id = (select id from organizations where name = $1) ${more}`,
        [organization],
      )
    ).rows[0].n

  describe('idempotency', () => {
    it('50 parallel requests with one key make one mail; all others get its bytes or 409', async () => {
      const { key, inbox } = await t.register('Parallel')
      const answers = await Promise.all(Array.from({ length: 50 }, () => send(key, inbox, { 'idempotency-key': 'one' })))
      const accepted = answers.filter(answer => answer.status === 202)
      assert.ok(accepted.length >= 1)
      assert.ok(
        answers.every(answer => answer.status === 202 || answer.status === 409),
        answers.map(a => a.status).join(),
      )
      assert.equal(new Set(accepted.map(answer => answer.body.id)).size, 1)
      assert.equal(accepted.filter(answer => !answer.headers.get('x-idempotent-replayed')).length, 1)
      assert.equal(await count('messages', 'Parallel'), 1)
      assert.equal(await count('wallet_entries', 'Parallel', "and kind = 'email'"), 1)
      assert.equal(await count('events', 'Parallel', "and type = 'message.queued'"), 1)
    })

    it('the same for an operation that is not batched', async () => {
      const { key } = await t.register('Inboxer')
      const answers = await Promise.all(
        Array.from({ length: 20 }, () =>
          t.call('POST', '/v1/inboxes', { key, body: { name: 'x' }, headers: { 'idempotency-key': 'k' } }),
        ),
      )
      assert.ok(answers.every(answer => answer.status === 201 || answer.status === 409))
      assert.equal(await count('inboxes', 'Inboxer'), 2)
    })

    it('replays byte for byte, whatever the order of the fields', async () => {
      const { key, inbox } = await t.register('Replay')
      const post = (body: string) =>
        fetch(`${t.url}/v1/inboxes/${inbox}/messages`, {
          method: 'POST',
          headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'idempotency-key': 'r' },
          body,
        })
      const first = await post('{"to":"a@sink.test","subject":"s","text":"t"}')
      const second = await post('{ "text":"t", "subject":"s", "to":"a@sink.test" }')
      assert.equal(await first.text(), await second.text())
      assert.equal(second.status, first.status)
      assert.equal(second.headers.get('x-idempotent-replayed'), 'true')
    })

    it('refuses the same key with another body (422) or on another endpoint, and the first answer still replays', async () => {
      const { key, inbox } = await t.register('Reuse')
      const first = await send(key, inbox, { 'idempotency-key': 'u' })
      const other = await send(key, inbox, { 'idempotency-key': 'u' }, { subject: 'different' })
      assert.equal(other.status, 422)
      assert.equal(other.body.error.code, 'idempotency_key_reused')
      assert.equal(
        (await t.call('POST', '/v1/inboxes', { key, body: { name: 'x' }, headers: { 'idempotency-key': 'u' } })).body.error.code,
        'idempotency_key_reused',
      )
      assert.equal((await send(key, inbox, { 'idempotency-key': 'u' })).body.id, first.body.id)
      assert.equal(await count('messages', 'Reuse'), 1)
    })

    it('keeps no validation error and no empty wallet: the mended request may use the same key', async () => {
      const { key, inbox } = await t.register('Mended')
      assert.equal((await send(key, inbox, { 'idempotency-key': 'm' }, { to: 'nobody' })).status, 422)
      assert.equal((await send(key, inbox, { 'idempotency-key': 'm' })).status, 202)
      await t.app.db.pool.query(
        "update wallets set balance_mills = 0 where livemode and organization_id = (select id from organizations where name = 'Mended')",
      )
      assert.equal((await send(key, inbox, { 'idempotency-key': 'n' })).status, 402)
      await t.app.db.pool.query(
        "update wallets set balance_mills = 2 where livemode and organization_id = (select id from organizations where name = 'Mended')",
      )
      assert.equal((await send(key, inbox, { 'idempotency-key': 'n' })).status, 202)
    })

    it('is per organization, and odd keys are refused clearly', async () => {
      const [a, b] = [await t.register('Key A'), await t.register('Key B')]
      const [one, two] = [
        await send(a.key, a.inbox, { 'idempotency-key': 'shared' }),
        await send(b.key, b.inbox, { 'idempotency-key': 'shared' }),
      ]
      assert.notEqual(one.body.id, two.body.id)
      assert.equal(two.headers.get('x-idempotent-replayed'), null)
      for (const bad of ['', 'x'.repeat(256), 'a b', 'é']) {
        const answer = await send(a.key, a.inbox, { 'idempotency-key': Buffer.from(bad).toString('latin1') })
        assert.equal(answer.status, 400, bad)
        assert.equal(answer.body.error.code, 'idempotency_key_invalid')
      }
      assert.equal((await send(a.key, a.inbox, { 'idempotency-key': 'x'.repeat(255) })).status, 202)
    })
  })

  it('with credit for k mails exactly k of N parallel sends are accepted, and the ledger adds up', async () => {
    const { key, inbox } = await t.register('Race')
    await t.app.db.pool.query(
      "update wallets set balance_mills = 14 where livemode and organization_id = (select id from organizations where name = 'Race')",
    )
    const answers = await Promise.all(Array.from({ length: 60 }, () => send(key, inbox)))
    assert.equal(answers.filter(answer => answer.status === 202).length, 7)
    const refused = answers.filter(answer => answer.status === 402)
    assert.equal(refused.length, 53)
    assert.equal(refused[0]!.body.error.code, 'insufficient_balance')
    assert.equal(refused[0]!.body.error.cost_mills, 2)
    assert.equal((await t.call('GET', '/v1/wallet', { key })).body.balance_mills, 0)
    const { rows } = await t.app.db.pool.query(
      "select sum(amount_mills)::int as sum from wallet_entries where organization_id = (select id from organizations where name = 'Race') and kind = 'email'",
    )
    assert.equal(rows[0].sum, -14)
    assert.equal(await count('messages', 'Race'), 7)
  })

  it('test keys charge nothing, send nothing, and see only their own mode', async () => {
    const { key, inbox } = await t.register('Sandbox')
    const test = await t.mint(key)
    assert.match(test, /^pp_test_/)
    const sent = await send(test, inbox, undefined, { to: 'delivered@sandbox.test' })
    assert.equal(sent.body.livemode, false)
    assert.equal((await t.call('GET', `/v1/messages/${sent.body.id}`, { key })).status, 404)
    assert.equal((await t.call('GET', '/v1/wallet', { key })).body.balance_mills, 1000)
    const bounced = await send(test, inbox, undefined, { to: 'bounced@sandbox.test' })
    await eventually(async () => (await t.call('GET', `/v1/messages/${sent.body.id}`, { key: test })).body.status === 'delivered')
    await eventually(
      async () => (await t.call('GET', `/v1/messages/${bounced.body.id}`, { key: test })).body.status === 'bounced',
    )
    assert.equal(
      (await t.call('POST', '/v1/api-keys', { key: test, body: { name: 'x', mode: 'live' } })).body.error.code,
      'live_only',
    )
  })

  describe('another organization', () => {
    it('answers on every route exactly as for an unknown id', async () => {
      const [mine, theirs] = [await t.register('Mine'), await t.register('Theirs')]
      const sent = (await send(theirs.key, theirs.inbox)).body
      const withFile = (await send(theirs.key, theirs.inbox, undefined, { attachments: [{ filename: 'a', content: 'aGk=' }] }))
        .body
      const hook = (
        await t.call('POST', '/v1/webhooks', { key: theirs.key, body: { url: 'http://127.0.0.1:9/x', events: ['*'] } })
      ).body
      await t.call('POST', '/v1/suppressions', { key: theirs.key, body: { email: 'gone@sink.test' } })
      const keys = (await t.call('GET', '/v1/api-keys', { key: theirs.key })).body.data
      const domain = (await t.call('POST', '/v1/domains', { key: theirs.key, body: { name: 'theirs.example.com' } })).body
      const newRule = { direction: 'receive', kind: 'block', pattern: 'spam.test' }
      const rule = (await t.call('POST', `/v1/inboxes/${theirs.inbox}/rules`, { key: theirs.key, body: newRule })).body
      const card = { size: '4x6', message: 'Hello', to: address('Ann Post'), from: address('Sender') }
      const piece = (await t.call('POST', '/v1/postcards', { key: theirs.key, body: card })).body
      const order = (await t.call('POST', '/v1/orders', { key: theirs.key, body: { quantity: 5, message: 'Hi {{first_name}}' } }))
        .body
      const events = (await t.call('GET', '/v1/events', { key: theirs.key })).body.data
      const deliveries = (await t.call('GET', `/v1/webhooks/${hook.id}/deliveries`, { key: theirs.key })).body.data
      const real: Record<string, string> = {
        inbox_id: theirs.inbox,
        message_id: sent.id,
        approval_id: sent.id,
        thread_id: sent.thread_id,
        attachment_id: withFile.attachments[0].id,
        webhook_id: hook.id,
        delivery_id: deliveries[0]?.id ?? 'whd_01JXXXXXXXXXXXXXXXXXXXXXXX',
        key_id: keys[0].id,
        event_id: events[0].id,
        domain_id: domain.id,
        rule_id: rule.id,
        piece_id: piece.id,
        order_id: order.id,
        email: 'gone@sink.test',
      }
      const unknown: Record<string, string> = Object.fromEntries(
        Object.entries(real).map(([name, id]) => [
          name,
          id.includes('@') ? 'unknown@sink.test' : `${id.slice(0, id.indexOf('_'))}_01J00000000000000000000000`,
        ]),
      )
      const bodies: Record<string, object> = {
        '/inboxes/:inbox_id/messages': { to: 'a@sink.test', subject: 's', text: 't' },
        '/inboxes/:inbox_id/messages/:message_id/reply': { text: 't' },
        '/inboxes/:inbox_id/wait': { timeout: 0 },
        '/inboxes/:inbox_id/rules': newRule,
        '/orders/:order_id/recipients': {
          csv: 'first_name,last_name,address,city,state,zip\nAnn,Post,1 Main St,Boston,MA,02118\n',
        },
        '/webhooks/:webhook_id/replay': { since: '2020-01-01T00:00:00Z' },
      }
      let tried = 0
      for (const [at] of v1) {
        const [method, path] = at.split(' ') as [string, string]
        if (!path.includes(':')) continue
        const fill = (ids: Record<string, string>) =>
          path.replace(/:(\w+)/g, (_, name: string) => {
            assert.ok(ids[name], `the test knows no ${name}: add one`)
            return encodeURIComponent(ids[name]!)
          })
        const body = method === 'POST' || method === 'PATCH' ? (bodies[path] ?? {}) : undefined
        const ask = (ids: Record<string, string>) =>
          t.call(method, `/v1${fill(ids)}`, { key: mine.key, ...(body ? { body } : {}) })
        const [foreign, none] = [await ask(real), await ask(unknown)]
        const plain = (answer: { body: { error?: { request_id?: string } } }) =>
          JSON.stringify({ ...answer.body?.error, request_id: '' })
        assert.equal(foreign.status, 404, `${at}: ${JSON.stringify(foreign.body)}`)
        assert.equal(foreign.status, none.status, at)
        assert.equal(plain(foreign), plain(none), at)
        tried++
      }
      assert.ok(tried > 15)
    })

    it('neither lists nor searches show what is theirs', async () => {
      const [mine, theirs] = [await t.register('Lister'), await t.register('Owner')]
      await send(theirs.key, theirs.inbox, undefined, { subject: 'secretword' })
      assert.deepEqual(
        (await t.call('POST', '/v1/messages/search', { key: mine.key, body: { query: 'secretword' } })).body.data,
        [],
      )
      assert.equal(
        (await t.call('POST', '/v1/messages/search', { key: mine.key, body: { query: 'secretword', inbox_id: theirs.inbox } }))
          .status,
        404,
      )
      assert.equal((await t.call('GET', '/v1/inboxes', { key: mine.key })).body.data.length, 1)
    })
  })

  describe('keys', () => {
    it('without the scope an operation is refused, and a key cannot give what it has not', async () => {
      const { key, inbox } = await t.register('Scopes')
      const narrow = await t.mint(key, { scopes: ['messages.read', 'account.manage'] })
      assert.equal((await t.call('GET', `/v1/inboxes/${inbox}/messages`, { key: narrow })).status, 200)
      const refused = await send(narrow, inbox)
      assert.equal(refused.status, 403)
      assert.equal(refused.body.error.code, 'forbidden')
      const wider = await t.call('POST', '/v1/api-keys', { key: narrow, body: { name: 'wider', scopes: ['messages.send'] } })
      assert.equal(wider.status, 422)
      const same = await t.call('POST', '/v1/api-keys', { key: narrow, body: { name: 'same' } })
      assert.deepEqual(same.body.scopes.sort(), ['account.manage', 'messages.read'])
    })

    it('revoked, expired, mistyped and missing keys are all 401', async () => {
      const { key } = await t.register('Revoker')
      const made = (await t.call('POST', '/v1/api-keys', { key, body: { name: 'short-lived' } })).body
      assert.equal((await t.call('GET', '/v1/wallet', { key: made.key })).status, 200)
      await t.call('DELETE', `/v1/api-keys/${made.id}`, { key })
      for (const bad of [made.key, `${key.slice(0, -1)}0`, 'pp_live_x', ''])
        assert.equal((await t.call('GET', '/v1/wallet', { key: bad })).status, 401)
      const expiring = (
        await t.call('POST', '/v1/api-keys', { key, body: { name: 'e', expires_at: new Date(Date.now() + 300).toISOString() } })
      ).body
      await new Promise(resolve => setTimeout(resolve, 400))
      assert.equal((await t.call('GET', '/v1/wallet', { key: expiring.key })).status, 401)
    })

    it('is stored only as a hash', async () => {
      const { key } = await t.register('Hash')
      const { rows } = await t.app.db.pool.query('select row_to_json(k)::text as row from api_keys k')
      assert.ok(rows.every(row => !row.row.includes(key)))
    })
  })
})
