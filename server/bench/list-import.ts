/**
 * Importing a list of 100,000 recipients over HTTP, as CSV and as XLSX: uploaded, read, checked, standardised, stored in one
 * transaction. Against: reading the same files and doing nothing with them (csv-parse; read-excel-file). Memory of the whole server,
 * workers included, idle and at its highest, with a tenth of the rows and with all.
 *
 *     node server/bench/run-benches.ts import
 *
 * Seen on 2 cores: CSV 25,680 rows/s against 359,280/s only read (0.07), XLSX 22,618 against 59,705 (0.38); the server's memory with CSV 297 MB
 * idle, 320 MB with 10,000 rows, 380 MB with 100,000.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { migrate } from '../src/kernel/database/migrate.ts'
import { startPostgres } from '../src/kernel/postgres/postgres.ts'
import { xlsx } from '../test/xlsx-writer.ts'
import { freePort, lineOf, node, run } from './measure.ts'

const many = 100_000
const few = 10_000

const rows = (count: number): (string | number | null)[][] => [
  ['first_name', 'last_name', 'company', 'address', 'address2', 'city', 'state', 'zip', 'note'],
  ...Array.from({ length: count }, (_, i) => [
    `First${i}`,
    `Last${i}`,
    i % 3 ? null : `Company ${i}`,
    `${i} Main Street`,
    i % 5 ? null : `Apt ${i}`,
    'Springfield',
    'MA',
    1001 + (i % 1700),
    `note ${i}`,
  ]),
]
const csv = (list: (string | number | null)[][]): Buffer =>
  Buffer.from(list.map(row => row.map(cell => cell ?? '').join(',')).join('\r\n'))

const dataDir = await mkdtemp(join(tmpdir(), 'pennypost-bench-'))
const postgres = await startPostgres({ dataDir, log: () => {} })
await migrate(postgres.url)
const port = await freePort()
const server = node(['server/src/main.ts', 'serve', '--roles', 'web'], {
  DATABASE_URL: postgres.url,
  DATA_DIR: dataDir,
  PORT: String(port),
  HOST: '127.0.0.1',
  LOG_LEVEL: 'warn',
  RATE_LIMITS: 'off',
})
const url = `http://127.0.0.1:${port}/v1`

const memory = async (): Promise<number> =>
  Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${server.pid}/status`, 'utf8'))![1]) / 1024

const call = async (
  path: string,
  key: string,
  body: FormData | object,
): Promise<{ id: string; accepted: number; api_key: string }> => {
  const form = body instanceof FormData
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { ...(key ? { authorization: `Bearer ${key}` } : {}), ...(form ? {} : { 'content-type': 'application/json' }) },
    body: form ? body : JSON.stringify(body),
  })
  if (!response.ok) throw new Error(await response.text())
  return (await response.json()) as never
}

/** Rows a second, and the most memory the server had meanwhile. */
const upload = async (key: string, order: string, file: Buffer, count: number) => {
  let most = 0
  let busy = true
  const watching = (async () => {
    while (busy) {
      most = Math.max(most, await memory())
      await delay(20)
    }
  })()
  const form = new FormData()
  form.append('file', new File([new Uint8Array(file)], 'list'))
  const start = performance.now()
  const { accepted } = await call(`/orders/${order}/recipients`, key, form)
  const seconds = (performance.now() - start) / 1000
  busy = false
  await watching
  if (accepted !== count) throw new Error(`${accepted} of ${count} rows were accepted`)
  return { rate: count / seconds, most }
}

const show = (value: number) => Math.round(value).toLocaleString('en')

try {
  await lineOf(server, /localhost/)
  const { api_key: key } = await call('/register', '', { name: 'Bench', owner_email: 'bench@bench.test' })
  const { id: order } = await call('/orders', key, { quantity: many })
  for (const [what, make, goal] of [
    ['CSV', csv, 20_000],
    ['XLSX', xlsx, 8_000],
  ] as const) {
    const path = join(dataDir, what)
    await writeFile(path, make(rows(many)))
    await upload(key, order, make(rows(few)), few)
    const idle = await memory()
    const small = await upload(key, order, make(rows(few)), few)
    const large = await upload(key, order, await readFile(path), many)
    const bare = JSON.parse(await run('server/bench/peers/read-list.ts', [what, path], {})) as { rate: number; most: number }
    console.log(
      `${what}: ${show(large.rate)} rows/s imported (goal ${show(goal)}); ${show(bare.rate)} rows/s only read: ${(large.rate / bare.rate).toFixed(2)}×`,
    )
    console.log(
      `  server's memory: idle ${show(idle)} MB, with ${show(few)} rows ${show(small.most)} MB, with ${show(many)} rows ${show(large.most)} MB; the reader alone ${show(bare.most)} MB`,
    )
  }
} finally {
  server.kill()
  await postgres.stop()
  await rm(dataDir, { recursive: true, force: true })
}
