/** The sandbox's clock: by steps and at a speed. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { eventually, type Json, startTestApp, type TestApp } from '../../../test/harness.ts'
import { movableClock } from '../../kernel/clock.ts'

const day = 86_400_000
const to = { name: 'Margaret Holloway', line1: '1847 Orchard Hill Rd', city: 'Northampton', state: 'MA', zip: '01060' }
const from = { name: 'The Copper Kettle', line1: '22 Harbor St', city: 'Portland', state: 'ME', zip: '04101' }

describe('a sandbox that runs by itself', () => {
  let t: TestApp
  let live: string
  let key: string
  before(async () => {
    t = await startTestApp()
    live = (await t.register()).key
    key = await t.mint(live)
  })
  after(() => t.close())
  const speed = (value: unknown, by = key) => t.call('POST', '/v1/test-clock', { key: by, body: { speed: value } })

  it('plays a piece from the call to the mailbox, nobody advancing it', async () => {
    assert.deepEqual(
      [(await speed(86_400)).body.speed, (await t.call('GET', '/v1/test-clock', { key })).body.speed],
      [86_400, 86_400],
    )
    const { body: piece } = await t.call('POST', '/v1/postcards', { key, body: { to, from, message: 'Thank you!' } })
    assert.equal(piece.status, 'created')
    const tracking = await eventually(async () => {
      const { body } = await t.call('GET', `/v1/pieces/${piece.id}/tracking`, { key })
      return body.status === 'delivered' && body
    }, 30_000)
    assert.deepEqual(
      tracking.timeline.map(({ status }: Json) => status),
      [
        'created',
        'rendered',
        'queued',
        'printed',
        'mailed',
        'in_transit',
        'in_local_area',
        'processed_for_delivery',
        'delivered',
      ],
    )
    assert.equal(tracking.scans.length, 4)
    const times = tracking.timeline.map(({ at }: Json) => Date.parse(at))
    assert.deepEqual(
      times,
      [...times].sort((a, b) => a - b),
    )
    assert.ok(times.at(-1)! - times[0]! > 3 * day)
  })

  it('plays an order, too', async () => {
    const { id } = (await t.call('POST', '/v1/orders', { key, body: { quantity: 1, message: 'Hi', return_address: from } })).body
    const csv = 'name,address,city,state,zip\nAda,1 Elm St,Boston,MA,02139\n'
    await t.call('POST', `/v1/orders/${id}/recipients`, { key, body: { csv } })
    assert.equal((await t.call('POST', `/v1/orders/${id}/checkout`, { key, body: {} })).status, 200)
    await eventually(async () => (await t.call('GET', `/v1/orders/${id}`, { key })).body.status === 'completed', 30_000)
  })

  it('is a matter of test keys, within bounds', async () => {
    assert.equal((await speed(10, live)).body.error.code, 'test_only')
    for (const bad of [0, -1, 1.5, 86_401, '10', null]) assert.equal((await speed(bad)).status, 422, String(bad))
  })
})

describe('the clock', () => {
  let t: TestApp
  let clock: ReturnType<typeof movableClock>
  let key: string
  before(async () => {
    clock = movableClock()
    t = await startTestApp({ clock, roles: ['web'] })
    key = await t.mint((await t.register()).key)
  })
  after(() => t.close())
  const ahead = async () => (await t.call('GET', '/v1/test-clock', { key })).body.ahead_seconds
  const speed = async (value: number) =>
    assert.equal((await t.call('POST', '/v1/test-clock', { key, body: { speed: value } })).status, 200)

  it('keeps what it has gained when its speed changes, and never runs backwards', async () => {
    assert.equal(await ahead(), 0)
    await speed(1440)
    clock.advance(60_000)
    assert.equal(await ahead(), 60 * 1439)
    const advanced = await t.call('POST', '/v1/test-clock/advance', { key, body: { days: 1 } })
    assert.deepEqual([advanced.body.ahead_seconds, advanced.body.speed], [60 * 1439 + 86_400, 1440])
    await speed(1)
    clock.advance(day)
    assert.equal(await ahead(), 60 * 1439 + 86_400)
    await speed(2)
    clock.advance(1000)
    assert.equal(await ahead(), 60 * 1439 + 86_401)
  })

  it('gains three years at most', async () => {
    await speed(86_400)
    clock.advance(day)
    assert.equal(await ahead(), 1100 * 86_400)
    assert.equal((await t.call('POST', '/v1/test-clock/advance', { key, body: { seconds: 1 } })).status, 422)
    await speed(1)
    clock.advance(day)
    assert.equal(await ahead(), 1100 * 86_400)
  })

  it('belongs to one organization', async () => {
    const other = await t.mint((await t.register('Other')).key)
    assert.equal((await t.call('GET', '/v1/test-clock', { key: other })).body.ahead_seconds, 0)
  })
})
