/**
 * The parts of a piece which the Postal Service reads: address block, Intelligent Mail barcode, return address and indicia.
 * All in K-only black, sans serif, 8 points or more, one left margin, nothing beside or below the last line (DMM 202.1.2).
 */
import { formatAddress } from 'localized-address-format'
import { encodeImb, type ImbDigits } from '../barcodes/imb.ts'
import { inter, tidy } from '../pdf/fonts.ts'
import { BLACK, type Canvas, num, type Rect } from '../pdf/pdf.ts'
import { PrintProblem } from '../problem.ts'
import { BARCODE, INCH } from '../sizes.ts'

/** A postal address as the post domain holds it. `country` is the two-letter code; `countryName` the name in English. */
export type PostalAddress = {
  name?: string
  company?: string
  line1: string
  line2?: string
  city: string
  state?: string
  zip?: string
  country?: string
  countryName?: string
}

/** 8 points of Inter are 0.081 inch of capital height: the least the Postal Service allows is 0.080. */
const SMALLEST = 8
/** Letters may be narrowed this much before a line counts as too long. */
const NARROWEST = 0.78

/**
 * The lines of an address in capitals, as they are printed.
 * Throws PrintProblem `address_incomplete` or `address_does_not_fit`.
 */
export function addressLines(address: PostalAddress, path: string, maxLines = 6): string[] {
  const clean = (text: string | undefined) =>
    tidy(text ?? '')
      .replace(/\s+/g, ' ')
      .trim()
  const names = [clean(address.name), clean(address.company)].filter(Boolean)
  const streets = [clean(address.line1), clean(address.line2)].filter(Boolean)
  const domestic = (address.country ?? 'US').toUpperCase() === 'US'
  const places = domestic
    ? [`${clean(address.city)} ${clean(address.state)} ${clean(address.zip)}`]
    : foreignPlaces(address, clean)
  const missing = [
    names.length === 0 && 'a name or company',
    !clean(address.line1) && 'a street line',
    !clean(address.city) && 'a city',
    domestic && !/^[A-Za-z]{2}$/.test(clean(address.state)) && 'a two-letter state',
    domestic && !/^\d{5}(-?\d{4})?$/.test(clean(address.zip)) && 'a ZIP code',
  ].filter(part => part !== false)
  if (missing.length > 0)
    throw new PrintProblem('address_incomplete', path, `The address lacks ${missing.join(', ')}.`, { missing })
  // A unit belongs on the street line (Publication 28, 213); anything else goes there only when lines are short.
  const joins = streets.length === 2 && ((domestic && UNIT.test(streets[1]!)) || names.length + 2 + places.length > maxLines)
  const lines = [...names, ...(joins ? [streets.join(' ')] : streets), ...places]
  if (lines.length > maxLines)
    throw new PrintProblem('address_does_not_fit', path, `The address has ${lines.length} lines; ${maxLines} fit.`)
  const capitals = lines.map(line => line.toLocaleUpperCase('en-US'))
  inter.regular.family.check(capitals.join('\n'), path, 'The address font')
  return capitals
}

/** City lines in the order of the country of destination, then its name in English capitals on a line of its own (IMM 122.1). */
function foreignPlaces(address: PostalAddress, clean: (text: string | undefined) => string): string[] {
  const lines = formatAddress(
    {
      postalCountry: address.country ?? '',
      locality: clean(address.city),
      administrativeArea: clean(address.state),
      postalCode: clean(address.zip),
    },
    'latin',
  )
  return [...lines.filter(Boolean), clean(address.countryName) || (address.country ?? '')]
}

/** Height in points from the baseline of the last line to the upper edge of the barcode's clear space. */
export function blockHeight(lines: number, size: number, barcode: boolean): number {
  const text = (lines - 1) * leading(size) + size * CAPITALS
  return text + (barcode ? barcodeGap(size) + BARCODE.fullHeight + BARCODE.clearAbove : 0)
}

