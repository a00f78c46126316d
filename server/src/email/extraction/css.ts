/** The little of CSS that says whether text can be seen: a few properties of style attributes and of simple rules. */

/** Property → value as written, lower case, with whether it is `!important`. */
export type Declarations = Map<string, { value: string; important: boolean }>

const read = new Set([
  'display', 'visibility', 'opacity', 'mso-hide', 'font-size', 'font', 'max-height', 'height', 'max-width', 'width', 'overflow', 'overflow-x', 'overflow-y', 'color', '-webkit-text-fill-color', 'background', 'background-color', 'background-image',
  'position', 'left', 'right', 'top', 'bottom', 'text-indent', 'margin', 'margin-top', 'margin-bottom', 'margin-left', 'clip', 'clip-path', 'transform', 'filter', 'content-visibility', 'border', 'border-left', 'border-style', 'border-width', 'white-space',
]) // biome-ignore format: one list

const longestStyle = 5000
const longestSheet = 200_000
const mostRules = 5000
/** At-rules within each other; what is deeper is passed over. */
const deepestBlock = 5

/** Reads `a: b; c: d`; what is not one of the properties above is passed over. */
export const readDeclarations = (style: string, into: Declarations = new Map()): Declarations => {
  const text = withoutComments(style.slice(0, longestStyle))
  for (const part of text.split(';')) {
    const colon = part.indexOf(':')
    if (colon < 0) continue
    const name = part.slice(0, colon).trim().toLowerCase()
    if (!read.has(name)) continue
    let value = part.slice(colon + 1).trim().toLowerCase() // biome-ignore format: one line
    const important = value.endsWith('important') && /!\s{0,20}important$/.test(value)
    if (important) value = value.slice(0, value.lastIndexOf('!')).trim()
    if (important || !into.get(name)?.important) into.set(name, { value, important })
  }
  return into
}

const withoutComments = (text: string): string => {
  if (!text.includes('/*')) return text
  let kept = ''
  for (let at = 0; ; ) {
    const start = text.indexOf('/*', at)
    if (start < 0) return kept + text.slice(at)
    kept += text.slice(at, start)
    const end = text.indexOf('*/', start + 2)
    if (end < 0) return kept
    at = end + 2
  }
}

