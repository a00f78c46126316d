/**
 * Production: a locked drop becomes jobs of its carrier. Each step is committed before the next begins and may be done again, so a crash
 * at any moment costs a repetition and never a second card: pieces are put into jobs, a job is rendered, written down as 'submitting',
 * given away, written down as 'submitted'.
 */
import { isTransient, untied } from '../../kernel/database/db.ts'
import { insist } from '../../kernel/database/insist.ts'
import { newId } from '../../kernel/ids.ts'
import type { App } from '../../platform.ts'
import type { Carrier, Job, Refused } from '../carriers/carrier.ts'
import { carrierFor, carriers } from '../carriers/index.ts'
import * as drops from '../drops/drops.sql.ts'
import { orderMoved } from '../orders/order-progress.ts'
import type { Tenant } from '../pieces/piece-states.ts'
import type { PieceRow } from '../pieces/pieces.sql.ts'
import { movePieces, type Step } from '../pieces/transitions.ts'
import { play } from '../sandbox/test-clock.sql.ts'
import * as store from './print-jobs.sql.ts'

/** Pieces handled together: one statement each for rows, events and money. */
const batch = 500
/** Hand-overs under way at once, for vendors who take pieces one by one. */
const atOnce = 8

/** Lease of a drop, renewed while production makes progress. The drops of a dead instance are requeued at once (jobs/recovery.ts). */
const leaseSeconds = 180
/** Without progress for this long the lease is not renewed. Longer than rendering a batch of pieces or one call to a carrier takes. */
const stillMs = 600_000
const retrySeconds = 60
/** Drops one process works on at once: rendering takes a core. */
const most = 2
let busy = 0

/** The job `post.produce`: every drop that waits, one after the other. What fails waits a minute; the clock asks again. */
export const produceDrops = async (app: App): Promise<void> => {
  // Those at work go on until nothing is left.
  if (busy >= most) return
  busy++
  try {
    while (!app.closing && (await produceNext(app)));
  } finally {
    busy--
  }
}

/** Works on the next drop, or on `only`. False when none waits. What goes wrong is logged, and kept with the job it went wrong with. */
export const produceNext = async (app: App, only: string | null = null): Promise<boolean> => {
  const { outages } = app.instance
  const drop = await drops.unscopedClaim(app.db, app.instance.id, only, leaseSeconds)
  if (!drop) return false
  const hold = keepDrop(app, drop)
  try {
    await produce(app, drop, hold)
    await hold.letGo(null)
  } catch (error) {
    app.log.warn({ drop: drop.id, error: (error as Error).message }, 'production of a drop did not succeed')
    const again = isTransient(error) && (await app.instance.wasAway(outages))
    await hold.letGo(again ? null : retrySeconds)
  } finally {
    hold.end()
  }
  return true
}

/** A lease on a drop. */
interface Hold {
  /** Reports progress. */
  moved(): void
  /** Called right before a hand-over to a carrier, which cannot be undone. Throws when the lease may be lost. */
  check(): void
  /** Ends the lease: the drop can be produced at once (null), or after this many seconds. */
  letGo(seconds: number | null): Promise<unknown>
  end(): void
}

const keepDrop = (app: App, drop: drops.DropRow): Hold => {
  let movedAt = performance.now()
  let until = movedAt + leaseSeconds * 1000
  const renew = async () => {
    if (performance.now() - movedAt > stillMs)
      return app.log.warn({ drop: drop.id }, 'production of a drop made no progress; its lease is not renewed')
    const askedAt = performance.now()
    if (await drops.lease(app.db, drop, leaseSeconds)) until = askedAt + leaseSeconds * 1000
    else until = 0
  }
  const renewal = setInterval(
    () =>
      void renew().catch(error => app.log.warn({ drop: drop.id, error: String(error) }, 'the lease of a drop was not renewed')),
    (leaseSeconds / 3) * 1000,
  )
  return {
    moved: () => {
      movedAt = performance.now()
    },
    check: () => {
      if (!app.instance.holds(drop.held_by!) || performance.now() > until)
        throw new Error('The lease of the drop may be lost; production stops here.')
    },
    letGo: seconds => {
      clearInterval(renewal)
      return insist(
        () => drops.lease(app.db, drop, seconds),
        () => app.closing,
      )
    },
    end: () => clearInterval(renewal),
  }
}

const produce = async (app: App, drop: drops.DropRow, hold: Hold): Promise<void> => {
  const carrier = drop.carrier ? carriers[drop.carrier]! : carrierFor(app, drop.livemode)
  if (!(await begin(app, drop, carrier))) return
  await assign(app, drop, carrier, hold)
  await submitAll(app, drop, carrier, hold)
  if (!drop.livemode) await play(app.db, drop.organization_id)
}

