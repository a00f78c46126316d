/** The generated part: every row of the API is a method of the SDK, and calls what it says. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { v1 } from '../../server/src/api/v1.ts'
import { sdkFiles } from '../../server/src/codegen/sdk-print.ts'
import { camel, sdkRoutes } from '../../server/src/codegen/sdk-routes.ts'
import Pennypost from '../src/index.ts'

type Method = (...given: unknown[]) => PromiseLike<unknown>

describe('every endpoint of the API', () => {
  const calls: string[] = []
  const fetch: typeof globalThis.fetch = async (url, init) => {
    calls.push(`${init?.method} ${new URL(String(url)).pathname}`)
    return new Response('{"data":[],"has_more":false,"next_cursor":null}')
  }
  const pp = new Pennypost({ apiKey: 'k', baseUrl: 'http://server.test', fetch })

  it('is a method that sends its method and path', async () => {
    for (const { method, path, resource, name, params, row } of sdkRoutes()) {
      const place = resource.reduce<unknown>((at, word) => (at as Record<string, unknown>)[word], pp) as Record<string, Method>
      assert.equal(typeof place[name], 'function', [...resource, name].join('.'))
      const answer = place[name]!(...params.map(param => `the ${param}`), {})
      assert.equal(Symbol.asyncIterator in answer, row !== undefined)
      await answer
      const at = path.replace(/:(\w+)/g, (_, param: string) => encodeURIComponent(`the ${param}`))
      assert.equal(calls.at(-1), `${method} ${at}`)
    }
    assert.equal(calls.length, v1.length)
  })

  it('has the names people look for', () => {
    const names = sdkRoutes().map(({ resource, name }) => [...resource, name].join('.'))
    for (const name of [
      'register',
      'inboxes.create',
      'inboxes.list',
      'inboxes.messages.list',
      'messages.search',
      'webhooks.rotate',
      'wallet.get',
    ])
      assert.ok(names.includes(name), name)
    assert.equal(camel('api-keys'), 'apiKeys')
  })

  it('prints the same text every time', () => assert.deepEqual(sdkFiles(), sdkFiles()))

  it('lets no id climb to another path', () => {
    for (const id of ['', '.', '..', undefined as unknown as string, 7 as unknown as string])
      assert.throws(() => pp.inboxes.delete(id), TypeError)
    assert.equal(calls.length, v1.length)
  })

  it('encodes what ids and queries hold', async () => {
    await pp.inboxes.messages.list('a+b@example.test/../x', { limit: 5, created_after: '2026-01-01T00:00:00+02:00' })
    assert.equal(calls.at(-1), 'GET /v1/inboxes/a%2Bb%40example.test%2F..%2Fx/messages')
  })
})
