/**
 * The life of a piece. It only moves forward: reports come late, twice and out of order, and none of them may turn back what is
 * known. A piece that comes back has not been delivered, whatever was reported before. A held one waits for approval: no drop prints it.
 */
export const pieceStatuses = [
  'held',
  'created',
  'rendered',
  'queued',
  'printed',
  'mailed',
  'in_transit',
  'in_local_area',
  'processed_for_delivery',
  're_routed',
  'delivered',
  'returned',
  'failed',
  'cancelled',
] as const
export type PieceStatus = (typeof pieceStatuses)[number]

const rank = (status: PieceStatus): number => pieceStatuses.indexOf(status)

/** Nothing follows. */
export const isFinal = (status: PieceStatus): boolean => status === 'returned' || status === 'failed' || status === 'cancelled'

/** True once a piece has left the printer's hands. */
export const isMailed = (status: PieceStatus): boolean =>
  rank(status) >= rank('mailed') && status !== 'failed' && status !== 'cancelled'

/**
 * Whether a report of `to` changes a piece in `from`. Failing and cancelling end only what has not been mailed, cancelling only what
 * was not rendered. A held piece is approved or cancelled, and nothing else is believed of it.
 */
export const canMove = (from: PieceStatus, to: PieceStatus): boolean => {
  if (isFinal(from)) return false
  if (from === 'held') return to === 'created' || to === 'cancelled'
  if (to === 'cancelled') return from === 'created'
  if (to === 'failed') return !isMailed(from)
  return rank(to) > rank(from)
}

/** Whose piece it is, and in which mode. */
export interface Tenant {
  org: string
  livemode: boolean
}
