/**
 * The messages under way, in memory for as long as one of their deliveries is. Composed and signed once for all recipients,
 * because all of them get the same bytes; the bytes of a message are the same at every attempt but for the signature's time.
 */
import { coalesce } from '../../kernel/database/batch.ts'
import { createFairShare } from '../../kernel/fair-share.ts'
import type { App } from '../../platform.ts'
import { sourceOf } from '../messages/source.ts'
import { nameOf, unscopedSuppressed } from '../policy/suppressions.sql.ts'
import { type DkimKey, signMessage } from '../signing/dkim.ts'
import type { Claimed, Letter } from './deliver.sql.ts'
import * as store from './deliver.sql.ts'

/** Bytes of text and files under way at once: large mails to a server that takes them slowly hold up nobody else's. */
const mostBytes = 64 * 1024 * 1024

export interface Opened {
  letter: Letter
  /** Why the recipient is not written to, if he is on the suppression list at this moment. */
  suppressed: string | undefined
  /** The message as it goes over the wire, signed with these keys (once for all its recipients). Rejects when an attachment cannot be read. */
  bytes(keys: DkimKey[]): Promise<Buffer>
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

export const createLetters = (app: App): Letters => {
  const shared = new Map<string, Shared>()
  const memory = createFairShare(mostBytes)

  const load = coalesce<Claimed, { letter: Letter | undefined; suppressed: string | undefined }>(
    async deliveries => {
      const wanted = deliveries.map(({ organization_id, livemode, recipient }) => ({
        organization_id,
        livemode,
        email: recipient.toLowerCase(),
      }))
      const missing = [...new Set(deliveries.map(({ message_id }) => message_id))].filter(id => !shared.has(id))
      const [reasons, loaded] = await Promise.all([
        unscopedSuppressed(app.db, wanted),
        missing.length > 0 ? store.unscopedLetters(app.db, missing) : [],
      ])
      const letters = new Map(loaded.map(letter => [letter.id, letter]))
      return deliveries.map(({ message_id }, at) => ({
        letter: shared.get(message_id)?.letter ?? letters.get(message_id),
        suppressed: reasons.get(nameOf(wanted[at]!)),
      }))
    },
    { maxItems: 100, concurrency: 2 },
  )

  const composeAndSign = async (letter: Letter, keys: DkimKey[]): Promise<Buffer> => {
    const raw = await sourceOf(app, app.db, { ...letter, deliveries: [] })
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
      const free = await memory.take(delivery.organization_id, delivery.bytes)
      let entry: Shared | undefined
      try {
        const { letter, suppressed } = await load(delivery)
        if (!letter) return await use(undefined)
        const mine = share(letter)
        entry = mine
        return await use({ letter: mine.letter, suppressed, bytes: keys => (mine.bytes ??= composeAndSign(mine.letter, keys)) })
      } finally {
        if (entry && --entry.users === 0) shared.delete(entry.letter.id)
        free()
      }
    },
  }
}
