/**
 * CSV that a spreadsheet opens as it was meant: a byte order mark, without which Excel reads UTF-8 as Windows-1252; text that it would
 * take for a number, a date or a formula is written so that it stays text. Pure.
 */

/** A table with its headings (RFC 4180). Numbers are numbers, text stays text. */
export const csvTable = (headings: readonly string[], rows: readonly (readonly (string | number)[])[]): string =>
  `\uFEFF${[headings, ...rows].map(row => `${row.map(cell).join(',')}\r\n`).join('')}`

const cell = (value: string | number): string => {
  if (typeof value === 'number') return String(value)
  if (isCalculated(value)) return quoted(`'${value}`)
  return looksLikeAnother(value) ? quoted(`="${value}"`) : quoted(value)
}

/** Excel, LibreOffice and Google Sheets calculate what begins like this, white space before it or not. */
const isCalculated = (text: string): boolean => /^\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n]/.test(text)

/** Numbers lose their leading zeros and all digits beyond the fifteenth; 3-4, 3/4, MAY 5 and 1E5 become dates and powers. */
const looksLikeAnother = (text: string): boolean =>
  /^[\s$€£]*[\d.,]+\s*(%|E[+-]?\d+)?\s*$/i.test(text) ||
  /^\s*\d{1,4}\s*[-/.:]\s*\d{1,4}(\s*[-/.:]\s*\d{1,4})?(\s*[AP]M?)?\s*$/i.test(text) ||
  /^\s*(\d{1,4}[\s-/]*)?(JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)[A-Z]*[\s-/.]*\d{1,4}(,?\s*\d{1,4})?\s*$/i.test(text) ||
  /^\s*\d{1,2}[\s-/]*(JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)[A-Z]*\s*$/i.test(text) ||
  /^\s*(TRUE|FALSE)\s*$/i.test(text)

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
