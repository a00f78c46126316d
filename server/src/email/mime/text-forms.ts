/** Plain text between its forms: line ends, format=flowed (RFC 3676) into long lines, and into HTML beside parts that are HTML. */

/** Every line end as LF, in the way that costs least where all are CRLF. */
export const unixLines = (text: string): string => {
  const lines = text.replaceAll('\r\n', '\n')
  return lines.includes('\r') ? lines.replaceAll('\r', '\n') : lines
}

/** Lines that end in a blank go on in the next one of the same quote depth. `deleteSpace`: the blank is not part of the text (DelSp). */
export const unflow = (text: string, deleteSpace: boolean): string => {
  const out: string[] = []
  let pieces: string[] = []
  let depth = 0
  const flush = () => {
    const line = pieces.join('')
    out.push(depth > 0 ? `${'>'.repeat(depth)}${line && ' '}${line}` : line)
    pieces = []
  }
  for (const line of text.split('\n')) {
    let quotes = 0
    while (line.charCodeAt(quotes) === 62) quotes++
    const stuffed = line.charCodeAt(quotes) === 32 ? quotes + 1 : quotes
    const content = line.slice(stuffed)
    const signature = content === '-- '
    if (pieces.length > 0 && (quotes !== depth || signature)) flush()
    depth = quotes
    const flows = content.endsWith(' ') && !signature
    pieces.push(flows && deleteSpace ? content.slice(0, -1) : content)
    if (!flows) flush()
  }
  if (pieces.length > 0) flush()
  return out.join('\n')
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

export const textToHtml = (text: string): string =>
  `<div style="white-space: pre-wrap">${text.trimEnd().replace(/[&<>"]/g, letter => entities[letter]!)}</div>`
