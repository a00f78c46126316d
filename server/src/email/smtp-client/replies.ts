/**
 * What a mail server said. `code` is its three digits, or 0 when it said nothing that could be used and `text` is our own
 * account of what went wrong. `enhanced` is the RFC 3463 code the reply carried. `text` is the reply without the three digits,
 * lines joined by `\n`, control characters gone, at most 64 KB.
 */
export type Reply = { code: number; enhanced: string | null; text: string }

/** Our own account of a conversation that broke off. `enhanced`: 4.4.2 the connection, 4.5.0 the protocol, 4.7.0 security, 4.3.0 our side. */
export function noReply(text: string, enhanced: '4.3.0' | '4.4.2' | '4.5.0' | '4.7.0' = '4.4.2'): Reply {
  return { code: 0, enhanced, text }
}

// RFC 5321 4.5.3.1.5 asks for 512 octets; real servers go beyond it in their explanations, hostile ones do not stop at all
const maxLine = 4096
const maxLines = 100
const maxReply = 65_536

/** Cuts a peer's bytes into replies (RFC 5321 4.2.1), holding at most one unfinished reply. Time and memory are linear and capped. */
export class ReplyReader {
  /** why the bytes stopped being SMTP; nothing is read after it */
  violation: string | null = null
  #rest = ''
  #lines: string[] = []
  #code = 0
  #size = 0

  push(chunk: Buffer): Reply[] {
    const data = this.#rest + chunk.toString('latin1')
    const replies: Reply[] = []
    let from = 0
    for (let lf = data.indexOf('\n'); lf !== -1 && !this.violation; lf = data.indexOf('\n', from)) {
      const reply = this.#line(data.slice(from, lf > from && data[lf - 1] === '\r' ? lf - 1 : lf))
      if (reply) replies.push(reply)
      from = lf + 1
    }
    this.#rest = data.slice(from)
    if (this.#rest.length > maxLine) this.violation ??= `a reply line longer than ${maxLine} bytes`
    return replies
  }

  /** Forgets everything unread: what came in plain text must not be taken for an answer under TLS (RFC 3207 4.2). */
  reset(): void {
    this.#rest = ''
    this.#begin()
  }

  #begin(): void {
    this.#lines = []
    this.#code = 0
    this.#size = 0
  }

  #line(line: string): Reply | null {
    const match = line.length <= maxLine ? /^([2-5][0-9]{2})(?:([ -])(.*))?$/s.exec(line) : null
    if (!match) return this.#refuse('a line that is no SMTP reply')
    const code = Number(match[1])
    if (this.#code && code !== this.#code) return this.#refuse(`one reply with the codes ${this.#code} and ${code}`)
    this.#code = code
    const text = match[3] ?? ''
    this.#size += text.length + 1
    if (this.#lines.push(text) > maxLines || this.#size > maxReply) return this.#refuse('a reply without end')
    if (match[2] === '-') return null
    const lines = this.#lines
    this.#begin()
    return { code, enhanced: enhancedCode(lines[0] ?? '', code), text: readable(lines.join('\n')) }
  }

  #refuse(violation: string): null {
    this.violation = violation
    return null
  }
}

/** The RFC 3463 code in front of a reply's text, unless its class contradicts the reply. */
function enhancedCode(text: string, code: number): string | null {
  const match = /^([245])\.[0-9]{1,3}\.[0-9]{1,3}(?![^ ])/.exec(text)
  return match && Number(match[1]) === Math.trunc(code / 100) ? match[0] : null
}

/** Bytes as UTF-8 text for people: no control character, no line or paragraph separator survives, except the `\n` between lines. */
function readable(latin1: string): string {
  if (!/[^\n -~]/.test(latin1)) return latin1
  const text = Buffer.from(latin1, 'latin1').toString('utf8')
  return text.replace(/[^\P{Cc}\n]|[\u2028\u2029]/gu, ' ')
}
