/**
 * Every row of every dialect is replayed against the running server, with requests and answers in the shape of the product's own
 * documentation (`<product>/examples/*.json`). In an example `{name}` stands for something of the prepared world, and an expected
 * value that starts with `$` for a kind: $ulid $string $text $time $integer $boolean $url $any. Fields we add are allowed; a
 * documented field that is missing, or of another kind, fails.
 */
import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { eventually, type Json, startTestApp, type TestApp } from '../../test/harness.ts'
import { type Sink, startSink } from '../../test/http-sink.ts'
import { dialects } from './index.ts'

interface Example {
  row: string
  says: string
  /** Its own world of things, for requests that destroy. */
  params?: Record<string, string>
  query?: string
  headers?: Record<string, string>
  body?: Json
  /** multipart/form-data instead of JSON: field → text, or @text for a file. */
  form?: Record<string, string>
  key?: string
  status: number
  reply: Json
}

const kinds: Record<string, (value: unknown) => boolean> = {
  $ulid: value => /^[0-9A-HJKMNP-TV-Z]{26}$/.test(String(value)),
  $string: value => typeof value === 'string' && value.length > 0,
  $text: value => typeof value === 'string' || value === null,
  $time: value => typeof value === 'string' && /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/.test(value),
  $integer: value => Number.isInteger(value),
  $boolean: value => typeof value === 'boolean',
  $url: value => typeof value === 'string' && URL.canParse(value),
  $any: () => true,
}

const fits = (expected: Json, actual: Json, path: string): void => {
  if (typeof expected === 'string' && expected.startsWith('$') && kinds[expected])
    assert.ok(kinds[expected](actual), `${path}: ${JSON.stringify(actual)} is not ${expected}`)
  else if (Array.isArray(expected)) {
    assert.ok(Array.isArray(actual), `${path} is no list`)
    if (expected.length > 0) assert.ok(actual.length > 0, `${path} is empty`)
    if (expected.length > 0) for (const [index, item] of actual.entries()) fits(expected[0], item, `${path}/${index}`)
  } else if (expected !== null && typeof expected === 'object') {
    assert.ok(actual !== null && typeof actual === 'object', `${path} is no object but ${JSON.stringify(actual)}`)
    for (const [name, value] of Object.entries(expected)) {
      assert.ok(name in actual, `${path}/${name} is missing; there is ${Object.keys(actual)}`)
      fits(value, actual[name], `${path}/${name}`)
    }
  } else assert.equal(actual, expected, path)
}

/** What a dialect's examples talk about: made through the dialect itself. */
const worlds: Record<string, (t: TestApp, sink: Sink) => Promise<Record<string, string>>> = {
  mailboxkit: async (t, sink) => {
    const me = (await t.call('POST', '/api/v1/register', { body: { name: 'My Agent', owner_email: 'you@company.test' } })).body
    const key = me.api_key
    const sent = (
      await t.call('POST', `/api/v1/inboxes/${me.inbox_id}/messages/send`, {
        key,
        body: { to: [me.email], subject: 'Order confirmation #1234', text: 'Thanks, got it!', html: '<p>Thanks, got it!</p>' },
      })
    ).body
    const got = (await t.call('POST', `/v1/inboxes/inb_${me.inbox_id}/wait`, { key, body: { timeout: 20 } })).body
    assert.ok(got.message, 'the mail to myself did not arrive')
    await eventually(
      async () =>
        (await t.call('POST', '/api/v1/messages/search', { key, body: { query: 'confirmation' } })).body.data.length > 1,
    )
    const hook = (
      await t.call('POST', '/api/v1/webhooks', {
        key,
        body: { name: 'Email Notifications', url: sink.url, events: ['message.received'] },
      })
    ).body
    await t.call('POST', `/api/v1/webhooks/${hook.data.id}/test`, { key })
    const domain = (await t.call('POST', '/api/v1/domains', { key, body: { name: 'yourdomain.com' } })).body
    const doomedDomain = (await t.call('POST', '/api/v1/domains', { key, body: { name: 'doomed.example' } })).body
    const spare = (await t.call('POST', '/api/v1/api_keys', { key, body: { name: 'Spare' } })).body
    const doomed = (await t.call('POST', '/api/v1/inboxes', { key, body: { name: 'Doomed' } })).body
    const doomedHook = (
      await t.call('POST', '/api/v1/webhooks', { key, body: { name: 'Doomed', url: sink.url, events: ['message.sent'] } })
    ).body
    return {
      key,
      email: me.email,
      inbox: me.inbox_id,
      sent: sent.data.id,
      message: got.message.id.slice(4),
      thread: got.message.thread_id.slice(4),
      webhook: hook.data.id,
      domain: domain.data.id,
      doomed_domain: doomedDomain.data.id,
      spare_key: spare.data.id,
      doomed: doomed.data.id,
      doomed_webhook: doomedHook.data.id,
      sink: sink.url,
    }
  },
}

