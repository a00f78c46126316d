/** The server ends when it is told to, whatever connections are open. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { it } from 'node:test'
import { startTestApp } from '../../test/harness.ts'

// Without hanging up on idle connections this takes Node's 72 seconds of keep-alive.
it('closes while a wait is open, a connection is idle and another never asked anything', { timeout: 30_000 }, async () => {
  const t = await startTestApp()
  const { key, inbox } = await t.register()
  const silent = connect(Number(new URL(t.url).port), '127.0.0.1')
  await once(silent, 'connect')
  const waiting = t.call('POST', `/v1/inboxes/${inbox}/wait`, { key, body: { timeout: 55 } })
  const busy = t.call('GET', '/v1/wallet', { key })
  await busy
  await t.close()
  const { status, body } = await waiting
  assert.deepEqual([status, body.message], [200, null])
  silent.destroy()
})
