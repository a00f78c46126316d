/**
 * Handwriting: a message is broken into lines at the largest size that fits its box, then written letter by letter.
 * The same text, pen and seed always give the same page; another seed gives another hand's day.
 */
import type { PrintWarning } from '../artwork/images.ts'
import { beforeHyphen, brokenWord, naturalParts } from '../layout/long-words.ts'
import { tidy } from '../pdf/fonts.ts'
import { type Canvas, type Cmyk, num, type Rect } from '../pdf/pdf.ts'
import { PrintProblem } from '../problem.ts'
import { type Glyph, pen as openPen, type Pen, type PenName, type PenWord, penData } from './pens.ts'
import { bell, type Random, seeded } from './random.ts'

/** Inks as process colours; at most 230% of ink, so that thin strokes dry. */
export const inks = {
  'blue-black': [1, 0.76, 0.12, 0.38],
  blue: [1, 0.78, 0, 0.12],
  black: [0, 0, 0, 1],
} as const satisfies Record<string, Cmyk>

export type Ink = keyof typeof inks

/** A text cut into lines which fit. Sizes in points. */
export type FittedMessage = { pen: Pen; size: number; leading: number; lines: readonly Line[]; warnings: readonly PrintWarning[] }
type Line = { words: readonly PenWord[]; top: number }

const STEP = 0.5
/** How far below the smallest writing of a text one may go so that a long name stays whole. */
const SMALLER_FOR_A_WORD = 0.8
/** Longer texts fit nowhere; longer words fit on no line. Neither needs to be shaped to know that. */
const LONGEST_MESSAGE = 6000
const LONGEST_WORD = 120
/** An empty line is a pause, not a whole line. */
const PAUSE = 0.55

/**
 * Finds the largest size between `max` and `min` points at which the text fits the box (points) and no word is broken. A word that fits on
 * no line at any size is broken with a hyphen, and the result warns of it.
 * Throws PrintProblem `missing_glyphs`, or `message_does_not_fit` with `{ characters, fits, lines }`: the length of the text, how
 * many of its characters would fit at the smallest size and on how many lines.
 */
export function fitMessage(
  name: PenName,
  text: string,
  box: Rect,
  { max, min }: { max: number; min: number },
  path: string,
): FittedMessage {
  const pen = openPen(name)
  const message = tidy(text).trim()
  if (message === '') throw new PrintProblem('message_empty', path, 'The message has no words for this recipient.')
  pen.family.check(message.slice(0, LONGEST_MESSAGE), path, `The pen "${penData[name].title}"`)
  if (message.length > LONGEST_MESSAGE) throw tooLong(pen, message, box, min, path)
  let least: FittedMessage | undefined
  let broken = Number.POSITIVE_INFINITY
  // Only what fits otherwise may be written smaller still for the sake of a word.
  for (let size = max; size >= (least ? min * SMALLER_FOR_A_WORD : min); size -= STEP) {
    const found = breakLines(pen, message, box.w / size)
    if (heightOf(pen, found.lines) * size > box.h || found.broken.length >= broken) continue
    broken = found.broken.length
    const warnings = found.broken.map(word => brokenWord(path, word))
    least = { pen, size, leading: pen.data.leading * size, lines: found.lines, warnings }
    if (broken === 0) break
  }
  if (least) return least
  throw tooLong(pen, message, box, min, path)
}

function tooLong(pen: Pen, message: string, box: Rect, min: number, path: string): PrintProblem {
  const { lines } = breakLines(pen, message.slice(0, LONGEST_MESSAGE), box.w / min)
  const visible = lines.filter((_, i) => heightOf(pen, lines.slice(0, i + 1)) * min <= box.h)
  const fits = visible.reduce((sum, line) => sum + line.words.reduce((length, word) => length + word.text.length + 1, 0), 0)
  const characters = message.length
  return new PrintProblem(
    'message_does_not_fit',
    path,
    `The message has ${characters} characters; about ${fits} fit on ${visible.length} lines in the smallest writing.`,
    { characters, fits, lines: visible.length },
  )
}

