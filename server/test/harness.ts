/**
 * The whole application in this process, for tests: a database of its own (cloned from the migrated template in ~20 ms), real
 * ports on loopback, a movable clock when wanted. What is faked is only the world outside.
 */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { mintKey } from '../src/accounts/keys.ts'
import { openOrganization } from '../src/accounts/organizations.ts'
import { type Role, type RunningApp, roles, startApp } from '../src/app.ts'
import { type Config, readConfig } from '../src/config.ts'
import { openInbox } from '../src/email/inboxes/inboxes.ts'
import type { Clock } from '../src/kernel/clock.ts'
import { publicId } from '../src/kernel/ids.ts'
import { createLog } from '../src/kernel/log.ts'

const server = () => {
  const url = process.env.TEST_DATABASE_URL
  assert.ok(url, 'TEST_DATABASE_URL is not set: run tests with `npm test`, which starts a PostgreSQL for them')
  return url
}

const admin = async (statement: string) => {
  const client = new pg.Client({ connectionString: server() })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

/** Waits a little for the last connection and the vacuum to leave; what is still in use goes with the whole cluster. */
const dropWhenFree = async (name: string): Promise<void> => {
  for (let tries = 0; tries < 20; tries++) {
    const busy = await admin(`drop database if exists ${name}`).catch((error: Error & { code?: string }) => {
      if (error.code !== '55006') throw error
      return true
    })
    if (!busy) return
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

/** A fresh database with the newest schema; drop it when done. */
export const cloneDatabase = async (): Promise<{ url: string; drop(): Promise<void> }> => {
  const name = `t_${process.pid}_${Math.random().toString(36).slice(2, 10)}`
  await admin(`create database ${name} template ${process.env.TEST_TEMPLATE ?? 'pennypost_template'}`)
  const url = new URL(server())
  url.pathname = `/${name}`
  return { url: url.toString(), drop: () => dropWhenFree(name) }
}

export interface TestApp {
  app: RunningApp
  /** http://127.0.0.1:port */
  url: string
  smtpPort: number
  dataDir: string
  databaseUrl: string
  /** One call to the API: JSON in, JSON out. `key` is a Bearer key. */
  call(
    method: string,
    path: string,
    options?: { key?: string; body?: unknown; headers?: Record<string, string> },
  ): Promise<{ status: number; body: Json; headers: Headers }>
  /** Registers an organization: live key, inbox, ids. */
  register(name?: string): Promise<{ key: string; inbox: string; email: string; organization: string }>
  /** A second key of the same organization. */
  mint(key: string, wanted?: object): Promise<string>
  close(): Promise<void>
}

// biome-ignore lint/suspicious/noExplicitAny: answers are what tests look into
export type Json = any

export const startTestApp = async (
  options: { config?: Partial<Record<keyof Config, string>>; clock?: Clock; roles?: readonly Role[]; databaseUrl?: string } = {},
): Promise<TestApp> => {
  const database = options.databaseUrl ? { url: options.databaseUrl, drop: async () => {} } : await cloneDatabase()
  const dataDir = await mkdtemp(join(tmpdir(), 'pennypost-test-'))
  const config = readConfig({
    PORT: '0',
    SMTP_PORT: '0',
    HOST: '127.0.0.1',
    DATA_DIR: dataDir,
    MAIL_DOMAIN: 'mail.test',
    ALLOW_PRIVATE_NETWORKS: 'on',
    CHECK_OUTPUTS: 'on',
    RATE_LIMITS: 'off',
    DATABASE_POOL: '10',
    LOG_LEVEL: 'error',
    // Nothing answers there: a test that needs names starts a zone of its own.
    DNS_SERVERS: '127.0.0.1:9',
    ...options.config,
  })
  const app = await startApp({
    config,
    databaseUrl: database.url,
    roles: options.roles ?? roles,
    log: createLog(config.LOG_LEVEL),
    ...(options.clock ? { clock: options.clock } : {}),
  })
  const url = app.publicUrl.replace('localhost', '127.0.0.1')

  const call: TestApp['call'] = async (method, path, { key, body, headers } = {}) => {
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(key ? { authorization: `Bearer ${key}` } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    return {
      status: response.status,
      body: text && /json/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text) : text,
      headers: response.headers,
    }
  }
  return {
    app,
    url,
    smtpPort: app.smtp.port,
    dataDir,
    databaseUrl: database.url,
    call,
    // Without the public call: that one writes to the owner, and is tried in tests of its own.
    register: (name = 'Agent') =>
      app.db.tx(async db => {
        const org = await openOrganization(db, {
          name,
          ownerEmail: 'owner@company.test',
          creditMills: config.STARTING_CREDIT_MILLS,
        })
        const ctx = {
          app,
          db,
          org,
          livemode: true,
          scopes: new Set<string>(),
          key: undefined,
          requestId: 'test',
          ip: '127.0.0.1',
        }
        const inbox = await openInbox(ctx, { name })
        const { key } = await mintKey(db, org, { name, livemode: true, dialect: 'pennypost' })
        return { key, inbox: inbox.id, email: inbox.email, organization: publicId('organization', org) }
      }),
    mint: async (key, wanted = { mode: 'test' }) => {
      const { status, body } = await call('POST', '/v1/api-keys', { key, body: { name: 'second', ...wanted } })
      assert.equal(status, 201, JSON.stringify(body))
      return body.key
    },
    close: async () => {
      await app.close()
      await database.drop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** Asks again until the answer is something, at most `ms`. For what happens in the background. */
export const eventually = async <T>(look: () => Promise<T | undefined | false | null>, ms = 30_000): Promise<T> => {
  const deadline = Date.now() + ms
  for (;;) {
    const found = await look()
    if (found) return found
    if (Date.now() > deadline) throw new Error('It did not happen in time')
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
