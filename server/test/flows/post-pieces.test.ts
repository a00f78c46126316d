/** One piece from the call to the mailbox, in the sandbox: states, rendering, ledger, scans and signed webhooks. */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { PDFDocument } from '@cantoo/pdf-lib'
import { parseId } from '../../src/kernel/ids.ts'
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
    const events = ['mail.created', 'mail.printed', 'mail.mailed', 'mail.in_transit', 'mail.delivered']
    const hook = (await t.call('POST', '/mailstream/v1/webhooks', { key, body: { url: sink.url, events } })).body
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

    // Every webhook of the product: its words, the complete piece, a signature its receivers can check.
    const told = await Promise.all(
      events.map(type => sink.waitFor(({ raw }) => JSON.parse(raw.toString()).type === type, 30_000)),
    )
    for (const { raw, headers } of told) {
      const event = JSON.parse(raw.toString())
      assert.equal(headers['x-mailstream-signature'], createHmac('sha256', hook.secret).update(raw).digest('hex'))
      assert.match(event.id, /^evt_/)
      assert.equal(event.livemode, false)
      assert.deepEqual(Object.keys(event.data).sort(), Object.keys(delivered).sort())
      assert.equal(event.data.id, piece.id)
      assert.equal(event.data.metadata.customer, 'c_17')
    }
  })

  it('tells the same event again, under the same id, until it was heard', async () => {
    const deaf = await startSink(500)
    try {
      const body = { url: deaf.url, events: ['mail.created'] }
      const hook = (await t.call('POST', '/mailstream/v1/webhooks', { key, body })).body
      const piece = await made()
      const first = await deaf.waitFor(({ raw }) => JSON.parse(raw.toString()).data.id === piece.id)
      const id = JSON.parse(first.raw.toString()).id
      const log = await eventually(async () => {
        const { data } = (await t.call('GET', `/mailstream/v1/webhooks/${hook.id}/deliveries`, { key })).body
        return data[0]?.attempts === 1 && data[0].next_attempt_at && data[0]
      })
      // The second of five attempts comes after four minutes, or a fifth later.
      const wait = Date.parse(log.next_attempt_at) - Date.parse(log.created_at)
      assert.ok(wait >= 235_000 && wait <= 320_000, String(wait))
      deaf.respond(200)
      deaf.requests.length = 0
      await t.app.db.pool.query('update webhook_deliveries set next_attempt_at = now() where id = $1', [
        parseId('webhookDelivery', log.id),
      ])
      const second = await deaf.waitFor(() => true, 30_000)
      assert.equal(JSON.parse(second.raw.toString()).id, id)
    } finally {
      await deaf.stop()
    }
  })

  it('plays what the magic words script, out of one jump of the clock', async () => {
    const words = {
      RETURNED: 'returned',
      REROUTED: 're_routed',
      STALLED: 'in_transit',
      PRINT_FAIL: 'failed',
      DELIVERED: 'delivered',
    }
    const pieces: [string, string][] = []
    for (const [word, status] of Object.entries(words))
      pieces.push([(await made({ ...card, to: { ...to, name: word } })).id, status])
    // The sender's own neighbour.
    pieces.push([(await made({ ...card, to: { ...from, name: 'Returned' } })).id, 'returned'])
    await advance({ days: 30 })
    for (const [id, status] of pieces) assert.equal((await reaches(id, status)).status, status)
    const [returned, rerouted, stalled, failed] = await Promise.all(pieces.map(([id]) => get(id)))
    assert.equal(returned.delivered_confidence, null)
    assert.equal(rerouted.reached.delivered, undefined)
    assert.deepEqual(failed.failure, { code: 'print_fail', message: 'The press spoiled it.' })
    const tracking = (await t.call('GET', `/v1/pieces/${stalled.id}/tracking`, { key })).body
    assert.equal(tracking.stalled, true)
    assert.equal(tracking.no_scans, false)
  })

  it('sends letters, HTML, and finished PDFs', async () => {
    const letter = await made(
      { to, from, html: '<p>Dear {{to.name}},</p><p>hello from {{town}}.</p>', merge_variables: { town: 'Portland' } },
      '/v1/letters',
    )
    assert.equal(letter.kind, 'letter')
    assert.equal(letter.proof.thumbnails.length, 1)
    const html = await made({ to, from, size: '6x11', front: '<h1>Hi</h1>', back: { html: '<p>Come in.</p>' } })
    assert.equal(html.size, '6x11')
    const pdf = await twoPages(450, 306)
    const finished = await made({ to, from, pdf: pdf.toString('base64') })
    assert.deepEqual(finished.creative, { front: { kind: 'pdf', page: 1 }, back: { kind: 'pdf', page: 2 } })
    const form = new FormData()
    for (const [side, address] of Object.entries({ to, from }))
      for (const [name, value] of Object.entries(address)) form.append(`${side}[${name}]`, value)
    form.append('pdf', new File([new Uint8Array(pdf)], 'card.pdf', { type: 'application/pdf' }))
    const answer = await fetch(`${t.url}/v1/postcards`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}` },
      body: form,
    })
    assert.equal(answer.status, 201, await answer.text())
    await advance({ days: 30 })
    for (const { id } of [letter, html, finished]) await reaches(id, 'delivered')
  })

  it('refuses what cannot be printed or posted, and says where', async () => {
    const refused = async (body: Json, path: string, says: RegExp, at = '/v1/postcards') => {
      const answer = await send(body, at)
      assert.equal(answer.status, 422, JSON.stringify(answer.body))
      const found = answer.body.error.errors.find((error: Json) => error.path === path)
      assert.ok(found, JSON.stringify(answer.body.error.errors))
      assert.match(found.message, says)
    }
    await refused({ ...card, merge_variables: {} }, '/message', /"first_name" has no value/)
    await refused({ ...card, message: 'Dear {{first_name' }, '/message', /closing/)
    await refused({ ...card, message: 'A '.repeat(1900) }, '/message', /Shorten/)
    await refused({ ...card, message: '漢字' }, '/message', /characters/)
    await refused({ to, from }, '/', /needs one of/)
    await refused({ ...card, html: '<p>x</p>' }, '/html', /one too many/)
    await refused({ ...card, message: undefined, back: { message: 'x', html: 'y' } }, '/back/message', /one too many/)
    await refused({ ...card, to: { ...to, state: 'ZZ', zip: '1' } }, '/to/zip', /no ZIP code/)
    await refused({ ...card, to: { ...to, country: 'QQ' } }, '/to/country', /no country/)
    await refused({ ...card, send_date: '2020-01-01' }, '/send_date', /passed/)
    await refused({ ...card, send_date: '2026-02-30' }, '/send_date', /calendar/)
    await refused({ ...card, qr_url: 'javascript:alert(1)' }, '/qr_url', /no http/)
    await refused({ ...card, qr_url: 'https://me:secret@shop.example' }, '/qr_url', /no http/)
    await refused({ ...card, size: '5x7' }, '/size', /./)
    await refused({ ...card, colour: 'red' }, '/colour', /not a field/)
    await refused({ ...card, message: undefined, back: '<p>x</p><script>1</script>' }, '/back', /./)
    await refused({ to, from, pdf: '%%%%%%' }, '/pdf', /base64/)
    await refused({ to, from, pdf: Buffer.from('no pdf at all').toString('base64') }, '/pdf', /./)
    await refused({ to, from, pdf: (await twoPages(300, 300)).toString('base64') }, '/pdf', /size|points|inch/i)
    const inked = await twoPages(450, 306, { x: 300, y: 60, width: 80, height: 40 })
    await refused({ to, from, pdf: inked.toString('base64') }, '/pdf', /./)
    await refused(
      { ...card, metadata: Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`k${i}`, 'v'])) },
      '/metadata',
      /./,
    )
    await refused({ ...card, metadata: { ['k'.repeat(41)]: 'v' } }, `/metadata/${'k'.repeat(41)}`, /./)
    await refused({ ...card, metadata: { k: 'v'.repeat(501) } }, '/metadata/k', /./)
  })

  it('lists with cursors and filters', async () => {
    const mine = await t.mint((await t.register('Lister')).key)
    const sent: string[] = []
    for (let i = 0; i < 5; i++) {
      const answer = await t.call('POST', '/v1/postcards', {
        key: mine,
        body: { ...card, metadata: { n: String(i), even: String(i % 2 === 0) } },
      })
      sent.unshift(answer.body.id)
    }
    const letter = (await t.call('POST', '/v1/letters', { key: mine, body: { to, from, message: 'Hello' } })).body.id
    const ids = async (query: string) =>
      (await t.call('GET', `/v1/pieces?${query}`, { key: mine })).body.data.map((piece: Json) => piece.id)
    const first = (await t.call('GET', '/v1/pieces?limit=4', { key: mine })).body
    assert.equal(first.has_more, true)
    assert.deepEqual(
      [...first.data.map((piece: Json) => piece.id), ...(await ids(`limit=4&cursor=${first.next_cursor}`))],
      [letter, ...sent],
    )
    assert.deepEqual(await ids('metadata[even]=true'), [sent[0], sent[2], sent[4]])
    assert.deepEqual(await ids('metadata[even]=true&metadata[n]=2'), [sent[2]])
    assert.deepEqual(await ids('metadata[even]=perhaps'), [])
    assert.deepEqual(await ids('kind=letter'), [letter])
    assert.deepEqual(await ids('status=delivered'), [])
    assert.deepEqual(await ids('created_before=2020-01-01'), [])
    assert.equal((await ids('created_after=2020-01-01')).length, 6)
    assert.deepEqual(await ids('order_id=ord_01JF0000000000000000000000'), [])
    assert.deepEqual(await ids('order_id=nonsense'), [])
    assert.equal((await t.call('GET', '/v1/pieces?status=lost', { key: mine })).status, 422)
    assert.deepEqual(
      (await t.call('GET', '/v1/pieces', { key })).body.data.some((piece: Json) => sent.includes(piece.id)),
      false,
    )
  })

  it('cancels until the drop locks', async () => {
    const [early, late] = [await made(), await made()]
    const cancelled = await t.call('POST', `/v1/pieces/${early.id}/cancel`, { key, body: {} })
    assert.equal(cancelled.status, 200)
    assert.equal(cancelled.body.status, 'cancelled')
    assert.equal((await t.call('POST', `/v1/pieces/${early.id}/cancel`, { key })).status, 409)
    await advance({ days: 30 })
    await reaches(late.id, 'delivered')
    const refused = await t.call('POST', `/v1/pieces/${late.id}/cancel`, { key })
    assert.equal(refused.status, 409)
    assert.equal(refused.body.error.code, 'not_cancellable')
  })

  it('answers the same idempotency key with the same piece', async () => {
    const headers = { 'idempotency-key': 'card-1' }
    const answers = await Promise.all([1, 2, 3].map(() => t.call('POST', '/v1/postcards', { key, body: card, headers })))
    const ids = new Set(answers.filter(({ status }) => status === 201).map(({ body }) => body.id))
    assert.equal(ids.size, 1)
    assert.ok(answers.every(({ status }) => status === 201 || status === 409))
    assert.deepEqual((await t.call('POST', '/v1/postcards', { key, body: card, headers })).body.id, [...ids][0])
    const again = await t.call('POST', '/v1/postcards', { key, body: card, headers })
    assert.equal(again.headers.get('x-idempotent-replayed'), 'true')
    const other = await t.call('POST', '/v1/postcards', { key, body: { ...card, message: 'Other' }, headers })
    assert.equal(other.body.error.code, 'idempotency_key_reused')
    // A refusal holds no key: the corrected request may use it.
    const late = { 'idempotency-key': 'card-2' }
    assert.equal(
      (await t.call('POST', '/v1/postcards', { key, body: { ...card, merge_variables: {} }, headers: late })).status,
      422,
    )
    assert.equal((await t.call('POST', '/v1/postcards', { key, body: card, headers: late })).status, 201)
  })

  it('loses no piece that comes while its drop locks', async () => {
    const mine = await t.mint((await t.register('Racer')).key)
    const post = async (): Promise<string> =>
      (await t.call('POST', '/v1/letters', { key: mine, body: { to, from, message: 'Hello' } })).body.id
    const turn = () => t.call('POST', '/v1/test-clock/advance', { key: mine, body: { days: 1 } })
    const ids = await Promise.all(Array.from({ length: 24 }, async (_, i) => (i % 6 === 5 ? turn().then(post) : post())))
    await t.call('POST', '/v1/test-clock/advance', { key: mine, body: { days: 30 } })
    await eventually(async () => {
      const { data } = (await t.call('GET', '/v1/pieces?limit=100&status=delivered', { key: mine })).body
      return data.length === ids.length
    }, 60_000)
  })

  it('moves only the sandbox it belongs to', async () => {
    const live = (await t.register('Live')).key
    const neighbour = await t.mint(live)
    const piece = (await t.call('POST', '/v1/postcards', { key: neighbour, body: card })).body
    await advance({ days: 10 })
    const clock = (await t.call('GET', '/v1/test-clock', { key: neighbour })).body
    assert.equal(clock.ahead_seconds, 0)
    assert.equal((await t.call('GET', `/v1/pieces/${piece.id}`, { key: neighbour })).body.status, 'created')
    assert.equal((await t.call('GET', `/v1/pieces/${piece.id}`, { key })).status, 404)
    assert.equal((await t.call('POST', '/v1/test-clock/advance', { key: live, body: { days: 1 } })).status, 403)
    for (const body of [{}, { days: -1 }, { days: 0 }, { seconds: 0.5 }, { days: 366 }])
      assert.equal((await advance(body)).status, 422, JSON.stringify(body))
  })
})

/** A PDF of two pages, in points; with ink where told on the second. */
const twoPages = async (width: number, height: number, ink?: { x: number; y: number; width: number; height: number }) => {
  const pdf = await PDFDocument.create()
  pdf.addPage([width, height]).drawRectangle({ x: 20, y: 20, width: 100, height: 100 })
  const back = pdf.addPage([width, height])
  back.drawRectangle(ink ?? { x: 20, y: 200, width: 60, height: 60 })
  return Buffer.from(await pdf.save())
}
