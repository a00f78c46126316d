/** Rows and cells of a table, whatever file it came in. */

/** One row: its number as the spreadsheet shows it, and its cells as text (empty where there is none). */
export interface Row {
  number: number
  cells: string[]
  /** How many cells were freed of the marks by which they were kept from being numbers. */
  freed?: number
  /** The spreadsheet does not show it: filtered out, or hidden by hand. */
  hidden?: true
}

/** `="02139"`: a formula that keeps a spreadsheet from taking digits for a number. */
const formula = /^=\s*"((?:[^"]|"")*)"$/
/** `'02139`: the same by an apostrophe, which some programs export. (Names such as 't Hooft keep theirs.) */
const apostrophe = /^['’‘`´](?=[+\d])/

/** The text of a cell without blanks around it and without such marks. */
export const cellText = (text: string): string => {
  const trimmed = text.trim()
  const first = trimmed.charCodeAt(0)
  if (first === 0x3d) {
    const inside = formula.exec(trimmed)?.[1]
    return inside === undefined ? trimmed : inside.replaceAll('""', '"').trim()
  }
  return first === 0x27 || first === 0x60 || first === 0xb4 || first === 0x2018 || first === 0x2019
    ? trimmed.replace(apostrophe, '')
    : trimmed
}
