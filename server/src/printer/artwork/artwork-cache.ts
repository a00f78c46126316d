/**
 * Prepared artwork: a front, a picture or a customer's PDF is read once and then shared by every piece that uses it.
 * Keyed by the caller's own byte arrays, so the memory goes when the caller lets go of them.
 */
import { drawDesign } from '../designs.ts'
import { drawFlow, type FlowSpace, type FlowText } from '../layout/flow.ts'
import { type Block, parseHtml } from '../layout/html.ts'
import { Canvas, type PdfObject, type Rect } from '../pdf/pdf.ts'
import { PrintProblem } from '../problem.ts'
import { GOOD_DPI, type Picture, type PrintWarning, placePicture, readPicture, resolution } from './images.ts'
import { importPdf } from './untrusted.ts'

/** Artwork that fills a page, bleed included. */
export type FullPageArt = { kind: 'image'; bytes: Uint8Array } | { kind: 'pdf'; bytes: Uint8Array; page?: number }

/** A finished layer, and what is to be said about it. */
export type Layer = { form: PdfObject; warnings: readonly PrintWarning[] }

/** Headlines may name the recipient, so the number of different fronts has no limit of its own. */
const MOST_DESIGNS = 200
const MOST_PAGES_OF_A_CARD = 2
const MOST_DOCUMENTS = 50
const MOST_HTML = 15 * 1024 * 1024

export class Library {
  readonly #designs = new Map<string, PdfObject>()
  readonly #documents = new Map<string, Block>()
  readonly #flows = new Map<string, { forms: PdfObject[]; warnings: PrintWarning[] }>()
  readonly #pictures = new WeakMap<Uint8Array, Picture>()
  readonly #pages = new WeakMap<Uint8Array, Map<string, Promise<PdfObject[]>>>()

  /** A front of the catalogue. Throws the PrintProblems of designs.ts. */
  design(name: string, width: number, height: number, headline: string | undefined): Layer {
    const key = JSON.stringify([name, width, height, headline])
    let form = this.#designs.get(key)
    if (!form) {
      if (this.#designs.size >= MOST_DESIGNS) this.#designs.clear()
      form = drawDesign(name, width, height, headline).toForm(width, height)
      this.#designs.set(key, form)
    }
    return { form, warnings: [] }
  }

  /** A picture or one page of a PDF as a whole page. Throws the PrintProblems of images.ts and artwork.ts. */
  async fullPage(art: FullPageArt, width: number, height: number, path: string): Promise<Layer> {
    if (art.kind === 'image') return this.#fullPicture(art.bytes, width, height, path)
    const pages = await this.pdfPages(art.bytes, { width, height, minPages: art.page ?? 1, maxPages: MOST_PAGES_OF_A_CARD }, path)
    const canvas = new Canvas()
    canvas.place(pages[(art.page ?? 1) - 1]!, [1, 0, 0, 1, 0, 0])
    return { form: canvas.toForm(width, height), warnings: [] }
  }

  /** HTML flowed over pages. Without merge fields it is drawn once. Throws the PrintProblems of html.ts and flow.ts. */
  html(html: string, page: { width: number; height: number; ground: (page: number) => Rect }, space: FlowSpace, text: FlowText) {
    const key = html.includes('{{')
      ? undefined
      : JSON.stringify([html, page.width, page.ground(0), space.box(0), space.box(1), space.mostPages])
    const kept = key && this.#flows.get(key)
    if (kept) return kept
    const { pages, warnings } = drawFlow(this.#document(html, text.path), space, page.ground, text, this)
    const flow = { forms: pages.map(canvas => canvas.toForm(page.width, page.height)), warnings }
    if (key) keep(this.#flows, key, flow)
    return flow
  }

  #document(html: string, path: string): Block {
    if (html.length > MOST_HTML)
      throw new PrintProblem('html_not_supported', path, `The HTML has more than ${MOST_HTML / 1024 / 1024} MB.`)
    return this.#documents.get(html) ?? keep(this.#documents, html, parseHtml(html, path))
  }

  /** All pages of a PDF as forms. Throws the PrintProblems of artwork.ts. */
  pdfPages(bytes: Uint8Array, ask: Parameters<typeof importPdf>[1], path: string): Promise<PdfObject[]> {
    const asked = this.#pages.get(bytes) ?? new Map<string, Promise<PdfObject[]>>()
    this.#pages.set(bytes, asked)
    const key = JSON.stringify(ask)
    let pages = asked.get(key)
    if (!pages) {
      pages = importPdf(bytes, ask, path)
      asked.set(key, pages)
    }
    return pages
  }

  /** A picture, read once. Throws the PrintProblems of images.ts. */
  picture(bytes: Uint8Array, path: string): Picture {
    let picture = this.#pictures.get(bytes)
    if (!picture) {
      picture = readPicture(bytes, path)
      this.#pictures.set(bytes, picture)
    }
    return picture
  }

  #fullPicture(bytes: Uint8Array, width: number, height: number, path: string): Layer {
    const picture = this.picture(bytes, path)
    const ratio = picture.width / picture.height / (width / height)
    if (ratio < 0.99 || ratio > 1.01) {
      const wanted = `${Math.round((width / 72) * GOOD_DPI)} × ${Math.round((height / 72) * GOOD_DPI)}`
      throw new PrintProblem(
        'image_wrong_shape',
        path,
        `The image has ${picture.width} × ${picture.height} pixels; ${wanted} would fit.`,
      )
    }
    const canvas = new Canvas()
    placePicture(canvas, picture, { x: 0, y: 0, w: width, h: height })
    return { form: canvas.toForm(width, height), warnings: resolution(picture.width, width, path) }
  }
}

/** Adds to a small cache, which starts anew when it is full. */
function keep<T>(cache: Map<string, T>, key: string, value: T): T {
  if (cache.size >= MOST_DOCUMENTS) cache.clear()
  cache.set(key, value)
  return value
}
