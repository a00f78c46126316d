/** A piece as everybody sees it: answers, events, webhooks. */
import Type, { type Static } from 'typebox'
import { signUrl } from '../../kernel/crypto.ts'
import { publicId } from '../../kernel/ids.ts'
import { oneOf } from '../../operation.ts'
import type { App } from '../../platform.ts'
import { Address, type StoredAddress } from '../addresses/postal-addresses.ts'
import { shortLink } from '../production/printing.ts'
import { pieceStatuses } from './piece-states.ts'
import type * as store from './pieces.sql.ts'

const Nullable = <T extends Type.TSchema>(type: T) => Type.Union([type, Type.Null()])

export const Metadata = Type.Record(Type.String(), Type.String({ maxLength: 500 }), {
  maxProperties: 20,
  propertyNames: { minLength: 1, maxLength: 40 },
  description: 'Your own words about it: up to 20 pairs, keys up to 40 characters, values up to 500. Lists filter by them.',
})

const Thumbnail = Type.Object({ small: Type.String(), medium: Type.String(), large: Type.String() })

export const Piece = Type.Object({
  id: Type.String(),
  livemode: Type.Boolean(),
  kind: Type.String({ description: 'postcard or letter.' }),
  size: Type.String(),
  status: oneOf(pieceStatuses),
  order_id: Nullable(Type.String()),
  drop_id: Type.String({ description: 'The batch it is printed with.' }),
  send_date: Nullable(Type.String({ description: 'The earliest day you asked for.' })),
  mail_date: Type.String({ description: 'The day it goes to the post office.' }),
  cancellable_until: Type.String({ description: 'When its drop locks.' }),
  to: Address,
  from: Address,
  address_status: Type.String({
    description: 'well_formed, corrected, verified (a provider says so), undeliverable, or unverified (abroad).',
  }),
  address_given: Nullable(
    Type.Record(Type.String(), Type.String(), { description: 'What you wrote in the fields of "to" that were corrected.' }),
  ),
  creative: Nullable(Type.Unknown({ description: 'What is on it; null when it prints its order’s.' })),
  merge_variables: Type.Record(Type.String(), Type.Unknown()),
  metadata: Type.Record(Type.String(), Type.String()),
  price_mills: Type.Integer({ description: 'Postage included, in 1/1000 USD.' }),
  postage_mills: Type.Integer(),
  imb: Nullable(Type.String({ description: 'The 20 tracking digits of its Intelligent Mail barcode.' })),
  qr_url: Nullable(Type.String({ description: 'Where its QR code leads.' })),
  short_url: Nullable(Type.String({ description: 'What its QR code says.' })),
  carrier: Nullable(Type.String({ description: 'Who prints it; known once its drop locks.' })),
  delivered_confidence: Nullable(
    Type.String({
      description:
        'actual or assumed (scans), logical (the carrier’s satellite position), reported (by the printer); null until delivered.',
    }),
  ),
  failure: Nullable(Type.Object({ code: Type.String(), message: Type.String() })),
  warnings: Type.Array(Type.String({ description: 'What prints, but not at its best.' })),
  proof: Type.Object({
    pdf_url: Type.String({ description: 'The print file; signed, valid for 30 days.' }),
    thumbnails: Type.Array(Thumbnail, { description: 'PNG of each page, cut at the trim.' }),
  }),
  reached: Type.Record(Type.String(), Type.String(), { description: 'When it reached each status.' }),
  created_at: Type.String(),
  updated_at: Type.String(),
})
export type Piece = Static<typeof Piece>

const addressFields = ['name', 'company', 'line1', 'line2', 'city', 'state', 'zip', 'country'] as const

/** An address without what we keep beside it. */
export const showAddress = (address: StoredAddress): Address =>
  Object.fromEntries(addressFields.flatMap(field => (address[field] === undefined ? [] : [[field, address[field]]]))) as Address

const proofDays = 30

const proofOf = (app: App, row: store.PieceRow): Piece['proof'] => {
  // From the start of the day, so that the links of one day are alike and caches know them again.
  const from = Math.floor(app.clock.now().getTime() / 86_400_000) * 86_400_000
  const place = `/proofs/${publicId('piece', row.id)}`
  const [, query] = signUrl(app.masterKey, place, 'proof', new Date(from + (proofDays + 1) * 86_400_000)).split('?')
  const link = (file: string) => `${app.publicUrl}${place}/${file}?${query}`
  const pages = row.printed_creative.pages ?? (row.kind === 'postcard' ? 2 : 1)
  return {
    pdf_url: link('proof.pdf'),
    thumbnails: Array.from({ length: pages }, (_, i) => ({
      small: link(`${i + 1}-small.png`),
      medium: link(`${i + 1}-medium.png`),
      large: link(`${i + 1}-large.png`),
    })),
  }
}

/** A piece as everybody sees it: answers, events, webhooks. */
export const toPiece = (app: App, row: store.PieceRow): Piece => ({
  id: publicId('piece', row.id),
  livemode: row.livemode,
  kind: row.kind,
  size: row.size,
  status: row.status,
  order_id: row.order_id && publicId('order', row.order_id),
  drop_id: publicId('drop', row.drop_id),
  send_date: row.send_date,
  mail_date: row.mail_date,
  cancellable_until: row.lock_at.toISOString(),
  to: showAddress(row.recipient),
  from: showAddress(row.return_address),
  address_status: row.address_status,
  address_given: row.recipient.given ?? null,
  creative: row.creative && showCreative(row.creative),
  merge_variables: row.merge_variables,
  metadata: row.metadata,
  price_mills: row.price_mills,
  postage_mills: row.postage_mills,
  imb: row.imb,
  qr_url: row.qr_url,
  short_url: row.code && shortLink(app.publicUrl, row.code),
  carrier: row.carrier,
  delivered_confidence: row.delivered_confidence,
  failure: row.failure,
  warnings: row.printed_creative.warnings ?? [],
  proof: proofOf(app, row),
  reached: row.reached,
  created_at: row.created_at.toISOString(),
  updated_at: row.updated_at.toISOString(),
})

const showCreative = (creative: NonNullable<store.PieceRow['creative']>): object => {
  const { pages: _, warnings: __, ...shown } = creative
  return JSON.parse(JSON.stringify(shown, (key, value: unknown) => (key === 'blob_id' ? undefined : value)))
}
