import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Finding, Findings } from '../dns-checks/findings.ts'
import { graceMs, standingAfter } from './domain-checks.ts'

const finding = (status: Finding['status']): Finding => ({ status, found: [], problem: null, change: null, hints: [] })
const proof = (status: Finding['status'], more: Findings = {}): Findings => ({ dkim: finding(status), ...more })
const start = new Date('2026-03-01T00:00:00Z')
const after = (ms: number) => new Date(start.getTime() + ms)
const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const fresh = {
  verified_at: null,
  failing_since: null,
  signs_ed25519: false,
  return_path: false,
  created_at: start,
  held_elsewhere: false,
}
const proven = { ...fresh, verified_at: start }

test('the proof verifies a domain, once', () => {
  const first = standingAfter(fresh, proof('valid'), after(hour))
  assert.equal(first.event, 'domain.verified')
  assert.deepEqual(first.verified_at, after(hour))
  const second = standingAfter({ ...fresh, ...first }, proof('valid'), after(day))
  assert.equal(second.event, undefined)
  assert.deepEqual(second.verified_at, after(hour))
  assert.deepEqual(second.next_check_at, after(2 * day))
})

test('nothing but the proof verifies: not MX, not SPF', () => {
  const rest = { mx: finding('valid'), spf: finding('valid'), dmarc: finding('valid'), dkim_ed25519: finding('valid') }
  for (const status of ['missing', 'invalid', 'unknown'] as const)
    assert.equal(standingAfter(fresh, proof(status, rest), start).verified_at, null)
  assert.equal(standingAfter(fresh, rest, start).verified_at, null)
})

test('who proves a domain that another one holds does not get it', () => {
  const { event, verified_at } = standingAfter({ ...fresh, held_elsewhere: true }, proof('valid'), start)
  assert.deepEqual([event, verified_at], [undefined, null])
})

test('unproven domains are looked at often at first, then less, then no more', () => {
  const gaps: number[] = []
  for (let now = start; ; ) {
    const { next_check_at } = standingAfter(fresh, proof('missing'), now)
    if (!next_check_at) break
    gaps.push(next_check_at.getTime() - now.getTime())
    now = next_check_at
    assert.ok(gaps.length < 1000)
  }
  assert.equal(gaps[0], minute)
  assert.ok(gaps.filter(gap => gap <= 2 * minute).length >= 5)
  assert.equal(Math.max(...gaps), 6 * hour)
  assert.ok(gaps.every((gap, i) => i === 0 || gap >= gaps[i - 1]!))
  assert.ok(gaps.length < 200, `${gaps.length} look-ups in 30 days`)
})

test('a lost proof costs the domain after three days, and one event', () => {
  let row = { ...proven }
  const events: unknown[] = []
  for (let ms = day; ms <= day + graceMs + 2 * hour; ms += hour) {
    const { event, ...standing } = standingAfter(row, proof('missing'), after(ms))
    if (event) events.push([event, ms])
    row = { ...row, ...standing } as typeof row
    assert.equal(row.verified_at === null, ms >= day + graceMs)
  }
  assert.deepEqual(events, [['domain.failed', day + graceMs]])
  const back = standingAfter(row, proof('valid'), after(10 * day))
  assert.equal(back.event, 'domain.verified')
  assert.equal(back.failing_since, null)
})

test('the proof found again within the three days ends the matter', () => {
  const failing = standingAfter(proven, proof('invalid'), after(day))
  assert.deepEqual(failing.failing_since, after(day))
  const found = standingAfter({ ...proven, ...failing }, proof('valid'), after(2 * day))
  assert.deepEqual([found.failing_since, found.verified_at], [null, start])
})

test('name servers that do not answer neither begin nor end anything, for however long', () => {
  let row = { ...proven, failing_since: null as Date | null, signs_ed25519: true, return_path: true }
  for (let ms = 0; ms < 60 * day; ms += day) {
    const { event, ...standing } = standingAfter(
      row,
      proof('unknown', { dkim_ed25519: finding('unknown'), return_path: finding('unknown') }),
      after(ms),
    )
    assert.equal(event, undefined)
    row = { ...row, ...standing } as typeof row
  }
  assert.deepEqual([row.verified_at, row.failing_since, row.signs_ed25519, row.return_path], [start, null, true, true])
  const failing = { ...row, failing_since: start }
  assert.notEqual(standingAfter(failing, proof('unknown'), after(60 * day)).verified_at, null)
  assert.equal(standingAfter(failing, proof('missing'), after(60 * day)).verified_at, null)
})

test('the second key and the return path follow their own records, at once', () => {
  const both = (status: Finding['status']) => ({ dkim_ed25519: finding(status), return_path: finding(status) })
  const on = standingAfter(fresh, proof('valid', both('valid')), start)
  assert.deepEqual([on.signs_ed25519, on.return_path], [true, true])
  const off = standingAfter({ ...fresh, ...on }, proof('valid', both('missing')), after(day))
  assert.deepEqual([off.signs_ed25519, off.return_path], [false, false])
})
