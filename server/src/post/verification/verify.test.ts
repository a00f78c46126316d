/** Addresses and the provider's word, against a small server that speaks Lob's verification. */
import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { eventually, type Json, startTestApp, type TestApp } from '../../../test/harness.ts'
import { type LobServer, type Mood, startLobServer } from '../../../test/lob-server.ts'
import * as wallet from '../../billing/wallet.sql.ts'
import { parseId } from '../../kernel/ids.ts'
import { produceNext } from '../production/production.ts'
import { verifyOrder } from './verify.ts'

const to = { name: 'Margaret Holloway', line1: '1847 Orchard Hill Rd', city: 'Northampton', state: 'MA', zip: '01060' }
const from = { name: 'The Copper Kettle', line1: '22 Harbor St', city: 'Portland', state: 'ME', zip: '04101' }

describe('a provider of addresses', () => {
  let t: TestApp
  let lob: LobServer
  let key: string
  let org: string
  before(async () => {
    lob = await startLobServer('live_key')
    t = await startTestApp({ config: { ADDRESS_PROVIDER: 'lob', LOB_API_KEY: 'live_key', LOB_API_URL: `${lob.url}/v1` } })
    const me = await t.register()
    key = me.key
    org = parseId('organization', me.organization)!
    await wallet.add(t.app.db, org, true, { amount: 100_000, kind: 'test', reference: 'test' })
  })
  after(async () => {
    await t.close()
    await lob.stop()
  })
  beforeEach(() => {
    lob.asked.length = 0
    lob.deliverability = () => 'deliverable'
  })

  const send = (more: object = {}, by = key) =>
    t.call('POST', '/v1/postcards', { key: by, body: { to, from, message: 'Thank you!', ...more } })
  const statusWhen = async (word: unknown, more: object = {}): Promise<string> => {
    lob.deliverability = () => word
    const { status, body } = await send(more)
    assert.equal(status, 201, JSON.stringify(body))
    return body.address_status
  }
  const balance = () => wallet.balance(t.app.db, org, true)

  it('vouches for an address, in its own words and no others', async () => {
    assert.equal(await statusWhen('deliverable', { to: { ...to, line2: 'Apartment 4B' } }), 'verified')
    assert.deepEqual(lob.asked, [
      {
        recipient: 'Margaret Holloway',
        primary_line: '1847 ORCHARD HILL RD',
        secondary_line: 'APT 4B',
        city: 'NORTHAMPTON',
        state: 'MA',
        zip_code: '01060',
      },
    ])
    const words: [unknown, string][] = [
      ['deliverable_unnecessary_unit', 'verified'],
      ['deliverable_incorrect_unit', 'well_formed'],
      ['deliverable_missing_unit', 'well_formed'],
      ['deliverable_by_stork', 'well_formed'],
      ['constructor', 'well_formed'],
      [null, 'well_formed'],
    ]
    for (const [word, status] of words) assert.equal(await statusWhen(word), status, String(word))
    assert.equal(await statusWhen('deliverable_missing_unit', { to: { ...to, line1: '1847 Orchard Hill Road' } }), 'corrected')
  })

  it('has a piece refused to which nothing can be delivered, before it costs anything', async () => {
    lob.deliverability = () => 'undeliverable'
    const before = await balance()
    const { status, body } = await send()
    assert.deepEqual([status, body.error.code, body.error.errors[0].path], [422, 'invalid_input', '/to'])
    assert.match(body.error.errors[0].message, /Lob says that nothing can be delivered/)
    assert.equal(await balance(), before)
  })

  it('refuses nothing when it is away, busy, broken or silent', async () => {
    for (const mood of ['down', 'busy', 'hanging'] as Mood[]) {
      lob.mood = mood
      assert.equal(await statusWhen('undeliverable'), 'well_formed', mood)
    }
  })

  it('is not asked about the sandbox, nor about what it does not know', async () => {
    lob.deliverability = () => 'undeliverable'
    const test = await t.mint(key)
    assert.equal((await send({}, test)).body.address_status, 'well_formed')
    const abroad = { name: 'Ada', line1: '1 Rue X', city: 'Paris', zip: '75001', country: 'FR' }
    assert.equal((await send({ to: abroad })).body.address_status, 'unverified')
    assert.equal((await send({ to: { ...to, zip: 'x' } })).status, 422)
    assert.equal((await send({ message: 'Hi {{nobody}}' })).status, 422)
    assert.equal(lob.asked.length, 0)
  })

  const order = async (rows: string[]): Promise<Json> => {
    const post = async (path: string, body: object) => (await t.call('POST', `/v1${path}`, { key, body })).body
    const { id } = await post('/orders', { quantity: rows.length, message: 'Hi', return_address: from })
    await post(`/orders/${id}/recipients`, { csv: `name,address,city,state,zip\n${rows.join('\n')}` })
    const paid = await post(`/orders/${id}/checkout`, {})
    assert.equal(paid.status, 'paid', JSON.stringify(paid))
    return paid
  }
  const list = async (id: string): Promise<Json[]> => (await t.call('GET', `/v1/pieces?order_id=${id}`, { key })).body.data
  const get = async (id: string): Promise<Json> => (await t.call('GET', `/v1/orders/${id}`, { key })).body
  const rows = ['Ada,1 Elm St,Boston,MA,02139', 'Bob,2 Elm St,Boston,MA,02139', 'Cy,3 Elm St,Boston,MA,02139']

  it('has the undeliverable pieces of an order released, and the others printed', async () => {
    lob.deliverability = ({ primary_line }) => (primary_line.startsWith('2') ? 'undeliverable' : 'deliverable')
    const before = await balance()
    const { id, quote, drops } = await order(rows)
    const pieces = await eventually(async () => {
      const found = await list(id)
      return found.some(({ status }) => status === 'failed') && found
    })
    const said = (wanted: Json[]) =>
      wanted.map(({ to: { name }, status, address_status }) => [name, status, address_status]).sort()
    assert.deepEqual(said(pieces), [
      ['Ada', 'created', 'verified'],
      ['Bob', 'failed', 'undeliverable'],
      ['Cy', 'created', 'verified'],
    ])
    const bob = pieces.find(({ to: { name } }) => name === 'Bob')
    assert.equal(bob.failure.code, 'undeliverable')
    assert.deepEqual((await get(id)).payment.released_mills, quote.total_mills / 3)
    assert.equal(await balance(), before - (quote.total_mills / 3) * 2)
    const drop = parseId('drop', drops[0].id)!
    await t.app.db.pool.query(`update drops set status = 'locked' where id = $1`, [drop])
    await produceNext(t.app, drop)
    await eventually(async () => {
      const printed = said(await list(id)).map(([, status]) => status)
      return printed.join() === 'queued,failed,queued'
    })
    const events = await t.app.db.pool.query(`select data from events where type = 'piece.failed' and data->>'id' = $1`, [bob.id])
    assert.equal(events.rows[0].data.address_status, 'undeliverable')
  })

  it('ends an order to which nothing can be delivered, all money back', async () => {
    lob.deliverability = () => 'undeliverable'
    const before = await balance()
    const { id, drops } = await order(rows)
    await eventually(async () => (await list(id)).every(({ status }) => status === 'failed'))
    assert.equal(await balance(), before)
    const drop = parseId('drop', drops[0].id)!
    await t.app.db.pool.query(`update drops set status = 'locked' where id = $1`, [drop])
    await produceNext(t.app, drop)
    await eventually(async () => (await get(id)).status === 'cancelled')
    assert.equal((await get(id)).payment.status, 'released')
  })

  it('leaves an order as it is while it is away, and is asked again; what is locked is left alone', async () => {
    const down = lob.deliverability
    lob.deliverability = () => undefined
    const { id, drops } = await order(rows.slice(0, 2))
    const job = { organization_id: org, order_id: parseId('order', id)! }
    await assert.rejects(verifyOrder(t.app, job), /answered nothing about 2 addresses/)
    assert.ok((await list(id)).every(({ status, address_status }) => status === 'created' && address_status === 'well_formed'))
    lob.deliverability = down
    await verifyOrder(t.app, job)
    assert.ok((await list(id)).every(({ address_status }) => address_status === 'verified'))
    lob.asked.length = 0
    await verifyOrder(t.app, job)
    await t.app.db.pool.query(`update drops set status = 'locked' where id = $1`, [parseId('drop', drops[0].id)])
    await t.app.db.pool.query(`update pieces set address_status = 'well_formed' where order_id = $1`, [job.order_id])
    await verifyOrder(t.app, job)
    assert.equal(lob.asked.length, 0)
  })
})
