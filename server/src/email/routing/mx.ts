import { isIP, isIPv4, isIPv6 } from 'node:net'
import { domainToASCII } from 'node:url'
import type { Resolver } from '../../kernel/net/dns.ts'
import { isPrivateAddress } from '../../kernel/net/ip-addresses.ts'

/** A server to try: its name without trailing dot, and what it may be dialled at, IPv4 first (fewer senders have a PTR for IPv6). */
export type MxHost = { exchange: string; priority: number; addresses: string[] }

/**
 * Who takes mail for a domain. `hosts`: in the order to try them, never empty. `null-mx`: the domain takes no mail (RFC 7505).
 * `no-such-domain` and `unroutable` (only servers that cannot or must not be dialled, or ourselves) are final; `temporary` is for later.
 */
export type MxAnswer =
  | { kind: 'hosts'; hosts: MxHost[] }
  | { kind: 'null-mx' }
  | { kind: 'no-such-domain' }
  | { kind: 'unroutable'; problem: string }
  | { kind: 'temporary'; problem: string }

export type MxOptions = {
  /** dial private, loopback and metadata addresses too: local development and tests */
  allowPrivate: boolean
  /** our own MX names and addresses: mail for them must not be sent round in circles (RFC 5321 5.1) */
  ownHosts: ReadonlySet<string>
  /** uniform in [0, 1): spreads the load over servers of equal preference */
  random: () => number
}

// a domain can name as many servers as it likes; we look at the first hundred, ten at a time until one has an address
const maxRecords = 100
const batch = 10

type Names = Pick<Resolver, 'resolveMx' | 'resolve4' | 'resolve6'>
type Look<T> = { found: T[] } | { missing: 'name' | 'record' } | { problem: string }
type Candidate = { exchange: string; priority: number }

/**
 * Finds the servers of a mail domain (RFC 5321 5.1): MX by preference, the domain itself when it has none, address literals.
 * Follows CNAMEs because the resolver does. The domain may be Unicode, in any case, with a trailing dot. Never rejects.
 */
export async function resolveMx(domain: string, resolver: Names, options: MxOptions): Promise<MxAnswer> {
  const literal = /^\[(?:ipv6:)?(.*)\]$/i.exec(domain)?.[1]
  if (literal !== undefined)
    return isIP(literal) ? pick([{ exchange: literal, priority: 0 }], literalAddresses, options) : { kind: 'no-such-domain' }
  const name = asciiName(domain.replace(/\.$/, ''))
  if (name === null) return { kind: 'no-such-domain' }

  const mx = await look(resolver.resolveMx(name))
  if ('problem' in mx) return { kind: 'temporary', problem: `MX of ${name}: ${mx.problem}` }
  if ('missing' in mx && mx.missing === 'name') return { kind: 'no-such-domain' }
  const records = 'found' in mx ? mx.found : []
  const candidates = inOrder(records, options.random)
  if (records.length > 0 && candidates.length === 0) return { kind: 'null-mx' }
  // no MX record: the domain is its own server
  return pick(
    candidates.length > 0 ? candidates : [{ exchange: name, priority: 0 }],
    host => addressesOf(host, resolver),
    options,
  )
}

/**
 * A domain in the letters DNS knows (RFC 5891), or null. The conversion follows the rules for URLs, which would cut `a/b` short and
 * read 0x7f.1 or ①②⑦.⓪.⓪.① as an address: what it would reinterpret is refused, and so is a bare address.
 */
