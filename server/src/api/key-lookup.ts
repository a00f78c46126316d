/** Who holds a key. Answers are kept for two seconds, so a revoked key dies everywhere within that time (and here at once). */
import * as store from '../accounts/keys.sql.ts'
import { checkApiKey, sha256 } from '../kernel/crypto.ts'
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
export type Authenticate = (key: string | undefined) => Promise<Holder | undefined>

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
  app.bus.on('key.revoked', () => known.clear())

  const touch = async () => {
    const ids = [...used]
    used.clear()
    if (ids.length > 0)
      await store.unscopedTouch(app.db, ids).catch(error => app.log.warn({ error: error.message }, 'last use of keys not noted'))
  }
  const timer = setInterval(touch, touchEveryMs).unref()

  const ask = async (hash: Buffer): Promise<Holder | undefined> => {
    const row = await store.unscopedByHash(app.db, hash)
    if (!row) return undefined
    return {
      id: row.id,
      org: row.organization_id,
      livemode: row.livemode,
      dialect: row.dialect,
      hint: row.hint,
      scopes: scopesOf(row),
      hold: row.hold,
    }
  }

  return {
    authenticate: async key => {
      if (key === undefined || !checkApiKey(key)) return undefined
      const hash = sha256(key)
      const name = hash.toString('base64')
      const now = performance.now()
      const kept = known.get(name)
      if (kept && kept.until > now) {
        if (kept.holder) used.add(kept.holder.id)
        return kept.holder
      }
      const holder = await ask(hash)
      if (known.size >= most) known.clear()
      known.set(name, { holder, until: now + keepMs })
      if (holder) used.add(holder.id)
      return holder
    },
    close: async () => {
      clearInterval(timer)
      await touch()
    },
  }
}
