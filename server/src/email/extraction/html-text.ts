/**
 * HTML → readable plain text, in one pass without recursion: rows of tables on lines of their own, hidden text left out,
 * links with their address in brackets, pictures by their description, quotes as `> ` lines.
 */
import { Tokenizer, type TokenizerCallbacks } from 'htmlparser2'
import type { Declarations } from './css.ts'
import { type Attributes, type Look, Looks, plainLook } from './html-look.ts'
import { historyStarts, isQuoteContainer, isSignature } from './html-quotes.ts'
import { withoutInvisible } from './invisible.ts'
import { joinLines, type Line, TextLines } from './text-lines.ts'

/** More of it than this is not read: the text is for people and models, the HTML itself stays available. */
const longestHtml = 1_000_000

/** How far up an end tag looks for its element, and how deep cells are told apart. */
const farthest = 256
const deepestCell = 50

/**
 * Never throws. Up to 1,000,000 characters are read; the empty string when nothing in it can be seen. With `hidden`, text that
 * cannot be seen is written too.
 */
export const htmlToText = (html: string, { hidden = false } = {}): string => joinLines(readHtml(html, hidden)).trim()

/** The lines of an HTML body as a person sees them. */
export const readHtml = (html: string, hidden = false): Line[] => {
  const page = new Page(html.slice(0, longestHtml), { hidden })
  // What only screen readers are spared (aria-hidden) is better than nothing.
  const { lines } = page.lines.length > 0 || !page.skippedAside ? page : new Page(html.slice(0, longestHtml), { aside: true })
  return lines.map(line => ({ ...line, text: withoutInvisible(line.text).trimEnd() }))
}

const words = (list: string): Set<string> => new Set(list.split(' '))
const withMargin = words('p h1 h2 h3 h4 h5 h6 ul ol dl blockquote pre figure')
const blocks = words(
  'address article aside body caption center dd details dialog dir div dt fieldset figcaption footer form header hgroup hr html legend li listing main menu nav optgroup option search section summary table tbody tfoot thead tr p h1 h2 h3 h4 h5 h6 ul ol dl blockquote pre figure',
)
const voids = words('area base basefont bgsound br col embed frame hr img input keygen link meta param source track wbr')
const unread = words('script style title template iframe noframes noembed xmp svg xml datalist canvas')
const drawings = words('svg xml datalist canvas')
/** An element that ends an open one of these (HTML §13.1.2.4), unless one of the walls stands between them. */
const ends: Record<string, [Set<string>, Set<string>]> = {
  li: [words('li'), words('ul ol menu dir td th table')],
  dt: [words('dt dd'), words('dl td th table')],
  dd: [words('dt dd'), words('dl td th table')],
  option: [words('option'), words('select')],
  tr: [words('tr td th caption'), words('table')],
  td: [words('td th caption'), words('table')],
  th: [words('td th caption'), words('table')],
  tbody: [words('tr td th thead tbody tfoot caption'), words('table')],
  thead: [words('tr td th thead tbody tfoot caption'), words('table')],
  tfoot: [words('tr td th thead tbody tfoot caption'), words('table')],
  a: [words('a'), words('td th table')],
}
const paragraph: [Set<string>, Set<string>] = [words('p'), words('td th table button object li blockquote div')]
const kept = words('style class id href alt hidden aria-hidden bgcolor background color width height type value start')

interface Frame {
  tag: string
  /** Of what stands around it. */
  outer: Look
  /** The frame, not the element, is what shows. */
  look: Look
  block: boolean
  margin: boolean
  quote: boolean
  list?: List | undefined
  /** Of a link. */
  href: string
  /** Of a row: its cells, and where the row is to be written. */
  row?: { cells: TextLines[]; into: TextLines } | undefined
  /** Of a cell: where its row is written. */
  cell?: TextLines | undefined
}