function asciiName(domain: string): string | null {
  if (/[\p{Cc}\p{Z}/?#%\\:@<>[\]]/u.test(domain)) return null
  const name = domainToASCII(domain)
  return name === '' || isIP(name) ? null : name
}

/** The records that name a server, once each, by preference, equal ones shuffled. */
function inOrder(records: Candidate[], random: () => number): Candidate[] {
  const candidates = records
    .map(({ exchange, priority }) => ({ exchange: exchange.toLowerCase().replace(/\.$/, ''), priority, tie: random() }))
    .filter(({ exchange }) => exchange !== '' && !isIP(exchange))
    .sort((a, b) => a.priority - b.priority || a.tie - b.tie)
  const names = new Set<string>()
  return candidates.filter(({ exchange }) => !names.has(exchange) && names.add(exchange)).slice(0, maxRecords)
}

/** Keeps the candidates that have an address we may dial, and drops ourselves with everything behind us. */
async function pick(
  candidates: Candidate[],
  addresses: (host: string) => Promise<Look<string>>,
  options: MxOptions,
): Promise<MxAnswer> {
  const problems = { temporary: '', final: 'none of its mail servers has an address' }
  for (let from = 0; from < candidates.length; from += batch) {
    let hosts: MxHost[] = []
    const looks = candidates.slice(from, from + batch).map(async host => ({ ...host, look: await addresses(host.exchange) }))
    for (const { exchange, priority, look } of await Promise.all(looks)) {
      const found = 'found' in look ? look.found : []
      if ([exchange, ...found].some(own => options.ownHosts.has(own))) {
        hosts = hosts.filter(host => host.priority < priority)
        return hosts.length > 0 ? { kind: 'hosts', hosts } : { kind: 'unroutable', problem: 'its best mail server is this one' }
      }
      const dialled = options.allowPrivate ? found : found.filter(address => !isPrivateAddress(address))
      if (dialled.length > 0) hosts.push({ exchange, priority, addresses: dialled })
      else if (found.length > 0) problems.final = 'its mail servers are in a private network'
      else if ('problem' in look) problems.temporary = `address of ${exchange}: ${look.problem}`
    }
    if (hosts.length > 0) return { kind: 'hosts', hosts }
  }
  return problems.temporary ? { kind: 'temporary', problem: problems.temporary } : { kind: 'unroutable', problem: problems.final }
}

const literalAddresses = async (literal: string): Promise<Look<string>> => ({ found: [literal] })

async function addressesOf(host: string, resolver: Names): Promise<Look<string>> {
  const looks = await Promise.all([look(resolver.resolve4(host)), look(resolver.resolve6(host))])
  const found = [...new Set(looks.flatMap(answer => ('found' in answer ? answer.found : [])))]
  if (found.length > 0) return { found }
  return looks.find(answer => 'problem' in answer) ?? looks[0]
}

/** A look-up as a value: what is certainly absent is not what nobody could tell. */
async function look<T>(answer: Promise<T[]>): Promise<Look<T>> {
  try {
    const found = await answer
    return found.length > 0 ? { found } : { missing: 'record' }
  } catch (error) {
    const { code = 'unknown problem' } = error as NodeJS.ErrnoException
    if (code === 'ENODATA') return { missing: 'record' }
    if (code === 'ENOTFOUND' || code === 'EBADNAME') return { missing: 'name' }
    return { problem: code }
  }
}

/** Operators whose servers do not share one registrable name, or share it with others of a different mind about limits. */
const operators: [suffix: string, lane: string][] = [
  ['googlemail.com', 'google.com'],
  ['smtp.goog', 'google.com'],
  ['psmtp.com', 'google.com'],
  ['olc.protection.outlook.com', 'outlook.com'], // consumer mailboxes
  ['mail.protection.outlook.com', 'protection.outlook.com'], // organizations, each with a server name of its own
  ['mx.microsoft', 'protection.outlook.com'],
  ['yahoodns.net', 'yahoo.com'],
  ['ppe-hosted.com', 'pphosted.com'],
  ['kundenserver.de', 'ionos.com'],
  ['1and1.com', 'ionos.com'],
  ['messagingengine.com', 'fastmail.com'],
]

// enough of the public suffix list to keep unrelated customers of one country apart
const secondLevel = /^(ac|co|com|edu|gob|gov|gouv|govt|go|in|mil|ne|net|nom|or|org|sch)$/

/**
 * The lane of a server: the name under which all servers of its operator share one set of limits.
 * A known operator's name, otherwise the registrable part of the host name, otherwise (an address) the host itself.
 */
export function rollup(host: string): string {
  const name = host.toLowerCase().replace(/\.$/, '')
  if (isIPv4(name) || isIPv6(name)) return name
  const operator = operators.find(([suffix]) => name === suffix || name.endsWith(`.${suffix}`))
  if (operator) return operator[1]
  const labels = name.split('.')
  const countrySuffix = labels.length > 2 && labels.at(-1)!.length === 2 && secondLevel.test(labels.at(-2)!)
  return labels.slice(countrySuffix ? -3 : -2).join('.')
}
