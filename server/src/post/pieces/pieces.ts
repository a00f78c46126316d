/** Pieces: one postcard or letter each, whoever made it. Looking at them, cancelling one, and how they look to the outside. */
import Type from 'typebox'
import { withdraw } from '../../approvals/hold.ts'
import { dateInput, readDate } from '../../email/messages/messages.ts'
import { parseId } from '../../kernel/ids.ts'
import { Page, page, pageOf, paging } from '../../kernel/pages.ts'
import { type Context, object, oneOf, operation } from '../../operation.ts'
import { problem } from '../../problems.ts'
import { lockDrop } from '../drops/drops.sql.ts'
import { nowFor } from '../sandbox/test-clock.ts'
import { pieceStatuses } from './piece-states.ts'
import { Piece, toPiece } from './piece-view.ts'
import * as store from './pieces.sql.ts'
import { movePieces } from './transitions.ts'

const PieceId = Type.String({ description: 'Id of the piece.' })

/** A piece of the caller's organization and mode. Throws not_found. */
export const findPiece = async (ctx: Context, id: string): Promise<store.PieceRow> => {
  const row = await store.byId(ctx.db, ctx.org, ctx.livemode, parseId('piece', id) ?? null)
  if (!row) throw problem('not_found', { what: 'piece' })
  return row
}

export const listPieces = operation(
  'List pieces',
  'orders.read',
  {
    input: object({
      ...paging,
      status: Type.Optional(oneOf(pieceStatuses)),
      kind: Type.Optional(oneOf(['postcard', 'letter'])),
      order_id: Type.Optional(Type.String()),
      metadata: Type.Optional(
        Type.Record(Type.String(), Type.String(), { description: 'metadata[key]=value; all pairs must match.' }),
      ),
      created_after: dateInput('Only later ones.'),
      created_before: dateInput('Only earlier ones.'),
    }),
    output: Page(Piece),
  },
  async (ctx, input) => {
    const { before, limit, fetch } = pageOf(input)
    const rows = await store.list(ctx.db, ctx.org, ctx.livemode, {
      before,
      limit: fetch,
      status: input.status,
      kind: input.kind,
      orderId: input.order_id === undefined ? undefined : (parseId('order', input.order_id) ?? null),
      metadata: input.metadata,
      after: readDate('/created_after', input.created_after),
      until: readDate('/created_before', input.created_before),
    })
    return page(rows, limit, row => toPiece(ctx.app, row))
  },
)

export const getPiece = operation(
  'Get a piece',
  'orders.read',
  { input: object({ piece_id: PieceId }), output: Piece },
  async (ctx, input) => toPiece(ctx.app, await findPiece(ctx, input.piece_id)),
)

export const cancelPiece = operation(
  'Cancel a piece, until its drop locks',
  'orders.delete',
  { input: object({ piece_id: PieceId }), output: Piece },
  async (ctx, input) =>
    ctx.db.tx(async db => {
      const { id, drop_id, status } = await findPiece({ ...ctx, db }, input.piece_id)
      // Before the piece, as who decides about it.
      if (status === 'held') await withdraw(ctx.app, db, { org: ctx.org, id }, 'cancelled')
      const drop = await lockDrop(db, ctx.org, ctx.livemode, drop_id)
      const at = await nowFor(ctx.app, db, ctx.org, ctx.livemode)
      const cancelled =
        (drop?.status === 'scheduled' || status === 'held') &&
        (await movePieces(ctx.app, db, ctx, new Map([[id, [{ to: 'cancelled', at }]]]))).has(id)
      const row = await findPiece({ ...ctx, db }, input.piece_id)
      if (!cancelled)
        throw problem('not_cancellable', {
          what: 'piece',
          status: row.status === 'created' ? 'locked for printing' : row.status,
          allowed: 'created and not yet locked',
        })
      return toPiece(ctx.app, row)
    }),
)
