import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { canMove, type PieceStatus, pieceStatuses } from '../pieces/piece-states.ts'
import { mailDay } from './drops.ts'

describe('the day a piece is mailed', () => {
  const day = (now: string, send?: string) => mailDay(new Date(now), send).mailDate

  it('is the next one that begins in an hour or more', () => {
    assert.equal(day('2026-12-01T12:00:00Z'), '2026-12-02')
    assert.equal(day('2026-12-01T23:00:00Z'), '2026-12-02')
    assert.equal(day('2026-12-01T23:00:01Z'), '2026-12-03')
    assert.equal(mailDay(new Date('2026-12-01T12:00:00Z')).lockAt.toISOString(), '2026-12-02T00:00:00.000Z')
  })

  it('is never a Sunday', () => {
    assert.equal(day('2026-11-28T12:00:00Z'), '2026-11-30')
    assert.equal(day('2026-12-01T12:00:00Z', '2026-12-06'), '2026-12-07')
  })

  it('waits for the day that was asked for, and comes at once when that is too soon', () => {
    assert.equal(day('2026-12-01T12:00:00Z', '2026-12-24'), '2026-12-24')
    assert.equal(day('2026-12-01T12:00:00Z', '2026-12-01'), '2026-12-02')
  })
})

describe('the life of a piece', () => {
  it('only moves forward, and ends', () => {
    for (const from of pieceStatuses)
      for (const to of pieceStatuses) {
        if (to === 'cancelled') assert.equal(canMove(from, to), from === 'created' || from === 'held')
        else if (from === to) assert.equal(canMove(from, to), false)
        else if (canMove(from, to) && canMove(to, from)) assert.fail(`${from} and ${to} could turn for ever`)
      }
    const end = (status: PieceStatus) => pieceStatuses.every(to => !canMove(status, to))
    assert.deepEqual(pieceStatuses.filter(end), ['returned', 'failed', 'cancelled'])
  })

  it('lets a held piece be approved or cancelled, and be believed nothing else of', () => {
    assert.deepEqual(
      pieceStatuses.filter(to => canMove('held', to)),
      ['created', 'cancelled'],
    )
  })

  it('lets a return beat a delivery, and nothing fail that was mailed', () => {
    assert.equal(canMove('delivered', 'returned'), true)
    assert.equal(canMove('returned', 'delivered'), false)
    assert.equal(canMove('printed', 'failed'), true)
    assert.equal(canMove('mailed', 'failed'), false)
    assert.equal(canMove('re_routed', 'in_local_area'), false)
  })
})
