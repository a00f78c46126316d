/**
 * Who vouches for a mail: SPF (RFC 7208), every DKIM signature (RFC 6376), DMARC (RFC 9989) and the ARC chain (RFC 8617),
 * from the connection and the bytes alone. What the mail itself says about its authentication is not looked at.
 */
import { Readable } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { domainToASCII } from 'node:url'
import { type AuthenticateResult, authenticate as verify } from 'mailauth'
import type { Resolver } from '../../kernel/net/dns.ts'
import { cleanText } from '../extraction/clean-text.ts'
import type { Authentication } from '../messages/messages.sql.ts'
import { headerEnd } from '../mime/header-section.ts'
import { domainOf } from '../mime/mailboxes.ts'
import { caps } from '../mime/structure.ts'
import { type Deadline, type Patience, patience, startDeadline } from './dns-patience.ts'

export interface Arrival {
  raw: Buffer
  clientIp: string
  clientName: string
  mailFrom: string
  /** The address shown as the sender. */
  from: string | null
  /** Our name. */
  host: string
}

/** A mailing list adds one or two; hundreds are there to cost us look-ups and hashes, so the rest is not checked. */
const mostSignatures = 10

/** Never rejects. Time-outs and refusals of name servers are temperrors: not proven is never taken for proven. */
export const authenticate = async (resolver: Resolver, arrival: Arrival, wait: Patience = patience): Promise<Authentication> => {
  const end = headerEnd(arrival.raw)
  if (end > caps.headerBytes) return unjudged('permerror', arrival)
  const deadline = startDeadline(wait)
  try {
    const result = await verify(Readable.from(inTurns(limitSignatures(arrival.raw, end))), {
      ip: arrival.clientIp,
      helo: arrival.clientName,
      sender: arrival.mailFrom,
      mta: arrival.host,
      resolver: boundedResolver(resolver, deadline),
      rejectRsaSha1: true,
      disableBimi: true,
    })
    return verdict(result, arrival)
  } catch {
    return unjudged('temperror', arrival)
  } finally {
    deadline.clear()
  }
}

const unjudged = (result: string, { mailFrom, clientName }: Arrival): Authentication => ({
  spf: { result, domain: domainOf(mailFrom) || clientName },
  dkim: [],
  dmarc: { result, policy: null, aligned: false },
  trust: 'none',
})

const verdict = ({ spf, dkim, dmarc, arc }: AuthenticateResult, { mailFrom, clientName, from }: Arrival): Authentication => {
  const found: Omit<Authentication, 'trust'> = {
    spf: { result: spf ? spf.status.result : 'none', domain: domainOf(mailFrom) || clientName },
    dkim: dkim.results
      .filter(({ status }) => status.result !== 'none')
      .map(({ status, signingDomain, selector }) => ({
        result: status.result,
        domain: cleanText(signingDomain ?? '').slice(0, 255),
        selector: cleanText(selector ?? '').slice(0, 255),
        aligned: Boolean(status.aligned),
      })),
    dmarc: dmarc
      ? { result: dmarc.status.result, policy: dmarc.policy ?? null, aligned: dmarc.status.result === 'pass' }
      : { result: 'none', policy: null, aligned: false },
  }
  if (arc && arc.status.result !== 'none')
    found.arc = { result: arc.status.result, domain: (arc.signature || undefined)?.signingDomain ?? null }
  return { ...found, trust: trustOf(found, dkim.fromFields === 1 ? dkim.headerFrom : [], from) }
}

/**
 * The author must be one, and the one we show: two From fields, two authors, or an address that two parsers read
 * differently are how a stranger gets a trusted name shown beside his own proofs.
 */
const trustOf = (found: Omit<Authentication, 'trust'>, authors: string[], shown: string | null): Authentication['trust'] => {
  const domain = domainOf(authors[0] ?? '')
  if (authors.length !== 1 || !domain || !shown || ascii(domainOf(shown)) !== ascii(domain)) return 'fail'
  if (found.dmarc.result !== 'none')
    return found.dmarc.result === 'pass' || found.dmarc.result === 'fail' ? found.dmarc.result : 'none'
  const signed = found.dkim.some(({ result, aligned }) => result === 'pass' && aligned)
  if (signed || (found.spf.result === 'pass' && ascii(found.spf.domain) === ascii(domain))) return 'pass'
  return found.spf.result === 'fail' ? 'fail' : 'none'
}

const ascii = (domain: string): string => domainToASCII(domain) || domain.toLowerCase()

/** In pieces, with a turn of the event loop between them: hashing 25 MB in one go would stop everything else for half a second. */
async function* inTurns(raw: Buffer): AsyncGenerator<Buffer> {
  const piece = 256 * 1024
  for (let at = 0; at < raw.length; at += piece) {
    if (at > 0) await nextTurn()
    yield raw.subarray(at, at + piece)
  }
}

/** The mail without the DKIM-Signature fields beyond the first ones. A signature does not cover other signatures. */
const limitSignatures = (raw: Buffer, end: number): Buffer => {
  const fields = raw.toString('latin1', 0, end).split(/(?<=\n)(?![ \t])/)
  let seen = 0
  const kept = fields.filter(field => !/^dkim-signature[ \t]*:/i.test(field) || ++seen <= mostSignatures)
  return seen <= mostSignatures ? raw : Buffer.concat([Buffer.from(kept.join(''), 'latin1'), raw.subarray(end)])
}

/** node:dns as mailauth calls it. A question that is not answered at the deadline has timed out, and so has every later one, at once. */
const boundedResolver = (resolver: Resolver, deadline: Deadline) => {
  const late = (name: string, type: string) => Object.assign(new Error(`query${type} ETIMEOUT ${name}`), { code: 'ETIMEOUT' })
  return async (name: string, type: string): Promise<string[] | string[][]> => {
    if (deadline.over) throw late(name, type)
    return Promise.race([
      ask(resolver, name, type),
      deadline.reached.then((): never => {
        throw late(name, type)
      }),
    ])
  }
}

const ask = async (resolver: Resolver, name: string, type: string): Promise<string[] | string[][]> => {
  switch (type) {
    case 'TXT':
      return resolver.resolveTxt(name)
    case 'A':
      return resolver.resolve4(name)
    case 'AAAA':
      return resolver.resolve6(name)
    case 'CNAME':
      return resolver.resolveCname(name)
    case 'MX':
      // mailauth takes the records as node:dns gives them; its types only know strings.
      return (await resolver.resolveMx(name)) as unknown as string[]
    case 'PTR':
      return resolver.reverse(addressOf(name))
    default:
      throw Object.assign(new Error(`query${type} ENODATA ${name}`), { code: 'ENODATA' })
  }
}

/** `4.3.2.1.in-addr.arpa` → `1.2.3.4`, `…ip6.arpa` → the IPv6 address (RFC 1035 §3.5, RFC 3596 §2.5). */
const addressOf = (arpa: string): string => {
  const labels = arpa
    .replace(/\.(in-addr|ip6)\.arpa\.?$/i, '')
    .split('.')
    .reverse()
  return labels.length === 4 ? labels.join('.') : labels.join('').replace(/.{4}(?=.)/g, '$&:')
}
