/** Daily caps: how many mails an inbox may have accepted per UTC day. What is rejected or held counts from its acceptance on. */
import type { Db } from '../../kernel/database/db.ts'
import type { App } from '../../platform.ts'
import { type Problem, problem } from '../../problems.ts'
import * as store from './caps.sql.ts'

/** A mail that wants in. `cap`: null for no limit. */
export interface Wanting {
  inbox_id: string
  livemode: boolean
  cap: number | null
}

export interface Room {
  /** The refusal, when the cap of the mail's inbox is reached. */
  refusal(mail: Wanting): Problem | undefined
  /** Counts a mail that is accepted. */
  take(mail: Wanting): void
  save(): Promise<void>
}

const nameOf = ({ inbox_id, livemode }: { inbox_id: string; livemode: boolean }) => `${inbox_id} ${livemode}`
const dayMs = 86_400_000

/** Locks the counts of these mails' inboxes, so that no race gets past a cap; `save` within the same transaction. */
export const roomFor = async (app: App, db: Db, mails: Wanting[]): Promise<Room> => {
  const now = app.clock.now()
  const day = now.toISOString().slice(0, 10)
  const capped = mails.filter(mail => mail.cap !== null).map(({ inbox_id, livemode }) => ({ inbox_id, livemode }))
  const rows = capped.length > 0 ? await store.unscopedLock(db, capped, day) : []
  const counts = new Map(rows.map(row => [nameOf(row), row]))
  return {
    refusal: mail => {
      if (mail.cap === null || counts.get(nameOf(mail))!.accepted < mail.cap) return undefined
      return problem('held_limit', { what: 'inbox', retry_after: Math.ceil((dayMs - (now.getTime() % dayMs)) / 1000) })
    },
    take: mail => {
      if (mail.cap !== null) counts.get(nameOf(mail))!.accepted++
    },
    save: async () => {
      if (rows.length > 0) await store.unscopedSave(db, rows, day)
    },
  }
}
