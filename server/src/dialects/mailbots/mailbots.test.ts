/** What examples of requests and answers cannot show of Mailbots: its commands, files, webhooks, scopes and limits. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import crypto from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { startZone } from '../../../test/dns-zone.ts'
import { eventually, type Json, startTestApp, type TestApp } from '../../../test/harness.ts'
import { type Sink, startSink } from '../../../test/http-sink.ts'
import { xlsx } from '../../../test/xlsx-writer.ts'
import { movableClock } from '../../kernel/clock.ts'

/** The function of their documentation, as it stands there. */
function verifyMailbotsSignature(rawBody: string | Buffer, signatureHeader: string, secret: string) {
  const expected = crypto.createHmac('sha256', secret).update(rawBody).digest('hex')
  const [, received] = signatureHeader.split('=')
  return crypto.timingSafeEqual(Buffer.from(expected, 'hex'), Buffer.from(received!, 'hex'))
}

const address = { name: 'Eleanor', line1: '22 Harbor St', city: 'Portland', state: 'ME', zip: '04101' }
const csv = 'first_name,address,city,state,zip\nAda,1 Elm St,Boston,MA,02139\nRETURNED,2 Elm St,Boston,MA,02139\n'

describe('Mailbots', () => {
  let t: TestApp
  let sink: Sink
  let owner: string
  let key: string
  before(async () => {
    t = await startTestApp()
    sink = await startSink()
    owner = (await t.register()).key
    key = await t.mint(owner, { mode: 'test', dialect: 'mailbots' })
  })
  after(async () => {
    await t.close()
    await sink.stop()
  })
  const call = (method: string, path: string, body?: object) =>
    t.call(method, `/api/v1${path}`, { key, ...(body ? { body } : {}) })

  it('tells of every documented event in its own words, signed as documented', async () => {
    assert.match(key, /^mb_test_/)
    const events = [
      'order.created',
      'order.paid',
      'order.production_started',
      'order.mailed',
      'piece.delivered',
      'piece.returned',
      'qr.scanned',
    ]
    const { body: hook } = await call('POST', '/webhooks', { url: sink.url, events })
    const { body: order } = await call('POST', '/orders', {
      quantity: 2,
      message: 'Hi {{first_name}}',
      return_address: address,
      qr_url: 'https://example.com/x',
    })
    await call('POST', `/orders/${order.id}/recipients`, { csv })
    assert.equal((await call('POST', `/orders/${order.id}/checkout`, {})).status, 200)
    const { data } = (await t.call('GET', `/v1/pieces?order_id=ord_${order.id}`, { key: owner })).body
    assert.deepEqual(data, [], 'a live key sees no test pieces')
    const piece = (await t.call('GET', `/v1/pieces?order_id=ord_${order.id}`, { key })).body.data[0]
    await fetch(piece.short_url.replace(/^HTTPS?:\/\/[^/]+/i, t.url), {
      redirect: 'manual',
      headers: { 'user-agent': 'Mozilla/5.0 (iPhone)' },
    })
    await t.call('POST', '/v1/test-clock/advance', { key, body: { days: 20 } })
    await eventually(
      async () => new Set(sink.requests.map(({ headers }) => headers['x-mailbots-event'])).size === events.length,
      30_000,
    )
    for (const request of sink.requests) {
      const signature = String(request.headers['x-mailbots-signature'])
      assert.match(signature, /^sha256=[0-9a-f]{64}$/)
      assert.ok(verifyMailbotsSignature(request.raw, signature, hook.secret))
      const event = JSON.parse(request.raw.toString())
      assert.equal(event.event, request.headers['x-mailbots-event'])
      assert.equal(event.order_id, order.id)
      assert.equal('piece_id' in event, !event.event.startsWith('order.'))
      if (event.piece_id) assert.match(event.piece_id, /^[0-9A-HJKMNP-TV-Z]{26}$/)
      assert.ok(!/"(ord|pce|drp|evt)_/.test(request.raw.toString()), 'ids are bare')
    }
    const mailed = sink.requests.map(({ raw }) => JSON.parse(raw.toString())).find(({ event }) => event === 'order.mailed')
    assert.deepEqual([mailed.data.id, mailed.data.status, mailed.data.quantity], [order.id, 'mailed', 2])
  })

  it('reads the fields of an order under every name a client may use', async () => {
    const place = { street: '22 Harbor St', city: 'Portland', state: 'ME', postal_code: '04101' }
    const make = async (more: object) => {
      const { status, body } = await call('POST', '/orders', { quantity: 1, message: 'Merry Christmas', ...more })
      assert.equal(status, 201, JSON.stringify(body))
      assert.equal(body.ignored, undefined, JSON.stringify(body.ignored))
      return body
    }
    for (const name of ['send_date', 'mail_date', 'mailing_date', 'drop_date']) {
      const { drops } = await make({ [name]: '2027-12-24' })
      assert.deepEqual([drops[0].mail_date, drops[0].status], ['2027-12-24', 'planned'], name)
    }
    assert.equal((await make({ send_date: '2027-12-24T09:00:00Z' })).drops[0].mail_date, '2027-12-24')
    for (const card of ['6x9', '9x6', '6 x 9', '6"x9"']) assert.equal((await make({ card_size: card })).size, '6x9', card)
    for (const name of ['qr_code_url', 'qr_url', 'qr_code'])
      assert.equal((await make({ [name]: 'https://example.com/tea' })).qr_url, 'https://example.com/tea')
    const sender = await make({ sender_info: { name: 'Eleanor', ...place } })
    assert.deepEqual(
      [sender.sender_name, sender.return_address.line1, sender.return_address.zip],
      ['Eleanor', '22 Harbor St', '04101'],
    )
    assert.equal((await make({ sender_info: 'Eleanor' })).sender_name, 'Eleanor')
    assert.equal((await make({ campaign_type: 'handwritten_card' })).campaign_type, 'handwritten')
    const { body: past } = await call('POST', '/orders', { quantity: 1, message: 'Hi', send_date: '2020-01-01' })
    assert.deepEqual(past.details[0].message, 'has passed')
  })

  it('takes the recipients with the order', async () => {
    const recipients = [
      {
        first_name: 'Ada',
        last_name: 'Holloway',
        address: '1 Elm Street',
        city: 'Boston',
        state: 'MA',
        zip: '02139',
        pet: 'cat',
      },
      { first_name: 'Bob', address: { line1: '2 Elm Street', city: 'Boston', state: 'XX', zip: '02139' } },
    ]
    const { status, body } = await call('POST', '/orders', { message: 'Hi {{first_name}}, how is the {{pet}}?', recipients })
    assert.equal(status, 201, JSON.stringify(body))
    assert.deepEqual([body.quantity, body.recipient_count, body.recipients.accepted, body.recipients.rejected], [2, 1, 1, 1])
    assert.equal(body.recipients.rejected_rows[0].row, 3)
    const { data } = (await t.call('GET', `/v1/orders/ord_${body.id}/recipients?accepted=true`, { key })).body
    assert.deepEqual([data[0].to.line1, data[0].merge_variables.pet], ['1 ELM ST', 'cat'])
    const before = (await call('GET', '/orders?limit=1')).body.pagination.total
    const bad = await call('POST', '/orders', { quantity: 1, message: 'Hi', recipients: [{ colour: 'red' }] })
    assert.equal(bad.status, 400)
    assert.match(bad.body.details[0].field, /^recipients/)
    assert.equal((await call('GET', '/orders?limit=1')).body.pagination.total, before, 'no order is left behind')
    const reader = await t.mint(owner, { mode: 'test', dialect: 'mailbots', scopes: ['orders.create'] })
    const made = await t.call('POST', '/api/v1/orders', {
      key: reader,
      body: { message: 'Hi', recipients: recipients.slice(0, 1) },
    })
    assert.equal(made.status, 201, JSON.stringify(made.body))
  })

  it('shares /api/v1/webhooks with MailboxKit by the prefix of the key', async () => {
    const other = await t.mint(owner, { mode: 'test', dialect: 'mailboxkit' })
    assert.ok('pagination' in (await call('GET', '/webhooks')).body)
    assert.ok('meta' in (await t.call('GET', '/api/v1/webhooks', { key: other })).body)
  })

  it('lets a key do what its scopes say', async () => {
    const scoped = async (scope: string) => t.mint(owner, { mode: 'test', dialect: 'mailbots', scopes: [scope] })
    const { id } = (await call('POST', '/orders', { quantity: 1 })).body
    const needs: [string, string, string][] = [
      ['POST', '/orders', 'orders.create'],
      ['GET', '/orders', 'orders.read'],
      ['GET', `/orders/${id}`, 'orders.read'],
      ['PATCH', `/orders/${id}`, 'orders.update'],
      ['POST', `/orders/${id}/recipients`, 'orders.update'],
      ['POST', `/orders/${id}/checkout`, 'orders.update'],
      ['GET', `/orders/${id}/tracking`, 'orders.read'],
      ['GET', `/orders/${id}/analytics`, 'orders.read'],
      ['GET', '/pieces/x/tracking', 'orders.read'],
      ['POST', '/api-keys', 'account.manage'],
      ['GET', '/api-keys', 'account.manage'],
      ['DELETE', '/api-keys/x', 'account.manage'],
      ['POST', '/webhooks', 'webhooks.manage'],
      ['GET', '/webhooks', 'webhooks.manage'],
      ['DELETE', '/webhooks/x', 'webhooks.manage'],
      ['GET', '/account', 'account.read'],
      ['DELETE', `/orders/${id}`, 'orders.delete'],
    ]
    const names = [...new Set(needs.map(([, , scope]) => scope))]
    const keys = new Map(await Promise.all(names.map(async name => [name, await scoped(name)] as const)))
    for (const [method, path, scope] of needs)
      for (const [name, scopedKey] of keys) {
        const body = method === 'POST' || method === 'PATCH' ? {} : undefined
        const { status } = await t.call(method, `/api/v1${path}`, { key: scopedKey, ...(body ? { body } : {}) })
        assert.equal(status === 403, name !== scope, `${method} ${path} with ${name}: ${status}`)
      }
  })

  it('takes 60 requests a minute, 30 of them lists, and says when to come back', async () => {
    const still = await startTestApp({ config: { RATE_LIMITS: 'on' }, clock: movableClock(), roles: ['web'] })
    const fresh = await still.mint((await still.register()).key, { mode: 'test', dialect: 'mailbots' })
    const run = async (path: string, times: number) => {
      let passed = 0
      let refused: Headers | undefined
      for (let i = 0; i < times; i++) {
        const { status, headers } = await still.call('GET', `/api/v1${path}`, { key: fresh })
        if (status === 429) refused ??= headers
        else passed++
      }
      return { passed, refused }
    }
    const lists = await run('/orders', 35)
    assert.equal(lists.passed, 30)
    assert.match(lists.refused!.get('retry-after')!, /^[1-9]\d?$/)
    const others = await run('/account', 35)
    assert.equal(others.passed, 30)
    assert.ok(others.refused!.get('retry-after'))
    await still.close()
  })

  it('runs the commands of the document', async () => {
    const zone = await startZone({ 'your-server.example.com': { A: ['127.0.0.1'] } })
    const there = await startTestApp({ config: { DNS_SERVERS: zone.server } })
    try {
      const live = await there.mint((await there.register()).key, { mode: 'live', dialect: 'mailbots' })
      const command = async (text: string) => {
        const mine = text.replaceAll('https://mailbots.ai', there.url).replaceAll('mb_live_...', live)
        const { stdout } = await promisify(execFile)('sh', ['-c', mine.replace('curl', 'curl -s --max-time 20')])
        return JSON.parse(stdout)
      }
      const order = await command(`curl -X POST \\
-H "Authorization: Bearer mb_live_..." \\
-H "Content-Type: application/json" \\
-d '{"quantity":500,"message":"Hi {{first_name}}, …","campaign_type":"handwritten"}' \\
https://mailbots.ai/api/v1/orders`)
      assert.deepEqual([order.quantity, order.message, order.status], [500, 'Hi {{first_name}}, …', 'draft'])
      const mailed = await command(`curl -H "Authorization: Bearer mb_live_..." \\
"https://mailbots.ai/api/v1/orders?status=mailed&limit=20"`)
      assert.deepEqual(mailed, { data: [], pagination: { total: 0, limit: 20, offset: 0 } })
      const tracking = await command(`curl -H "Authorization: Bearer mb_live_..." \\
"https://mailbots.ai/api/v1/orders/${order.id}/tracking"`)
      assert.deepEqual(tracking.data, [])
      const hook = await command(`curl -X POST \\
-H "Authorization: Bearer mb_live_..." \\
-H "Content-Type: application/json" \\
-d '{"url":"https://your-server.example.com/mailbots-webhook","events":["order.mailed","piece.delivered"]}' \\
"https://mailbots.ai/api/v1/webhooks"`)
      assert.ok(hook.secret)
      const next = async (path: string, more: string) =>
        command(
          `curl -X POST -H "Authorization: Bearer mb_live_..." ${more} https://mailbots.ai/api/v1/orders/${order.id}${path}`,
        )
      assert.equal(
        (await next('/recipients', `-F "recipients=first_name,address,city,state,zip;type=text/csv"`)).code,
        'validation_error',
      )
      await there.call('PATCH', `/api/v1/orders/${order.id}`, { key: live, body: { return_address: address } })
      await there.call('POST', `/api/v1/orders/${order.id}/recipients`, { key: live, body: { csv } })
      // Clients that always name a type, and send nothing.
      const paid = await next('/checkout', '-H "Content-Type: application/json"')
      assert.equal(paid.error ?? paid.status, 'Your organization does not have enough credit for this.')
    } finally {
      await there.close()
      await zone.stop()
    }
  })

  it('takes a list as CSV or XLSX, whatever the field of the form is called', async () => {
    const { id } = (await call('POST', '/orders', { quantity: 5 })).body
    const rows = [
      ['first_name', 'address', 'city', 'state', 'zip'],
      ['Ada', '1 Elm St', 'Boston', 'MA', '02139'],
      ['Bob', '2 Elm St', 'Boston', 'MA', '02139'],
    ]
    const files = [new File([csv], 'list.csv', { type: 'text/csv' }), new File([new Uint8Array(xlsx(rows))], 'list.xlsx')]
    for (const file of files)
      for (const field of ['file', 'recipients', 'csv']) {
        const form = new FormData()
        form.append(field, file)
        const answer = await fetch(`${t.url}/api/v1/orders/${id}/recipients`, {
          method: 'POST',
          headers: { authorization: `Bearer ${key}` },
          body: form,
        })
        const report = (await answer.json()) as Json
        assert.deepEqual(
          [answer.status, report.accepted, report.format?.type],
          [200, 2, file.name.slice(5)],
          JSON.stringify(report),
        )
      }
  })

  it('cancels what is not paid; what is paid is cancelled by our own API until it is printed', async () => {
    const cancel = (id: string) => call('DELETE', `/orders/${id}`)
    const paidOrder = async () => {
      const { id } = (await call('POST', '/orders', { quantity: 2, message: 'Hi', return_address: address })).body
      await call('POST', `/orders/${id}/recipients`, { csv })
      assert.equal((await call('POST', `/orders/${id}/checkout`, {})).body.payment_status, 'paid')
      return id
    }
    const { id } = (await call('POST', '/orders', { quantity: 1 })).body
    assert.equal((await cancel(id)).body.status, 'cancelled')
    assert.deepEqual([(await cancel(id)).status, (await cancel(id)).body.code], [400, 'invalid_state'])
    const early = await paidOrder()
    const { status, body } = await cancel(early)
    assert.deepEqual([status, body.code], [400, 'invalid_state'])
    const native = (id: string) => t.call('DELETE', `/v1/orders/ord_${id}`, { key })
    assert.equal((await native(early)).body.status, 'cancelled')
    assert.equal((await call('GET', `/orders/${early}`)).body.payment_status, 'refunded')
    const late = await paidOrder()
    await t.call('POST', '/v1/test-clock/advance', { key, body: { days: 4 } })
    assert.equal((await native(late)).body.error.code, 'not_cancellable')
  })

  it('mints keys with its prefixes, all scopes unless some are selected', async () => {
    const scopes = [
      'orders.create',
      'orders.read',
      'orders.update',
      'orders.delete',
      'account.read',
      'account.manage',
      'webhooks.manage',
    ]
    const made = (await call('POST', '/api-keys', { name: 'All' })).body
    assert.match(made.key, /^mb_test_\w{20,}$/)
    assert.deepEqual(
      scopes.filter(scope => !made.scopes.includes(scope)),
      [],
    )
    const live = await t.mint(owner, { mode: 'live', dialect: 'mailbots' })
    assert.match((await t.call('POST', '/api/v1/api-keys', { key: live, body: {} })).body.key, /^mb_live_/)
    const few = (await call('POST', '/api-keys', { name: 'Few', scopes: ['orders.read'] })).body
    assert.deepEqual(few.scopes, ['orders.read'])
    const listed = (await call('GET', '/api-keys?limit=100')).body.data
    assert.ok(listed.length > 2 && listed.every((each: Json) => each.key.includes('…')))
    const use = () => t.call('GET', '/api/v1/orders', { key: few.key })
    assert.equal((await use()).status, 200)
    assert.equal((await call('DELETE', `/api-keys/${few.id}`)).status, 200)
    assert.equal((await use()).status, 401)
  })

  it('answers the documented statuses', async () => {
    const status = async (path: string, headers: Record<string, string>) =>
      (await t.call('GET', `/api/v1${path}`, { headers })).status
    for (const authorization of ['', 'Bearer', 'Bearer nonsense', `Basic ${key}`, `Bearer ${key}x`, key])
      assert.equal(await status('/orders', authorization ? { authorization } : {}), 401, authorization)
    const nobody = '01HZZZZZZZZZZZZZZZZZZZZZZZ'
    for (const [method, path] of [
      ['GET', `/orders/${nobody}`],
      ['PATCH', `/orders/${nobody}`],
      ['DELETE', `/orders/${nobody}`],
      ['GET', `/orders/${nobody}/tracking`],
      ['GET', `/orders/${nobody}/analytics`],
      ['GET', `/pieces/${nobody}/tracking`],
      ['DELETE', `/webhooks/${nobody}`],
    ] as const) {
      const { status, body } = await call(method, path, method === 'PATCH' ? {} : undefined)
      assert.deepEqual([status, body.code], [404, 'not_found'], path)
    }
    const broken = await startTestApp({ roles: ['web'], config: { LOG_LEVEL: 'silent' } })
    try {
      const theirs = await broken.mint((await broken.register()).key, { mode: 'test', dialect: 'mailbots' })
      await broken.app.db.pool.query('alter view order_details rename to gone')
      const { status, body } = await broken.call('GET', '/api/v1/orders', { key: theirs })
      assert.deepEqual([status, body.code], [500, 'server_error'])
      await broken.app.db.pool.query('alter view gone rename to order_details')
      assert.equal((await broken.call('GET', '/api/v1/orders', { key: theirs })).status, 200)
    } finally {
      await broken.close()
    }
  })
})
