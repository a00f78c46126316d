import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Answer, outcomeOf } from './results.ts'

const now = new Date('2026-01-01T00:00:00Z')
const answer = (outcome: Answer['outcome'], code: number, reply: string, enhanced: string | null = null): Answer => ({
  outcome,
  code,
  enhanced,
  reply,
  host: 'mx.example.org',
})
const of = (given: Answer, attempts = 1) => outcomeOf(given, { attempts }, now, () => 0)

test('taken', () => {
  assert.deepEqual(of(answer('delivered', 250, '2.0.0 queued as 17', '2.0.0')), {
    state: 'delivered',
    next_attempt_at: null,
    code: 250,
    reply: '2.0.0 queued as 17',
    remote_host: 'mx.example.org',
    category: null,
    reason: null,
    suppress: false,
  })
})

test('later: again by the schedule, and the pauses grow', () => {
  const first = of(answer('deferred', 451, '4.3.0 try later', '4.3.0'))
  assert.equal(first.state, 'deferred')
  assert.ok(first.next_attempt_at! > now)
  assert.ok(of(answer('deferred', 451, '4.3.0 try later'), 6).next_attempt_at! > first.next_attempt_at!)
})

test('later for five days: one final bounce, and nobody is suppressed for it', () => {
  const last = of(answer('deferred', 451, '4.3.0 try later', '4.3.0'), 1000)
  assert.deepEqual([last.state, last.next_attempt_at, last.suppress], ['bounced', null, false])
  assert.match(last.reason!, /1000 times/)
})

test('no such mailbox: bounced and suppressed; refused for what we are: bounced only', () => {
  const gone = of(answer('failed', 550, '5.1.1 no such user here', '5.1.1'))
  assert.deepEqual([gone.state, gone.category, gone.suppress], ['bounced', 'hard', true])
  const blocked = of(answer('failed', 554, '5.7.1 blocked using a list', '5.7.1'))
  assert.deepEqual([blocked.state, blocked.suppress], ['bounced', false])
})

test('a 5xx that means "too fast" is tried again', () => {
  assert.equal(of(answer('failed', 550, '5.4.5 Daily user sending limit exceeded', '5.4.5')).state, 'deferred')
})

test('no answer at all is not an SMTP code, and without a server there is no host and nobody to believe', () => {
  const silent = of(answer('deferred', 0, 'no answer in time', '4.4.2'))
  assert.deepEqual([silent.code, silent.category, silent.state], [null, 'network', 'deferred'])
  const nowhere = of({ ...answer('failed', 550, 'There is no domain nowhere.example', '5.1.2'), host: null })
  assert.deepEqual([nowhere.code, nowhere.remote_host, nowhere.state, nowhere.suppress], [null, null, 'bounced', false])
})

test('an endless reply is cut, and never in the middle of a character', () => {
  const { reply } = of(answer('failed', 550, `5.1.1 ${'😀'.repeat(5000)}`, '5.1.1'))
  assert.equal(reply!.length, 2000)
  assert.ok(reply!.isWellFormed())
})
