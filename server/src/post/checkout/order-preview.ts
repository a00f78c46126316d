/** Any piece of an order before it is paid: drawn as the press will draw it, as PDF or as a picture, by key or by a signed link for a person. */
import Type from 'typebox'
import { signUrl, verifyUrl } from '../../kernel/crypto.ts'
import { parseId, publicId } from '../../kernel/ids.ts'
import { type Context, FileAnswer, object, oneOf, operation } from '../../operation.ts'
import type { App } from '../../platform.ts'
import { addressLines } from '../../printer/layout/address-block.ts'
import { PrintProblem } from '../../printer/problem.ts'
import { drawProof, type ProofSize, proofSizes } from '../../printer/proof.ts'
import type { RenderedPiece } from '../../printer/render.ts'
import { invalid, problem } from '../../problems.ts'
import { drawableOrder } from '../orders/complete-order.ts'
import { findOrder } from '../orders/order-view.ts'
import * as orders from '../orders/orders.sql.ts'
import { loadArtwork, renderer } from '../production/printing.ts'
import * as recipients from '../recipients/order-recipients.sql.ts'
import { sampleBarcode, specFor } from './order-preflight.ts'
import type { RemarkableRow } from './remarkable-rows.ts'

/** An organization's previews that are drawn at a time; others wait, and more than that are refused. */
const mostAtOnce = 2
const mostWaiting = 60
const drawing = new Map<string, { running: number; waiting: (() => void)[] }>()

const inTurn = async <T>(org: string, draw: () => Promise<T>): Promise<T> => {
  const turns = drawing.get(org) ?? { running: 0, waiting: [] }
  drawing.set(org, turns)
  if (turns.waiting.length >= mostWaiting) throw problem('rate_limited', { retry_after: 2 })
  if (turns.running < mostAtOnce) turns.running++
  else await new Promise<void>(resolve => turns.waiting.push(resolve))
  try {
    return await draw()
  } finally {
    const next = turns.waiting.shift()
    if (next) next()
    else if (--turns.running === 0) drawing.delete(org)
  }
}

interface Drawn {
  recipient: recipients.Recipient
  piece: RenderedPiece
}

/** Throws not_found for a row that is not in the list, invalid_input for what cannot be drawn and why. */
const drawRow = async (
  app: App,
  { db }: Pick<Context, 'db'>,
  row: orders.OrderRow,
  number: number | undefined,
): Promise<Drawn> => {
  const order = drawableOrder(row)
  const recipient = await recipientOf({ db }, row, number)
  try {
    return await inTurn(row.organization_id, async () => {
      const artwork = await loadArtwork(app, db, row.organization_id, [order.creative])
      const barcode = recipient.recipient.country === 'US' && (!row.livemode || app.config.MAILER_ID !== '')
      const piece = await renderer.render(specFor(app, order, artwork, recipient, barcode ? sampleBarcode : null))
      return { recipient, piece }
    })
  } catch (refusal) {
    if (!(refusal instanceof PrintProblem)) throw refusal
    throw invalid({
      path: `/${refusal.path.replaceAll('.', '/')}`,
      message: `cannot be printed for row ${recipient.row}: ${refusal.message}`,
    })
  }
}

const recipientOf = async (
  { db }: Pick<Context, 'db'>,
  row: orders.OrderRow,
  number: number | undefined,
): Promise<recipients.Recipient> => {
  if (number === undefined) {
    const [first] = await recipients.accepted(db, row.organization_id, row.id, null, 1)
    if (!first) throw invalid({ path: '/recipients', message: 'are required before a preview: upload the list first' })
    return first
  }
  const found = await recipients.ofRow(db, row.organization_id, row.id, number)
  if (!found) throw problem('not_found', { what: `row ${number} in the list of this order` })
  if (!found.accepted)
    throw invalid({
      path: '/row',
      message: `${number} was not taken, so no piece is printed for it: ${(found.reasons ?? []).map(({ message, field }) => `${field ?? 'it'} ${message}`).join('; ')}`,
    })
  return found as recipients.Recipient
}

const PreviewPage = Type.Object({
  page: Type.Integer(),
  small: Type.String(),
  medium: Type.String(),
  large: Type.String(),
})

const Preview = Type.Object({
  order_id: Type.String(),
  row: Type.Integer({ description: 'As the spreadsheet numbers it.' }),
  lines: Type.Array(Type.String(), { description: 'The address as it is printed.' }),
  merge_variables: Type.Record(Type.String(), Type.String()),
  warnings: Type.Array(Type.String({ description: 'What prints, but not at its best.' })),
  pdf_url: Type.String({ description: 'The print file; signed, valid for a week.' }),
  pages: Type.Array(PreviewPage, { description: 'PNG of each page, cut at the trim.' }),
})

const sizeNames = Object.keys(proofSizes) as ProofSize[]
const mediaTypes = { pdf: 'application/pdf', png: 'image/png' } as const

