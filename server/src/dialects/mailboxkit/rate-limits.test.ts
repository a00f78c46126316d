/** The limits MailboxKit's documentation states. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Json, startTestApp, type TestApp } from '../../../test/harness.ts'
import { mailboxkit } from './dialect.ts'

const register = async (t: TestApp, owner: string): Promise<Json> => {
  const { status, body } = await t.call('POST', '/api/v1/register', {
    body: { name: 'My Agent', owner_email: `${owner}@company.test` },
  })
  assert.equal(status, 201, JSON.stringify(body))
  return body
}

describe('MailboxKit: limits', () => {
  it('limits: 1,000 a minute and 50,000 a day for each key, told in headers, then 429 with Retry-After', async () => {
    const limits = mailboxkit.limits({ list: false, method: 'GET', path: '/api/v1/inboxes' })
    assert.deepEqual(
      limits.map(({ points, seconds }) => [points, seconds]),
      [
        [1000, 60],
        [50_000, 86_400],
      ],
    )
    const now = new Date('2026-06-15T12:00:30Z')
    const limited = await startTestApp({ config: { RATE_LIMITS: 'on' }, clock: { now: () => now } })
    try {
      const me = await register(limited, 'one')
      const get = (key = me.api_key) => limited.call('GET', '/api/v1/organization', { key })
      const { headers } = await get()
      assert.deepEqual(
        ['limit', 'remaining', 'reset'].map(name => headers.get(`x-ratelimit-${name}`)),
        ['1000', '999', String(now.getTime() / 1000 + 30)],
      )
      for (let i = 0; i < 999; i += 111) await Promise.all(Array.from({ length: 111 }, () => get()))
      const refused = await get()
      assert.deepEqual([refused.status, refused.body.error], [429, 'too_many_requests'])
      assert.equal(refused.headers.get('retry-after'), '30')
      assert.equal((await get((await register(limited, 'two')).api_key)).status, 200)
    } finally {
      await limited.close()
    }
  })

  it('limits of registration: 3 an hour for an owner, 5 an hour from an address', async () => {
    const limited = await startTestApp({ config: { RATE_LIMITS: 'on' }, clock: { now: () => new Date('2026-06-15T12:00:30Z') } })
    try {
      const statuses: number[] = []
      for (const owner of ['one', 'one', 'one', 'ONE', 'two', 'three']) {
        const body = { name: 'My Agent', owner_email: `${owner}@company.test` }
        const { status, headers } = await limited.call('POST', '/api/v1/register', { body })
        statuses.push(status)
        assert.equal(headers.has('retry-after'), status === 429)
      }
      assert.deepEqual(statuses, [201, 201, 201, 429, 201, 429])
    } finally {
      await limited.close()
    }
  })
})
