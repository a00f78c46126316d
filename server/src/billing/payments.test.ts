/** Topping up: every payment credits once, whatever the reports about it do; nobody else's reports count. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type FakeStripe, handSigned, startFakeStripe } from '../../test/fake-stripe.ts'
import { linkIn, type OwnerRig, startOwnerRig } from '../../test/flows/owner-mail.ts'
import { movableClock } from '../kernel/clock.ts'

describe('payments', () => {
  let t: OwnerRig
  let stripe: FakeStripe
  const clock = movableClock()
  before(async () => {
    stripe = await startFakeStripe()
    t = await startOwnerRig({
      clock,
      config: { STRIPE_SECRET_KEY: 'sk_test_fake', STRIPE_WEBHOOK_SECRET: stripe.secret, STRIPE_API_URL: stripe.url },
    })
  })
  after(async () => {
    await t.close()
    await stripe.stop()
  })

  const report = async ({ body, signature }: { body: string; signature: string }) =>
    (await t.call('POST', '/webhooks/stripe', { body, headers: { 'stripe-signature': signature } })).status
  const balance = async (key: string): Promise<number> => (await t.call('GET', '/v1/wallet', { key })).body.balance_mills
  const topup = async (key: string, amount_mills = 5000) => {
    const { status, body } = await t.call('POST', '/v1/wallet/topups', { key, body: { amount_mills } })
    assert.equal(status, 201, JSON.stringify(body))
    const session = stripe.sessions.at(-1)!
    assert.equal(body.url, session.url)
    assert.equal(session.amount_total, amount_mills / 10)
    return session
  }
  const adds = async (uuid: string) => {
    const [row] = await t.query<{ sum: number; balance: number }>(
      `select (select sum(amount_mills)::bigint from wallet_entries where organization_id = $1 and livemode) as sum,
              (select balance_mills from wallets where organization_id = $1 and livemode) as balance`,
      [uuid],
    )
    assert.equal(row!.sum, row!.balance)
  }
  const eventsOf = async (uuid: string, type: string) =>
    (
      await t.query<{ data: Record<string, number> }>(
        'select data from events where organization_id = $1 and type = $2 order by id',
        [uuid, type],
      )
    ).map(row => row.data)

  it('credits once: twenty reports at once, repeats, and both kinds of report', async () => {
    const { key, uuid } = await t.registerOwned()
    const session = await topup(key)
    const paid = stripe.paid(session)
    const answers = await Promise.all([
      ...Array.from({ length: 10 }, () => report(paid)),
      ...Array.from({ length: 10 }, () => report(stripe.paid(session))),
    ])
    assert.deepEqual([...new Set(answers)], [200])
    assert.equal(await balance(key), 6000)
    assert.equal(await report(paid), 200)
    assert.equal(await balance(key), 6000)
    assert.equal((await eventsOf(uuid, 'wallet.topped_up')).length, 1)
    await adds(uuid)
  })

  it('refuses forged, altered, unsigned and old reports', async () => {
    const { key } = await t.registerOwned()
    const session = await topup(key)
    const { body, signature } = stripe.paid(session)
    const now = Math.floor(Date.now() / 1000)
    for (const bad of [
      { body, signature: handSigned(body, 'whsec_other', now) },
      { body: body.replace('"amount_total":500', '"amount_total":500000'), signature },
      { body: `${body} `, signature },
      { body, signature: handSigned(body, stripe.secret, now - 86_400) },
      { body, signature: '' },
      { body, signature: 't=1,v1=00' },
    ])
      assert.equal(await report(bad), 400)
    assert.equal((await t.call('POST', '/webhooks/stripe', { body })).status, 400)
    assert.equal(await balance(key), 1000)
    assert.equal(await report({ body, signature: handSigned(body, stripe.secret, now) }), 200)
    assert.equal(await balance(key), 6000)
  })

  it('credits nothing unpaid, of another sum or currency, or that nobody here asked for', async () => {
    const { key } = await t.registerOwned()
    const session = await topup(key)
    assert.equal(await report(stripe.paid(session, { payment_status: 'unpaid' })), 200)
    assert.equal(await report(stripe.paid(session, { amount_total: 100 })), 500)
    assert.equal(await report(stripe.paid(session, { currency: 'jpy' })), 500)
    assert.equal(await report(stripe.paid({ ...session, id: 'cs_other' })), 404)
    assert.equal(await report(stripe.paid(session, { metadata: {} })), 200)
    assert.equal(await report(stripe.sign({ id: 'evt_1', object: 'event', type: 'customer.created', data: { object: {} } })), 200)
    assert.equal(await balance(key), 1000)
  })

  it('takes refunds back once, in parts, as far as the credit is still there, and never below zero', async () => {
    const { key, uuid } = await t.registerOwned()
    const session = await topup(key)
    await report(stripe.paid(session))
    const part = stripe.refunded(session, 200)
    await Promise.all(Array.from({ length: 8 }, () => report(part)))
    assert.equal(await balance(key), 4000)
    await t.query('update wallets set balance_mills = 1000 where livemode and organization_id = $1', [uuid])
    await report(stripe.refunded(session, 500))
    await report(part) // the older report comes again, late
    assert.equal(await balance(key), 0)
    assert.deepEqual(
      (await eventsOf(uuid, 'wallet.refunded')).map(({ refunded_mills, taken_mills, balance_mills }) => [
        refunded_mills,
        taken_mills,
        balance_mills,
      ]),
      [
        [2000, 2000, 4000],
        [3000, 1000, 0],
      ],
    )
  })

  it('knows a refund that is told of before its payment', async () => {
    const { key, uuid } = await t.registerOwned()
    const session = await topup(key)
    assert.equal(await report(stripe.refunded(session, 500)), 200)
    assert.equal(await balance(key), 1000)
    await Promise.all([report(stripe.paid(session)), report(stripe.refunded(session, 500)), report(stripe.paid(session))])
    assert.equal(await balance(key), 1000)
    await adds(uuid)
  })

  it('refuses odd sums, test keys and keys without the scope', async () => {
    const { key } = await t.registerOwned()
    const ask = (amount_mills: unknown, by = key) => t.call('POST', '/v1/wallet/topups', { key: by, body: { amount_mills } })
    for (const bad of [0, -5000, 999, 5001, 2 ** 53 + 2, '5000', null, 10_000_010, 1000.5])
      assert.equal((await ask(bad)).status, 422, String(bad))
    assert.equal((await ask(5000, await t.mint(key))).body.error.code, 'live_only')
    assert.equal((await ask(5000, await t.mint(key, { scopes: ['account.read'] }))).body.error.code, 'forbidden')
  })

  it('answers unavailable when Stripe does', async () => {
    const { key } = await t.registerOwned()
    const before = stripe.sink
    const original = t.app.config.STRIPE_SECRET_KEY
    t.app.config.STRIPE_SECRET_KEY = 'sk_test_wrong'
    const answer = await t.call('POST', '/v1/wallet/topups', { key, body: { amount_mills: 5000 } })
    t.app.config.STRIPE_SECRET_KEY = original
    assert.equal(answer.body.error.code, 'unavailable')
    assert.ok(before.requests.length > 0)
  })

  describe('an empty wallet', () => {
    const empty = (uuid: string) =>
      t.query('update wallets set balance_mills = 1 where livemode and organization_id = $1', [uuid])
    const send = (key: string, inbox: string) =>
      t.call('POST', `/v1/inboxes/${inbox}/messages`, { key, body: { to: 'a@sink.test', subject: 's', text: 't' } })

    it('mails the owner once a day, however often sending is refused; the link leads to payment', async () => {
      const { key, inbox, owner, uuid } = await t.registerOwned('Broke & <i>sons</i>')
      await empty(uuid)
      const refused = await Promise.all(Array.from({ length: 12 }, () => send(key, inbox)))
      assert.ok(refused.every(answer => answer.status === 402))
      const named = new URL(refused[0]!.body.error.billing_url)
      assert.equal((await t.get(named.pathname + named.search)).status, 200)

      const mail = await t.mailTo(owner, /run out of credit/)
      assert.match(mail, /^Auto-Submitted: auto-generated\r$/m)
      const jobs = () => t.query("select 1 from messages where to_emails = array[$1] and subject like '%run out%'", [owner])
      assert.equal((await jobs()).length, 1)

      const path = linkIn(mail, '/billing\\?')
      const page = await t.get(path)
      assert.ok(page.text.includes('$0.001') && page.text.includes('Broke &amp; &lt;i&gt;sons'))
      assert.match(page.headers.get('content-security-policy')!, /^default-src 'none'/)
      const sessions = stripe.sessions.length
      const paying = await t.post(path, { dollars: '25' })
      assert.equal(paying.status, 303)
      assert.equal(stripe.sessions.length, sessions + 1)
      assert.equal(paying.headers.get('location'), stripe.sessions.at(-1)!.url)
      await report(stripe.paid(stripe.sessions.at(-1)!))
      assert.equal((await send(key, inbox)).status, 202)

      for (const bad of ['-5', '0', 'NaN', '1e9', '', '5.0001'])
        assert.equal((await t.post(path, { dollars: bad })).status, 200, bad)
      assert.equal(stripe.sessions.length, sessions + 1)
      const forged = path.replace(/organization=org_\w/, 'organization=org_7')
      assert.match((await t.get(forged)).text, /needs the link/)

      await empty(uuid)
      await send(key, inbox)
      clock.advance(86_400_000)
      await send(key, inbox)
      await t.mailTo(owner, /run out of credit/)
      const again = async () => (await jobs()).length === 2
      for (let i = 0; i < 100 && !(await again()); i++) await new Promise(resolve => setTimeout(resolve, 20))
      assert.ok(await again())
      clock.advance(7 * 86_400_000)
      assert.match((await t.get(path)).text, /needs the link/)
    })
  })

  it('without Stripe says so everywhere', async () => {
    const off = await startOwnerRig()
    try {
      const { key, inbox, owner, uuid } = await off.registerOwned()
      assert.equal(
        (await off.call('POST', '/v1/wallet/topups', { key, body: { amount_mills: 5000 } })).body.error.code,
        'payments_off',
      )
      assert.equal((await off.call('POST', '/webhooks/stripe', { body: '{}', headers: { 'stripe-signature': 'x' } })).status, 503)
      assert.match((await off.get('/billing')).text, /takes no online payments/)
      await off.query('update wallets set balance_mills = 0 where organization_id = $1', [uuid])
      await off.call('POST', `/v1/inboxes/${inbox}/messages`, { key, body: { to: 'a@sink.test', subject: 's', text: 't' } })
      assert.match(await off.mailTo(owner, /run out of credit/), /ask its operator/)
    } finally {
      await off.close()
    }
  })
})
