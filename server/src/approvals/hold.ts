/**
 * Hold: what is sent, printed or bought with a key under hold goes nowhere until somebody approves it. Whatever leaves or costs comes through
 * here. To add such a thing (a campaign, say): ask `isHeld` before it is let go; keep it in a state from which nothing takes it;
 * call `hold` in the same transaction; write how it goes on and how it ends as a HeldThing, and enter that in kinds.ts.
 */
import { linkMs } from '../accounts/links.ts'
import type { Db } from '../kernel/database/db.ts'
import { newId } from '../kernel/ids.ts'
import { queue } from '../notifications/notices.sql.ts'
import type { Context } from '../operation.ts'
import type { App } from '../platform.ts'
import * as store from './approvals.sql.ts'
import type { Held, HeldKind } from './held-thing.ts'

/** Whether what this caller lets go waits for approval. */
export const isHeld = ({ key }: Pick<Context, 'key'>): boolean => key?.hold ?? false

/**
 * Notes that a thing waits, in the transaction that puts it into its waiting state; the owner is mailed once that is committed.
 * @param thing `hash` of its exact content; `cost` what it has cost or will, in mills
 */
export const hold = async (app: App, db: Db, thing: Held & { kind: HeldKind; hash: Buffer; cost: number }): Promise<void> => {
  const { kind, id, org, livemode, hash, cost } = thing
  const expiresAt = new Date(app.clock.now().getTime() + linkMs)
  await store.insert(db, org, { kind, subjectId: id, livemode, hash, cost, expiresAt })
  if (livemode) await queue(db, 'approvals.ask', { id: newId(), organization: org, subject: id })
}

/** It was cancelled, and is nothing to decide about any more. Call it before the thing itself is locked, as decisions lock. */
export const withdraw = (app: App, db: Db, { org, id }: Pick<Held, 'org' | 'id'>, by: string) =>
  store.decide(db, org, { subjectId: id, state: 'withdrawn', by, now: app.clock.now() })
