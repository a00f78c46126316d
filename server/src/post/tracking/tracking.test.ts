/** Reports that come at once: about the same pieces, in any order, of several organizations. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Json, startTestApp, type TestApp } from '../../../test/harness.ts'
import * as wallet from '../../billing/wallet.sql.ts'
import { parseId } from '../../kernel/ids.ts'
import { readFeed, receiveFeed } from './tracking.ts'

const to = { name: 'Margaret Holloway', line1: '1847 Orchard Hill Rd', city: 'Northampton', state: 'MA', zip: '01060' }
const from = { name: 'The Copper Kettle', line1: '22 Harbor St', city: 'Portland', state: 'ME', zip: '04101' }

describe('reports that come at once', () => {
  let t: TestApp
  before(async () => {
    // The reports are read by hand here, all at the same moment.
    t = await startTestApp({ roles: ['web'], config: { MAILER_ID: '900012345' } })
  })
  after(() => t.close())

  it('wait for each other and are all read, in the first try', async () => {
    const pieces: { key: string; id: string; imb: string }[] = []
    for (let i = 0; i < 4; i++) {
      const { key, organization } = await t.register()
      await wallet.add(t.app.db, parseId('organization', organization)!, true, {
        amount: 10_000,
        kind: 'test',
        reference: 'test',
      })
      const { body } = await t.call('POST', '/v1/postcards', { key, body: { to, from, message: 'Hi' } })
      pieces.push({ key, id: body.id, imb: body.imb })
    }
    const scan = (imb: string, hour: number, phase: string) => ({
      imb: `${imb}01060`,
      scanDatetime: `2026-11-24 ${String(hour).padStart(2, '0')}:00:00`,
      scanEventCode: '893',
      handlingEventType: 'A',
      mailPhase: phase,
      scanLocaleKey: 'V1',
    })
    const phases = ['Phase 1a - Origin Primary', 'Phase 2c - Destination MMP', 'Phase 3c - Sequenced', 'Phase 4c - Delivery']
    for (let feed = 0; feed < 16; feed++) {
      const order = feed % 2 ? pieces : pieces.toReversed()
      // Some of them the same scans again.
      const events = order.map(({ imb }) => scan(imb, feed % 12, phases[feed % 4]!))
      await receiveFeed(t.app, 'usps', Buffer.from(JSON.stringify({ recCnt: events.length, events })))
    }
    const { rows } = await t.app.db.pool.query<{ id: string }>('select id from tracking_feed')
    const read = await Promise.allSettled(rows.map(({ id }) => readFeed(t.app, { feed_id: id })))
    assert.deepEqual(
      read.flatMap(each => (each.status === 'rejected' ? [String(each.reason)] : [])),
      [],
    )
    for (const { key, id } of pieces) {
      const tracking: Json = (await t.call('GET', `/v1/pieces/${id}/tracking`, { key })).body
      assert.deepEqual([tracking.status, tracking.scans.length], ['delivered', 12])
    }
  })
})
