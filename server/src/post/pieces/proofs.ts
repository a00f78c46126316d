/** The files behind a proof's signed links. They are made when they are asked for: the same piece gives the same bytes. */
import { verifyUrl } from '../../kernel/crypto.ts'
import { parseId } from '../../kernel/ids.ts'
import type { App } from '../../platform.ts'
import { PrintProblem } from '../../printer/problem.ts'
import { makeProof, type ProofSize, proofSizes } from '../../printer/proof.ts'
import { loadArtwork, renderer, specOf } from '../production/printing.ts'
import * as store from './pieces.sql.ts'

export interface ProofFile {
  type: 'application/pdf' | 'image/png'
  bytes: Uint8Array
}

const pictureName = new RegExp(`^([1-9]\\d?)-(${Object.keys(proofSizes).join('|')})\\.png$`)

/** `proof.pdf`, `1-small.png` …: undefined when the link is not ours, has expired, or names nothing. `url` is path and query. */
export const proofFile = async (app: App, url: string): Promise<ProofFile | undefined> => {
  const [, place, id, name, query] = /^(\/proofs\/([^/?]+))\/([^/?]+)\?(.*)$/.exec(url) ?? []
  if (!place || !id || !name || !verifyUrl(app.masterKey, `${place}?${query}`, 'proof', app.clock.now())) return undefined
  const [, page, size] = pictureName.exec(name) ?? []
  if (name !== 'proof.pdf' && !page) return undefined
  const piece = await store.unscopedById(app.db, parseId('piece', id) ?? null)
  if (!piece) return undefined
  try {
    const artwork = await loadArtwork(app, app.db, piece.organization_id, [piece.printed_creative])
    const rendered = await renderer.render(specOf(app, piece, artwork))
    if (!page) return { type: 'application/pdf', bytes: rendered.pdf }
    const bytes = (await makeProof(rendered))[Number(page) - 1]?.[size as ProofSize]
    return bytes && { type: 'image/png', bytes }
  } catch (problem) {
    // Pieces of an order that cannot be printed are shown as failed; they have no proof.
    if (problem instanceof PrintProblem) return undefined
    throw problem
  }
}
