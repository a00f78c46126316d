/** Proofs: the pages of a finished PDF as the recipient will hold them, cut at the trim, in three sizes. */
import { rasterise } from './artwork/untrusted.ts'
import type { Rect } from './pdf/pdf.ts'
import { encodePng } from './pdf/png.ts'

/** Pixels of the longer side. */
export const proofSizes = { small: 320, medium: 640, large: 1280 } as const

export type ProofSize = keyof typeof proofSizes

/** One page as three PNG files. */
export type ProofPage = Record<ProofSize, Uint8Array>

/** Draws every page of a rendered piece. `height` and `trim` are points, as `render` gives them. */
export async function makeProof(piece: { pdf: Uint8Array; height: number; trim: Rect }): Promise<ProofPage[]> {
  const small = await drawAt(piece, 'small')
  const medium = await drawAt(piece, 'medium')
  const large = await drawAt(piece, 'large')
  return small.map((page, i) => ({ small: page, medium: medium[i]!, large: large[i]! }))
}

/** One page, counted from 1, as a PNG file; undefined when there is none. */
export async function drawProof(
  piece: { pdf: Uint8Array; pages: number; height: number; trim: Rect },
  page: number,
  size: ProofSize,
): Promise<Uint8Array | undefined> {
  return page > piece.pages ? undefined : (await drawAt(piece, size, [page - 1]))[0]
}

async function drawAt(
  { pdf, height, trim }: { pdf: Uint8Array; height: number; trim: Rect },
  size: ProofSize,
  only?: readonly number[],
): Promise<Uint8Array[]> {
  const scale = proofSizes[size] / Math.max(trim.w, trim.h)
  const pages = await rasterise(pdf, scale, 'proof', only)
  const [x, y] = [Math.round(trim.x * scale), Math.round((height - trim.y - trim.h) * scale)]
  return pages.map(page =>
    encodePng(
      page,
      x,
      y,
      Math.min(Math.round(trim.w * scale), page.width - x),
      Math.min(Math.round(trim.h * scale), page.height - y),
    ),
  )
}
