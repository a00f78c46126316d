/** Mail out, end to end: accepted by the API, handed to a real SMTP server on loopback, recorded, told. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { eventually, startTestApp, type TestApp } from '../harness.ts'
import { type SmtpPeer, startPeer } from '../smtp-peer.ts'

let peer: SmtpPeer
let t: TestApp

before(async () => {
  peer = await startPeer()
  t = await startTestApp({ config: { OUTBOUND: `smtp://127.0.0.1:${peer.port}` } })
})
after(async () => {
  await t.close()
  await peer.stop()
})

test('a mail is sent, delivered, and its events tell so', async () => {
  const { key, inbox } = await t.register()
  const sent = await t.call('POST', `/v1/inboxes/${inbox}/messages`, {
    key,
    body: { to: 'a@example.org', subject: 'Hello', text: 'World' },
  })
  assert.equal(sent.status, 202, JSON.stringify(sent.body))
  const message = await eventually(async () => {
    const { body } = await t.call('GET', `/v1/messages/${sent.body.id}`, { key })
    return body.status === 'delivered' && body
  })
  assert.equal(message.recipients[0].status, 'delivered')
})
