/**
 * A real Postfix (Debian package postfix) beside the system's, for tests and benches: its configuration, queue and mailboxes are in a
 * temporary folder. Takes root.
 */
import { execFile, spawnSync } from 'node:child_process'
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const execute = promisify(execFile)

export interface Postfix {
  /** Everything of it lies here; mailboxes below `mail`, which nobody (65534) may write to. */
  folder: string
  /** Mails not yet handed on. */
  queued(): Promise<number>
  /** What it logged so far. */
  log(): Promise<string>
  stop(): Promise<void>
}

/** Debian's defaults, but for the folders and trust in nobody's address. What is given wins. */
const mainCf = (folder: string, settings: Record<string, string>) =>
  Object.entries({
    compatibility_level: '3.6',
    queue_directory: `${folder}/queue`,
    data_directory: `${folder}/data`,
    maillog_file: `${folder}/log`,
    maillog_file_prefixes: folder,
    mail_owner: 'postfix',
    setgid_group: 'postdrop',
    inet_interfaces: '127.0.0.1',
    inet_protocols: 'ipv4',
    mynetworks: '',
    mydestination: '',
    alias_maps: '',
    smtp_tls_security_level: 'none',
    ...settings,
  })
    .map(([name, value]) => `${name} = ${value}\n`)
    .join('')

/** master.cf as Debian ships it, without its jails. */
const masterCf = (listen: string) => `${listen} inet n - n - 100 smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`

export const canRunPostfix = (): boolean =>
  process.getuid?.() === 0 && !spawnSync('postfix', ['-c', '/nonexistent', 'status']).error

/** @param listen `address:port` */
export const startPostfix = async (listen: string, settings: Record<string, string>): Promise<Postfix> => {
  const folder = await mkdtemp(join(tmpdir(), 'pennypost-postfix-'))
  await chmod(folder, 0o755)
  const config = join(folder, 'config')
  for (const name of ['config', 'queue', 'data', 'mail']) await mkdir(join(folder, name))
  await execute('chown', ['postfix', join(folder, 'data')])
  await execute('chown', ['65534:65534', join(folder, 'mail')])
  await writeFile(join(config, 'main.cf'), mainCf(folder, settings))
  await writeFile(join(config, 'master.cf'), masterCf(listen))
  // Debian keeps its map types in modules, which these files name.
  for (const name of ['postfix-files', 'dynamicmaps.cf'])
    await copyFile(join('/etc/postfix', name), join(config, name)).catch(() => {})
  await execute('postfix', ['-c', config, 'start'])
  return {
    folder,
    queued: async () => {
      const folders = ['maildrop', 'incoming', 'active', 'deferred']
      const found = await Promise.all(
        folders.map(name => readdir(join(folder, 'queue', name), { recursive: true, withFileTypes: true })),
      )
      return found.flat().filter(entry => entry.isFile()).length
    },
    log: () => readFile(join(folder, 'log'), 'utf8'),
    stop: async () => {
      await execute('postfix', ['-c', config, 'stop'])
      await rm(folder, { recursive: true, force: true })
    },
  }
}
