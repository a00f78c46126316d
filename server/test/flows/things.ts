/** One of everything an organization can have, and a request for every route: for tests that loop over the whole API. */
import assert from 'node:assert/strict'
import type { TestApp } from '../harness.ts'

const address = (name: string) => ({ name, line1: '1 Main St', city: 'Boston', state: 'MA', zip: '02118' })
const sender = { from: address('Sender') }
const card = { size: '4x6', message: 'Hello', to: address('Ann Post'), ...sender }
const list = 'first_name,last_name,address,city,state,zip\nAnn,Post,1 Main St,Boston,MA,02118\n'

/** Path parameters of `api/v1.ts` → ids of things made with `key`, in its mode. What is shared is made with `owner`, a live key. */
export const makeThings = async (
  t: TestApp,
  key: string,
  owner: { key: string; inbox: string },
): Promise<Record<string, string>> => {
  const made = async (method: string, path: string, body: object, by = key) => {
    const answer = await t.call(method, `/v1${path}`, { key: by, body })
    assert.ok(answer.status < 300, `${method} ${path}: ${JSON.stringify(answer.body)}`)
    return answer.body
  }
  const mail = { to: 'delivered@sandbox.test', subject: 's', text: 't', attachments: [{ filename: 'a', content: 'aGk=' }] }
  const unique = Math.random().toString(36).slice(2, 10)
  const webhook = await made('POST', '/webhooks', { url: 'http://127.0.0.1:9/x', events: ['*'] })
  const message = await made('POST', `/inboxes/${owner.inbox}/messages`, mail)
  const order = await made('POST', '/orders', { quantity: 5, message: 'Hi {{first_name}}', return_address: address('Sender') })
  await made('POST', `/orders/${order.id}/recipients`, { csv: list })
  const piece = await made('POST', '/postcards', card)
  const rule = { direction: 'receive', kind: 'block', pattern: `${unique}.test` }
  const deliveries = await t.call('GET', `/v1/webhooks/${webhook.id}/deliveries`, { key })
  return {
    inbox_id: owner.inbox,
    message_id: message.id,
    thread_id: message.thread_id,
    attachment_id: message.attachments[0].id,
    webhook_id: webhook.id,
    delivery_id: deliveries.body.data[0].id,
    event_id: deliveries.body.data[0].event_id,
    approval_id: message.id,
    key_id: (await made('POST', '/api-keys', { name: 'spare' }, owner.key)).id,
    domain_id: (await made('POST', '/domains', { name: `${unique}.example.com` }, owner.key)).id,
    rule_id: (await made('POST', `/inboxes/${owner.inbox}/rules`, rule, owner.key)).id,
    email: (await made('POST', '/suppressions', { email: `${unique}@sink.test` }, owner.key)).email,
    order_id: order.id,
    piece_id: piece.id,
  }
}

const bodies: Record<string, object> = {
  'POST /register': { name: 'Agent', owner_email: 'owner@company.test' },
  'POST /api-keys': { name: 'k' },
  'POST /inboxes': { name: 'New' },
  'PATCH /inboxes/:inbox_id': { name: 'Renamed' },
  'POST /inboxes/:inbox_id/rules': { direction: 'receive', kind: 'block', pattern: 'spam.test' },
  'POST /inboxes/:inbox_id/messages': { to: 'delivered@sandbox.test', subject: 's', text: 't' },
  'POST /inboxes/:inbox_id/messages/:message_id/reply': { text: 't' },
  'POST /inboxes/:inbox_id/wait': { timeout: 0 },
  'POST /messages/search': { query: 'word' },
  'POST /domains': { name: 'new.example.com' },
  'POST /suppressions': { email: 'new@sink.test' },
  'POST /wallet/topups': { amount_mills: 5000 },
  'POST /orders': { quantity: 5, message: 'Hi' },
  'PATCH /orders/:order_id': { message: 'Hello' },
  'POST /orders/:order_id/recipients': { csv: list },
  'POST /postcards': card,
  'POST /letters': { to: address('Ann Post'), ...sender, html: '<p>Hello</p>' },
  'POST /test-clock': { speed: 1 },
  'POST /test-clock/advance': { seconds: 1 },
  'POST /webhooks': { url: 'http://127.0.0.1:9/y', events: ['order.paid'] },
  'PATCH /webhooks/:webhook_id': { name: 'Renamed' },
  'POST /webhooks/:webhook_id/replay': { since: '2020-01-01T00:00:00Z' },
}

/** A request body that a row of `api/v1.ts` takes; undefined where it takes none. */
export const bodyOf = (at: string): object | undefined => bodies[at] ?? (/^(POST|PATCH) /.test(at) ? {} : undefined)
