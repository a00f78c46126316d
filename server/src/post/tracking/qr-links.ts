/**
 * Short links in QR codes: they lead to the one target that was stored with the piece, and count who came. A device is known again for a
 * day only, by a keyed hash of its network and browser; no address is stored.
 */
import { createHmac } from 'node:crypto'
import { record } from '../../events/events.sql.ts'
import { publicId } from '../../kernel/ids.ts'
import type { App } from '../../platform.ts'
import { nowFor } from '../sandbox/test-clock.ts'
import * as store from './qr-links.sql.ts'

export interface Visit {
  method: string
  ip: string
  userAgent: string
  /** Sec-Purpose, Purpose or X-Moz: what a browser sends with what nobody asked to see yet. */
  purpose: string
}

/** Machines that look at links before people do. */
const machines =
  /bot|crawl|spider|slurp|preview|scan(ner)?\b|facebookexternalhit|whatsapp|telegram|embed|curl|wget|python|java\/|go-http|headless|monitor|uptime|link ?check/i

const isPerson = ({ method, userAgent, purpose }: Visit): boolean =>
  method === 'GET' && userAgent !== '' && !machines.test(userAgent) && !/prefetch|prerender|preview/i.test(purpose)

/** The network a visitor comes from: /24 of IPv4, /48 of IPv6. */
const networkOf = (ip: string): string => {
  const v4 = /(\d+\.\d+\.\d+)\.\d+$/.exec(ip)
  return v4 ? v4[1]! : ip.split(':').slice(0, 3).join(':')
}

/**
 * Where a short link leads, or undefined when there is none. A person's visit is counted, and the first of a device and day is told
 * (`qr.scanned`); what fails in counting never keeps anybody from the target.
 */
export const follow = async (app: App, code: string, visit: Visit): Promise<string | undefined> => {
  const piece = /^[0-9A-HJKMNP-TV-Z]{16}$/.test(code) ? await store.unscopedByCode(app.db, code) : undefined
  if (!piece) return undefined
  if (isPerson(visit))
    await countVisit(app, piece, visit).catch((error: Error) => app.log.error({ error: error.message }, 'QR scan not counted'))
  return piece.qr_url
}

const countVisit = (app: App, piece: store.Target, visit: Visit): Promise<void> =>
  app.db.tx(async db => {
    const { organization_id, livemode } = piece
    const at = await nowFor(app, db, organization_id, livemode)
    const day = at.toISOString().slice(0, 10)
    const device = createHmac('sha256', app.masterKey)
      .update(`qr|${day}|${networkOf(visit.ip)}|${visit.userAgent}`)
      .digest()
      .subarray(0, 16)
    const first = await store.count(db, piece, { day, device, at })
    if (!first) return
    const id = publicId('piece', piece.id)
    const order_id = piece.order_id && publicId('order', piece.order_id)
    const totals = await store.totals(db, organization_id, piece.id)
    const data = {
      id,
      piece_id: id,
      order_id,
      qr_url: piece.qr_url,
      scanned_at: at.toISOString(),
      scans: totals!.total,
      unique_scans: totals!.unique,
    }
    await record(db, [{ type: 'qr.scanned', organization_id, livemode, data, ...(livemode ? {} : { at }) }])
  })
