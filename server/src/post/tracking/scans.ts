/**
 * Reading reports: bytes of the Postal Service's scan push (IV-MTR) or of a vendor's webhook → what they say of which piece. Pure.
 *
 * A scan speaks by its mailPhase; its operation code is kept as it is. 919 in phase 3c means sorted for the carrier's walk, not delivered:
 * delivery is phase 4c, an event worked out from the carrier's satellite position, which is why it comes with a confidence.
 */
import { createHash } from 'node:crypto'
import { parseJson } from '../../kernel/bounded-json.ts'
import type { PieceStatus } from '../pieces/piece-states.ts'

export interface Report {
  /** 20 tracking digits, or what the vendor calls the piece. */
  imb?: string
  carrierReference?: string
  /** The status it speaks for; undefined when it speaks for none. */
  status: PieceStatus | undefined
  at: Date
  confidence?: string
  /** SHA-256 in hex of what makes this report itself. */
  dedupe: string
  code: string | null
  phase: string | null
  place: { facility?: string; city?: string; state?: string; zip?: string } | null
  raw: object
}

/** Why a body is no report. It is kept, and nothing follows from it. */
export class NoReport extends Error {}

/** A push holds thousands of scans of some twenty values each. */
const bounds = { depth: 16, values: 2_000_000 }

const parse = (body: Buffer): unknown => {
  try {
    return parseJson(body, bounds)
  } catch {
    throw new NoReport('It is not JSON of a sensible depth and size.')
  }
}

const text = (value: unknown): string | undefined =>
  (typeof value === 'string' || typeof value === 'number') && value !== ''
    ? String(value).slice(0, 200).replaceAll('\0', '').toWellFormed()
    : undefined

const sha256 = (...parts: (string | undefined)[]): string =>
  createHash('sha256')
    .update(parts.map(part => part ?? '').join('|'))
    .digest('hex')

/** mailPhase → status, by the words behind the number ("Phase 3c -" and "Phase 3c-" both occur). */
const phases: readonly [RegExp, PieceStatus][] = [
  [/^PHASE4C/, 'delivered'],
  [/^PHASE3/, 'processed_for_delivery'],
  [/^PHASE2/, 'in_local_area'],
  [/^PHASE[01]/, 'in_transit'],
  [/^F?PARS/, 're_routed'],
]

/** handlingEventType: how the scan came to be known. */
const confidences: Readonly<Record<string, string>> = { A: 'actual', S: 'assumed', L: 'logical' }

/** The status a mail phase speaks for, if any. */
export const statusOfPhase = (phase: string): PieceStatus | undefined => {
  const plain = phase.toUpperCase().replace(/\s+/g, '')
  return phases.find(([pattern]) => pattern.test(plain))?.[1]
}

/** Facility time without a zone is taken as UTC; what cannot be read happened when it was received. */
const timeOf = (given: string | undefined, received: Date): Date => {
  const match = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2})?)/.exec(given ?? '')
  const zone = /(Z|[+-]\d{2}:?\d{2})$/.exec(given ?? '')?.[1] ?? 'Z'
  const date = match ? new Date(`${match[1]}T${match[2]}${zone}`) : received
  return Number.isNaN(date.getTime()) ? received : date
}

/**
 * Events of an IV-MTR push: `{ …, events: [{ imb, scanDatetime, mailPhase, … }] }`. An empty list is legal, and events without a readable
 * barcode are left out. Throws NoReport when it is no such body.
 */
export const readIvMtr = (body: Buffer, received: Date): Report[] => {
  const given = parse(body)
  const events = Array.isArray(given) ? given : (given as { events?: unknown } | null)?.events
  if (!Array.isArray(events)) throw new NoReport('There is no list of events in it.')
  return events.flatMap((event: unknown) => (event !== null && typeof event === 'object' ? readEvent(event, received) : []))
}

const readEvent = (event: object, received: Date): Report[] => {
  const field = (name: string) => text((event as Record<string, unknown>)[name])
  const imb = [field('imb'), field('imbTrackingCode')]
    .map(digits => /^(\d{20})(\d{5}|\d{9}|\d{11})?$/.exec(digits ?? '')?.[1])
    .find(Boolean)
  if (!imb) return []
  const phase = field('mailPhase') ?? ''
  const status = statusOfPhase(phase)
  const scanned = field('scanDatetime')
  const place = Object.fromEntries(
    (['facility', 'city', 'state', 'zip'] as const).flatMap(part => {
      const value = field(part === 'facility' ? 'scanFacilityName' : `scanFacility${part[0]!.toUpperCase()}${part.slice(1)}`)
      return value ? [[part, value]] : []
    }),
  )
  return [
    {
      imb,
      status,
      at: timeOf(scanned, received),
      ...(status === 'delivered' ? { confidence: confidences[field('handlingEventType') ?? ''] ?? 'logical' } : {}),
      // One body may hold two happenings of the same minute and code: the phase tells them apart.
      dedupe: sha256(imb, scanned, field('scanEventCode'), field('scanLocaleKey'), phase),
      code: field('scanEventCode') ?? null,
      phase: phase || null,
      place: Object.keys(place).length > 0 ? place : null,
      raw: Object.fromEntries(
        Object.entries(event).flatMap(([name, value]) => (text(value) ? [[text(name)!, text(value)]] : [])),
      ),
    },
  ]
}

/** Lob's event types, without the resource in front. */
const lobEvents: Readonly<Record<string, PieceStatus>> = {
  mailed: 'mailed',
  in_transit: 'in_transit',
  in_local_area: 'in_local_area',
  processed_for_delivery: 'processed_for_delivery',
  delivered: 'delivered',
  're-routed': 're_routed',
  returned_to_sender: 'returned',
  rejected: 'failed',
  failed: 'failed',
}

/** One webhook of Lob: `{ id, event_type: { id: "postcard.delivered" }, body: { id: "psc_…" }, date_created }`. Throws NoReport. */
export const readLob = (body: Buffer, received: Date): Report[] => {
  const event = parse(body) as {
    id?: unknown
    event_type?: { id?: unknown }
    body?: { id?: unknown }
    date_created?: unknown
  } | null
  const id = text(event?.id)
  const type = text(event?.event_type?.id)
  const carrierReference = text(event?.body?.id)
  if (!id || !type || !carrierReference) throw new NoReport('It is no event about a piece.')
  const status = lobEvents[type.slice(type.indexOf('.') + 1)]
  return [
    {
      carrierReference,
      status,
      at: timeOf(text(event?.date_created), received),
      ...(status === 'delivered' ? { confidence: 'reported' } : {}),
      dedupe: sha256('lob', id),
      code: type,
      phase: null,
      place: null,
      raw: { id, type, resource: carrierReference },
    },
  ]
}
