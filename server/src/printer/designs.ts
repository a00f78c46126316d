/**
 * The catalogue of card fronts: four vector drawings of our own, in process colours, which fill any card with bleed.
 * Each has room for one handwritten headline.
 */
import { lineWidth, writeLineAt } from './handwriting/handwriting.ts'
import { type PenName, pen, penData } from './handwriting/pens.ts'
import { bell, type Random, seeded } from './handwriting/random.ts'
import { tidy } from './pdf/fonts.ts'
import { Canvas, type Cmyk, num, type Rect, WHITE } from './pdf/pdf.ts'
import { PrintProblem } from './problem.ts'

type Design = { title: string; headline: string; pen: PenName; draw: (art: Art) => void }
type Art = {
  canvas: Canvas
  width: number
  height: number
  random: Random
  headline: (box: Rect, size: number, colour: Cmyk) => void
}

export const designs = {
  sprig: { title: 'Green sprigs on cream', headline: 'Thank you', pen: 'homemade-apple', draw: sprig },
  hills: { title: 'Sunrise over blue hills', headline: 'Hello there', pen: 'caveat', draw: hills },
  confetti: { title: 'Confetti on white', headline: 'Hooray!', pen: 'kalam', draw: confetti },
  frame: { title: 'Fine frame on deep blue', headline: 'With our thanks', pen: 'nothing-you-could-do', draw: frame },
} as const satisfies Record<string, Design>

export type DesignName = keyof typeof designs

/**
 * Draws a front of the catalogue, bleed included. `headline` replaces the design's own words.
 * Throws PrintProblem `unknown_design`, `missing_glyphs`, `message_does_not_fit`.
 */
export function drawDesign(name: string, width: number, height: number, headline: string | undefined): Canvas {
  if (!Object.hasOwn(designs, name)) {
    throw new PrintProblem(
      'unknown_design',
      'front.design',
      `There is no design "${name}"; there are ${Object.keys(designs).join(', ')}.`,
    )
  }
  const design: Design = designs[name as DesignName]
  const words = tidy(headline ?? design.headline).trim()
  pen(design.pen).family.check(words, 'front.headline', `The pen "${penData[design.pen].title}"`)
  const canvas = new Canvas()
  design.draw({
    canvas,
    width,
    height,
    random: seeded(`design/${name}`),
    headline: (box, size, colour) => writeHeadline(canvas, design.pen, words, box, size, colour),
  })
  return canvas
}

/** One centred line as large as its box allows, never smaller than a third of the wanted size. */
function writeHeadline(canvas: Canvas, name: PenName, text: string, box: Rect, wanted: number, colour: Cmyk): void {
  const size = Math.min(wanted, box.w / Math.max(lineWidth(name, text, 1), 0.01))
  if (size < wanted / 3) {
    throw new PrintProblem('message_does_not_fit', 'front.headline', `The headline "${text}" is too long for one line.`, {
      characters: text.length,
    })
  }
  const ink = colour.map(num).join(' ')
  canvas.op(`${ink} k ${ink} K`)
  writeLineAt(
    canvas,
    name,
    text,
    box.x + (box.w - lineWidth(name, text, size)) / 2,
    box.y + box.h / 2 - size * 0.24,
    size,
    `headline/${text}`,
  )
}

function ground({ canvas, width, height }: Art, colour: Cmyk): void {
  canvas.fill(colour)
  canvas.rect({ x: 0, y: 0, w: width, h: height })
}

function circle(canvas: Canvas, x: number, y: number, r: number): void {
  const k = r * 0.5523
  const p = (...values: number[]) => values.map(num).join(' ')
  canvas.op(
    `${p(x + r, y)} m ${p(x + r, y + k, x + k, y + r, x, y + r)} c ${p(x - k, y + r, x - r, y + k, x - r, y)} c ` +
      `${p(x - r, y - k, x - k, y - r, x, y - r)} c ${p(x + k, y - r, x + r, y - k, x + r, y)} c f`,
  )
}

// --- sprig ---------------------------------------------------------------------------------------------------------------------