/** `margin: 0`, as Outlook and many templates write for each line of a text; said for the top and the bottom. */
const hasNoMargin = (declared: Declarations | undefined): boolean => {
  if (!declared) return false
  const values = declared.get('margin')?.value.split(/\s+/) ?? []
  const zero = (value: string | undefined): boolean => value !== undefined && /^[0.]+[a-z]*$/.test(value)
  return (
    zero(declared.get('margin-top')?.value ?? values[0]) && zero(declared.get('margin-bottom')?.value ?? values[2] ?? values[0])
  )
}

interface List {
  /** The number of its next item; 0 for bullets. */
  next: number
  nested: boolean
}

class Page implements TokenizerCallbacks {
  readonly #html: string
  readonly #looks: Looks
  readonly #stack: Frame[] = []
  readonly #open = new Map<string, number>()
  readonly #lists: List[] = []
  readonly #withAside: boolean
  #out = new TextLines()
  #look = plainLook
  #cells = 0
  /** Inside this many elements whose text is not for reading. */
  #unread = 0
  #styleText: string | null = null
  #tag = ''
  #name = ''
  #value = ''
  #attributes: Attributes = new Map()
  /** The text of the link that is open, as far as it can equal an address, and whether there is anything to see of it. */
  #linkText: string | null = null
  #linkSeen = false
  skippedAside = false

  constructor(html: string, { hidden = false, aside = false } = {}) {
    this.#html = html
    this.#withAside = aside || hidden
    this.#looks = new Looks(hidden)
    const tokenizer = new Tokenizer({ xmlMode: false, decodeEntities: true }, this)
    tokenizer.write(html)
    tokenizer.end()
    this.#closeTo(0)
    this.#out.block()
  }

  get lines(): Line[] {
    return this.#out.lines
  }

  ontext(start: number, end: number): void {
    this.#text(this.#html.slice(start, end))
  }

  ontextentity(codepoint: number): void {
    this.#text(String.fromCodePoint(codepoint))
  }

  oncdata(): void {}

  onopentagname(start: number, end: number): void {
    this.#tag = this.#html.slice(start, end).toLowerCase()
    this.#attributes = new Map()
  }

  onattribname(start: number, end: number): void {
    this.#name = this.#html.slice(start, end).toLowerCase()
    this.#value = ''
  }

  onattribdata(start: number, end: number): void {
    this.#value += this.#html.slice(start, end)
  }

  onattribentity(codepoint: number): void {
    this.#value += String.fromCodePoint(codepoint)
  }

