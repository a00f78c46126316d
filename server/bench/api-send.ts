/**
 * API send, accepted durably with wallet, event and idempotency, against the same HTTP stack doing one bare durable INSERT.
 * Both servers are processes of their own on one embedded PostgreSQL (fsync on); wrk loads one after the other, in turn, three
 * rounds, and the medians are compared.
 *
 *   node server/bench/run-benches.ts api-send
 *
 * Seen on 2 cores, load generator included: 2,162/s against 6,064/s (0.36), 2,445 against 9,355 (0.26),
 * 2,548 against 10,592 and 2,412 against 10,137 (0.24).
 */
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate } from '../src/kernel/database/migrate.ts'
import { startPostgres } from '../src/kernel/postgres/postgres.ts'
import { cpuOf, freePort, lineOf, median, node, wrk } from './measure.ts'

const seconds = 6
const rounds = 3
const connections = 64

const dataDir = await mkdtemp(join(tmpdir(), 'pennypost-bench-'))
const postgres = await startPostgres({ dataDir, log: () => {} })
const port = await freePort()
const barePort = await freePort()
await migrate(postgres.url)
const env = {
  DATABASE_URL: postgres.url,
  DATA_DIR: dataDir,
  PORT: String(port),
  SMTP_PORT: '0',
  HOST: '127.0.0.1',
  LOG_LEVEL: 'warn',
  RATE_LIMITS: 'on',
  STARTING_CREDIT_MILLS: '1000000000',
  PUBLIC_URL: 'http://localhost',
}
const server = node(['server/src/main.ts', 'serve', '--roles', 'web'], env)
const bare = node(['server/bench/bare-insert.ts'], { DATABASE_URL: postgres.url, PORT: String(barePort) })
try {
  await Promise.all([lineOf(server, /Pennypost is up/), lineOf(bare, /ready/)])
  const register = await fetch(`http://127.0.0.1:${port}/v1/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Bench', owner_email: 'bench@bench.test' }),
  })
  const { inbox_id, api_key } = (await register.json()) as { inbox_id: string; api_key: string }
  // Many keys of one organization: its wallet is one row, which is the hard case; the limits per key stay on.
  const keys: string[] = []
  for (let i = 0; i < 300; i++) {
    const made = await fetch(`http://127.0.0.1:${port}/v1/api-keys`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${api_key}` },
      body: JSON.stringify({ name: `bench ${i}` }),
    })
    keys.push(((await made.json()) as { key: string }).key)
  }
  const script = join(dataDir, 'send.lua')
  const body = JSON.stringify({
    to: 'customer@example.com',
    subject: 'Your order has shipped',
    text: 'It is on the way. '.repeat(20),
  })
  await writeFile(
    script,
    `local keys = {${keys.map(key => `"${key}"`).join(',')}}\nlocal n = 0\nlocal seed = os.time() .. tostring({}):sub(8)\nrequest = function()\n n = n + 1\n wrk.headers["Authorization"] = "Bearer " .. keys[n % #keys + 1]\n wrk.headers["Content-Type"] = "application/json"\n wrk.headers["Idempotency-Key"] = seed .. "-" .. n\n return wrk.format("POST", nil, nil, '${body}')\nend\n`,
  )
  const bareScript = join(dataDir, 'bare.lua')
  await writeFile(bareScript, `wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\nwrk.body = '${body}'\n`)
  const ours: number[] = []
  const theirs: number[] = []
  const cpu = { ours: [] as string[], theirs: [] as string[] }
  const load = async (pid: number, url: string, script: string, costs: string[]) => {
    const before = [cpuOf(pid), cpuOf(postgres.pid)] as const
    const rate = await wrk(url, { script, seconds, connections })
    const each = (after: number, before: number) => ((after - before) / (rate * seconds)).toFixed(0)
    costs.push(`${each(cpuOf(pid), before[0])} + ${each(cpuOf(postgres.pid), before[1])}`)
    return rate
  }
  for (let round = 0; round < rounds; round++) {
    theirs.push(await load(bare.pid!, `http://127.0.0.1:${barePort}/`, bareScript, cpu.theirs))
    ours.push(await load(server.pid!, `http://127.0.0.1:${port}/v1/inboxes/${inbox_id}/messages`, script, cpu.ours))
  }
  const [a, b] = [median(ours), median(theirs)]
  console.log(
    `API send, durable, wallet + event + idempotency: ${a.toFixed(0)}/s\nbare durable INSERT behind the same HTTP stack:    ${b.toFixed(0)}/s\nratio ${(a / b).toFixed(2)} (goal 0.5, then 1)\nCPU per request, server + PostgreSQL, µs: ours ${cpu.ours.join(', ')}; bare ${cpu.theirs.join(', ')}`,
  )
} finally {
  for (const child of [server, bare]) {
    child.kill('SIGTERM')
    if (child.exitCode === null) await once(child, 'exit')
  }
  await postgres.stop()
  await rm(dataDir, { recursive: true, force: true })
}