const greens: readonly Cmyk[] = [
  [0.58, 0.24, 0.56, 0.1],
  [0.46, 0.16, 0.46, 0.05],
  [0.64, 0.32, 0.6, 0.26],
]

function sprig(art: Art): void {
  const { width, height } = art
  ground(art, [0.01, 0.02, 0.07, 0])
  const reach = height * 0.9
  branch(art, { x: width * 0.04, y: -height * 0.03, turn: 1.15, bend: 0.04, reach, leaves: 17 })
  branch(art, { x: width * 0.13, y: -height * 0.02, turn: 0.78, bend: -0.055, reach: reach * 0.62, leaves: 13, berries: true })
  branch(art, { x: width * 0.96, y: height * 1.03, turn: 1.15 - Math.PI, bend: 0.04, reach, leaves: 17 })
  branch(art, {
    x: width * 0.87,
    y: height * 1.02,
    turn: 0.78 - Math.PI,
    bend: -0.055,
    reach: reach * 0.62,
    leaves: 13,
    berries: true,
  })
  art.headline({ x: width * 0.24, y: height * 0.38, w: width * 0.52, h: height * 0.24 }, height * 0.2, [0.6, 0.36, 0.62, 0.52])
}

const reds: readonly Cmyk[] = [
  [0.05, 0.5, 0.5, 0.05],
  [0.02, 0.32, 0.5, 0.02],
]

/** Where something grows, which way, and how far. */
type Tip = { x: number; y: number; turn: number; size: number }
type Branch = { x: number; y: number; turn: number; bend: number; reach: number; leaves: number; berries?: true }

/** A stem which bends a little at every leaf; leaves alternate sides and shrink towards the tip. */
function branch({ canvas, random }: Art, { x, y, turn, bend, reach, leaves, berries }: Branch): void {
  const step = reach / leaves
  const stem = [`${num(x)} ${num(y)} m`]
  const tips: Tip[] = []
  const fruit: Tip[] = []
  for (let i = 0; i < leaves; i++) {
    x += Math.cos(turn) * step
    y += Math.sin(turn) * step
    turn += bend
    stem.push(`${num(x)} ${num(y)} l`)
    const size = reach * (0.2 - 0.11 * (i / leaves)) * (1 + 0.08 * bell(random))
    const side = i % 2 ? 1 : -1
    if (i > 0) tips.push({ x, y, turn: turn + side * 0.86 + 0.1 * bell(random), size })
    // Opposite a leaf, where nothing else grows.
    if (berries && i > 1 && i % 3 === 2) fruit.push({ x, y, turn: turn - side * 0.7, size: reach * 0.13 })
  }
  tips.push({ x, y, turn, size: reach * 0.1 })
  canvas.stroke([0.6, 0.34, 0.6, 0.3], reach * 0.006)
  canvas.op(`1 J 1 j ${stem.join(' ')} S`)
  for (const [i, tip] of tips.entries()) {
    canvas.fill(greens[i % greens.length]!)
    leaf(canvas, tip)
  }
  for (const [i, tip] of fruit.entries()) berry(canvas, tip, reach * (0.02 + 0.004 * bell(random)), reds[i % reds.length]!)
}

/** A berry on its stalk. */
function berry(canvas: Canvas, { x, y, turn, size }: Tip, radius: number, colour: Cmyk): void {
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)]
  canvas.stroke([0.6, 0.34, 0.6, 0.3], size * 0.04)
  canvas.op(`${num(x)} ${num(y)} m ${num(x + size * cos)} ${num(y + size * sin)} l S`)
  canvas.fill(colour)
  circle(canvas, x + size * cos, y + size * sin, radius)
}

