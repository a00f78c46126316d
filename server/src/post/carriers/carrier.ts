/**
 * A carrier prints pieces and brings them to the post office. What one can do he says himself, and nothing is promised for him.
 *
 * A hand-over has two halves. `prepare` renders: it may be done again at any time, for nothing has left the house. Then the job is
 * written down as 'submitting', and `handOver` gives it away. A job that is found 'submitting' after a crash may have arrived: `handOver`
 * is told so, and must look at the carrier's side before it sends anything a second time.
 */
import type { App } from '../../platform.ts'
import type { PieceSize } from '../money/prices.ts'
import type { PieceRow } from '../pieces/pieces.sql.ts'

export interface Capabilities {
  title: string
  sizes: readonly PieceSize[]
  /** Where it mails to: two-letter codes, or everywhere. */
  countries: 'all' | readonly string[]
  /** A QR code of its own on every piece. */
  qr_per_piece: boolean
  /** Whose Intelligent Mail barcode is on the paper: scans reach us only for our own. */
  barcode: 'ours' | 'theirs'
  /** What it tells of: statuses that never come are not waited for. */
  reports: readonly string[]
  /** How it tells. */
  reports_by: 'files' | 'webhook' | 'clock'
  /** Whether the same hand-over sent twice prints once. */
  idempotent: boolean
  /** Whether a piece can be called back after its drop locked. */
  cancel_after_lock: boolean
  /** Whether a spoiled piece is printed again without being paid again. */
  reprints: boolean
  /** Whether its own test mode tells of deliveries. Ours never asks it. */
  test_tracking: boolean
  /** Most pieces of one hand-over. */
  pieces_per_job: number
}

/** A hand-over in hand: its row, and the pieces that belong to it, in their order. */
export interface Job {
  id: string
  org: string
  livemode: boolean
  dropId: string
  mailDate: string
  /** It may have arrived already. */
  uncertain: boolean
  reprint: boolean
  createdAt: Date
  kind: PieceRow['kind']
  size: string
  count: number
  /** In batches, so that a long job stays small in memory. Each call begins anew. */
  pieces(): AsyncIterable<PieceRow[]>
}

export interface Refused {
  pieceId: string
  code: string
  message: string
}

export interface Prepared {
  /** Pieces that cannot be printed; they are left out. */
  refused: Refused[]
  /** Gives the job away, or finds it given. Resolves with what the carrier calls it. Rejects when it is to be tried again. */
  handOver(): Promise<{ reference: string; refused?: Refused[] }>
}

export interface Carrier {
  name: string
  capabilities(): Capabilities
  prepare(app: App, job: Job): Promise<Prepared>
}
