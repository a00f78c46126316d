/**
 * How an element of a mail looks as far as reading goes: whether its text can be seen. Hidden text is noise (preheaders,
 * twins for small screens), and it is where instructions for machines are put that no person is meant to see.
 */
import { type Declarations, readColor, readDeclarations, readLength, StyleSheet } from './css.ts'

export interface Look {
  /** Nothing inside can be seen again: display:none and its kin. */
  gone: boolean
  /** Hidden from screen readers, or everything there is; left out while there is other text. */
  aside: boolean
  /** Its own text can be seen: not gone, not invisible, not of no size, not of the colour it stands on. */
  shown: boolean
  /** Spaces and line breaks count. */
  pre: boolean
  invisible: boolean
  /** Pixels. */
  fontSize: number
  /** undefined: nobody said, or in words not understood. */
  color: number | 'transparent' | undefined
  /** undefined: nobody said; 'unknown': a picture, or said in words not understood. */
  background: number | 'unknown' | undefined
}

export const plainLook: Look = {
  gone: false,
  aside: false,
  shown: true,
  pre: false,
  invisible: false,
  fontSize: 16,
  color: undefined,
  background: undefined,
}

/** Attributes by lower-cased name; only those that are asked for are kept. */
export type Attributes = Map<string, string>

export interface Seen {
  look: Look
  /** What was declared for the element itself. */
  declared: Declarations | undefined
}

/** Reads looks with the rules of one mail. Mails repeat the same few styles in the same places, so looks are kept. */
export class Looks {
  readonly sheet = new StyleSheet()
  /** Everything counts as seen: for whoever has to know all that a mail says. */
  readonly #hidden: boolean
  readonly #kept = new Map<Look, Map<string, Seen>>()

  constructor(hidden: boolean) {
    this.#hidden = hidden
  }

