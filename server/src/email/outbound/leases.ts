/**
 * What this process holds of the queue: it looks whose mail waits, takes a fair share of it under a lease, keeps the lease while
 * the mail is provably under way, and gives back what it did not get to. When a process dies, other instances requeue its mail within
 * seconds (jobs/recovery.ts); when it runs and a mail makes no progress, the lease expires.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { coalesce } from '../../kernel/database/batch.ts'
import { troubleOf } from '../../kernel/database/db.ts'
import { insist } from '../../kernel/database/insist.ts'
import { listen } from '../../kernel/database/listen.ts'
import type { App } from '../../platform.ts'
import type { Claimed } from './deliver.sql.ts'
import * as store from './deliver.sql.ts'
import type { Lanes } from './lanes.ts'

/** Mail without progress is requeued after at most this long plus a sweep. Leases are renewed three times as often. */
const leaseMs = 60_000
const sweepMs = 10_000
/** How often to look without being told to: retries become due, and hints can be lost. */
const idleMs = 500
/** Between two looks while mail is in hand, so that a claim takes dozens of mails and not one. */
const busyMs = 25
/** Before going on to the next lines, when there was nothing to take from these. */
const strideMs = 5
/** When the database does not answer. */
const troubledMs = 250
const firstOrganization = '00000000-0000-0000-0000-000000000000'
const mostForward = 1000

/**
 * The steps of a delivery, and the longest time in ms without progress before it counts as stuck. Every wait in a step has its own
 * time-out, so reaching one of these limits is a bug. The longest wait: 21 minutes to connect to one address of a server that uses up each
 * time-out of RFC 5321.
 */
const longestMs = { route: 300_000, turn: 1_800_000, load: 1_800_000, 'hand over': 1_800_000, record: 600_000 } as const
export type Step = keyof typeof longestMs

export interface Claims {
  /** Look soon: there is mail, or room. */
  wake(): void
  /** Whether the delivery is still ours to send; asked last before the mail goes out. */
  holds(delivery: Claimed): boolean
  /** Whether the lease exists: the delivery was neither recorded nor given back, and is not stuck. */
  isHeld(delivery: Claimed): boolean
  /** Reports progress: within the current step, or to another one. */
  moved(delivery: Claimed, step?: Step): void
  /** Resolves when a delivery is stuck: its lease is not renewed any more, and its work must not be awaited. */
  stuck(delivery: Claimed): Promise<undefined>
  /** It was recorded: the lease is over. */
  letGo(delivery: Claimed): void
  /** It was not attempted: it goes back into line. Never rejects. */
  giveBack(delivery: Claimed): Promise<void>
  /** Takes nothing more. */
  stop(): Promise<void>
  /** Ends the leases: what is still held goes back. */
  close(): Promise<void>
}

interface Lease {
  delivery: Claimed
  until: number
  step: Step
  movedAt: number
  stuck(): void
}