const card = {
  to: { name: 'Margaret Holloway', line1: '1847 Orchard Hill Rd', city: 'Northampton', state: 'MA', zip: '01060' },
  from: { name: 'The Copper Kettle', line1: '22 Harbor St', city: 'Portland', state: 'ME', zip: '04101' },
  message: 'Dear Margaret, thank you!',
}

worlds.mailstream = async (t, sink) => {
  const key = await t.mint((await t.register()).key, { mode: 'test', dialect: 'mailstream' })
  assert.match(key, /^ms_test_/)
  const piece = (await t.call('POST', '/v1/postcards', { key, body: { ...card, metadata: { customer: 'c_17' } } })).body
  const doomed = (await t.call('POST', '/v1/postcards', { key, body: card })).body
  const hook = (await t.call('POST', '/mailstream/v1/webhooks', { key, body: { url: sink.url, events: ['mail.created'] } })).body
  const other = (await t.call('POST', '/mailstream/v1/webhooks', { key, body: { url: sink.url, events: ['mail.failed'] } })).body
  await t.call('POST', '/v1/postcards', { key, body: card })
  const delivered = await eventually(async () => {
    const log = (await t.call('GET', `/mailstream/v1/webhooks/${hook.id}/deliveries`, { key })).body
    return log.data[0]?.status === 'delivered' && log.data[0]
  })
  return {
    key,
    piece_id: piece.id,
    doomed: doomed.id,
    webhook_id: hook.id,
    other: other.id,
    delivery_id: delivered.id,
    event_id: delivered.event_id,
    sink: sink.url,
  }
}

worlds.mailbots = async (t, sink) => {
  const owner = (await t.register()).key
  const key = await t.mint(owner, { mode: 'test', dialect: 'mailbots' })
  const reader = await t.mint(owner, { mode: 'test', dialect: 'mailbots', scopes: ['orders.read'] })
  const post = async (path: string, body: object) => {
    const answer = await t.call('POST', `/mailbots/api/v1${path}`, { key, body })
    assert.ok(answer.status < 300, JSON.stringify(answer.body))
    return answer.body
  }
  const order = async () => {
    const address = { name: 'Eleanor', line1: '22 Harbor St', city: 'Portland', state: 'ME', zip: '04101' }
    const made = await post('/orders', {
      quantity: 2,
      message: 'Hi {{first_name}}',
      campaign_type: 'handwritten',
      return_address: address,
    })
    const csv = 'first_name,address,city,state,zip\nAda,1 Elm St,Boston,MA,02139\nBob,2 Elm St,Boston,MA,02139\n'
    await post(`/orders/${made.id}/recipients`, { csv })
    return made.id as string
  }
  const mailed = await order()
  await post(`/orders/${mailed}/checkout`, {})
  await t.call('POST', '/v1/test-clock/advance', { key, body: { days: 20 } })
  await eventually(
    async () => (await t.call('GET', `/mailbots/api/v1/orders/${mailed}`, { key })).body.status === 'completed',
    30_000,
  )
  const tracking = (await t.call('GET', `/mailbots/api/v1/orders/${mailed}/tracking`, { key })).body
  const day = (days: number) => new Date(Date.now() + (20 + days) * 86_400_000).toISOString().slice(0, 10)
  return {
    key,
    reader,
    mailed,
    piece: tracking.data[0].piece_id,
    draft: (await post('/orders', { quantity: 5, message: 'Hi' })).id,
    bare: (await post('/orders', { quantity: 5 })).id,
    doomed_draft: (await post('/orders', { quantity: 5 })).id,
    doomed: (await post('/orders', { quantity: 5 })).id,
    ready: await order(),
    spare_key: (await post('/api-keys', { name: 'Spare' })).id,
    webhook: (await post('/webhooks', { url: sink.url, events: ['order.paid'] })).id,
    doomed_webhook: (await post('/webhooks', { url: sink.url, events: ['order.paid'] })).id,
    soon: day(10),
    later: day(30),
    sink: sink.url,
  }
}

