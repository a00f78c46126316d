/**
 * The HTML we print: a small, strict subset, parsed into a tree of styled boxes. Nothing is fetched, nothing is dropped: a tag,
 * attribute, property or value outside the subset is refused by name.
 *
 *   Tags        html body div p h1 h2 h3 b strong i em span br img
 *   Attributes  style; src, alt, width, height on img (src is a data: URI of a PNG or JPEG; width and height are CSS pixels)
 *   Properties  color background background-color font-size font-weight font-style text-align line-height
 *               padding(-top -right -bottom -left) margin(-top -bottom) width height (images)
 *   Lengths     pt px in; % for the width of images      Colours  #rgb #rrggbb rgb() device-cmyk() and the 16 basic names
 */
import { parseColour } from '../colour/colours.ts'
import type { Colour } from '../pdf/pdf.ts'
import { PrintProblem } from '../problem.ts'

export type Style = {
  colour: Colour
  size: number
  bold: boolean
  italic: boolean
  align: 'left' | 'center' | 'right'
  lineHeight: number
}

/** Sides in points: top, right, bottom, left. */
export type Sides = [top: number, right: number, bottom: number, left: number]

export type Block = {
  kind: 'block'
  tag: string
  style: Style
  padding: Sides
  margin: Sides
  background: Colour | undefined
  children: HtmlNode[]
}
export type Text = { kind: 'text'; style: Style; text: string }
export type Break = { kind: 'break'; style: Style }
/** `width` in points, or a part of the line when it has a `%`. */
export type Image = {
  kind: 'image'
  style: Style
  bytes: Uint8Array
  width: number | `${number}%` | undefined
  height: number | undefined
}
export type HtmlNode = Block | Text | Break | Image

type Tag = { name: string; attributes: Map<string, string>; closing: boolean; empty: boolean }

const blocks: Readonly<Record<string, { size: number; bold: boolean; margin: number }>> = {
  html: { size: 1, bold: false, margin: 0 },
  body: { size: 1, bold: false, margin: 0 },
  div: { size: 1, bold: false, margin: 0 },
  p: { size: 1, bold: false, margin: 0.7 },
  h1: { size: 2, bold: true, margin: 0.5 },
  h2: { size: 1.5, bold: true, margin: 0.6 },
  h3: { size: 1.2, bold: true, margin: 0.7 },
}
const inlines = new Set(['b', 'strong', 'i', 'em', 'span'])
const empties = new Set(['br', 'img'])
const imageAttributes = new Set(['src', 'alt', 'width', 'height', 'style'])

/** What a document starts with. */
export const plainStyle: Style = { colour: [0, 0, 0, 1], size: 11, bold: false, italic: false, align: 'left', lineHeight: 1.4 }
const MOST_DEPTH = 40
const MOST_NODES = 20_000
const LONGEST_STYLE = 2_000

/** Parses a document. `path` names it in refusals. Throws PrintProblem `html_not_supported`. */
export function parseHtml(html: string, path: string): Block {
  return new Parser(html, path).document()
}

class Parser {
  readonly #html: string
  readonly #path: string
  #at = 0
  #nodes = 0

  constructor(html: string, path: string) {
    this.#html = html
    this.#path = path
  }

  document(): Block {
    const root: Block = {
      kind: 'block',
      tag: 'html',
      style: plainStyle,
      padding: [0, 0, 0, 0],
      margin: [0, 0, 0, 0],
      background: undefined,
      children: [],
    }
    this.#children(root.children, plainStyle, undefined, 0)
    return root
  }

  refuse(message: string): PrintProblem {
    return new PrintProblem('html_not_supported', this.#path, message)
  }

  /** Reads nodes until the closing tag of `parent` (or the end of the document). */
  #children(into: HtmlNode[], style: Style, parent: string | undefined, depth: number): void {
    if (depth > MOST_DEPTH) throw this.refuse(`The HTML is nested more than ${MOST_DEPTH} deep.`)
    while (this.#at < this.#html.length) {
      if (this.#html[this.#at] !== '<') {
        this.#text(into, style)
        continue
      }
      if (this.#html.startsWith('<!', this.#at)) {
        this.#skipDeclaration()
        continue
      }
      const tag = this.#tag()
      if (tag.closing) {
        if (tag.name === parent) return
        throw this.refuse(`</${tag.name}> closes nothing here; <${parent ?? 'nothing'}> is open.`)
      }
      this.#element(tag, into, style, depth)
    }
    if (parent !== undefined) throw this.refuse(`<${parent}> is never closed.`)
  }

