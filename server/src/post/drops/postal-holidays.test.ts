/** Postal holidays against the lists the Postal Service published. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { mailDay } from './drops.ts'
import { isMailDay, postalHolidays } from './postal-holidays.ts'

describe('postal holidays', () => {
  const of = (year: number) => [...postalHolidays(year).keys()]

  it('are those of the published calendars', () => {
    assert.deepEqual(
      of(2026),
      [
        ['2026-01-01', '2026-01-19', '2026-02-16', '2026-05-25', '2026-06-19', '2026-07-04'],
        ['2026-09-07', '2026-10-12', '2026-11-11', '2026-11-26', '2026-12-25'],
      ].flat(),
    )
    assert.deepEqual(
      of(2025),
      [
        ['2025-01-01', '2025-01-20', '2025-02-17', '2025-05-26', '2025-06-19', '2025-07-04'],
        ['2025-09-01', '2025-10-13', '2025-11-11', '2025-11-27', '2025-12-25'],
      ].flat(),
    )
  })

  it('on a Sunday are kept on the Monday, on a Saturday on that day', () => {
    // 2023: New Year's Day was a Sunday. 2022: Christmas was a Sunday. 2027: Juneteenth and Christmas are Saturdays.
    assert.ok(of(2023).includes('2023-01-02') && !of(2023).includes('2023-01-01'))
    assert.ok(of(2022).includes('2022-12-26'))
    assert.ok(of(2027).includes('2027-12-25') && !of(2027).includes('2027-12-24'))
    assert.ok(of(2027).includes('2027-07-05') && of(2027).includes('2027-06-19'))
  })

  it('are eleven in every year, each on a day that is no Sunday', () => {
    for (let year = 1990; year <= 2100; year++) {
      const days = of(year)
      assert.equal(new Set(days).size, 11, String(year))
      for (const day of days) assert.notEqual(new Date(day).getUTCDay(), 0, day)
    }
  })

  it('are no mail dates: the next mail day is', () => {
    const day = (now: string, send?: string) => mailDay(new Date(now), send).mailDate
    assert.equal(day('2026-11-25T12:00:00Z'), '2026-11-27', 'Thanksgiving')
    assert.equal(day('2026-11-24T12:00:00Z', '2026-12-25'), '2026-12-26', 'Christmas on a Friday: Saturday')
    assert.equal(day('2022-12-20T12:00:00Z', '2022-12-24'), '2022-12-24')
    assert.equal(day('2022-12-20T12:00:00Z', '2022-12-25'), '2022-12-27', 'Christmas on a Sunday: Tuesday')
    assert.equal(day('2026-12-31T12:00:00Z'), '2027-01-02')
    assert.equal(day('2027-12-30T12:00:00Z', '2028-01-01'), '2028-01-03', 'New Year on a Saturday, then Sunday')
    assert.equal(day('2026-07-01T12:00:00Z', '2026-07-03'), '2026-07-03', 'the Friday before is a mail day')
    assert.equal(mailDay(new Date('2026-11-25T12:00:00Z')).lockAt.toISOString(), '2026-11-27T00:00:00.000Z')
    assert.ok(isMailDay(new Date('2026-11-28T00:00:00Z')))
  })
})
