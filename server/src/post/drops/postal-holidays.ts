/**
 * The days on which the Postal Service takes no mail in: Sundays and the federal holidays of 5 U.S.C. 6103(a), in any year. Pure.
 *
 * A holiday on a Sunday is kept on the Monday after it. One on a Saturday is kept on that Saturday: post offices are open the Friday
 * before, although it is the day off of federal offices (USPS, ELM 518.3). Inauguration Day is no postal holiday.
 */

const dayMs = 86_400_000
const [january, february, may, june, july, september, october, november, december] = [0, 1, 4, 5, 6, 8, 9, 10, 11] as const
const [sunday, monday, thursday] = [0, 1, 4] as const

const day = (year: number, month: number, date: number): Date => new Date(Date.UTC(year, month, date))

/** The `nth` such weekday of a month, from 1. */
const nth = (year: number, month: number, weekday: number, which: number): Date => {
  const first = day(year, month, 1).getUTCDay()
  return day(year, month, 1 + ((weekday - first + 7) % 7) + (which - 1) * 7)
}

const lastMonday = (year: number, month: number): Date => {
  const last = day(year, month + 1, 0)
  return new Date(last.getTime() - ((last.getUTCDay() - monday + 7) % 7) * dayMs)
}

const kept = (date: Date): Date => (date.getUTCDay() === sunday ? new Date(date.getTime() + dayMs) : date)

/** A year's postal holidays as they are kept: day (`2026-11-26`) → name. */
export const postalHolidays = (year: number): Map<string, string> => {
  const holidays: [Date, string][] = [
    [kept(day(year, january, 1)), 'New Year’s Day'],
    [nth(year, january, monday, 3), 'Birthday of Martin Luther King, Jr.'],
    [nth(year, february, monday, 3), 'Washington’s Birthday'],
    [lastMonday(year, may), 'Memorial Day'],
    [kept(day(year, june, 19)), 'Juneteenth'],
    [kept(day(year, july, 4)), 'Independence Day'],
    [nth(year, september, monday, 1), 'Labor Day'],
    [nth(year, october, monday, 2), 'Columbus Day'],
    [kept(day(year, november, 11)), 'Veterans Day'],
    [nth(year, november, thursday, 4), 'Thanksgiving Day'],
    [kept(day(year, december, 25)), 'Christmas Day'],
  ]
  return new Map(holidays.map(([date, name]) => [date.toISOString().slice(0, 10), name]))
}

/** Whether mail can be handed to the Postal Service on this day (UTC). */
export const isMailDay = (date: Date): boolean =>
  date.getUTCDay() !== sunday && !postalHolidays(date.getUTCFullYear()).has(date.toISOString().slice(0, 10))