/** A leaf with a light midrib, its foot at (x, y). */
function leaf(canvas: Canvas, { x, y, turn, size }: Tip): void {
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)]
  const at = (along: number, across: number) =>
    `${num(x + size * (along * cos - across * sin))} ${num(y + size * (along * sin + across * cos))}`
  canvas.op(`${at(0, 0)} m ${at(0.25, 0.26)} ${at(0.7, 0.24)} ${at(1, 0)} c ${at(0.7, -0.2)} ${at(0.28, -0.24)} ${at(0, 0)} c f`)
  canvas.op(`0.02 0.02 0.1 0 K ${num(size * 0.016)} w ${at(0.08, 0)} m ${at(0.4, 0.03)} ${at(0.6, 0.03)} ${at(0.84, 0.01)} c S`)
}

// --- hills ---------------------------------------------------------------------------------------------------------------------

function hills(art: Art): void {
  const { canvas, width, height } = art
  const dawn: readonly Cmyk[] = [
    [0.22, 0.08, 0.04, 0],
    [0.12, 0.06, 0.07, 0],
    [0.05, 0.07, 0.14, 0],
    [0.01, 0.1, 0.24, 0],
    [0, 0.15, 0.33, 0],
  ]
  const bands = 40
  for (let i = 0; i < bands; i++) {
    const place = (i / (bands - 1)) * (dawn.length - 1)
    const below = Math.min(Math.floor(place), dawn.length - 2)
    canvas.fill(mix(dawn[below]!, dawn[below + 1]!, place - below))
    canvas.rect({ x: 0, y: height * (1 - (0.78 * (i + 1)) / bands) - 1, w: width, h: (height * 0.78) / bands + 2 })
  }
  const sun = { x: width * 0.76, y: height * 0.47 }
  for (const [radius, colour] of [
    [0.3, [0, 0.13, 0.36, 0]],
    [0.235, [0, 0.17, 0.46, 0]],
    [0.17, [0, 0.26, 0.68, 0]],
  ] as const) {
    canvas.fill(colour)
    circle(canvas, sun.x, sun.y, height * radius)
  }
  const near: Cmyk = [0.92, 0.62, 0.38, 0.4]
  const far: Cmyk = [0.42, 0.18, 0.12, 0]
  for (let layer = 0; layer < 5; layer++) {
    canvas.fill(mix(far, near, layer / 4))
    ridge(art, height * (0.48 - 0.098 * layer), layer)
  }
  birds(art)
  art.headline({ x: width * 0.06, y: height * 0.66, w: width * 0.48, h: height * 0.22 }, height * 0.22, [0.9, 0.6, 0.36, 0.42])
}

function mix(a: Cmyk, b: Cmyk, part: number): Cmyk {
  const blend = (i: 0 | 1 | 2 | 3) => a[i] + (b[i] - a[i]) * part
  return [blend(0), blend(1), blend(2), blend(3)]
}

/** A ridge of three slow waves across the whole page. */
function ridge({ canvas, width, height }: Art, crest: number, layer: number): void {
  const points: string[] = ['0 0 m']
  for (let i = 0; i <= 60; i++) {
    const u = (i / 60) * (width / height)
    const swell =
      0.042 * Math.sin(2.1 * u + layer * 2.4) + 0.022 * Math.sin(4.7 * u + layer * 1.3) + 0.006 * Math.sin(13 * u + layer)
    points.push(`${num((i / 60) * width)} ${num(crest + height * swell)} l`)
  }
  canvas.op(`${points.join(' ')} ${num(width)} 0 l f`)
}

function birds({ canvas, width, height }: Art): void {
  canvas.stroke([0.85, 0.6, 0.4, 0.35], height * 0.006)
  for (const [u, v, size] of [
    [0.5, 0.6, 0.024],
    [0.545, 0.645, 0.019],
    [0.475, 0.655, 0.015],
  ] as const) {
    const [x, y, s] = [width * u, height * v, height * size]
    const p = (dx: number, dy: number) => `${num(x + dx * s)} ${num(y + dy * s)}`
    canvas.op(
      `1 J ${p(-1.4, 0.5)} m ${p(-0.9, 1.1)} ${p(-0.3, 0.8)} ${p(0, 0)} c ${p(0.3, 0.8)} ${p(0.9, 1.1)} ${p(1.4, 0.5)} c S`,
    )
  }
}

