/**
 * A cheap look at untrusted bytes before the real parser sees them: one pass that stops at the first cap. The parser has
 * no limit on the number of parts (500,000 empty ones in 3 MB cost it 8 s and 576 MB), so they are counted here.
 * Who hides a boundary from this count (comments, escapes) still meets the worker's deadline and heap limit.
 */

export const caps = {
  parts: 1000,
  /** As Postfix (mime_nesting_limit). Enforced by the parser itself. */
  nesting: 100,
  headerBytes: 102_400,
  headerLines: 10_000,
  /** All headers of all parts together. Enforced by the parser itself. */
  allHeaderBytes: 2 * 1024 * 1024,
} as const

/** Why the message must not be parsed in full, or null when it may. */
export const scan = (raw: Buffer): string | null => {
  const header = raw.subarray(0, headerEnd(raw))
  if (header.length > caps.headerBytes) return `The header section is larger than ${caps.headerBytes} bytes.`
  if (count(header, '\n', caps.headerLines) > caps.headerLines)
    return `The header section has more than ${caps.headerLines} lines.`
  if (delimiters(raw) > caps.parts) return `The message has more than ${caps.parts} parts.`
  return null
}

/** Where the header section ends: the offset of the empty line, or the length of a message that has none. */
export const headerEnd = (raw: Buffer): number => {
  const ends = [raw.indexOf('\n\r\n'), raw.indexOf('\n\n')].filter(at => at >= 0)
  return ends.length === 0 ? raw.length : Math.min(...ends) + 1
}

const declaration = /boundary(\*)?[^=;\s"]{0,20}\s{0,20}=\s{0,20}(?:"((?:[^"\\\r\n]|\\.){1,300})"|([^\s;"]{1,300}))/gi

/** How many lines separate parts: `--` and a boundary that some header declares. */
const delimiters = (raw: Buffer): number => {
  if (count(raw, '\n--', caps.parts) <= caps.parts) return 0
  const declared = new Set<string>()
  let split = false
  for (const [, starred, quoted, bare] of raw.toString('latin1').matchAll(declaration)) {
    if (starred) split = true
    declared.add((quoted?.replace(/\\(.)/g, '$1') ?? bare!).trimEnd())
  }
  let found = 0
  for (let at = raw.indexOf('\n--'); at >= 0 && found <= caps.parts; at = raw.indexOf('\n--', at + 3)) {
    if (split || declared.has(boundaryAt(raw, at + 3))) found++
  }
  return found
}

const boundaryAt = (raw: Buffer, start: number): string => {
  const window = raw.subarray(start, start + 400)
  const end = window.indexOf('\n')
  return window.toString('latin1', 0, end < 0 ? window.length : end).trimEnd()
}

/** Occurrences of `text`, counted no further than one past `limit`. */
const count = (raw: Buffer, text: string, limit: number): number => {
  let found = 0
  for (let at = raw.indexOf(text); at >= 0 && found <= limit; at = raw.indexOf(text, at + text.length)) found++
  return found
}
