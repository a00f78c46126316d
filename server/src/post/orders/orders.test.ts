/** Orders from draft to cancelled, checkout and its money, against a real database. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Json, startTestApp, type TestApp } from '../../../test/harness.ts'

const address = { line1: '22 Harbor St', city: 'Portland', state: 'ME', zip: '04101' }
const csv = (count: number, from = 1) =>
  `first_name,last_name,address,city,state,zip\n${Array.from({ length: count }, (_, i) => `Ada${from + i},Holloway,${from + i} Orchard Hill Road,Northampton,MA,01060`).join('\n')}\n`
const price = 850

describe('orders', () => {
  let t: TestApp
  let live: string
  let test: string
  let org: string
  before(async () => {
    t = await startTestApp({ roles: ['web'] })
    const me = await t.register()
    live = me.key
    org = me.organization
    test = await t.mint(live)
  })
  after(() => t.close())

  const post = (path: string, body: object, key = test) => t.call('POST', `/v1${path}`, { key, body })
  const get = async (path: string, key = test): Promise<Json> => (await t.call('GET', `/v1${path}`, { key })).body
  const draft = async (more: object = {}, key = test): Promise<Json> => {
    const { status, body } = await post(
      '/orders',
      {
        quantity: 10,
        message: 'Hi {{first_name}},\nthank you!',
        sender_name: 'The Copper Kettle',
        return_address: address,
        ...more,
      },
      key,
    )
    assert.equal(status, 201, JSON.stringify(body))
    return body
  }
  const withList = async (count: number, more: object = {}, key = test): Promise<Json> => {
    const order = await draft(more, key)
    const { status, body } = await post(`/orders/${order.id}/recipients`, { csv: csv(count) }, key)
    assert.equal(status, 200, JSON.stringify(body))
    assert.equal(body.accepted, count, JSON.stringify(body))
    return order
  }
  const credit = async (mills: number) => {
    const { add } = await import('../../billing/wallet.sql.ts')
    const { parseId } = await import('../../kernel/ids.ts')
    await add(t.app.db, parseId('organization', org)!, true, { amount: mills, kind: 'credit', reference: 'test' })
  }

  it('goes from draft to quoted to paid, in test mode for nothing', async () => {
    const order = await withList(3, { qr_url: 'https://example.com/hello', design: 'sprig' })
    assert.equal(order.status, 'draft')
    const { body: quoted } = await post(`/orders/${order.id}/quote`, {})
    assert.equal(quoted.ready, true, JSON.stringify(quoted.preflight))
    assert.equal(quoted.order.status, 'quoted')
    assert.deepEqual(quoted.order.quote, {
      pieces: 3,
      production_mills: 3 * 240,
      postage_mills: 3 * 610,
      total_mills: 3 * price,
      lines: [{ destination: 'US', pieces: 3, production_mills_each: 240, postage_mills_each: 610 }],
    })
    const before = (await get('/wallet')).balance_mills
    const { status, body: paid } = await post(`/orders/${order.id}/checkout`, {})
    assert.equal(status, 200, JSON.stringify(paid))
    assert.equal(paid.status, 'paid')
    assert.deepEqual(
      [paid.payment.status, paid.payment.reserved_mills, paid.payment.held_mills],
      ['reserved', 3 * price, 3 * price],
    )
    assert.deepEqual(
      paid.drops.map((drop: Json) => [drop.status, drop.quantity]),
      [['scheduled', 3]],
    )
    assert.equal((await get('/wallet')).balance_mills, before)
    const pieces = await get(`/pieces?order_id=${order.id}`)
    assert.equal(pieces.data.length, 3)
    assert.ok(pieces.data.every((piece: Json) => piece.imb?.length === 20 && piece.short_url && piece.order_id === order.id))
    const types = (await get('/events?limit=50')).data.map((event: Json) => event.type)
    assert.deepEqual(types.filter((type: string) => type.startsWith('order.')).slice(0, 2), ['order.paid', 'order.created'])
    assert.equal(types.filter((type: string) => type === 'piece.created').length, 3)
  })

  it('is invisible to the other mode and to others', async () => {
    const order = await draft()
    const stranger = (await t.register('Stranger')).key
    for (const key of [live, stranger])
      for (const [method, path] of [
        ['GET', ''],
        ['PATCH', ''],
        ['DELETE', ''],
        ['POST', '/recipients'],
        ['GET', '/recipients'],
        ['POST', '/quote'],
        ['POST', '/checkout'],
        ['GET', '/tracking'],
        ['GET', '/analytics'],
      ]) {
        const body = method === 'GET' || method === 'DELETE' ? undefined : path === '/recipients' ? { csv: csv(1) } : {}
        const answer = await t.call(method!, `/v1/orders/${order.id}${path}`, { key, body })
        assert.equal(answer.status, 404, `${method} ${path}`)
        assert.equal(answer.body.error.message, 'There is no such order.')
      }
  })

  it('takes money from the wallet once, however many check out at once, and never what is not there', async () => {
    const order = await withList(4, {}, live)
    await post(`/orders/${order.id}/quote`, {}, live)
    const short = await post(`/orders/${order.id}/checkout`, {}, live)
    assert.equal(short.status, 402)
    assert.equal(short.body.error.cost_mills, 4 * price)
    assert.equal((await get(`/orders/${order.id}`, live)).status, 'quoted')
    assert.equal((await get(`/pieces?order_id=${order.id}`, live)).data.length, 0)
    await credit(100_000)
    const before = (await get('/wallet', live)).balance_mills
    const answers = await Promise.all(Array.from({ length: 6 }, () => post(`/orders/${order.id}/checkout`, {}, live)))
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409, 409, 409, 409, 409])
    assert.equal((await get('/wallet', live)).balance_mills, before - 4 * price)
    assert.equal((await get(`/pieces?order_id=${order.id}`, live)).data.length, 4)

    const [piece] = (await get(`/pieces?order_id=${order.id}`, live)).data
    assert.equal((await post(`/pieces/${piece.id}/cancel`, {}, live)).status, 200)
    assert.equal((await get('/wallet', live)).balance_mills, before - 3 * price)
    const cancels = await Promise.all(Array.from({ length: 4 }, () => t.call('DELETE', `/v1/orders/${order.id}`, { key: live })))
    assert.deepEqual(cancels.map(({ status }) => status).sort(), [200, 409, 409, 409])
    assert.equal((await get('/wallet', live)).balance_mills, before)
    const gone = await get(`/orders/${order.id}`, live)
    assert.deepEqual(
      [gone.status, gone.payment.status, gone.payment.released_mills, gone.drops[0].status],
      ['cancelled', 'released', 4 * price, 'cancelled'],
    )
    const entries = (await get('/wallet/entries?limit=100', live)).data
    assert.equal(
      entries.reduce((sum: number, entry: Json) => sum + entry.amount_mills, 0),
      (await get('/wallet', live)).balance_mills,
    )
  })

  it('says everything that is missing at checkout, at once', async () => {
    const { body: order } = await post('/orders', { quantity: 2 })
    const { status, body } = await post(`/orders/${order.id}/checkout`, {})
    assert.equal(status, 422)
    assert.deepEqual(
      body.error.errors.map((error: Json) => error.path),
      ['/message', '/return_address', '/recipients'],
    )
    const full = await withList(3, { quantity: 2 })
    assert.match((await post(`/orders/${full.id}/checkout`, {})).body.error.message, /quantity is 2, but the list has 3/)
  })

  it('refuses what cannot be printed with its row, or leaves it out when told to', async () => {
    const order = await draft({ message: 'Dear {{first_name}}, about your {{pet}}…' })
    const list = `first_name,address,city,state,zip,pet\nAda,1 Elm St,Boston,MA,2139,cat\nBob,2 Elm St,Boston,MA,2139,\nCy,3 Elm St,Boston,MA,2139,${'very '.repeat(300)}long dog\n`
    await post(`/orders/${order.id}/recipients`, { csv: list })
    const { body: refused, status } = await post(`/orders/${order.id}/checkout`, {})
    assert.equal(status, 422)
    assert.deepEqual(
      refused.error.errors.map((error: Json) => error.path),
      ['/recipients/3', '/recipients/4'],
    )
    assert.match(refused.error.errors[0].message, /"pet" has no value for row 3/)
    const { body: report } = await post(`/orders/${order.id}/quote`, { skip_unprintable: true })
    assert.deepEqual(
      [report.ready, report.preflight.skipped, report.order.recipient_count, report.order.quote.pieces],
      [true, 2, 1, 1],
    )
    const rejected = await get(`/orders/${order.id}/recipients?accepted=false`)
    assert.deepEqual(
      rejected.data.map((row: Json) => [row.row, row.reasons[0].code]),
      [
        [3, 'unprintable'],
        [4, 'unprintable'],
      ],
    )
    assert.equal((await post(`/orders/${order.id}/checkout`, {})).status, 200)
  })

  it('changes only what may still be changed, and is quoted anew', async () => {
    const order = await withList(2)
    await post(`/orders/${order.id}/quote`, {})
    const patch = (body: object, key = test) => t.call('PATCH', `/v1/orders/${order.id}`, { key, body })
    const changed = await patch({ message: 'Hello {{first_name}}!', ink: 'black', size: '6x9', metadata: { campaign: 'spring' } })
    assert.deepEqual(
      [changed.status, changed.body.status, changed.body.quote, changed.body.size, changed.body.message],
      [200, 'draft', null, '6x9', 'Hello {{first_name}}!'],
    )
    assert.equal((await patch({ pen: 'kalam' })).body.message, 'Hello {{first_name}}!')
    assert.equal((await get(`/orders?metadata[campaign]=spring`)).data.length, 1)
    assert.match((await patch({ html: '<p>x</p>' })).body.error.message, /html is not part of a handwritten campaign/)
    assert.match((await patch({ size: 'us_letter' })).body.error.message, /is not one of a handwritten campaign/)
    assert.equal((await post(`/orders/${order.id}/checkout`, {})).status, 200)
    const late = await patch({ message: 'Too late' })
    assert.deepEqual([late.status, late.body.error.code], [409, 'not_cancellable'])
    assert.equal(late.body.error.fix, 'Only a draft or quoted one can.')
    const unknown = await post('/orders', { quantity: 1, campaign_type: 'balloon' })
    assert.match(unknown.body.error.errors[0].message, /^must be one of: handwritten, /)
    const someday = await post('/orders', { quantity: 1, drops: [{ mail_date: 'tomorrow' }] })
    assert.match(someday.body.error.errors[0].message, /^is no day of the calendar; write /)
    const alien = await post('/orders', { quantity: 1, campaign_type: 'letter', message: 'Hi' })
    assert.match(alien.body.error.errors[0].message, /campaign, but of campaign_type handwritten or handwritten_letter$/)
    assert.match(late.body.error.message, /This order is paid/)
    assert.equal((await post(`/orders/${order.id}/recipients`, { csv: csv(1) })).status, 409)
    assert.equal((await patch({ status: 'cancelled' })).status, 409)
    assert.equal((await t.call('DELETE', `/v1/orders/${order.id}`, { key: test })).body.status, 'cancelled')
    assert.equal((await t.call('DELETE', `/v1/orders/${order.id}`, { key: test })).status, 409)
    const other = await draft()
    assert.equal(
      (await t.call('PATCH', `/v1/orders/${other.id}`, { key: test, body: { status: 'cancelled' } })).body.status,
      'cancelled',
    )
  })

  it('shares the list out to drops by date', async () => {
    const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)
    const order = await withList(5, { drops: [{ mail_date: day(20) }, { mail_date: day(10), quantity: 2 }] })
    assert.deepEqual(
      order.drops.map((drop: Json) => [drop.id, drop.status, drop.mail_date, drop.quantity]),
      [
        [null, 'planned', day(10), 2],
        [null, 'planned', day(20), null],
      ],
    )
    const { body } = await post(`/orders/${order.id}/checkout`, {})
    assert.deepEqual(
      body.drops.map((drop: Json) => drop.quantity),
      [2, 3],
    )
    const tight = await withList(5, { drops: [{ mail_date: day(10), quantity: 4 }] })
    assert.match((await post(`/orders/${tight.id}/checkout`, {})).body.error.message, /drops holds 4 of 5 recipients/)
    const { body: wrong } = await post('/orders', { quantity: 1, drops: [{ mail_date: '2020-01-01' }] })
    assert.match(wrong.error.message, /\/drops\/0\/mail_date has passed/)
    const { body: never } = await post('/orders', { quantity: 1, drops: [{ mail_date: '2026-02-31' }] })
    assert.equal(never.error.errors[0].path, '/drops/0/mail_date')
  })

  it('lists by cursor, and by number where asked', async () => {
    const all = (await get('/orders?limit=100')).data
    const page = await get('/orders?limit=2')
    assert.equal(page.total, undefined)
    const next = await get(`/orders?limit=2&cursor=${page.next_cursor}`)
    assert.deepEqual(
      [...page.data, ...next.data].map((order: Json) => order.id),
      all.slice(0, 4).map((order: Json) => order.id),
    )
    const third = await get('/orders?limit=2&offset=2')
    assert.deepEqual([third.total, third.offset, third.limit, third.data[0].id], [all.length, 2, 2, all[2].id])
    assert.ok((await get('/orders?status=paid&offset=0')).total < all.length)
  })

  it('makes letters, printed cards and cards abroad, each at its price', async () => {
    const letter = await withList(1, {
      campaign_type: 'letter',
      message: undefined,
      html: '<h1>Dear {{first_name}}</h1><p>Welcome.</p>',
    })
    assert.equal(letter.size, 'us_letter')
    const { body: paid } = await post(`/orders/${letter.id}/checkout`, {})
    assert.deepEqual([paid.status, paid.quote?.total_mills], ['paid', 1160], JSON.stringify(paid))
    const someone = { name: 'Ada Holloway', ...address }
    // Five sheets and their envelope weigh more than an ounce.
    const html = `<h1>Dear {{first_name}}</h1>${'<p>Welcome to the neighbourhood.</p>'.repeat(130)}`
    const long = await withList(2, { campaign_type: 'letter', message: undefined, html, double_sided: false })
    assert.equal((await post(`/orders/${long.id}/checkout`, {})).body.quote?.total_mills, 2 * (1160 + 290))
    const alone = await post('/letters', {
      to: someone,
      from: someone,
      html,
      merge_variables: { first_name: 'Ada' },
      double_sided: false,
    })
    assert.deepEqual([alone.body.price_mills, alone.body.postage_mills], [1450, 1070], JSON.stringify(alone.body))
    const both = await post('/letters', { to: someone, from: someone, html, merge_variables: { first_name: 'Ada' } })
    assert.equal(both.body.price_mills, 1160)
    const printed = await withList(1, {
      campaign_type: 'printed',
      message: undefined,
      html: '<p>Hello {{first_name}}</p>',
      front: '<h1>Sale</h1>',
    })
    assert.equal((await post(`/orders/${printed.id}/checkout`, {})).body.status, 'paid')
    const abroad = await draft()
    const { body: report } = await post(`/orders/${abroad.id}/recipients`, {
      csv: 'name,address,city,postcode,country\nZoë Müller,Hauptstr. 1,Berlin,10115,Germany\nAda,1 Elm St,Bonn,53111,Nowhere\n',
    })
    assert.deepEqual([report.accepted, report.reasons], [1, { invalid: 1 }])
    await t.call('PATCH', `/v1/orders/${abroad.id}`, { key: test, body: { message: 'Grüße aus Portland' } })
    const { body: sent } = await post(`/orders/${abroad.id}/checkout`, {})
    assert.equal(sent.quote?.total_mills, 240 + 1700, JSON.stringify(sent))
  })
})