/** Breaks at spaces, first fit, widths in ems. A word wider than the line is broken, and listed in `broken` where that needs a hyphen. */
function breakLines(pen: Pen, message: string, width: number): { lines: Line[]; broken: string[] } {
  // Letters are moved a little when they are written: keep a twentieth of an em free on both sides.
  const usable = width - 0.1
  const lines: Line[] = []
  const broken: string[] = []
  let top = 0
  for (const paragraph of message.split('\n')) {
    const words = paragraph.split(' ').filter(Boolean)
    if (words.length === 0) {
      top += PAUSE * pen.data.leading
      continue
    }
    for (const line of breakParagraph(pen, words, usable, broken)) {
      lines.push({ words: line, top })
      top += pen.data.leading
    }
  }
  return { lines, broken }
}

function breakParagraph(pen: Pen, words: readonly string[], usable: number, broken: string[]): PenWord[][] {
  const lines: PenWord[][] = []
  let line: PenWord[] = []
  let used = 0
  for (const text of words) {
    for (const word of cut(pen, text, usable, broken)) {
      if (line.length > 0 && used + pen.space + word.width > usable) {
        lines.push(line)
        line = []
        used = 0
      }
      used += word.width + (line.length > 0 ? pen.space : 0)
      line.push(word)
    }
  }
  return [...lines, line]
}

/** A word in pieces that fit on a line: whole, broken where it has hyphens, or else with hyphens of ours. */
function cut(pen: Pen, text: string, usable: number, broken: string[]): PenWord[] {
  const whole = text.length <= LONGEST_WORD ? pen.word(text) : undefined
  if (whole && whole.width <= usable) return [whole]
  const pieces: string[] = []
  let open = ''
  for (const part of naturalParts(text)) {
    if (open && fits(pen, open + part, usable)) {
      open += part
      continue
    }
    if (open) pieces.push(open)
    open = part
    if (fits(pen, part, usable)) continue
    broken.push(text)
    const bits = hyphenated(pen, part, usable)
    pieces.push(...bits.slice(0, -1))
    open = bits.at(-1)!
  }
  return [...pieces, open].map(piece => pen.word(piece))
}

const fits = (pen: Pen, text: string, usable: number): boolean => text.length <= LONGEST_WORD && pen.word(text).width <= usable

function hyphenated(pen: Pen, text: string, usable: number): string[] {
  const pieces: string[] = []
  let rest = [...text]
  while (rest.length > 1 && !fits(pen, rest.join(''), usable)) {
    let most = 1
    while (most < rest.length - 1 && pen.word(`${rest.slice(0, most + 1).join('')}-`).width <= usable) most++
    const length = beforeHyphen(rest, most)
    pieces.push(`${rest.slice(0, length).join('')}-`)
    rest = rest.slice(length)
  }
  return [...pieces, rest.join('')]
}

/** Height in ems from the top of the first line's letters to the tails of the last's. */
function heightOf(pen: Pen, lines: readonly Line[]): number {
  return (lines.at(-1)?.top ?? 0) + ASCENT + pen.data.leading * DESCENT
}
const ASCENT = 0.86
const DESCENT = 0.3

/** Writes a fitted message into its box, from the top. */
export function writeMessage(canvas: Canvas, message: FittedMessage, box: Rect, seed: string, ink: Cmyk): void {
  const random = seeded(seed)
  const colour = ink.map(num).join(' ')
  canvas.op(`${colour} k ${colour} K`)
  const hand: Hand = { random, unrest: message.pen.data.unrest, choices: new Map(), wander: 0 }
  for (const line of message.lines) {
    const y = box.y + box.h - (ASCENT + line.top) * message.size
    writeLine(canvas, message, line.words, { left: box.x + 0.05 * message.size, right: box.x + box.w, y }, hand)
  }
}

/** How much of its box a message takes, in points. */
export const writtenHeight = ({ pen, size, lines }: FittedMessage): number => heightOf(pen, lines) * size

