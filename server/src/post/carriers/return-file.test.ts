/** Answers as print shops write them. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { newId, publicId } from '../../kernel/ids.ts'
import { readReturnFile } from './return-file.ts'

const [a, b] = [newId(), newId()]
const [pa, pb] = [publicId('piece', a), publicId('piece', b)]

it('reads ids, reasons and days, with headings or without', () => {
  assert.deepEqual(readReturnFile(''), { pieces: [] })
  assert.deepEqual(readReturnFile(`\uFEFF${pa}\r\n${pb}\r\n`), {
    pieces: [
      { id: a, reason: '' },
      { id: b, reason: '' },
    ],
  })
  assert.deepEqual(readReturnFile(`piece_id;reason\n"${pa}";"smear"\n`), { pieces: [{ id: a, reason: 'smear' }] })
  assert.deepEqual(readReturnFile(`Piece ID\tMailed Date\n${pa}\t2026-12-04\n${pb}\t12/5/2026\n`), {
    pieces: [
      { id: a, reason: '', date: '2026-12-04' },
      { id: b, reason: '', date: '2026-12-05' },
    ],
  })
})

it('reads a day for all of them', () => {
  for (const text of ['2026-12-04', 'date: 2026-12-04', 'date,2026-12-04', 'mailed_date=12/04/2026', '2026-12-04T09:00:00Z'])
    assert.deepEqual(readReturnFile(`${text}\n`), { pieces: [], date: '2026-12-04' }, text)
})

it('says what it cannot read', () => {
  assert.equal(readReturnFile('hello'), '"hello" is no piece id.')
  assert.equal(readReturnFile('2026-02-30'), '"2026-02-30" is no piece id.')
  assert.equal(readReturnFile(`piece_id,date\n${pa},soon\n`), '"soon" is no day; write 2026-11-27.')
})
