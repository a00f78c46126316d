/**
 * What was acknowledged survives `kill -9` of the server, which takes its PostgreSQL with it. Run with `npm run test:crash`.
 * The server is the real one (`main.ts serve`) on an embedded PostgreSQL with fsync on.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, it } from 'node:test'
import { freePort } from '../bench/measure.ts'
import { eventually, type Json } from './harness.ts'

const root = join(import.meta.dirname, '../..')
const total = 2000

describe('kill -9', { timeout: 600_000 }, () => {
  let dataDir: string
  let port: number
  let smtpPort: number
  let server: ChildProcess

  const start = async () => {
    server = spawn(process.execPath, ['server/src/main.ts', 'serve'], {
      cwd: root,
      env: {
        PATH: process.env.PATH,
        DATA_DIR: dataDir,
        PORT: String(port),
        SMTP_PORT: String(smtpPort),
        HOST: '127.0.0.1',
        MAIL_DOMAIN: 'mail.test',
        LOG_LEVEL: 'error',
        RATE_LIMITS: 'off',
        STARTING_CREDIT_MILLS: '100000000',
        OUTBOUND: 'smtp://127.0.0.1:9',
        ALLOW_PRIVATE_NETWORKS: 'on',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await new Promise<void>((resolve, reject) => {
      createInterface({ input: server.stdout! }).on('line', line => /Pennypost is up/.test(line) && resolve())
      server.once('exit', code => reject(new Error(`the server ended with ${code}`)))
    })
  }
  const kill = async () => {
    server.removeAllListeners('exit')
    const gone = once(server, 'exit')
    process.kill(server.pid!, 'SIGKILL')
    await gone
  }
  const call = async (
    method: string,
    path: string,
    key?: string,
    body?: object,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; body: Json }> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: {
        ...(key ? { authorization: `Bearer ${key}` } : {}),
        ...(body ? { 'content-type': 'application/json' } : {}),
        ...headers,
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    return { status: response.status, body: await response.json() }
  }
  /** Runs `one(i)` for i < total, `width` at a time, and kills the server once `acknowledged` has grown to `when`. */
  const untilKilled = async (one: (i: number) => Promise<void>, width: number, acknowledged: { size: number }, when: number) => {
    let next = 0
    let killed: Promise<void> | undefined
    await Promise.all(
      Array.from({ length: width }, async () => {
        while (next < total && !killed) {
          await one(next++).catch(() => {})
          if (acknowledged.size >= when) killed ??= kill()
        }
      }),
    )
    await (killed ?? kill())
  }

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'pennypost-crash-'))
    port = await freePort()
    smtpPort = await freePort()
    await start()
  })
  after(async () => {
    if (server.exitCode === null && server.signalCode === null) {
      server.removeAllListeners('exit')
      server.kill('SIGTERM')
      await once(server, 'exit')
    }
    await rm(dataDir, { recursive: true, force: true })
  })

  it(`in the middle of ${total} sends loses no acknowledged one, charges each once, and a retry with its key sends nothing twice`, {
    timeout: 300_000,
  }, async () => {
    const me = (await call('POST', '/v1/register', undefined, { name: 'Crash', owner_email: 'o@company.test' })).body
    const acknowledged = new Map<number, string>()
    const send = async (i: number) => {
      const answer = await call(
        'POST',
        `/v1/inboxes/${me.inbox_id}/messages`,
        me.api_key,
        { to: `r${i}@sink.test`, subject: `s${i}`, text: 't' },
        { 'idempotency-key': `crash-${i}` },
      )
      if (answer.status === 202) acknowledged.set(i, answer.body.id)
    }
    for (const when of [300, 900, 1500]) {
      await untilKilled(async i => (acknowledged.has(i) ? undefined : send(i)), 32, acknowledged, when)
      await start()
    }
    assert.ok(acknowledged.size >= 1500)
    for (let i = 0; i < total; i += 25) {
      await Promise.all(
        Array.from({ length: 25 }, async (_, k) => {
          const before = acknowledged.get(i + k)
          await send(i + k)
          if (before) assert.equal(acknowledged.get(i + k), before, 'a retry made a second mail')
        }),
      )
    }
    assert.equal(acknowledged.size, total)
    const seen = new Set<string>()
    let cursor: string | null = null
    do {
      const { body } = await call(
        'GET',
        `/v1/inboxes/${me.inbox_id}/messages?limit=100&direction=outbound${cursor ? `&cursor=${cursor}` : ''}`,
        me.api_key,
      )
      for (const message of body.data) seen.add(message.id)
      cursor = body.next_cursor
    } while (cursor)
    for (const id of acknowledged.values()) assert.ok(seen.has(id), `${id} was acknowledged and is gone`)
    assert.equal(seen.size, total)
    assert.equal((await call('GET', '/v1/wallet', me.api_key)).body.balance_mills, 100_000_000 - 2 * total)
  })

  it(`in the middle of ${total} SMTP deliveries loses no mail that was answered with 250`, { timeout: 500_000 }, async () => {
    const me = (await call('POST', '/v1/register', undefined, { name: 'Receiver', owner_email: 'o@company.test' })).body
    const acknowledged = new Set<number>()
    /** One SMTP conversation; the mail counts as acknowledged when the 250 after the dot was read. */
    const deliver = (i: number) =>
      new Promise<void>((resolve, reject) => {
        const socket = createConnection(smtpPort, '127.0.0.1')
        const steps = [
          'EHLO crash.test',
          'MAIL FROM:<a@sink.test>',
          `RCPT TO:<${me.email}>`,
          'DATA',
          `Message-ID: <crash-${i}@sink.test>\r\nSubject: s${i}\r\nFrom: a@sink.test\r\n\r\nbody ${i}\r\n.`,
        ]
        const lines = createInterface({ input: socket })
        lines.on('error', () => {}) // it repeats the socket's
        lines.on('line', line => {
          if (/^\d{3}-|^221 /.test(line)) return
          if (!/^[23]/.test(line)) return socket.destroy(new Error(line))
          const next = steps.shift()
          if (next !== undefined) return socket.write(`${next}\r\n`)
          acknowledged.add(i)
          socket.end('QUIT\r\n')
        })
        socket.on('error', reject).on('close', () => resolve())
      })
    for (const when of [300, 900, 1500]) {
      await untilKilled(async i => (acknowledged.has(i) ? undefined : deliver(i)), 20, acknowledged, when)
      await start()
    }
    const stored = async () => {
      const ids = new Set<string>()
      let cursor: string | null = null
      do {
        const { body } = await call(
          'GET',
          `/v1/inboxes/${me.inbox_id}/messages?limit=100&direction=inbound${cursor ? `&cursor=${cursor}` : ''}`,
          me.api_key,
        )
        for (const message of body.data) ids.add(message.message_id)
        cursor = body.next_cursor
      } while (cursor)
      return ids
    }
    // Mail that the dead process had read half-way is requeued at the start of the next one.
    await eventually(async () => {
      const ids = await stored()
      return [...acknowledged].every(i => ids.has(`<crash-${i}@sink.test>`))
    }, 60_000)
    assert.ok(acknowledged.size >= 1500)
  })
})
