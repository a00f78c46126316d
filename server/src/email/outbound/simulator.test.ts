import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Claimed } from './deliver.sql.ts'
import { outcomeOf } from './results.ts'
import { rehearse } from './simulator.ts'

const to = (recipient: string, first_attempt_at: Date | null = null) =>
  rehearse({ recipient, lane: recipient.split('@')[1]!.toLowerCase(), first_attempt_at } as Claimed)

test('the scripted addresses of the sandbox', () => {
  assert.equal(to('delivered@sandbox.test').handed.outcome, 'delivered')
  assert.equal(to('bounced@sandbox.test').handed.outcome, 'failed')
  assert.equal(to('Bounced+order-17@sandbox.test').handed.outcome, 'failed')
  assert.equal(to('deferred@sandbox.test').handed.outcome, 'deferred')
  assert.equal(to('deferred@sandbox.test', new Date()).handed.outcome, 'delivered')
  assert.deepEqual([to('complained@sandbox.test').handed.outcome, to('complained@sandbox.test').complained], ['delivered', true])
})

test('everybody else is delivered to, whatever the address looks like', () => {
  for (const recipient of [
    'bounced@example.com',
    'someone@sandbox.test',
    'bouncedx@sandbox.test',
    'deferred@sandbox.test.example.com',
  ]) {
    const { handed, complained } = to(recipient)
    assert.deepEqual([handed.outcome, complained], ['delivered', false], recipient)
  }
})

test('a scripted bounce is read like a real one', () => {
  const outcome = outcomeOf(to('bounced@sandbox.test').handed, { attempts: 1 }, new Date(), () => 0)
  assert.equal(outcome.state, 'bounced')
  assert.equal(outcome.category, 'hard')
  assert.equal(outcome.suppress, true)
})