const UNIT = /^(#|(apt|apartment|bldg|dept|fl|floor|lot|ofc|rm|room|spc|ste|suite|trlr|unit)\b)/i
const CAPITALS = 0.7275
/** In a window 0.028 inch of white between two lines of capitals: what a sorting machine needs to tell them apart. */
const leading = (size: number) => (size > SMALLEST ? size * 1.09 + 1.2 : size * CAPITALS + 0.028 * INCH)
/** White between barcode and the line below it: 0.028 inch is the least, 0.625 the most (QSG 201a). Windows are short. */
const barcodeGap = (size: number) => (size > SMALLEST ? 6.5 : 2.1)

/**
 * Draws the block upwards from the baseline of its last line, the barcode above its first. `width` is the room of the text.
 * Throws PrintProblem `address_does_not_fit`, `barcode_invalid`.
 */
export function drawAddress(
  canvas: Canvas,
  lines: readonly string[],
  { x, y, width, size }: { x: number; y: number; width: number; size: number },
  imb: ImbDigits | undefined,
  path: string,
): void {
  canvas.fill(BLACK)
  const widest = Math.max(...lines.map(line => inter.regular.width(line, size)))
  const letters = Math.max(SMALLEST, Math.min(size, (size * width) / widest))
  for (const [i, line] of lines.entries()) {
    const condense = Math.min(1, width / inter.regular.width(line, letters))
    if (condense < NARROWEST)
      throw new PrintProblem('address_does_not_fit', path, `The line "${line}" is too long for the address block.`)
    inter.regular.draw(canvas, line, x, y + (lines.length - 1 - i) * leading(size), letters, condense)
  }
  if (imb) {
    const bars = barcodeAbove(lines.length, { x, y, size })
    drawImb(canvas, encodeImb(imb), bars.x, bars.y)
  }
}

/** The barcode's box above an address block drawn with `drawAddress` at the same place. */
export function barcodeAbove(lines: number, { x, y, size }: { x: number; y: number; size: number }): Rect {
  return { x, y: y + (lines - 1) * leading(size) + size * CAPITALS + barcodeGap(size), w: BARCODE.width, h: BARCODE.fullHeight }
}

/** Draws 65 bars: trackers in the middle, ascenders to the top, descenders to the bottom (USPS-B-3200 section 2). */
function drawImb(canvas: Canvas, bars: string, x: number, y: number): void {
  const low = (BARCODE.fullHeight - BARCODE.trackerHeight) / 2
  let path = ''
  for (let i = 0; i < BARCODE.bars; i++) {
    const bar = bars[i]
    const bottom = bar === 'D' || bar === 'F' ? 0 : low
    const top = bar === 'A' || bar === 'F' ? BARCODE.fullHeight : low + BARCODE.trackerHeight
    path += `${num(x + i * BARCODE.pitch)} ${num(y + bottom)} ${num(BARCODE.barWidth)} ${num(top - bottom)} re\n`
  }
  canvas.op(`${path}f`)
}

/** No machine reads a return address, so it may be smaller than the delivery address where a window is low. */
const SMALLEST_RETURN = 6

/**
 * Draws the return address from the top of its box. `tight`: in a window, where lines stand close and letters shrink until all of them
 * fit. Throws PrintProblem `address_does_not_fit`.
 */
export function drawReturnAddress(
  canvas: Canvas,
  lines: readonly string[],
  box: Rect,
  wanted: number,
  path: string,
  tight = false,
): void {
  const step = (size: number) => size * (tight ? 0.98 : 1.19)
  const head = tight ? CAPITALS : 1
  let size = wanted
  const tooHigh = () => (lines.length - 1) * step(size) + size * head > box.h + 0.01
  while (tight && size > SMALLEST_RETURN && tooHigh()) size -= 0.25
  if (tooHigh())
    throw new PrintProblem('address_does_not_fit', path, `The return address has ${lines.length} lines, too many for its place.`)
  canvas.fill(BLACK)
  for (const [i, line] of lines.entries()) {
    const condense = Math.min(1, box.w / inter.regular.width(line, size))
    if (condense < NARROWEST)
      throw new PrintProblem('address_does_not_fit', path, `The line "${line}" is too long for the return address.`)
    inter.regular.draw(canvas, line, box.x, box.y + box.h - size * (tight ? CAPITALS : 0.8) - i * step(size), size, condense)
  }
}

/** Draws a permit imprint: as many lines as its box is high (DMM 604.5.3). Throws PrintProblem `indicia_does_not_fit`. */
export function drawIndicia(canvas: Canvas, lines: readonly string[], box: Rect): void {
  const size = 6.5
  const step = 8.2
  const widest = Math.max(...lines.map(line => inter.regular.width(line, size)))
  const height = lines.length * step + 8
  if (height > box.h || widest > box.w - 8)
    throw new PrintProblem('indicia_does_not_fit', 'indicia', 'The indicia is too large for its box.')
  inter.regular.family.check(lines.join('\n'), 'indicia', 'The indicia font')
  canvas.stroke(BLACK, 0.6)
  canvas.rect({ x: box.x, y: box.y + box.h - height, w: box.w, h: height }, 'S')
  canvas.fill(BLACK)
  for (const [i, line] of lines.entries()) {
    const x = box.x + (box.w - inter.regular.width(line, size)) / 2
    inter.regular.draw(canvas, line, x, box.y + box.h - 4 - step * i - 6.3, size)
  }
}
