import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import crypto from 'node:crypto'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { Webhook as StandardWebhook } from 'standardwebhooks'
import { Webhook as SvixWebhook } from 'svix'
import { webhooks as mailboxkit } from '../dialects/mailboxkit/webhooks.ts'
import { newId, publicId } from '../kernel/ids.ts'
import { newSecret, standardWebhooks, type WebhookEvent } from './sign.ts'

const event = (data: Record<string, unknown>, type: WebhookEvent['type'] = 'webhook.test'): WebhookEvent => ({
  id: publicId('event', newId()),
  type,
  created_at: new Date('2026-02-20T12:00:00.123Z'),
  sequence: 1_790_000_000_000_000,
  livemode: true,
  data,
})

const bodies: Record<string, Record<string, unknown>> = {
  plain: { hello: 'world' },
  'beyond the basic plane': { text: 'Grüße, 世界 🕊️ \u2028\u2029 "quoted" \\ \u0007' },
  'large numbers': { n: Number.MAX_SAFE_INTEGER, big: 1e21, tiny: 5e-324 },
  'a megabyte': { text: 'ü'.repeat(500_000) },
}

for (const [name, data] of Object.entries(bodies)) {
  test(`independent libraries verify the bytes: ${name}`, () => {
    const secret = newSecret('pennypost')
    const sent = event(data)
    const body = standardWebhooks.encode(sent)
    const headers = standardWebhooks.headers(body, [secret], sent, new Date())
    const seen = new StandardWebhook(secret).verify(body, headers) as { id: string; data: unknown }
    assert.ok(isDeepStrictEqual(seen.data, data))
    assert.equal(seen.id, headers['webhook-id'])
    const svixOnly = Object.fromEntries(Object.entries(headers).filter(([header]) => header.startsWith('svix-')))
    assert.doesNotThrow(() => new SvixWebhook(secret).verify(Buffer.from(body), svixOnly))
    assert.throws(() => new SvixWebhook(secret).verify(Buffer.from(`${body} `), svixOnly))
  })
}

test('a changed body, id or time, or another secret, does not verify', () => {
  const secret = newSecret('pennypost')
  const sent = event({ amount: 1 })
  const body = standardWebhooks.encode(sent)
  const headers = standardWebhooks.headers(body, [secret], sent, new Date())
  const verify =
    (...[with_, bytes, more]: [string, string, object?]) =>
    () =>
      new StandardWebhook(with_).verify(bytes, { ...headers, ...more })
  assert.doesNotThrow(verify(secret, body))
  assert.throws(verify(secret, body.replace('"amount":1', '"amount":2')))
  assert.throws(verify(secret, body, { 'webhook-id': publicId('event', newId()) }))
  assert.throws(verify(secret, body, { 'webhook-timestamp': String(Number(headers['webhook-timestamp']) - 1) }))
  assert.throws(verify(newSecret('pennypost'), body))
  assert.throws(() => {
    const old = standardWebhooks.headers(body, [secret], sent, new Date(Date.now() - 6 * 60_000))
    new StandardWebhook(secret).verify(body, old)
  })
})

test('during a rotation both secrets verify, with both libraries', () => {
  const [oldSecret, secret] = [newSecret('pennypost'), newSecret('pennypost')]
  const sent = event({})
  const body = standardWebhooks.encode(sent)
  const headers = standardWebhooks.headers(body, [secret, oldSecret], sent, new Date())
  for (const known of [oldSecret, secret]) {
    new StandardWebhook(known).verify(body, headers)
    new SvixWebhook(known).verify(body, headers)
  }
})

test('secrets have 256 random bits, in the form their verifiers take', () => {
  assert.match(newSecret('pennypost'), /^whsec_[A-Za-z0-9+/]{43}=$/)
  assert.match(newSecret('mailboxkit'), /^[0-9a-f]{64}$/)
  assert.equal(new Set(Array.from({ length: 100 }, () => newSecret('pennypost'))).size, 100)
  assert.ok(!publicId('event', newId()).includes('.'), 'a dot in the id would let one signature fit two messages')
})

