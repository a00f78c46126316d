import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { it } from 'node:test'
import { firstIdAt, fromUlid, newId, newIdAfter, parseId, publicId, toUlid } from './ids.ts'

it('ids sort by the time they were made and differ, also within a millisecond', () => {
  const ids = Array.from({ length: 10_000 }, () => newId(1_700_000_000_000))
  assert.equal(new Set(ids).size, ids.length)
  assert.deepEqual(ids.toSorted(), ids)
  assert.match(ids[0]!, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})

it('an id can be made to sort behind another, though that is ahead of the clock', () => {
  const first = newIdAfter(undefined)
  assert.ok(first < newIdAfter(undefined))
  let last = firstIdAt(new Date(Date.now() + 3_600_000)).replace('7000', '7ffe')
  for (let i = 0; i < 5000; i++) {
    const next = newIdAfter(last)
    assert.ok(next > last, `${next} behind ${last}`)
    assert.match(next, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    last = next
  }
  assert.ok(newIdAfter(firstIdAt(new Date(0))) > firstIdAt(new Date(Date.now() - 60_000)))
})

it('the public form is reversible and keeps the order', () => {
  const ids = [
    ...Array.from({ length: 1000 }, () => randomUUID()),
    '00000000-0000-0000-0000-000000000000',
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
  ]
  for (const id of ids) {
    assert.match(toUlid(id), /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/)
    assert.equal(fromUlid(toUlid(id)), id)
    assert.equal(fromUlid(toUlid(id).toLowerCase()), id)
  }
  assert.deepEqual(ids.toSorted().map(toUlid), ids.map(toUlid).toSorted())
})

it('what is no id of that noun is unknown', () => {
  const id = publicId('message', newId())
  assert.ok(parseId('message', id))
  for (const bad of [
    id.replace('msg_', 'thr_'),
    id.slice(0, -1),
    `${id}0`,
    id.replace(/.$/, 'U'),
    `msg_8${'Z'.repeat(25)}`,
    '',
    'msg_',
  ])
    assert.equal(parseId('message', bad), undefined, bad)
})
