/** What a stranger meets beside the documented paths: the refusal is said in the words of the product whose client is asking. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startTestApp, type TestApp } from '../harness.ts'

describe('beside the paths', () => {
  let t: TestApp
  let native: string
  const keys: Record<string, string> = {}
  before(async () => {
    t = await startTestApp()
    ;({ key: native } = await t.register('Stranger'))
    for (const dialect of ['mailboxkit', 'mailbots', 'mailstream']) {
      const { body } = await t.call('POST', '/v1/api-keys', { key: native, body: { name: dialect, mode: 'live', dialect } })
      keys[dialect] = body.key
    }
  })
  after(() => t.close())

  const ours = (body: { error: { code: string } }) => assert.equal(body.error.code, 'no_such_route')
  const theirs = ['/api/v1/nope', '/api/v1', '/api/v1/inboxes/%ff', '/api/v1/inboxes/%zz', `/api/v1/inboxes/${'x'.repeat(1200)}`]

  it('a key of MailboxKit reads its envelope, whatever is wrong with path or method', async () => {
    const key = keys.mailboxkit!
    for (const path of theirs) {
      const { status, body } = await t.call('GET', path, { key })
      assert.deepEqual([status, body.error, typeof body.message], [404, 'not_found', 'string'], path)
    }
    for (const method of ['PUT', 'PATCH', 'OPTIONS', 'DELETE'])
      assert.deepEqual((await t.call(method, '/api/v1/inboxes', { key })).body.error, 'not_found', method)
  })

  it('under /mailboxkit it is the envelope of MailboxKit without a key, too', async () => {
    for (const path of theirs) assert.equal((await t.call('GET', `/mailboxkit${path}`)).body.error, 'not_found', path)
  })

  it('everywhere else it is ours', async () => {
    for (const path of theirs) ours((await t.call('GET', path)).body)
    for (const path of theirs) ours((await t.call('GET', path, { key: native })).body)
    for (const path of ['/v1/nope', '/v1/inboxes/%ff', '/nope']) ours((await t.call('GET', path, { key: keys.mailboxkit! })).body)
  })

  it('each product reads its own', async () => {
    for (const [dialect, root] of [
      ['mailbots', '/api/v1'],
      ['mailstream', '/v1'],
    ] as const) {
      const named = await t.call('GET', `/${dialect}${root}/nope`)
      const { status, body } = await t.call('GET', `${root}/nope`, { key: keys[dialect]! })
      assert.equal(status, 404)
      const shape = (answer: object) => JSON.stringify(answer).replaceAll(/req_\w+|\/mail\w+(?=\/)/g, '')
      assert.equal(shape(body), shape(named.body))
    }
  })
})
