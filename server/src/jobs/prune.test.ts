import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestApp } from '../../test/harness.ts'
import { prune } from './prune.ts'

test('Idempotency-Keys last 24 hours: until then the first answer, afterwards a new mail', async () => {
  const t = await startTestApp()
  try {
    const { key, inbox } = await t.register()
    const send = async () => {
      const { body } = await t.call('POST', `/v1/inboxes/${inbox}/messages`, {
        key,
        headers: { 'idempotency-key': 'once' },
        body: { to: 'a@sink.test', subject: 's', text: 't' },
      })
      return body.id as string
    }
    const age = (minutes: number) =>
      t.app.db.pool.query('update idempotency_keys set created_at = now() - $1::int * interval $$1 minute$$', [minutes])
    const first = await send()
    await age(24 * 60 - 1)
    await prune(t.app)
    assert.equal(await send(), first)
    await age(24 * 60 + 1)
    await prune(t.app)
    assert.notEqual(await send(), first)
  } finally {
    await t.close()
  }
})
