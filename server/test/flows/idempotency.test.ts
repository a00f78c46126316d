/** Whose an Idempotency-Key is: one mode's, never an answer for who may not have it, and no secret in plain text. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { v1 } from '../../src/api/v1.ts'
import { eventually, type Json, startTestApp, type TestApp } from '../harness.ts'
import { bodyOf, makeThings } from './things.ts'

describe('an Idempotency-Key', () => {
  let t: TestApp
  before(async () => {
    t = await startTestApp({ config: { STARTING_CREDIT_MILLS: '10000000' } })
  })
  after(() => t.close())

  const header = (key: string) => ({ 'idempotency-key': key })
  const isReplay = (answer: { headers: Headers }) => answer.headers.get('x-idempotent-replayed') === 'true'

  describe('belongs to a mode', () => {
    const card = {
      message: 'Hello',
      to: { name: 'Ann Post', line1: '1 Main St', city: 'Boston', state: 'MA', zip: '02118' },
      from: { name: 'Sender', line1: '1 Main St', city: 'Boston', state: 'MA', zip: '02118' },
    }
    const mail = { to: 'delivered@sandbox.test', subject: 's', text: 't' }
    const bare = (id: string) => id.slice(4)
    const requests: Record<string, (inbox: string) => [path: string, body: object]> = {
      'a mail': inbox => [`/v1/inboxes/${inbox}/messages`, mail],
      'a postcard': () => ['/v1/postcards', card],
      'an order': () => ['/v1/orders', { quantity: 5, message: 'Hi' }],
      'a webhook': () => ['/v1/webhooks', { url: 'http://127.0.0.1:9/', events: ['order.paid'] }],
      'a postcard of MailStream': () => ['/mailstream/v1/postcards', card],
      'an order of Mailbots': () => ['/mailbots/api/v1/orders', { quantity: 5, message: 'Hi' }],
      'a mail of MailboxKit': inbox => [`/mailboxkit/api/v1/inboxes/${bare(inbox)}/messages/send`, mail],
    }
    const idOf = ({ body }: { body: Json }): string => (body.data ?? body).id

    for (const [what, request] of Object.entries(requests)) {
      it(`${what}: what a test key made answers no live request, and the other way round`, async () => {
        const { key, inbox } = await t.register('Modes')
        const [path, body] = request(inbox)
        const post = (by: string, name: string) => t.call('POST', path, { key: by, body, headers: header(name) })
        const test = await t.mint(key)
        for (const [name, ...order] of [
          ['test-first', test, key],
          ['live-first', key, test],
        ] as const) {
          const [one, two] = [await post(order[0], name), await post(order[1], name)]
          assert.ok(one.status < 300 && two.status < 300, JSON.stringify([one.body, two.body]))
          assert.ok(!isReplay(one) && !isReplay(two))
          assert.notEqual(idOf(one), idOf(two))
          for (const [by, first] of [
            [order[0], one],
            [order[1], two],
          ] as const) {
            const again = await post(by, name)
            assert.ok(isReplay(again))
            assert.deepEqual(again.body, first.body)
          }
        }
      })
    }

    it('also among mails that are accepted in one commit, with a cap, and when one of them is refused', async () => {
      const { key, inbox } = await t.register('Batch')
      const test = await t.mint(key)
      const send = (by: string, name: string) =>
        t.call('POST', `/v1/inboxes/${inbox}/messages`, { key: by, body: mail, headers: header(name) })
      for (const cap of [null, 1000]) {
        await t.call('PATCH', `/v1/inboxes/${inbox}`, { key, body: { daily_cap: cap } })
        const names = Array.from({ length: 10 }, (_, i) => `${cap}-${i}`)
        const answers = await Promise.all(names.flatMap(name => [send(test, name), send(key, name)]))
        assert.ok(answers.every(answer => answer.status === 202 && !isReplay(answer)))
        assert.equal(new Set(answers.map(idOf)).size, 20)
        assert.deepEqual(
          answers.map(({ body }) => body.livemode),
          names.flatMap(() => [false, true]),
        )
      }
      await t.app.db.pool.query(
        "update wallets set balance_mills = 0 where organization_id = (select id from organizations where name = 'Batch')",
      )
      const [tried, refused] = await Promise.all([send(test, 'poor'), send(key, 'poor')])
      assert.deepEqual([tried.status, refused.status], [202, 402])
      assert.equal(idOf(await send(test, 'poor')), idOf(tried))
      await t.app.db.pool.query(
        "update wallets set balance_mills = 100 where organization_id = (select id from organizations where name = 'Batch')",
      )
      const paid = await send(key, 'poor')
      assert.ok(paid.status === 202 && !isReplay(paid) && paid.body.livemode)
      await eventually(
        async () => (await t.call('GET', `/v1/messages/${tried.body.id}`, { key: test })).body.status === 'delivered',
      )
    })
  })

  describe('gives no answer to a key that may not ask', () => {
    it('on every POST: 403 first, whatever is stored', async () => {
      const { key, inbox } = await t.register('Scoped')
      const test = await t.mint(key)
      const ofLive = await makeThings(t, key, { key, inbox })
      const ofTest = await makeThings(t, test, { key, inbox })
      let tried = 0
      for (const [at, run] of v1) {
        if (!at.startsWith('POST ') || run.scope === 'public') continue
        const live = !at.includes('test-clock')
        const things = live ? ofLive : ofTest
        const path = at.slice(5).replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(things[name]!))
        const request = { body: bodyOf(at), headers: header(`scope-${tried}`) }
        const first = await t.call('POST', `/v1${path}`, { key: live ? key : test, ...request })
        const stored = first.status < 300
        const small = await t.mint(key, {
          mode: live ? 'live' : 'test',
          scopes: [run.scope === 'account.read' ? 'events.read' : 'account.read'],
        })
        const second = await t.call('POST', `/v1${path}`, { key: small, ...request })
        assert.equal(second.status, 403, `${at}: ${JSON.stringify(second.body)}`)
        assert.equal(second.body.error.code, 'forbidden', at)
        assert.ok(!isReplay(second), at)
        if (stored) tried++
      }
      assert.ok(tried > 20, `only ${tried} answers were stored`)
    })

    it('a scope that only this input needs counts too', async () => {
      const { key, inbox } = await t.register('Ruler')
      const request = { body: { direction: 'send', kind: 'allow', pattern: 'a.test' }, headers: header('rule') }
      assert.equal((await t.call('POST', `/v1/inboxes/${inbox}/rules`, { key, ...request })).status, 201)
      const small = await t.mint(key, { scopes: ['inboxes.manage'] })
      const again = await t.call('POST', `/v1/inboxes/${inbox}/rules`, { key: small, ...request })
      assert.deepEqual([again.status, again.body.error.code], [403, 'forbidden'])
    })
  })

  it('keeps no connection to the database while a request waits', async () => {
    const few = await startTestApp({ config: { DATABASE_POOL: '4' } })
    try {
      const { key, inbox, email } = await few.register('Waiter')
      let ended = 0
      const waits = Array.from({ length: 10 }, async (_, i) => {
        const answer = await few.call('POST', `/v1/inboxes/${inbox}/wait`, {
          key,
          body: { timeout: 50 },
          headers: header(`wait-${i}`),
        })
        ended++
        return answer
      })
      await eventually(async () => few.app.bus.listenerCount('closing') >= 10)
      const body = { to: email, subject: 'Here', text: 't' }
      assert.equal((await few.call('POST', `/v1/inboxes/${inbox}/messages`, { key, body })).status, 202)
      assert.equal(ended, 0)
      const answers = await Promise.all(waits)
      for (const [i, answer] of answers.entries()) {
        assert.equal(answer.body.message.subject, 'Here')
        const again = await few.call('POST', `/v1/inboxes/${inbox}/wait`, {
          key,
          body: { timeout: 50 },
          headers: header(`wait-${i}`),
        })
        assert.ok(isReplay(again))
        assert.deepEqual(again.body, answer.body)
      }
    } finally {
      await few.close()
    }
  })

  describe('and an answer that shows a secret', () => {
    const secretPosts = (things: Record<string, string>): [path: string, body: object, secret: string][] => [
      ['/v1/api-keys', { name: 'Full' }, 'key'],
      ['/v1/webhooks', { url: 'http://127.0.0.1:9/', events: ['order.paid'] }, 'secret'],
      [`/v1/webhooks/${things.webhook_id}/rotate`, {}, 'secret'],
      ['/mailboxkit/api/v1/api_keys', { name: 'Full' }, 'key'],
      ['/mailboxkit/api/v1/webhooks', { name: 'n', url: 'http://127.0.0.1:9/', events: ['message.sent'] }, 'secret'],
      ['/mailbots/api/v1/api-keys', { name: 'Full' }, 'key'],
      ['/mailbots/api/v1/webhooks', { url: 'http://127.0.0.1:9/', events: ['order.paid'] }, 'secret'],
      ['/mailstream/v1/webhooks', { url: 'http://127.0.0.1:9/', events: ['mail.created'] }, 'secret'],
      [`/mailstream/v1/webhooks/${things.webhook_id}/rotate`, {}, 'secret'],
    ]
    const raw = async (path: string, key: string, body: object, name: string) => {
      const answer = await fetch(t.url + path, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...header(name) },
        body: JSON.stringify(body),
      })
      return { status: answer.status, text: await answer.text(), headers: answer.headers }
    }

    it('lies sealed, replays byte for byte to its key, and is refused to every other', async () => {
      const { key, inbox } = await t.register('Secrets')
      const small = await t.mint(key, { scopes: ['account.manage', 'webhooks.manage', 'messages.read', 'orders.read'] })
      const full = await t.mint(key, {})
      const things = await makeThings(t, key, { key, inbox })
      const tables = (
        await t.app.db.pool.query<{ name: string }>(
          "select quote_ident(schemaname) || '.' || quote_ident(tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')",
        )
      ).rows
      for (const [i, [path, body, field]] of secretPosts(things).entries()) {
        const first = await raw(path, key, body, `secret-${i}`)
        assert.ok(first.status < 300, `${path}: ${first.text}`)
        const json = JSON.parse(first.text)
        const secret = (json.data ?? json)[field]
        assert.equal(typeof secret, 'string', path)
        for (const { name } of tables) {
          const { rows } = await t.app.db.pool.query(`select 1 from ${name} x where position($1 in x::text) > 0`, [secret])
          assert.equal(rows.length, 0, `${path}: the secret lies in ${name}`)
        }
        const again = await raw(path, key, body, `secret-${i}`)
        assert.ok(isReplay(again), path)
        assert.deepEqual([again.status, again.text], [first.status, first.text])
        for (const other of [small, full]) {
          const taken = await raw(path, other, body, `secret-${i}`)
          assert.ok(!isReplay(taken) && !taken.text.includes(secret), path)
        }
      }
    })

    it('is known as one: every operation whose answer is shown only once says so', () => {
      for (const [at, run] of v1)
        if (run.scope !== 'public') assert.equal(/shown only now/i.test(JSON.stringify(run.output)), run.secret, at)
    })
  })
})
