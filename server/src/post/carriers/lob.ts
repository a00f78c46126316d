/**
 * Lob as carrier (its API of 2020-02-11): one POST per piece with the pages as files, addresses and barcode printed by Lob, tracking by
 * its webhooks (scans.ts reads them).
 *
 * A submission may have arrived although no answer came. Before such a piece is sent again, Lob is asked for it by the metadata we
 * gave it; what is sent again carries the same Idempotency-Key.
 */
import { setTimeout } from 'node:timers/promises'
import { parseJson } from '../../kernel/bounded-json.ts'
import { hmacHex, safeEqual } from '../../kernel/crypto.ts'
import { publicId } from '../../kernel/ids.ts'
import type { App } from '../../platform.ts'
import { PrintProblem } from '../../printer/problem.ts'
import type { StoredAddress } from '../addresses/postal-addresses.ts'
import { postcardSizes } from '../money/prices.ts'
import type { StoredLetter } from '../pieces/creative.ts'
import type { PieceRow } from '../pieces/pieces.sql.ts'
import { loadArtwork, specOf } from '../production/printing.ts'
import type { Carrier, Job, Prepared } from './carrier.ts'
import { lobArtwork } from './lob-artwork.ts'

const version = '2020-02-11'

class LobError extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export const lob: Carrier = {
  name: 'lob',
  capabilities: () => ({
    title: 'Lob',
    sizes: [...postcardSizes, 'us_letter'],
    countries: 'all',
    qr_per_piece: true,
    barcode: 'theirs',
    reports: ['mailed', 'in_transit', 'in_local_area', 'processed_for_delivery', 'delivered', 're_routed', 'returned', 'failed'],
    reports_by: 'webhook',
    idempotent: true,
    cancel_after_lock: false,
    reprints: false,
    test_tracking: false,
    pieces_per_job: 1,
  }),
  prepare: async (app, job) => {
    const piece = await only(job)
    if (!piece) return { refused: [], handOver: () => Promise.reject(new Error('The job is empty')) }
    try {
      const artwork = await loadArtwork(app, app.db, job.org, [piece.printed_creative])
      const pages = await lobArtwork(specOf(app, piece, artwork))
      return { refused: [], handOver: () => handOver(app, job, piece, pages) }
    } catch (problem) {
      if (!(problem instanceof PrintProblem)) throw problem
      return {
        refused: [{ pieceId: piece.id, code: problem.code, message: problem.message }],
        handOver: () => Promise.reject(problem),
      }
    }
  },
}

const only = async (job: Job): Promise<PieceRow | undefined> => {
  for await (const [piece] of job.pieces()) return piece
  return undefined
}

const handOver = async (
  app: App,
  job: Job,
  piece: PieceRow,
  pages: Record<string, Uint8Array>,
): ReturnType<Prepared['handOver']> => {
  const there = job.uncertain ? await find(app, piece) : undefined
  if (there) return { reference: there }
  try {
    return { reference: await create(app, job, piece, pages) }
  } catch (error) {
    if (!(error instanceof LobError) || error.status !== 422) throw error
    return {
      reference: `refused ${job.id}`,
      refused: [{ pieceId: piece.id, code: 'refused_by_carrier', message: error.message }],
    }
  }
}

const pathOf = (piece: PieceRow): string => (piece.kind === 'postcard' ? '/postcards' : '/letters')

const metadataKey = 'pennypost_piece'

/** What Lob calls a piece it has from us. */
const find = async (app: App, piece: PieceRow): Promise<string | undefined> => {
  const query = `limit=1&metadata[${metadataKey}]=${publicId('piece', piece.id)}`
  const { data } = await call(app, 'GET', `${pathOf(piece)}?${query}`)
  return Array.isArray(data) ? (data[0] as { id?: string } | undefined)?.id : undefined
}

