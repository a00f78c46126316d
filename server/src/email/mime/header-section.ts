/**
 * Bytes → header fields, and where the body begins (RFC 5322 §2.2), for a message and for each of its parts. Lenient: a line that is no
 * field, a section that ends without an empty line, a message that begins without any header.
 */

/** Lower-cased name; the value unfolded, otherwise as it stands, one character a byte. */
export type RawField = [name: string, value: string]

export interface HeaderSection {
  fields: RawField[]
  /** Offset of the first octet of the body. */
  body: number
  /** Octets of the fields. */
  size: number
  problem: 'no-empty-line' | 'no-header' | 'odd-line' | null
}

const LF = 10

/** What names a field that a mail program would write; anything may do so, but a text is told from a header by these. */
const usual =
  /^(?:from|to|cc|bcc|subject|date|sender|message-id|mime-version|reply-to|in-reply-to|references|return-path|received|delivered-to|dkim-signature|authentication-results|auto-submitted|importance|priority|precedence|organization|user-agent|comments|keywords|errors-to|status|envelope-to|disposition-notification-to|newsgroups|path|lines|apparently-to|feedback-id|sensitivity|encrypted|(?:content|x|list|resent|arc|received|original|thread|delivery|autocrypt|return)-.+)$/i

/** Fields that servers put before whatever came, ours among them. */
const trace = /^(?:received|return-path|delivered-to|x-original-to|received-spf|authentication-results|arc-.*)$/

/** What separates mails in a file of them, left at the top of one; fields of servers may stand before it. */
const mboxLine = /^>?From \S{1,300} {1,9}[A-Z][a-z]{2} [A-Z][a-z]{2} {1,9}\d/

const fieldLine = /^([\x21-\x39\x3b-\x7e]{1,200})[ \t]*:/

/** A field as it was found. */
interface FoundField {
  name: string
  lines: string[]
  /** Offset of its first octet. */
  place: number
}

export interface HeaderOptions {
  /** The header of the whole message, which may be a text without any. */
  root?: boolean
  /** Whether a line is a boundary of an enclosing multipart, where the section ends too. */
  isDelimiter?: (line: string) => boolean
  /** How much of it is read; `exceeded` throws when there is more. */
  limit?: { bytes: number; lines: number; exceeded(limit: { bytes: number; lines: number }): never }
}

/** The header section at `start`. Every octet is looked at a bounded number of times. */
export const readHeaderSection = (bytes: Buffer, start: number, options: HeaderOptions = {}): HeaderSection => {
  const { root = false, isDelimiter = () => false, limit } = options
  const found: FoundField[] = []
  let odd = false
  let lines = 0
  let at = start
  while (at < bytes.length) {
    const line = lineAt(bytes, at)
    const { text } = line
    const blank = text.charCodeAt(0) === 32 || text.charCodeAt(0) === 9
    if (text === '' || (blank && text.trim() === '' && !goesOn(bytes, line.next, isDelimiter, 1)))
      return finish(found, start, line.next, { root, odd, ended: true })
    if (isDelimiter(text)) return finish(found, start, at, { root, odd, ended: true })
    const name = blank ? undefined : fieldLine.exec(text)
    if (name) found.push({ name: name[1]!.toLowerCase(), lines: [text.slice(name[0].length)], place: at })
    else if (blank && found.length > 0) found.at(-1)!.lines.push(text)
    else if (!(at === start && /^>?From /.test(text)) && !mboxLine.test(text)) {
      if (!goesOn(bytes, line.next, isDelimiter)) return finish(found, start, at, { root, odd, ended: false })
      odd = true
    }
    at = line.next
    if (limit && (++lines > limit.lines || at - start > limit.bytes)) limit.exceeded(limit)
  }
  return finish(found, start, at, { root, odd, ended: true })
}

/**
 * `ended`: the section has its empty line, or nothing follows. A message whose first lines only look like fields (`Note: the printer is
 * out`) is a text and shown from its first line; so is a part that goes on without an empty line.
 */
const finish = (
  found: FoundField[],
  start: number,
  end: number,
  { root, odd, ended }: { root: boolean; odd: boolean; ended: boolean },
): HeaderSection => {
  const fields = (all: FoundField[]) => all.map(({ name, lines }): RawField => [name, lines.join('')])
  const size = end - start
  const own = found.findIndex(({ name }) => !(root && trace.test(name)))
  if (found.some(({ name }) => usual.test(name) && !(root && trace.test(name))))
    return { fields: fields(found), body: end, size, problem: ended ? (odd ? 'odd-line' : null) : 'no-empty-line' }
  if (root && own < 0) return { fields: fields(found), body: end, size, problem: 'no-header' }
  if (root) return { fields: fields(ended ? found : found.slice(0, own)), body: found[own]!.place, size, problem: 'no-header' }
  if (own < 0 || ended) return { fields: fields(found), body: end, size, problem: ended ? null : 'no-empty-line' }
  return { fields: [], body: found[own]!.place, size, problem: 'no-empty-line' }
}

const lineAt = (bytes: Buffer, at: number): { text: string; next: number } => {
  const found = bytes.indexOf(LF, at)
  const end = found < 0 ? bytes.length : found
  const text = bytes.toString('latin1', at, end > at && bytes[end - 1] === 13 ? end - 1 : end)
  return { text, next: found < 0 ? bytes.length : end + 1 }
}

/** After a line that is no field: whether a usual field follows within `most` lines, before the section could end. */
const goesOn = (bytes: Buffer, from: number, isDelimiter: (line: string) => boolean, most = 5): boolean => {
  let at = from
  for (let lines = 0; lines < most && at < bytes.length; lines++) {
    const end = bytes.indexOf(LF, at)
    const text = bytes.toString('latin1', at, Math.min(end < 0 ? bytes.length : end, at + 200)).trimEnd()
    if (text === '' || text.startsWith('--') || isDelimiter(text)) return false
    const name = fieldLine.exec(text)?.[1]
    if (name && usual.test(name)) return true
    if (end < 0) return false
    at = end + 1
  }
  return false
}

/** Where the header section of a message ends: the offset of the empty line, or the length of a message that has none. */
export const headerEnd = (raw: Buffer): number => {
  const ends = [raw.indexOf('\n\r\n'), raw.indexOf('\n\n')].filter(at => at >= 0)
  return ends.length === 0 ? raw.length : Math.min(...ends) + 1
}
