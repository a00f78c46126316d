/** An event's data needs the scope its type names, wherever it is read: webhooks, the log, deliveries, replays, every dialect. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type EventType, events, eventTypes } from '../../src/events/events.ts'
import { scopes } from '../../src/scopes.ts'
import { eventually, type Json, startTestApp, type TestApp } from '../harness.ts'
import { type Sink, startSink } from '../http-sink.ts'

describe('event scopes', () => {
  let t: TestApp
  let sink: Sink
  let full: string
  let inbox: string
  before(async () => {
    t = await startTestApp()
    sink = await startSink()
    ;({ key: full, inbox } = await t.register('Events'))
  })
  after(async () => {
    await sink.stop()
    await t.close()
  })

  const call = (by: string, method: string, path: string, body?: object) =>
    t.call(method, path, { key: by, ...(body === undefined ? {} : { body }) })
  const small = (...held: string[]) => t.mint(full, { scopes: held })
  const send = async () =>
    (await call(full, 'POST', `/v1/inboxes/${inbox}/messages`, { to: 'a@sink.test', subject: 's', text: 'The secret body' })).body
  const order = async () => (await call(full, 'POST', '/v1/orders', { quantity: 5, message: 'Hi' })).body
  const refused = ({ status, body }: { status: number; body: Json }) => [status, body.error?.code ?? body.error]
  const toldAt = (path: string) =>
    sink.requests.filter(request => request.path === path).map(({ raw }) => JSON.parse(raw.toString()))

  it('are named by every type, and exist', () => {
    for (const type of eventTypes) assert.ok(events[type].scope in scopes, type)
    for (const type of eventTypes.filter(name => name.startsWith('message.'))) assert.equal(events[type].scope, 'messages.read')
  })

  it('are asked of who makes a webhook, for each type it names, in every dialect', async () => {
    const manager = await small('webhooks.manage')
    for (const type of eventTypes) {
      const { scope } = events[type]
      if (scope === 'webhooks.manage') continue
      const body = { url: sink.url, events: ['webhook.test', type] }
      assert.deepEqual(refused(await call(manager, 'POST', '/v1/webhooks', body)), [403, 'forbidden'], type)
      const reader = await small('webhooks.manage', scope)
      assert.equal((await call(reader, 'POST', '/v1/webhooks', body)).status, 201, type)
    }
    for (const [path, type] of [
      ['/mailboxkit/api/v1/webhooks', 'message.received'],
      ['/mailbots/api/v1/webhooks', 'piece.delivered'],
      ['/mailstream/v1/webhooks', 'mail.delivered'],
    ] as const) {
      const body = { name: 'n', url: sink.url, events: [type] }
      assert.equal((await call(manager, 'POST', path, body)).status, 403, path)
      assert.equal((await call(await small('webhooks.manage', 'messages.read', 'orders.read'), 'POST', path, body)).status, 201)
    }
  })

  it('bound what "*" means: all that the key which made it may read', async () => {
    const manager = await small('webhooks.manage', 'orders.read')
    const made = await call(manager, 'POST', '/v1/webhooks', { url: `${sink.url}/star`, events: ['*'] })
    assert.equal(made.status, 201)
    assert.deepEqual(made.body.scopes.sort(), ['orders.read', 'webhooks.manage'])
    await call(full, 'POST', '/v1/webhooks', { url: `${sink.url}/all`, events: ['*'] })
    await send()
    const { id } = await order()
    await eventually(async () => toldAt('/star').length > 0 && toldAt('/all').some(({ type }) => type === 'message.queued'))
    assert.deepEqual(
      toldAt('/star').map(({ type, data }) => [type, data.id]),
      [['order.created', id]],
    )
  })

  it('are asked of who has the events of a webhook sent elsewhere', async () => {
    const manager = await small('webhooks.manage')
    const elsewhere = { url: `${sink.url}/stolen` }
    for (const wanted of [['message.received', 'message.queued'], ['*'], ['order.paid', 'message.queued']]) {
      const { id } = (await call(full, 'POST', '/v1/webhooks', { url: `${sink.url}/mine`, events: wanted })).body
      assert.deepEqual(refused(await call(manager, 'PATCH', `/v1/webhooks/${id}`, elsewhere)), [403, 'forbidden'])
      assert.deepEqual(
        refused(
          await call(manager, 'PATCH', `/v1/webhooks/${id}`, {
            ...elsewhere,
            events: wanted.includes('*') ? ['message.queued'] : wanted,
          }),
        ),
        [403, 'forbidden'],
      )
      assert.equal((await call(manager, 'PATCH', `/v1/webhooks/${id}`, { name: 'Renamed' })).status, 200)
      // With "*" it is given what this key may read, and no mail any more.
      assert.equal((await call(manager, 'PATCH', `/v1/webhooks/${id}`, { ...elsewhere, events: ['*'] })).status, 200)
      const { body } = await call(full, 'GET', `/v1/webhooks/${id}`)
      assert.deepEqual(body.scopes, ['webhooks.manage'])
    }
    const mail = await send()
    await eventually(async () => toldAt('/all').some(({ data }) => data.id === mail.id))
    assert.deepEqual(toldAt('/stolen'), [])
    // Who may read more may give more.
    const { id } = (await call(manager, 'POST', '/v1/webhooks', { url: `${sink.url}/widened`, events: ['*'] })).body
    await call(full, 'PATCH', `/v1/webhooks/${id}`, { events: ['message.queued'] })
    await send()
    await eventually(async () => toldAt('/widened').length === 1)
  })

  it('outlive their key, and its end names the webhooks that go on', async () => {
    const made = (await call(full, 'POST', '/v1/api-keys', { name: 'rotated' })).body
    const mine = (await call(made.key, 'POST', '/v1/webhooks', { url: `${sink.url}/rotated`, events: ['message.queued'] })).body
    const taken = (await call(full, 'POST', '/v1/webhooks', { url: `${sink.url}/taken`, events: ['order.paid'] })).body
    await call(made.key, 'PATCH', `/v1/webhooks/${taken.id}`, { url: `${sink.url}/elsewhere` })
    assert.equal(mine.key_id, made.id)
    const { webhooks } = (await call(full, 'DELETE', `/v1/api-keys/${made.id}`)).body
    assert.deepEqual(webhooks.sort(), [mine.id, taken.id].sort())
    await send()
    await eventually(async () => toldAt('/rotated').length === 1)
  })

  it('are asked again at delivery: what waits is not sent to a webhook that may not be given it any more', async () => {
    const broken = await startSink(500)
    try {
      const hook = (await call(full, 'POST', '/v1/webhooks', { url: broken.url, events: ['message.queued', 'order.created'] }))
        .body
      await Promise.all([send(), order()])
      await eventually(async () => broken.requests.length === 2)
      const waiting = async () => (await call(full, 'GET', `/v1/webhooks/${hook.id}/deliveries?status=pending`)).body.data
      await eventually(async () => (await waiting()).filter((delivery: Json) => delivery.attempts === 1).length === 2)
      const keeper = await small('webhooks.manage', 'orders.read')
      assert.equal((await call(keeper, 'PATCH', `/v1/webhooks/${hook.id}`, { events: ['order.created'] })).status, 200)
      await t.app.db.pool.query("update webhook_deliveries set next_attempt_at = now() where state = 'pending'")
      const ended = await eventually(async () => {
        const { data } = (await call(full, 'GET', `/v1/webhooks/${hook.id}/deliveries`)).body
        return (
          data.some((delivery: Json) => delivery.attempts === 2) &&
          data.some((delivery: Json) => delivery.status === 'failed') &&
          data
        )
      })
      const of = (type: EventType) => ended.find((delivery: Json) => delivery.event_type === type)
      assert.deepEqual([of('message.queued').status, of('message.queued').attempts], ['failed', 1])
      assert.equal(of('order.created').attempts, 2)
      assert.equal(broken.requests.length, 3)
    } finally {
      await broken.stop()
    }
  })

  describe('in the log', () => {
    it('hide what the key may not read, and refuse it when it is asked for by type or id', async () => {
      const mail = await send()
      const paper = await order()
      const all = (await call(full, 'GET', '/v1/events?limit=100')).body.data
      const [ofMail, ofPaper] = [mail.id, paper.id].map(id => all.find((event: Json) => event.data.id === id))
      assert.ok(ofMail && ofPaper)
      const reader = await small('events.read')
      const clerk = await small('events.read', 'orders.read')
      const postman = await small('events.read', 'messages.read')
      const listed = async (by: string) =>
        (await call(by, 'GET', '/v1/events?limit=100')).body.data.map((event: Json) => event.id)
      assert.deepEqual(await listed(reader), [])
      assert.ok(!(await listed(clerk)).includes(ofMail.id) && (await listed(clerk)).includes(ofPaper.id))
      assert.ok((await listed(postman)).includes(ofMail.id) && !(await listed(postman)).includes(ofPaper.id))
      for (const base of ['/v1/events', '/mailstream/v1/events']) {
        for (const by of [reader, clerk]) {
          const answer = await call(by, 'GET', `${base}/${ofMail.id}`)
          assert.deepEqual(refused(answer), [403, 'forbidden'])
          assert.ok(!JSON.stringify(answer.body).includes('secret body'))
        }
        assert.equal((await call(postman, 'GET', `${base}/${ofMail.id}`)).body.data.text, 'The secret body')
        assert.equal((await call(reader, 'GET', `${base}/evt_01J00000000000000000000000`)).status, 404)
      }
      for (const type of eventTypes) {
        const own = await small('events.read', events[type].scope)
        assert.deepEqual(refused(await call(reader, 'GET', `/v1/events?type=${type}`)), [403, 'forbidden'], type)
        assert.equal((await call(own, 'GET', `/v1/events?type=${type}`)).status, 200, type)
      }
    })

    it('of a webhook hide it too, and it is not replayed by who may not read it', async () => {
      const { id } = (
        await call(full, 'POST', '/v1/webhooks', { url: `${sink.url}/log`, events: ['message.queued', 'order.created'] })
      ).body
      await Promise.all([send(), order()])
      await eventually(async () => toldAt('/log').length === 2)
      const log = async (by: string, of: string) => (await call(by, 'GET', of)).body.data
      const path = `/v1/webhooks/${id}`
      await eventually(async () => (await log(full, `${path}/attempts`)).length === 2)
      const manager = await small('webhooks.manage')
      const clerk = await small('webhooks.manage', 'orders.read')
      for (const list of [
        `${path}/deliveries`,
        `${path}/attempts`,
        `/mailstream${path}/deliveries`,
        `/mailstream${path}/attempts`,
      ]) {
        assert.deepEqual(await log(manager, list), [], list)
        assert.deepEqual(
          (await log(clerk, list)).map((entry: Json) => entry.event_type),
          ['order.created'],
          list,
        )
        assert.equal((await log(full, list)).length, 2, list)
      }
      const kit = `/mailboxkit/api/v1/webhooks/${id.slice(4)}/attempts`
      assert.deepEqual([(await log(manager, kit)).length, (await log(full, kit)).length], [0, 2])
      const ofMail = (await log(full, `${path}/deliveries`)).find((entry: Json) => entry.event_type === 'message.queued')
      for (const base of ['', '/mailstream'])
        assert.deepEqual(refused(await call(clerk, 'POST', `${base}${path}/deliveries/${ofMail.id}/replay`, {})), [
          403,
          'forbidden',
        ])
      await t.app.db.pool.query("update webhook_deliveries set state = 'failed' where state = 'delivered'")
      const since = { since: '2020-01-01T00:00:00Z' }
      assert.equal((await call(manager, 'POST', `${path}/replay`, since)).body.replayed, 0)
      assert.equal((await call(clerk, 'POST', `${path}/replay`, since)).body.replayed, 1)
      assert.equal((await call(full, 'POST', `${path}/replay`, since)).body.replayed, 1)
    })
  })
})
