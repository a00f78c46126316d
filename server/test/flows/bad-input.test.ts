/** Bad input gets a clear answer that names the field, and nothing is lost or leaked by it. */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { movableClock } from '../../src/kernel/clock.ts'
import { refusals } from '../../src/problems.ts'
import { startTestApp, type TestApp } from '../harness.ts'

describe('bad input', () => {
  let t: TestApp
  let key: string
  let inbox: string
  before(async () => {
    t = await startTestApp()
    ;({ key, inbox } = await t.register('Bad input'))
  })
  after(() => t.close())

  const good = { to: 'a@sink.test', subject: 's', text: 't' }
  const send = (change: object, headers?: Record<string, string>) =>
    t.call('POST', `/v1/inboxes/${inbox}/messages`, { key, body: { ...good, ...change }, ...(headers ? { headers } : {}) })
  const messages = async () =>
    (await t.app.db.pool.query("select count(*)::int as n from messages where from_email not like 'pennypost@%'")).rows[0].n

  it('names the field and the fix', async () => {
    const { status, body } = await send({ to: ['good@sink.test', 'not an address'] })
    assert.equal(status, 422)
    assert.equal(body.error.code, 'invalid_input')
    assert.equal(body.error.errors[0].path, '/to/1')
    assert.match(body.error.message, /not an address/)
    assert.ok(body.error.fix)
    assert.match(body.error.request_id, /^req_/)
  })

  it('names what is wrong where several kinds of value will do', async () => {
    const wrong = async (to: unknown) => (await send({ to })).body.error.errors
    assert.deepEqual(await wrong({ a: 1 }), [{ path: '/to', message: 'must be string or array' }])
    assert.deepEqual(await wrong(['a@sink.test', 1]), [{ path: '/to/1', message: 'must be string' }])
    const many = await wrong(Array.from({ length: 200 }, (_, i) => `a${i}@sink.test`))
    assert.deepEqual([many.length, many[0].path], [1, '/to'])
    assert.match(many[0].message, /not have more than \d+ items/)
  })

  it('no file is declared to be a part of a mail, or to bring along what the composer writes', async () => {
    const types = [
      'multipart/mixed',
      'Multipart/Alternative; boundary=x',
      'message/rfc822',
      'MESSAGE/partial',
      'message/external-body',
    ]
    const parameters = [
      'text/plain; boundary=x',
      'text/plain; name=a.exe',
      'text/plain;filename=x',
      'text/plain; charset=a; CHARSET=b',
    ]
    const malformed = [
      'text',
      'text/',
      '/plain',
      '+x/y',
      'text/plain, text/html',
      'text/plain;',
      'text/"plain"',
      'text /plain',
      '',
    ]
    const wrong = [...types, ...parameters, ...malformed]
    for (const content_type of wrong) {
      const { status, body } = await send({ attachments: [{ filename: 'a', content: 'aGk=', content_type }] })
      assert.deepEqual([status, body.error.errors[0].path], [422, '/attachments/0/content_type'], content_type)
      const form = new FormData()
      for (const [name, value] of Object.entries(good)) form.set(name, value)
      form.set('attachments[0]', new File(['hi'], 'a.eml', { type: content_type }))
      if (!types.slice(0, 3).includes(content_type)) continue
      const answer = await fetch(`${t.url}/v1/inboxes/${inbox}/messages`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}` },
        body: form,
      })
      assert.equal(answer.status, 422, content_type)
    }
    for (const content_type of [
      'application/pdf',
      'Text/Calendar; method=REQUEST; charset=utf-8',
      'application/vnd.ms-excel',
      'x-a/y',
    ])
      assert.equal((await send({ attachments: [{ filename: 'a', content: 'aGk=', content_type }] })).status, 202, content_type)
  })

  it('refuses unknown fields in the native API', async () => {
    const { status, body } = await send({ subjct: 'typo' })
    assert.equal(status, 422)
    assert.deepEqual(body.error.errors[0], { path: '/subjct', message: 'is not a field of this request; remove it' })
    assert.equal(
      (await t.call('POST', '/v1/inboxes', { key, body: { name: 'x', organization_id: 'org_x', balance_mills: 5 } })).status,
      422,
    )
  })

  it('CR and LF cannot get into anything that becomes a header or a command', async () => {
    const before = await messages()
    const breaks = ['a\r\nBcc: victim@evil.test', 'a\nX: y', 'a\rb', 'a\u2028b\nc']
    for (const evil of breaks) {
      const tries: object[] = [
        { subject: evil },
        { to: `${evil}@sink.test` },
        { to: `Name ${evil} <a@sink.test>` },
        { cc: [`x${evil}@sink.test`] },
        { bcc: `x${evil}@sink.test` },
        { reply_to: `x${evil}@sink.test` },
        { headers: { 'X-Tag': evil } },
        { headers: { [`X-${evil}`]: 'v' } },
        { attachments: [{ filename: evil, content: 'aGk=' }] },
        { attachments: [{ filename: 'a', content: 'aGk=', content_type: `text/plain${evil}` }] },
        { attachments: [{ filename: 'a', content: 'aGk=', content_id: evil }] },
      ]
      for (const change of tries) {
        const { status, body } = await send(change)
        assert.equal(status, 422, `${JSON.stringify(change)} → ${JSON.stringify(body)}`)
        assert.ok(body.error.errors[0].path, JSON.stringify(change))
      }
      const named = await t.call('POST', '/v1/inboxes', { key, body: { name: evil } })
      assert.equal(named.status, 422, JSON.stringify(evil))
    }
    assert.equal(await messages(), before)
  })

  it('headers that are ours cannot be set', async () => {
    for (const name of [
      'Bcc',
      'bcc',
      'From',
      'Return-Path',
      'Received',
      'DKIM-Signature',
      'Authentication-Results',
      'Content-Type',
      'MIME-Version',
      'Message-ID',
    ])
      assert.equal((await send({ headers: { [name]: 'x' } })).status, 422, name)
  })

  it('base64 garbage, a sixth attachment, one too large, no content at all', async () => {
    const file = { filename: 'a', content: 'aGk=' }
    assert.equal(
      (await send({ attachments: [{ filename: 'a', content: '%%%not base64' }] })).body.error.errors[0].path,
      '/attachments/0/content',
    )
    assert.equal((await send({ attachments: Array(6).fill(file) })).body.error.errors[0].path, '/attachments')
    assert.equal(
      (await send({ attachments: [{ filename: 'a', content: Buffer.alloc(10 * 1024 * 1024 + 1).toString('base64') }] })).body
        .error.errors[0].path,
      '/attachments/0/content',
    )
    assert.equal((await send({ text: undefined })).body.error.errors[0].path, '/text')
    assert.equal((await send({ to: [] })).body.error.errors[0].path, '/to')
    assert.equal((await send({ to: Array.from({ length: 51 }, (_, i) => `a${i}@sink.test`) })).status, 422)
    assert.equal(
      (await send({ attachments: Array(5).fill({ filename: 'a', content: Buffer.alloc(10 * 1024 * 1024).toString('base64') }) }))
        .status,
      202,
    )
  })

  it('the same by multipart', async () => {
    const form = (fields: [string, string | File][]) => {
      const data = new FormData()
      for (const [name, value] of fields) data.append(name, value as string)
      return fetch(`${t.url}/v1/inboxes/${inbox}/messages`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}` },
        body: data,
      })
    }
    const base: [string, string][] = [
      ['to[0]', 'a@sink.test'],
      ['subject', 's'],
      ['text', 't'],
    ]
    assert.equal((await form(base)).status, 202)
    assert.equal(
      (
        await form([
          ...base,
          ...Array.from({ length: 6 }, (_, i): [string, File] => [`attachments[${i}]`, new File(['x'], 'a.txt')]),
        ])
      ).status,
      422,
    )
    assert.equal(
      (await form([...base, ['attachments[0]', new File([Buffer.alloc(10 * 1024 * 1024 + 10)], 'big.bin')]])).status,
      413,
    )
    for (const name of ['__proto__[x]', 'a[__proto__][b]', 'constructor[prototype][x]', 'a[b][c][d][e][f]'])
      assert.equal((await form([...base, [name, '1']])).status, 422, name)
    assert.equal(({} as { x?: string }).x, undefined)
  })

  it('hostile JSON is a 4xx, never a 5xx', async () => {
    const post = (body: string, type = 'application/json') =>
      fetch(`${t.url}/v1/inboxes/${inbox}/messages`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': type },
        body,
      })
    const bodies = [
      '',
      '{',
      '[]',
      '"x"',
      'null',
      '1',
      '{"to":"a@b.test","subject":"s","text":"\\u0000"}',
      '{"to":"a@b.test","subject":"s","text":"\\ud800"}',
      '{"__proto__":{"x":1},"to":"a@b.test"}',
      '{"constructor":{"prototype":{"x":1}}}',
      `${'['.repeat(10_000)}${']'.repeat(10_000)}`,
      '{"to":1e309}',
      '{"to":{"a":1},"subject":[],"text":{}}',
    ]
    for (const body of bodies) {
      const { status } = await post(body)
      assert.ok(status >= 400 && status < 500, `${status} for ${body.slice(0, 80)}`)
    }
    assert.equal((await post('a=b', 'application/x-www-form-urlencoded')).status, 415)
    assert.equal((await post('x', 'text/plain')).status, 415)
    assert.equal(
      (await t.call('POST', '/v1/inboxes', { key, body: JSON.stringify({ name: 'x'.repeat(2_000_000) }) })).status,
      413,
    )
  })

  it('odd ids, paths and queries are 404 or 422', async () => {
    for (const id of [
      'msg_',
      'msg_01J',
      'MSG_01J00000000000000000000000',
      "msg_' or 1=1--",
      '%00',
      '../../etc',
      'inb_01J00000000000000000000000',
      '9'.repeat(500),
    ])
      assert.equal((await t.call('GET', `/v1/messages/${encodeURIComponent(id)}`, { key })).status, 404, id)
    assert.equal((await t.call('GET', '/v1/inboxes?limit=0', { key })).status, 422)
    assert.equal((await t.call('GET', '/v1/inboxes?limit=101', { key })).status, 422)
    assert.equal((await t.call('GET', '/v1/inboxes?limit=x', { key })).status, 422)
    assert.equal((await t.call('GET', '/v1/inboxes?colour=red', { key })).status, 422)
    assert.equal((await t.call('GET', '/v1/nothing', { key })).body.error.code, 'no_such_route')
    for (const query of ['&&& !! ((', "'; drop table messages; --", '"', ':*', '\\', 'a'.repeat(500)])
      assert.equal((await t.call('POST', '/v1/messages/search', { key, body: { query } })).status, 200, query)
    const search = (date_from: string) => t.call('POST', '/v1/messages/search', { key, body: { query: 'x', date_from } })
    for (const date of ['2026-99-99', '2026-02-30', 'yesterday', '5', '2026-01-31X', '2026-01-31T25:00', ''])
      assert.match((await search(date)).body.error?.message ?? date, /is not a date; write 2026-01-31/)
    for (const date of [
      '2026-01-31',
      '2026-01-31T12:00',
      '2026-01-31 12:00:00.5',
      '2026-01-31T12:00:00+02:00',
      '2028-02-29',
      '0001-01-01',
    ])
      assert.equal((await search(date)).status, 200, date)
  })

  it('an address that is taken, reserved, or at a domain of somebody else', async () => {
    const made = await t.call('POST', '/v1/inboxes', { key, body: { email: 'Mine@Mail.Test' } })
    assert.equal(made.body.email, 'mine@mail.test')
    const again = await t.call('POST', '/v1/inboxes', { key, body: { email: 'mine@mail.test' } })
    assert.equal(again.status, 409)
    assert.equal(again.body.error.code, 'address_taken')
    for (const email of ['postmaster@mail.test', 'bounce+x@mail.test', 'abuse@mail.test'])
      assert.equal((await t.call('POST', '/v1/inboxes', { key, body: { email } })).status, 409, email)
    assert.equal(
      (await t.call('POST', '/v1/inboxes', { key, body: { email: 'ceo@bank.example' } })).body.error.code,
      'domain_not_yours',
    )
  })

  it('a webhook to a private address is refused where private networks are not allowed', async () => {
    const strict = await startTestApp({ config: { ALLOW_PRIVATE_NETWORKS: 'off' } })
    try {
      const me = await strict.register()
      for (const url of [
        'http://127.0.0.1/x',
        'http://localhost/x',
        'http://[::1]/',
        'http://169.254.169.254/latest',
        'http://2130706433/',
        'http://0x7f.1/',
        'ftp://example.com',
        'http://user:pw@127.0.0.1/',
        'http://10.1.2.3:5432/',
      ]) {
        const { status, body } = await strict.call('POST', '/v1/webhooks', { key: me.key, body: { url, events: ['*'] } })
        assert.equal(status, 422, url)
        assert.ok(['url_refused', 'invalid_input'].includes(body.error.code), url)
      }
    } finally {
      await strict.close()
    }
  })

  it('too many requests: 429 with the documented headers, per key; registrations per address', async () => {
    // A clock that stands: no minute can end in the middle.
    const limited = await startTestApp({ config: { RATE_LIMITS: 'on' }, clock: movableClock() })
    try {
      const me = await limited.register()
      const first = await limited.call('GET', '/v1/wallet', { key: me.key })
      assert.equal(first.headers.get('x-ratelimit-limit'), '1000')
      assert.equal(first.headers.get('x-ratelimit-remaining'), '999')
      assert.ok(Number(first.headers.get('x-ratelimit-reset')) > Date.now() / 1000 - 1)
      let last = first
      for (let i = 0; i < 1100 && last.status === 200; i += 50)
        last = (await Promise.all(Array.from({ length: 50 }, () => limited.call('GET', '/v1/wallet', { key: me.key })))).at(-1)!
      assert.equal(last.status, 429)
      assert.equal(last.body.error.code, 'rate_limited')
      assert.equal(last.body.error.retryable, true)
      assert.ok(Number(last.headers.get('retry-after')) >= 1)
      const dialect = await limited.call('GET', '/api/v1/inboxes', { key: me.key })
      assert.equal(dialect.headers.get('x-ratelimit-limit'), '1000')
      const more = []
      for (let i = 0; i < 6; i++)
        more.push((await limited.call('POST', '/v1/register', { body: { name: 'x', owner_email: `o${i}@company.test` } })).status)
      assert.deepEqual(more, [201, 201, 201, 201, 201, 429])
    } finally {
      await limited.close()
    }
  })

  it('a form that is none, or whose field would be cut, is refused', async () => {
    const before = await messages()
    const post = async (body: string, type: string) =>
      (
        await fetch(`${t.url}/v1/inboxes/${inbox}/messages`, {
          method: 'POST',
          headers: { authorization: `Bearer ${key}`, 'content-type': type },
          body,
        })
      ).status
    const field = (name: string, value: string) => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
    const form = (text: string) => `${field('to', good.to)}${field('subject', 's')}${field('text', text)}`
    assert.equal(await post('xx', 'multipart/form-data'), 422)
    assert.equal(await post('--b\r\nxx', 'multipart/form-data; boundary=b'), 422)
    assert.equal(await post(form('t'), 'multipart/form-data; boundary=b'), 422)
    assert.equal(await post(`${form('x'.repeat(5_000_001))}--b--\r\n`, 'multipart/form-data; boundary=b'), 413)
    assert.equal(await messages(), before)
    assert.equal(await post(`${form('t')}--b--\r\n`, 'multipart/form-data; boundary=b'), 202)
  })

  it('a request that stops in the middle changes nothing and hangs nothing', async () => {
    const before = await messages()
    const socket = connect(new URL(t.url).port as unknown as number, '127.0.0.1')
    socket.write(
      `POST /v1/inboxes/${inbox}/messages HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"to":"a@si`,
    )
    await new Promise(resolve => setTimeout(resolve, 100))
    socket.destroy()
    assert.equal((await send({})).status, 202)
    assert.equal(await messages(), before + 1)
  })

  it('says how to log in where a key is missing, and to come back only where that can help', async () => {
    assert.equal((await t.call('GET', '/v1/inboxes')).headers.get('www-authenticate'), 'Bearer')
    const { status, headers } = await t.call('POST', '/v1/wallet/topups', { key, body: { amount_mills: 5000 } })
    assert.deepEqual([status, headers.get('retry-after')], [503, null])
  })

  it('every refusal is written down with a status, a sentence and a fix', () => {
    for (const [code, { http, message, fix }] of Object.entries(refusals))
      assert.ok(http >= 400 && message.length > 10 && fix.length > 5, code)
  })
})