const create = async (app: App, job: Job, piece: PieceRow, pages: Record<string, Uint8Array>): Promise<string> => {
  const form = new FormData()
  const put = (name: string, value: string | undefined) => value !== undefined && form.append(name, value)
  put('description', publicId('piece', piece.id))
  for (const [side, address] of [
    ['to', piece.recipient],
    ['from', piece.return_address],
  ] as const)
    for (const [field, value] of Object.entries(lobAddress(address))) put(`${side}[${field}]`, value)
  put(`metadata[${metadataKey}]`, publicId('piece', piece.id))
  put('use_type', 'operational')
  put('mail_type', 'usps_first_class')
  if (piece.kind === 'postcard') put('size', piece.size)
  else {
    put('color', 'true')
    put('double_sided', String((piece.printed_creative as StoredLetter).double_sided))
    // Where our pages leave it white; a cover page of ours is in the file already.
    put('address_placement', 'top_first_page')
  }
  for (const [name, bytes] of Object.entries(pages))
    form.append(name, new Blob([new Uint8Array(bytes)], { type: 'application/pdf' }), `${name}.pdf`)
  const { id } = await call(app, 'POST', pathOf(piece), form, job.id)
  if (typeof id !== 'string') throw new Error('Lob answered without an id')
  return id
}

/** Lob's address fields; it prints at most 40 characters of a name. */
const lobAddress = ({
  name,
  company,
  line1,
  line2,
  city,
  state,
  zip,
  country,
}: StoredAddress): Record<string, string | undefined> => ({
  name: name?.slice(0, 40),
  company: company?.slice(0, 40),
  address_line1: line1,
  address_line2: line2,
  address_city: city,
  address_state: state,
  address_zip: zip,
  address_country: country,
})

/** One request. Throws LobError for every answer but 2xx, and what app.fetch throws when there is none. */
const call = async (
  app: App,
  method: 'GET' | 'POST',
  path: string,
  form?: FormData,
  idempotencyKey?: string,
): Promise<Record<string, unknown>> => {
  const encoded = form && new Response(form)
  const request = {
    method,
    headers: {
      authorization: `Basic ${Buffer.from(`${app.config.LOB_API_KEY}:`).toString('base64')}`,
      'lob-version': version,
      ...(encoded ? { 'content-type': encoded.headers.get('content-type')! } : {}),
      ...(idempotencyKey ? { 'idempotency-key': idempotencyKey } : {}),
    },
    ...(encoded ? { body: new Uint8Array(await encoded.arrayBuffer()) } : {}),
    timeoutMs: 60_000,
    maxResponseBytes: 256 * 1024,
  }
  let answer = await app.fetch(app.config.LOB_API_URL + path, request)
  // 429 says that nothing was done, so asking again is safe.
  for (let tries = 0; answer.status === 429 && tries < 3; tries++) {
    await setTimeout(Math.min(Number(answer.headers['retry-after']) || 1, 10) * 1000)
    answer = await app.fetch(app.config.LOB_API_URL + path, request)
  }
  const body = parse(answer.body)
  if (answer.status >= 200 && answer.status < 300) return body
  const { message } = (body.error ?? {}) as { message?: string }
  throw new LobError(answer.status, `Lob answered ${answer.status}: ${(message ?? 'no reason given').slice(0, 500)}`)
}

const parse = (bytes: Buffer): Record<string, unknown> => {
  try {
    return (parseJson(bytes) ?? {}) as Record<string, unknown>
  } catch {
    return {}
  }
}

const window = 5 * 60_000

/** Whether a webhook is Lob's: `Lob-Signature` is the HMAC-SHA256 in hex of `timestamp.body`, at most five minutes old. */
export const isFromLob = (app: App, body: Buffer, signature: string, timestamp: string): boolean =>
  mayBeLob(app, signature, timestamp) &&
  safeEqual(signature, hmacHex(app.config.LOB_WEBHOOK_SECRET, Buffer.concat([Buffer.from(`${timestamp}.`), body])))

/** What can be said before the body is there: whether reports are expected at all, and this may be a signature of now. */
export const mayBeLob = (app: App, signature: string, timestamp: string): boolean =>
  app.config.LOB_WEBHOOK_SECRET !== '' &&
  /^[0-9a-f]{64}$/.test(signature) &&
  Math.abs(app.clock.now().getTime() - Number(timestamp)) <= window
