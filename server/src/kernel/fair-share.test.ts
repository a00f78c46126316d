import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFairShare } from './fair-share.ts'

/** Whether it is taken by the end of this turn. */
const isTaken = async (taking: Promise<unknown>) => {
  let taken = false
  void taking.then(
    () => (taken = true),
    () => {},
  )
  await new Promise(resolve => setImmediate(resolve))
  return taken
}

test('a holder gets no more than it leaves free, and others go past it', async () => {
  const share = createFairShare(100)
  const free = await share.take('a', 30)
  const second = share.take('a', 30)
  assert.equal(await isTaken(second), true) // 60, of 70 that were left
  assert.equal(await isTaken(share.take('a', 1)), false)
  assert.equal(await isTaken(share.take('b', 35)), true)
  free()
  assert.equal(await isTaken(second), true)
})

test('what is larger than everything waits until it is alone', async () => {
  const share = createFairShare(100)
  const free = await share.take('a', 10)
  const giant = share.take('b', 1000)
  assert.equal(await isTaken(giant), false)
  free()
  const freeGiant = await giant
  const after = share.take('c', 1)
  assert.equal(await isTaken(after), false)
  freeGiant()
  freeGiant() // twice is once
  assert.equal(await isTaken(after), true)
  assert.equal(await isTaken(share.take('a', 45)), true)
})

test('who no longer waits gets nothing, and holds nothing up', async () => {
  const share = createFairShare(100)
  const free = await share.take('a', 50)
  const gone = new AbortController()
  const waiting = share.take('a', 50, gone.signal)
  gone.abort(new Error('left'))
  await assert.rejects(waiting, /left/)
  await assert.rejects(share.take('a', 1, gone.signal), /left/)
  free()
  assert.equal(await isTaken(share.take('b', 50)), true)
})
