/**
 * The carrier of test mode: renders what a press would get, and plans what the world would report. The plan is played by the sandbox's
 * clock (sandbox.ts); scans are written as the Postal Service pushes them and go through the same ingest. A name or address line that is
 * one of the magic words decides what becomes of a piece.
 */
import { newId } from '../../kernel/ids.ts'
import { PrintProblem } from '../../printer/problem.ts'
import { routingOf, type StoredAddress } from '../addresses/postal-addresses.ts'
import { letterSizes, postcardSizes } from '../money/prices.ts'
import type { PieceRow } from '../pieces/pieces.sql.ts'
import { loadArtwork, renderer, specOf } from '../production/printing.ts'
import * as clock from '../sandbox/test-clock.sql.ts'
import type { Carrier, Refused } from './carrier.ts'

/** What a piece's recipient may be called, and what then happens. */
export const magicWords = {
  DELIVERED: 'Scanned on its way and delivered on the fourth day, as everybody else is.',
  RETURNED: 'Taken out of the stream on the fifth day, back in the sender’s area on the seventh.',
  REROUTED: 'Forwarded on the fifth day; nothing more is heard.',
  STALLED: 'One scan, then silence.',
  PRINT_FAIL: 'Spoiled by the press and not printed again.',
} as const
type Word = keyof typeof magicWords

const wordOf = (address: StoredAddress): Word =>
  ([address.name, address.company, address.line1, address.line2]
    .map(text => text?.trim().toUpperCase().replaceAll(' ', '_'))
    .find(text => text !== undefined && Object.hasOwn(magicWords, text)) as Word | undefined) ?? 'DELIVERED'

/** Hours after the drop locked, and the scan (mailPhase, operation code, handlingEventType) or the printer's own report. */
type Happening = [
  hours: number,
  what: { status: 'printed' | 'mailed' | 'failed' } | { phase: string; code: string; type: string; home?: true },
]

const printed: Happening[] = [
  [9, { status: 'printed' }],
  [16, { status: 'mailed' }],
]
const origin: Happening = [29, { phase: 'Phase 1a - Origin Primary', code: '893', type: 'A' }]
const local: Happening = [70, { phase: 'Phase 2c - Destination MMP', code: '891', type: 'A' }]
const forwarded: Happening = [99, { phase: 'PARS Processing', code: '517', type: 'A' }]

const scripts: Readonly<Record<Word, readonly Happening[]>> = {
  DELIVERED: [
    ...printed,
    origin,
    local,
    [76, { phase: 'Phase 3c - Destination Sequenced Carrier Sortation', code: '919', type: 'A' }],
    [85, { phase: 'Phase 4c - Delivery', code: '000', type: 'L' }],
  ],
  RETURNED: [
    ...printed,
    origin,
    local,
    forwarded,
    [146, { phase: 'Phase 2b - Destination SCF', code: '891', type: 'A', home: true }],
  ],
  REROUTED: [...printed, origin, local, forwarded],
  STALLED: [...printed, origin],
  PRINT_FAIL: [[9, { status: 'failed' }]],
}

const plan = (piece: PieceRow): Parameters<typeof clock.plan>[2] =>
  scripts[wordOf(piece.recipient)].flatMap(([hours, what]) => {
    const due = new Date(piece.lock_at.getTime() + hours * 3_600_000)
    if ('status' in what) return [{ id: newId(), piece_id: piece.id, due_at: due, scan: { status: what.status } }]
    // Nobody scans what carries no barcode.
    if (!piece.imb) return []
    // Within one area no scan tells the way back from the way there: it is handed to the sender, who says so.
    if (what.home && areaOf(piece.return_address) === areaOf(piece.recipient))
      return [{ id: newId(), piece_id: piece.id, due_at: due, scan: { status: 'returned' } }]
    const at = what.home ? piece.return_address : what.phase.startsWith('Phase 1') ? piece.return_address : piece.recipient
    return [{ id: newId(), piece_id: piece.id, due_at: due, scan: scanOf(piece, what, due, at) }]
  })

const areaOf = ({ zip }: StoredAddress): string | undefined => zip?.slice(0, 3)

/** One event of the IV-MTR push. Its times carry no zone. */
const scanOf = (
  piece: PieceRow,
  { phase, code, type }: { phase: string; code: string; type: string },
  at: Date,
  place: StoredAddress,
): Record<string, string> => ({
  imb: `${piece.imb}${routingOf(piece.recipient)}`,
  imbTrackingCode: piece.imb!,
  scanDatetime: at.toISOString().slice(0, 19),
  scanEventCode: code,
  handlingEventType: type,
  mailPhase: phase,
  machineName: 'SIM-001',
  scanFacilityName: `${place.city} P&DC`,
  scanFacilityCity: place.city,
  scanFacilityState: place.state ?? '',
  scanFacilityZip: (place.zip ?? '').slice(0, 5),
  scanLocaleKey: `SIM${(place.zip ?? '').slice(0, 3)}`,
})

export const simulated: Carrier = {
  name: 'simulated',
  capabilities: () => ({
    title: 'Sandbox',
    sizes: [...postcardSizes, ...letterSizes],
    countries: 'all',
    qr_per_piece: true,
    barcode: 'ours',
    reports: ['printed', 'mailed', 'failed'],
    reports_by: 'clock',
    idempotent: true,
    cancel_after_lock: false,
    reprints: false,
    test_tracking: true,
    pieces_per_job: 10_000,
  }),
  prepare: async (app, job) => {
    const refused: Refused[] = []
    for await (const rows of job.pieces()) {
      const artwork = await loadArtwork(
        app,
        app.db,
        job.org,
        rows.map(row => row.printed_creative),
      )
      for (const row of rows) {
        try {
          await renderer.render(specOf(app, row, artwork))
        } catch (problem) {
          if (!(problem instanceof PrintProblem)) throw problem
          refused.push({ pieceId: row.id, code: problem.code, message: problem.message })
        }
      }
    }
    return {
      refused,
      handOver: async () => {
        await app.db.tx(async db => {
          for await (const rows of job.pieces()) {
            await clock.forget(
              db,
              job.org,
              rows.map(({ id }) => id),
            )
            await clock.plan(db, job.org, rows.flatMap(plan))
          }
        })
        return { reference: `sandbox ${job.id}` }
      },
    }
  },
}
