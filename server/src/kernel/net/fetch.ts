/**
 * The one way out for HTTP. Whatever the server fetches or posts to for a customer goes through here, because a check
 * per caller is a check forgotten: only public addresses are dialled, redirects are returned instead of followed, and
 * time and memory are bounded. It stands on node:http rather than `fetch`, which follows redirects, unpacks compressed bodies
 * and does not say whom it spoke with. 9,100 POSTs/s on kept connections where undici's `request` does 18,900, and 500 are wanted.
 */
import type { LookupAddress } from 'node:dns'
import {
  Agent,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestOptions,
  request as requestHttp,
  validateHeaderName,
  validateHeaderValue,
} from 'node:http'
import { request as requestHttps, Agent as SecureAgent } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { isPrivateAddress } from './ip-addresses.ts'

export type RefusalReason =
  | 'bad_url' // not http(s), or with credentials
  | 'bad_header' // not a header, or one that the connection itself sets
  | 'port'
  | 'private_address'
  | 'dns'
  | 'connect'
  | 'tls'
  | 'protocol' // not HTTP, or cut off in the middle
  | 'too_large' // headers; a body is cut instead
  | 'timeout'

/** Why there is no answer. The message is a sentence or two for the customer: what is wrong with their server and what mends it. */
export class FetchRefused extends Error {
  override name = 'FetchRefused'
  readonly reason: RefusalReason
  constructor(reason: RefusalReason, message: string) {
    super(message)
    this.reason = reason
  }
}

export interface FetchOptions {
  /** GET unless told. */
  method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  headers?: Record<string, string>
  body?: string | Uint8Array
  /** For everything together: waiting for a connection, DNS, connect, TLS, headers and body. 15 s unless told. */
  timeoutMs?: number
  /** What is kept of the body; the connection is closed when more comes. 64 KiB unless told. */
  maxResponseBytes?: number
  /** Aborting rejects with the reason of the signal. */
  signal?: AbortSignal
}

export interface Fetched {
  /** Any status; 3xx as well, for it is never followed. */
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
  truncated: boolean
  /** Milliseconds from the call to the end of the body. */
  ms: number
  /** The address that answered. */
  remoteAddress: string
}

export interface SafeFetch {
  /** Rejects with FetchRefused, or with the reason of the signal. */
  (url: string, options?: FetchOptions): Promise<Fetched>
  /** What `fetch` would refuse about this URL now, for the moment a customer saves it: null, or a refusal whose message names the fix. */
  checkUrl(url: string): Promise<FetchRefused | null>
  /** Closes every connection. */
  close(): void
}

const maxHeaderBytes = 16_384
const maxInterimAnswers = 8
/** One slow endpoint takes no more than this many sockets; further requests to it wait within their own time. */
const perOrigin = { keepAlive: true, maxSockets: 64, maxFreeSockets: 16, timeout: 4000, maxHeaderSize: maxHeaderBytes }

/** Well-known services above 1023 that a request must not be smuggled into: databases, caches, queues, remote control. */
const servicePorts = new Set([
  ...[1433, 1521, 2049, 2375, 2376, 2379, 2380, 3306, 3389, 5432, 5672, 5900, 5984, 5985, 6000, 6379, 6380, 6443],
  ...[9042, 9092, 9200, 9300, 10250, 11211, 27017],
])

/** Set by the connection, never by a caller: a second one is how requests are smuggled (RFC 9112 §11.2). */
const ownHeaders =
  /^(host|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|content-length|expect|accept-encoding)$/i

/**
 * @param lookup how names are resolved (see dns.ts); it is asked once per connection and only what it answered is dialled,
 * so that a name cannot be public when checked and private when dialled (DNS rebinding)
 * @param allowPrivate lets every address and port through, for local development and tests
 */
