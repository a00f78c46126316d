/** CSV as RFC 4180 has it, safe to open in a spreadsheet. Pure. */

/** One line with its CRLF. A cell which a spreadsheet would calculate gets an apostrophe in front. */
export const csvRow = (cells: readonly string[]): string => `${cells.map(cell).join(',')}\r\n`

const cell = (text: string): string => {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}

/** The first two cells of each line of a short list somebody else wrote; `;` and tab separate as well. */
export const firstCells = (text: string): [string, string][] =>
  text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .map(line => line.trim())
    .filter(Boolean)
    .map(line => {
      const [first = '', second = ''] = line.split(/[,;\t]/).map(part => part.trim().replace(/^"(.*)"$/, '$1'))
      return [first, second]
    })
