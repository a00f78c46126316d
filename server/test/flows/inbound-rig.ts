/** The receiving half of the application, for tests of it: SMTP with limits of the test's choosing, and the job when the test says so. */
import { EventEmitter, once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect as dial, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type pg from 'pg'
import { readConfig } from '../../src/config.ts'
import { interpretMail } from '../../src/email/inbound/receive.ts'
import { createParser } from '../../src/email/mime/parse.ts'
import { createBlobs } from '../../src/kernel/blobs.ts'
import { systemClock } from '../../src/kernel/clock.ts'
import { loadMasterKey } from '../../src/kernel/crypto.ts'
import { connect } from '../../src/kernel/database/db.ts'
import { newId } from '../../src/kernel/ids.ts'
import { createLog } from '../../src/kernel/log.ts'
import { createResolver } from '../../src/kernel/net/dns.ts'
import { createMetrics } from '../../src/metrics.ts'
import type { App } from '../../src/platform.ts'
import { type SmtpLimits, smtpLimits } from '../../src/smtp/session-limits.ts'
import { startSmtp } from '../../src/smtp/smtp-server.ts'
import { cloneDatabase } from '../harness.ts'

export interface Rig {
  app: App
  port: number
  /** Runs a statement as it stands. */
  query<T extends object>(text: string, values?: unknown[]): Promise<T[]>
  /** An organization with an inbox; gives their uuids. */
  inbox(email: string, organization?: string): Promise<{ inbox: string; organization: string }>
  /** Does what the queued jobs would do. */
  interpret(): Promise<void>
  /** Stops the SMTP server alone. */
  stop(): Promise<void>
  close(): Promise<void>
}

export const startRig = async ({
  limits = {},
  dns = '127.0.0.1:9',
}: {
  limits?: Partial<SmtpLimits>
  dns?: string
} = {}): Promise<Rig> => {
  const database = await cloneDatabase()
  const dataDir = await mkdtemp(join(tmpdir(), 'pennypost-inbound-'))
  const config = readConfig({ SMTP_PORT: '0', HOST: '127.0.0.1', DATA_DIR: dataDir, MAIL_DOMAIN: 'mail.test', DNS_SERVERS: dns })
  const db = connect(database.url, { max: 10 })
  const app = {
    config,
    db,
    log: createLog('silent'),
    clock: systemClock,
    resolver: createResolver(config.DNS_SERVERS),
    blobs: createBlobs(config),
    masterKey: await loadMasterKey(dataDir, ''),
    metrics: createMetrics(),
    parser: createParser({ workers: 1 }),
    bus: new EventEmitter(),
    publicUrl: 'http://localhost',
  } as Partial<App> as App
  const smtp = await startSmtp(app, { ...smtpLimits, drainMs: 1000, ...limits })
  let stopped: Promise<void> | undefined
  const stop = () => (stopped ??= smtp.close())
  const query = async <T extends object>(text: string, values: unknown[] = []) =>
    (await db.pool.query<T & pg.QueryResultRow>(text, values)).rows as T[]
  return {
    app,
    port: smtp.port,
    query,
    inbox: async (email, organization = newId()) => {
      const inbox = newId()
      await query(
        `insert into organizations (id, name, owner_email) values ($1, 'Test', 'o@company.test') on conflict do nothing`,
        [organization],
      )
      await query(`insert into inboxes (id, organization_id, name, email) values ($1, $2, 'Test', $3)`, [
        inbox,
        organization,
        email,
      ])
      return { inbox, organization }
    },
    interpret: async () => {
      const rows = await query<{ id: string }>('select id from received_mail order by id')
      await interpretMail(app, { ids: rows.map(row => row.id) })
    },
    stop,
    close: async () => {
      await stop()
      await app.parser.close()
      await db.close()
      await database.drop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

export interface Talk {
  socket: Socket
  /** Sends a line with its CRLF and gives the whole reply, without its last CRLF. */
  say(line: string): Promise<string>
  /** The next whole reply; rejects when the server hangs up instead. */
  hear(): Promise<string>
  /** Sends bytes as they are, without waiting. */
  write(bytes: string | Buffer): void
  /** Everything until the server hangs up. */
  rest(): Promise<string>
  close(): void
}

/** A client that can be as rude as a test wants it. The greeting is heard already. */
export const talk = async (port: number): Promise<Talk> => {
  const client = await dialTo(port)
  await client.hear()
  return client
}

/** `from`: an address of this machine, such as any of 127.0.0.0/8. */
export const dialTo = async (port: number, from?: string): Promise<Talk> => {
  const socket = dial({ port, host: '127.0.0.1', ...(from ? { localAddress: from } : {}) })
  await once(socket, 'connect')
  return over(socket)
}

export const over = (socket: Socket): Talk => {
  let pending = ''
  let ended = false
  let wake = () => {}
  socket.setEncoding('latin1')
  socket.on('data', chunk => {
    pending += chunk
    wake()
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    ended = true
    wake()
  })
  const changed = () =>
    new Promise<void>(resolve => {
      wake = resolve
    })
  const hear = async (): Promise<string> => {
    for (;;) {
      const reply = /^(?:\d{3}-.*\r\n)*\d{3} .*\r\n/.exec(pending)?.[0]
      if (reply) {
        pending = pending.slice(reply.length)
        return reply.trimEnd()
      }
      if (ended) throw new Error(`The server hung up${pending && ` after ${JSON.stringify(pending)}`}`)
      await changed()
    }
  }
  return {
    socket,
    hear,
    write: bytes => void socket.write(bytes),
    say: line => {
      socket.write(`${line}\r\n`)
      return hear()
    },
    rest: async () => {
      while (!ended) await changed()
      return pending
    },
    close: () => socket.destroy(),
  }
}

/** A whole transaction on a connection that has said EHLO; the reply to the final dot, or the first refusal. */
export const sendMail = async (
  client: Talk,
  to: string | string[],
  mail: string | Buffer,
  from = 'a@b.example',
): Promise<string> => {
  for (const command of [`MAIL FROM:<${from}>`, ...[to].flat().map(address => `RCPT TO:<${address}>`), 'DATA']) {
    const reply = await client.say(command)
    if (!/^[23]/.test(reply)) return reply
  }
  client.write(mail)
  return client.say('\r\n.')
}
