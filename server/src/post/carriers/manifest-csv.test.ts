/** What a spreadsheet makes of the cells of a manifest. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { csvTable } from './manifest-csv.ts'

const cellOf = (text: string | number) => csvTable(['h'], [[text]]).slice('\uFEFFh\r\n'.length, -2)

it('begins with a byte order mark, so that names keep their accents', () => {
  const bytes = Buffer.from(csvTable(['name'], [['José Núñez']]))
  assert.deepEqual([...bytes.subarray(0, 3)], [0xef, 0xbb, 0xbf])
  assert.equal(bytes.toString(), '\uFEFFname\r\nJosé Núñez\r\n')
})

it('keeps ZIP codes, barcodes and what looks like a date as text', () => {
  for (const text of [
    ...['02139', '62701', '0031090001234500000101060221', '1E5', '12%', '$5', 'TRUE'],
    ...['3-4', '3/4', '10:30', '2026-12-24', 'MAY 5', '5 MAR', 'SEP 12, 2026', 'DEC-24'],
  ])
    assert.equal(cellOf(text), `"=""${text}"""`, text)
})

it('leaves names, streets and ZIP+4 as they are, and numbers numbers', () => {
  for (const text of ['Ann', '12 Oak Ave', '01060-2213', 'APT 4B', 'MAYBERRY', 'MARCH', 'K1A 0B1', '1ST FLOOR', ''])
    assert.equal(cellOf(text), text)
  assert.equal(cellOf(12), '12')
  assert.equal(cellOf('Doe, Jane'), '"Doe, Jane"')
  assert.equal(cellOf('The "Kettle"'), '"The ""Kettle"""')
})

it('calculates nothing', () => {
  for (const text of ['=1+1', '+1 617 555 0100', '-5', '@SUM(A1)', ' =1', '\t=1', '＝1+1', '=cmd|’/c calc’!A0'])
    assert.match(cellOf(text), /^"?'/, text)
})
