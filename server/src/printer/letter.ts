/**
 * A letter on US letter paper, folded in thirds, for a #10 double-window envelope. Address and return address stand where both windows
 * show them at every position of the sheet; the content is HTML, a handwritten page, or a finished PDF.
 */
import type { Library } from './artwork/artwork-cache.ts'
import type { PrintWarning } from './artwork/images.ts'
import type { ImbDigits } from './barcodes/imb.ts'
import { drawQr, makeQr, quietBox } from './barcodes/qr-code.ts'
import { fitMessage, type Ink, inks, writeMessage } from './handwriting/handwriting.ts'
import type { PenName } from './handwriting/pens.ts'
import { addressLines, barcodeAbove, drawAddress, drawReturnAddress, type PostalAddress } from './layout/address-block.ts'
import { drawParagraph } from './layout/flow.ts'
import { type MergeValues, merge } from './layout/merge.ts'
import { Canvas, type Page, type PdfObject, type Rect } from './pdf/pdf.ts'
import type { ComposedPiece, Marks } from './postcard.ts'
import { PrintProblem } from './problem.ts'
import { INCH, LETTER_BODY_TOP, letterReserved, letterWindows, letter as sheet } from './sizes.ts'

export type LetterBody =
  | { kind: 'html'; html: string }
  | { kind: 'handwritten'; message: string; pen?: PenName; ink?: Ink }
  /** `cover_page` puts the addresses on a sheet of their own, in front of a document which leaves no room for them. */
  | { kind: 'pdf'; bytes: Uint8Array; address?: 'first_page' | 'cover_page' }

export type LetterSpec = {
  kind: 'letter'
  body: LetterBody
  doubleSided?: boolean
  to: PostalAddress
  from: PostalAddress
  imb?: ImbDigits
  /** At the foot of the first page, the caption beside it. Not on PDFs: their pages are finished. */
  qr?: { url: string; caption?: string }
  merge?: MergeValues
  row?: string
  seed: string
  created: Date
  title?: string
}

/** Six sheets are the most a #10 envelope takes in three folds. */
const MOST_SHEETS = 6
const ADDRESS_SIZE = 8
const QR_SIDE = 0.9 * INCH

const { width, height } = sheet.page
const column = { x: sheet.margin, w: width - 2 * sheet.margin }

/** Lays out all pages. Throws every PrintProblem that can be seen without looking at pixels. */
export async function composeLetter(spec: LetterSpec, library: Library): Promise<ComposedPiece> {
  const covered = spec.body.kind === 'pdf' && spec.body.address === 'cover_page'
  const doubleSided = spec.doubleSided ?? true
  const mostPages = (MOST_SHEETS - (covered ? 1 : 0)) * (doubleSided ? 2 : 1)
  const { forms, warnings } = await contentLayers(spec, mostPages, library)
  const beside: PrintWarning[] = []
  const { form, marks } = postalLayer(spec, library, beside)
  // The address sheet's reverse stays empty, so that the letter itself starts on a sheet of its own.
  const cover: PdfObject[][] = covered ? (doubleSided ? [[], []] : [[]]) : []
  const artwork = [...cover, ...forms.map(layer => [layer])]
  const page = (layers: PdfObject[]): Page => ({ width, height, trim: { x: 0, y: 0, w: width, h: height }, layers })
  return {
    pages: artwork.map((layers, i) => page(i === 0 ? [...layers, form] : layers)),
    singleSided: !doubleSided,
    artwork: artwork.map(page),
    marks: [marks],
    warnings: [...warnings, ...beside],
    title: spec.title ?? 'Letter',
    created: spec.created,
  }
}

async function contentLayers(
  spec: LetterSpec,
  mostPages: number,
  library: Library,
): Promise<{ forms: PdfObject[]; warnings: readonly PrintWarning[] }> {
  const { body, merge: values = {}, row } = spec
  if (body.kind === 'pdf') {
    if (spec.qr) throw new PrintProblem('no_room_in_artwork', 'qr', 'A finished letter has no place for a QR code.')
    return {
      forms: await library.pdfPages(body.bytes, { width, height, minPages: 1, maxPages: mostPages }, 'body'),
      warnings: [],
    }
  }
  const foot = spec.qr ? QR_SIDE + 0.4 * INCH : 0
  const box = (number: number): Rect => {
    const top = height - (number === 0 ? LETTER_BODY_TOP : sheet.margin)
    const bottom = sheet.margin + (number === 0 ? foot : 0)
    return { ...column, y: bottom, h: top - bottom }
  }
  if (body.kind === 'html') {
    return library.html(body.html, { width, height, ground: box }, { box, mostPages }, { values, path: 'body.html', row })
  }
  const canvas = new Canvas()
  const text = merge(body.message, values, 'body.message', row)
  const fitted = fitMessage(body.pen ?? 'caveat', text, box(0), { max: 19, min: 11 }, 'body.message')
  writeMessage(canvas, fitted, box(0), spec.seed, inks[body.ink ?? 'blue-black'])
  return { forms: [canvas.toForm(width, height)], warnings: fitted.warnings }
}

/** What the windows show, and the QR code at the foot. */
function postalLayer(spec: LetterSpec, library: Library, warnings: PrintWarning[]): { form: PdfObject; marks: Marks } {
  const canvas = new Canvas()
  const window = letterWindows.address
  const lines = addressLines(spec.to, 'to', spec.imb ? 4 : 5)
  const place = { x: window.x, y: window.y, size: ADDRESS_SIZE }
  drawAddress(canvas, lines, { ...place, width: window.w }, spec.imb, 'to')
  drawReturnAddress(canvas, addressLines(spec.from, 'from', 4), letterWindows.return, ADDRESS_SIZE, 'from', true)
  const marks: Marks = { page: 0, keepClear: [letterReserved] }
  if (spec.imb) marks.barcode = { box: barcodeAbove(lines.length, place), digits: spec.imb }
  if (spec.qr) marks.qr = drawFoot(canvas, spec, spec.qr, library, warnings)
  return { form: canvas.toForm(width, height), marks }
}

function drawFoot(
  canvas: Canvas,
  { merge: values = {}, row }: LetterSpec,
  { url, caption }: { url: string; caption?: string },
  library: Library,
  warnings: PrintWarning[],
): NonNullable<Marks['qr']> {
  const qr = makeQr(url)
  const symbol = { x: column.x, y: sheet.margin, w: QR_SIDE, h: QR_SIDE }
  drawQr(canvas, qr, symbol)
  if (caption) {
    const x = symbol.x + QR_SIDE + 16
    const box = { x, y: symbol.y, w: column.x + column.w - x, h: QR_SIDE - 18 }
    const words = drawParagraph(caption, 10, box, sheet.page, { values, path: 'qr.caption', row }, library, warnings)
    canvas.place(words, [1, 0, 0, 1, 0, 0])
  }
  return { box: quietBox(symbol, qr.side), text: qr.text }
}
