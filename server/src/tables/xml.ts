/**
 * The XML of spreadsheets, as it streams by: tags and text, nothing else. No document type is read, so there are no entities but
 * the five of XML 1.0 and numbered ones; nothing can be fetched or expanded (XXE, billion laughs).
 */
import { ListRefused, limits } from './table-limits.ts'

export interface Handler {
  /** `name` without its namespace prefix; `attributes` as written, read them with `attribute`. */
  open(name: string, attributes: string): void
  close(name: string): void
  text(text: string): void
}

const damaged = () => new ListRefused('holds XML that is not well-formed; save it again as .xlsx')
const mostTag = 64 * 1024
/** As it is escaped, a cell may be longer than the text in it. */
const mostText = limits.cell * 8

/** Feed it text; call `end` after the last. Throws ListRefused. */
export const xmlReader = (handler: Handler): { feed(text: string): void; end(): void } => {
  let rest = ''
  let depth = 0
  const counting: Handler = {
    ...handler,
    open: (name, attributes) => {
      depth++
      handler.open(name, attributes)
    },
    close: name => {
      if (--depth < 0) throw damaged()
      handler.close(name)
    },
  }
  const feed = (text: string): void => {
    rest += text
    let at = 0
    for (;;) {
      const open = rest.indexOf('<', at)
      if (open < 0) break
      if (open > at) handler.text(decoded(rest.slice(at, open)))
      const end = markupEnd(rest, open)
      if (end < 0) {
        at = open
        break
      }
      markup(rest, open, end, counting)
      at = end
    }
    rest = rest.slice(at)
    if (rest.length > (rest.startsWith('<') ? mostTag : mostText)) throw new ListRefused('has a cell that is far too long')
  }
  return {
    feed,
    end: () => {
      if (rest.trim() !== '' || depth > 0) throw damaged()
    },
  }
}

/** The index after the tag, comment, instruction or CDATA section that starts here; -1 when it is not all there yet. */
const markupEnd = (text: string, open: number): number => {
  const closing = (mark: string) => {
    const at = text.indexOf(mark, open)
    return at < 0 ? -1 : at + mark.length
  }
  if (text.startsWith('<!--', open)) return closing('-->')
  if (text.startsWith('<![CDATA[', open)) return closing(']]>')
  if (text.startsWith('<?', open)) return closing('?>')
  if (text.startsWith('<!', open)) {
    if ('<![CDATA['.startsWith(text.slice(open)) || '<!--'.startsWith(text.slice(open))) return -1
    throw new ListRefused('declares a document type, which no spreadsheet needs')
  }
  const first = text.indexOf('>', open)
  if (first < 0) return -1
  const quoted = text.slice(open, first)
  if (!/["']/.test(quoted)) return first + 1
  let quote = ''
  for (let i = open + 1; i < text.length; i++) {
    const letter = text[i]!
    if (quote) quote = letter === quote ? '' : quote
    else if (letter === '"' || letter === "'") quote = letter
    else if (letter === '>') return i + 1
  }
  return -1
}

const markup = (text: string, open: number, end: number, handler: Handler): void => {
  const second = text.charCodeAt(open + 1)
  if (second === 0x3f) return
  if (second === 0x21) {
    if (text.startsWith('<![CDATA[', open)) handler.text(text.slice(open + 9, end - 3))
    return
  }
  if (second === 0x2f) {
    handler.close(local(text.slice(open + 2, end - 1).trim()))
    return
  }
  const closed = text.charCodeAt(end - 2) === 0x2f
  const inside = text.slice(open + 1, closed ? end - 2 : end - 1)
  const space = inside.search(/\s/)
  const name = local(space < 0 ? inside : inside.slice(0, space))
  handler.open(name, space < 0 ? '' : inside.slice(space))
  if (closed) handler.close(name)
}

const local = (name: string): string => name.slice(name.indexOf(':') + 1)

const patterns = new Map<string, RegExp>()

/** The value of an attribute, `r` or `r:id` without its prefix; undefined when it is not there. */
export const attribute = (attributes: string, name: string): string | undefined => {
  let pattern = patterns.get(name)
  if (!pattern) {
    pattern = new RegExp(`\\s(?:[\\w.-]+:)?${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`)
    patterns.set(name, pattern)
  }
  const found = pattern.exec(attributes)
  return found ? decoded(found[1] ?? found[2]!) : undefined
}

const named: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

const decoded = (text: string): string =>
  text.includes('&')
    ? text.replace(/&(#x[0-9a-f]{1,6}|#\d{1,7}|\w{1,8});/gi, (all, name: string) => character(name) ?? all)
    : text

const character = (name: string): string | undefined => {
  if (!name.startsWith('#')) return named[name]
  const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1))
  return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff) ? String.fromCodePoint(code) : '\ufffd'
}
