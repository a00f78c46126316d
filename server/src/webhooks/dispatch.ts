/**
 * Delivers what is due to whom it is due: claim, post, record, each in batches. A delivery is claimed by a lease, so that a
 * process that dies between POST and record leaves it to the next one, which posts it again under the same id.
 * `webhook_deliveries` is the queue itself: there is no second truth about when a delivery is tried next.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { record } from '../events/events.sql.ts'
import { mayRead } from '../events/events.ts'
import { coalesce } from '../kernel/database/batch.ts'
import { type Db, troubleOf } from '../kernel/database/db.ts'
import { insist } from '../kernel/database/insist.ts'
import { publicId } from '../kernel/ids.ts'
import type { App } from '../platform.ts'
import { attempt, deadlineMs } from './attempt.ts'
import * as store from './dispatch.sql.ts'
import { createLanes } from './endpoint-lanes.ts'

/** An endpoint that has been failing for so long, without one success, is switched off. */
const giveUpMs = 5 * 86_400_000
/** Longer than an attempt, its wait in a lane and its recording together. */
const leaseMs = 60_000
/** Claimed or recorded with one statement. */
const maxBatch = 200
/** Bounds memory: events under way or waiting in lanes. */
const maxInHand = 2000
/** How long until the next look: soon for a second after there was something, less often when it is quiet. */
const pauseMs = { busy: 10, idle: 50, broken: 250 }
const busyMs = 1000
/** What is under way at closing has this long to finish. */
const closingMs = 5000

export interface WebhookWorker {
  /** Lets what is under way finish, within a bound. What was not attempted stays due. */
  close(): Promise<void>
}

/** Claims from now on are good for this long. */
export const lease = (app: App): store.Lease => {
  const now = app.clock.now()
  return { instance: app.instance.id, now, leasedUntil: new Date(now.getTime() + leaseMs) }
}

/** Requeues what a dead instance had claimed. */
export const freeAttempts = (db: Db, instance: number, now: Date): Promise<number> =>
  store.unscopedFree(db, instance, { now, horizon: new Date(now.getTime() + 2 * leaseMs) })

export const startWebhooks = (app: App): WebhookWorker => {
  const closing = new AbortController()
  const cut = new AbortController()
  const recorder = coalesce<Made, undefined>(
    made => recordAttempts(app, app.db, made).then(() => made.map(() => undefined)),
    batches,
  )
  const sendBack = coalesce<store.Postponed, undefined>(
    late => store.unscopedPostpone(app.db, late).then(() => late.map(() => undefined)),
    batches,
  )
  const lost = (error: unknown) =>
    app.log.warn({ error: String(error) }, 'webhook deliveries not written down; they are due again when their lease ends')

  /** Both writes are fenced: repeated, they change nothing. */
  const surely = (write: () => Promise<undefined>) => void insist(write, () => cut.signal.aborted).catch(lost)
  const giveBack = ({ id, attempts, held_by }: store.Claimed, until: Date) =>
    surely(() => sendBack({ id, attempts, held_by, until }))

  const begin = async (delivery: store.Claimed): Promise<number | undefined> => {
    if (app.clock.now().getTime() > delivery.leased_until.getTime() - deadlineMs) return undefined // it is somebody else's soon
    if (!app.instance.holds(delivery.held_by)) {
      giveBack(delivery, app.clock.now())
      return undefined
    }
    const made = await attempt(app, delivery, cut.signal).catch(() => undefined)
    if (made) surely(() => recorder({ delivery, made }))
    return made?.duration_ms
  }
  const lanes = createLanes({
    now: () => app.clock.now(),
    begin,
    sendBack: giveBack,
  })

  let lastFound = 0
  /** Takes what is due. Resolves with how long to wait before looking again. */
  const takeDue = async (): Promise<number> => {
    const limit = Math.min(maxBatch, maxInHand - lanes.inHand())
    const claimed = limit > 0 ? await store.unscopedClaim(app.db, { ...lease(app), limit }) : []
    const off = claimed.filter(isOff).map(({ id }) => id)
    if (off.length > 0) await store.unscopedGiveUp(app.db, off)
    for (const delivery of claimed) if (!isOff(delivery)) lanes.take(delivery)
    if (claimed.length === maxBatch) return 0
    if (claimed.length > 0) lastFound = performance.now()
    return performance.now() - lastFound < busyMs ? pauseMs.busy : pauseMs.idle
  }

  const run = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      const pause = await takeDue().catch(error => {
        if (troubleOf(error) !== 'lost') app.log.warn({ error: String(error) }, 'webhook deliveries could not be claimed')
        return pauseMs.broken
      })
      await delay(pause, undefined, { signal: closing.signal }).catch(() => {})
    }
  }
  const running = run()

  return {
    close: async () => {
      closing.abort()
      await running
      lanes.clear()
      for (let waited = 0; lanes.inHand() > 0 && waited < closingMs; waited += 20) await delay(20)
      cut.abort(new Error('the server is closing'))
      await Promise.all([recorder.drain(), sendBack.drain()])
    },
  }
}

const batches = { maxItems: maxBatch, concurrency: 1 }

/**
 * Its endpoint was switched off, or set up anew by a key that may not read this, after the event was recorded. A test is made on any
 * endpoint.
 */
const isOff = ({ enabled, scopes, type }: store.Claimed): boolean =>
  type !== 'webhook.test' && (!enabled || !mayRead(new Set(scopes), type))

/** An attempt and what it was an attempt at. */
export interface Made {
  delivery: store.Claimed
  made: store.AttemptRow
}

/** Writes attempts down, with what follows for deliveries and endpoints. */
export const recordAttempts = async (app: App, db: Db, batch: Made[]): Promise<void> => {
  const attempts = batch.map(({ made }) => made)
  const health = healthOf(batch)
  // The common case, all well at healthy endpoints, is one statement that commits by itself.
  if (health.length === 0) await store.unscopedRecord(db, attempts)
  else
    await db.tx(async tx => {
      await store.unscopedRecord(tx, attempts)
      await judge(tx, health, app.clock.now())
    })
  for (const { state } of attempts) app.metrics.webhooks.inc({ outcome: state })
}

/** Switches off endpoints that are gone or failed for too long; others of the organization hear of it. */
const judge = async (db: Db, health: store.Health[], now: Date): Promise<void> => {
  const off = await store.unscopedHealth(db, health, { now, giveUp: new Date(now.getTime() - giveUpMs) })
  for (const endpoint of off) await store.giveUpAll(db, endpoint.organization_id, endpoint.id)
  await record(
    db,
    off.map(({ id, organization_id, livemode, name, url, disabled_reason }) => ({
      type: 'webhook.disabled',
      organization_id,
      livemode,
      data: { id: publicId('webhook', id), name, url, disabled_reason },
    })),
  )
}

/**
 * Endpoints whose health may change by this batch: those that failed now, or had been failing. Tests say nothing of it, since
 * they are made while an endpoint is being set up.
 */
const healthOf = (batch: Made[]): store.Health[] => {
  const health = new Map<string, store.Health>()
  for (const { delivery, made } of batch) {
    const ok = made.state === 'delivered'
    if (delivery.type === 'webhook.test' || (ok && !delivery.failing)) continue
    const before = health.get(delivery.endpoint_id)
    health.set(delivery.endpoint_id, {
      endpoint_id: delivery.endpoint_id,
      ok: ok || before?.ok === true,
      gone: made.status === 410 || before?.gone === true,
    })
  }
  return [...health.values()]
}
