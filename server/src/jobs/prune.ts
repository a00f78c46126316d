/** What is kept for a time only: answers of Idempotency-Keys a day, attempts at webhooks thirty, events and their deliveries EVENT_DAYS. */
import { unscopedForget } from '../email/policy/caps.sql.ts'
import { firstIdAt } from '../kernel/ids.ts'
import type { App } from '../platform.ts'
import * as store from './prune.sql.ts'

export const prune = async (app: App): Promise<void> => {
  const { db, config } = app
  const daysAgo = (days: number) => new Date(app.clock.now().getTime() - days * 86_400_000)
  const oldEvents = firstIdAt(daysAgo(config.EVENT_DAYS))
  await all(() => store.unscopedOldIdempotencyKeys(db, daysAgo(1)))
  await unscopedForget(db, daysAgo(2).toISOString().slice(0, 10))
  await all(() => store.unscopedOldWebhookAttempts(db, daysAgo(30)))
  await all(() => store.unscopedLongAwaited(db, daysAgo(30)))
  await all(() => store.unscopedOldDeliveries(db, oldEvents))
  await all(() => store.unscopedOldEvents(db, oldEvents))
}

const all = async (removeBatch: () => Promise<number>): Promise<void> => {
  while ((await removeBatch()) === store.batch);
}