/** Writes one line with its baseline at (x, y): for headlines and captions. */
export function writeLineAt(canvas: Canvas, name: PenName, text: string, x: number, y: number, size: number, seed: string): void {
  const pen = openPen(name)
  const words = tidy(text)
    .split(' ')
    .filter(Boolean)
    .map(word => pen.word(word))
  const hand: Hand = { random: seeded(seed), unrest: pen.data.unrest * 0.6, choices: new Map(), wander: 0 }
  writeLine(canvas, { pen, size }, words, { left: x, right: Number.POSITIVE_INFINITY, y }, hand)
}

/** Width in points of a line as `writeLineAt` writes it. */
export function lineWidth(name: PenName, text: string, size: number): number {
  const pen = openPen(name)
  const words = tidy(text).split(' ').filter(Boolean)
  return size * (words.reduce((sum, word) => sum + pen.word(word).width, 0) + pen.space * (words.length - 1))
}

/** What the hand carries along: its dice, the variant each glyph had last, and how far it has strayed from the baseline. */
type Hand = { random: Random; unrest: number; choices: Map<Glyph, number>; wander: number }

type Place = { left: number; right: number; y: number }

function writeLine(
  canvas: Canvas,
  { pen, size }: Pick<FittedMessage, 'pen' | 'size'>,
  words: readonly PenWord[],
  place: Place,
  hand: Hand,
): void {
  const { random, unrest } = hand
  const slope = 0.002 + bell(random) * 0.0028 * unrest
  const slant = bell(random) * 0.012 * unrest
  let x = place.left + size * (0.03 + 0.02 * bell(random) * unrest)
  const start = x
  const y = place.y + size * 0.014 * bell(random) * unrest
  let rest = words.reduce((sum, word) => sum + word.width, 0) + pen.space * (words.length - 1)
  canvas.op(`q ${1 / FINE} 0 0 ${1 / FINE} 0 0 cm`)
  for (const word of words) {
    // Wider spaces must not push the end of a full line out of its box.
    x = Math.min(x, place.right - size * rest)
    rest -= word.width + pen.space
    const rise = bell(random) * 0.01 * unrest
    const tilt = slope + bell(random) * 0.006 * unrest
    const scale = 1 + bell(random) * 0.012 * unrest
    for (const { glyph, x: at } of word.glyphs) {
      hand.wander = hand.wander * 0.85 + bell(random) * 0.006 * unrest
      const choice = (hand.choices.get(glyph) ?? Math.floor(random() * 6)) + 1
      hand.choices.set(glyph, choice)
      const gx = x + size * (at + bell(random) * 0.008 * unrest)
      const gy = y + (gx - start) * slope + size * (rise + hand.wander)
      const matrix = letterMatrix(random, unrest, size * pen.unit * scale, tilt, slant)
      canvas.op(`q ${matrix} ${whole(gx)} ${whole(gy)} cm ${canvas.form(pen.variant(glyph, choice))} Do Q`)
    }
    x += size * (word.width + pen.space * (1.05 + 0.1 * bell(random) * unrest))
  }
  canvas.op('Q')
}

/** Letters are placed in 1/100,000 point, so that every number is whole: those are written many times faster than fractions. */
const FINE = 100_000
const whole = (points: number) => Math.round(points * FINE)

/** Turn, slant and size of one letter: `a b c d` of its matrix (a letter's unit is 1/1000 em). */
function letterMatrix(random: Random, unrest: number, unit: number, tilt: number, slant: number): string {
  const turn = tilt + bell(random) * 0.016 * unrest
  const lean = slant + bell(random) * 0.018 * unrest
  const wide = unit * (1 + bell(random) * 0.018 * unrest)
  const tall = unit * (1 + bell(random) * 0.02 * unrest)
  const [sin, cos] = [Math.sin(turn), Math.cos(turn)]
  return `${whole(wide * cos)} ${whole(wide * sin)} ${whole(tall * (lean * cos - sin))} ${whole(tall * (lean * sin + cos))}`
}
