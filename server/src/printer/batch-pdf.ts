/**
 * Many pieces in few files, as a print shop wants them: the pages of each piece one after the other, fonts, glyphs and shared
 * fronts once per file. Files hold a fixed number of pieces, so memory stays flat however long the run is.
 * They are made for a press that prints both sides of every sheet, so that nobody's letter ends on the back of another's.
 */
import type { PrintWarning } from './artwork/images.ts'
import { type Page, PdfFile } from './pdf/pdf.ts'
import type { ComposedPiece } from './postcard.ts'
import { PrintProblem } from './problem.ts'

/** `index` counts the pieces as they came in; `firstPage` counts the pages of this file from 1. */
export type ImposedFile = {
  pdf: Uint8Array
  pieces: { index: number; firstPage: number; pages: number; warnings: readonly PrintWarning[] }[]
  refused: { index: number; problem: PrintProblem }[]
}

export type ImposeOptions = { piecesPerFile: number; title: string; created: Date }

/**
 * Lays out pieces as they come and yields a file whenever one is full. A piece that cannot be printed is listed in `refused` of
 * its file and does not hold up the others; any other error ends the run.
 */
export async function* imposePieces<Spec>(
  specs: Iterable<Spec> | AsyncIterable<Spec>,
  compose: (spec: Spec) => Promise<ComposedPiece>,
  { piecesPerFile, title, created }: ImposeOptions,
): AsyncGenerator<ImposedFile> {
  let file = new PdfFile()
  let open: Omit<ImposedFile, 'pdf'> = { pieces: [], refused: [] }
  let index = 0
  for await (const spec of specs) {
    try {
      const piece = await compose(spec)
      const sides = sidesOf(piece)
      open.pieces.push({ index, firstPage: file.pages + 1, pages: sides.length, warnings: piece.warnings })
      for (const side of sides) file.page(side)
    } catch (problem) {
      if (!(problem instanceof PrintProblem)) throw problem
      open.refused.push({ index, problem })
    }
    index++
    if (open.pieces.length < piecesPerFile) continue
    yield { ...open, pdf: file.finish({ title, created }) }
    file = new PdfFile()
    open = { pieces: [], refused: [] }
  }
  if (open.pieces.length + open.refused.length > 0) yield { ...open, pdf: file.finish({ title, created }) }
}

/** Both sides of each of its sheets; those that bear nothing are blank pages. */
const sidesOf = ({ pages, singleSided }: ComposedPiece): Page[] => {
  const blank = { ...pages[0]!, layers: [] }
  if (singleSided) return pages.flatMap(page => [page, blank])
  return pages.length % 2 === 0 ? pages : [...pages, blank]
}
