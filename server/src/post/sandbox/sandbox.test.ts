/** Sandboxes whose clock is moved on while production is under way. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { eventually, startTestApp } from '../../../test/harness.ts'

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