  #skipDeclaration(): void {
    const comment = this.#html.startsWith('<!--', this.#at)
    const end = this.#html.indexOf(comment ? '-->' : '>', this.#at)
    if (end < 0) throw this.refuse('A comment is never closed.')
    if (!comment && !/^<!doctype\s/i.test(this.#html.slice(this.#at, this.#at + 10)))
      throw this.refuse('Only <!doctype html> may begin with "<!".')
    this.#at = end + (comment ? 3 : 1)
  }

  #text(into: HtmlNode[], style: Style): void {
    const end = this.#html.indexOf('<', this.#at)
    const raw = this.#html.slice(this.#at, end < 0 ? undefined : end)
    this.#at = end < 0 ? this.#html.length : end
    this.#count()
    into.push({ kind: 'text', style, text: this.#decode(raw) })
  }

  #count(): void {
    if (++this.#nodes > MOST_NODES) throw this.refuse(`The HTML has more than ${MOST_NODES} parts.`)
  }

  #tag(): Tag {
    const match = /<(\/?)([A-Za-z][A-Za-z0-9-]*)/y
    match.lastIndex = this.#at
    const [whole, slash, name] = match.exec(this.#html) ?? []
    if (!whole) throw this.refuse(`"${this.#html.slice(this.#at, this.#at + 12)}" is not a tag; write &lt; for a "<".`)
    this.#at += whole.length
    const tag: Tag = { name: name!.toLowerCase(), attributes: new Map(), closing: slash === '/', empty: false }
    for (;;) {
      const part = /\s*(?:(\/?>)|([^\s=>/"']+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?)/y
      part.lastIndex = this.#at
      const found = part.exec(this.#html)
      if (!found) throw this.refuse(`The tag <${tag.name}> is not written correctly.`)
      this.#at += found[0].length
      if (found[1]) {
        tag.empty = found[1] === '/>'
        return tag
      }
      tag.attributes.set(found[2]!.toLowerCase(), this.#decode(found[3] ?? found[4] ?? found[5] ?? ''))
    }
  }

  #element(tag: Tag, into: HtmlNode[], style: Style, depth: number): void {
    this.#count()
    const block = blocks[tag.name]
    if (!block && !inlines.has(tag.name) && !empties.has(tag.name)) throw this.refuse(`The tag <${tag.name}> is not supported.`)
    const allowed = tag.name === 'img' ? imageAttributes : new Set(['style'])
    for (const name of tag.attributes.keys()) {
      if (!allowed.has(name)) throw this.refuse(`The attribute "${name}" of <${tag.name}> is not supported.`)
    }
    const inherited = inherit(tag.name, style)
    const rules = new Rules(tag, inherited, message => this.refuse(message))
    if (tag.name === 'br') into.push({ kind: 'break', style })
    else if (tag.name === 'img') into.push(this.#image(tag, rules))
    else if (block) {
      const edge = block.margin * rules.style.size
      const margin = rules.margin ?? [edge, 0, edge, 0]
      const children: HtmlNode[] = []
      into.push({
        kind: 'block',
        tag: tag.name,
        style: rules.style,
        padding: rules.padding,
        margin,
        background: rules.background,
        children,
      })
      if (!tag.empty) this.#children(children, rules.style, tag.name, depth + 1)
    } else {
      rules.refuseBox()
      if (!tag.empty) this.#children(into, rules.style, tag.name, depth + 1)
    }
  }

  #image(tag: Tag, rules: Rules): Image {
    const source = tag.attributes.get('src') ?? ''
    const match = /^data:image\/(?:png|jpe?g);base64,([A-Za-z0-9+/=\s]+)$/.exec(source)
    if (!match) throw this.refuse('The source of an <img> must be a data: URI of a PNG or JPEG in base64; nothing is fetched.')
    const pixels = (name: string) => {
      const value = tag.attributes.get(name)
      if (value === undefined) return undefined
      if (!/^\d+$/.test(value)) throw this.refuse(`The ${name} "${value}" of <img> is not a whole number.`)
      return Number(value) * 0.75
    }
    const bytes = Uint8Array.from(Buffer.from(match[1]!, 'base64'))
    return {
      kind: 'image',
      style: rules.style,
      bytes,
      width: rules.width ?? pixels('width'),
      height: rules.height ?? pixels('height'),
    }
  }

  #decode(text: string): string {
    return text.replace(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));?/gi, (whole, decimal, hex, name) => {
      if (name !== undefined) {
        const character = whole.endsWith(';') ? entities[name as keyof typeof entities] : undefined
        if (character === undefined) throw this.refuse(`"${whole}" is not a known character; write &amp; for an "&".`)
        return character
      }
      const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal)
      if (code === 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) throw this.refuse(`"${whole}" is not a character.`)
      return String.fromCodePoint(code)
    })
  }
}

const entities = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
  copy: '©',
  reg: '®',
  trade: '™',
  hellip: '…',
  mdash: '—',
  ndash: '–',
  lsquo: '‘',
  rsquo: '’',
  ldquo: '“',
  rdquo: '”',
  bull: '•',
  middot: '·',
  deg: '°',
  euro: '€',
  pound: '£',
  cent: '¢',
  sect: '§',
  times: '×',
} as const

function inherit(tag: string, style: Style): Style {
  if (tag === 'b' || tag === 'strong') return { ...style, bold: true }
  if (tag === 'i' || tag === 'em') return { ...style, italic: true }
  const block = blocks[tag]
  return block && block.size !== 1 ? { ...style, size: style.size * block.size, bold: block.bold } : style
}

/** The style attribute of one tag, read property by property. */
class Rules {
  style: Style
  padding: Sides = [0, 0, 0, 0]
  margin: Sides | undefined
  background: Colour | undefined
  width: Image['width']
  height: number | undefined
  readonly #tag: string
  readonly #refuse: (message: string) => PrintProblem
  #box: string | undefined

