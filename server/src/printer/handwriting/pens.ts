/**
 * The pens: open handwriting fonts (SIL OFL 1.1, Apache-2.0) drawn as outlines.
 *
 * A person never writes a letter twice alike. Three things do that here: the font's own contextual alternates (`calt`); six
 * variants of every glyph, each bent by a smooth field of its own and inked a little heavier or lighter; and, for each letter on
 * the paper, its own slant, size and place (see handwriting.ts). Variants are made once and kept as form XObjects, so a page of
 * handwriting is a list of placements and costs no more than a page of type.
 */
import { FontFamily, type FontPart } from '../pdf/fonts.ts'
import { type PdfObject, streamObject } from '../pdf/pdf.ts'
import { seeded } from './random.ts'

/** `scale` makes the pens look equally large at one nominal size, `leading` is in ems of that size, `unrest` is how wild the
 * hand is, `space` widens the gaps between words. */
type PenData = {
  title: string
  family: string
  scripts: readonly string[]
  scale: number
  leading: number
  unrest: number
  space: number
}

export const penData = {
  caveat: {
    title: 'Caveat',
    family: 'caveat',
    scripts: ['latin', 'latin-ext', 'cyrillic', 'cyrillic-ext'],
    scale: 1.12,
    leading: 1.16,
    unrest: 1.25,
    space: 1.15,
  },
  kalam: { title: 'Kalam', family: 'kalam', scripts: ['latin', 'latin-ext'], scale: 0.86, leading: 1.16, unrest: 1.1, space: 1 },
  'homemade-apple': {
    title: 'Homemade Apple',
    family: 'homemade-apple',
    scripts: ['latin'],
    scale: 0.68,
    leading: 1.3,
    unrest: 0.65,
    space: 1.4,
  },
  'reenie-beanie': {
    title: 'Reenie Beanie',
    family: 'reenie-beanie',
    scripts: ['latin'],
    scale: 1.2,
    leading: 1.08,
    unrest: 1.2,
    space: 0.95,
  },
  'nothing-you-could-do': {
    title: 'Nothing You Could Do',
    family: 'nothing-you-could-do',
    scripts: ['latin'],
    scale: 0.8,
    leading: 1.25,
    unrest: 1.1,
    space: 1,
  },
} as const satisfies Record<string, PenData>

export type PenName = keyof typeof penData

/** Width in 1/1000 em of the line drawn around each variant: pressure of the pen. Lines double the time a page takes to draw. */
const WEIGHTS = [0, 0, 6, 0, 0, 9] as const
const VARIANTS = WEIGHTS.length
/** Words kept shaped. Names and other rare words come and go; the common ones return at once. */
const MOST_WORDS = 20_000

/** One glyph of a pen: its variants are drawn on first use. */
export type Glyph = { variants: (PdfObject | undefined)[]; part: FontPart; id: number }

/** A word as the pen writes it: glyphs with their pen positions, in ems of the nominal size. */
export type PenWord = { text: string; glyphs: { glyph: Glyph; x: number }[]; width: number }

export class Pen {
  readonly name: PenName
  readonly data: PenData
  readonly family: FontFamily
  readonly space: number
  readonly #words = new Map<string, PenWord>()
  readonly #glyphs = new Map<number, Glyph>()

  constructor(name: PenName) {
    this.name = name
    this.data = penData[name]
    this.family = new FontFamily(this.data.family, this.data.scripts)
    this.space = this.word(' ').width * this.data.space
  }

  /** Size of one font unit (1/1000 em) in ems of the nominal size. */
  get unit(): number {
    return this.data.scale / 1000
  }

  /** Shapes a word with the font's ligatures, kerning and contextual alternates. */
  word(text: string): PenWord {
    let word = this.#words.get(text)
    if (!word) {
      if (this.#words.size >= MOST_WORDS) this.#words.clear()
      word = this.#shape(text)
      this.#words.set(text, word)
    }
    return word
  }

  #shape(text: string): PenWord {
    const word: PenWord = { text, glyphs: [], width: 0 }
    let run = ''
    let part: FontPart | undefined
    for (const character of text) {
      const needed = this.family.partFor(character.codePointAt(0)!)
      if (needed !== part && run && part) this.#shapeRun(word, part, run)
      if (needed !== part) run = ''
      part = needed
      run += character
    }
    if (run && part) this.#shapeRun(word, part, run)
    return word
  }