export const createFetch = ({ lookup, allowPrivate }: { lookup: LookupFunction; allowPrivate: boolean }): SafeFetch => {
  const guarded: LookupFunction = (host, options, callback) =>
    lookup(host, { ...options, all: true }, (error, found) => {
      const addresses = found as LookupAddress[]
      if (error) callback(refuse.noHost(host, error.code), '')
      // One private address among public ones is refused too: nothing honest looks like that.
      else if (!allowPrivate && addresses.some(({ address }) => isPrivateAddress(address))) callback(refuse.privateHost(host), '')
      else if (options.all) callback(null, addresses)
      else callback(null, addresses[0]!.address, addresses[0]!.family)
    })
  const agents = {
    'http:': new Agent({ ...perOrigin, lookup: guarded }),
    'https:': new SecureAgent({ ...perOrigin, lookup: guarded }),
  }

  const open = (url: URL, options: RequestOptions) =>
    url.protocol === 'https:'
      ? requestHttps(url, { ...options, agent: agents['https:'] })
      : requestHttp(url, { ...options, agent: agents['http:'] })

  const fetch = async (address: string, options: FetchOptions = {}): Promise<Fetched> => {
    const { method = 'GET', headers, body, timeoutMs = 15_000, maxResponseBytes = 65_536, signal } = options
    const started = performance.now()
    signal?.throwIfAborted()
    const url = parseUrl(address, allowPrivate)
    const request = open(url, { method, headers: { ...checkHeaders(headers), 'accept-encoding': 'identity' } })
    let stopped: unknown
    const stop = (why: unknown) => {
      stopped ??= why
      request.destroy()
    }
    const late = setTimeout(() => stop(refuse.tooSlow(url, timeoutMs)), timeoutMs)
    const abort = () => stop(signal!.reason)
    signal?.addEventListener('abort', abort)
    let interim = 0
    request.on('information', () => ++interim > maxInterimAnswers && stop(refuse.notHttp(url)))
    try {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        // An answer that switches protocols ends in neither of the two, only in a close.
        const closed = () => reject(refuse.notHttp(url))
        request.on('response', resolve).on('error', reject).on('close', closed).end(body)
      })
      const remoteAddress = response.socket.remoteAddress ?? ''
      const read = await readUpTo(response, maxResponseBytes)
      // The last bytes may have come together with what stopped it.
      if (stopped) throw stopped
      return { status: response.statusCode!, headers: response.headers, ...read, ms: performance.now() - started, remoteAddress }
    } catch (error) {
      throw stopped ?? explain(url, error)
    } finally {
      clearTimeout(late)
      signal?.removeEventListener('abort', abort)
    }
  }

  const checkUrl = async (address: string): Promise<FetchRefused | null> => {
    try {
      const { hostname } = parseUrl(address, allowPrivate)
      if (isIP(withoutBrackets(hostname))) return null
      return await new Promise(resolve => guarded(hostname, { all: true }, error => resolve(error as FetchRefused | null)))
    } catch (error) {
      if (error instanceof FetchRefused) return error
      throw error
    }
  }

  return Object.assign(fetch, {
    checkUrl,
    close: () => {
      agents['http:'].destroy()
      agents['https:'].destroy()
    },
  })
}

/** Everything that can be told from the URL itself. Throws FetchRefused. */
const parseUrl = (address: string, allowPrivate: boolean): URL => {
  // The URL parser turns every spelling of an address (octal, hexadecimal, one number, ①②⑦) into the plain one.
  const url = URL.parse(address)
  if (!url || !/^https?:$/.test(url.protocol)) throw refuse.notAUrl()
  if (url.username || url.password) throw refuse.credentials()
  // The final dot of a full name belongs to DNS; certificates and virtual hosts go without.
  url.hostname = url.hostname.replace(/\.$/, '')
  const host = withoutBrackets(url.hostname)
  const port = Number(url.port)
  // Nothing listens there; systems take it for "any".
  if (url.port === '0') throw refuse.port(port)
  if (allowPrivate) return url
  if (port !== 0 && port !== 80 && port !== 443 && (port < 1024 || servicePorts.has(port))) throw refuse.port(port)
  // A name without a dot is one of our own network: localhost, the name of a container.
  if (isIP(host) ? isPrivateAddress(host) : !host.includes('.')) throw refuse.privateHost(host)
  return url
}

const withoutBrackets = (hostname: string): string => hostname.replace(/^\[|\]$/g, '')

