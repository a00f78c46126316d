/**
 * A real PostgreSQL in DATA_DIR, for people who set no DATABASE_URL.
 *
 *   DATA_DIR/server.lock     held while a server runs here; server.pid says which
 *   DATA_DIR/postgres/       the cluster
 *   DATA_DIR/postgres.url    how to connect, with the password (mode 600): psql "$(cat data/postgres.url)"
 *
 * It listens on a UNIX socket inside the cluster, which is closed to other users, or when that path is too long for a
 * socket on a free port of 127.0.0.1. Both ask for the password. The server connects as `pennypost`, which may create
 * databases and is no superuser: SQL that slips in cannot read files or run programs. (`postgres` is, same password.)
 *
 * What may die at any moment, and what happens then:
 *   we do           a shell which reads a pipe from us sees it close and stops PostgreSQL
 *   we both do      the next start finds what is left of the cluster by its process title and ends it
 *   PostgreSQL      it is started again, on the same URL, however often; five starts in a row that fail end the server
 */
import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { chown, mkdtemp, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { lockFile } from './file-lock.ts'
import {
  type Account,
  accountFor,
  accountToCreate,
  CannotStart,
  dataDirectory,
  endProcesses,
  findPrograms,
  giveTo,
  run,
  SIGNALS,
  spawnAs,
} from './postgres-programs.ts'

/** A durable server on a small machine. What is not here is PostgreSQL's default; flags given to startPostgres win. */
const SETTINGS = {
  max_connections: '200',
  shared_buffers: '128MB',
  work_mem: '8MB',
  maintenance_work_mem: '64MB',
  fsync: 'on',
  synchronous_commit: 'on',
  wal_compression: 'on',
  max_wal_size: '2GB', // with the next line: a checkpoint every 15 minutes, so that fewer full pages enter the log
  checkpoint_timeout: '15min',
  random_page_cost: '1.1', // SSD
  max_logical_replication_workers: '0', // nobody subscribes here
  jit: 'off', // short queries; compiling them costs more than running them
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
  log_line_prefix: '%q[%p %d] ',
}

/** sun_path of the strictest system (macOS) less its final zero. */
const LONGEST_SOCKET_PATH = 103
const RESTARTS = 5
/** Before a start: doubled with each death within a minute, so that one death costs little and a hundred are no storm. */
const pauseMs = { first: 50, longest: 2000 }

export interface EmbeddedPostgres {
  /** Connection string for database `pennypost`; stays the same when PostgreSQL is restarted. */
  readonly url: string
  /** The postmaster's process id now. */
  readonly pid: number
  /** Resolves only when PostgreSQL died and could not be restarted: end the server. */
  readonly exited: Promise<Error>
  /** Disconnects the clients, stops PostgreSQL and frees DATA_DIR. May be called twice. */
  stop(): Promise<void>
}

/** Another server runs on the DATA_DIR. `url` connects to its database (for commands beside a running server). */
export class DataDirInUse extends CannotStart {
  override name = 'DataDirInUse'
  readonly pid: number | undefined
  readonly url: string | undefined
  constructor(dataDir: string, pid: number | undefined, url: string | undefined) {
    super(
      `Another Pennypost server${pid ? `, process ${pid},` : ''} is running on ${dataDir}. ` +
        'Stop that one first, or give this one a DATA_DIR of its own.',
    )
    this.pid = pid
    this.url = url
  }
}

/**
 * Starts PostgreSQL 18 in `dataDir`/postgres, creating the cluster and the database `pennypost` when they are missing.
 * `log` gets each line PostgreSQL prints, `flags` go to `postgres` (['-c', 'fsync=off']).
 * Throws DataDirInUse when a server holds the folder, otherwise CannotStart with a sentence which says what to do.
 */
export const startPostgres = async (options: {
  dataDir: string
  log: (line: string) => void
  flags?: string[]
}): Promise<EmbeddedPostgres> => {
  const dataDir = resolve(options.dataDir)
  const unlock = lock(dataDir)
  try {
    const account = await accountFor(join(dataDir, 'postgres'))
    const programs = await findPrograms(account, dataDir)
    const password = await createCluster(dataDir, account, programs, options.log)
    const cluster = await openCluster(dataDir, account, programs, password, options.log)
    await writeUrl(dataDir, urlOf(cluster, 'pennypost'))
    return await supervise(cluster, options.flags ?? [], unlock)
  } catch (error) {
    unlock()
    throw error
  }
}

/** One server per DATA_DIR. */
const lock = (dataDir: string) => {
  const pidFile = join(dataDir, 'server.pid')
  let unlock: (() => void) | undefined
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    unlock = lockFile(join(dataDir, 'server.lock'))
    if (unlock) {
      rmSync(pidFile, { force: true }) // of a killed server, which may have been another user's
      writeFileSync(pidFile, `${process.pid}\n`)
    }
  } catch (error) {
    unlock?.()
    throw new CannotStart(
      `The server cannot write in DATA_DIR ${dataDir}. Give it a folder which its user owns. (${(error as Error).message})`,
    )
  }
  if (!unlock)
    throw new DataDirInUse(dataDir, Number(readIfThere(pidFile)) || undefined, readIfThere(join(dataDir, 'postgres.url')))
  const release = unlock
  let held = true
  return () => {
    if (held) rmSync(pidFile, { force: true })
    held = false
    release()
  }
}

