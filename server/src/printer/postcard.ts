/**
 * A postcard: the front with bleed; on the back the message or artwork, and on top of it what the Postal Service reads.
 * The back is two layers, so that preflight can look at the customer's ink alone.
 */
import type { FullPageArt, Layer, Library } from './artwork/artwork-cache.ts'
import type { PrintWarning } from './artwork/images.ts'
import type { ImbDigits } from './barcodes/imb.ts'
import { drawQr, makeQr, quietBox } from './barcodes/qr-code.ts'
import type { DesignName } from './designs.ts'
import { type FittedMessage, fitMessage, type Ink, inks, writeMessage, writtenHeight } from './handwriting/handwriting.ts'
import type { PenName } from './handwriting/pens.ts'
import {
  addressLines,
  barcodeAbove,
  drawAddress,
  drawIndicia,
  drawReturnAddress,
  type PostalAddress,
} from './layout/address-block.ts'
import { drawParagraph, type FlowText } from './layout/flow.ts'
import { type MergeValues, merge } from './layout/merge.ts'
import { Canvas, type Page, type Rect } from './pdf/pdf.ts'
import { PrintProblem } from './problem.ts'
import { type CardLayout, cards, INCH, type PostcardSize } from './sizes.ts'

/** HTML is laid out inside the safe area on the front, and where the message stands on the back. */
export type HtmlArt = { kind: 'html'; html: string }

export type FrontArt = { kind: 'design'; design: DesignName; headline?: string } | FullPageArt | HtmlArt

export type BackArt = { kind: 'handwritten'; message: string; pen?: PenName; ink?: Ink } | FullPageArt | HtmlArt

export type PostcardSpec = {
  kind: 'postcard'
  size: PostcardSize
  front: FrontArt
  back: BackArt
  to: PostalAddress
  from: PostalAddress
  /** No barcode without digits: mail abroad, or a vendor who prints his own. */
  imb?: ImbDigits
  /** `url`: this recipient's own short link. The caption is written beside the code. */
  qr?: { url: string; caption?: string }
  /** Lines of the permit imprint; without them the corner stays free for a stamp. */
  indicia?: readonly string[]
  merge?: MergeValues
  /** Names the recipient in refusals, e.g. `row 17`. */
  row?: string
  /** Same seed, same hand. The piece's own id is a good one. */
  seed: string
  created: Date
  title?: string
}

/** What preflight looks for on a page (points, bleed included). */
export type Marks = {
  page: number
  /** Must be white before our own layer is drawn. */
  keepClear: readonly Rect[]
  barcode?: { box: Rect; digits: ImbDigits }
  qr?: { box: Rect; text: string }
}

/** A piece before it is bytes. `artwork` are the same pages with the customer's layer only. */
export type ComposedPiece = {
  pages: Page[]
  /** Nothing is to be printed on the reverse of its pages. */
  singleSided?: boolean
  artwork: Page[]
  marks: Marks[]
  warnings: PrintWarning[]
  title: string
  created: Date
}

const ADDRESS_SIZE = 9.5
const LARGEST_WRITING: Readonly<Record<PostcardSize, number>> = { '4x6': 15, '6x9': 21, '6x11': 22 }
const SMALLEST_WRITING = 10

/** Lays out both sides. Throws every PrintProblem that can be seen without looking at pixels. */
export async function composePostcard(spec: PostcardSpec, library: Library): Promise<ComposedPiece> {
  const layout = cards[spec.size]
  const { width, height } = layout.page
  const front = await frontLayer(spec, layout, library)
  const back = await backLayer(spec, layout, library)
  const beside: PrintWarning[] = []
  const { form, marks } = postalLayer(spec, layout, library, beside)
  const page = (...layers: Page['layers']): Page => ({ width, height, trim: layout.trim, layers })
  return {
    pages: [page(front.form), page(back.form, form)],
    artwork: [page(front.form), page(back.form)],
    marks: [marks],
    warnings: [...front.warnings, ...back.warnings, ...beside],
    title: spec.title ?? `Postcard ${spec.size}`,
    created: spec.created,
  }
}

async function frontLayer(
  { front, merge: values = {}, row }: PostcardSpec,
  layout: CardLayout,
  library: Library,
): Promise<Layer> {
  const { page, safe } = layout
  if (front.kind === 'html') return htmlLayer(front.html, safe, layout, { values, path: 'front.html', row }, library)
  if (front.kind !== 'design') return library.fullPage(front, page.width, page.height, 'front')
  const headline = front.headline === undefined ? undefined : merge(front.headline, values, 'front.headline', row)
  return library.design(front.design, page.width, page.height, headline)
}

/**
 * What can be wrong with one piece of many alike, without drawing it: words and address of a card whose artwork has no merge fields.
 * Throws the PrintProblems of its message, headline, caption and address; returns what prints, but not at its best.
 */
export function checkRecipient(spec: PostcardSpec): readonly PrintWarning[] {
  const { front, back, merge: values = {}, row } = spec
  if (front.kind === 'design' && front.headline !== undefined) merge(front.headline, values, 'front.headline', row)
  if (spec.qr?.caption !== undefined) merge(spec.qr.caption, values, 'qr.caption', row)
  const warnings = back.kind === 'handwritten' ? fitBack(spec, back).warnings : []
  drawRecipient(new Canvas(), spec, cards[spec.size])
  return warnings
}