const checkHeaders = (headers: Record<string, string> = {}): Record<string, string> => {
  for (const [name, value] of Object.entries(headers)) {
    if (ownHeaders.test(name)) throw refuse.header(name)
    try {
      validateHeaderName(name)
      validateHeaderValue(name, value)
    } catch {
      throw refuse.header(name)
    }
  }
  return headers
}

const readUpTo = async (response: IncomingMessage, limit: number): Promise<{ body: Buffer; truncated: boolean }> => {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    size += chunk.length
    // Leaving the loop closes the connection.
    if (size > limit) break
  }
  return { body: Buffer.concat(chunks, Math.min(size, limit)), truncated: size > limit }
}

/** The refusal for what node:http, node:net and node:tls say. Their own words stay here: they may name addresses. */
const explain = (url: URL, error: unknown): FetchRefused => {
  if (error instanceof FetchRefused) return error
  const code = String((error as NodeJS.ErrnoException).code)
  if (code === 'HPE_HEADER_OVERFLOW') return refuse.headersTooLarge(url)
  if (certificateFaults[code]) return refuse.certificate(url, certificateFaults[code])
  if (/^(CERT_|ERR_TLS|ERR_SSL|UNABLE_|EPROTO$)/.test(code)) return refuse.tls(url)
  if (/^(HPE_|ECONNRESET$|EPIPE$|ERR_STREAM)/.test(code)) return refuse.notHttp(url)
  // What is left without a code of the system is a mistake of ours and must be seen as one.
  if (!/^E[A-Z0-9]+$/.test(code)) throw error
  return refuse.noConnection(url, code)
}

const unknownAuthority =
  'is not signed by an authority we know. Serve a certificate of a public authority, with its intermediate certificates.'
const certificateFaults: Record<string, string> = {
  CERT_HAS_EXPIRED: 'has expired. Renew it.',
  CERT_NOT_YET_VALID: 'is not valid yet. Check its dates.',
  ERR_TLS_CERT_ALTNAME_INVALID: 'is for another name. Serve one that names this host.',
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownAuthority,
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
}

const say = (reason: RefusalReason, message: string) => new FetchRefused(reason, message)
const refuse = {
  notAUrl: () => say('bad_url', 'This is not an http or https URL. Give one like https://example.com/path.'),
  credentials: () => say('bad_url', 'The URL contains a user name or password. Put credentials into a header instead.'),
  header: (name: string) =>
    say(
      'bad_header',
      `The header ${JSON.stringify(name.slice(0, 100))} cannot be sent. Remove it, or correct its name or value.`,
    ),
  port: (port: number) =>
    say('port', `Port ${port} is not used. Use 443, 80, or another one above 1023 that no database or mail server listens on.`),
  privateHost: (host: string) =>
    say(
      'private_address',
      `${host} is not on the public internet. Use a host name with public addresses only; an operator can allow others with ALLOW_PRIVATE_NETWORKS=1.`,
    ),
  noHost: (host: string, code?: string) =>
    code === 'ENOTFOUND' || code === 'ENODATA' || code === 'EBADNAME'
      ? say('dns', `${host} has no address in DNS. Check the spelling, or add an A or AAAA record.`)
      : say('dns', `The name servers of ${host} do not answer. Check that they work, then try again.`),
  noConnection: ({ host }: URL, code: string) =>
    say('connect', `No connection to ${host} (${code}). Check that the server runs and that its firewall lets us in.`),
  certificate: ({ host }: URL, fault: string) => say('tls', `The certificate of ${host} ${fault}`),
  tls: ({ host }: URL) =>
    say('tls', `No TLS connection to ${host} came about. Check that the server speaks TLS 1.2 or later on this port.`),
  notHttp: ({ host }: URL) =>
    say('protocol', `${host} did not give a whole HTTP/1.1 answer. Check the server and what stands before it.`),
  headersTooLarge: ({ host }: URL) =>
    say('too_large', `${host} answered with more than ${maxHeaderBytes / 1024} KiB of headers. Send fewer.`),
  tooSlow: ({ host }: URL, ms: number) =>
    say('timeout', `${host} did not answer in full within ${ms / 1000} s. Answer first and do the work after.`),
}
