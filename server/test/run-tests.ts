/**
 * `npm test [-- [--crash] [files or folders] [options of node --test]]`
 *
 * Starts one throwaway PostgreSQL, migrates a template database in it, and runs the tests over it with
 *
 *   TEST_DATABASE_URL   a connection string whose role may create databases
 *   TEST_TEMPLATE       the migrated database to clone: create database x template pennypost_template
 *
 * Tests named `*.crash.test.ts` kill processes and take minutes; they run only with --crash or when named.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync, statSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { migrate } from '../src/kernel/database/migrate.ts'
import { startPostgres } from '../src/kernel/postgres/postgres.ts'

const FOLDERS = ['server/src', 'server/test', 'sdk', 'mcp']
const TEMPLATE = 'pennypost_template'
/** The database may forget all at a power cut; the tests end faster. */
const FAST = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'].flatMap(setting => ['-c', setting])

const crash = process.argv.includes('--crash')
const given = process.argv.slice(2).filter(arg => arg !== '--crash')
const kindOf = (path: string) => statSync(path, { throwIfNoEntry: false })
const paths = given.filter(arg => kindOf(arg))
const options = given.filter(arg => !kindOf(arg))

const testsIn = (folder: string) =>
  globSync(`${folder}/**/*.test.ts`, { exclude: path => path.includes('node_modules') }).filter(
    file => file.endsWith('.crash.test.ts') === crash,
  )

const files = (paths.length > 0 ? paths : FOLDERS).flatMap(path => (kindOf(path)?.isFile() ? path : testsIn(path))).sort()

const createTemplate = async (url: string) => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(`create database ${TEMPLATE}`)
  const template = new URL(url)
  template.pathname = `/${TEMPLATE}`
  await migrate(template.href)
  await client.query(`alter database ${TEMPLATE} allow_connections false`) // a connection would block cloning
  await client.end()
}

let interrupted = false
let tests: ChildProcess | undefined
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => {
    interrupted = true
    tests?.kill(signal) // we end after them, in good order
  })

/** Runs node --test and resolves with its exit code. */
const runTests = async (url: string) => {
  if (interrupted) return 1
  // force-exit: a test that failed half-way and left a server open must not keep the run from ending.
  const defaults = ['--test-concurrency=2', '--test-reporter=spec', '--test-timeout=120000', '--test-force-exit']
  const chosen = defaults.filter(flag => !options.some(option => option.startsWith(flag.split('=')[0]!)))
  const env = { ...process.env, TEST_DATABASE_URL: url, TEST_TEMPLATE: TEMPLATE }
  tests = spawn(process.execPath, ['--test', ...chosen, ...options, ...files], { stdio: 'inherit', env })
  const [code] = await once(tests, 'exit')
  return code ?? 1
}

if (files.length === 0) throw new Error(`No tests in ${(paths.length > 0 ? paths : FOLDERS).join(', ')}`)
const dataDir = await mkdtemp(join(tmpdir(), 'pennypost-test-'))
/** Refused statements are what tests provoke; a database that crashes is not. */
const log = (line: string) => /PANIC|died|crash/.test(line) && console.error(line)
const postgres = await startPostgres({ dataDir, flags: FAST, log })
try {
  await createTemplate(postgres.url)
  process.exitCode = await runTests(postgres.url)
} finally {
  await postgres.stop()
  await rm(dataDir, { recursive: true, force: true })
}
