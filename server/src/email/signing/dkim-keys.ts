/**
 * DKIM keys. Each domain gets two when it is added: RSA-2048, which every receiver knows, and Ed25519 (RFC 8463). They are sealed in
 * the database, and opened once per process: parsing a key costs three times a signature.
 */
import { createPrivateKey, generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import type { Sealer } from '../../kernel/crypto.ts'
import { listen } from '../../kernel/database/listen.ts'
import type { App } from '../../platform.ts'
import { type Algorithm, returnPathHost, selectors } from '../domains/domain-records.ts'
import * as store from '../domains/domains.sql.ts'
import { domainOf } from '../mime/mailboxes.ts'
import type { DkimKey } from './dkim.ts'

const makePair = promisify(generateKeyPair)

const sealContext = (domainId: string, algorithm: Algorithm) => `domain_keys.private_key:${domainId}:${algorithm}`

/** New keys for a domain (uuid), private parts sealed. Made in libuv's pool, because RSA takes 50 to 500 ms. */
export const makeKeys = async (sealer: Sealer, domainId: string): Promise<store.NewKey[]> => {
  const [rsa, ed25519] = await Promise.all([makePair('rsa', { modulusLength: 2048 }), makePair('ed25519', {})])
  const made = (algorithm: Algorithm, pair: { privateKey: KeyObject; publicKey: KeyObject }): store.NewKey => {
    const spki = pair.publicKey.export({ type: 'spki', format: 'der' })
    const pem = String(pair.privateKey.export({ type: 'pkcs8', format: 'pem' }))
    return {
      algorithm,
      selector: selectors[algorithm],
      public_key: (algorithm === 'rsa' ? spki : spki.subarray(-32)).toString('base64'),
      private_key: sealer.seal(pem, sealContext(domainId, algorithm)),
    }
  }
  return [made('rsa', rsa), made('ed25519', ed25519)]
}

/** As whom a mail goes out. */
export interface Identity {
  /** None: it goes unsigned. */
  keys: DkimKey[]
  /** The domain its return paths are at. */
  returnPath: string
}

/** Undefined: its organization may not (or no longer) send from the domain in From. */
export type Identify = (letter: { organization_id: string; from_email: string }) => Promise<Identity | undefined>

/** Should a NOTIFY be lost, a change is known after this long. */
const rememberMs = 60_000
const rememberMost = 10_000

export interface Signing {
  identify: Identify
  close(): Promise<void>
}

/** Knows who may sign what, for as long as no process changes a domain. */
export const startSigning = (app: App): Signing => {
  const { MAIL_DOMAIN } = app.config
  const known = new Map<string, { until: number; identity: Promise<Identity | undefined> }>()

  const load = async (organizationId: string, domain: string): Promise<Identity | undefined> => {
    const row = await store.signer(app.db, organizationId, domain)
    if (!row) return domain === MAIL_DOMAIN ? { keys: [], returnPath: MAIL_DOMAIN } : undefined
    const keys = row.keys.map(({ algorithm, selector, private_key }) => ({
      domain,
      selector,
      key: createPrivateKey(app.sealer.open(private_key, sealContext(row.id, algorithm))),
    }))
    return { keys, returnPath: row.return_path ? `${returnPathHost}.${domain}` : MAIL_DOMAIN }
  }
  const listening = listen(app.db, 'domains', () => known.clear())
  return {
    identify: ({ organization_id, from_email }) => {
      const domain = domainOf(from_email)
      const name = domain === MAIL_DOMAIN ? domain : `${organization_id} ${domain}`
      const entry = known.get(name)
      if (entry && entry.until > performance.now()) return entry.identity
      const identity = load(organization_id, domain)
      identity.catch(() => known.delete(name))
      known.delete(name)
      if (known.size >= rememberMost) known.delete(known.keys().next().value!)
      known.set(name, { until: performance.now() + rememberMs, identity })
      return identity
    },
    close: listening.close,
  }
}
