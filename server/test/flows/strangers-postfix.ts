/** A stranger's mail server, as the world would have it: a Postfix with mailboxes, aliases and a domain whose bounces come late. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { canRunPostfix, type Postfix, startPostfix } from '../postfix.ts'

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

export interface StrangersPostfix extends Pick<Postfix, 'log' | 'stop'> {
  /** It listens here, on port 25: a loopback address of its own, so that who looks up an MX record comes to it as to any server. */
  address: string
  /** The mails in a mailbox as its delivery agent wrote them (Maildir, lines end with LF). */
  mailbox(email: string): Promise<Buffer[]>
}

const pairs = (map: Record<string, string>) =>
  `inline:{${Object.entries(map)
    .map(([from, to]) => `{${from}=${to}}`)
    .join(' ')}}`

/** Undefined where it cannot be run. */
export const startStrangersPostfix = async (world: PostfixWorld): Promise<StrangersPostfix | undefined> => {
  if (!canRunPostfix()) return undefined
  const address = `127.${1 + Math.floor(Math.random() * 250)}.${Math.floor(Math.random() * 250)}.25`
  const { folder, log, stop } = await startPostfix(`${address}:25`, {
    myhostname: world.hostname,
    smtpd_relay_restrictions: 'reject_unauth_destination',
    relayhost: world.relayhost,
    mydestination: world.lateDomain,
    local_recipient_maps: '',
    virtual_mailbox_domains: [...new Set(world.mailboxes.map(email => email.split('@')[1]!))].join(' '),
    virtual_mailbox_base: '$queue_directory/../mail',
    virtual_mailbox_maps: pairs(Object.fromEntries(world.mailboxes.map(email => [email, `${email}/`]))),
    virtual_alias_domains: '',
    virtual_alias_maps: pairs(world.aliases),
    virtual_uid_maps: 'static:65534',
    virtual_gid_maps: 'static:65534',
  })
  return {
    address,
    log,
    stop,
    mailbox: async email => {
      const place = join(folder, 'mail', email, 'new')
      const names = await readdir(place).catch(() => [])
      return Promise.all(names.map(name => readFile(join(place, name))))
    },
  }
}
