/**
 * End to end: a mail is accepted durably (wallet, event, idempotency), composed, signed with RSA-2048, handed to Postfix's smtp-sink
 * and its result recorded, against Postfix accepting mail and relaying it, unsigned, to the same sink. 4 KB each, both fed by a C
 * program over 20 connections (wrk, smtp-source), in turn; what counts is the time from the first mail offered to the last one done.
 * Needs the Debian packages postfix and wrk, and root for a second Postfix.
 *
 *   node server/bench/run-benches.ts end-to-end [-- --unsigned]
 *
 * Seen on 2 cores, load generators included: 540/s against 415/s (1.30), 551/s against 390/s (1.41).
 */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { migrate } from '../src/kernel/database/migrate.ts'
import { startPostgres } from '../src/kernel/postgres/postgres.ts'
import { startPostfix } from '../test/postfix.ts'
import { freePort, lineOf, median, node, wrk } from './measure.ts'

const rounds = 3
const connections = 20
const seconds = 5
const text = 'It is on the way and should be with you soon.\n'.repeat(86)
const execute = promisify(execFile)

const dataDir = await mkdtemp(join(tmpdir(), 'pennypost-bench-'))
const sinkPort = await freePort()
const sink = spawn('smtp-sink', ['-u', 'nobody', `127.0.0.1:${sinkPort}`, '1000'], { stdio: ['ignore', 'ignore', 'inherit'] })
const postgres = await startPostgres({ dataDir, log: () => {} })
await migrate(postgres.url)
const port = await freePort()
const env = {
  DATABASE_URL: postgres.url,
  DATA_DIR: dataDir,
  PORT: String(port),
  SMTP_PORT: '0',
  HOST: '127.0.0.1',
  LOG_LEVEL: 'warn',
  RATE_LIMITS: 'off',
  MAIL_DOMAIN: 'bench.test',
  OUTBOUND: `smtp://127.0.0.1:${sinkPort}`,
  STARTING_CREDIT_MILLS: '1000000000',
}
const server = node(['server/bench/peers/signing-server.ts', ...process.argv.slice(3)], env)
const database = new pg.Client({ connectionString: postgres.url })
await database.connect()
const postfixPort = await freePort()
const postfix = await startPostfix(`127.0.0.1:${postfixPort}`, {
  myhostname: 'bench.test',
  mynetworks: '127.0.0.0/8',
  relayhost: `[127.0.0.1]:${sinkPort}`,
  // More connections to the one destination there is, as many as we open.
  default_destination_concurrency_limit: '30',
  initial_destination_concurrency: '30',
  smtpd_relay_restrictions: 'permit_mynetworks, reject',
  smtpd_client_connection_count_limit: '0',
})

const register = async () => {
  const answer = await fetch(`http://127.0.0.1:${port}/v1/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Bench', owner_email: 'bench@bench.test' }),
  })
  return (await answer.json()) as { inbox_id: string; api_key: string }
}

const isBusy = async (): Promise<boolean> =>
  (
    await database.query(`select exists (select from deliveries where state = 'sending')
      or exists (select from deliveries where due and state in ('queued', 'deferred')) as busy`)
  ).rows[0].busy
const delivered = async (): Promise<number> => {
  const { rows } = await database.query(
    'select state, count(*)::integer as n, max(reply) as reply from deliveries group by state',
  )
  const failed = rows.find(({ state }) => state !== 'delivered')
  if (failed) throw new Error(`not delivered, but ${failed.state}: ${failed.reply}`)
  return rows[0]?.n ?? 0
}

/** Mails per second. */
const ours = async (script: string, inbox: string): Promise<number> => {
  const before = await delivered()
  const from = performance.now()
  await wrk(`http://127.0.0.1:${port}/v1/inboxes/${inbox}/messages`, { script, seconds, connections })
  // wrk hangs up on its last requests; what of them was accepted is sent all the same
  await delay(50)
  while (await isBusy()) await delay(50)
  const took = performance.now() - from
  return ((await delivered()) - before) / (took / 1000)
}

const theirs = async (mails: number): Promise<number> => {
  const from = performance.now()
  await execute('smtp-source', [
    '-s',
    String(connections),
    '-m',
    String(mails),
    '-l',
    '4096',
    '-f',
    'a@bench.test',
    '-t',
    'b@example.com',
    `127.0.0.1:${postfixPort}`,
  ])
  while ((await postfix.queued()) > 0) await delay(20)
  return mails / ((performance.now() - from) / 1000)
}

try {
  await lineOf(server, /ready/)
  const { inbox_id, api_key } = await register()
  const script = join(dataDir, 'send.lua')
  const body = JSON.stringify({ to: 'customer@example.com', subject: 'Your order has shipped', text })
  await writeFile(
    script,
    `local n = 0\nlocal seed = os.time() .. tostring({}):sub(8)\nrequest = function()\n n = n + 1\n wrk.headers["Authorization"] = "Bearer ${api_key}"\n wrk.headers["Content-Type"] = "application/json"\n wrk.headers["Idempotency-Key"] = seed .. "-" .. n\n return wrk.format("POST", nil, nil, ${JSON.stringify(body)})\nend\n`,
  )
  const rates: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] }
  for (let round = 0; round < rounds; round++) {
    rates.theirs.push(await theirs(3000))
    rates.ours.push(await ours(script, inbox_id))
    console.log(`Postfix ${rates.theirs.at(-1)!.toFixed(0)}/s, Pennypost ${rates.ours.at(-1)!.toFixed(0)}/s`)
  }
  const [a, b] = [median(rates.ours), median(rates.theirs)]
  console.log(
    `accepted, ${process.argv.includes('--unsigned') ? 'unsigned' : 'signed'}, handed over, recorded: ${a.toFixed(0)}/s\nPostfix, accepted and relayed:                ${b.toFixed(0)}/s\nratio ${(a / b).toFixed(2)} (goal 2)`,
  )
} finally {
  await database.end()
  server.kill('SIGTERM')
  if (server.exitCode === null) await once(server, 'exit')
  sink.kill('SIGTERM')
  await postfix.stop()
  await postgres.stop()
  await rm(dataDir, { recursive: true, force: true })
}
