/**
 * Sending one piece: the list of verbs that postcards and letters share. Everything that can be refused is refused before money moves,
 * the drawn page included; then drop, row, money and event are one transaction.
 */
import Type, { type Static } from 'typebox'
import { isHeld } from '../../approvals/hold.ts'
import { record } from '../../events/events.sql.ts'
import type { EventType } from '../../events/events.ts'
import type { StagedBlob } from '../../kernel/blobs.ts'
import type { Db } from '../../kernel/database/db.ts'
import { checkReplay, once } from '../../kernel/database/idempotency.ts'
import { newId, publicId } from '../../kernel/ids.ts'
import { limits } from '../../limits.ts'
import { type Context, object } from '../../operation.ts'
import { invalid } from '../../problems.ts'
import { Address, standardise } from '../addresses/postal-addresses.ts'
import { carrierFor } from '../carriers/index.ts'
import { dropFor, mailDay } from '../drops/drops.ts'
import * as ledger from '../money/ledger.ts'
import { type PieceSize, priceOf } from '../money/prices.ts'
import { newBarcodes, newCode, renderer, specOf } from '../production/printing.ts'
import { nowFor } from '../sandbox/test-clock.ts'
import { verify } from '../verification/verify.ts'
import { fieldErrorOf, type Keep, type StoredCreative } from './creative.ts'
import { readSources } from './creative-sources.ts'
import { holdPiece } from './held-piece.ts'
import { literalProblems, literalValues } from './literal-text.ts'
import { Metadata, type Piece, toPiece } from './piece-view.ts'
import * as store from './pieces.sql.ts'

/** Fields which postcards and letters have in common. */
export const pieceFields = {
  to: Address,
  from: Address,
  merge_variables: Type.Optional(
    Type.Record(Type.String(), Type.Unknown(), {
      maxProperties: 200,
      propertyNames: { minLength: 1, maxLength: 60 },
      description: 'Values of the merge fields. A field without a value is refused.',
    }),
  ),
  metadata: Type.Optional(Metadata),
  send_date: Type.Optional(
    Type.String({
      maxLength: 40,
      examples: ['2026-12-24'],
      description: 'The earliest day to mail it, within two years. Default: the next.',
    }),
  ),
  qr_url: Type.Optional(
    Type.String({ maxLength: 2000, description: 'Print a QR code of its own that leads here; scans are counted.' }),
  ),
  qr_caption: Type.Optional(Type.String({ minLength: 1, maxLength: 60, description: 'Words beside the code.' })),
}
const Fields = object(pieceFields)

type Fields = Static<typeof Fields> & { confirm_literal?: boolean }

interface Wanted<I extends Fields = Fields> {
  kind: 'postcard' | 'letter'
  size: PieceSize
  input: I
  creative(input: I, keep: Keep): Promise<StoredCreative>
}

/** Makes a piece. Throws invalid_input (every problem named with its field), insufficient_balance. */
export const sendPiece = async <I extends Fields>(ctx: Context, asked: Wanted<I>): Promise<Piece> => {
  const { app, org, livemode, claim } = ctx
  const { input, size } = asked
  if (claim) await checkReplay(ctx.db, ctx, claim.key, claim.fingerprint)
  const to = standardise(input.to, '/to')
  const from = standardise(input.from, '/from')
  checkCarrier(ctx, size, to.address.country)
  checkQr(input.qr_url)
  if (JSON.stringify(input.merge_variables ?? {}).length > limits.mergeCharacters)
    throw invalid({
      path: '/merge_variables',
      message: `has more than ${limits.mergeCharacters.toLocaleString('en')} characters as JSON`,
    })
  const now = await nowFor(app, ctx.db, org, livemode)
  const day = mailDay(now, sendDate(now, input.send_date))
  // Links are fetched once; what follows works with the bytes.
  const sources = await readSources(app, asked.kind, input)
  const build = (keep: Keep) => asked.creative(sources, keep)
  const draft: Draft = {
    id: newId(),
    order_id: null,
    kind: asked.kind,
    size,
    status: isHeld(ctx) ? 'held' : 'created',
    recipient: to.address,
    return_address: from.address,
    address_status: to.status,
    merge_variables: input.merge_variables ?? {},
    metadata: input.metadata ?? {},
    send_date: input.send_date ?? null,
    imb: to.address.country === 'US' ? sampleBarcode : null,
    code: input.qr_url ? newCode() : null,
    qr_url: input.qr_url ?? null,
    created_at: now,
  }
  const { sheets, ...seen } = await preflight(ctx, draft, { build, input })
  const { production_mills, postage_mills } = priceOf(size, to.address.country, sheets)
  const piece = { ...draft, price_mills: production_mills + postage_mills, postage_mills }
  const address_status = await verify(app, livemode, to)
  const staged: StagedBlob[] = []
  const creative: StoredCreative = {
    ...(await build(async bytes => (staged[staged.push(await app.blobs.stage(bytes)) - 1] as StagedBlob).id)),
    ...saidBeside(input),
    ...seen,
  }
  const commit = async (db: Db): Promise<Piece> => {
    const drop = await dropFor(db, { org, livemode }, day)
    const [imb] = await newBarcodes(app, db, livemode, [to.address])
    await app.blobs.insert(db, org, staged)
    await store.insert(db, org, livemode, [{ ...piece, address_status, creative, drop_id: drop.id, imb: imb! }])
    await ledger.reserve({ app, db, org, livemode }, piece.price_mills, publicId('piece', piece.id))
    const row = (await store.byId(db, org, livemode, piece.id))!
    const made = toPiece(app, row)
    const at = livemode ? {} : { at: now }
    await record(db, [{ type: `piece.${piece.status}` as EventType, organization_id: org, livemode, data: made, ...at }])
    if (piece.status === 'held') await holdPiece(app, db, row)
    return made
  }
  // The claim is made here and not around the whole, so that no transaction waits while pages are drawn.
  return ledger.paying(app, org, async () => {
    if (!claim) return ctx.db.tx(commit)
    let made: Piece | undefined
    await once(ctx.db, ctx, claim.key, claim.fingerprint, async db => claim.encode((made = await commit(db))))
    return made!
  })
}