const readIfThere = (path: string) => {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return undefined
  }
}

/** Makes the cluster if there is none, and resolves with its password. A half-made one never gets the cluster's name. */
const createCluster = async (dataDir: string, account: Account, programs: string, log: (line: string) => void) => {
  const names = await readdir(dataDir)
  for (const name of names)
    if (name.startsWith('postgres.new-')) await rm(join(dataDir, name), { recursive: true, maxRetries: 5 })
  if (names.includes('postgres')) {
    const known = URL.parse(readIfThere(join(dataDir, 'postgres.url')) ?? '')?.password
    if (known) return known
    throw new CannotStart(
      `The database in ${join(dataDir, 'postgres')} is there, but ${join(dataDir, 'postgres.url')}, which holds its password, is not. ` +
        'Put that file back from your backup; or move the postgres folder away to begin with an empty database.',
    )
  }
  const password = randomBytes(24).toString('base64url')
  log(`creating a database cluster in ${join(dataDir, 'postgres')}`)
  const fresh = await mkdtemp(join(dataDir, 'postgres.new-'))
  await initialise(fresh, account, programs, password)
  await writeUrl(dataDir, `postgres://pennypost:${password}@localhost/pennypost`)
  await rename(fresh, join(dataDir, 'postgres'))
  const folder = await open(dataDir) // the new name must outlive a power cut, like everything in it
  await folder.sync()
  await folder.close()
  return password
}

const initialise = async (folder: string, account: Account, programs: string, password: string) => {
  const maker = await accountToCreate(account)
  await giveTo(maker, folder)
  const passwordFile = `${folder}.password`
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 })
  if (maker.uid !== undefined) await chown(passwordFile, maker.uid, maker.gid!)
  const stdin = await open(passwordFile) // by descriptor: `nobody` may not reach the path
  const args = ['-D', dataDirectory(account, folder), '--username=postgres', '--pwfile=/dev/stdin', '--auth=scram-sha-256']
  args.push('--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C')
  args.push('--data-checksums', '--no-instructions')
  const { code, output } = await run(maker, join(programs, 'initdb'), args, folder, stdin.fd)
  await stdin.close()
  await rm(passwordFile)
  if (/could not look up effective user/.test(output))
    throw new CannotStart(
      `User id ${process.getuid?.()} has no name on this machine, and PostgreSQL's initdb insists on one. Start the server as a ` +
        'user listed in /etc/passwd (in a container of the image node: --user node), or set DATABASE_URL.',
    )
  if (code !== 0) throw new CannotStart(`PostgreSQL could not create its cluster: ${output}`)
  await giveTo(account, folder)
}

const writeUrl = async (dataDir: string, url: string) => {
  const path = join(dataDir, 'postgres.url')
  if (readIfThere(path) === url) return // so that root leaves it to the user who made it
  await writeFile(`${path}.new`, `${url}\n`, { mode: 0o600, flush: true })
  await rename(`${path}.new`, path)
}

interface Cluster {
  folder: string
  account: Account
  programs: string
  password: string
  /** In every process title of this cluster and no other: the folder by its device and number. */
  title: string
  /** Where it listens: the socket's folder, or undefined for TCP. */
  socket: string | undefined
  port: number
  log: (line: string) => void
}

const openCluster = async (
  dataDir: string,
  account: Account,
  programs: string,
  password: string,
  log: (line: string) => void,
): Promise<Cluster> => {
  const folder = join(dataDir, 'postgres')
  const { dev, ino, uid } = await stat(folder)
  if (account.uid !== undefined && uid !== account.uid) await giveTo(account, folder) // root restored it from a backup
  const fits = Buffer.byteLength(join(folder, '.s.PGSQL.5432')) <= LONGEST_SOCKET_PATH
  const cluster = { folder, account, programs, password, title: `pennypost[${dev}:${ino}]`, log }
  return fits ? { ...cluster, socket: folder, port: 5432 } : { ...cluster, socket: undefined, port: await freePort() }
}

const freePort = async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return address && typeof address === 'object' ? address.port : 0
}

/** The password is made of URL-safe characters. The host in `?host=` wins over `localhost`, a placeholder for URL parsers. */
const urlOf = ({ password, socket, port }: Cluster, user: string) =>
  socket
    ? `postgres://${user}:${password}@localhost:${port}/${user}?host=${encodeURIComponent(socket)}`
    : `postgres://${user}:${password}@127.0.0.1:${port}/${user}`

interface Postmaster {
  child: ChildProcess
  gone: Promise<void>
}

