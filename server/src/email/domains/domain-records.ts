/**
 * The DNS records a domain needs to send and receive through this server, as its owner has to enter them. Pure: what the DNS says
 * about them is looked up and judged in dns-checks/.
 */
import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'
import { getDomain } from 'tldts'

export type Algorithm = 'rsa' | 'ed25519'

/** RSA stands where the MailboxKit document shows it. Both names are part of every signature and must never be given to another key. */
export const selectors: Record<Algorithm, string> = { rsa: 'default', ed25519: 'ed25519' }

export interface PublicKey {
  algorithm: Algorithm
  selector: string
  /** Base64, as the p= tag has it: SubjectPublicKeyInfo for RSA (RFC 6376 §3.6.1), the bare 32 bytes for Ed25519 (RFC 8463 §4.2). */
  public_key: string
}

export const recordNames = ['mx', 'spf', 'dkim', 'dkim_ed25519', 'dmarc', 'return_path'] as const
export type RecordName = (typeof recordNames)[number]

/** What a record is needed for; an empty list is advice. */
export const needs = ['ownership', 'sending', 'receiving'] as const
export type Need = (typeof needs)[number]

export interface WantedRecord {
  record: RecordName
  purpose: string
  required_for: Need[]
  type: 'MX' | 'TXT' | 'CNAME'
  /** Relative to the domain, `@` for the domain itself. */
  host: string
  /** The whole name, without a final dot. */
  fqdn: string
  value: string
  /** MX only. */
  priority: number | null
}

/** What the records depend on. */
export interface Wish {
  /** Lower case, A-labels. */
  domain: string
  keys: PublicKey[]
  /** The name our SMTP server is reached by. */
  mailHost: string
  /** The server's own domain; its mail has its return paths there. */
  mailDomain: string
  /** The SPF mechanisms that let this server send, such as `a:mx.example.com`. */
  spf: string
}

const dkimHost = (selector: string) => `${selector}._domainkey`
export const returnPathHost = 'bounces'

/** All records of a domain. The server's own domain has no return path of its own: it is everybody's. */
export const wantedRecords = (wish: Wish): WantedRecord[] => {
  const { domain, keys, mailHost, mailDomain, spf } = wish
  const at = (host: string) => (host === '@' ? domain : `${host}.${domain}`)
  const record = (
    name: RecordName,
    required_for: Need[],
    [type, host, value]: [WantedRecord['type'], string, string],
    purpose: string,
    priority: number | null = null,
  ): WantedRecord => ({ record: name, purpose, required_for, type, host, fqdn: at(host), value, priority })
  const signature = (key: PublicKey) =>
    record(
      key.algorithm === 'rsa' ? 'dkim' : 'dkim_ed25519',
      key.algorithm === 'rsa' ? ['ownership', 'sending'] : [],
      ['TXT', dkimHost(key.selector), `v=DKIM1; k=${key.algorithm}; p=${key.public_key}`],
      key.algorithm === 'rsa'
        ? 'The key that mail is signed with. It proves that the domain is yours.'
        : 'A second, newer key (RFC 8463). Mail is signed with it too once the record is there.',
    )
  return [
    record('mx', ['receiving'], ['MX', '@', mailHost], `Mail to addresses at ${domain} comes to this server.`, 10),
    record('spf', [], ['TXT', '@', `v=spf1 ${spf} -all`], `Names the servers that may send with a return path at ${domain}.`),
    ...keys.map(signature),
    record(
      'dmarc',
      [],
      ['TXT', '_dmarc', 'v=DMARC1; p=none;'],
      'Tells receivers to hold mail from your domain against its signatures. Large receivers ask for it.',
    ),
    ...(domain === mailDomain
      ? []
      : [
          record(
            'return_path',
            [],
            ['CNAME', returnPathHost, mailDomain],
            'Reports of failed delivery come back through your own domain, so that SPF is aligned with it too.',
          ),
        ]),
  ]
}

/** A TXT value in the strings of at most 255 octets that DNS holds (RFC 1035 §3.3.14); receivers join them without a space. */
export const txtStrings = (value: string): string[] => value.match(/.{1,255}/gs) ?? ['']

/** One line of a zone file (RFC 1035 §5.1). */
export const zoneLine = ({ type, fqdn, value, priority }: WantedRecord): string => {
  const quoted = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`
  const data = type === 'TXT' ? txtStrings(value).map(quoted).join(' ') : `${priority === null ? '' : `${priority} `}${value}.`
  return `${fqdn}. 3600 IN ${type} ${data}`
}

/** The name under which a domain's owner registered it, which also publishes the policy its subdomains inherit (DMARC). */
export const registeredDomain = (domain: string): string | null => getDomain(domain, { allowPrivateDomains: true })

const hostName = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/
/** Names that never are in the public DNS as anybody's (RFC 6761, RFC 6762, RFC 7686, RFC 3172). */
const special = /(^|\.)(localhost|local|invalid|onion|arpa)$/
/** The longest host we ask for, `default._domainkey.`, must fit into a name of 253 octets too. */
const longest = 253 - `${dkimHost(selectors.ed25519)}.`.length

/**
 * Reads a domain name as people give it: any case, Unicode, a final dot.
 * @returns the name in lower case and A-labels, or why it cannot be used, as it follows the word "name"
 */
export const readDomainName = (
  text: string,
  { mailDomain, mailHost }: Pick<Wish, 'mailDomain' | 'mailHost'>,
): { name: string } | { problem: string } => {
  const given = text.trim().replace(/\.$/, '')
  if (/[/@:\s]/.test(given)) return { problem: 'must be the bare name of a domain, such as example.com' }
  const name = (/^[\x21-\x7e]*$/.test(given) ? given : domainToASCII(given)).toLowerCase()
  if (isIP(name) || /^[\d.]+$/.test(name)) return { problem: 'is an IP address; give the name of a domain' }
  if (special.test(name)) return { problem: 'is a name that is not in the public DNS' }
  if (name.length > longest || !hostName.test(name)) return { problem: 'is not a domain name such as example.com' }
  if (name === mailDomain || name.endsWith(`.${mailDomain}`))
    return { problem: `is or lies under ${mailDomain}, the mail domain of this server` }
  if (name === mailHost) return { problem: 'is the name of this server' }
  if (!registeredDomain(name))
    return { problem: 'is a public suffix, under which others have their domains; give the domain that is yours' }
  return { name }
}
