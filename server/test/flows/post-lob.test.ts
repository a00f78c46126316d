/** Lob as carrier, against a small server that speaks its API: what is sent, what is never sent twice, what its webhooks move. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { PDFDocument } from '@cantoo/pdf-lib'
import * as wallet from '../../src/billing/wallet.sql.ts'
import { movableClock } from '../../src/kernel/clock.ts'
import { parseId } from '../../src/kernel/ids.ts'
import { produceNext } from '../../src/post/production/production.ts'
import { eventually, type Json, startTestApp, type TestApp } from '../harness.ts'
import { type LobServer, lobWebhook, type Mood, startLobServer } from '../lob-server.ts'

const to = {
  name: 'Margaret Holloway',
  line1: '1847 Orchard Hill Rd',
  line2: 'Apt 4B',
  city: 'Northampton',
  state: 'MA',
  zip: '01060',
}
const from = { name: 'The Copper Kettle', line1: '22 Harbor St', city: 'Portland', state: 'ME', zip: '04101' }

describe('Lob as carrier', () => {
  const clock = movableClock(new Date('2026-11-24T12:00:00Z'))
  let t: TestApp
  let lob: LobServer
  let key: string
  before(async () => {
    lob = await startLobServer('live_key')
    t = await startTestApp({
      clock,
      // The jobs are run by hand here, each try by itself.
      roles: ['web'],
      config: { CARRIER: 'lob', LOB_API_KEY: 'live_key', LOB_API_URL: `${lob.url}/v1`, LOB_WEBHOOK_SECRET: 'hush' },
    })
    const me = await t.register()
    key = me.key
    const org = parseId('organization', me.organization)!
    await wallet.add(t.app.db, org, true, { amount: 100_000, kind: 'test', reference: 'test' })
  })
  after(async () => {
    await t.close()
    await lob.stop()
  })

  const balance = async (): Promise<number> => (await t.call('GET', '/v1/wallet', { key })).body.balance_mills
  const get = async (id: string): Promise<Json> => (await t.call('GET', `/v1/pieces/${id}`, { key })).body
  const send = async (path = '/v1/postcards', more: object = {}): Promise<Json> => {
    const answer = await t.call('POST', path, { key, body: { to, from, message: 'Hello {{to.name}}', ...more } })
    assert.equal(answer.status, 201, JSON.stringify(answer.body))
    return answer.body
  }
  /** One try at the drop of a piece. */
  const produce = async (piece: Json) => {
    const id = parseId('drop', piece.drop_id)!
    await t.app.db.pool.query(`update drops set status = 'locked' where id = $1 and status = 'scheduled'`, [id])
    await t.app.db.pool.query('update drops set leased_until = null where id = $1', [id])
    await produceNext(t.app, id)
  }
  const sentOf = (piece: Json) => lob.pieces.filter(({ fields }) => fields['metadata[pennypost_piece]'] === piece.id)

  it('says honestly what it can', async () => {
    const { data } = (await t.call('GET', '/v1/carriers', { key })).body
    const [active] = data.filter((carrier: Json) => carrier.active)
    assert.equal(active.name, 'lob')
    assert.equal(active.barcode, 'theirs')
    assert.equal(active.reprints, false)
  })

  it('sends pages, addresses and metadata, and leaves the address to Lob', async () => {
    const piece = await send('/v1/postcards', { size: '6x9', qr_url: 'https://shop.example' })
    const letter = await send('/v1/letters', { message: undefined, html: '<p>Dear Margaret,</p>' })
    await produce(piece)
    const [card] = sentOf(piece)
    assert.equal(card!.kind, 'postcards')
    assert.equal(card!.fields['to[address_line1]'], '1847 ORCHARD HILL RD')
    assert.equal(card!.fields['to[address_country]'], 'US')
    assert.equal(card!.fields['from[name]'], 'The Copper Kettle')
    assert.equal(card!.fields.size, '6x9')
    const back = await PDFDocument.load(card!.files.back!)
    assert.equal(back.getPageCount(), 1)
    assert.deepEqual(back.getPage(0).getSize(), { width: 666, height: 450 })
    const [sheet] = sentOf(letter)
    assert.equal(sheet!.kind, 'letters')
    assert.equal(sheet!.fields.double_sided, 'true')
    assert.equal((await PDFDocument.load(sheet!.files.file!)).getPageCount(), 1)
    assert.equal((await get(piece.id)).status, 'queued')
    assert.equal(lob.requests[0]!.headers['lob-version'], '2020-02-11')
    clock.advance(24 * 3_600_000)
  })

  it('never sends again what may have arrived', async () => {
    const piece = await send()
    lob.mood = 'silent'
    await produce(piece)
    assert.equal((await get(piece.id)).status, 'rendered')
    assert.equal(sentOf(piece).length, 1)
    const posts = lob.requests.filter(({ method }) => method === 'POST').length
    await produce(piece)
    assert.equal((await get(piece.id)).status, 'queued')
    assert.equal(sentOf(piece).length, 1)
    assert.equal(lob.requests.filter(({ method }) => method === 'POST').length, posts)
    clock.advance(24 * 3_600_000)
  })

  it('tries again what did not arrive', async () => {
    for (const mood of ['down', 'busy'] satisfies Mood[]) {
      const piece = await send()
      lob.mood = mood
      await produce(piece)
      await produce(piece)
      assert.equal((await get(piece.id)).status, 'queued', mood)
      assert.equal(sentOf(piece).length, 1)
      clock.advance(24 * 3_600_000)
    }
  })

  it('gives the money back for what Lob refuses', async () => {
    const before = await balance()
    const piece = await send()
    lob.mood = 'unprintable'
    await produce(piece)
    const failed = await get(piece.id)
    assert.equal(failed.status, 'failed')
    assert.match(failed.failure.message, /not deliverable/)
    assert.equal(await balance(), before)
    clock.advance(24 * 3_600_000)
  })

  it('follows its webhooks, once each and only signed ones', async () => {
    const piece = await send()
    await produce(piece)
    const { id } = sentOf(piece)[0]!
    const hook = (event: string, type: string, more: { secret?: string; at?: Date } = {}) => {
      const { body, headers } = lobWebhook(more.secret ?? 'hush', event, type, id, more.at ?? clock.now())
      return t.call('POST', '/tracking/lob', { body, headers })
    }
    assert.equal((await hook('evt_0', 'postcard.delivered', { secret: 'guess' })).status, 401)
    assert.equal((await hook('evt_0', 'postcard.delivered', { at: new Date(clock.now().getTime() - 301_000) })).status, 401)
    assert.equal((await t.call('POST', '/tracking/lob', { body: '{}' })).status, 401)
    for (const [event, type] of [
      ['evt_1', 'postcard.mailed'],
      ['evt_1', 'postcard.mailed'],
      ['evt_2', 'postcard.in_transit'],
      ['evt_3', 'postcard.viewed'],
    ] as const)
      assert.equal((await hook(event, type)).status, 200)
    await hook('evt_4', 'postcard.delivered')
    await hook('evt_5', 'postcard.in_local_area')
    const other = await startTestApp({ clock, roles: ['worker'], databaseUrl: t.databaseUrl })
    try {
      const delivered = await eventually(async () => {
        const now = await get(piece.id)
        return now.status === 'delivered' && now
      })
      assert.equal(delivered.delivered_confidence, 'reported')
      await eventually(
        async () => (await t.app.db.pool.query('select from tracking_feed where handled_at is null')).rowCount === 0,
      )
      const tracking = (await t.call('GET', `/v1/pieces/${piece.id}/tracking`, { key })).body
      assert.equal(tracking.scans.length, 5)
    } finally {
      await other.close()
    }
  })
})
