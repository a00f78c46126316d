/**
 * Which way a mail goes: to our own SMTP server when its domain is ours (through a real SMTP conversation, so that mail between
 * two inboxes meets the same rules as anybody's), else to the operator's relay, else to the servers the domain's MX records name.
 */
import { networkInterfaces } from 'node:os'
import type { App } from '../../platform.ts'
import { type StsPolicy, stsPolicy, tlsModeFor } from '../outbound/policy.ts'
import type { ConnectOptions } from '../smtp-client/connect.ts'
import { type MxAnswer, type MxHost, resolveMx, rollup } from './mx.ts'

/** Servers in the order to try them, and how to speak to them. */
export interface Path extends Pick<ConnectOptions, 'port' | 'tls' | 'auth'> {
  /** All servers of one operator share one set of limits. */
  lane: string
  /** Mails of the same key may travel over the same connection. */
  key: string
  hosts: MxHost[]
}

/** There is no way, or none now. `code` and `enhanced` as the server would answer that does not exist; 0 is for later. */
export interface NoPath {
  code: 0 | 550 | 556
  enhanced: string
  text: string
}

export type Router = (domain: string, own: boolean) => Promise<Path | NoPath>

/** @param mxPort 25; tests, which may not open that, have another */
export const createRouter = (app: App, mxPort: number): Router => {
  const { OUTBOUND, MAIL_DOMAIN, MAIL_HOST, ALLOW_PRIVATE_NETWORKS } = app.config
  const relay = OUTBOUND === 'direct' ? undefined : readRelay(OUTBOUND)
  const mxOptions = { allowPrivate: ALLOW_PRIVATE_NETWORKS, ownHosts: ownHosts(app), random: Math.random }
  const policyOf = rememberPolicies(app)
  /** A verified domain may send here and have its mailboxes with somebody else: its MX records say so. */
  const isElsewhere = async (domain: string) =>
    /^(hosts|temporary)$/.test((await resolveMx(domain, app.resolver, mxOptions)).kind)
  return async (domain, own) => {
    if (own && (domain === MAIL_DOMAIN || !(await isElsewhere(domain)))) {
      const path = await throughRelay(app, { ...app.smtp, tls: 'none' })
      if (!('hosts' in path)) return path
      return { ...path, lane: 'own', key: 'own', hosts: path.hosts.map(host => ({ ...host, exchange: MAIL_HOST })) }
    }
    if (relay) return throughRelay(app, relay)
    const [answer, policy] = await Promise.all([resolveMx(domain, app.resolver, mxOptions), policyOf(domain)])
    return answer.kind === 'hosts' ? toHosts(domain, answer.hosts, policy, mxPort) : noPath(domain, answer)
  }
}

type Relay = Pick<Path, 'port' | 'tls' | 'auth'> & { host: string }

/**
 * `smtps://` is TLS from the first byte, `smtp://` STARTTLS when it is offered. Whoever sends credentials checks the certificate
 * (unless the relay is on loopback), wherever the relay stands: a private network is no reason to hand out a password. A private
 * certificate authority is made known by NODE_EXTRA_CA_CERTS.
 */
export const readRelay = (url: string): Relay => {
  const { protocol, hostname, port, username, password } = new URL(url)
  const auth = username ? { user: decodeURIComponent(username), password: decodeURIComponent(password) } : undefined
  return {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(port) || (protocol === 'smtps:' ? 465 : auth ? 587 : 25),
    tls: protocol === 'smtps:' ? 'implicit' : 'opportunistic',
    ...(auth ? { auth } : {}),
  }
}

/** The operator named the relay, so it may stand in a private network. */
const throughRelay = (app: App, { host, ...how }: Relay): Promise<Path | NoPath> =>
  new Promise(resolve =>
    app.resolver.lookup(host, { all: true }, (error, addresses) => {
      if (error) return resolve({ code: 0, enhanced: '4.4.3', text: `The relay ${host} was not found: ${error.code}` })
      const hosts = [
        {
          exchange: host,
          priority: 0,
          addresses: [addresses].flat().map(each => (typeof each === 'string' ? each : each.address)),
        },
      ]
      resolve({ lane: 'relay', key: 'relay', hosts, ...how })
    }),
  )

/** Servers of equal preference come in any order; that must not make two keys of them. */
const toHosts = (domain: string, all: MxHost[], policy: StsPolicy | null, port: number): Path | NoPath => {
  const hosts = all.filter(({ exchange }) => tlsModeFor(policy, exchange) !== 'avoid')
  const [first] = hosts
  if (!first) return { code: 0, enhanced: '4.7.0', text: `The MTA-STS policy of ${domain} lists none of its mail servers` }
  const tls = tlsModeFor(policy, first.exchange) === 'require' ? 'require' : 'opportunistic'
  const names = hosts.map(({ priority, exchange }) => `${priority} ${exchange}`).sort()
  return { lane: rollup(first.exchange), key: `${tls} ${names.join()}`, hosts, port, tls }
}

/** A policy host that does not answer costs its domain's mail one time-out in this long. */
const policyMs = 5 * 60_000
const mostPolicies = 10_000

/** MTA-STS policies by domain (RFC 8461), kept in memory: after a restart the first mail to a domain asks again. */
const rememberPolicies = (app: App): ((domain: string) => Promise<StsPolicy | null>) => {
  const known = new Map<string, { until: number; policy: Promise<StsPolicy | null> }>()
  return domain => {
    const entry = known.get(domain)
    if (entry && entry.until > performance.now()) return entry.policy
    const ask = (before: StsPolicy | null) =>
      stsPolicy(domain, before, { resolver: app.resolver, fetch: app.fetch, now: app.clock.now().getTime() })
    const policy = entry ? entry.policy.then(ask) : ask(null)
    known.delete(domain)
    if (known.size >= mostPolicies) known.delete(known.keys().next().value!)
    known.set(domain, { until: performance.now() + policyMs, policy })
    return policy
  }
}

const noPath = (domain: string, answer: Exclude<MxAnswer, { kind: 'hosts' }>): NoPath => {
  if (answer.kind === 'null-mx') return { code: 556, enhanced: '5.1.10', text: `${domain} takes no mail (null MX, RFC 7505)` }
  if (answer.kind === 'no-such-domain') return { code: 550, enhanced: '5.1.2', text: `There is no domain ${domain}` }
  if (answer.kind === 'unroutable')
    return { code: 550, enhanced: '5.4.4', text: `No server to take mail for ${domain}: ${answer.problem}` }
  return { code: 0, enhanced: '4.4.3', text: answer.problem }
}

/**
 * Our own names and addresses: a foreign domain whose MX points to them would send mail round in circles. Where we have an
 * address we do not know of (behind a NAT), the circle ends at our own SMTP server, which takes no mail for foreign domains.
 */
const ownHosts = ({ config, publicUrl }: App): Set<string> => {
  const addresses = Object.values(networkInterfaces()).flatMap(each => each ?? [])
  const outside = addresses.filter(({ internal }) => !internal).map(({ address }) => address)
  return new Set([
    config.MAIL_DOMAIN,
    config.MAIL_HOST,
    config.MAIL_HOST,
    ...(publicUrl ? [new URL(publicUrl).hostname] : []),
    ...outside,
  ])
}