  #shapeRun(word: PenWord, part: FontPart, text: string): void {
    const run = part.font.layout(text)
    const unit = part.scale * this.unit
    for (const [i, { id }] of run.glyphs.entries()) {
      const position = run.positions?.[i]
      if (text !== ' ') word.glyphs.push({ glyph: this.#glyph(part, id), x: word.width + (position?.xOffset ?? 0) * unit })
      word.width += (position?.xAdvance ?? 0) * unit
    }
  }

  #glyph(part: FontPart, id: number): Glyph {
    const key = part.id * 65_536 + id
    let glyph = this.#glyphs.get(key)
    if (!glyph) {
      glyph = { variants: new Array(VARIANTS), part, id }
      this.#glyphs.set(key, glyph)
    }
    return glyph
  }

  /** The form XObject of a variant, in units of 1/1000 em. Any whole number will do for `choice`. */
  variant(glyph: Glyph, choice: number): PdfObject {
    const index = choice % VARIANTS
    return (glyph.variants[index] ??= drawVariant(
      glyph,
      index,
      `${this.name}/${glyph.part.id}/${glyph.id}/${index}`,
      this.data.unrest,
    ))
  }
}

/** Bends an outline by two slow waves (at most 1.3% of an em) and inks it. */
function drawVariant({ part, id }: Glyph, index: number, seed: string, unrest: number): PdfObject {
  const random = seeded(seed)
  const wave = () => ({
    along: 2.5 + 4 * random(),
    across: 2.5 + 4 * random(),
    phase: 2 * Math.PI * random(),
    reach: (7 + 6 * random()) * unrest,
  })
  const [sideways, upwards] = [wave(), wave()]
  const bend = (x: number, y: number): [number, number] => {
    const u = (x * part.scale) / 1000
    const v = (y * part.scale) / 1000
    return [
      u * 1000 + sideways.reach * Math.sin(sideways.along * v + sideways.across * u + sideways.phase),
      v * 1000 + upwards.reach * Math.sin(upwards.along * u + upwards.across * v + upwards.phase),
    ]
  }
  const weight = WEIGHTS[index]!
  const outline = outlineOperators(part, id, bend)
  const { left, bottom, right, top } = outline
  const box = [left, bottom, right, top].map((edge, i) => Math.round(edge + (i < 2 ? -20 : 20))).join(' ')
  return streamObject(
    [`/Type/XObject/Subtype/Form/BBox[${box}]`],
    `${weight ? `${weight} w 1 j ` : ''}${outline.path}${weight ? 'B' : 'f'}`,
  )
}

function outlineOperators(part: FontPart, id: number, bend: (x: number, y: number) => [number, number]) {
  let [left, bottom, right, top] = [0, 0, 0, 0]
  let path = ''
  let pen: [number, number] = [0, 0]
  const point = ([x, y]: [number, number]) => {
    left = Math.min(left, x)
    right = Math.max(right, x)
    bottom = Math.min(bottom, y)
    top = Math.max(top, y)
    return `${Math.round(x)} ${Math.round(y)} `
  }
  for (const { command, args } of part.font.getGlyph(id)!.path.commands) {
    const points: [number, number][] = []
    for (let i = 0; i < args.length; i += 2) points.push(bend(args[i]!, args[i + 1]!))
    if (command === 'moveTo') path += `${point(points[0]!)}m `
    else if (command === 'lineTo') path += `${point(points[0]!)}l `
    else if (command === 'bezierCurveTo') path += `${points.map(point).join('')}c `
    else if (command === 'quadraticCurveTo') path += `${cubic(pen, points[0]!, points[1]!).map(point).join('')}c `
    else path += 'h '
    pen = points.at(-1) ?? pen
  }
  return { path, left, bottom, right, top }
}

/** PDF has cubic curves only: the same curve, one degree up. */
function cubic(from: [number, number], control: [number, number], to: [number, number]): [number, number][] {
  const towards = (end: [number, number]): [number, number] => [
    end[0] + (2 / 3) * (control[0] - end[0]),
    end[1] + (2 / 3) * (control[1] - end[1]),
  ]
  return [towards(from), towards(to), to]
}

const opened = new Map<PenName, Pen>()

/** The pen of this name, opened once. */
export function pen(name: PenName): Pen {
  let found = opened.get(name)
  if (!found) {
    found = new Pen(name)
    opened.set(name, found)
  }
  return found
}
