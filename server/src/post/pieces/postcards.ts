/** Sending a postcard in one call. */
import Type from 'typebox'
import { object, oneOf, operation } from '../../operation.ts'
import { postcardSizes } from '../money/prices.ts'
import { postcardCreative, postcardOf } from './creative.ts'
import { pieceFields, sendPiece } from './new-piece.ts'
import { Piece } from './piece-view.ts'

export const createPostcard = operation(
  'Send a postcard',
  'orders.create',
  {
    input: object({
      ...pieceFields,
      size: Type.Optional(oneOf(postcardSizes, 'Inches. Default 4x6.')),
      ...postcardCreative,
    }),
    output: Piece,
    claims: true,
  },
  (ctx, input) => sendPiece(ctx, { kind: 'postcard', size: input.size ?? '4x6', input, creative: postcardOf }),
)
