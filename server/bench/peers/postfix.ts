/** A Postfix of our own beside the system's: private configuration and queue in a temporary folder. Needs root and the Debian package. */
import { execFile } from 'node:child_process'
import { chmod, copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from '../measure.ts'

const execute = promisify(execFile)

/** Debian's defaults, but: no chroot, no local delivery, more connections to the one destination there is, as many as we open. */
const mainCf = (folder: string, sinkPort: number) => `
compatibility_level = 3.6
queue_directory = ${folder}/queue
data_directory = ${folder}/data
maillog_file = ${folder}/log
maillog_file_prefixes = ${folder}
mail_owner = postfix
setgid_group = postdrop
myhostname = bench.test
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
relayhost = [127.0.0.1]:${sinkPort}
default_destination_concurrency_limit = 30
initial_destination_concurrency = 30
smtp_tls_security_level = none
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_client_connection_count_limit = 0
`

const services = [
  'pickup',
  'cleanup',
  'qmgr',
  'tlsmgr',
  'rewrite',
  'bounce',
  'defer',
  'trace',
  'verify',
  'flush',
  'proxymap',
  'smtp',
  'relay',
  'showq',
  'error',
  'retry',
  'discard',
  'anvil',
  'scache',
  'postlog',
]
const programs: Record<string, string> = {
  rewrite: 'trivial-rewrite',
  defer: 'bounce',
  trace: 'bounce',
  relay: 'smtp',
  retry: 'error',
  postlog: 'postlogd',
}
const kinds: Record<string, string> = {
  pickup: 'unix n - n 60 1',
  cleanup: 'unix n - n - 0',
  qmgr: 'unix n - n 300 1',
  tlsmgr: 'unix - - n 1000? 1',
  flush: 'unix n - n 1000? 0',
  verify: 'unix - - n - 1',
  showq: 'unix n - n - -',
  anvil: 'unix - - n - 1',
  scache: 'unix - - n - 1',
  postlog: 'unix-dgram n - n - 1',
}

const masterCf = (port: number) =>
  [
    `127.0.0.1:${port} inet n - n - 100 smtpd`,
    ...services.map(name => `${name} ${kinds[name] ?? 'unix - - n - -'} ${programs[name] ?? name}`),
  ].join('\n')

export interface Postfix {
  port: number
  /** Mails not yet handed on. */
  queued(): Promise<number>
  stop(): Promise<void>
}

export const startPostfix = async (sinkPort: number): Promise<Postfix> => {
  const folder = await mkdtemp(join(tmpdir(), 'postfix-bench-'))
  await chmod(folder, 0o755)
  const config = join(folder, 'config')
  for (const name of ['config', 'queue', 'data']) await mkdir(join(folder, name))
  await execute('chown', ['postfix', join(folder, 'data')])
  const port = await freePort()
  await writeFile(join(config, 'main.cf'), mainCf(folder, sinkPort))
  await writeFile(join(config, 'master.cf'), `${masterCf(port)}\n`)
  for (const name of ['postfix-files', 'dynamicmaps.cf'])
    await copyFile(join('/etc/postfix', name), join(config, name)).catch(() => {})
  const postfix = (verb: string) => execute('postfix', ['-c', config, verb])
  await postfix('start')
  return {
    port,
    queued: async () => {
      const folders = ['maildrop', 'incoming', 'active', 'deferred']
      const found = await Promise.all(
        folders.map(name => readdir(join(folder, 'queue', name), { recursive: true, withFileTypes: true })),
      )
      return found.flat().filter(entry => entry.isFile()).length
    },
    stop: async () => {
      await postfix('stop')
      await rm(folder, { recursive: true, force: true })
    },
  }
}