  /** The look of an element inside another; the parent's own object when nothing changes. */
  of(parent: Look, tag: string, attributes: Attributes): Seen {
    const style = attributes.get('style')
    const classes = attributes.get('class')
    const id = attributes.get('id')
    const own = lookAttributes.some(name => attributes.has(name))
    const link = tag === 'a' && attributes.has('href') && parent.color !== undefined
    if (
      style === undefined &&
      (this.sheet.empty || (!classes && !id)) &&
      !own &&
      !link &&
      this.sheet.tagless(tag) &&
      tag !== 'pre' &&
      tag !== 'textarea'
    )
      return { look: parent, declared: undefined }
    if (own || id) return this.#read(parent, tag, attributes, link)
    const key = `${tag} ${link} ${classes} ${style}`
    let kept = this.#kept.get(parent)
    if (!kept) this.#kept.set(parent, (kept = new Map()))
    let seen = kept.get(key)
    if (!seen) kept.set(key, (seen = this.#read(parent, tag, attributes, link)))
    return seen
  }

  /** A sheet that comes late changes what was read before. */
  addSheet(css: string): void {
    this.sheet.add(css)
    this.#kept.clear()
  }

  #read(parent: Look, tag: string, attributes: Attributes, link: boolean): Seen {
    const style = attributes.get('style')
    const classes = (attributes.get('class') ?? '').toLowerCase().split(/\s+/)
    const ruled = this.sheet.match(tag, (attributes.get('id') ?? '').toLowerCase(), classes)
    const declared = style === undefined ? ruled : readDeclarations(style, new Map(ruled))
    const look = lookOf(parent, tag, attributes, declared, link, this.sheet)
    return { look: this.#hidden ? { ...plainLook, pre: look.pre } : look, declared }
  }
}

const lookAttributes = ['hidden', 'aria-hidden', 'bgcolor', 'background', 'color']

const lookOf = (
  parent: Look,
  tag: string,
  attributes: Attributes,
  declared: Declarations | undefined,
  link: boolean,
  sheet: StyleSheet,
): Look => {
  const said = (name: string): string => declared?.get(name)?.value ?? ''
  const look: Look = { ...parent }
  // A link has a colour of its own unless it is given one.
  if (link) look.color = undefined
  const color = said('-webkit-text-fill-color') || said('color') || (attributes.get('color') ?? '').toLowerCase()
  if (color && color !== 'inherit') look.color = readColor(color)
  look.background = backgroundOf(parent.background, said, attributes)
  const size = fontSizeOf(parent.fontSize, said('font-size') || fontShorthand(said('font')))
  if (size !== undefined) look.fontSize = size
  if (said('visibility')) look.invisible = said('visibility') === 'hidden' || said('visibility') === 'collapse'
  if (tag === 'pre' || tag === 'textarea') look.pre = true
  else if (said('white-space')) look.pre = /^(?:pre|pre-wrap|pre-line|break-spaces)$/.test(said('white-space'))
  look.gone = parent.gone || isGone(tag, said, attributes)
  look.aside = parent.aside || attributes.get('aria-hidden')?.toLowerCase() === 'true'
  look.shown = !look.gone && !look.invisible && look.fontSize > 2 && !isCamouflaged(look, sheet)
  return look
}

const isGone = (tag: string, said: (name: string) => string, attributes: Attributes): boolean => {
  if (attributes.has('hidden')) return true
  if (said('display') === 'none' || said('content-visibility') === 'hidden') return true
  // Buttons are hidden from Outlook alone, which has a drawing in their place.
  if (said('mso-hide') === 'all' && tag !== 'a') return true
  if (said('opacity') && isNone(said('opacity'))) return true
  if (/opacity\(0(?:\.0\d*)?%?\)/.test(said('filter'))) return true
  if (/^(?:scale(?:x|y|3d)?\(\s{0,9}0[\s,)]|translate(?:x|y|3d)?\([^)]{0,40}-\d{4,})/.test(said('transform'))) return true
  const none = (name: string): boolean => {
    const length = said(name) === '0%' ? 0 : readLength(said(name))
    return length !== undefined && length <= 1
  }
  if (none('max-height')) return true
  const cut = /hidden|clip/.test(`${said('overflow')} ${said('overflow-x')} ${said('overflow-y')}`)
  if (cut && (none('height') || none('width'))) return true
  if (/^rect\((?:\s{0,9}[01](?:px)?[\s,]{0,9}){4}\)$/.test(said('clip'))) return true
  if (/^(?:inset\((?:50|[5-9]\d|100)%|circle\(0|polygon\((?:\s{0,9}0(?:px|%)?[\s,]{0,9}){2,12}\))/.test(said('clip-path')))
    return true
  const far = (name: string): boolean => (readLength(said(name)) ?? 0) <= -500 || /^-\d{3,}%$/.test(said(name))
  if (far('text-indent') || far('margin-left') || far('margin-top')) return true
  const placed = said('position') === 'absolute' || said('position') === 'fixed' || said('position') === 'relative'
  return placed && (far('left') || far('right') || far('top') || far('bottom') || (readLength(said('left')) ?? 0) >= 5000)
}

const isNone = (value: string): boolean => Number.parseFloat(value) <= (value.endsWith('%') ? 5 : 0.05)

/** The size in `italic 0/0 serif`; the empty string when it gives none. */
const fontShorthand = (value: string): string => /(?:^|\s)(\d[\w.%]*)(?:\/\S*)?\s/.exec(value.slice(0, 200))?.[1] ?? ''

const fontSizeOf = (parent: number, value: string): number | undefined => {
  if (value === '') return undefined
  if (value.endsWith('%')) {
    const share = Number.parseFloat(value)
    return Number.isNaN(share) ? undefined : (parent * share) / 100
  }
  if (/^(?:xx?-small|small|medium|large|xx?-large|initial)$/.test(value)) return 16
  // In percent and em of nothing it stays nothing, as in a browser.
  return readLength(value, parent)
}

const backgroundOf = (parent: Look['background'], said: (name: string) => string, attributes: Attributes): Look['background'] => {
  const image = said('background-image')
  const shorthand = said('background')
  if (attributes.has('background') || /url\(|gradient\(/.test(shorthand) || /url\(|gradient\(/.test(image)) return 'unknown'
  const value = said('background-color') || shorthand || (attributes.get('bgcolor') ?? '').trim().toLowerCase()
  if (value === '' || /^(?:transparent|none|inherit|initial|unset)$/.test(value)) return parent
  const color = readColor(value) ?? readColor(/^(#\w+|\w+\([^)]{0,60}\)|[a-z]+)/.exec(value)?.[1] ?? '')
  return color === 'transparent' ? parent : (color ?? 'unknown')
}

/** Text of the colour it stands on. Where nobody said what that is, it is the white of the page. */
const isCamouflaged = (look: Look, sheet: StyleSheet): boolean => {
  if (look.color === undefined) return false
  // Letters cut out of a picture are transparent too.
  if (look.color === 'transparent') return look.background !== 'unknown'
  const ground = look.background ?? (sheet.unreadBackgrounds ? 'unknown' : 0xffffff)
  if (ground === 'unknown') return false
  const apart = (shift: number): number => Math.abs(((look.color as number) >> shift & 255) - ((ground >> shift) & 255)) // biome-ignore format: one line
  return apart(16) <= 4 && apart(8) <= 4 && apart(0) <= 4
}
