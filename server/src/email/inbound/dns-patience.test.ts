import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBudget, startDeadline } from './dns-patience.ts'

test('a budget is spent, and refilled with time, to its brim', () => {
  let now = 0
  const budget = createBudget(10_000, 2000, () => now)
  assert.deepEqual([budget.take(4000), budget.take(4000), budget.take(4000)], [true, true, false])
  now += 1000
  assert.equal(budget.take(4000), true)
  now += 3_600_000
  assert.deepEqual([budget.take(10_000), budget.take(1)], [true, false])
})

test('who waits on pays for it; who cannot is done at once', async () => {
  const taken: number[] = []
  const budget = { take: (ms: number) => taken.push(ms) === 1 }
  const ends: string[] = []
  const patient = startDeadline({ first: 1, whole: 2_000_000, budget })
  await new Promise(resolve => setTimeout(resolve, 20))
  const refused = startDeadline({ first: 1, whole: 2_000_000, budget })
  await refused.reached.then(() => ends.push('refused'))
  assert.deepEqual([patient.over, refused.over, taken, ends], [false, true, [1_999_999, 1_999_999], ['refused']])
  patient.clear()
})

test('who is answered in time pays nothing', async () => {
  const budget = { take: () => assert.fail('It was to cost nothing') }
  const quick = startDeadline({ first: 5, whole: 100, budget })
  quick.clear()
  await new Promise(resolve => setTimeout(resolve, 20))
  assert.equal(quick.over, false)
})

test('many that wait at once cannot have more than there is', async () => {
  const budget = createBudget(3000, 0)
  const all = Array.from({ length: 10 }, () => startDeadline({ first: 1, whole: 1001, budget }))
  const over = () => all.filter(deadline => deadline.over).length
  while (over() < 7) await new Promise(resolve => setTimeout(resolve, 5))
  for (const deadline of all) deadline.clear()
})
