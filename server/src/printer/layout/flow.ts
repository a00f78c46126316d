/**
 * Lays out parsed HTML: blocks below each other, lines broken at spaces, pages filled from the top. Merge fields are filled in
 * the text here, after parsing, so no recipient's value can ever become a tag.
 */
import { type Picture, type PrintWarning, placePicture, resolution } from '../artwork/images.ts'
import { inkOfType } from '../colour/colours.ts'
import { inter, type TextFont, tidy } from '../pdf/fonts.ts'
import { Canvas, type Colour, type PdfObject, type Rect } from '../pdf/pdf.ts'
import { PrintProblem } from '../problem.ts'
import { type Block, type HtmlNode, type Image, plainStyle, type Style } from './html.ts'
import { beforeHyphen, brokenWord, naturalParts, shrunkWord } from './long-words.ts'
import { type MergeValues, merge } from './merge.ts'

/** Where the content may go: a box per page, and how many pages there are at most. */
export type FlowSpace = { box: (page: number) => Rect; mostPages: number }

/** Where pictures are read, each once. */
export interface Pictures {
  /** Throws the PrintProblems of images.ts. */
  picture(bytes: Uint8Array, path: string): Picture
}

export type FlowText = { values: MergeValues; path: string; row: string | undefined }

/** One horizontal strip of the flow. Margins vanish at the top of a page. */
type Row = { height: number; margin: boolean; paint: ((canvas: Canvas, left: number, bottom: number) => void) | undefined }

/** A background behind the rows from `first` up to `last` (not included); x counts from the left of the page's box. */
type Ground = { first: number; last: number; x: number; w: number; colour: Colour }

/** Words without a space between them: a line may end before them, never inside. */
type Unit = { runs: Run[]; spaced: boolean }
type Run = { text: string; style: Style; font: TextFont }

/**
 * Draws a document, one canvas per page. The background of `body` fills `ground` of every page.
 * Throws PrintProblem `html_does_not_fit`, `html_not_supported`, `missing_glyphs`, and those of merge fields and pictures.
 */
export function drawFlow(
  root: Block,
  space: FlowSpace,
  ground: (page: number) => Rect,
  text: FlowText,
  library: Pictures,
): { pages: Canvas[]; warnings: PrintWarning[] } {
  const flow = new Flow(text, library)
  const body = bodyOf(root)
  flow.block({ ...body, background: undefined }, 0, space.box(0).w)
  const places = paginate(flow.rows, space, text.path)
  const pages = Array.from({ length: Math.max(1, ...places.map(place => place.page + 1)) }, () => new Canvas())
  for (const [page, canvas] of pages.entries()) paintGround(canvas, body.background, ground(page))
  for (const back of flow.grounds) {
    for (const [page, canvas] of pages.entries()) {
      const covered = places.slice(back.first, back.last).filter(place => place.page === page && place.top > place.bottom)
      if (covered.length === 0) continue
      const bottom = covered.at(-1)!.bottom
      paintGround(canvas, back.colour, { x: space.box(page).x + back.x, y: bottom, w: back.w, h: covered[0]!.top - bottom })
    }
  }
  for (const [i, { paint }] of flow.rows.entries()) {
    const place = places[i]!
    paint?.(pages[place.page]!, space.box(place.page).x, place.bottom)
  }
  return { pages, warnings: flow.warnings }
}

/** One paragraph of plain type as a form of the page's size; `warnings` gets what is to be said of it. Throws as `drawFlow` does. */
export function drawParagraph(
  words: string,
  size: number,
  box: Rect,
  page: { width: number; height: number },
  text: FlowText,
  library: Pictures,
  warnings: PrintWarning[],
): PdfObject {
  const style: Style = { ...plainStyle, size }
  const block: Block = {
    kind: 'block',
    tag: 'p',
    style,
    padding: [0, 0, 0, 0],
    margin: [0, 0, 0, 0],
    background: undefined,
    children: [],
  }
  block.children.push({ kind: 'text', style, text: words })
  const flow = drawFlow(block, { box: () => box, mostPages: 1 }, () => box, text, library)
  warnings.push(...flow.warnings)
  return flow.pages[0]!.toForm(page.width, page.height)
}