// --- confetti ------------------------------------------------------------------------------------------------------------------

const party: readonly Cmyk[] = [
  [0, 0.58, 0.52, 0],
  [0.02, 0.22, 0.82, 0],
  [0.62, 0.04, 0.3, 0],
  [0.7, 0.42, 0, 0.04],
  [0.06, 0.32, 0.02, 0],
]

function confetti(art: Art): void {
  const { canvas, width, height, random } = art
  ground(art, WHITE)
  const columns = Math.round((width / height) * 15)
  for (let row = 0; row < 15; row++) {
    for (let column = 0; column < columns; column++) {
      const u = (column + 0.2 + 0.6 * random()) / columns
      const v = (row + 0.2 + 0.6 * random()) / 15
      // Thick at the edges, none where the words stand.
      const centre = Math.hypot((u - 0.5) / 0.46, (v - 0.5) / 0.34)
      const colour = party[Math.floor(random() * party.length)]!
      const [shape, turn, chance, size] = [random(), random() * Math.PI, random(), height * (0.011 + 0.01 * random())]
      if (centre < 1 || chance > 0.42 + 0.55 * (centre - 1)) continue
      canvas.fill(colour)
      piece(canvas, shape, { x: u * width, y: v * height, turn, size })
    }
  }
  art.headline({ x: width * 0.16, y: height * 0.34, w: width * 0.68, h: height * 0.32 }, height * 0.27, [0.8, 0.5, 0.05, 0.22])
}

function piece(canvas: Canvas, shape: number, { x, y, turn, size }: { x: number; y: number; turn: number; size: number }): void {
  if (shape < 0.34) {
    circle(canvas, x, y, size * 0.85)
    return
  }
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)]
  const at = (u: number, v: number) => `${num(x + size * (u * cos - v * sin))} ${num(y + size * (u * sin + v * cos))}`
  if (shape < 0.7) canvas.op(`${at(-1.5, -0.5)} m ${at(1.5, -0.5)} l ${at(1.5, 0.5)} l ${at(-1.5, 0.5)} l f`)
  else canvas.op(`${at(0, 1.15)} m ${at(1.05, -0.7)} l ${at(-1.05, -0.7)} l f`)
}

// --- frame ---------------------------------------------------------------------------------------------------------------------

function frame(art: Art): void {
  const { canvas, width, height } = art
  const gold: Cmyk = [0.06, 0.18, 0.5, 0.08]
  ground(art, [0.94, 0.76, 0.3, 0.42])
  for (const [inset, weight] of [
    [27, 1.4],
    [32, 0.5],
  ] as const) {
    canvas.stroke(gold, weight)
    canvas.rect({ x: inset, y: inset, w: width - 2 * inset, h: height - 2 * inset }, 'S')
  }
  for (const side of [1, -1]) ornament(canvas, width / 2, height / 2 + side * height * 0.2, side * height * 0.1, gold)
  art.headline({ x: width * 0.14, y: height * 0.38, w: width * 0.72, h: height * 0.24 }, height * 0.165, [0.02, 0.04, 0.16, 0])
}

/** Two scrolls and a drop, facing the middle. */
function ornament(canvas: Canvas, x: number, y: number, size: number, colour: Cmyk): void {
  canvas.stroke(colour, 0.9)
  canvas.fill(colour)
  for (const way of [1, -1]) {
    const at = (u: number, v: number) => `${num(x + way * u * Math.abs(size))} ${num(y + v * size)}`
    canvas.op(`1 J ${at(0.12, 0)} m ${at(0.8, 0.5)} ${at(1.7, 0.3)} ${at(2.3, 0)} c S`)
    canvas.op(`${at(0.3, 0.06)} m ${at(0.9, -0.1)} ${at(1.5, -0.12)} ${at(1.9, 0.12)} c S`)
    circle(canvas, x + way * 2.42 * Math.abs(size), y, Math.abs(size) * 0.06)
  }
  circle(canvas, x, y + size * 0.08, Math.abs(size) * 0.1)
}
