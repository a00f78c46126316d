/**
 * What a print shop wrote into an answer: ids of pieces, a reason or a day beside them, headings or none, commas, semicolons or tabs. Pure.
 */
import { parseId } from '../../kernel/ids.ts'

export interface Named {
  /** uuid of the piece. */
  id: string
  reason: string
  /** `2026-11-27`, when the shop said so. */
  date?: string
}

export interface ReturnFile {
  pieces: Named[]
  /** The day of everything in the file: a line of its own. */
  date?: string
}

const idHeadings = new Set(['piece_id', 'piece', 'id'])
const dateHeadings = new Set(['date', 'mailed', 'mailed_at', 'mailed_date', 'mail_date', 'printed_at', 'printed_date'])
const isoDay = /^(\d{4})-(\d{2})-(\d{2})(?:[T ].*)?$/
const usDay = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/

/** A day as shops write it, `2026-11-27` or `11/27/2026`; undefined when it is none of the calendar. */
const dayOf = (text: string): string | undefined => {
  const [, year, month, date] = isoDay.exec(text) ?? []
  const [, usMonth, usDate, usYear] = usDay.exec(text) ?? []
  const day = year ? `${year}-${month}-${date}` : usYear && `${usYear}-${usMonth!.padStart(2, '0')}-${usDate!.padStart(2, '0')}`
  if (!day) return undefined
  const parsed = new Date(`${day}T00:00:00Z`)
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(day) ? day : undefined
}

/** Cells of a line; quotes may hold a separator, and Excel's `="text"` is text. */
const cellsOf = (line: string): string[] =>
  [...line.matchAll(/(?:^|[,;\t])\s*(?:=?"((?:[^"]|"")*)"\s*(?=$|[,;\t])|([^,;\t]*))/g)].map(([, inQuotes, bare]) =>
    (inQuotes?.replaceAll('""', '"') ?? bare ?? '').trim(),
  )

/** Reads an answer, or says what is wrong with it. */
export const readReturnFile = (text: string): ReturnFile | string => {
  const file: ReturnFile = { pieces: [] }
  let dateColumn = -1
  for (const line of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .map(each => each.trim())
    .filter(Boolean)) {
    const cells = cellsOf(line)
    const words = cells.map(cell => cell.toLowerCase().replaceAll(' ', '_'))
    if (idHeadings.has(words[0]!)) {
      dateColumn = words.findIndex(word => dateHeadings.has(word))
      continue
    }
    const id = parseId('piece', cells[0]!)
    if (id) {
      const given = dateColumn > 0 ? (cells[dateColumn] ?? '') : ''
      const date = given ? dayOf(given) : cells.slice(1).map(dayOf).find(Boolean)
      if (given && !date) return `"${given.slice(0, 80)}" is no day; write 2026-11-27.`
      const reason = cells.slice(1).filter((cell, i) => cell && i + 1 !== dateColumn && !dayOf(cell))
      file.pieces.push({ id, reason: reason.join(', '), ...(date ? { date } : {}) })
      continue
    }
    // A line of its own: `2026-11-27`, `date: 2026-11-27` or `date,2026-11-27`.
    const alone = cells.flatMap(cell => cell.split(/:\s+|=/)).filter(word => !dateHeadings.has(word.trim().toLowerCase()))
    const day = alone.length === 1 ? dayOf(alone[0]!.trim()) : undefined
    if (!day) return `"${cells[0]!.slice(0, 80)}" is no piece id.`
    file.date = day
  }
  return file
}
