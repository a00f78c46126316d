/** webhooks.verify() against what the server signs, what the reference library signs, and forgeries. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { newSecret, standardWebhooks } from '../../server/src/webhooks/sign.ts'
import Pennypost, { verifyWebhook } from '../src/index.ts'

const secret = newSecret('pennypost')
const at = new Date()
const event = {
  id: 'evt_1',
  type: 'message.received',
  created_at: at,
  livemode: true,
  data: { subject: 'Grüße' },
} as unknown as Parameters<typeof standardWebhooks.encode>[0]
const signed = (secrets: [string, ...string[]] = [secret], when = at) => {
  const body = standardWebhooks.encode(event) as string
  return { body, headers: standardWebhooks.headers(body, secrets, event, when) }
}
const forged = { code: 'invalid_signature', status: 0, retryable: false }

describe('webhooks.verify', () => {
  it('reads an event the server signed: text or bytes, plain headers or Headers, either names', async () => {
    const { body, headers } = signed()
    const pp = new Pennypost({ apiKey: 'k' })
    const got = await pp.webhooks.verify(body, headers, secret)
    assert.deepEqual([got.type, got.data.subject], ['message.received', 'Grüße'])
    assert.equal((await verifyWebhook(Buffer.from(body), new Headers(headers), secret)).id, 'evt_1')
    assert.equal((await verifyWebhook(new TextEncoder().encode(body).buffer, headers, secret)).id, 'evt_1')
    const named = (prefix: string) => Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith(prefix)))
    assert.equal((await verifyWebhook(body, named('svix-'), secret)).id, 'evt_1')
    const upper = Object.fromEntries(Object.entries(named('webhook-')).map(([name, value]) => [name.toUpperCase(), [value]]))
    assert.equal((await verifyWebhook(body, upper, secret)).id, 'evt_1')
  })

  it('reads what the reference library signed', async () => {
    const body = '{"id":"evt_2","type":"webhook.test"}'
    const headers = {
      'webhook-id': 'evt_2',
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(secret).sign('evt_2', at, body),
    }
    assert.equal((await verifyWebhook(body, headers, secret)).id, 'evt_2')
  })

  it('takes the old and the new secret while one replaces the other', async () => {
    const next = newSecret('pennypost')
    const { body, headers } = signed([next, secret])
    for (const one of [secret, next]) assert.equal((await verifyWebhook(body, headers, one)).id, 'evt_1')
  })

  it('refuses forgeries', async () => {
    const { body, headers } = signed()
    const refused = (given: string, changes: Record<string, string | undefined>, key = secret, options = {}) =>
      assert.rejects(verifyWebhook(given, { ...headers, ...changes }, key, options), forged)
    await refused(body.replace('true', 'false'), {})
    await refused(body, {}, newSecret('pennypost'))
    await refused(body, { 'webhook-id': 'evt_9' })
    await refused(body, { 'webhook-timestamp': String(Number(headers['webhook-timestamp']) + 1) })
    for (const timestamp of ['NaN', '', '-1', '1e9', '9'.repeat(400)]) await refused(body, { 'webhook-timestamp': timestamp })
    for (const signature of ['', 'v1,', 'v1,%%%', 'v2,AAAA', 'v1a,AAAA', headers['webhook-signature']!.slice(3)])
      await refused(body, { 'webhook-signature': signature, 'svix-signature': undefined })
    await refused(body, {}, secret, { now: at.getTime() + 301_000 })
    await refused(body, {}, secret, { now: at.getTime() - 302_000 })
    await assert.rejects(verifyWebhook(body, {}, secret), forged)
  })

  it('keeps to the tolerance it is given', async () => {
    const { body, headers } = signed()
    assert.ok(await verifyWebhook(body, headers, secret, { now: at.getTime() + 299_000 }))
    assert.ok(await verifyWebhook(body, headers, secret, { now: at.getTime() + 3_000_000, toleranceSeconds: 3600 }))
  })

  it('says so when the secret is none', async () => {
    const { body, headers } = signed()
    for (const wrong of ['', 'whsec_', 'whsec_%%%']) await assert.rejects(verifyWebhook(body, headers, wrong), TypeError)
  })
})
