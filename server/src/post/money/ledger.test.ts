/** The money of printed mail under races: never negative, nothing lost, nothing twice. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startTestApp, type TestApp } from '../../../test/harness.ts'
import * as wallet from '../../billing/wallet.sql.ts'
import { parseId } from '../../kernel/ids.ts'
import * as ledger from './ledger.ts'

describe('ledger', () => {
  let t: TestApp
  let org: string
  before(async () => {
    t = await startTestApp({ roles: ['web'], config: { STARTING_CREDIT_MILLS: '0' } })
    org = parseId('organization', (await t.register()).organization)!
    await wallet.add(t.app.db, org, true, { amount: 10_000, kind: 'credit', reference: 'test' })
  })
  after(() => t.close())

  const balance = () => wallet.balance(t.app.db, org, true)
  const reserve = (amount: number, reference: string, livemode = true) =>
    t.app.db.tx(db => ledger.reserve({ app: t.app, db, org, livemode }, amount, reference))
  const capture = (amount: number, reference: string) => t.app.db.tx(db => ledger.capture(db, org, true, amount, reference))
  const release = (amount: number, reference: string, livemode = true) =>
    t.app.db.tx(db => ledger.release(db, org, livemode, amount, reference))
  const hold = async (reference: string, livemode = true) =>
    (await ledger.holdsOf(t.app.db, org, livemode, [reference])).get(reference)

  it('reserves what is there and not a mill more, however many ask', async () => {
    const asked = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => reserve(900, `race_${i}`)))
    assert.equal(asked.filter(({ status }) => status === 'fulfilled').length, 11)
    assert.equal(await balance(), 10_000 - 11 * 900)
    const refused = asked.find(each => each.status === 'rejected') as PromiseRejectedResult
    assert.equal(refused.reason.code, 'insufficient_balance')
    const holds = await ledger.holdsOf(
      t.app.db,
      org,
      true,
      asked.map((_, i) => `race_${i}`),
    )
    assert.equal(holds.size, 11)
    for (const reference of holds.keys()) assert.equal(await release(900, reference), 900)
    assert.equal(await balance(), 10_000)
  })

  it('captures and releases once, held money before captured', async () => {
    await reserve(1000, 'order')
    assert.equal(await capture(700, 'order'), 700)
    assert.equal(await capture(700, 'order'), 300)
    assert.equal(await capture(1, 'order'), 0)
    assert.deepEqual(await hold('order'), { reserved: 1000, held: 0, captured: 1000, released: 0 })
    assert.equal(await release(400, 'order'), 400)
    assert.deepEqual(await hold('order'), { reserved: 1000, held: 0, captured: 600, released: 400 })
    await reserve(500, 'order')
    const released = await Promise.all(Array.from({ length: 10 }, () => release(300, 'order')))
    assert.equal(
      released.reduce((sum, amount) => sum + amount, 0),
      1100,
    )
    assert.deepEqual(await hold('order'), { reserved: 1500, held: 0, captured: 0, released: 1500 })
    assert.equal(await balance(), 10_000)
  })

  it('keeps the sums of its entries', async () => {
    await reserve(2000, 'sums')
    await Promise.all([
      ...Array.from({ length: 5 }, () => capture(150, 'sums')),
      ...Array.from({ length: 5 }, () => release(100, 'sums')),
    ])
    const rows = (
      await t.app.db.pool.query(
        'select kind, sum(amount_mills)::integer as sum from post_entries where organization_id = $1 and reference = $2 group by kind',
        [org, 'sums'],
      )
    ).rows
    const of = (kind: string) => rows.find(row => row.kind === kind)?.sum ?? 0
    const { reserved, captured, released } = (await hold('sums'))!
    assert.equal(of('reserved'), reserved)
    assert.equal(of('captured') - of('refunded'), captured)
    assert.equal(of('released') + of('refunded'), released)
    assert.equal(await balance(), 10_000 - 2000 + released)
  })

  it('rolls back as one with what it pays for', async () => {
    const before = await balance()
    await assert.rejects(
      t.app.db.tx(async db => {
        await ledger.reserve({ app: t.app, db, org, livemode: true }, 500, 'undone')
        throw new Error('crash')
      }),
    )
    assert.equal(await balance(), before)
    assert.equal(await hold('undone'), undefined)
  })

  it('counts in test mode too, and charges nothing', async () => {
    await reserve(1_000_000, 'sandbox', false)
    assert.equal(await release(400_000, 'sandbox', false), 400_000)
    assert.deepEqual(await hold('sandbox', false), { reserved: 1_000_000, held: 600_000, captured: 0, released: 400_000 })
    assert.equal(await wallet.balance(t.app.db, org, false), 0)
  })

  it('knows nothing of other references', async () => {
    assert.equal(await capture(5, 'nobody'), 0)
    assert.equal(await release(5, 'nobody'), 0)
    assert.equal(await release(-5, 'order'), 0)
  })
})