/** When production happens: in the sandbox at the moment the drop locked, however far the clock was moved at once. */
const momentOf = (app: App, drop: drops.DropRow): Date => (drop.livemode ? app.clock.now() : drop.lock_at)

const tenantOf = (drop: drops.DropRow): Tenant => ({ org: drop.organization_id, livemode: drop.livemode })

/** False when everything in it was cancelled. */
const begin = (app: App, drop: drops.DropRow, carrier: Carrier): Promise<boolean> =>
  app.db.tx(async db => {
    const org = drop.organization_id
    const empty = await drops.cancelEmpty(db, org, drop.id)
    const started = !empty && (await drops.start(db, org, drop.id, carrier.name, momentOf(app, drop)))
    if (drop.order_id && (empty || started)) await orderMoved(app, db, tenantOf(drop), drop.order_id)
    return !empty
  })

const assign = async (app: App, drop: drops.DropRow, carrier: Carrier, hold: Hold): Promise<void> => {
  const { pieces_per_job } = carrier.capabilities()
  const next = () =>
    store.assign(app.db, drop.organization_id, { id: newId(), dropId: drop.id, carrier: carrier.name, most: pieces_per_job })
  while ((await next()) > 0) hold.moved()
}

/** Every open job once; what fails does not hold up the others. */
const submitAll = async (app: App, drop: drops.DropRow, carrier: Carrier, hold: Hold): Promise<void> => {
  const failures: unknown[] = []
  let after: string | null = null
  for (;;) {
    const jobs: store.PrintJobRow[] = await store.open(app.db, drop.organization_id, drop.id, after, atOnce)
    if (jobs.length === 0) break
    await Promise.all(
      jobs.map(job =>
        submit(app, drop, carrier, job, hold).catch(async (error: Error) => {
          failures.push(error)
          await store.trouble(app.db, drop.organization_id, job.id, error.message)
        }),
      ),
    )
    hold.moved()
    after = jobs.at(-1)!.id
  }
  if (failures.length > 0) throw failures[0]
}

/** One job: render, write down, give away, write down. */
const submit = async (app: App, drop: drops.DropRow, carrier: Carrier, row: store.PrintJobRow, hold: Hold): Promise<void> => {
  const org = drop.organization_id
  const [first] = await store.pieces(app.db, org, row.id, null, 1)
  if (!first) return void (await store.failed(app.db, org, row.id, 'Nothing in it can be printed.'))
  const pieces = () => batchesOf(app, org, row.id, hold)
  const job: Job = {
    id: row.id,
    org,
    livemode: row.livemode,
    dropId: drop.id,
    mailDate: drop.mail_date,
    uncertain: row.state === 'submitting',
    reprint: row.reprint,
    createdAt: row.created_at,
    kind: first.kind,
    size: first.size,
    count: row.piece_count,
    pieces,
  }
  const at = momentOf(app, drop)
  const prepared = await carrier.prepare(app, job)
  await fail(app, drop, prepared.refused, at)
  await moveAll(app, drop, pieces, { to: 'rendered', at })
  if (!(await store.pieces(app.db, org, row.id, null, 1)).length)
    return void (await store.failed(app.db, org, row.id, 'Nothing in it can be printed.'))
  hold.check()
  await store.submitting(app.db, org, row.id)
  hold.check()
  const { reference, refused = [] } = await prepared.handOver()
  await fail(app, drop, refused, at)
  const single = carrier.capabilities().pieces_per_job === 1
  await moveAll(app, drop, pieces, { to: 'queued', at, ...(single ? { carrierReference: reference } : {}) })
  await store.submitted(app.db, org, row.id, reference)
}

async function* batchesOf(app: App, org: string, jobId: string, hold: Hold): AsyncGenerator<PieceRow[]> {
  let after: string | null = null
  for (;;) {
    const rows: PieceRow[] = await store.pieces(app.db, org, jobId, after, batch)
    hold.moved()
    if (rows.length === 0) return
    yield rows
    after = rows.at(-1)!.id
  }
}

const moveAll = async (app: App, drop: drops.DropRow, pieces: () => AsyncIterable<PieceRow[]>, step: Step): Promise<void> => {
  for await (const rows of pieces())
    await untied(() => app.db.tx(db => movePieces(app, db, tenantOf(drop), new Map(rows.map(({ id }) => [id, [step]])))))
}

const fail = async (app: App, drop: drops.DropRow, refused: readonly Refused[], at: Date): Promise<void> => {
  for (let i = 0; i < refused.length; i += batch) {
    const steps = refused
      .slice(i, i + batch)
      .map(({ pieceId, code, message }): [string, Step[]] => [pieceId, [{ to: 'failed', at, failure: { code, message } }]])
    await untied(() => app.db.tx(db => movePieces(app, db, tenantOf(drop), new Map(steps))))
  }
}
