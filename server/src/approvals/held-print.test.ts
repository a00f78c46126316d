/** Printed mail and orders under hold: nothing is printed, mailed or bought until the right one says so, about exactly what was held. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { linkIn, type OwnerRig, startOwnerRig } from '../../test/flows/owner-mail.ts'
import { bodyOf, makeThings } from '../../test/flows/things.ts'
import { eventually, type Json } from '../../test/harness.ts'
import { v1 } from '../api/v1.ts'
import { movableClock } from '../kernel/clock.ts'
import { expireApprovals } from './approvals.ts'

const address = { name: 'Ann Post', line1: '1 Main St', city: 'Boston', state: 'MA', zip: '02118' }
const card = { message: 'Hello {{first_name}}', merge_variables: { first_name: 'Ann' }, to: address, from: address }
const list =
  'first_name,last_name,address,city,state,zip\nAnn,Post,1 Main St,Boston,MA,02118\nBob,Post,2 Main St,Boston,MA,02118\n'
const credit = 1_000_000

describe('printed mail under hold', () => {
  let t: OwnerRig
  const clock = movableClock(new Date('2031-03-03T12:00:00Z'))
  before(async () => {
    t = await startOwnerRig({ clock, config: { STARTING_CREDIT_MILLS: String(credit) } })
  })
  after(() => t.close())

  type Agent = Awaited<ReturnType<OwnerRig['registerOwned']>> & { held: string; test: string; heldTest: string }
  const agent = async (): Promise<Agent> => {
    const made = await t.registerOwned('Printer')
    const [held, test, heldTest] = [
      await t.mint(made.key, { hold: true }),
      await t.mint(made.key, { mode: 'test' }),
      await t.mint(made.key, { mode: 'test', hold: true }),
    ]
    return { ...made, held, test, heldTest }
  }
  const call = (key: string, method: string, path: string, body?: object) =>
    t.call(method, path, { key, ...(body ? { body } : {}) })
  const balance = async (key: string): Promise<number> => (await call(key, 'GET', '/v1/wallet')).body.balance_mills
  const decide = (key: string, id: string, word: 'approve' | 'reject', body: object = {}) =>
    call(key, 'POST', `/v1/approvals/${id}/${word}`, body)
  const piece = async (key: string, id: string): Promise<Json> => (await call(key, 'GET', `/v1/pieces/${id}`)).body
  const send = async (key: string, path = '/v1/postcards', body: object = card): Promise<Json> => {
    const answer = await call(key, 'POST', path, body)
    assert.equal(answer.status, 201, JSON.stringify(answer.body))
    return answer.body
  }
  const order = async (key: string): Promise<string> => {
    const { id } = await send(key, '/v1/orders', { quantity: 2, message: 'Hi {{first_name}}', return_address: address })
    assert.equal((await call(key, 'POST', `/v1/orders/${id}/recipients`, { csv: list })).status, 200)
    return id
  }
  const checkout = async (key: string, id: string, body: object = {}) => call(key, 'POST', `/v1/orders/${id}/checkout`, body)
  const eventsOf = async (uuid: string, id: string) =>
    (
      await t.query<{ type: string }>("select type from events where organization_id = $1 and data->>'id' = $2 order by id", [
        uuid,
        id,
      ])
    ).map(row => row.type)
  const confirm = async ({ owner }: Agent) =>
    assert.equal((await t.post(linkIn(await t.mailTo(owner, /claim/), '/claim/'))).status, 200)

  describe('a piece', () => {
    for (const [path, body] of [
      ['/v1/postcards', card],
      ['/v1/letters', { to: address, from: address, html: '<p>Hello</p>' }],
      ['/mailstream/v1/postcards', card],
    ] as const)
      it(`of ${path} is paid, waits, and is printed once it is approved`, async () => {
        const { key, held, uuid } = await agent()
        const made = await send(held, path, body)
        assert.equal(made.status, 'held')
        assert.equal(await balance(key), credit - made.price_mills)
        const { data } = (await call(key, 'GET', '/v1/approvals')).body
        assert.deepEqual([data.length, data[0].id, data[0].kind, data[0].cost_mills], [1, made.id, 'piece', made.price_mills])
        assert.deepEqual([data[0].piece.id, data[0].message, data[0].order], [made.id, null, null])
        for (const word of ['approve', 'reject'] as const)
          assert.equal((await decide(held, made.id, word)).body.error.code, 'forbidden')
        const answers = await Promise.all(
          Array.from({ length: 6 }, () => decide(key, made.id, 'approve', { content_sha256: data[0].content_sha256 })),
        )
        assert.equal(answers.filter(answer => answer.status === 200).length, 1)
        assert.equal(answers.find(answer => answer.status === 200)!.body.status, 'created')
        assert.equal((await piece(key, made.id)).status, 'created')
        assert.equal(await balance(key), credit - made.price_mills)
        assert.deepEqual(await eventsOf(uuid, made.id), ['piece.held', 'piece.created'])
        assert.equal((await send(key, path, body)).status, 'created', 'a key without hold is as it was')
      })

    it('stays out of the printer, however many drops lock meanwhile, and goes with the next one', async () => {
      const { heldTest, test } = await agent()
      const made = await send(heldTest)
      const other = await send(test)
      await call(test, 'POST', '/v1/test-clock/advance', { days: 20 })
      await eventually(async () => (await piece(test, other.id)).status === 'delivered')
      assert.equal((await piece(test, made.id)).status, 'held')
      assert.equal((await decide(test, made.id, 'approve')).status, 200)
      const waiting = await piece(test, made.id)
      assert.ok(waiting.mail_date > made.mail_date, `${waiting.mail_date} is after ${made.mail_date}`)
      await call(test, 'POST', '/v1/test-clock/advance', { days: 20 })
      const delivered = await eventually(async () => {
        const now = await piece(test, made.id)
        return now.status === 'delivered' && now
      })
      assert.ok(delivered.reached.held < delivered.reached.created && delivered.reached.created < delivered.reached.rendered)
    })

    it('alone in its drop holds nothing up', async () => {
      const { heldTest, test } = await agent()
      const made = await send(heldTest)
      await call(test, 'POST', '/v1/test-clock/advance', { days: 5 })
      await eventually(async () => {
        const [drop] = await t.query<{ status: string }>(
          'select d.status from drops d join organizations o on o.id = d.organization_id order by d.created_at desc limit 1',
        )
        return drop!.status === 'cancelled'
      })
      assert.equal((await piece(test, made.id)).status, 'held')
    })

    it('is paid back once when it is rejected or cancelled, and nobody decides about it any more', async () => {
      const { key, held, uuid } = await agent()
      const rejected = await send(held)
      await Promise.all(Array.from({ length: 6 }, () => decide(key, rejected.id, 'reject')))
      assert.equal(await balance(key), credit)
      const { status, failure } = await piece(key, rejected.id)
      assert.deepEqual([status, failure.code], ['cancelled', 'not_approved'])
      assert.deepEqual(await eventsOf(uuid, rejected.id), ['piece.held', 'piece.cancelled'])
      const cancelled = await send(held)
      assert.equal((await call(held, 'POST', `/v1/pieces/${cancelled.id}/cancel`)).body.status, 'cancelled')
      assert.equal(await balance(key), credit)
      assert.equal((await decide(key, cancelled.id, 'approve')).body.error.code, 'not_cancellable')
      assert.equal((await call(key, 'GET', '/v1/approvals')).body.data.length, 0)
      assert.equal((await call(key, 'GET', '/v1/approvals?state=withdrawn')).body.data[0].id, cancelled.id)
    })

    it('is refused when it is not what was held', async () => {
      const { key, held } = await agent()
      const made = await send(held)
      const one = "where status = 'held' and organization_id = (select id from organizations order by id desc limit 1)"
      for (const change of [
        `update pieces set recipient = recipient || '{"line1": "ELSEWHERE"}' ${one}`,
        `update pieces set merge_variables = '{"first_name": "Eve"}' ${one}`,
        `update pieces set creative = jsonb_set(creative, '{back,message}', '"Pay me"') ${one}`,
      ]) {
        const [before] = await t.query<Json>(`select recipient, merge_variables, creative from pieces ${one}`)
        await t.query(change)
        assert.equal((await decide(key, made.id, 'approve')).body.error.code, 'content_changed', change)
        await t.query(`update pieces set recipient = $1, merge_variables = $2, creative = $3 ${one}`, [
          before.recipient,
          before.merge_variables,
          before.creative,
        ])
      }
      assert.equal((await decide(key, made.id, 'approve')).status, 200)
    })

    it('is answered again to the same Idempotency-Key, and held once', async () => {
      const { key, held } = await agent()
      const post = () => t.call('POST', '/v1/postcards', { key: held, body: card, headers: { 'idempotency-key': 'card' } })
      const [first, second] = [await post(), await post()]
      assert.deepEqual([second.body, second.headers.get('x-idempotent-replayed')], [first.body, 'true'])
      assert.equal((await call(key, 'GET', '/v1/approvals')).body.data.length, 1)
    })

    it('is shown to the owner by mail and page, and decided there', async () => {
      const owned = await agent()
      await confirm(owned)
      const made = await send(owned.held, '/v1/postcards', { ...card, message: 'Hi <script>alert(1)</script>' })
      const mail = await t.mailTo(owned.owner, /approve/)
      assert.match(mail, /May this postcard be printed and mailed\?/)
      assert.match(mail, /\$0\.850/)
      const path = linkIn(mail, '/approve/')
      const { text } = await t.get(path)
      assert.ok(!text.includes('<script'))
      for (const part of ['Ann Post', '1 MAIN ST', '$0.850', 'alert(1)', '/proofs/']) assert.ok(text.includes(part), part)
      const sha256 = /name="sha256" value="([0-9a-f]{64})"/.exec(text)![1]!
      assert.equal((await t.post(path, { decision: 'approved', sha256: '0'.repeat(64) })).status, 409)
      assert.match((await t.post(path, { decision: 'approved', sha256 })).text, /goes to the printer/)
      assert.equal((await piece(owned.key, made.id)).status, 'created')
      assert.equal((await t.get(path)).status, 404)
    })
  })

  describe('an order', () => {
    it('is held at checkout, costs nothing yet, cannot be changed, and is paid once it is approved', async () => {
      const { key, held, uuid } = await agent()
      const id = await order(held)
      const answer = await checkout(held, id)
      assert.deepEqual([answer.status, answer.body.status, answer.body.payment.status], [200, 'held', 'unpaid'])
      assert.equal(await balance(key), credit)
      assert.equal((await call(held, 'PATCH', `/v1/orders/${id}`, { message: 'Other' })).body.error.code, 'not_cancellable')
      assert.equal((await checkout(held, id)).body.error.code, 'not_cancellable')
      assert.equal((await checkout(key, id)).body.error.code, 'not_cancellable', 'an approval is one')
      const [approval] = (await call(key, 'GET', '/v1/approvals?kind=order')).body.data
      assert.deepEqual([approval.id, approval.order.id, approval.cost_mills], [id, id, answer.body.quote.total_mills])
      assert.equal((await decide(held, id, 'approve')).status, 403)
      const answers = await Promise.all(Array.from({ length: 6 }, () => decide(key, id, 'approve')))
      assert.equal(answers.filter(({ status }) => status === 200).length, 1)
      assert.equal(answers.find(({ status }) => status === 200)!.body.status, 'paid')
      assert.equal(await balance(key), credit - approval.cost_mills)
      assert.equal((await call(key, 'GET', `/v1/pieces?order_id=${id}`)).body.data.length, 2)
      assert.deepEqual(await eventsOf(uuid, id), ['order.created', 'order.held', 'order.paid'])
    })

    it('of Mailbots is held too', async () => {
      const { heldTest, test } = await agent()
      const id = await order(heldTest)
      const answer = await call(heldTest, 'POST', `/mailbots/api/v1/orders/${id.slice(4)}/checkout`, {})
      assert.deepEqual([answer.status, answer.body.status, answer.body.payment_status], [200, 'held', 'unpaid'])
      await call(test, 'POST', '/v1/test-clock/advance', { days: 20 })
      assert.equal((await call(test, 'GET', `/v1/orders/${id}`)).body.status, 'held')
      assert.equal((await decide(test, id, 'approve')).body.status, 'paid')
    })

    it('that is rejected is quoted again, may be changed, and is held again', async () => {
      const { key, held, uuid } = await agent()
      const id = await order(held)
      await checkout(held, id)
      assert.equal((await decide(key, id, 'reject')).body.status, 'quoted')
      assert.equal((await call(held, 'PATCH', `/v1/orders/${id}`, { message: 'Dear {{first_name}}' })).body.status, 'draft')
      assert.equal((await checkout(held, id)).body.status, 'held')
      assert.equal((await decide(key, id, 'approve')).body.status, 'paid')
      assert.deepEqual(await eventsOf(uuid, id), ['order.created', 'order.held', 'order.rejected', 'order.held', 'order.paid'])
    })

    it('is not paid by card, nor approved without credit, nor when its list is another one', async () => {
      const { key, held, uuid } = await agent()
      const id = await order(held)
      const refused = await checkout(held, id, { payment: 'card' })
      assert.deepEqual([refused.status, refused.body.error.errors[0].path], [422, '/payment'])
      await checkout(held, id)
      await t.query('update wallets set balance_mills = 0 where organization_id = $1', [uuid])
      assert.equal((await decide(key, id, 'approve')).body.error.code, 'insufficient_balance')
      await t.query('update wallets set balance_mills = 1000000 where organization_id = $1', [uuid])
      await t.query(`update recipients set recipient = recipient || '{"line1": "ELSEWHERE"}' where organization_id = $1`, [uuid])
      assert.equal((await decide(key, id, 'approve')).body.error.code, 'content_changed')
      assert.equal((await decide(key, id, 'reject')).body.status, 'quoted')
    })

    it('may be cancelled while it waits', async () => {
      const { key, held } = await agent()
      const id = await order(held)
      await checkout(held, id)
      assert.equal((await call(held, 'DELETE', `/v1/orders/${id}`)).body.status, 'cancelled')
      assert.equal((await decide(key, id, 'approve')).body.error.code, 'not_cancellable')
    })

    it('is shown to the owner with its price and its first recipients', async () => {
      const owned = await agent()
      await confirm(owned)
      const id = await order(owned.held)
      const { quote } = (await checkout(owned.held, id)).body
      const path = linkIn(await t.mailTo(owned.owner, /approve/), '/approve/')
      const { text } = await t.get(path)
      for (const part of [`$${(quote.total_mills / 1000).toFixed(3)}`, '2 MAIN ST', 'Hi {{first_name}}'])
        assert.ok(text.includes(part), part)
      const sha256 = /name="sha256" value="([0-9a-f]{64})"/.exec(text)![1]!
      assert.equal((await t.post(path, { decision: 'approved', sha256 })).status, 200)
      assert.equal((await call(owned.key, 'GET', `/v1/orders/${id}`)).body.status, 'paid')
    })
  })

  it('ends after seven days: pieces are paid back, orders quoted again', async () => {
    const { key, held } = await agent()
    const made = await send(held)
    const id = await order(held)
    await checkout(held, id)
    clock.advance(7 * 86_400_000)
    assert.equal((await decide(key, made.id, 'approve')).body.error.code, 'not_cancellable')
    await Promise.all([expireApprovals(t.app), expireApprovals(t.app)])
    assert.equal((await piece(key, made.id)).status, 'cancelled')
    assert.equal((await call(key, 'GET', `/v1/orders/${id}`)).body.status, 'quoted')
    assert.equal(await balance(key), credit)
  })

  it('belongs to its organization and mode', async () => {
    const [mine, theirs] = [await agent(), await agent()]
    const made = await send(mine.held)
    for (const key of [theirs.key, mine.test]) {
      assert.equal((await decide(key, made.id, 'approve')).status, 404)
      assert.equal((await call(key, 'GET', '/v1/approvals')).body.data.length, 0)
    }
  })

  it('a key under hold calls every operation there is: nothing leaves, nothing is printed or bought, no key is touched', async () => {
    const { key, held, inbox, uuid } = await agent()
    const before = await makeThings(t, key, { key, inbox })
    const left = async () =>
      (
        await t.query<Json>(
          `select (select count(*) from deliveries where organization_id = $1 and state not in ('held', 'rejected'))::int as mails,
            (select count(*) from pieces where organization_id = $1 and status not in ('held', 'cancelled'))::int as pieces,
            (select count(*) from orders where organization_id = $1 and status not in ('draft', 'quoted', 'held', 'cancelled'))::int as orders,
            (select count(*) from api_keys where organization_id = $1 and revoked_at is null)::int as keys`,
          [uuid],
        )
      )[0]
    const then = await left()
    // What removes things comes last.
    const rows = [...v1].sort(([a], [b]) => Number(a.startsWith('DELETE')) - Number(b.startsWith('DELETE')))
    const waited: string[] = []
    for (const [at, { scope }] of rows) {
      if (scope === 'public') continue
      const [method, path] = at.split(' ') as [string, string]
      const things = { ...before, approval_id: before.message_id } as Record<string, string>
      const { body } = await call(
        held,
        method,
        `/v1${path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(things[name]!))}`,
        bodyOf(at),
      )
      if (method === 'POST' && body.status === 'held') waited.push(path)
    }
    assert.deepEqual(waited.sort(), [
      '/inboxes/:inbox_id/messages',
      '/inboxes/:inbox_id/messages/:message_id/reply',
      '/letters',
      '/orders/:order_id/checkout',
      '/postcards',
    ])
    const now = await left()
    assert.ok(now.mails <= then.mails && now.pieces <= then.pieces, JSON.stringify([then, now]))
    assert.deepEqual([now.orders, now.keys], [then.orders, then.keys])
  })
})
