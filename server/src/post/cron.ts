/** What printed mail does by the clock, once a minute: drops lock, sandboxes play, print shops have answered, what was given up is asked for again. */
import type { App } from '../platform.ts'
import { readReturns } from './carriers/hot-folder-returns.ts'
import * as drops from './drops/drops.sql.ts'
import * as clock from './sandbox/test-clock.sql.ts'
import * as tracking from './tracking/tracking.sql.ts'

const keepFeedsMs = 90 * 86_400_000

/** The job `post.tick`. Each part is safe to repeat and to run twice at once. */
export const tickPost = async (app: App): Promise<void> => {
  const now = app.clock.now()
  await clock.unscopedSetGoing(app.db, now)
  await drops.unscopedLockDue(app.db, now, null)
  await drops.produce(app.db)
  for (const { organization_id } of await clock.unscopedDue(app.db, now)) await clock.play(app.db, organization_id)
  await readReturns(app)
  await tracking.unscopedForget(app.db, new Date(now.getTime() - keepFeedsMs))
}