/** The verification of MailboxKit's page for Node, as a receiver runs it. */
const verifyInNode = (body: Buffer, signature: string, secret: string): boolean => {
  const expected = crypto.createHmac('sha256', secret).update(body).digest('hex')
  return crypto.timingSafeEqual(Buffer.from(expected), Buffer.from(signature))
}

/** And for Python: the body on stdin, the answer in the exit code. */
const verifyInPython = (body: Buffer, signature: string, secret: string): boolean => {
  const program = [
    'import hmac, hashlib, sys',
    'expected = hmac.new(sys.argv[2].encode(), sys.stdin.buffer.read(), hashlib.sha256).hexdigest()',
    'sys.exit(0 if hmac.compare_digest(expected, sys.argv[1]) else 3)',
  ].join('\n')
  const { status, error } = spawnSync('python3', ['-c', program, signature, secret], { input: body })
  assert.ifError(error)
  return status === 0
}

test("MailboxKit's snippets verify our bytes", () => {
  const secret = newSecret('mailboxkit')
  for (const data of Object.values(bodies)) {
    const sent = event(data)
    const body = mailboxkit.encode(sent)
    const signature = mailboxkit.headers(body, [secret, newSecret('mailboxkit')], sent, new Date())['x-mailboxkit-signature']!
    for (const verify of [verifyInNode, verifyInPython]) {
      assert.ok(verify(Buffer.from(body), signature, secret))
      assert.ok(!verify(Buffer.from(`${body} `), signature, secret))
    }
  }
})

test('a MailboxKit payload has the documented fields', () => {
  const [id, inboxId, threadId, fileId] = [newId(), newId(), newId(), newId()]
  const message = {
    id: publicId('message', id),
    inbox_id: publicId('inbox', inboxId),
    thread_id: publicId('thread', threadId),
    message_id: '<abc123@example.com>',
    from_email: 'sender@example.com',
    to: ['inbox@yourdomain.com'],
    cc: [],
    bcc: [],
    subject: 'Re: Order #1234',
    text: 'Thanks, got it!',
    html: '<p>Thanks, got it!</p>',
    attachments: [
      {
        id: publicId('attachment', fileId),
        filename: 'receipt.pdf',
        content_type: 'application/pdf',
        size: 24580,
        url: 'https://post.example/files/x',
      },
    ],
    created_at: '2026-02-20T12:00:00.000Z',
    truncated: false,
    recipient: 'customer@example.com',
  }
  const bare = (noun: 'message' | 'inbox' | 'thread' | 'attachment', uuid: string) => publicId(noun, uuid).slice(4)
  const payload = JSON.parse(mailboxkit.encode(event(message, 'message.received')))
  assert.deepEqual(Object.keys(payload), ['event', 'timestamp', 'data'])
  assert.equal(payload.event, 'message.received')
  assert.equal(payload.timestamp, '2026-02-20T12:00:00Z')
  const { data } = payload
  assert.equal(data.id, bare('message', id))
  assert.equal(data.inbox_id, bare('inbox', inboxId))
  assert.equal(data.thread_id, bare('thread', threadId))
  assert.equal(data.message_id, '<abc123@example.com>')
  assert.deepEqual(data.to_emails, ['inbox@yourdomain.com'])
  assert.equal(data.text_body, 'Thanks, got it!')
  assert.equal(data.html_body, '<p>Thanks, got it!</p>')
  assert.deepEqual(data.attachments, [
    {
      id: bare('attachment', fileId),
      filename: 'receipt.pdf',
      mime_type: 'application/pdf',
      size: 24580,
      url: 'https://post.example/files/x',
    },
  ])
  assert.equal(data.created_at, '2026-02-20T12:00:00Z')
  assert.equal(data.recipient, 'customer@example.com')
})

test('a MailboxKit inbox event has bare ids', () => {
  const [inbox, organization] = [newId(), newId()]
  const data = {
    id: publicId('inbox', inbox),
    name: 'Support',
    email: 'a@b.test',
    organization_id: publicId('organization', organization),
    created_at: '2026-02-20T12:00:00.000Z',
  }
  const payload = JSON.parse(mailboxkit.encode(event(data, 'inbox.created')))
  assert.equal(payload.data.id, publicId('inbox', inbox).slice(4))
  assert.equal(payload.data.organization_id, publicId('organization', organization).slice(4))
})
