/** Modes kept apart: the table of docs/guides/modes.md, tried row by row, and what the sandbox must not do to live mode. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'
import { v1 } from '../../src/api/v1.ts'
import { eventually, type Json, startTestApp, type TestApp } from '../harness.ts'
import { type Sink, startSink } from '../http-sink.ts'
import { bodyOf, makeThings } from './things.ts'

const guide = await readFile(new URL('../../../docs/guides/modes.md', import.meta.url), 'utf8')
const modeOf = new Map([...guide.matchAll(/^\| `([A-Z]+ \/[^`]*)` \| (.+) \|$/gm)].map(([, at, mode]) => [at!, mode!]))

describe('modes', () => {
  let t: TestApp
  let sink: Sink
  let live: string
  let test: string
  let inbox: string
  /** Things of live mode, and of test mode; what is shared, a live key made. */
  let mine: Record<string, string>
  let theirs: Record<string, string>
  before(async () => {
    t = await startTestApp({ config: { STARTING_CREDIT_MILLS: '10000000' } })
    sink = await startSink()
    ;({ key: live, inbox } = await t.register('Modes'))
    test = await t.mint(live)
    mine = await makeThings(t, live, { key: live, inbox })
    theirs = await makeThings(t, test, { key: live, inbox })
  })
  after(async () => {
    await sink.stop()
    await t.close()
  })

  const call = (by: string, method: string, path: string, body?: object) =>
    t.call(method, path, { key: by, ...(body === undefined ? {} : { body }) })
  const ask = (by: string, at: string, things: Record<string, string>) => {
    const [method, path] = at.split(' ') as [string, string]
    return call(by, method, `/v1${path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(things[name]!))}`, bodyOf(at))
  }
  const unknown = (things: Record<string, string>) =>
    Object.fromEntries(
      Object.entries(things).map(([name, id]) => [
        name,
        id.includes('@') ? 'unknown@sink.test' : `${id.slice(0, 4)}01J00000000000000000000000`,
      ]),
    )
  /** What a GET of the thing itself says, to see that nothing changed. */
  const shown = async (at: string, things: Record<string, string>) => {
    const path = at.split(' ')[1]!
    const owner = /^(\/\w+\/:\w+)/.exec(path)?.[1]
    const readable = path.includes('rules') ? 'GET /inboxes/:inbox_id/rules' : `GET ${owner}`
    return (await ask(live, readable, things)).body
  }

  it('are written down for every operation, and for none that is not there', () => {
    assert.deepEqual([...modeOf.keys()].sort(), v1.map(([at]) => at).sort())
  })

  describe('row by row', () => {
    for (const [at, { scope }] of v1) {
      const mode = modeOf.get(at)
      if (scope === 'public') continue
      it(`${at}: ${mode}`, async () => {
        if (mode === 'live') {
          const answer = await ask(test, at, mine)
          assert.deepEqual([answer.status, answer.body.error?.code], [403, 'live_only'])
        } else if (mode === 'test') {
          const answer = await ask(live, at, mine)
          assert.deepEqual([answer.status, answer.body.error?.code], [403, 'test_only'])
        } else if (mode === 'shared') {
          const [one, two] = [await ask(live, at, mine), await ask(test, at, at.startsWith('POST') ? {} : mine)]
          if (at.startsWith('GET')) assert.deepEqual([one.status, two.body], [200, one.body])
          else assert.ok([201, 409].includes(two.status), JSON.stringify(two.body))
        } else if (mode === 'live or own') {
          const kept = await shown(at, mine)
          const answer = await ask(test, at, mine)
          assert.deepEqual([answer.status, answer.body.error?.code], [403, 'live_only'])
          assert.deepEqual(await shown(at, mine), kept)
          const other = await t.mint(live)
          const made = (await call(test, 'POST', '/v1/inboxes', { name: 'Rehearsal' })).body
          const own = await makeThings(t, test, { key: test, inbox: made.id })
          assert.equal((await ask(other, at, own)).body.error?.code, 'live_only', 'made by another test key')
          const done = await ask(test, at, own)
          assert.ok(done.status < 300, JSON.stringify(done.body))
        } else if (at.includes('/:') && !at.includes('key_id')) {
          const pairs: [string, Record<string, string>][] = [
            [test, mine],
            [live, theirs],
          ]
          // The inbox is shared; what is in it is not.
          if (/^(POST|GET) \/inboxes\/:inbox_id\/\w+$/.test(at)) {
            for (const [by, things] of pairs) {
              const text = JSON.stringify((await ask(by, at, { inbox_id: inbox })).body)
              assert.ok(![things.message_id, things.thread_id].some(id => text.includes(id!)), text)
            }
            return
          }
          if (at === 'DELETE /suppressions/:email') {
            assert.equal((await ask(test, at, mine)).body.error.code, 'live_only')
            assert.equal((await ask(test, at, unknown(mine))).status, 404)
            assert.equal((await ask(live, at, mine)).status, 200)
            return
          }
          for (const [by, things] of pairs) {
            const [foreign, none] = [await ask(by, at, things), await ask(by, at, { ...unknown(things), inbox_id: inbox })]
            const plain = ({ body }: Json) => JSON.stringify({ ...body.error, request_id: '' })
            assert.equal(foreign.status, 404, JSON.stringify(foreign.body))
            assert.deepEqual([none.status, plain(none)], [404, plain(foreign)])
          }
        } else if (at.startsWith('GET') && !at.includes('key') && !at.includes('suppressions')) {
          for (const [by, things] of [
            [test, mine],
            [live, theirs],
          ] as const) {
            const text = JSON.stringify((await ask(by, at, things)).body)
            for (const name of ['message_id', 'order_id', 'piece_id', 'webhook_id', 'event_id'] as const)
              assert.ok(!text.includes(things[name]!), `${name} of the other mode: ${text}`)
          }
        } else {
          // What is made is of the maker's mode; keys and suppressions have tests of their own below.
          const [one, two] = [await ask(live, at, mine), await ask(test, at, mine)]
          const said = [one.body, two.body].map(body => body.livemode)
          if (one.status < 300 && typeof said[0] === 'boolean') assert.deepEqual(said, [true, false])
        }
      })
    }
  })

  it('a test key changes and deletes only what it made itself, in every dialect', async () => {
    const kit = await t.mint(live, { mode: 'test', dialect: 'mailboxkit' })
    const name = `kit-${Date.now()}.example.com`
    const make = async (by: string, path: string, body: object) =>
      (await call(by, 'POST', `/mailboxkit/api/v1${path}`, body)).body.data.id as string
    const at = { inbox: '/mailboxkit/api/v1/inboxes', domain: '/mailboxkit/api/v1/domains' }
    const [ofLive, ofTest] = [await make(live, '/inboxes', { name: 'Live' }), await make(kit, '/inboxes', { name: 'Test' })]
    const domains = [await make(live, '/domains', { name }), await make(kit, '/domains', { name: `own-${name}` })] as const
    for (const [method, path] of [
      ['DELETE', `${at.inbox}/${ofLive}`],
      ['DELETE', `${at.domain}/${domains[0]}`],
      ['POST', `${at.domain}/${domains[0]}/verify`],
    ] as const)
      assert.equal((await call(kit, method, path, method === 'POST' ? {} : undefined)).status, 403, `${method} ${path}`)
    for (const path of [`${at.inbox}/${ofLive}`, `${at.domain}/${domains[0]}`])
      assert.equal((await call(live, 'GET', path)).status, 200)
    for (const path of [`${at.inbox}/${ofTest}`, `${at.domain}/${domains[1]}`])
      assert.equal((await call(kit, 'DELETE', path)).status, 200)
  })

  it('keys: a test key sees, reads and revokes test keys only; a live key both', async () => {
    const mode = async (by: string, name: string, wanted: object) =>
      (await call(by, 'POST', '/v1/api-keys', { name, ...wanted })).body
    const [ofLive, ofTest] = [await mode(live, 'l', { mode: 'live' }), await mode(live, 't', { mode: 'test' })]
    const listed = (await call(test, 'GET', '/v1/api-keys?limit=100')).body.data
    assert.ok(listed.length > 0 && listed.every((key: Json) => key.mode === 'test'))
    const kit = await t.mint(live, { mode: 'test', dialect: 'mailboxkit' })
    const theirs = (await call(kit, 'GET', '/mailboxkit/api/v1/api_keys?per_page=100')).body
    assert.ok(theirs.data.length > 0 && theirs.data.every((key: Json) => key.id !== ofLive.id.slice(4)))
    for (const [method, path] of [
      ['GET', `/v1/api-keys/${ofLive.id}`],
      ['DELETE', `/v1/api-keys/${ofLive.id}`],
      ['DELETE', `/mailboxkit/api/v1/api_keys/${ofLive.id.slice(4)}`],
      ['DELETE', `/mailbots/api/v1/api-keys/${ofLive.id.slice(4)}`],
    ] as const)
      assert.equal((await call(test, method, path)).status, 404, path)
    assert.equal((await call(ofLive.key, 'GET', '/v1/account')).status, 200)
    assert.equal((await call(test, 'DELETE', `/v1/api-keys/${ofTest.id}`)).status, 200)
    assert.equal((await mode(test, 'x', { mode: 'live' })).error.code, 'live_only')
    const again = await mode(live, 't', { mode: 'test' })
    assert.equal((await call(live, 'DELETE', `/v1/api-keys/${again.id}`)).status, 200)
  })

  it('suppressions of a test key keep nothing live from being sent, those of live mode count in both', async () => {
    const send = async (by: string, to: string) =>
      (await call(by, 'POST', `/v1/inboxes/${inbox}/messages`, { to, subject: 's', text: 't' })).body.status
    await call(test, 'POST', '/v1/suppressions', { email: 'Rehearsed@sink.test' })
    assert.deepEqual([await send(live, 'rehearsed@sink.test'), await send(test, 'rehearsed@sink.test')], ['queued', 'rejected'])
    await call(live, 'POST', '/v1/suppressions', { email: 'gone@sink.test' })
    assert.deepEqual([await send(live, 'gone@sink.test'), await send(test, 'gone@sink.test')], ['rejected', 'rejected'])
    const emails = async (by: string) =>
      (await call(by, 'GET', '/v1/suppressions?limit=100')).body.data.map((row: Json) => row.email)
    assert.ok(!(await emails(live)).includes('rehearsed@sink.test'))
    assert.ok((await emails(test)).includes('rehearsed@sink.test') && (await emails(test)).includes('gone@sink.test'))
    // The same address in both: each mode takes away its own.
    await call(test, 'POST', '/v1/suppressions', { email: 'gone@sink.test' })
    assert.equal((await call(test, 'DELETE', '/v1/suppressions/gone@sink.test')).status, 200)
    assert.equal((await call(test, 'DELETE', '/v1/suppressions/gone@sink.test')).body.error.code, 'live_only')
    assert.equal(await send(live, 'gone@sink.test'), 'rejected')
    assert.equal((await call(live, 'DELETE', '/v1/suppressions/gone@sink.test')).status, 200)
  })

  it('an inbox of a test key with live mail in it is deleted by a live key only', async () => {
    const made = (await call(test, 'POST', '/v1/inboxes', { name: 'Mixed' })).body
    await call(live, 'POST', `/v1/inboxes/${made.id}/messages`, { to: 'a@sink.test', subject: 's', text: 't' })
    assert.equal((await call(test, 'DELETE', `/v1/inboxes/${made.id}`)).body.error.code, 'live_only')
    assert.equal((await call(live, 'DELETE', `/v1/inboxes/${made.id}`)).status, 200)
  })

  describe('webhooks', () => {
    const hooks = [
      ['/v1/webhooks', ['*']],
      ['/mailboxkit/api/v1/webhooks', ['message.sent', 'message.delivered', 'message.received', 'inbox.created']],
      ['/mailbots/api/v1/webhooks', ['order.created', 'piece.created']],
      ['/mailstream/v1/webhooks', ['mail.created', 'mail.delivered']],
    ] as const
    const card = {
      message: 'Hello',
      to: { name: 'Ann Post', line1: '1 Main St', city: 'Boston', state: 'MA', zip: '02118' },
      from: { name: 'Sender', line1: '1 Main St', city: 'Boston', state: 'MA', zip: '02118' },
    }
    const allOf = async (by: string) => {
      const { email } = (await call(by, 'POST', '/v1/inboxes', { name: 'Told' })).body
      await call(by, 'POST', `/v1/inboxes/${inbox}/messages`, { to: email, subject: 'News', text: 't' })
      await call(by, 'POST', '/v1/orders', { quantity: 5, message: 'Hi' })
      await call(by, 'POST', '/v1/postcards', card)
    }
    const told = async (name: string) =>
      sink.requests
        .filter(({ path }) => path.startsWith(`/${name}/`))
        .map(({ raw, path }) => ({ path, body: JSON.parse(raw.toString()) }))

    it('of every dialect hear of their own mode only, and sandbox events say what they are', async () => {
      for (const [name, by] of [
        ['live', live],
        ['test', test],
      ] as const)
        for (const [i, [path, events]] of hooks.entries()) {
          const made = await call(by, 'POST', path, { name: 'n', url: `${sink.url}/${name}/${i}`, events })
          assert.equal(made.status, 201, JSON.stringify(made.body))
        }
      await allOf(live)
      await allOf(test)
      await eventually(async () => {
        const [ofLive, ofTest] = [await told('live'), await told('test')]
        const enough = [ofLive, ofTest].every(list => hooks.every((_, i) => list.some(({ path }) => path.endsWith(`/${i}`))))
        return enough && ofLive.some(({ body }) => (body.event ?? body.type) === 'message.received')
      })
      for (const { path, body } of await told('live')) {
        if (path === '/live/1') assert.ok(!('livemode' in body), 'a live event of MailboxKit is as documented')
        else assert.equal(body.livemode, true, JSON.stringify(body))
      }
      for (const { body } of await told('test')) {
        assert.equal(body.livemode, false, JSON.stringify(body))
        assert.notEqual(body.event ?? body.type, 'message.received')
      }
    })

    it('are fanned out by mode in the database itself', async () => {
      const { rows } = await t.app.db.pool.query(
        'select 1 from webhook_deliveries d join webhook_endpoints w on w.id = d.endpoint_id join events e on e.id = d.event_id where w.livemode <> d.livemode or e.livemode <> d.livemode',
      )
      assert.equal(rows.length, 0)
    })

    it('switched off tell the webhooks of their own mode', async () => {
      const gone = await startSink(410)
      try {
        for (const by of [live, test]) {
          const { id } = (await call(by, 'POST', '/v1/webhooks', { url: gone.url, events: ['order.created'] })).body
          await call(by, 'POST', '/v1/orders', { quantity: 5, message: 'Hi' })
          await eventually(async () => (await call(by, 'GET', `/v1/webhooks/${id}`)).body.disabled_reason === 'gone')
          const event = await eventually(async () => (await call(by, 'GET', '/v1/events?type=webhook.disabled')).body.data[0])
          assert.deepEqual([event.livemode, event.data.id], [by === live, id])
        }
      } finally {
        await gone.stop()
      }
    })
  })
})
