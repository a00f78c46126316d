/**
 * The messages under way, in memory for as long as one of their deliveries is. Composed and signed once for all recipients,
 * because all of them get the same bytes; the bytes of a message are the same at every attempt but for the signature's time.
 */
import type { App } from '../../app.ts'
import { coalesce } from '../../kernel/batch.ts'
import { sourceOf } from '../source.ts'
import { unscopedSuppressed } from '../suppressions.sql.ts'
import type { Claimed, Letter } from './deliver.sql.ts'
import * as store from './deliver.sql.ts'
import { type DkimKey, signMessage } from './dkim.ts'

/** The keys to sign a message with, none if its domain has none. Keeps parsed keys: parsing one costs twice a signature. */
export type SigningKeys = (letter: Letter) => Promise<DkimKey[]>

/** Characters of text and bytes of files under way at once. A message that is larger goes alone. */
const mostBytes = 64 * 1024 * 1024

export interface Opened {
  letter: Letter
  /** Why the recipient is not written to, if he is on the suppression list at this moment. */
  suppressed: string | undefined
  /** The message as it goes over the wire. Rejects when an attachment cannot be read. */
  bytes(): Promise<Buffer>
}

export interface Letters {
  /** Runs `use` with the message of a delivery, or with undefined when it was deleted; waits until there is memory for it. */
  open<T>(delivery: Claimed, use: (opened: Opened | undefined) => Promise<T>): Promise<T>
}

interface Shared {
  users: number
  letter: Letter
  bytes: Promise<Buffer> | undefined
}

export const createLetters = (app: App, signingKeys: SigningKeys): Letters => {
  const shared = new Map<string, Shared>()
  const queue: { bytes: number; resolve(): void }[] = []
  let used = 0

  const admit = () => {
    while (queue[0] && (used === 0 || used + queue[0].bytes <= mostBytes)) {
      used += queue[0].bytes
      queue.shift()!.resolve()
    }
  }

  const load = coalesce<Claimed, { letter: Letter | undefined; suppressed: string | undefined }>(
    async deliveries => {
      const wanted = deliveries.map(({ organization_id, recipient }) => ({ organization_id, email: recipient.toLowerCase() }))
      const missing = [...new Set(deliveries.map(({ message_id }) => message_id))].filter(id => !shared.has(id))
      const [suppressed, loaded] = await Promise.all([
        unscopedSuppressed(app.db, wanted),
        missing.length > 0 ? store.unscopedLetters(app.db, missing) : [],
      ])
      const reasons = new Map(suppressed.map(row => [`${row.organization_id} ${row.email}`, row.reason]))
      const letters = new Map(loaded.map(letter => [letter.id, letter]))
      return deliveries.map(({ message_id }, at) => ({
        letter: shared.get(message_id)?.letter ?? letters.get(message_id),
        suppressed: reasons.get(`${wanted[at]!.organization_id} ${wanted[at]!.email}`),
      }))
    },
    { maxItems: 100, concurrency: 2 },
  )

  const composeAndSign = async (letter: Letter): Promise<Buffer> => {
    const [raw, keys] = await Promise.all([sourceOf(app, app.db, { ...letter, deliveries: [] }), signingKeys(letter)])
    return keys.length > 0 ? Buffer.concat([await signMessage(raw, keys, { now: app.clock.now() }), raw]) : raw
  }

  const share = (letter: Letter): Shared => {
    const known = shared.get(letter.id)
    const entry = known ?? { users: 0, letter, bytes: undefined }
    if (!known) shared.set(letter.id, entry)
    entry.users++
    return entry
  }

  return {
    open: async (delivery, use) => {
      await new Promise<void>(resolve => {
        queue.push({ bytes: delivery.bytes, resolve })
        admit()
      })
      let entry: Shared | undefined
      try {
        const { letter, suppressed } = await load(delivery)
        if (!letter) return await use(undefined)
        const mine = share(letter)
        entry = mine
        return await use({ letter: mine.letter, suppressed, bytes: () => (mine.bytes ??= composeAndSign(mine.letter)) })
      } finally {
        if (entry && --entry.users === 0) shared.delete(entry.letter.id)
        used -= delivery.bytes
        admit()
      }
    },
  }
}
