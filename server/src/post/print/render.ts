/**
 * The printer's front door: specs in, PDF bytes out. No database, no clock, no network.
 *
 *     const renderer = createRenderer()
 *     const piece = await renderer.postcard(spec)      // { pdf, pages, width, height, warnings }
 *
 * A renderer keeps fonts, glyphs and artwork between pieces: keep one for the life of a process. The same spec gives the same
 * bytes, whatever was rendered before. What cannot be printed throws a PrintProblem { code, path, message, fix, details }.
 */
import { Library, type PrintWarning } from './library.ts'
import { PdfFile } from './pdf.ts'
import { type ComposedPiece, composePostcard, type PostcardSpec } from './postcard.ts'

/** `width` and `height` of the page in points, bleed included. */
export type RenderedPiece = { pdf: Uint8Array; pages: number; width: number; height: number; warnings: PrintWarning[] }

export type Renderer = {
  postcard(spec: PostcardSpec): Promise<RenderedPiece>
}

export function createRenderer(): Renderer {
  const library = new Library()
  return {
    postcard: async spec => toPiece(await composePostcard(spec, library)),
  }
}

function toPiece({ pages, title, created, warnings }: ComposedPiece): RenderedPiece {
  const file = new PdfFile()
  for (const page of pages) file.page(page)
  const { width, height } = pages[0]!
  return { pdf: file.finish({ title, created }), pages: pages.length, width, height, warnings }
}
