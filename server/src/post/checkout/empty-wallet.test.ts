/** What happens when printed mail costs more than there is: nothing, but a link to pay at and a mail to the owner. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type FakeStripe, startFakeStripe } from '../../../test/fake-stripe.ts'
import { linkIn, type OwnerRig, startOwnerRig } from '../../../test/flows/owner-mail.ts'

const to = { name: 'Margaret Holloway', line1: '1847 Orchard Hill Rd', city: 'Northampton', state: 'MA', zip: '01060' }
const from = { name: 'The Copper Kettle', line1: '22 Harbor St', city: 'Portland', state: 'ME', zip: '04101' }
const card = { to, from, message: 'Thank you!' }

describe('an empty wallet', () => {
  let t: OwnerRig
  let stripe: FakeStripe
  before(async () => {
    stripe = await startFakeStripe()
    t = await startOwnerRig({
      config: {
        STARTING_CREDIT_MILLS: '100',
        STRIPE_SECRET_KEY: 'sk_test_fake',
        STRIPE_WEBHOOK_SECRET: stripe.secret,
        STRIPE_API_URL: stripe.url,
      },
    })
  })
  after(async () => {
    await t.close()
    await stripe.stop()
  })

  const mails = (owner: string) =>
    t.query("select 1 from messages where to_emails = array[$1] and subject like '%run out%'", [owner])
  const left = (uuid: string) => t.query('select 1 from pieces where organization_id = $1', [uuid])
  const leadsToPayment = async (url: string) => {
    const { pathname, search } = new URL(url)
    assert.match((await t.get(pathname + search)).text, /\$0\.10/)
  }

  it('refuses a piece with a link to pay at, and tells the owner once', async () => {
    const { key, owner, uuid } = await t.registerOwned()
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, i) =>
        t.call('POST', '/v1/postcards', { key, body: card, headers: i % 2 ? { 'idempotency-key': `k${i}` } : {} }),
      ),
    )
    for (const { status, body } of answers) {
      assert.deepEqual([status, body.error.code, body.error.balance_mills], [402, 'insufficient_balance', 100])
      assert.ok(body.error.cost_mills > 100)
      await leadsToPayment(body.error.billing_url)
    }
    const mail = await t.mailTo(owner, /run out of credit/)
    assert.ok(linkIn(mail, '/billing\\?'))
    assert.equal((await mails(owner)).length, 1)
    assert.equal((await left(uuid)).length, 0)
  })

  it('refuses the checkout of an order likewise, whatever transaction it stands in', async () => {
    const { key, owner, uuid } = await t.registerOwned()
    const mailbots = await t.mint(key, { mode: 'live', dialect: 'mailbots' })
    const { id } = (await t.call('POST', '/api/v1/orders', { key: mailbots, body: { quantity: 1, message: 'Hi' } })).body
    await t.call('PATCH', `/api/v1/orders/${id}`, { key: mailbots, body: { return_address: from } })
    const csv = 'name,address,city,state,zip\nAda,1 Elm St,Boston,MA,02139\n'
    await t.call('POST', `/api/v1/orders/${id}/recipients`, { key: mailbots, body: { csv } })
    const { status, body } = await t.call('POST', `/api/v1/orders/${id}/checkout`, {
      key: mailbots,
      body: {},
      headers: { 'idempotency-key': 'checkout-1' },
    })
    assert.deepEqual([status, body.code, body.details.length], [400, 'insufficient_credit', 1])
    await leadsToPayment(body.billing_url)
    await t.mailTo(owner, /run out of credit/)
    assert.equal((await left(uuid)).length, 0)
    await t.query('update wallets set balance_mills = 100000 where livemode and organization_id = $1', [uuid])
    const again = await t.call('POST', `/api/v1/orders/${id}/checkout`, {
      key: mailbots,
      body: {},
      headers: { 'idempotency-key': 'checkout-1' },
    })
    assert.deepEqual([again.status, again.body.status], [200, 'paid'])
  })

  it('sends no mail for the sandbox, where nothing is charged', async () => {
    const { key, owner } = await t.registerOwned()
    const test = await t.mint(key)
    assert.equal((await t.call('POST', '/v1/postcards', { key: test, body: card })).status, 201)
    assert.equal((await mails(owner)).length, 0)
  })
})
