/**
 * Takes over from processes that are gone. Every kind of work that somebody has in hand, on one page: what is freed here is with the
 * living a moment later. What is done within one transaction (search indexing, imports, the sandbox's reports) PostgreSQL frees by itself.
 */

import { unscopedFree as freeDeliveries } from '../email/outbound/deliver.sql.ts'
import type { Db } from '../kernel/database/db.ts'
import * as instances from '../kernel/instances/instance.sql.ts'
import { graceMs, type Suspect } from '../kernel/instances/instance.ts'
import type { App } from '../platform.ts'
import { unscopedFree as freeDrops } from '../post/drops/drops.sql.ts'
import { freeAttempts } from '../webhooks/dispatch.ts'
import { unscopedFreeJobs } from './recovery.sql.ts'

/** Rows a dead process's last transaction still holds: it was told to end, and is asked again at the next beat. */
const lockMs = 2000

/** What it frees. Whoever adds a kind of work that one process holds for a while adds it here. */
const freeAll = async (app: App, db: Db, instance: number, jobPools: string[]): Promise<Record<string, number>> => ({
  deliveries: await freeDeliveries(db, instance),
  webhooks: await freeAttempts(db, instance, app.clock.now()),
  drops: await freeDrops(db, instance),
  // last, so that a job which is run at once finds what it works on free
  jobs: await unscopedFreeJobs(db, jobPools),
})

/** Watches over the other processes for as long as this one lives. */
export const startRecovery = (app: App): { close(): Promise<void> } => {
  const { instance, log } = app
  /** Since when each lock has been seen free, on this machine's steady clock. */
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
    log.warn({ instance: suspect.id, ...freed }, 'what a process that is gone had in hand was freed')
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
        log.warn({ instance: suspect.id, error: String(error) }, 'what a process that is gone had in hand was not freed yet'),
      )
    }
  }
  const begin = (suspects: readonly Suspect[]) => {
    working ??= look(suspects).finally(() => {
      working = undefined
    })
  }
  const offBeat = instance.onBeat(begin)
  begin(instance.suspects) // a restart finds its predecessor at once
  // While the database was away nobody could hold a lock.
  const offReturn = instance.onReturn(() => since.clear())
  return {
    close: async () => {
      offBeat()
      offReturn()
      await working
    },
  }
}
