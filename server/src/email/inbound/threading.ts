/**
 * Which thread a mail belongs to (RFC 5322 §3.6.4), in whatever order a conversation arrives. A mail joins the thread of what it
 * cites; where that is not there yet, its thread waits for it: who cites the same joins, and when the awaited mail comes, it joins
 * too. If that mail belongs to another thread by what it cites itself, the waiting one becomes part of it, but only when the first
 * mail of the waiting thread asked for it: nobody ties two conversations of others together by citing both.
 */
import type { Db } from '../../kernel/database/db.ts'
import { newId } from '../../kernel/ids.ts'
import type { Letter } from './inbox-copy.ts'
import type { ThreadRow } from './local-delivery.sql.ts'
import * as store from './threading.sql.ts'

export interface Threading {
  of: Map<Letter, string>
  /** Threads to make, or to add to. */
  rows: ThreadRow[]
  /** Awaiting, merging and renaming, once the messages and `rows` are written. */
  finish(db: Db): Promise<void>
}

/** Of one mail no more are awaited: the one it answers, the beginning and the end of References. */
const mostAwaited = 10

/** The threads of these letters, whose inboxes must be locked. Letters filed together may answer each other. */
export const thread = async (db: Db, letters: Letter[]): Promise<Threading> => {
  const cited = letters.flatMap(({ message }) => citations(message).map(id => named(message, id)))
  const [known, awaited] = await Promise.all([store.unscopedKnown(db, cited), store.unscopedAwaited(db, cited)])
  const there = new Map(known.map(row => [nameOf(row), row.thread_id]))
  const waiting = new Map(awaited.map(({ thread_id, founding, ...name }) => [nameOf(name), { thread_id, founding }]))
  const merged = new Map<string, string>()
  const now = (id: string): string => merged.get(id) ?? id
  const rows = new Map<string, ThreadRow>()
  const of = new Map<Letter, string>()
  const come: store.Named[] = []
  const mergers: store.Merger[] = []
  const renamed = new Map<string, { organization_id: string; subject: string }>()
  const waits: Parameters<typeof store.unscopedAwait>[2] = []

  for (const letter of letters) {
    const { organization_id, inbox_id, subject, created_at, message_id, status } = letter.message
    const blocked = status === 'blocked'
    const cites = blocked ? [] : citations(letter.message).map(id => nameOf({ inbox_id, message_id: id }))
    const self = nameOf({ inbox_id, message_id })
    const others = cites.filter(name => name !== self)
    const asked = there.has(self) || blocked ? undefined : waiting.get(self)
    const old = [
      ...others.map(name => there.get(name)),
      ...(asked && others.length === 0 ? [asked.thread_id] : []),
      ...others.map(name => waiting.get(name)?.thread_id),
      asked?.thread_id,
      ...(blocked ? [] : [there.get(self)]),
    ].find(Boolean)
    const id = old === undefined ? newId() : now(old)
    const from = asked && now(asked.thread_id)
    if (asked?.founding && from && from !== id) {
      // One that is only being made has no row to move.
      const fresh = rows.get(from)
      if (fresh?.fresh) {
        rows.delete(from)
        const target = rows.get(id)
        rows.set(id, { ...(target ?? { ...fresh, id, fresh: false, count: 0 }), count: (target?.count ?? 0) + fresh.count })
      } else mergers.push({ organization_id, from, into: id })
      for (const [before, after] of merged) if (after === from) merged.set(before, id)
      merged.set(from, id)
    } else if (asked && from === id && others.length === 0) renamed.set(id, { organization_id, subject })
    const row = rows.get(id) ?? { id, organization_id, inbox_id, subject, count: 0, at: created_at, fresh: old === undefined }
    rows.set(id, { ...row, count: row.count + (blocked ? 0 : 1), at: later(created_at, row.at) })
    of.set(letter, id)
    if (blocked) continue
    there.set(self, id)
    if (asked) come.push(named(letter.message, message_id))
    waiting.delete(self)
    // The head of a thread that began with an answer: what it cites is the beginning that is still to come.
    const founding = old === undefined || (asked?.founding === true && from === id && !others.some(name => there.has(name)))
    for (const missing of toAwait(letter.message)) {
      const name = nameOf({ inbox_id, message_id: missing })
      if (there.has(name) || waiting.has(name)) continue
      waiting.set(name, { thread_id: id, founding })
      waits.push({ ...named(letter.message, missing), thread_id: id, founding })
    }
  }
  const left = waits
    .filter(wait => waiting.has(nameOf(wait)))
    .map(wait => ({ ...wait, thread_id: now(wait.thread_id), founding: wait.founding && !merged.has(wait.thread_id) }))
  return {
    of: new Map([...of].map(([letter, id]) => [letter, now(id)])),
    rows: [...rows.values()],
    finish: async within => {
      if (come.length > 0 || left.length > 0) await store.unscopedAwait(within, come, left)
      for (const merger of mergers) await store.merge(within, merger)
      for (const [id, { organization_id, subject }] of renamed) await store.rename(within, organization_id, now(id), subject)
    },
  }
}

const nameOf = ({ inbox_id, message_id }: Omit<store.Named, 'organization_id'>): string => `${inbox_id} ${message_id}`

const named = ({ organization_id, inbox_id }: Letter['message'], message_id: string): store.Named => ({
  organization_id,
  inbox_id,
  message_id,
})

const later = (a: Date, b: Date): Date => (a > b ? a : b)

/** What is blocked joins no conversation. Else what it answers, then References from the end; and itself, for it may be a mail of ours that came back to its inbox. */
const citations = ({ status, in_reply_to, references, message_id }: Letter['message']): string[] =>
  status === 'blocked' ? [] : [...(in_reply_to ? [in_reply_to] : []), ...references.toReversed(), message_id]

/** In-Reply-To of old clients holds addresses in angle brackets too, which would tie together all that somebody answers. */
const toAwait = ({ in_reply_to, references, from_email, to_emails, cc_emails }: Letter['message']): string[] => {
  const people = new Set([from_email, ...to_emails, ...cc_emails].map(address => `<${address.toLowerCase()}>`))
  const ids = [in_reply_to, references[0], ...references.slice(1).toReversed()].filter(id => id !== null && id !== undefined)
  return [...new Set(ids)].filter(id => !people.has(id.toLowerCase())).slice(0, mostAwaited)
}
