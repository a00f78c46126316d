/** Seeded randomness: the same seed draws the same hand on every machine. Not for secrets. */

export type Random = () => number

/** A stream of numbers in [0, 1) from any text (FNV-1a into the sfc32 generator). */
export function seeded(seed: string): Random {
  const hash = (start: number) => {
    let state = start
    for (let i = 0; i < seed.length; i++) state = Math.imul(state ^ seed.charCodeAt(i), 16_777_619)
    return state | 0
  }
  let a = hash(2_166_136_261)
  let b = hash(0x9e3779b9)
  let c = hash(0x85ebca6b)
  let counter = 1
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    return (sum >>> 0) / 4_294_967_296
  }
  for (let i = 0; i < 12; i++) next()
  return next
}

/** A bell-shaped number around 0, deviation 1, never beyond ±2.45 (sum of three uniform numbers). */
export function bell(random: Random): number {
  return (random() + random() + random() - 1.5) * 2 * 0.8165
}
