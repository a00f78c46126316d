import type { App } from '../app.ts'
import { unscopedForget } from '../email/caps.sql.ts'
import * as store from './prune.sql.ts'

/** Bounded batches, so that a night's backlog never holds locks for long. */
export const prune = async (app: App): Promise<void> => {
  const now = app.clock.now().getTime()
  const day = 86_400_000
  await store.unscopedOldIdempotencyKeys(app.db, new Date(now - day))
  await unscopedForget(app.db, new Date(now - 2 * day).toISOString().slice(0, 10))
  await store.unscopedOldWebhookAttempts(app.db, new Date(now - 30 * day))
}
