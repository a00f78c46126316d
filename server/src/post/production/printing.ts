/** From a stored piece to what the printer is given: the specification of a page, the bytes of its artwork, its codes. */
import { randomBytes } from 'node:crypto'
import type { Db } from '../../kernel/database/db.ts'
import type { App } from '../../platform.ts'
import { createRenderer, type PieceSpec, type Renderer } from '../../printer/render.ts'
import type { PostcardSize } from '../../printer/sizes.ts'
import { routingOf, type StoredAddress } from '../addresses/postal-addresses.ts'
import {
  type Artwork,
  blobsOf,
  letterArt,
  postcardArt,
  type StoredCreative,
  type StoredLetter,
  type StoredPostcard,
} from '../pieces/creative.ts'
import * as store from '../pieces/pieces.sql.ts'

/** One for the process: it keeps fonts, pens and artwork between pieces. */
export const renderer: Renderer = createRenderer()

/** Everything of a piece that shows on paper. */
export type Printable = Pick<
  store.PieceRow,
  'id' | 'kind' | 'size' | 'recipient' | 'return_address' | 'printed_creative' | 'merge_variables' | 'imb' | 'code' | 'created_at'
>

/** The printer's specification of a piece. `row` names the recipient in refusals. */
export const specOf = (app: App, piece: Printable, artwork: Artwork, row?: string): PieceSpec => {
  const { config, publicUrl } = app
  const creative = piece.printed_creative
  const qr = piece.code && {
    url: shortLink(publicUrl, piece.code),
    ...(creative.qr_caption ? { caption: creative.qr_caption } : {}),
  }
  const shared = {
    to: piece.recipient,
    from: piece.return_address,
    ...(piece.imb ? { imb: { tracking: piece.imb, routing: routingOf(piece.recipient) } } : {}),
    ...(qr ? { qr } : {}),
    merge: mergeValues(piece),
    ...(row ? { row } : {}),
    seed: piece.id,
    created: piece.created_at,
  }
  if (piece.kind === 'letter') return { ...shared, kind: 'letter', ...letterArt(creative as StoredLetter, artwork) }
  return {
    ...shared,
    kind: 'postcard',
    size: piece.size as PostcardSize,
    ...postcardArt(creative as StoredPostcard, artwork),
    ...(config.PERMIT_IMPRINT ? { indicia: config.PERMIT_IMPRINT.split('|').map(line => line.trim()) } : {}),
  }
}

/** What merge fields may name: the given variables first, then the parts of the recipient's address as `to.city`. */
const mergeValues = ({ recipient, merge_variables }: Printable): Record<string, unknown> => ({
  to: recipient,
  ...merge_variables,
})

/** Reads the artwork of these creatives, each blob once; what is in `known` is taken from there. */
export const loadArtwork = async (
  app: App,
  db: Db,
  org: string,
  creatives: Iterable<StoredCreative>,
  known: Artwork = new Map(),
): Promise<Artwork> => {
  const artwork = new Map<string, Uint8Array>()
  for (const creative of creatives)
    for (const id of blobsOf(creative)) {
      if (artwork.has(id)) continue
      const bytes = known.get(id) ?? (await app.blobs.get(db, org, id))
      if (bytes) artwork.set(id, bytes)
    }
  return artwork
}

/** `HTTPS://HOST/Q/CODE`: capitals, because a QR code of capitals and digits needs fewer modules. */
export const shortLink = (publicUrl: string, code: string): string => {
  const { origin } = new URL(publicUrl)
  return `${origin.toUpperCase()}/Q/${code}`
}

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** 16 characters of Crockford base 32: 80 random bits, so that nobody finds a link by trying. */
export const newCode = (): string => [...randomBytes(16)].map(byte => alphabet[byte & 31]).join('')

/** Nobody's Mailer ID, for pieces of test mode. */
const sandboxMailerId = '000000'

/**
 * The 20 tracking digits of `recipients.length` new pieces: barcode id 00, service, Mailer ID, serial (USPS-B-3200 section 2). Serial numbers
 * roll over; scans are matched newest first. Null for mail abroad, and for live mail when the server has no Mailer ID.
 */
export const newBarcodes = async (
  app: App,
  db: Db,
  livemode: boolean,
  recipients: readonly Pick<StoredAddress, 'country'>[],
): Promise<(string | null)[]> => {
  const mailerId = livemode ? app.config.MAILER_ID : sandboxMailerId
  const wanted = mailerId ? recipients.filter(({ country }) => country === 'US').length : 0
  if (wanted === 0) return recipients.map(() => null)
  const digits = 15 - mailerId.length
  const serials = (await store.takeSerials(db, livemode, wanted)).values()
  return recipients.map(({ country }) => {
    if (country !== 'US') return null
    const serial = String(serials.next().value! % 10 ** digits).padStart(digits, '0')
    return `00${app.config.SERVICE_TYPE_ID}${mailerId}${serial}`
  })
}
