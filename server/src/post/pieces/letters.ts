/** Sending a letter in one call. */
import Type from 'typebox'
import { object, oneOf, operation } from '../../operation.ts'
import { letterSizes } from '../money/prices.ts'
import { letterCreative, letterOf } from './creative.ts'
import { pieceFields, sendPiece } from './new-piece.ts'
import { Piece } from './piece-view.ts'

export const createLetter = operation(
  'Send a letter',
  'orders.create',
  {
    input: object({ ...pieceFields, size: Type.Optional(oneOf(letterSizes, 'Default us_letter.')), ...letterCreative }),
    output: Piece,
    claims: true,
  },
  (ctx, input) => sendPiece(ctx, { kind: 'letter', size: input.size ?? 'us_letter', input, creative: letterOf }),
)