for (const dialect of dialects) {
  describe(`${dialect.title} as documented`, async () => {
    const folder = join(import.meta.dirname, dialect.name, 'examples')
    const files = (await readdir(folder)).filter(name => name.endsWith('.json')).sort()
    const examples = (
      await Promise.all(files.map(async file => JSON.parse(await readFile(join(folder, file), 'utf8')) as Example[]))
    ).flat()
    it('has an example for every row', () => {
      const shown = new Set(examples.map(example => example.row))
      const rows = dialect.rows.flatMap(row => ('run' in row ? [row.at] : []))
      assert.deepEqual(
        rows.filter(at => !shown.has(at)),
        [],
      )
      assert.deepEqual(
        [...shown].filter(at => !rows.includes(at as (typeof rows)[number])),
        [],
      )
    })

    it('names a test that exists for every statement', async () => {
      for (const { states, shown } of dialect.statements ?? []) {
        const [file, title] = shown.split(': ', 2) as [string, string]
        const path = /^(server|sdk|mcp)\//.test(file)
          ? join(import.meta.dirname, '../../..', file)
          : join(import.meta.dirname, dialect.name, file)
        assert.ok((await readFile(path, 'utf8')).includes(title), `${states} → ${shown}`)
      }
    })

    // Each pass has a server of its own: an example may move the clock and lock what another pass still needs.
    for (const base of [`/${dialect.name}`, '']) {
      describe(`below ${base || '/'}`, () => {
        let t: TestApp
        let sink: Sink
        let world: Record<string, string>
        before(async () => {
          t = await startTestApp()
          sink = await startSink()
          world = await worlds[dialect.name]!(t, sink)
        })
        after(async () => {
          await sink.stop()
          await t.close()
        })

        for (const example of examples) {
          it(`${base}${example.row.replace(' /', ' ')}: ${example.says}`, async () => {
            const fill = (value: Json): Json =>
              JSON.parse(JSON.stringify(value ?? null).replace(/\{(\w+)\}/g, (all, name: string) => world[name] ?? all))
            const [method, path] = example.row.split(' ') as [string, string]
            const params = fill(example.params ?? {})
            const url = `${t.url}${base}${path.replace(/:(\w+)/g, (_, name: string) => params[name] ?? world[name] ?? `:${name}`)}${fill(example.query ?? '')}`
            const key = example.key === undefined ? world.key : fill(example.key)
            const headers: Record<string, string> = {
              ...(key ? { authorization: `Bearer ${key}` } : {}),
              ...fill(example.headers ?? {}),
            }
            let body: string | FormData | undefined
            if (example.form) {
              body = new FormData()
              for (const [name, value] of Object.entries(fill(example.form) as Record<string, string>)) {
                if (value.startsWith('@'))
                  body.append(name, new File([value.slice(1)], 'report.pdf', { type: 'application/pdf' }))
                else body.append(name, value)
              }
            } else if (example.body !== undefined) {
              body = JSON.stringify(fill(example.body))
              headers['content-type'] = 'application/json'
            }
            const response = await fetch(url, { method, headers, ...(body === undefined ? {} : { body }) })
            const text = await response.text()
            assert.equal(response.status, example.status, text)
            fits(fill(example.reply), JSON.parse(text), '')
          })
        }
      })
    }
  })
}