/** Stands in for the barcode while the page is checked: serial numbers are given out when nothing can be refused any more. */
const sampleBarcode = '00310000000000000000'

/** A piece before its price is known. */
type Draft = Omit<store.NewPiece, 'drop_id' | 'creative' | 'price_mills' | 'postage_mills'>

/** Draws the piece and looks at it. Throws invalid_input for what cannot be printed. */
const preflight = async (
  { app }: Context,
  piece: Draft,
  { build, input }: { build(keep: Keep): Promise<StoredCreative>; input: Fields },
): Promise<Pick<StoredCreative, 'pages' | 'warnings'> & { sheets: number }> => {
  const artwork = new Map<string, Uint8Array>()
  const draft = await build(async bytes => {
    const name = String(artwork.size)
    artwork.set(name, bytes)
    return name
  })
  const creative = { ...draft, ...saidBeside(input) }
  const literal = [...literalProblems(creative, piece.qr_url), ...literalValues(creative, piece.merge_variables)]
  if (literal.length > 0) throw invalid(...literal.map(problem => fieldErrorOf(problem, input)))
  const spec = specOf(app, { ...piece, printed_creative: creative }, artwork)
  const { problems, warnings } = await renderer.preflight(spec)
  if (problems.length > 0) throw invalid(...problems.map(problem => fieldErrorOf(problem, input)))
  const { pages, sheets } = await renderer.render(spec)
  return { pages, sheets, ...(warnings.length > 0 ? { warnings: warnings.map(({ message }) => message) } : {}) }
}

/** What is said of a creative beside its sides. */
const saidBeside = ({ qr_caption, confirm_literal }: Fields): Pick<StoredCreative, 'qr_caption' | 'confirm_literal'> => ({
  ...(qr_caption ? { qr_caption } : {}),
  ...(confirm_literal ? { confirm_literal } : {}),
})

const checkCarrier = ({ app, livemode }: Context, size: PieceSize, country: string): void => {
  const { title, sizes, countries } = carrierFor(app, livemode).capabilities()
  if (!sizes.includes(size)) throw invalid({ path: '/size', message: `is not printed by ${title}` })
  if (countries !== 'all' && !countries.includes(country))
    throw invalid({ path: '/to/country', message: `is not a country ${title} mails to` })
}

/** The link is opened by whoever scans it, so it must be one, without a password. */
export const checkQr = (url: string | undefined, path = '/qr_url'): void => {
  if (url === undefined) return
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (!parsed || !/^https?:$/.test(parsed.protocol) || parsed.username || parsed.password)
    throw invalid({ path, message: 'is no http or https link' })
}

/** Campaigns are planned a season ahead of the next year's holidays. */
const mostAheadMs = 2 * 366 * 86_400_000

/** Checks the day asked for: today or later, within two years. */
export const sendDate = (now: Date, wanted: string | undefined, path = '/send_date'): string | undefined => {
  if (wanted === undefined) return undefined
  const date = new Date(`${wanted}T00:00:00Z`)
  if (Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== wanted)
    throw invalid({ path, message: 'is no day of the calendar; write 2026-12-24' })
  if (wanted < now.toISOString().slice(0, 10)) throw invalid({ path, message: 'has passed' })
  if (date.getTime() - now.getTime() > mostAheadMs) throw invalid({ path, message: 'is more than two years away' })
  return wanted
}