  onattribend(): void {
    if (kept.has(this.#name) && !this.#attributes.has(this.#name)) this.#attributes.set(this.#name, this.#value)
  }

  onopentagend(): void {
    this.#start(this.#tag, this.#attributes)
  }

  onselfclosingtag(): void {
    this.#start(this.#tag, this.#attributes)
    if (drawings.has(this.#tag)) this.#end(this.#tag)
  }

  onclosetag(start: number, end: number): void {
    const tag = this.#html.slice(start, end).toLowerCase()
    // An end tag alone is a line break or an empty paragraph (HTML §13.2.6.4.7).
    if (tag === 'br') this.#start('br', new Map())
    else if (tag === 'p' && !this.#open.get('p')) this.#start('p', new Map())
    this.#end(tag)
  }

  oncomment(): void {}
  ondeclaration(): void {}
  onprocessinginstruction(): void {}
  onend(): void {}

  #text(text: string): void {
    if (this.#styleText !== null) this.#styleText += text
    if (this.#unread > 0) return
    if (!this.#visible()) return
    if (this.#look.pre) this.#out.writePre(text)
    else this.#out.write(text)
    this.#linkSeen = true
    if (this.#linkText !== null && this.#linkText.length < 3000) this.#linkText += text
  }

  #visible(): boolean {
    if (!this.#look.shown) return false
    if (!this.#look.aside || this.#withAside) return true
    this.skippedAside = true
    return false
  }

  #start(tag: string, attributes: Attributes): void {
    // What can hold no blocks ends where one begins, as in a browser: its end tag was forgotten.
    if (this.#unread > 0 && blocks.has(tag) && drawings.has(this.#stack.at(-1)!.tag)) this.#closeTo(this.#stack.length - 1)
    if (this.#unread > 0 || unread.has(tag)) {
      if (unread.has(tag)) this.#push(tag, this.#look, {})
      if (tag === 'style') this.#styleText ??= ''
      return
    }
    const ended = ends[tag]
    if (ended) this.#imply(ended)
    if (blocks.has(tag) && this.#open.get('p')) this.#imply(paragraph)
    if (tag === 'td' || tag === 'th') this.#needRow()
    const { look, declared } = this.#looks.of(this.#look, tag, attributes)
    if (look.gone) {
      if (!voids.has(tag)) this.#push(tag, look, {})
      return
    }
    if (voids.has(tag)) {
      this.#void(tag, attributes, look)
      return
    }
    const display = declared?.get('display')?.value ?? ''
    const block = blocks.has(tag) ? !display.startsWith('inline') || tag === 'li' : display === 'block' || display === 'table'
    const margin = withMargin.has(tag) && !attributes.get('class')?.startsWith('Mso') && !hasNoMargin(declared)
    const list = tag === 'ul' || tag === 'ol' || tag === 'menu' || tag === 'dir'
    const nested = list && (this.#open.get('li') ?? 0) > 0
    if (block) this.#out.block(margin && !nested)
    const quote = isQuoteContainer(tag, attributes, declared)
    if (historyStarts(attributes)) this.#out.mark('history')
    else if (isSignature(attributes)) this.#out.mark('signature')
    const frame = this.#push(tag, look, { block, margin: margin && !nested, quote })
    if (quote) this.#out.quote++
    if (list) {
      const start = Number.parseInt(attributes.get('start') ?? '1', 10)
      frame.list = { next: tag === 'ol' ? (start > 0 && start < 1e6 ? start : 1) : 0, nested }
      this.#lists.push(frame.list)
      if (nested) this.#out.indent++
    } else if (tag === 'li') {
      const around = this.#lists.at(-1)
      this.#out.bullet = around?.next ? `${around.next++}. ` : '- '
    } else if (tag === 'tr' && this.#cells < deepestCell) {
      frame.row = { cells: [], into: this.#out }
    } else if (tag === 'td' || tag === 'th') {
      this.#cell(frame)
    } else if (tag === 'a' && attributes.has('href')) {
      frame.href = attributes.get('href')!.replace(/[\t\r\n]/g, '').trim().slice(0, 4000) // biome-ignore format: one line
      this.#linkText = ''
      this.#linkSeen = false
    }
  }

  #needRow(): void {
    for (let at = this.#stack.length - 1; at >= Math.max(0, this.#stack.length - farthest); at--) {
      const { tag } = this.#stack[at]!
      if (tag === 'tr') return
      if (tag === 'table' || tag === 'tbody' || tag === 'thead' || tag === 'tfoot') {
        this.#start('tr', new Map())
        return
      }
      if (tag === 'td' || tag === 'th') return
    }
  }

  #cell(frame: Frame): void {
    const row = this.#stack.at(-2)?.row
    if (!row || this.#out !== row.into) {
      this.#out.write(' ')
      return
    }
    const out = new TextLines()
    out.quote = row.into.quote
    frame.cell = row.into
    row.cells.push(out)
    this.#out = out
    this.#cells++
  }

  #void(tag: string, attributes: Attributes, look: Look): void {
    if (tag === 'br') {
      if (this.#look.pre) this.#out.writePre('\n')
      else this.#out.break()
    } else if (tag === 'hr') {
      if (historyStarts(attributes)) this.#out.mark('history')
      this.#out.block()
      this.#out.write('-'.repeat(30))
      this.#out.block()
    } else if (tag === 'img' && !look.invisible && (!look.aside || this.#withAside)) {
      this.#picture(attributes)
    } else if (tag === 'input' && look.shown && !look.aside) {
      const type = (attributes.get('type') ?? 'text').toLowerCase()
      if (!/^(?:hidden|image|checkbox|radio|file|password)$/.test(type)) this.#out.write(` ${attributes.get('value') ?? ''} `)
    }
  }

  #picture(attributes: Attributes): void {
    const alt = (attributes.get('alt') ?? '').trim().slice(0, 1000)
    this.#linkSeen = true
    const tiny = (name: string): boolean => /^\s*[01](?:px)?\s*$/.test(attributes.get(name) ?? '')
    // A name of a file describes nothing.
    if (alt === '' || tiny('width') || tiny('height') || /^\S{1,100}\.(?:png|jpe?g|gif|webp|svg|bmp|tiff?)$/i.test(alt)) return
    this.#out.write(alt)
    if (this.#linkText !== null) this.#linkText += alt
  }

  #push(tag: string, look: Look, own: Partial<Frame>): Frame {
    const frame: Frame = { tag, outer: this.#look, look, block: false, margin: false, quote: false, href: '', ...own }
    if (unread.has(tag)) this.#unread++
    this.#stack.push(frame)
    this.#open.set(tag, (this.#open.get(tag) ?? 0) + 1)
    this.#look = look
    return frame
  }

  /** Ends an open element that this one cannot stand in. */
  #imply([targets, walls]: [Set<string>, Set<string>]): void {
    const lowest = Math.max(0, this.#stack.length - farthest)
    let outermost = -1
    for (let at = this.#stack.length - 1; at >= lowest; at--) {
      const { tag } = this.#stack[at]!
      if (targets.has(tag)) outermost = at
      else if (walls.has(tag)) break
    }
    if (outermost >= 0) this.#closeTo(outermost)
  }

  #end(tag: string): void {
    if (!this.#open.get(tag)) return
    const wall = /^(?:table|tr|td|th|tbody|thead|tfoot|body|html)$/.test(tag) ? 'table' : 'td'
    const lowest = Math.max(0, this.#stack.length - farthest)
    for (let at = this.#stack.length - 1; at >= lowest; at--) {
      const open = this.#stack[at]!.tag
      if (open === tag) {
        this.#closeTo(at)
        return
      }
      if (open === wall || (wall === 'td' && open === 'th')) return
    }
  }

  #closeTo(depth: number): void {
    while (this.#stack.length > depth) this.#pop(this.#stack.pop()!)
  }

  #pop(frame: Frame): void {
    const { tag } = frame
    this.#open.set(tag, this.#open.get(tag)! - 1)
    if (unread.has(tag)) {
      this.#unread--
      if (tag === 'style' && this.#styleText !== null) {
        this.#looks.addSheet(this.#styleText)
        this.#styleText = null
      }
      return
    }
    this.#look = frame.outer
    if (frame.look.gone) return
    if (frame.href) this.#closeLink(frame.href)
    else if (tag === 'a') this.#linkText = null
    if (frame.cell) {
      this.#cells--
      this.#out = frame.cell
    }
    if (frame.row) frame.row.into.row(frame.row.cells)
    if (frame.block) this.#out.block(frame.margin)
    if (frame.quote) this.#out.quote--
    if (frame.list) {
      this.#lists.pop()
      if (frame.list.nested && this.#out.indent > 0) this.#out.indent--
    }
    if (tag === 'li') this.#out.bullet = ''
  }

  #closeLink(href: string): void {
    const text = (this.#linkText ?? '').replace(/\s+/g, ' ').trim()
    this.#linkText = null
    if (href === '' || /^(?:#|javascript:|data:|cid:|mid:|about:)/i.test(href)) return
    const address = href.replace(/^(?:mailto|tel|sms):/i, '')
    const bare = (url: string): string => url.replace(/^https?:\/\//i, '').replace(/\/$/, '').toLowerCase() // biome-ignore format: one line
    if (bare(text) === bare(address) || bare(text) === bare(address.split('?')[0]!)) return
    if (this.#linkSeen) this.#out.write(` [${address}]`)
  }
}