function fitBack(spec: PostcardSpec, { message, pen }: Extract<BackArt, { kind: 'handwritten' }>): FittedMessage {
  const { merge: values = {}, row, size } = spec
  const text = merge(message, values, 'back.message', row)
  const limits = { max: LARGEST_WRITING[size], min: SMALLEST_WRITING }
  return fitMessage(pen ?? 'caveat', text, messageBox(cards[size], spec.qr !== undefined), limits, 'back.message')
}

async function backLayer(spec: PostcardSpec, layout: CardLayout, library: Library): Promise<Layer> {
  const { back, seed, merge: values = {}, row } = spec
  const { width, height } = layout.page
  const place = messageBox(layout, spec.qr !== undefined)
  if (back.kind === 'html') return htmlLayer(back.html, place, layout, { values, path: 'back.html', row }, library)
  if (back.kind !== 'handwritten') return library.fullPage(back, width, height, 'back')
  const canvas = new Canvas()
  const fitted = fitBack(spec, back)
  writeMessage(canvas, fitted, place, seed, inks[back.ink ?? 'blue-black'])
  return { form: canvas.toForm(width, height), warnings: fitted.warnings }
}

/** On the front a background reaches into the bleed; on the back it stays on the message's side. */
function htmlLayer(html: string, box: Rect, { page, safe }: CardLayout, text: FlowText, library: Library): Layer {
  const ground = box === safe ? { x: 0, y: 0, w: page.width, h: page.height } : box
  const { forms, warnings } = library.html(html, { ...page, ground: () => ground }, { box: () => box, mostPages: 1 }, text)
  return { form: forms[0]!, warnings }
}

/** The message ends above the code when there is one. */
function messageBox({ message, qr }: CardLayout, withQr: boolean): Rect {
  if (!withQr) return message
  const bottom = qr.y + qr.h + 0.16 * INCH
  return { ...message, y: bottom, h: message.y + message.h - bottom }
}

/** Type begins so far below the top of the code that a line or two stand at its middle. */
const CAPTION_DROP = 18

/** To the right of the code; on the small card above the barcode clear zone. */
function captionBox({ qr, message, clearZone }: CardLayout, size: PostcardSize): Rect {
  const x = qr.x + qr.w + 0.17 * INCH
  const y = size === '4x6' ? clearZone.y + clearZone.h + 2 : qr.y
  return { x, y, w: message.x + message.w - x, h: qr.y + qr.h - y }
}

function drawRecipient(canvas: Canvas, spec: PostcardSpec, layout: CardLayout) {
  const lines = addressLines(spec.to, 'to', 6)
  const place = { ...layout.address, size: ADDRESS_SIZE }
  const width = layout.readArea.x + layout.readArea.w - place.x
  drawAddress(canvas, lines, { ...place, width }, spec.imb, 'to')
  return { lines, place }
}

/** Address, barcode, return address, indicia and QR code: everything of the back that is ours. */
function postalLayer(
  spec: PostcardSpec,
  layout: CardLayout,
  library: Library,
  warnings: PrintWarning[],
): { form: Layer['form']; marks: Marks } {
  const canvas = new Canvas()
  const { lines: to, place } = drawRecipient(canvas, spec, layout)
  const finished = spec.back.kind === 'image' || spec.back.kind === 'pdf'
  const { returnAddress, indicia } = finished ? layout.inZone : layout.beside
  drawReturnAddress(canvas, addressLines(spec.from, 'from', 5), returnAddress, 7.5, 'from')
  if (spec.indicia) drawIndicia(canvas, spec.indicia, indicia)
  // Finished artwork is asked for the white that print houses ask for, and no more; what we lay out ourselves keeps clear of all.
  const marks: Marks = {
    page: 1,
    keepClear: finished ? [layout.addressZone] : [layout.addressZone, layout.clearZone, returnAddress, indicia],
  }
  if (spec.imb) marks.barcode = { box: barcodeAbove(to.length, place), digits: spec.imb }
  if (spec.qr) {
    const qr = makeQr(spec.qr.url)
    drawQr(canvas, qr, layout.qr)
    if (spec.qr.caption) drawCaption(canvas, spec, spec.qr.caption, layout, library, warnings)
    marks.qr = { box: quietBox(layout.qr, qr.side), text: qr.text }
  }
  return { form: canvas.toForm(layout.page.width, layout.page.height), marks }
}

/** The words beside the code, in the hand of the message or in type. */
function drawCaption(
  canvas: Canvas,
  spec: PostcardSpec,
  caption: string,
  layout: CardLayout,
  library: Library,
  warnings: PrintWarning[],
): void {
  const { back, size, seed, merge: values = {}, row } = spec
  const box = captionBox(layout, size)
  const path = 'qr.caption'
  if (back.kind === 'html') {
    const lower = size === '4x6' ? box : { ...box, h: box.h - CAPTION_DROP }
    canvas.place(drawParagraph(caption, 10, lower, layout.page, { values, path, row }, library, warnings), [1, 0, 0, 1, 0, 0])
  } else if (back.kind === 'handwritten') {
    const limits = { max: LARGEST_WRITING[size] * 0.8, min: SMALLEST_WRITING - 1 }
    const words = merge(caption, values, path, row)
    // Unlike a message, a caption may be left out for some.
    if (words.trim() === '') return
    const fitted = fitMessage(back.pen ?? 'caveat', words, box, limits, path)
    warnings.push(...fitted.warnings)
    const middle = { ...box, y: box.y - (box.h - writtenHeight(fitted)) / 2 }
    writeMessage(canvas, fitted, middle, `${seed}/caption`, inks[back.ink ?? 'blue-black'])
  } else throw new PrintProblem('no_room_in_artwork', path, 'Finished artwork has no place for a caption.')
}
