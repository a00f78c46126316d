/** One piece from the call to the mailbox, in the sandbox: states, rendering, ledger, scans and signed webhooks. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { eventually, type Json, startTestApp, type TestApp } from '../harness.ts'
import { type Sink, startSink } from '../http-sink.ts'

const to = {
  name: 'Margaret Holloway',
  line1: '1847 Orchard Hill Road',
  line2: 'Apartment 4B',
  city: 'Northampton',
  state: 'MA',
  zip: '01060-2213',
}
const from = { name: 'The Copper Kettle', line1: '22 Harbor St', city: 'Portland', state: 'ME', zip: '04101' }
const card = {
  to,
  from,
  message: 'Dear {{first_name}}, thank you!',
  design: 'sprig',
  merge_variables: { first_name: 'Margaret' },
}

describe('a piece in the sandbox', () => {
  let t: TestApp
  let sink: Sink
  let key: string
  before(async () => {
    t = await startTestApp()
    sink = await startSink()
    key = await t.mint((await t.register()).key)
  })
  after(async () => {
    await sink.stop()
    await t.close()
  })

  const send = async (body: Json = card, path = '/v1/postcards') => t.call('POST', path, { key, body })
  const made = async (body?: Json, path?: string): Promise<Json> => {
    const answer = await send(body, path)
    assert.equal(answer.status, 201, JSON.stringify(answer.body))
    return answer.body
  }
  const get = async (id: string): Promise<Json> => (await t.call('GET', `/v1/pieces/${id}`, { key })).body
  const advance = (body: Json) => t.call('POST', '/v1/test-clock/advance', { key, body })
  const reaches = (id: string, status: string): Promise<Json> =>
    eventually(async () => {
      const piece = await get(id)
      return piece.status === status && piece
    }, 20_000)

  it('goes from a call to the mailbox', async () => {
    await t.call('POST', '/v1/webhooks', { key, body: { url: sink.url, events: ['*'] } })
    const piece = await made({
      ...card,
      metadata: { customer: 'c_17' },
      qr_url: 'https://shop.example/tea',
      qr_caption: 'Tea here',
    })
    assert.equal(piece.status, 'created')
    assert.equal(piece.address_status, 'corrected')
    assert.deepEqual(piece.address_given, { line1: '1847 Orchard Hill Road', line2: 'Apartment 4B' })
    assert.equal(piece.to.line1, '1847 ORCHARD HILL RD')
    assert.match(piece.imb, /^00310000000\d{9}$/)
    assert.equal((await t.call('GET', '/v1/wallet', { key })).body.balance_mills, 0)

    const pdf = await fetch(piece.proof.pdf_url.replace('localhost', '127.0.0.1'))
    assert.equal(pdf.headers.get('content-type'), 'application/pdf')
    assert.equal(Buffer.from(await pdf.arrayBuffer()).toString('latin1', 0, 5), '%PDF-')
    const picture = await fetch(piece.proof.thumbnails[1].large.replace('localhost', '127.0.0.1'))
    assert.equal(picture.status, 200)
    assert.equal(picture.headers.get('content-type'), 'image/png')

    assert.equal((await advance({ days: 10 })).status, 200)
    const delivered = await reaches(piece.id, 'delivered')
    assert.equal(delivered.delivered_confidence, 'logical')
    const states = [
      'created',
      'rendered',
      'queued',
      'printed',
      'mailed',
      'in_transit',
      'in_local_area',
      'processed_for_delivery',
      'delivered',
    ]
    assert.deepEqual(Object.keys(delivered.reached).sort(), [...states].sort())
    const tracking = (await t.call('GET', `/v1/pieces/${piece.id}/tracking`, { key })).body
    assert.deepEqual(
      tracking.timeline.map((step: Json) => step.status),
      states,
    )
    const times = tracking.timeline.map((step: Json) => step.at)
    assert.deepEqual(times, [...times].sort())
    assert.equal(tracking.scans.length, 4)
    assert.ok(tracking.scans.every((scan: Json) => scan.applied))

    const told = await sink.waitFor(request => JSON.parse(request.raw.toString()).type === 'piece.delivered', 20_000)
    const event = JSON.parse(told.raw.toString())
    assert.equal(event.data.id, piece.id)
    assert.equal(event.data.metadata.customer, 'c_17')
  })
})
