/**
 * Recovery: requeues the work of instances that died. This page lists every kind of work that a process holds for longer than one
 * transaction. Work inside one transaction (search indexing, imports, the sandbox's reports) is rolled back by PostgreSQL itself.
 */

import { unscopedFree as freeDeliveries } from '../email/outbound/deliver.sql.ts'
import type { Db } from '../kernel/database/db.ts'
import * as instances from '../kernel/instances/instance.sql.ts'
import { graceMs, type Suspect } from '../kernel/instances/instance.ts'
import type { App } from '../platform.ts'
import { unscopedFree as freeDrops } from '../post/drops/drops.sql.ts'
import { freeAttempts } from '../webhooks/dispatch.ts'
import { unscopedFreeJobs } from './recovery.sql.ts'

/** Longest wait for a row lock of the dead process's last transaction, which was terminated; the next heartbeat tries again. */
const lockMs = 2000

/** A new kind of work with a lease must be added here. Returns how many of each kind were requeued. */
const freeAll = async (app: App, db: Db, instance: number, jobPools: string[]): Promise<Record<string, number>> => ({
  deliveries: await freeDeliveries(db, instance),
  webhooks: await freeAttempts(db, instance, app.clock.now()),
  drops: await freeDrops(db, instance),
  // last: a job that runs at once must find its rows released
  jobs: await unscopedFreeJobs(db, jobPools),
})

/** Checks the other instances after every heartbeat of this one. */
export const startRecovery = (app: App): { close(): Promise<void> } => {
  const { instance, log } = app
  /** When each lock was first seen released, on this machine's monotonic clock. */
  const since = new Map<number, number>()
  let working: Promise<void> | undefined

  const end = async (suspect: Suspect): Promise<void> => {
    await instances.unscopedEndSessions(app.db, suspect.name)
    const freed = await app.db.tx(async db => {
      await instances.unscopedHurry(db, lockMs)
      const gone = await instances.unscopedTake(db, suspect.id)
      if (!gone) return undefined
      const counts = await freeAll(app, db, gone.id, gone.job_pools)
      await instances.unscopedLeave(db, gone.id)
      return counts
    })
    if (!freed) return
    instance.clear(suspect)
    log.warn({ instance: suspect.id, ...freed }, 'an instance died; its work was requeued')
    app.bus.emit('deliveries')
  }
  const look = async (suspects: readonly Suspect[]): Promise<void> => {
    const ids = new Set(suspects.map(({ id }) => id))
    for (const id of since.keys()) if (!ids.has(id)) since.delete(id)
    const now = performance.now()
    for (const suspect of suspects) {
      const first = since.get(suspect.id) ?? now
      since.set(suspect.id, first)
      if (now - first < graceMs && !instance.isProvenGone(suspect)) continue
      await end(suspect).catch(error =>
        log.warn({ instance: suspect.id, error: String(error) }, 'the work of an instance that died was not requeued yet'),
      )
    }
  }
  const begin = (suspects: readonly Suspect[]) => {
    working ??= look(suspects).finally(() => {
      working = undefined
    })
  }
  const offBeat = instance.onBeat(begin)
  begin(instance.suspects) // after a restart: the predecessor, at once
  // During an outage no instance could hold its lock.
  const offReturn = instance.onReturn(() => since.clear())
  return {
    close: async () => {
      offBeat()
      offReturn()
      await working
    },
  }
}