function paintGround(canvas: Canvas, colour: Colour | undefined, box: Rect): void {
  if (!colour) return
  canvas.fill(colour)
  canvas.rect(box)
}

/** The body, when html or body stand around everything. */
function bodyOf(root: Block): Block {
  const inside = root.children.filter(child => child.kind !== 'text' || child.text.trim() !== '')
  const only = inside.length === 1 ? inside[0] : undefined
  return only?.kind === 'block' && (only.tag === 'html' || only.tag === 'body') ? bodyOf(only) : root
}

type Placed = { page: number; top: number; bottom: number }

function paginate(rows: readonly Row[], { box, mostPages }: FlowSpace, path: string): Placed[] {
  let page = 0
  let y = box(0).y + box(0).h
  let fresh = true
  return rows.map(({ height, margin }) => {
    if (margin && fresh) return { page, top: y, bottom: y }
    if (y - height < box(page).y - 0.01) {
      // A margin at the end of a page ends there.
      if (margin) return { page, top: y, bottom: y }
      page++
      if (page >= mostPages || height > box(page).h) {
        const room = mostPages === 1 ? 'its place' : `${mostPages} pages`
        throw new PrintProblem('html_does_not_fit', path, `The content is higher than ${room}.`)
      }
      y = box(page).y + box(page).h
    }
    fresh = false
    const top = y
    y -= height
    return { page, top, bottom: y }
  })
}

/** Ascent and descent of the text face, in ems. */
const ASCENT = 0.969
const DESCENT = 0.241

/** Twelve full pages hold a third of it. */
const MOST_CHARACTERS = 200_000

class Flow {
  readonly rows: Row[] = []
  readonly grounds: Ground[] = []
  readonly warnings: PrintWarning[] = []
  #characters = 0
  readonly #text: FlowText
  readonly #library: Pictures

  constructor(text: FlowText, library: Pictures) {
    this.#text = text
    this.#library = library
  }

  block({ padding, margin, background, style, children }: Block, x: number, width: number): void {
    const [above, right, below, left] = padding
    const inner = { x: x + left + margin[3], width: width - left - right - margin[1] - margin[3] }
    if (inner.width < style.size)
      throw new PrintProblem('html_does_not_fit', this.#text.path, 'The padding leaves no room for text.')
    this.#margin(margin[0])
    const ground = background && {
      first: this.rows.length,
      last: 0,
      x: x + margin[3],
      w: width - margin[1] - margin[3],
      colour: background,
    }
    if (ground) this.grounds.push(ground)
    if (above > 0) this.rows.push({ height: above, margin: false, paint: undefined })
    this.#children(children, inner.x, inner.width)
    if (below > 0) this.rows.push({ height: below, margin: false, paint: undefined })
    if (ground) ground.last = this.rows.length
    this.#margin(margin[2])
  }

  /** Margins that meet count once, as the larger of both. */
  #margin(height: number): void {
    const last = this.rows.at(-1)
    if (last?.margin) last.height = Math.max(last.height, height)
    else if (height > 0) this.rows.push({ height, margin: true, paint: undefined })
  }

