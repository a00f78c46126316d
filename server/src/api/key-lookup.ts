/**
 * Who holds a key. Answers are kept for two seconds at most; a revocation is told to every process at once, so that a revoked key dies
 * everywhere within a moment, and within two seconds should the word be lost.
 */

import * as store from '../accounts/keys.sql.ts'
import { checkApiKey, sha256 } from '../kernel/crypto.ts'
import { listen } from '../kernel/database/listen.ts'
import type { App } from '../platform.ts'
import { allScopes, everyScope } from '../scopes.ts'

export interface Holder {
  id: string
  org: string
  livemode: boolean
  dialect: string
  hint: string
  scopes: ReadonlySet<string>
  /** What is sent with it waits for approval. */
  hold: boolean
}
export interface Authenticate {
  (key: string | undefined): Promise<Holder | undefined>
  /** Grows whenever a key may have been revoked, here or in another process. Whoever was longer under way compares. */
  revocations(): number
}

const keepMs = 2000
const touchEveryMs = 10_000
const most = 10_000

/** A key whose mails wait for approval approves none, whatever its list says. */
const scopesOf = ({ scopes, hold }: store.KeyRow): Set<string> => {
  const held = new Set<string>(scopes.includes(everyScope) ? allScopes : scopes)
  if (hold) held.delete('messages.approve')
  return held
}

export const createAuthenticate = (app: App): { authenticate: Authenticate; close(): Promise<void> } => {
  const known = new Map<string, { holder: Holder | undefined; until: number }>()
  const used = new Set<string>()
  let revocations = 0
  const forget = () => {
    revocations++
    known.clear()
  }
  app.bus.on('key.revoked', forget)
  const others = listen(app.db, 'keys', () => app.bus.emit('key.revoked'))

  const touch = async () => {
    const ids = [...used]
    used.clear()
    if (ids.length > 0)
      await store.unscopedTouch(app.db, ids).catch(error => app.log.warn({ error: error.message }, 'last use of keys not noted'))
  }
  const timer = setInterval(touch, touchEveryMs).unref()

  const ask = async (hash: Buffer): Promise<{ holder: Holder | undefined; keepMs: number }> => {
    const row = await store.unscopedByHash(app.db, hash)
    if (!row) return { holder: undefined, keepMs }
    const left = row.expires_at ? Math.max(0, row.expires_at.getTime() - Date.now()) : keepMs
    const holder = {
      id: row.id,
      org: row.organization_id,
      livemode: row.livemode,
      dialect: row.dialect,
      hint: row.hint,
      scopes: scopesOf(row),
      hold: row.hold,
    }
    return { holder, keepMs: Math.min(keepMs, left) }
  }

  const authenticate = async (key: string | undefined): Promise<Holder | undefined> => {
    if (key === undefined || !checkApiKey(key)) return undefined
    const hash = sha256(key)
    const name = hash.toString('base64')
    const kept = known.get(name)
    if (kept && kept.until > performance.now()) {
      if (kept.holder) used.add(kept.holder.id)
      return kept.holder
    }
    const before = revocations
    const found = await ask(hash)
    if (known.size >= most) known.clear()
    // What was read before a revocation is not kept after it.
    if (before === revocations) known.set(name, { holder: found.holder, until: performance.now() + found.keepMs })
    if (found.holder) used.add(found.holder.id)
    return found.holder
  }

  return {
    authenticate: Object.assign(authenticate, { revocations: () => revocations }),
    close: async () => {
      clearInterval(timer)
      await Promise.all([touch(), others.close()])
    },
  }
}
