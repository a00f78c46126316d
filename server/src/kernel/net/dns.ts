/** The one resolver: asks the configured name servers, remembers for a while, and is what every connection looks names up with. */
import { type LookupAddress, type LookupOptions, type MxRecord, lookup as systemLookup } from 'node:dns'
import { Resolver as NameServers } from 'node:dns/promises'
import { isIP, type LookupFunction } from 'node:net'

/**
 * Every method rejects with the `code` of node:dns: ENOTFOUND (NXDOMAIN), ENODATA (the name has no such record), ESERVFAIL,
 * EREFUSED, ETIMEOUT, EBADNAME. Only the first two say anything about the name; the others mean "ask again later".
 */
export interface Resolver {
  /** In the order they came; sort by priority. A null MX (RFC 7505) is one record with exchange ''. */
  resolveMx(name: string): Promise<MxRecord[]>
  resolve4(name: string): Promise<string[]>
  resolve6(name: string): Promise<string[]>
  /** One array per record, of its strings of up to 255 bytes. */
  resolveTxt(name: string): Promise<string[][]>
  resolveCname(name: string): Promise<string[]>
  resolveNs(name: string): Promise<string[]>
  /** Names of an address (PTR). */
  reverse(ip: string): Promise<string[]>
  /** For `net.connect` and what is built on it. IPv4 first; knows localhost and addresses without asking. */
  lookup: LookupFunction
}

/** Milliseconds. A silent name server is given up after 2 to 5 s (c-ares shortens the wait for a server it knows to be fast). */
const patience = { timeout: 2000, tries: 2, maxTimeout: 3000 }
const limits = {
  entries: 10_000,
  /** Seconds. node:dns tells the TTL of addresses only; what has none told is kept for a minute. */
  shortest: 5,
  longest: 300,
  untold: 60,
  absent: 30,
}

interface Answer<T> {
  records: T[]
  ttl: number
}

/**
 * @param servers `host:port` or `[v6]:port`, asked in order; empty or absent: those of the system. Then names that no name
 * server knows are looked up the system's way too (its hosts file); that way is never first, since it blocks one of libuv's
 * few threads for as long as the slowest name server takes.
 */
export const createResolver = (servers: readonly string[] = []): Resolver => {
  const ask = new NameServers(patience)
  if (servers.length > 0) ask.setServers(servers)
  const remember = createMemory()

  const addresses = (name: string, family: 4 | 6): Promise<string[]> =>
    remember(`${family} ${name}`, async () => {
      const found = await (family === 4 ? ask.resolve4(name, { ttl: true }) : ask.resolve6(name, { ttl: true }))
      return { records: found.map(record => record.address), ttl: Math.min(...found.map(record => record.ttl)) }
    })
  const untold = <T>(type: string, query: (name: string) => Promise<T[]>) => {
    return (name: string): Promise<T[]> =>
      remember(`${type} ${name}`, async () => ({ records: await query(name), ttl: limits.untold }))
  }
  const resolver = {
    resolveMx: untold('MX', name => ask.resolveMx(name)),
    resolve4: (name: string) => addresses(name, 4),
    resolve6: (name: string) => addresses(name, 6),
    resolveTxt: untold('TXT', name => ask.resolveTxt(name)),
    resolveCname: untold('CNAME', name => ask.resolveCname(name)),
    resolveNs: untold('NS', name => ask.resolveNs(name)),
    reverse: untold('PTR', ip => ask.reverse(ip)),
  }
  return { ...resolver, lookup: createLookup(resolver, servers.length === 0) }
}

/** Answers by question, with one query under way per question however many ask. The oldest make room. */
const createMemory = () => {
  const known = new Map<string, { until: number; answer: Promise<Answer<unknown>> }>()
  return async <T>(question: string, ask: () => Promise<Answer<T>>): Promise<T[]> => {
    const key = question.toLowerCase()
    let entry = known.get(key) as { until: number; answer: Promise<Answer<T>> } | undefined
    if (!entry || entry.until <= performance.now()) {
      const fresh = { until: Number.POSITIVE_INFINITY, answer: ask() }
      const keepFor = (seconds: number) => {
        fresh.until = performance.now() + seconds * 1000
      }
      fresh.answer.then(
        ({ ttl }) => keepFor(Math.min(Math.max(ttl, limits.shortest), limits.longest)),
        // A name server in trouble says nothing about the name, so that is not remembered.
        ({ code }: NodeJS.ErrnoException) => keepFor(code === 'ENOTFOUND' || code === 'ENODATA' ? limits.absent : 0),
      )
      known.delete(key)
      if (known.size >= limits.entries) known.delete(known.keys().next().value!)
      known.set(key, fresh)
      entry = fresh
    }
    // A copy: callers sort.
    return [...(await entry.answer).records]
  }
}

const createLookup = (resolver: Pick<Resolver, 'resolve4' | 'resolve6'>, askSystem: boolean): LookupFunction => {
  const find = async (host: string, options: LookupOptions): Promise<LookupAddress[]> => {
    const name = host.replace(/\.$/, '')
    if (isIP(name)) return [{ address: name, family: isIP(name) }]
    // RFC 6761 §6.3: these names are loopback whatever a name server says.
    if (/(^|\.)localhost$/i.test(name)) return [...labelled(['127.0.0.1'], 4), ...labelled(['::1'], 6)]
    const [v4, v6] = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)])
    const found = [...labelled(fulfilled(v4), 4), ...labelled(fulfilled(v6), 6)]
    if (found.length > 0) return found
    const failures = [v4, v6].map(result => (result as PromiseRejectedResult).reason as NodeJS.ErrnoException)
    // Of the two failures the one that says less about the name counts: no AAAA and a time-out for A is not "no such host".
    const failure = failures.find(({ code }) => code !== 'ENOTFOUND' && code !== 'ENODATA') ?? failures[0]!
    if (!askSystem || failure.code === 'ETIMEOUT') throw failure
    return new Promise((resolve, reject) =>
      systemLookup(name, { ...options, all: true }, (error, addresses) => (error ? reject(error) : resolve(addresses))),
    )
  }
  return (host, options, callback) => {
    const family = options.family === 'IPv4' ? 4 : options.family === 'IPv6' ? 6 : (options.family ?? 0)
    find(host, options).then(
      found => {
        const fit = family === 0 ? found : found.filter(address => address.family === family)
        if (fit.length === 0) callback(Object.assign(new Error(`queryA ENODATA ${host}`), { code: 'ENODATA' }), '')
        else if (options.all) callback(null, fit)
        else callback(null, fit[0]!.address, fit[0]!.family)
      },
      error => callback(error, ''),
    )
  }
}

const labelled = (addresses: string[], family: 4 | 6): LookupAddress[] => addresses.map(address => ({ address, family }))
const fulfilled = (result: PromiseSettledResult<string[]>): string[] => (result.status === 'fulfilled' ? result.value : [])