/** @param begin is given each delivery once, when it is claimed */
export const startClaiming = (app: App, lanes: Lanes, begin: (delivery: Claimed) => void): Claims => {
  /** Until when each delivery is ours, on this machine's steady clock: a process that was stopped for a while must not trust it. */
  const leases = new Map<string, Lease>()
  const after = { organization: firstOrganization, lanes: {} as Record<string, string> }
  let open = true
  let rung = false
  let ring = () => {}
  const wake = () => {
    rung = true
    ring()
  }
  const sleep = async (ms: number) => {
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, rung ? 0 : ms)
      ring = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    rung = false
  }

  /** Where the next look goes on: organization by organization, and in each behind the destination of the last time round. */
  let nextRound: Record<string, string> = {}
  const moveOn = (rows: { organization_id: string; lane: string | null }[]): boolean => {
    const organizations = Map.groupBy(rows, ({ organization_id }) => organization_id)
    const most = Math.floor(store.lookMost.lines / organizations.size)
    for (const [organization, found] of organizations) if (found.length === most) nextRound[organization] = found.at(-1)!.lane!
    if (organizations.size === store.lookMost.organizations) {
      after.organization = rows.at(-1)!.organization_id
      return false
    }
    after.organization = firstOrganization
    after.lanes = nextRound
    nextRound = {}
    return Object.keys(after.lanes).length === 0
  }

  /** One look at the queue; says how long to wait before the next: at most idleMs, and that only unless woken. */
  const look = async (): Promise<number> => {
    const instance = app.instance.id
    if (!app.instance.holds(instance)) return strideMs // a new lease might already be lost
    const rows = await store.unscopedLines(app.db, after)
    const sawAll = moveOn(rows)
    const wanted = lanes.share(rows.flatMap(({ organization_id, lane }) => (lane === null ? [] : [{ organization_id, lane }])))
    if (wanted.length === 0) return sawAll ? idleMs : strideMs
    const claimedAt = performance.now()
    const claimed = await store.unscopedClaim(app.db, wanted, {
      instance,
      now: app.clock.now(),
      leaseMs,
      mailDomain: app.config.MAIL_DOMAIN,
    })
    for (const delivery of claimed) {
      leases.set(delivery.id, { delivery, until: claimedAt + leaseMs, step: 'route', movedAt: claimedAt, stuck: () => {} })
      begin(delivery)
    }
    if (claimed.length > 0) return busyMs
    return sawAll ? idleMs : strideMs
  }

  const run = async () => {
    let sweepAt = 0
    let forwardAt = 0
    while (open) {
      let pause: number
      try {
        const now = performance.now()
        if (now >= sweepAt) {
          const taken = await store.unscopedTakeOver(app.db)
          if (taken.length > 0) app.log.warn({ deliveries: taken.length }, 'deliveries without progress were requeued')
          sweepAt = now + sweepMs
        }
        if (now >= forwardAt && (await store.unscopedBringForward(app.db, app.clock.now(), mostForward)) < mostForward)
          forwardAt = now + idleMs
        pause = await look()
      } catch (error) {
        if (troubleOf(error) !== 'lost')
          app.log.warn({ error: String(error) }, 'the queue of outgoing mail could not be read; trying again')
        await delay(troubledMs)
        continue
      }
      if (pause === idleMs) await sleep(idleMs)
      if (lanes.inHand() > 0) await delay(busyMs)
      else if (pause < idleMs) await delay(pause)
    }
  }

  /** Drops the leases of deliveries without progress. */
  const dropStuck = () => {
    for (const [id, { delivery, step, movedAt, stuck }] of leases) {
      const silent = performance.now() - movedAt
      if (silent < longestMs[step]) continue
      app.log.error(
        { delivery: id, attempts: delivery.attempts, step, seconds: Math.round(silent / 1000) },
        'a delivery made no progress; its lease is not renewed',
      )
      leases.delete(id)
      stuck()
    }
  }
  const renew = async () => {
    dropStuck()
    const due = [...leases.values()].filter(({ until }) => until - performance.now() < (leaseMs * 2) / 3)
    if (due.length === 0) return
    const askedAt = performance.now()
    const kept = await store.unscopedKeep(
      app.db,
      due.map(({ delivery }) => delivery),
      leaseMs,
    )
    const ours = new Set(kept.map(({ id }) => id))
    for (const lease of due) lease.until = ours.has(lease.delivery.id) ? askedAt + leaseMs : 0
  }
  const renewing = setInterval(() => {
    renew().catch(error => app.log.warn({ error: String(error) }, 'leases of outgoing mail could not be renewed'))
  }, leaseMs / 6)

  const release = coalesce<Claimed, undefined>(
    deliveries => store.unscopedRelease(app.db, deliveries).then(() => deliveries.map(() => undefined)),
    { maxItems: 500, concurrency: 1 },
  )
  /** The same delivery may have come back to us under a new lease. */
  const isHeld = (delivery: Claimed) => leases.get(delivery.id)?.delivery === delivery
  const letGo = (delivery: Claimed) => {
    if (isHeld(delivery)) leases.delete(delivery.id)
  }
  let closed = false
  const giveBack = async (delivery: Claimed): Promise<void> => {
    letGo(delivery)
    await insist(
      () => release(delivery),
      () => closed,
    ).catch(error =>
      app.log.warn({ error: String(error) }, 'a delivery was not given back; others take it over when its lease ends'),
    )
  }

  app.bus.on('deliveries', wake)
  const listening = listen(app.db, 'deliveries', wake)
  const running = run()
  return {
    wake,
    holds: delivery =>
      isHeld(delivery) && leases.get(delivery.id)!.until > performance.now() && app.instance.holds(delivery.held_by),
    isHeld,
    moved: (delivery, step) => {
      if (!isHeld(delivery)) return
      const lease = leases.get(delivery.id)!
      lease.movedAt = performance.now()
      if (step) lease.step = step
    },
    stuck: delivery =>
      new Promise(resolve => {
        if (isHeld(delivery)) leases.get(delivery.id)!.stuck = () => resolve(undefined)
      }),
    letGo,
    giveBack,
    stop: async () => {
      open = false
      app.bus.off('deliveries', wake)
      wake()
      await Promise.all([running, listening.close()])
    },
    close: async () => {
      closed = true
      clearInterval(renewing)
      await Promise.all([...leases.values()].map(({ delivery }) => giveBack(delivery)))
    },
  }
}
