import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Claimed } from './deliver.sql.ts'
import { createLanes } from './lanes.ts'

const now = () => new Date()
const claimed = (organization_id: string, lane: string): Claimed => ({
  id: crypto.randomUUID(),
  organization_id,
  lane,
  message_id: crypto.randomUUID(),
  livemode: true,
  recipient: `a@${lane}`,
  attempts: 1,
  held_by: 1,
  first_attempt_at: null,
  own: false,
  bytes: 1000,
})
const line = (organization_id: string, lane: string) => ({ organization_id, lane })
const takes = (shares: { organization_id: string; take: number }[], organization: string) =>
  shares.filter(share => share.organization_id === organization).reduce((sum, { take }) => sum + take, 0)
/** Lets promises that are settled run what waits for them. */
const settle = () => new Promise(resolve => setImmediate(resolve))

test('an organization with mail for a thousand destinations gets half of the room, and leaves a place for everyone else', () => {
  const lanes = createLanes(now, () => {})
  const many = Array.from({ length: 255 }, (_, i) => line('big', `d${i}.example`))
  const shares = lanes.share([...many, line('small', 'solo.example')])
  assert.equal(takes(shares, 'big'), 500)
  assert.ok(takes(shares, 'small') >= 8)
})

test('whoever has much in hand gets half of what is left of the room, and a newcomer gets in', () => {
  const lanes = createLanes(now, () => {})
  for (let i = 0; i < 500; i++) lanes.enter(claimed('big', `d${i}.example`))
  const shares = lanes.share([
    ...Array.from({ length: 100 }, (_, i) => line('big', `e${i}.example`)),
    line('small', 'solo.example'),
  ])
  assert.equal(takes(shares, 'big'), 0)
  assert.ok(takes(shares, 'small') >= 8)
})

test('a destination gets no more than it can soon take, from all organizations together', () => {
  const lanes = createLanes(now, () => {})
  const shares = lanes.share(Array.from({ length: 50 }, (_, i) => line(`org${i}`, 'slow.example')))
  assert.equal(
    shares.reduce((sum, { take }) => sum + take, 0),
    8,
  )
  for (let i = 0; i < 8; i++) lanes.enter(claimed('org0', 'slow.example'))
  assert.deepEqual(lanes.share([line('org1', 'slow.example')]), [])
})

test('domains whose mail goes to one operator share its lane once that is known', async () => {
  const lanes = createLanes(now, () => {})
  for (let i = 0; i < 8; i++) {
    const place = lanes.enter(claimed('org', `d${i}.example`))
    void place.turn('google.com')
  }
  assert.deepEqual(lanes.share([line('org', 'd1.example'), line('org', 'd2.example')]), [])
  assert.equal(lanes.share([line('org', 'unknown.example')]).length, 1)
})

test('at a lane the organizations take turns, however much one of them has', async () => {
  const lanes = createLanes(now, () => {})
  const order: string[] = []
  const under: ReturnType<typeof lanes.enter>[] = []
  const queue = (organization: string) => {
    const place = lanes.enter(claimed(organization, 'one.example'))
    void place.turn('one.example').then(() => {
      order.push(organization)
      under.push(place)
    })
  }
  for (let i = 0; i < 6; i++) queue('big')
  queue('small')
  for (let round = 0; round < 5; round++) {
    await settle()
    under.shift()?.leave()
  }
  assert.deepEqual(order.slice(0, 4), ['big', 'big', 'big', 'small'])
})

test('a turn that is over lets the next one in before it is recorded, and is not given back twice', async () => {
  const lanes = createLanes(now, () => {})
  const places = Array.from({ length: 4 }, () => lanes.enter(claimed('org', 'one.example')))
  let turns = 0
  for (const place of places) void place.turn('one.example').then(() => turns++)
  await settle()
  assert.equal(turns, 2)
  places[0]!.over()
  places[0]!.leave()
  await settle()
  assert.equal(turns, 3)
  assert.equal(lanes.inHand(), 3)
})

test('a lane becomes wider with what it takes and narrower when it is crowded, and is never closed', () => {
  const lanes = createLanes(now, () => {})
  for (let i = 0; i < 500; i++) lanes.taken('good.example')
  const wide = lanes.width('good.example')
  assert.ok(wide > 20 && wide <= 40)
  lanes.crowded('good.example')
  assert.equal(lanes.width('good.example'), Math.floor(wide / 2))
  lanes.crowded('good.example')
  assert.equal(lanes.width('good.example'), Math.floor(wide / 2), 'what was under way before the cut says nothing about it')
  for (let i = 0; i < 50; i++) lanes.crowded('bad.example')
  assert.ok(lanes.width('bad.example') >= 1)
})

test('at closing whoever waits for a turn is told that there is none', async () => {
  const lanes = createLanes(now, () => {})
  const turns = Array.from({ length: 5 }, () => lanes.enter(claimed('org', 'one.example')).turn('one.example'))
  await settle()
  lanes.close()
  assert.deepEqual(await Promise.all(turns), [true, true, false, false, false])
  assert.equal(await lanes.enter(claimed('org', 'one.example')).turn('one.example'), false)
})
