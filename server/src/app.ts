/**
 * The composition root: configuration in, a running platform out. It builds what the outside world is reached through
 * (database, clock, DNS, HTTP, blobs), then opens the ways in for the roles asked for. Nothing else makes these things.
 */
import { EventEmitter } from 'node:events'
import { startHttp } from './api/serve.ts'
import type { Config } from './config.ts'
import { startIndexing } from './email/messages/search-index.ts'
import { createParser } from './email/mime/parse.ts'
import { startDelivering } from './email/outbound/deliver.ts'
import { createAccept } from './email/sending/accept.ts'
import { startRecovery } from './jobs/recovery.ts'
import { startJobs } from './jobs/worker.ts'
import { createBlobs } from './kernel/blobs.ts'
import { type Clock, systemClock } from './kernel/clock.ts'
import { loadMasterKey, sealer } from './kernel/crypto.ts'
import { connect } from './kernel/database/db.ts'
import { joinInstances } from './kernel/instances/instance.ts'
import { createLimits } from './kernel/limits.ts'
import { createLog, type Log } from './kernel/log.ts'
import { createResolver } from './kernel/net/dns.ts'
import { createFetch } from './kernel/net/fetch.ts'
import { createMetrics } from './metrics.ts'
import type { App } from './platform.ts'
import { startSmtp } from './smtp/smtp-server.ts'
import { startWebhooks } from './webhooks/dispatch.ts'

export const roles = ['web', 'smtp', 'worker'] as const
export type Role = (typeof roles)[number]

export interface RunningApp extends App {
  /** Stops accepting, finishes what is in hand within a bound, closes the database. */
  close(): Promise<void>
}

export interface StartOptions {
  config: Config
  databaseUrl: string
  roles?: readonly Role[]
  clock?: Clock
  log?: Log
}

/** A part that takes longer to close is named in the log. */
const slowCloseMs = 8000

/** Builds the application and opens the ways in. The database must be migrated. */
export const startApp = async ({
  config,
  databaseUrl,
  roles: wanted = roles,
  clock = systemClock,
  log = createLog(config.LOG_LEVEL),
}: StartOptions): Promise<RunningApp> => {
  const masterKey = await loadMasterKey(config.DATA_DIR, config.SECRET_KEY)
  const instance = await joinInstances({ url: databaseUrl, roles: wanted, dataDir: config.DATA_DIR, log })
  const db = connect(databaseUrl, {
    max: config.DATABASE_POOL,
    name: instance.name,
    onError: error => log.warn({ error: error.message }, 'database connection lost'),
  })
  instance.onSilence(db.cut)
  const resolver = createResolver(config.DNS_SERVERS)
  const limits = createLimits({ valkeyUrl: config.VALKEY_URL, enabled: config.RATE_LIMITS, clock, log })
  const app: App = {
    config,
    db,
    instance,
    log,
    clock,
    resolver,
    fetch: createFetch({ lookup: resolver.lookup, allowPrivate: config.ALLOW_PRIVATE_NETWORKS }),
    blobs: createBlobs(config),
    limits,
    sealer: sealer(masterKey),
    masterKey,
    metrics: createMetrics(),
    parser: createParser({ workers: wanted.includes('worker') ? 2 : 0 }),
    accept: createAccept(() => app),
    bus: new EventEmitter().setMaxListeners(0),
    publicUrl: config.PUBLIC_URL,
    closing: false,
    smtp: ownSmtp(config),
  }

  const open: Record<string, { close(): Promise<void> }> = {}
  const closeOne = async (name: string, closing: Promise<unknown>) => {
    const slow = setTimeout(() => log.warn({ part: name }, 'closing waits for this part'), slowCloseMs)
    await closing.finally(() => clearTimeout(slow))
  }
  const close = async () => {
    app.closing = true
    app.bus.emit('closing')
    await Promise.all(Object.entries(open).map(([name, way]) => closeOne(name, way.close())))
    await closeOne('acceptance', app.accept.drain())
    await closeOne('parser', Promise.all([app.parser.close(), limits.close(), app.fetch.close()]))
    await closeOne('instance', instance.close())
    await closeOne('database', db.close())
  }
  try {
    if (wanted.includes('smtp')) {
      const smtp = await startSmtp(app)
      if (!config.OWN_SMTP) app.smtp = { ...app.smtp, port: smtp.port }
      open.smtp = smtp
    }
    if (wanted.includes('web')) {
      const http = await startHttp(app)
      if (!config.PUBLIC_URL) app.publicUrl = `http://localhost:${http.port}`
      open.web = http
    }
    if (wanted.includes('worker')) {
      open.recovery = startRecovery(app)
      open.delivery = startDelivering(app)
      open.webhooks = startWebhooks(app)
      open.indexing = startIndexing(app)
      open.jobs = await startJobs(app, databaseUrl)
    }
  } catch (error) {
    await close()
    throw error
  }
  return Object.assign(app, { close })
}

/** Where mail to our own domains is handed over. */
const ownSmtp = ({ OWN_SMTP, HOST, SMTP_PORT }: Config): App['smtp'] => {
  const [, host, port] = /^\[?(.+?)\]?:(\d+)$/.exec(OWN_SMTP) ?? []
  if (host) return { host, port: Number(port) }
  const everywhere: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '::1' }
  return { host: everywhere[HOST] ?? HOST, port: SMTP_PORT }
}
