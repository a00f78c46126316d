/** Plays what the simulated carrier planned, in the order of the organization's own clock: his reports, and scans through the real ingest. */
import { type Db, untied } from '../../kernel/database/db.ts'
import type { App } from '../../platform.ts'
import { unscopedLockDue } from '../drops/drops.sql.ts'
import type { PieceStatus } from '../pieces/piece-states.ts'
import { movePieces, type Step } from '../pieces/transitions.ts'
import { readIvMtr } from '../tracking/scans.ts'
import * as feeds from '../tracking/tracking.sql.ts'
import { applyReports } from '../tracking/tracking.ts'
import * as store from './test-clock.sql.ts'
import { mostAheadMs, nowFor } from './test-clock.ts'

const batch = 500

type Due = Awaited<ReturnType<typeof store.takeDue>>

/** The job `post.sandbox`: everything that is due, in order. In a sandbox that runs fast it comes again when the next thing is due. */
export const playSandbox = async (app: App, { organization_id: org }: { organization_id: string }): Promise<void> => {
  await unscopedLockDue(app.db, app.clock.now(), org)
  while ((await playSome(app, org)) === batch);
  await store.playNext(app.db, org, app.clock.now(), mostAheadMs)
}

const playSome = (app: App, org: string): Promise<number> =>
  untied(() =>
    app.db.tx(async db => {
      // Two at once would tell the end before the beginning.
      await store.lock(db, org)
      const due = await store.takeDue(db, org, await nowFor(app, db, org, false), batch)
      // All pieces at once, in their order: production moves the same ones, and must not wait for one while it holds another.
      await feeds.holdPieces(
        db,
        org,
        false,
        due.map(({ piece_id }) => piece_id),
      )
      for (const run of runs(due)) await tell(app, db, org, run)
      return due.length
    }),
  )

const ofCarrier = (due: Due[number]): boolean => 'status' in due.scan

/** Neighbours of the same kind go together. */
const runs = (due: Due): Due[] => {
  const found: Due[] = []
  for (const one of due) {
    const run = found.at(-1)
    if (run && ofCarrier(run[0]!) === ofCarrier(one)) run.push(one)
    else found.push([one])
  }
  return found
}

const tell = async (app: App, db: Db, org: string, run: Due): Promise<void> => {
  if (ofCarrier(run[0]!)) {
    const wanted = new Map<string, Step[]>()
    for (const { piece_id, due_at, scan } of run) {
      const step: Step = { to: scan.status as PieceStatus, at: due_at }
      if (step.to === 'failed') step.failure = { code: 'print_fail', message: 'The press spoiled it.' }
      wanted.set(piece_id, [...(wanted.get(piece_id) ?? []), step])
    }
    await movePieces(app, db, { org, livemode: false }, wanted)
    return
  }
  const body = Buffer.from(JSON.stringify({ recCnt: run.length, events: run.map(({ scan }) => scan) }))
  const received = run.at(-1)!.due_at
  await feeds.receiveRead(db, 'simulated', body, received)
  await applyReports(app, db, 'simulated', readIvMtr(body, received))
}
