/**
 * Pages for a vendor who prints addresses and barcode himself: the customer's artwork and our QR code, the address zone left white. One
 * PDF per side of a card, one for a letter. The pages are made anew at each try; the same piece gives the same bytes.
 */
import { Library } from '../../printer/artwork/artwork-cache.ts'
import { drawQr, makeQr } from '../../printer/barcodes/qr-code.ts'
import { composeLetter, type LetterSpec } from '../../printer/letter.ts'
import { Canvas, type Page, PdfFile, type Rect } from '../../printer/pdf/pdf.ts'
import { type ComposedPiece, composePostcard } from '../../printer/postcard.ts'
import type { PieceSpec } from '../../printer/render.ts'
import { cards, INCH, letter } from '../../printer/sizes.ts'

const library = new Library()

/** `{ front, back }` of a postcard or `{ file }` of a letter, in PDF. Throws PrintProblem. */
export const lobArtwork = async (spec: PieceSpec): Promise<Record<string, Uint8Array>> => {
  const piece = spec.kind === 'postcard' ? await composePostcard(spec, library) : await composeLetter(spec as LetterSpec, library)
  const code = spec.qr && qrLayer(spec, spec.qr.url)
  const marked = piece.marks[0]!.page
  const pages = piece.artwork.map((page, i): Page => (code && i === marked ? { ...page, layers: [...page.layers, code] } : page))
  if (spec.kind === 'letter') return { file: toPdf(pages, piece) }
  return { front: toPdf([pages[0]!], piece), back: toPdf([pages[1]!], piece) }
}

const qrLayer = (spec: PieceSpec, url: string) => {
  const box: Rect =
    spec.kind === 'postcard' ? cards[spec.size].qr : { x: letter.margin, y: letter.margin, w: 0.9 * INCH, h: 0.9 * INCH }
  const { width, height } = spec.kind === 'postcard' ? cards[spec.size].page : letter.page
  const canvas = new Canvas()
  drawQr(canvas, makeQr(url), box)
  return canvas.toForm(width, height)
}

const toPdf = (pages: readonly Page[], { title, created }: ComposedPiece): Uint8Array => {
  const file = new PdfFile()
  for (const page of pages) file.page(page)
  return file.finish({ title, created })
}
