/**
 * A real Postfix (Debian package postfix) beside the system's: its configuration, queue and mailboxes are in a temporary folder, and
 * it listens on port 25 of a loopback address of its own, so that who looks up an MX record comes to it as to any server. Takes root.
 */
import { execFile, spawnSync } from 'node:child_process'
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** What this Postfix is to its world. Addresses are whole, in lower case. */
export interface PostfixWorld {
  hostname: string
  /** Mailboxes delivered by virtual(8), which are also all the users their domains have. */
  mailboxes: string[]
  /** Forwarded addresses of the same domains: from → to. */
  aliases: Record<string, string>
  /** A domain whose users are looked up by local(8) only after the mail was taken: who is unknown there is bounced by a report. */
  lateDomain: string
  /** Where everything else goes, reports too: `[127.0.0.1]:port`. */
  relayhost: string
}

export interface Postfix {
  /** It listens here, on port 25. */
  address: string
  /** The mails in a mailbox as its delivery agent wrote them (Maildir, lines end with LF). */
  mailbox(email: string): Promise<Buffer[]>
  /** What it logged so far. */
  log(): Promise<string>
  stop(): Promise<void>
}

const pairs = (map: Record<string, string>) =>
  `inline:{${Object.entries(map)
    .map(([from, to]) => `{${from}=${to}}`)
    .join(' ')}}`

/** Debian's defaults, but for the folders, no chroot, and trust in nobody's address. */
const mainCf = (folder: string, world: PostfixWorld): Record<string, string> => ({
  compatibility_level: '3.6',
  queue_directory: `${folder}/queue`,
  data_directory: `${folder}/data`,
  maillog_file: `${folder}/log`,
  maillog_file_prefixes: folder,
  mail_owner: 'postfix',
  setgid_group: 'postdrop',
  myhostname: world.hostname,
  inet_interfaces: '127.0.0.1',
  inet_protocols: 'ipv4',
  mynetworks: '',
  smtpd_relay_restrictions: 'reject_unauth_destination',
  relayhost: world.relayhost,
  smtp_tls_security_level: 'none',
  alias_maps: '',
  mydestination: world.lateDomain,
  local_recipient_maps: '',
  virtual_mailbox_domains: [...new Set(world.mailboxes.map(email => email.split('@')[1]!))].join(' '),
  virtual_mailbox_base: `${folder}/mail`,
  virtual_mailbox_maps: pairs(Object.fromEntries(world.mailboxes.map(email => [email, `${email}/`]))),
  virtual_alias_domains: '',
  virtual_alias_maps: pairs(world.aliases),
  virtual_uid_maps: 'static:65534',
  virtual_gid_maps: 'static:65534',
})

/** master.cf, as Debian ships it without the services that nothing here asks for. */
const masterCf = (address: string) => `${address}:25 inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
local unix - n n - - local
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
`

/** Undefined where it cannot be run. */
export const startPostfix = async (world: PostfixWorld): Promise<Postfix | undefined> => {
  if (process.getuid?.() !== 0 || spawnSync('postfix', ['-c', '/nonexistent', 'status']).error) return undefined
  const folder = await mkdtemp(join(tmpdir(), 'pennypost-postfix-'))
  await chmod(folder, 0o755)
  const address = `127.${1 + Math.floor(Math.random() * 250)}.${Math.floor(Math.random() * 250)}.25`
  const config = join(folder, 'config')
  for (const name of ['config', 'queue', 'data', 'mail']) await mkdir(join(folder, name))
  await execute('chown', ['postfix', join(folder, 'data')])
  await execute('chown', ['65534:65534', join(folder, 'mail')])
  const main = Object.entries(mainCf(folder, world)).map(([name, value]) => `${name} = ${value}\n`)
  await writeFile(join(config, 'main.cf'), main.join(''))
  await writeFile(join(config, 'master.cf'), masterCf(address))
  // Debian keeps its map types in modules, which these files name.
  for (const name of ['postfix-files', 'dynamicmaps.cf'])
    await copyFile(join('/etc/postfix', name), join(config, name)).catch(() => {})
  await execute('postfix', ['-c', config, 'start'])
  return {
    address,
    mailbox: async email => {
      const place = join(folder, 'mail', email, 'new')
      const names = await readdir(place).catch(() => [])
      return Promise.all(names.map(name => readFile(join(place, name))))
    },
    log: () => readFile(join(folder, 'log'), 'utf8'),
    stop: async () => {
      await execute('postfix', ['-c', config, 'stop'])
      await rm(folder, { recursive: true, force: true })
    },
  }
}
