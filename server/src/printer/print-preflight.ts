/**
 * Preflight: a piece is drawn as the press will draw it and looked at, before money moves.
 * The customer's artwork alone must leave the address zone white; on the finished page the QR code and the barcode are read back.
 * (What needs no pixels, such as fit, merge values, glyphs and sizes, has been refused while the piece was laid out.)
 */
import jsqr from 'jsqr'
import { type Bitmap, rasterise } from './artwork/untrusted.ts'
import { decodeImb, type ImbDigits } from './barcodes/imb.ts'
import { type Page, PdfFile, type PdfObject, type Rect } from './pdf/pdf.ts'
import type { ComposedPiece, Marks } from './postcard.ts'
import { PrintProblem } from './problem.ts'
import { BARCODE, INCH } from './sizes.ts'

/** Pixels per inch for reading codes: a bar is 4 pixels wide, a QR module 6. */
const READING = 200
/** Pixels per inch for looking at white space. */
const LOOKING = 72
/** Lighter than this is paper. */
const PAPER = 240

/** Artwork which many pieces share is looked at once. Keyed by its layer; holds what was found. */
const looked = new WeakMap<PdfObject, Promise<PrintProblem[]>>()

/** Looks at one laid-out piece; the list is empty when it may be printed. */
export async function inspect(piece: ComposedPiece): Promise<PrintProblem[]> {
  const problems: PrintProblem[] = []
  for (const marks of piece.marks) {
    problems.push(...(await lookAtArtwork(piece.artwork[marks.page]!, marks)))
    if (marks.qr || marks.barcode) problems.push(...(await readCodes(piece, marks)))
  }
  return problems
}

function lookAtArtwork(page: Page, marks: Marks): Promise<PrintProblem[]> {
  const [layer] = page.layers
  if (!layer) return Promise.resolve([])
  let found = looked.get(layer)
  if (!found) {
    found = findInk(page, marks.keepClear)
    looked.set(layer, found)
  }
  return found
}

async function findInk(page: Page, keepClear: readonly Rect[]): Promise<PrintProblem[]> {
  const [bitmap] = await rasterise(onePage(page), LOOKING / INCH, 'artwork')
  return keepClear.flatMap(box => {
    const ink = inkIn(bitmap!, toPixels(box, page.height, LOOKING))
    if (!ink) return []
    const inches = (points: number) => (points / INCH).toFixed(2)
    const [left, down] = [inches((ink.x / LOOKING) * INCH), inches((ink.y / LOOKING) * INCH)]
    const zone = `${inches(box.w)} × ${inches(box.h)} inches, ${inches(box.x)} from the left and ${inches(box.y)} from the bottom of the page`
    const message = `The artwork prints ${left} inches from the left and ${down} from the top, inside the part kept for the address (${zone}).`
    return [new PrintProblem('ink_in_address_zone', 'artwork', message, { zone: box })]
  })
}

function onePage(page: Page): Uint8Array {
  const file = new PdfFile()
  file.page(page)
  return file.finish({ title: 'Preflight', created: new Date(0) })
}

async function readCodes(piece: ComposedPiece, { page: number, qr, barcode }: Marks): Promise<PrintProblem[]> {
  const page = piece.pages[number]!
  const [bitmap] = await rasterise(onePage(page), READING / INCH, 'page')
  const problems: PrintProblem[] = []
  if (qr) {
    const text = readQr(bitmap!, toPixels(qr.box, page.height, READING))
    if (text !== qr.text)
      problems.push(new PrintProblem('qr_unreadable', 'qr', `The QR code reads ${quoted(text)} instead of "${qr.text}".`))
  }
  if (barcode) {
    const digits = readImb(bitmap!, toPixels(barcode.box, page.height, READING))
    const wanted = barcode.digits
    if (digits?.tracking !== wanted.tracking || digits.routing !== wanted.routing) {
      problems.push(
        new PrintProblem('barcode_unreadable', 'imb', `The barcode reads ${quoted(digits && digits.tracking + digits.routing)}.`),
      )
    }
  }
  return problems
}

const quoted = (text: string | undefined) => (text === undefined ? 'nothing' : `"${text}"`)

/** A box in points from the lower left as whole pixels from the upper left. */
function toPixels({ x, y, w, h }: Rect, pageHeight: number, dpi: number): Rect {
  const scale = dpi / INCH
  const left = Math.ceil(x * scale)
  const top = Math.ceil((pageHeight - y - h) * scale)
  return { x: left, y: top, w: Math.floor((x + w) * scale) - left, h: Math.floor((pageHeight - y) * scale) - top }
}

/** The darkest of the three colours of a pixel; beyond the page is paper. */
function lightness({ width, height, data }: Bitmap, x: number, y: number): number {
  if (x < 0 || y < 0 || x >= width || y >= height) return 255
  const at = (y * width + x) * 4
  return Math.min(data[at]!, data[at + 1]!, data[at + 2]!)
}

/** The first pixel of a box which is not paper. */
function inkIn(bitmap: Bitmap, { x, y, w, h }: Rect): { x: number; y: number } | undefined {
  for (let row = y; row < y + h; row++) {
    for (let column = x; column < x + w; column++) {
      if (lightness(bitmap, column, row) < PAPER) return { x: column, y: row }
    }
  }
  return undefined
}

/** What a phone would read in this box. */
export function readQr(bitmap: Bitmap, { x, y, w, h }: Rect): string | undefined {
  const pixels = new Uint8ClampedArray(w * h * 4)
  for (let row = 0; row < h; row++) {
    const start = ((y + row) * bitmap.width + x) * 4
    pixels.set(bitmap.data.subarray(start, start + w * 4), row * w * 4)
  }
  return jsqr.default(pixels, w, h, { inversionAttempts: 'dontInvert' })?.data
}

/**
 * Measures the bars around this box as a sorting machine does: 65 dark runs on the centre line, each with its reach upwards and
 * downwards, and white around all of them.
 */
export function readImb(bitmap: Bitmap, box: Rect): ImbDigits | undefined {
  const scale = READING / INCH
  const dark = (x: number, y: number) => lightness(bitmap, x, y) < 128
  const centre = Math.round(box.y + box.h / 2)
  const side = Math.round(BARCODE.clearSide * scale)
  const above = Math.floor(BARCODE.clearAbove * scale)
  // Halfway between a tracker's reach and a full bar's.
  const reach = Math.round(((BARCODE.fullHeight + BARCODE.trackerHeight) / 4) * scale)
  const quiet: Rect[] = [
    { x: box.x - side, y: box.y, w: side - 2, h: box.h },
    { x: box.x + box.w + 2, y: box.y, w: side - 2, h: box.h },
    { x: box.x, y: box.y - above, w: box.w, h: above - 1 },
    { x: box.x, y: box.y + box.h + 2, w: box.w, h: above - 2 },
  ]
  if (quiet.some(zone => inkIn(bitmap, zone))) return undefined
  let bars = ''
  for (let x = box.x - side; x < box.x + box.w + side; x++) {
    if (!dark(x, centre)) continue
    const start = x
    while (dark(x, centre)) x++
    const middle = Math.floor((start + x - 1) / 2)
    const up = dark(middle, centre - reach)
    const down = dark(middle, centre + reach)
    bars += up ? (down ? 'F' : 'A') : down ? 'D' : 'T'
  }
  return decodeImb(bars)
}
