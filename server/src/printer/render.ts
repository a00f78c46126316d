/**
 * The printer's front door: specs in, PDF bytes out. No database, no clock, no network.
 *
 *     const renderer = createRenderer()
 *     const piece = await renderer.render(spec)         // { pdf, pages, width, height, trim, warnings }
 *     const problems = await renderer.preflight(spec)   // draws the piece and reads it back; [] means print it
 *     for await (const file of renderer.impose(specs, { piecesPerFile: 500, title, created })) …
 *     const pictures = await makeProof(piece)           // proof.ts
 *
 * A renderer keeps fonts, glyphs and artwork between pieces: keep one for the life of a process. The same spec gives the same
 * bytes, whatever was rendered before. What cannot be printed throws a PrintProblem { code, path, message, fix, details }.
 */
import { Library } from './artwork/artwork-cache.ts'
import type { PrintWarning } from './artwork/images.ts'
import { type ImposedFile, type ImposeOptions, imposePieces } from './batch-pdf.ts'
import { composeLetter, type LetterSpec } from './letter.ts'
import { PdfFile, type Rect } from './pdf/pdf.ts'
import { type ComposedPiece, composePostcard, type PostcardSpec } from './postcard.ts'
import { inspect } from './print-preflight.ts'
import { PrintProblem } from './problem.ts'

export type PieceSpec = PostcardSpec | LetterSpec

/** `width`, `height` and `trim` in points; the page includes the bleed. */
export type RenderedPiece = {
  pdf: Uint8Array
  pages: number
  sheets: number
  width: number
  height: number
  trim: Rect
  warnings: PrintWarning[]
}

export type Preflight = { problems: PrintProblem[]; warnings: PrintWarning[] }

export type Renderer = {
  render(spec: PieceSpec): Promise<RenderedPiece>
  /** Everything `render` would refuse, and what can only be seen on the drawn page. Never throws a PrintProblem. */
  preflight(spec: PieceSpec): Promise<Preflight>
  impose(specs: Iterable<PieceSpec> | AsyncIterable<PieceSpec>, options: ImposeOptions): AsyncGenerator<ImposedFile>
}

export function createRenderer(): Renderer {
  const library = new Library()
  const compose = (spec: PieceSpec) => (spec.kind === 'postcard' ? composePostcard(spec, library) : composeLetter(spec, library))
  return {
    render: async spec => toPiece(await compose(spec)),
    preflight: async spec => {
      try {
        const piece = await compose(spec)
        return { problems: await inspect(piece), warnings: piece.warnings }
      } catch (problem) {
        if (problem instanceof PrintProblem) return { problems: [problem], warnings: [] }
        throw problem
      }
    },
    impose: (specs, options) => imposePieces(specs, compose, options),
  }
}

function toPiece({ pages, singleSided, title, created, warnings }: ComposedPiece): RenderedPiece {
  const file = new PdfFile()
  for (const page of pages) file.page(page)
  const { width, height, trim } = pages[0]!
  const sheets = singleSided ? pages.length : Math.ceil(pages.length / 2)
  return { pdf: file.finish({ title, created }), pages: pages.length, sheets, width, height, trim, warnings }
}
