/** A key that is revoked, or expires, while a request of its is under way gets no further byte of mail. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { parseId } from '../../src/kernel/ids.ts'
import { eventually, type Json, startTestApp, type TestApp } from '../harness.ts'

describe('a key that is revoked meanwhile', () => {
  let t: TestApp
  /** Another process on the same database: there the keys are revoked. */
  let other: TestApp
  let owner: { key: string; inbox: string; email: string }
  let id: string
  before(async () => {
    t = await startTestApp()
    other = await startTestApp({ databaseUrl: t.databaseUrl, roles: ['web'] })
    owner = await t.register('Owner')
    await mail('The secret body, old')
    const got = await t.call('POST', `/v1/inboxes/${owner.inbox}/wait`, { key: owner.key, body: { timeout: 30 } })
    id = got.body.message.id
  })
  after(async () => {
    await other.close()
    await t.close()
  })

  const mail = async (text: string, subject = 'News') => {
    const body = { to: owner.email, subject, text }
    assert.equal((await t.call('POST', `/v1/inboxes/${owner.inbox}/messages`, { key: owner.key, body })).status, 202)
  }
  const mint = async (wanted: object = {}): Promise<{ id: string; key: string }> =>
    (await t.call('POST', '/v1/api-keys', { key: owner.key, body: { name: 'k', ...wanted } })).body
  const revoke = async (key: { id: string }, by = other) =>
    assert.equal((await by.call('DELETE', `/v1/api-keys/${key.id}`, { key: owner.key })).status, 200)
  const later = () => new Date(Date.now() + 60_000).toISOString()
  const wait = (key: string, more: object = {}) =>
    t.call('POST', `/v1/inboxes/${owner.inbox}/wait`, { key, body: { since: later(), timeout: 50, ...more } })
  const tool = (id: number, name: string, input: object) => ({
    jsonrpc: '2.0',
    id,
    method: 'tools/call',
    params: { name, arguments: input },
  })
  const mcp = (key: string, body: object) =>
    t.call('POST', '/mcp', { key, body, headers: { accept: 'application/json, text/event-stream' } })
  const nothing = ({ status, body }: { status: number; body: Json }) => {
    assert.equal(status, 401, JSON.stringify(body))
    assert.ok(!/secret body/.test(JSON.stringify(body)))
  }
  /** Until the request waits in the inbox. */
  const waiting = (inbox: string) =>
    eventually(async () => t.app.bus.eventNames().some(name => String(name).startsWith('message:')) && inbox)

  /** Waits for a mail of its own, ends the key, then has the mail come. */
  const cases: Record<string, (key: { id: string }) => Promise<unknown>> = {
    'here ends its wait, and does not get the mail that comes': key => revoke(key, t),
    'in another process ends its wait, and does not get the mail that comes': key => revoke(key),
    'does not get the mail although nobody was told': key =>
      t.app.db.pool.query('update api_keys set revoked_at = now() where id = $1', [parseId('key', key.id)]),
    'by its time is refused as well': key =>
      t.app.db.pool.query('update api_keys set expires_at = now() where id = $1', [parseId('key', key.id)]),
  }
  for (const [title, end] of Object.entries(cases))
    it(title, async () => {
      const key = await mint()
      const answer = wait(key.key, { since: undefined, subject: title })
      await waiting(owner.inbox)
      await end(key)
      await mail('The secret body', title)
      nothing(await answer)
    })

  it('gets nothing of an MCP call that waits, nor of what was read beside it', async () => {
    for (const calls of [
      [tool(1, 'wait_for_email', { inbox_id: owner.inbox, timeout: 50, since: later() })],
      [
        tool(1, 'read_message', { message_id: id }),
        tool(2, 'wait_for_email', { inbox_id: owner.inbox, timeout: 50, since: later() }),
      ],
    ]) {
      const key = await mint()
      const answer = mcp(key.key, calls.length === 1 ? calls[0]! : calls)
      await waiting(owner.inbox)
      await revoke(key)
      nothing(await answer)
    }
    const alive = await mint()
    assert.match(JSON.stringify((await mcp(alive.key, tool(1, 'read_message', { message_id: id }))).body), /secret body/)
  })

  it('gets no answer to a search whose body was slow to come', async () => {
    const key = await mint()
    const body = JSON.stringify({ query: 'secret' })
    await eventually(async () => {
      const found = await t.call('POST', '/v1/messages/search', { key: key.key, body: { query: 'secret' } })
      return found.body.data.length > 0
    })
    const asked = request(`${t.url}/v1/messages/search`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key.key}`, 'content-type': 'application/json', 'content-length': body.length },
    })
    asked.write(body.slice(0, 5))
    await delay(200)
    await revoke(key)
    await eventually(async () => (await t.call('GET', '/v1/account', { key: key.key })).status === 401)
    asked.end(body.slice(5))
    const [response] = await once(asked, 'response')
    nothing({ status: response.statusCode, body: (await buffer(response)).toString() })
  })

  it('gets nothing of what was being read', async () => {
    const paths = [
      `/v1/messages/${id}`,
      `/v1/messages/${id}/source`,
      `/v1/inboxes/${owner.inbox}/messages`,
      '/v1/events?type=message.received',
    ]
    const key = await mint()
    const blocker = new pg.Client({ connectionString: t.databaseUrl })
    await blocker.connect()
    try {
      await blocker.query('begin; lock table messages, events in access exclusive mode')
      const answers = paths.map(path => t.call('GET', path, { key: key.key }))
      await eventually(async () => {
        const { rows } = await blocker.query(
          "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
        )
        return rows.length >= paths.length
      })
      await revoke(key)
      await eventually(async () => (await t.call('GET', '/v1/account', { key: key.key })).status === 401)
      await blocker.query('commit')
      for (const answer of answers) nothing(await answer)
    } finally {
      await blocker.end()
    }
  })

  it('may end itself, and is told that it did', async () => {
    const key = await mint()
    assert.equal((await t.call('DELETE', `/v1/api-keys/${key.id}`, { key: key.key })).status, 200)
    assert.equal((await t.call('GET', '/v1/account', { key: key.key })).status, 401)
  })
})