/** Ancestors that everything in a mail has. */
const around = /^(?:(?:html|body|table|tbody|tr|td|div|center)[\s>]{1,10}){1,10}(?=[.#a-z])/

interface Rule {
  /** Of `div.note#top`: the tag or '', and every class and id with its sign. */
  tag: string
  names: string[]
  specificity: number
  declarations: Declarations
}

/** The rules of a mail's `<style>` elements whose selector is one simple element: `.preheader`, `span.hide`, `#x`, `p`. */
export class StyleSheet {
  /** Some rule paints a background where this reader cannot tell: then nothing may be taken for standing on plain white. */
  unreadBackgrounds = false
  readonly #rules = new Map<string, Rule[]>()
  #count = 0
  #length = 0

  get empty(): boolean {
    return this.#count === 0
  }

  /** No rule is about all elements of this kind. */
  tagless(tag: string): boolean {
    return this.#count === 0 || !(this.#rules.has(tag) || this.#rules.has('*'))
  }

  add(css: string): void {
    this.#length += css.length
    if (this.#length > longestSheet) return
    this.#block(withoutComments(css.replace(/<!--|-->/g, '')))
  }

  /** Rules one after the other. What stands inside an at-rule holds on some screens only, but for those that name any screen. */
  #block(css: string, depth = 0): void {
    for (let at = 0; at < css.length; ) {
      const open = css.indexOf('{', at)
      if (open < 0) return
      const selector = css.slice(css.lastIndexOf(';', open - 1) >= at ? css.lastIndexOf(';', open - 1) + 1 : at, open).trim()
      if (selector.startsWith('@')) {
        const end = endOfBlock(css, open)
        const always = /^@media\s{1,20}(?:only\s{1,20})?(?:all|screen)$/i.test(selector)
        if (always && depth < deepestBlock) this.#block(css.slice(open + 1, end - 1), depth + 1)
        at = end
        continue
      }
      const close = css.indexOf('}', open)
      if (close < 0) return
      this.#rule(selector, css.slice(open + 1, close))
      at = close + 1
    }
  }

  #rule(selectors: string, body: string): void {
    const declarations = readDeclarations(body)
    if (declarations.size === 0) return
    for (const selector of selectors.toLowerCase().slice(0, 2000).split(',')) {
      if (++this.#count > mostRules) return
      const simple = /^([a-z][a-z0-9]{0,20}|\*)?((?:[.#][\w-]{1,100}){0,5})$/.exec(selector.trim().replace(around, ''))
      if (!simple || (!simple[1] && !simple[2])) {
        if ((declarations.has('background') || declarations.has('background-color')) && !/:(?:hover|active|focus)/.test(selector))
          this.unreadBackgrounds = true
        continue
      }
      const names = simple[2]!.match(/[.#][^.#]+/g) ?? []
      const tag = simple[1] === '*' ? '' : (simple[1] ?? '')
      const specificity = names.reduce((sum, name) => sum + (name[0] === '#' ? 100 : 10), tag ? 1 : 0)
      const key = names[0] ?? (tag || '*')
      const rules = this.#rules.get(key)
      if (rules) rules.push({ tag, names, specificity, declarations })
      else this.#rules.set(key, [{ tag, names, specificity, declarations }])
    }
  }

  /** What the rules say of an element, weakest first merged; nothing when none applies. */
  match(tag: string, id: string, classes: string[]): Declarations | undefined {
    if (this.empty) return undefined
    const found: Rule[] = []
    const collect = (key: string): void => {
      for (const rule of this.#rules.get(key) ?? [])
        if (
          (rule.tag === '' || rule.tag === tag) &&
          rule.names.every(name => (name[0] === '#' ? id === name.slice(1) : classes.includes(name.slice(1))))
        )
          found.push(rule)
    }
    collect('*')
    collect(tag)
    for (const name of new Set(classes.slice(0, 20))) collect(`.${name}`)
    if (id) collect(`#${id}`)
    if (found.length === 0) return undefined
    const merged: Declarations = new Map()
    for (const rule of found.sort((a, b) => a.specificity - b.specificity).slice(-50))
      for (const [name, declared] of rule.declarations)
        if (declared.important || !merged.get(name)?.important) merged.set(name, declared)
    return merged
  }
}

/** Past the brace that closes the one at `open`. */
const endOfBlock = (css: string, open: number): number => {
  let depth = 0
  for (let at = open; at < css.length; at++) {
    const code = css.charCodeAt(at)
    if (code === 123) depth++
    else if (code === 125 && --depth === 0) return at + 1
  }
  return css.length
}

const named: Record<string, number> = { black: 0x000000, silver: 0xc0c0c0, gray: 0x808080, grey: 0x808080, white: 0xffffff, maroon: 0x800000, red: 0xff0000, purple: 0x800080, fuchsia: 0xff00ff, magenta: 0xff00ff, green: 0x008000, lime: 0x00ff00, olive: 0x808000, yellow: 0xffff00, navy: 0x000080, blue: 0x0000ff, teal: 0x008080, aqua: 0x00ffff, cyan: 0x00ffff, orange: 0xffa500, snow: 0xfffafa, ivory: 0xfffff0, whitesmoke: 0xf5f5f5, ghostwhite: 0xf8f8ff, gainsboro: 0xdcdcdc, lightgray: 0xd3d3d3, lightgrey: 0xd3d3d3, darkgray: 0xa9a9a9, darkgrey: 0xa9a9a9 } // biome-ignore format: one table

/** 0xRRGGBB; 'transparent'; undefined for what is not known. */
export const readColor = (value: string): number | 'transparent' | undefined => {
  if (value === 'transparent') return value
  const hex = /^#?([0-9a-f]{3,8})$/.exec(value)?.[1]
  if (hex && (value[0] === '#' || hex.length === 6)) {
    const long = hex.length < 6 ? [...hex].map(digit => digit + digit).join('') : hex
    if (long.length === 8 && Number.parseInt(long.slice(6), 16) < 8) return 'transparent'
    if (long.length === 6 || (long.length === 8 && /f[0-9a-f]$/.test(long))) return Number.parseInt(long.slice(0, 6), 16)
    return undefined
  }
  if (value.startsWith('rgb')) {
    const parts = value.match(/[\d.]{1,10}%?/g) ?? []
    if (parts.length < 3) return undefined
    const alpha = parts[3] === undefined ? 1 : parts[3].endsWith('%') ? Number.parseFloat(parts[3]) / 100 : Number(parts[3])
    if (alpha <= 0.03) return 'transparent'
    if (alpha < 0.9) return undefined
    const [red, green, blue] = parts.map(part =>
      Math.min(255, Math.round(part.endsWith('%') ? Number.parseFloat(part) * 2.55 : Number(part))),
    ) as [number, number, number]
    return (red << 16) | (green << 8) | blue
  }
  return named[value]
}

/** Pixels of a length; undefined for percentages, keywords and what is no length. `em` in pixels. */
export const readLength = (value: string, em = 16): number | undefined => {
  const match = /^([+-]?(?:\d{1,7}(?:\.\d{0,10})?|\.\d{1,10}))(px|pt|pc|em|rem|ex|ch|in|cm|mm|vw|vh|)$/.exec(value)
  if (!match) return undefined
  const number = Number(match[1])
  const unit = match[2]!
  const factor: Record<string, number> = { '': 1, px: 1, pt: 4 / 3, pc: 16, em, rem: 16, ex: em / 2, ch: em / 2, in: 96, cm: 37.8, mm: 3.78, vw: 6, vh: 8 } // biome-ignore format: one table
  return unit === '' && number !== 0 && Math.abs(number) < 1 ? undefined : number * factor[unit]!
}