  constructor(tag: Tag, style: Style, refuse: (message: string) => PrintProblem) {
    this.style = style
    this.#tag = tag.name
    this.#refuse = refuse
    const written = tag.attributes.get('style') ?? ''
    if (written.length > LONGEST_STYLE) throw refuse(`The style of <${tag.name}> has more than ${LONGEST_STYLE} characters.`)
    for (const declaration of written.split(';')) {
      if (!declaration.trim()) continue
      const colon = declaration.indexOf(':')
      this.#apply(
        declaration.slice(0, Math.max(colon, 0)).trim().toLowerCase(),
        declaration
          .slice(colon + 1)
          .trim()
          .toLowerCase(),
      )
    }
  }

  /** Inline tags have no box. */
  refuseBox(): void {
    if (this.#box) throw this.#refuse(`The property "${this.#box}" of <${this.#tag}> is not supported; use a <div>.`)
  }

  #apply(property: string, value: string): void {
    const side = /^(padding|margin)-(top|right|bottom|left)$/.exec(property)
    if (/^(padding|margin|background)/.test(property)) this.#box = property
    if (property === 'color') this.style = { ...this.style, colour: this.#colour(property, value) }
    else if (property === 'background' || property === 'background-color') this.background = this.#colour(property, value)
    else if (property === 'font-size') this.style = { ...this.style, size: this.#within(property, value, 4, 200) }
    else if (property === 'font-weight')
      this.style = { ...this.style, bold: this.#choice(property, value, { normal: false, 400: false, bold: true, 700: true }) }
    else if (property === 'font-style')
      this.style = { ...this.style, italic: this.#choice(property, value, { normal: false, italic: true }) }
    else if (property === 'text-align')
      this.style = { ...this.style, align: this.#choice(property, value, { left: 'left', center: 'center', right: 'right' }) }
    else if (property === 'line-height' && /^\d?(\.\d+)?$/.test(value))
      this.style = { ...this.style, lineHeight: Math.max(0.8, Number(value)) }
    else if (property === 'padding') this.padding = this.#sides(property, value)
    else if (property === 'margin') this.margin = this.#sides(property, value)
    else if (side) this.#side(side[1] as 'padding' | 'margin', side[2]!, property, value)
    else if (property === 'width' && this.#tag === 'img')
      this.width = /^\d+(\.\d+)?%$/.test(value) ? (value as `${number}%`) : this.#length(property, value)
    else if (property === 'height' && this.#tag === 'img') this.height = this.#length(property, value)
    else throw this.#refuse(`The property "${property}: ${value}" of <${this.#tag}> is not supported.`)
  }

  #side(box: 'padding' | 'margin', side: string, property: string, value: string): void {
    const sides: Sides = [...(this[box] ?? [0, 0, 0, 0])]
    sides[['top', 'right', 'bottom', 'left'].indexOf(side)] = this.#length(property, value)
    this[box] = sides
  }

  #sides(property: string, value: string): Sides {
    const [top = 0, right = top, bottom = top, left = right, ...more] = value
      .split(/\s+/)
      .map(part => this.#length(property, part))
    if (more.length > 0) throw this.#unknown(property, value)
    return [top, right, bottom, left]
  }

  #choice<T>(property: string, value: string, choices: Readonly<Record<string, T>>): T {
    if (!Object.hasOwn(choices, value)) throw this.#unknown(property, value)
    return choices[value]!
  }

  #unknown(property: string, value: string): PrintProblem {
    return this.#refuse(`The value "${value}" of "${property}" is not supported.`)
  }

  #within(property: string, value: string, least: number, most: number): number {
    const length = this.#length(property, value)
    if (length < least || length > most)
      throw this.#refuse(`The value "${value}" of "${property}" is not between ${least} and ${most} points.`)
    return length
  }

  /** Points. */
  #length(property: string, value: string): number {
    const match = /^(\d*\.?\d+)(pt|px|in)?$/.exec(value)
    if (!match || (!match[2] && Number(match[1]) !== 0)) throw this.#unknown(property, value)
    return Number(match[1]) * { pt: 1, px: 0.75, in: 72 }[(match[2] ?? 'pt') as 'pt' | 'px' | 'in']
  }

  #colour(property: string, value: string): Colour {
    const colour = parseColour(value)
    if (!colour) throw this.#unknown(property, value)
    return colour
  }
}