export const previewOrder = operation(
  'Preview a piece of an order, for any row of its list',
  'orders.read',
  {
    input: object({
      order_id: Type.String(),
      row: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: 10_000_000,
          description: 'As the spreadsheet numbers it. Default: the first that was taken.',
        }),
      ),
      format: Type.Optional(
        oneOf(['pdf', 'png', 'json'], 'pdf: all pages; png: one; json: links to both. Default: what Accept asks for, else pdf.'),
      ),
      page: Type.Optional(
        Type.Integer({ minimum: 1, maximum: 99, description: 'Of a png: 1 is the front of a card, 2 its back. Default 1.' }),
      ),
      size: Type.Optional(oneOf(sizeNames, 'Of a png: 320, 640 or 1280 pixels wide. Default large.')),
    }),
    output: Preview,
    files: mediaTypes,
  },
  async (ctx, { order_id, row: number, format = 'json', page = 1, size = 'large' }) => {
    const row = await findOrder(ctx, order_id)
    const { recipient, piece } = await drawRow(ctx.app, ctx, row, number)
    if (format === 'pdf') return new FileAnswer(mediaTypes.pdf, `row-${recipient.row}.pdf`, piece.pdf)
    if (format === 'png') {
      const bytes = await inTurn(ctx.org, () => drawProof(piece, page, size))
      if (!bytes)
        throw invalid({
          path: '/page',
          message: `is ${page}, but the piece has ${piece.pages} page${piece.pages === 1 ? '' : 's'}`,
        })
      return new FileAnswer(mediaTypes.png, `row-${recipient.row}-page-${page}.png`, bytes)
    }
    return {
      order_id: publicId('order', row.id),
      row: recipient.row,
      lines: addressLines(recipient.recipient, 'to'),
      merge_variables: recipient.merge_variables,
      warnings: piece.warnings.map(({ message }) => message),
      ...links(ctx.app, row.id, recipient.row, piece.pages),
    }
  },
)

const linkDays = 7

/** Links to the preview of a row that work without a key. */
const links = (app: App, orderId: string, row: number, pages: number) => {
  // From the start of the day, so that the links of one day are alike and caches know them again.
  const from = Math.floor(app.clock.now().getTime() / 86_400_000) * 86_400_000
  const place = `/previews/${publicId('order', orderId)}/${row}`
  const [, query] = signUrl(app.masterKey, place, 'preview', new Date(from + (linkDays + 1) * 86_400_000)).split('?')
  const link = (file: string) => `${app.publicUrl}${place}/${file}?${query}`
  return {
    pdf_url: link('preview.pdf'),
    pages: Array.from({ length: pages }, (_, i) => ({
      page: i + 1,
      small: link(`${i + 1}-small.png`),
      medium: link(`${i + 1}-medium.png`),
      large: link(`${i + 1}-large.png`),
    })),
  }
}

const pictureName = new RegExp(`^([1-9]\\d?)-(${sizeNames.join('|')})\\.png$`)

/**
 * The file behind a signed link; undefined when the link is not ours, has expired, or names nothing (any more). `url` is path and query.
 * Throws rate_limited.
 */
export const previewFile = async (app: App, url: string): Promise<{ type: string; bytes: Uint8Array } | undefined> => {
  const [, place, id, number, name, query] = /^(\/previews\/([^/?]+)\/(\d{1,8}))\/([^/?]+)\?(.*)$/.exec(url) ?? []
  if (!place || !id || !number || !name || !verifyUrl(app.masterKey, `${place}?${query}`, 'preview', app.clock.now()))
    return undefined
  const [, page, size] = pictureName.exec(name) ?? []
  if (name !== 'preview.pdf' && !page) return undefined
  const row = await orders.unscopedById(app.db, parseId('order', id) ?? null)
  if (!row) return undefined
  try {
    const { piece } = await drawRow(app, app, row, Number(number))
    if (!page) return { type: mediaTypes.pdf, bytes: piece.pdf }
    const bytes = await inTurn(row.organization_id, () => drawProof(piece, Number(page), size as ProofSize))
    return bytes && { type: mediaTypes.png, bytes }
  } catch (refusal) {
    // The order was changed since, and cannot be drawn now.
    if (isGone(refusal)) return undefined
    throw refusal
  }
}

const isGone = (error: unknown): boolean => ['invalid_input', 'not_found'].includes((error as { code?: string }).code ?? '')

/** The pages of a kind of piece that are known without drawing it. */
const knownPages = { postcard: 2, letter: 1 } as const

export const RowToLookAt = Type.Object({
  row: Type.Integer({ description: 'As the spreadsheet numbers it.' }),
  why: Type.Array(Type.String(), { description: 'What is remarkable about it.' }),
  preview_url: Type.String({ description: 'GET with your key: PDF, PNG or JSON by format or Accept.' }),
  pdf_url: Type.String({ description: 'The print file; signed, valid for a week, for whoever has the link.' }),
  pages: Type.Array(PreviewPage, { description: 'PNG of each page of a card, of the first of a letter.' }),
})

export const toLookAt = (app: App, orderId: string, kind: keyof typeof knownPages, rows: readonly RemarkableRow[]) =>
  rows.map(({ row, why }) => ({
    row,
    why,
    preview_url: `${app.publicUrl}/v1/orders/${publicId('order', orderId)}/preview?row=${row}`,
    ...links(app, orderId, row, knownPages[kind]),
  }))