  #children(children: readonly HtmlNode[], x: number, width: number): void {
    let inline: HtmlNode[] = []
    for (const child of children) {
      if (child.kind === 'text' || child.kind === 'break') {
        inline.push(child)
        continue
      }
      this.#lines(inline, x, width)
      inline = []
      if (child.kind === 'block') this.block(child, x, width)
      else this.#image(child, x, width)
    }
    this.#lines(inline, x, width)
  }

  #image(image: Image, x: number, available: number): void {
    const { path } = this.#text
    const width = typeof image.width === 'string' ? (available * Number.parseFloat(image.width)) / 100 : image.width
    if (width === undefined)
      throw new PrintProblem('html_not_supported', path, 'An <img> needs a width: its printed size depends on it.')
    if (width > available + 0.01) throw new PrintProblem('html_does_not_fit', path, 'An image is wider than its place.')
    const picture: Picture = this.#library.picture(image.bytes, path)
    const height = image.height ?? (width * picture.height) / picture.width
    this.warnings.push(...resolution(picture.width, width, path))
    const left = x + aligned(image.style.align, available - width)
    this.rows.push({
      height,
      margin: false,
      paint: (canvas, origin, bottom) => placePicture(canvas, picture, { x: origin + left, y: bottom, w: width, h: height }),
    })
  }

  /** Breaks inline content into lines: at spaces, first fit; at <br> always. */
  #lines(nodes: readonly HtmlNode[], x: number, width: number): void {
    let line: Unit[] = []
    const end = () => {
      if (line.length > 0) this.#line(line, x, width)
      line = []
    }
    for (const unit of this.#units(nodes)) {
      if ('br' in unit) {
        if (line.length === 0) this.rows.push({ height: unit.br.size * unit.br.lineHeight, margin: false, paint: undefined })
        end()
        continue
      }
      for (const part of this.#fit(unit, width)) {
        if (line.length > 0 && widthOf(joined([...line, part])) > width) end()
        line.push(part)
      }
    }
    end()
  }

  /** A word in parts that fit on a line: whole, broken where it has hyphens, in smaller type, or else with hyphens of ours. */
  #fit(unit: Unit, width: number): Unit[] {
    if (widthOf(unit.runs) <= width) return [unit]
    const word = unit.runs.map(({ text }) => text).join('')
    const parts: Unit[] = []
    for (const part of partsOf(unit)) {
      const open = parts.at(-1)
      const together = open && { runs: [...open.runs, ...part.runs], spaced: open.spaced }
      if (together && widthOf(together.runs) <= width) parts[parts.length - 1] = together
      else parts.push(...this.#squeeze(part, width, word))
    }
    return parts
  }

  #squeeze(part: Unit, width: number, word: string): Unit[] {
    const wide = widthOf(part.runs)
    if (wide <= width) return [part]
    const { path } = this.#text
    const scale = (width / wide) * 0.999
    const sizes = part.runs.map(({ style }) => style.size)
    if (scale >= MOST_SHRUNK && Math.min(...sizes) * scale >= SMALLEST_TYPE) {
      this.warnings.push(shrunkWord(path, word, sizes[0]!, sizes[0]! * scale))
      return [{ ...part, runs: part.runs.map(run => ({ ...run, style: { ...run.style, size: run.style.size * scale } })) }]
    }
    this.warnings.push(brokenWord(path, word))
    return hyphenated(part, width)
  }

  *#units(nodes: readonly HtmlNode[]): Generator<Unit | { br: Style }> {
    const { values, path, row } = this.#text
    let unit: Unit | undefined
    let spaced = false
    for (const node of nodes) {
      if (node.kind === 'break') {
        if (unit) yield unit
        unit = undefined
        yield { br: node.style }
        continue
      }
      if (node.kind !== 'text') continue
      const font = fontOf(node.style)
      // Only plain white space breaks a line; a no-break space stays inside its word.
      const filled = merge(node.text, values, path, row)
      if ((this.#characters += filled.length) > MOST_CHARACTERS) {
        throw new PrintProblem('html_does_not_fit', path, `The content has more than ${MOST_CHARACTERS} characters.`)
      }
      for (const piece of filled.split(/([ \t\n\r]+)/)) {
        if (/^[ \t\n\r]*$/.test(piece)) {
          if (piece) spaced = true
          continue
        }
        if (spaced && unit) {
          yield unit
          unit = undefined
        }
        const text = tidy(piece)
        font.family.check(text, path, 'The text font')
        unit ??= { runs: [], spaced }
        unit.runs.push({ text, style: node.style, font })
        spaced = false
      }
    }
    if (unit) yield unit
  }

  #line(units: readonly Unit[], x: number, width: number): void {
    const runs = joined(units)
    const above = Math.max(...runs.map(({ style }) => (style.size * (style.lineHeight + ASCENT - DESCENT)) / 2))
    const below = Math.max(...runs.map(({ style }) => (style.size * (style.lineHeight - ASCENT + DESCENT)) / 2))
    const left = x + aligned(runs[0]!.style.align, width - widthOf(runs))
    this.rows.push({
      height: above + below,
      margin: false,
      paint: (canvas, origin, bottom) => {
        let at = origin + left
        for (const { text, style, font } of runs) {
          canvas.fill(inkOfType(style.colour))
          font.draw(canvas, text, at, bottom + below, style.size)
          at += font.width(text, style.size)
        }
      },
    })
  }
}

