/** What an inbox may send, an inbox of the same server receives: the limits of both sides fit, base64 included. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { sha256 } from '../../src/kernel/crypto.ts'
import { eventually, type Json, startTestApp, type TestApp } from '../harness.ts'

let server: TestApp
before(async () => {
  server = await startTestApp()
})
after(() => server.close())

const megabyte = 1024 * 1024
/** A send with files of so many MB each, as multipart: JSON would be a third larger. */
const send = async (from: { key: string; inbox: string }, to: string, files: Buffer[], text: string) => {
  const form = new FormData()
  form.append('to', to)
  form.append('subject', 'Large')
  form.append('text', text)
  for (const [index, bytes] of files.entries())
    form.append('attachments[]', new Blob([new Uint8Array(bytes)]), `part-${index}.bin`)
  const answer = await fetch(`${server.url}/v1/inboxes/${from.inbox}/messages`, {
    method: 'POST',
    headers: { authorization: `Bearer ${from.key}` },
    body: form,
  })
  return { status: answer.status, body: (await answer.json()) as Json }
}

test('five files of 10 MB arrive at another inbox of this server, byte for byte', { timeout: 120_000 }, async () => {
  const from = await server.register()
  const to = await server.register()
  const files = Array.from({ length: 5 }, () => randomBytes(10 * megabyte))
  const sent = await send(from, to.email, files, 'All five.')
  assert.equal(sent.status, 202, JSON.stringify(sent.body))
  const message: Json = await eventually(async () => {
    const { body } = await server.call('GET', `/v1/inboxes/${to.inbox}/messages?direction=inbound`, { key: to.key })
    const own = await server.call('GET', `/v1/messages/${sent.body.id}`, { key: from.key })
    assert.notEqual(own.body.status, 'bounced', JSON.stringify(own.body.recipients))
    return body.data[0]
  }, 60_000)
  assert.equal(message.parse_problem, null)
  assert.match(message.text, /^All five\./)
  assert.equal(message.attachments.length, 5)
  for (const [index, file] of message.attachments.entries()) {
    const bytes = Buffer.from(await (await fetch(file.url.replace('localhost', '127.0.0.1'))).arrayBuffer())
    assert.deepEqual(sha256(bytes), sha256(files[index]!), file.filename)
  }
})

test('what would be too large to be received is refused when it is sent, by name', async () => {
  const from = await server.register()
  const files = Array.from({ length: 5 }, () => Buffer.alloc(10 * megabyte))
  const { status, body } = await send(from, 'x@example.net', files, 'x'.repeat(4_900_000))
  assert.equal(status, 422)
  assert.deepEqual(body.error.errors, [
    {
      path: '/attachments',
      message: 'and bodies make a message of more than 75 MB together; shorten the text or send a link',
    },
  ])
})
