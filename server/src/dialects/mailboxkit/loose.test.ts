/** What clients send that the document neither shows nor forbids. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startTestApp, type TestApp } from '../../../test/harness.ts'

describe('MailboxKit: loose input', () => {
  let t: TestApp
  let key: string
  let at: string
  before(async () => {
    t = await startTestApp()
    const { body } = await t.call('POST', '/api/v1/register', { body: { name: 'My Agent', owner_email: 'you@company.test' } })
    key = body.api_key
    at = `/api/v1/inboxes/${body.inbox_id}/messages`
  })
  after(() => t.close())

  it('null is a field left out', async () => {
    const none = { cc: null, bcc: null, html: null, headers: null, attachments: null }
    const sent = await t.call('POST', `${at}/send`, { key, body: { to: ['a@sink.test'], subject: null, text: 't', ...none } })
    assert.equal(sent.status, 201, JSON.stringify(sent.body))
    const search = { query: 't', inbox_id: null, fields: null, date_from: null, date_to: null }
    assert.equal((await t.call('POST', '/api/v1/messages/search', { key, body: search })).status, 200)
    assert.equal((await t.call('POST', '/api/v1/inboxes', { key, body: { name: 'x', email: null } })).status, 201)
  })

  it('a single field to search in is searched in, not ignored', async () => {
    const search = (fields: string) => t.call('POST', '/api/v1/messages/search', { key, body: { query: 'x', fields } })
    assert.equal((await search('subject')).status, 200)
    assert.deepEqual(Object.keys((await search('nowhere')).body.errors), ['fields.0'])
  })

  it('what is neither true nor false makes no key: a test key that pays, or a live one that does not send, would follow', async () => {
    const make = async (test: unknown) => {
      const { status, body } = await t.call('POST', '/api/v1/api_keys', { key, body: { name: 'x', test } })
      return status === 201 ? body.data.key.slice(0, 9) : Object.keys(body.errors)
    }
    assert.deepEqual(await Promise.all([true, false, null].map(make)), ['mbk_test_', 'mbk_live_', 'mbk_live_'])
    for (const odd of ['false', 'true', 'yes', 0, 1, {}]) assert.deepEqual(await make(odd), ['test'])
  })

  it('a page beyond all pages is empty', async () => {
    for (const page of ['2', '1e999', '99999999999999999999']) {
      const { status, body } = await t.call('GET', `${at}?page=${page}`, { key })
      assert.deepEqual([status, body.data], [200, []], page)
    }
  })
})
