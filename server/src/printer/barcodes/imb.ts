/**
 * Intelligent Mail barcode (USPS-B-3200 Rev H): digits ↔ 65 bars.
 * `encodeImb` makes the bars which are printed, `decodeImb` reads them back in preflight. Pure, no state.
 */
import { PrintProblem } from '../problem.ts'

/** The digits of a barcode. `tracking`: 20 digits (barcode id 2, STID 3, mailer id 6 or 9, serial 9 or 6); `routing`: 0, 5, 9 or 11. */
export type ImbDigits = { tracking: string; routing: string }

/** Smallest value of each routing length (section 3.2.1): shorter codes come first, so that a length is never ambiguous. */
const routingStart: Readonly<Record<number, bigint>> = { 0: 0n, 5: 1n, 9: 100_001n, 11: 1_000_100_001n }
const TRACKING_SPAN = 5n * 10n ** 18n
const CHARACTERS = 10

// Which character and bit make each bar's ascender and descender (tables III and IV), one entry per bar.
const ascenderCharacter = '40263519871206482953013746892051943867124395783021409170246371958'
const descenderCharacter = '71958024635897306174689251754387602549301682045967526385198740263'
const ascenderBit = '308b1c8ba64c2796792840c7a907a57968 2c1420154 6c1094 75a269b2c675b032'.replaceAll(' ', '')
const descenderBit = '2ac59154 39b5a1634 1a02b861c386 44b0619b5373a7b82a3580 3cb84513 07c98a'.replaceAll(' ', '')

const table5of13 = nOf13(5, 1287)
const table2of13 = nOf13(2, 78)
const codewords = new Map([...table5of13, ...table2of13].map((bits, codeword) => [bits, codeword]))

/** All 13-bit numbers with `ones` bits set: pairs of mirror images from the bottom, palindromes from the top (appendix E). */
function nOf13(ones: number, size: number): number[] {
  const table = new Array<number>(size)
  let low = 0
  let high = size - 1
  for (let bits = 0; bits < 8192; bits++) {
    if (countOnes(bits) !== ones) continue
    const mirrored = mirror13(bits)
    if (mirrored < bits) continue
    if (mirrored === bits) table[high--] = bits
    else {
      table[low++] = bits
      table[low++] = mirrored
    }
  }
  return table
}

function countOnes(bits: number): number {
  let ones = 0
  for (let rest = bits; rest; rest >>= 1) ones += rest & 1
  return ones
}

function mirror13(bits: number): number {
  let mirrored = 0
  for (let i = 0; i < 13; i++) mirrored |= ((bits >> i) & 1) << (12 - i)
  return mirrored
}

/** The 11-bit frame check sequence over the 102-bit value (generator 0xF35, start 0x7FF; appendix D). */
function frameCheck(value: bigint): number {
  let check = 0x7ff
  for (let position = 101; position >= 0; position--) {
    const bit = Number((value >> BigInt(position)) & 1n)
    const feedback = ((check >> 10) & 1) ^ bit
    check = (check << 1) & 0x7ff
    if (feedback) check ^= 0x735
  }
  return check
}

/** Throws `barcode_invalid` unless the digits make a lawful barcode. */
export function checkImb({ tracking, routing }: ImbDigits): void {
  const refuse = (message: string) => new PrintProblem('barcode_invalid', 'imb', message)
  if (!/^\d{20}$/.test(tracking)) throw refuse(`The tracking part must be 20 digits, not "${tracking}".`)
  if (tracking.charCodeAt(1) > 0x34) throw refuse('The second digit of the barcode id must be 0 to 4.')
  if (!/^(\d{5}|\d{9}|\d{11})?$/.test(routing)) throw refuse(`The routing part must be 0, 5, 9 or 11 digits, not "${routing}".`)
}

function toValue({ tracking, routing }: ImbDigits): bigint {
  const routed = routingStart[routing.length]! + (routing ? BigInt(routing) : 0n)
  return (routed * 10n + BigInt(tracking[0]!)) * TRACKING_SPAN + BigInt(tracking[1]!) * 10n ** 18n + BigInt(tracking.slice(2))
}

/**
 * The 65 bars of a barcode, left to right, as letters: `A`scender, `D`escender, `F`ull, `T`racker.
 * Throws PrintProblem `barcode_invalid`.
 */
export function encodeImb(digits: ImbDigits): string {
  checkImb(digits)
  const value = toValue(digits)
  const check = frameCheck(value)
  const words: number[] = new Array(CHARACTERS)
  let rest = value
  words[9] = Number(rest % 636n) * 2
  rest /= 636n
  for (let i = 8; i > 0; i--) {
    words[i] = Number(rest % 1365n)
    rest /= 1365n
  }
  words[0] = Number(rest) + (check & 0x400 ? 659 : 0)
  const characters = words.map((word, i) => {
    const bits = word < 1287 ? table5of13[word]! : table2of13[word - 1287]!
    return check & (1 << i) ? bits ^ 0x1fff : bits
  })
  let bars = ''
  for (let bar = 0; bar < 65; bar++) {
    const up = (characters[Number(ascenderCharacter[bar])]! >> Number.parseInt(ascenderBit[bar]!, 16)) & 1
    const down = (characters[Number(descenderCharacter[bar])]! >> Number.parseInt(descenderBit[bar]!, 16)) & 1
    bars += 'TDAF'[up * 2 + down]
  }
  return bars
}

/** Reads 65 bars back. Returns undefined when any bar is wrong: the frame check covers all of them. */
export function decodeImb(bars: string): ImbDigits | undefined {
  if (!/^[ADFT]{65}$/.test(bars)) return undefined
  const characters = new Array<number>(CHARACTERS).fill(0)
  for (let bar = 0; bar < 65; bar++) {
    const letter = bars[bar]
    if (letter === 'A' || letter === 'F')
      characters[Number(ascenderCharacter[bar])]! |= 1 << Number.parseInt(ascenderBit[bar]!, 16)
    if (letter === 'D' || letter === 'F')
      characters[Number(descenderCharacter[bar])]! |= 1 << Number.parseInt(descenderBit[bar]!, 16)
  }
  let check = 0
  const words: number[] = []
  for (const [i, bits] of characters.entries()) {
    const plain = codewords.get(bits)
    const word = plain ?? codewords.get(bits ^ 0x1fff)
    if (word === undefined) return undefined
    if (plain === undefined) check |= 1 << i
    words.push(word)
  }
  if (words[0]! >= 659) {
    check |= 0x400
    words[0]! -= 659
  }
  if (words[0]! >= 659 || words[9]! % 2) return undefined
  let value = BigInt(words[0]!)
  for (let i = 1; i < 9; i++) value = value * 1365n + BigInt(words[i]!)
  value = value * 636n + BigInt(words[9]! / 2)
  return frameCheck(value) === check ? fromValue(value) : undefined
}

function fromValue(value: bigint): ImbDigits | undefined {
  const low = (value % 10n ** 18n).toString().padStart(18, '0')
  const second = (value / 10n ** 18n) % 5n
  const first = (value / TRACKING_SPAN) % 10n
  const routed = value / TRACKING_SPAN / 10n
  const tracking = `${first}${second}${low}`
  for (const length of [11, 9, 5]) {
    const start = routingStart[length]!
    if (routed >= start) return { tracking, routing: (routed - start).toString().padStart(length, '0') }
  }
  return { tracking, routing: '' }
}
