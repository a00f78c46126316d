/**
 * An order of 10,000 handwritten cards, live, from checkout to the hot folder: quote with preflight, checkout (money, pieces, events),
 * and from the lock of its drop to the print shop's folder (imposed PDFs, manifests, money captured, events of every piece).
 * Against: imposing the same cards and doing nothing else.
 *
 *     node server/bench/run-benches.ts order [-- pieces]
 *
 * Seen on 2 cores: 640 and 722 pieces/s into the hot folder against 1,314 and 1,317/s only imposed (0.49, 0.55); 503/s from the quote on, 640 MB at most.
 */
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startApp } from '../src/app.ts'
import { readConfig } from '../src/config.ts'
import { movableClock } from '../src/kernel/clock.ts'
import { migrate } from '../src/kernel/database/migrate.ts'
import { createLog } from '../src/kernel/log.ts'
import { startPostgres } from '../src/kernel/postgres/postgres.ts'
import { tickPost } from '../src/post/cron.ts'
import type { PostcardSpec } from '../src/printer/postcard.ts'
import { createRenderer } from '../src/printer/render.ts'

const pieces = Number(process.argv[3] ?? 10_000)
const message =
  'Dear {{first_name}},\n\nthank you so much for your visit last week. There is a cup of tea waiting for you.\n\nWarmly,\nEleanor'
const address = { name: 'The Copper Kettle', line1: '22 Harbor St', city: 'Portland', state: 'ME', zip: '04101' }

const dataDir = await mkdtemp(join(tmpdir(), 'pennypost-bench-'))
const postgres = await startPostgres({ dataDir, log: () => {} })
await migrate(postgres.url)
const clock = movableClock()
const app = await startApp({
  config: readConfig({
    DATA_DIR: dataDir,
    PORT: '0',
    SMTP_PORT: '0',
    HOST: '127.0.0.1',
    LOG_LEVEL: 'error',
    RATE_LIMITS: 'off',
    MAILER_ID: '123456',
    STARTING_CREDIT_MILLS: '1000000000',
  }),
  databaseUrl: postgres.url,
  clock,
  log: createLog('error'),
})

// biome-ignore lint/suspicious/noExplicitAny: a bench reads answers as a script would
const call = async (method: string, path: string, key: string, body?: object): Promise<any> => {
  const response = await fetch(`${app.publicUrl}/v1${path}`, {
    method,
    headers: { ...(key ? { authorization: `Bearer ${key}` } : {}), ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  const answer = await response.json()
  if (!response.ok) throw new Error(JSON.stringify(answer))
  return answer
}

const timed = async <T>(what: string, work: () => Promise<T>): Promise<{ seconds: number; result: T }> => {
  const start = performance.now()
  const result = await work()
  const seconds = (performance.now() - start) / 1000
  console.log(
    `${what.padEnd(34)}${seconds.toFixed(1).padStart(7)} s${Math.round(pieces / seconds)
      .toLocaleString('en')
      .padStart(9)} pieces/s`,
  )
  return { seconds, result }
}

/** The same cards through the printer alone. */
const imposeOnly = async (): Promise<number> => {
  const renderer = createRenderer()
  function* specs(): Generator<PostcardSpec> {
    for (let i = 0; i < pieces; i++)
      yield {
        kind: 'postcard',
        size: '4x6',
        front: { kind: 'design', design: 'sprig' },
        back: { kind: 'handwritten', message },
        to: { name: `First${i} Last${i}`, line1: `${i} Main St`, city: 'Springfield', state: 'MA', zip: '01101' },
        from: address,
        imb: { tracking: `00310123456${String(i).padStart(9, '0')}`, routing: '01101' },
        qr: { url: `HTTPS://MAIL.EXAMPLE.COM/Q/${String(i).padStart(16, '0')}` },
        merge: { first_name: `First${i}` },
        seed: String(i),
        created: new Date(0),
      }
  }
  let count = 0
  for await (const file of renderer.impose(specs(), { piecesPerFile: 500, title: 'Bench', created: new Date(0) }))
    count += file.pieces.length
  return count
}

try {
  const { api_key: key } = await call('POST', '/register', '', { name: 'Bench', owner_email: 'bench@bench.test' })
  const order = await call('POST', '/orders', key, {
    quantity: pieces,
    message,
    return_address: address,
    qr_url: 'https://example.com/tea',
  })
  const path = `/orders/${order.id}`
  const list = Array.from({ length: pieces }, (_, i) => `First${i},Last${i},${i} Main St,Springfield,MA,01101`)
  const content = Buffer.from(`first_name,last_name,address,city,state,zip\n${list.join('\n')}`).toString('base64')
  await timed('list imported', () => call('POST', `${path}/recipients`, key, { file: { content } }))
  const quote = await timed('quoted, every piece checked', () => call('POST', `${path}/quote`, key, {}))
  if (!quote.result.ready) throw new Error(JSON.stringify(quote.result.preflight.problems[0]))
  const checkout = await timed('checkout: paid, pieces made', () => call('POST', `${path}/checkout`, key, {}))
  clock.advance(Date.parse(checkout.result.drops[0].locks_at) - clock.now().getTime() + 1000)
  const printed = await timed('locked → complete in hot folder', async () => {
    await tickPost(app)
    for (;;) {
      const { by_status } = await call('GET', `${path}/analytics`, key)
      if (by_status.queued === pieces) return
      await delay(500)
    }
  })
  const jobs = join(dataDir, 'hot-folder', 'jobs')
  for (const job of await readdir(jobs)) {
    const files = await readdir(join(jobs, job))
    const sizes = await Promise.all(files.map(async name => (await stat(join(jobs, job, name))).size))
    console.log(`  ${job}: ${files.length} files, ${Math.round(sizes.reduce((sum, size) => sum + size, 0) / 1e6)} MB`)
  }
  const bare = await timed('the same cards imposed, nothing else', imposeOnly)
  console.log(
    `Hot folder against imposing alone: ${(bare.seconds / printed.seconds).toFixed(2)}×. Whole order after its list: ${Math.round(pieces / (quote.seconds + checkout.seconds + printed.seconds)).toLocaleString('en')} pieces/s. Most memory: ${Math.round(process.resourceUsage().maxRSS / 1024)} MB.`,
  )
} finally {
  await app.close()
  await postgres.stop()
  await rm(dataDir, { recursive: true, force: true })
}
