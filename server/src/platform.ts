/**
 * What the domains are given: types only, built by app.ts and imported by everybody. Its own imports are types of leaves, so that no
 * file of a domain imports the composition root.
 */
import type { EventEmitter } from 'node:events'
import type { Config } from './config.ts'
import type { Parser } from './email/mime/parse.ts'
import type { Accept } from './email/sending/outbox.ts'
import type { Blobs } from './kernel/blobs.ts'
import type { Clock } from './kernel/clock.ts'
import type { Sealer } from './kernel/crypto.ts'
import type { Database } from './kernel/database/db.ts'
import type { Instance } from './kernel/instances/instance.ts'
import type { Limits } from './kernel/limits.ts'
import type { Log } from './kernel/log.ts'
import type { Resolver } from './kernel/net/dns.ts'
import type { SafeFetch } from './kernel/net/fetch.ts'
import type { Metrics } from './metrics.ts'

/** What the domains are given. */
export interface App {
  config: Config
  db: Database
  /** This process; leases store `instance.id` as their holder. */
  instance: Instance
  log: Log
  clock: Clock
  resolver: Resolver
  fetch: SafeFetch
  blobs: Blobs
  limits: Limits
  /** Seals secrets at rest. */
  sealer: Sealer
  /** Signs links and return paths; never leaves the server. */
  masterKey: Buffer
  metrics: Metrics
  parser: Parser
  /** Takes outgoing mail in: group-committed, see email/sending/accept.ts. */
  accept: Accept
  /** `deliveries`: mail was queued in this process. `message:<inbox uuid>`: a mail arrived here. Hints only; every listener also polls or listens to the database. */
  bus: EventEmitter
  publicUrl: string
  /** True once the server is on its way out: long waits end. */
  closing: boolean
  /** Where our own SMTP server is reached, for mail to our own domains. */
  smtp: { host: string; port: number }
}