/** Starts the postmaster and resolves when it accepts connections, however long its crash recovery takes. */
const launch = async (cluster: Cluster, flags: string[]): Promise<Postmaster> => {
  await clear(cluster)
  const { account, folder, socket, port } = cluster
  const where = {
    port,
    cluster_name: cluster.title,
    listen_addresses: socket ? '' : '127.0.0.1',
    unix_socket_directories: socket ? '.' : '',
  }
  const settings = Object.entries({ ...SETTINGS, ...where }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const args = ['-D', dataDirectory(account, folder), ...settings, ...flags]
  const child = spawnAs(account, join(cluster.programs, 'postgres'), args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
  const gone = new Promise<void>(done => child.once('exit', () => done()))
  await new Promise<void>((done, fail) => {
    let last: string[] = []
    createInterface({ input: child.stderr! }).on('line', line => {
      cluster.log(line)
      last = [...last.slice(-9), line]
      if (line.includes('ready to accept connections')) done()
    })
    child.once('error', fail)
    child.once('close', () => fail(new CannotStart(`PostgreSQL did not start in ${folder}:\n${last.join('\n')}`)))
    if (child.pid) tie(child, child.pid, cluster)
  })
  release(child)
  return { child, gone }
}

/** When we die, even by kill -9, the pipe closes, `read` fails, and the shell stops PostgreSQL. */
const tie = (postmaster: ChildProcess, pid: number, { account, log }: Cluster) => {
  const shell = spawnAs(account, '/bin/sh', ['-c', 'read -r _ || kill -INT "$0"', `${pid}`], {
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  shell.on('error', error => log(`PostgreSQL would outlive a crash of this server: ${error.message}`))
  shell.stdin!.on('error', () => {}) // the shell was killed: there is nothing left to tell it
  postmaster.once('exit', () => shell.stdin!.end('\n'))
  release(shell)
}

/** Lets our process end while the child runs; the tie takes care of it. */
const release = (child: ChildProcess) => {
  child.unref()
  for (const stream of [child.stdin, child.stderr]) (stream as Socket | null)?.unref()
}

/**
 * Ends what an earlier run left: a postmaster whose server was killed together with its tie, or the children of a killed
 * postmaster. We hold the lock, so nobody else may use the cluster. The files which name the dead go too: in a container
 * their process id may be somebody else's by now, and PostgreSQL would refuse to start.
 */
const clear = async ({ folder, title, account, log }: Cluster) => {
  const postmaster = Number.parseInt(readIfThere(join(folder, 'postmaster.pid')) ?? '', 10)
  await endProcesses(account, title, postmaster, log)
  for (const name of ['postmaster.pid', '.s.PGSQL.5432.lock', '.s.PGSQL.5432']) await rm(join(folder, name), { force: true })
}

/** The role and the database of the server, if they are missing. Also the proof that the password fits. */
const createDatabase = async (cluster: Cluster) => {
  const client = new pg.Client({ connectionString: urlOf(cluster, 'postgres') })
  try {
    await client.connect()
    const { rows } = await client.query(
      `select exists(select from pg_roles where rolname = 'pennypost') as role,
              exists(select from pg_database where datname = 'pennypost') as database`,
    )
    if (!rows[0].role)
      await client.query(`create role pennypost login createdb password ${client.escapeLiteral(cluster.password)}`)
    if (!rows[0].database) await client.query('create database pennypost owner pennypost')
  } catch (error) {
    if ((error as { code?: string }).code !== '28P01') throw error
    throw new CannotStart(
      `The password in ${cluster.folder}.url is not the one of this database. Put that file back from your backup.`,
    )
  } finally {
    await client.end()
  }
}

const halt = async ({ child, gone }: Postmaster) => {
  child.ref()
  for (const [signal, patience] of SIGNALS) {
    child.kill(signal)
    if (await Promise.race([gone.then(() => true), delay(patience, false, { ref: false })])) return
  }
}

/** Starts the cluster, and again whenever it dies before stop() is called. */
const supervise = async (cluster: Cluster, flags: string[], unlock: () => void): Promise<EmbeddedPostgres> => {
  let postmaster = await launch(cluster, flags)
  await createDatabase(cluster).catch(async error => {
    await halt(postmaster)
    throw error
  })
  let stopping: Promise<void> | undefined
  const exited = Promise.withResolvers<Error>()

  const watch = async () => {
    let deaths: number[] = []
    let failedStarts = 0
    while (true) {
      await postmaster.gone
      deaths = [...deaths.filter(time => time > Date.now() - 60_000), Date.now()]
      if (stopping !== undefined) return
      if (failedStarts >= RESTARTS)
        return exited.resolve(new CannotStart(`PostgreSQL died, and ${failedStarts} attempts to start it again failed`))
      cluster.log('PostgreSQL died; starting it again')
      await delay(Math.min(pauseMs.longest, pauseMs.first * 2 ** (deaths.length - 1)))
      if (stopping !== undefined) return
      try {
        postmaster = await launch(cluster, flags)
        failedStarts = 0
      } catch (error) {
        cluster.log(String(error)) // the old one is still gone: this counts as one more death
        failedStarts++
      }
      if (stopping !== undefined) await halt(postmaster)
    }
  }
  const watching = watch()

  const stop = async () => {
    await halt(postmaster)
    await watching
    unlock()
  }
  return {
    url: urlOf(cluster, 'pennypost'),
    get pid() {
      return postmaster.child.pid!
    },
    exited: exited.promise,
    stop: () => (stopping ??= stop()),
  }
}