/** Units as runs of one style each, with their spaces. */
function joined(units: readonly Unit[]): Run[] {
  const runs: Run[] = []
  for (const [i, unit] of units.entries()) {
    for (const [j, run] of unit.runs.entries()) {
      const text = i > 0 && j === 0 && unit.spaced ? ` ${run.text}` : run.text
      const last = runs.at(-1)
      if (last && last.style === run.style) last.text += text
      else runs.push({ ...run, text })
    }
  }
  return runs
}

const widthOf = (runs: readonly Run[]) => runs.reduce((sum, { text, style, font }) => sum + font.width(text, style.size), 0)

/** How far a long word may shrink before it is broken instead, and what nobody reads any more (points). */
const MOST_SHRUNK = 0.7
const SMALLEST_TYPE = 6

/** A word broken at its own hyphens, each part with its styles. */
function partsOf({ runs, spaced }: Unit): Unit[] {
  const ends = new Set<number>()
  let at = 0
  for (const part of naturalParts(runs.map(({ text }) => text).join(''))) ends.add((at += part.length))
  const parts: Unit[] = []
  let open: Run[] = []
  at = 0
  for (const run of runs) {
    let from = 0
    for (let i = 1; i <= run.text.length; i++) {
      if (!ends.has(at + i)) continue
      parts.push({ runs: [...open, { ...run, text: run.text.slice(from, i) }], spaced: parts.length === 0 && spaced })
      open = []
      from = i
    }
    if (from < run.text.length) open.push({ ...run, text: run.text.slice(from) })
    at += run.text.length
  }
  return parts
}

/** A word broken with hyphens wherever a line ends. */
function hyphenated({ runs, spaced }: Unit, width: number): Unit[] {
  const letters = runs.flatMap(run => [...run.text].map(text => ({ ...run, text })))
  const characters = letters.map(({ text }) => text)
  const merged = (some: Run[]) => joined(some.map(run => ({ runs: [run], spaced: false })))
  const pieces: Unit[] = []
  let from = 0
  const push = (some: Run[]) => pieces.push({ runs: some, spaced: pieces.length === 0 && spaced })
  while (widthOf(merged(letters.slice(from))) > width && from < letters.length - 1) {
    const ending = (to: number) => merged([...letters.slice(from, to), { ...letters[to - 1]!, text: '-' }])
    let most = 1
    while (from + most < letters.length - 1 && widthOf(ending(from + most + 1)) <= width) most++
    const length = beforeHyphen(characters.slice(from), most)
    push(ending(from + length))
    from += length
  }
  push(merged(letters.slice(from)))
  return pieces
}

function aligned(align: Style['align'], room: number): number {
  return align === 'left' ? 0 : align === 'center' ? room / 2 : room
}

function fontOf({ bold, italic }: Style): TextFont {
  return bold ? (italic ? inter.boldItalic : inter.bold) : italic ? inter.italic : inter.regular
}
