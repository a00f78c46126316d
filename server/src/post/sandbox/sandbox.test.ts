/** Sandboxes whose clock is moved on while production is under way. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { eventually, type Json, startTestApp } from '../../../test/harness.ts'

const address = { name: 'The Copper Kettle', line1: '22 Harbor St', city: 'Portland', state: 'ME', zip: '04101' }

it('a sandbox moved on in the middle of production ends as it would have', async () => {
  const t = await startTestApp()
  try {
    const campaign = async () => {
      const key = await t.mint((await t.register()).key)
      const post = async (path: string, body: object) => (await t.call('POST', `/v1${path}`, { key, body })).body
      const get = async (path: string) => (await t.call('GET', `/v1${path}`, { key })).body
      const { id } = await post('/orders', { quantity: 40, message: 'Hi {{first_name}}', return_address: address })
      const names = ['RETURNED', 'STALLED', 'PRINT_FAIL', 'Ada']
      const rows = Array.from({ length: 40 }, (_, i) => `${names[i % 4]},${i + 1} Elm St,Boston,MA,02139`)
      await post(`/orders/${id}/recipients`, { csv: `first_name,address,city,state,zip\n${rows.join('\n')}` })
      const paid = await post(`/orders/${id}/checkout`, {})
      assert.equal(paid.status, 'paid', JSON.stringify(paid))
      await post('/test-clock/advance', { days: 3.1 })
      await eventually(async () => (await get(`/orders/${id}`)).status !== 'paid')
      for (let step = 0; step < 3; step++) await post('/test-clock/advance', { days: 10 })
      await eventually(async () => {
        const { delivered, returned } = await get(`/orders/${id}/analytics`)
        return delivered === 10 && returned === 10
      })
    }
    await Promise.all(Array.from({ length: 8 }, campaign))
  } finally {
    await t.close()
  }
})

it('events of a piece come in the order of its life, by the sandbox’s clock, and nothing changed before it was made', async () => {
  const t = await startTestApp()
  try {
    const key = await t.mint((await t.register()).key)
    const call = async (method: string, path: string, body?: object) =>
      (await t.call(method, `/v1${path}`, { key, ...(body ? { body } : {}) })).body
    await call('POST', '/test-clock/advance', { days: 40 })
    const { now } = await call('GET', '/test-clock')
    const made = await call('POST', '/postcards', { to: address, from: address, message: 'Hi' })
    assert.ok(made.created_at >= now && made.updated_at >= made.created_at, JSON.stringify(made))
    const order = await call('POST', '/orders', { quantity: 1, message: 'Hi', return_address: address })
    assert.ok(order.updated_at >= order.created_at)
    const changed = await call('PATCH', `/orders/${order.id}`, { message: 'Ho' })
    assert.ok(changed.created_at >= now && changed.updated_at > order.updated_at, `${changed.created_at} ${changed.updated_at}`)
    await call('POST', '/test-clock/advance', { days: 12 })
    const piece = await eventually(async () => {
      const seen = await call('GET', `/pieces/${made.id}`)
      return seen.status === 'delivered' && seen
    }, 30_000)
    assert.equal(piece.updated_at, piece.reached.delivered)
    const { data } = await call('GET', '/events?limit=100')
    const own = data.filter((event: Json) => event.data.id === made.id).reverse()
    assert.deepEqual(
      own.map((event: Json) => event.type),
      [
        ...['piece.created', 'piece.rendered', 'piece.printed', 'piece.mailed', 'piece.in_transit', 'piece.in_local_area'],
        ...['piece.processed_for_delivery', 'piece.delivered'],
      ],
    )
    const times = own.map((event: Json) => event.created_at)
    assert.deepEqual(times, [...times].sort())
    for (const { type, created_at, data: then } of own) {
      assert.equal(created_at, then.reached[type.slice(6)], type)
      assert.ok(then.updated_at >= then.created_at, type)
      assert.equal(then.updated_at, created_at, type)
    }
    const told = data.find((event: Json) => event.type === 'order.created')
    assert.ok(told.created_at >= now)
  } finally {
    await t.close()
  }
})
