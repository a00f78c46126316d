/** What the DNS says at every place where a domain's records should be. */
import type { MxRecord } from 'node:dns'
import { spf as evaluateSpf } from 'mailauth/lib/spf/index.js'
import type { Resolver } from '../../kernel/net/dns.ts'
import { type RecordName, registeredDomain, returnPathHost, type Wish, wantedRecords } from '../domains/domain-records.ts'
import { cleanText } from '../extraction/clean-text.ts'
import { isDmarc } from './dmarc.ts'
import type { Answer, Sight } from './findings.ts'
import { isSpf, type SpfSight } from './spf.ts'
import type { Sights } from './verdicts.ts'

/** A whole examination takes at most this long; questions asked later are not answered. */
const patienceMs = 15_000
/** Strangers' zones: more records than this, and longer ones, tell nobody anything. */
const most = { records: 20, characters: 2000 }
/** An address of the documentation block (RFC 5737): no record lets it send on purpose. */
const nobody = '192.0.2.1'

type Ask = <T>(question: (resolver: Resolver) => Promise<T[]>) => Promise<Answer<T>>

const absentCodes = new Set(['ENOTFOUND', 'ENODATA', 'EBADNAME'])

/** Questions as values: what is surely absent is not what nobody could tell. */
const asker = (resolver: Resolver): Ask => {
  const deadline = performance.now() + patienceMs
  return async question => {
    if (performance.now() > deadline) return { kind: 'unreachable', why: 'out of time' }
    try {
      const records = await question(resolver)
      return records.length > 0 ? { kind: 'found', records: records.slice(0, most.records) } : { kind: 'absent' }
    } catch (error) {
      const { code = 'unknown problem' } = error as NodeJS.ErrnoException
      return absentCodes.has(code) ? { kind: 'absent' } : { kind: 'unreachable', why: code }
    }
  }
}

const found = <T>(answer: Answer<T>): T[] => (answer.kind === 'found' ? answer.records : [])

/** Looks at all places at once. Never rejects. */
export const lookUp = async (resolver: Resolver, wish: Wish): Promise<Sights> => {
  const { domain, mailHost, mailDomain } = wish
  const ask = asker(resolver)
  const txt = (name: string) =>
    ask(each =>
      each.resolveTxt(name).then(records => records.map(strings => cleanText(strings.join('')).slice(0, most.characters))),
    )
  const mx = (name: string) =>
    ask(each =>
      each
        .resolveMx(name)
        .then(records => records.map(({ priority, exchange }) => ({ priority, exchange: cleanText(exchange) }))),
    )
  const look = async <T>(
    name: string,
    at: (name: string) => Promise<Answer<T>>,
    fits: (record: T) => boolean,
  ): Promise<Sight<T>> => {
    const [answer, cname] = await Promise.all([at(name), ask(each => each.resolveCname(name))])
    const doubled = answer.kind === 'absent' && found(await at(`${name}.${domain}`)).some(fits)
    return { answer, cname: found(cname)[0]?.toLowerCase() ?? null, doubled }
  }
  const lookMx = (name: string): Promise<Sight<MxRecord>> => look(name, mx, ({ exchange }) => exchange.toLowerCase() === mailHost)
  const address = ourAddress(ask, mailHost)
  const lookSpf = async (name: string): Promise<SpfSight> => {
    const sight = await look(name, txt, isSpf)
    if (!found(sight.answer).some(isSpf)) return { ...sight, ours: null, whole: null }
    const evaluate = evaluator(ask, name)
    const [ours, whole] = await Promise.all([address.then(ip => (ip === null ? null : evaluate(ip))), evaluate(nobody)])
    return { ...sight, ours, whole }
  }
  const places = new Map(wantedRecords(wish).map(({ record, fqdn }) => [record, fqdn] as [RecordName, string]))
  const lookKey = (record: 'dkim' | 'dkim_ed25519') => look(places.get(record)!, txt, text => text.includes('p='))
  const lookDmarc = async () => {
    const sight = await look(places.get('dmarc')!, txt, isDmarc)
    return { ...sight, inherited: found(sight.answer).some(isDmarc) ? null : await inherited(domain, txt) }
  }
  const lookReturnPath = async () => {
    if (domain === mailDomain) return {}
    const name = `${returnPathHost}.${domain}`
    const [ways, policy] = await Promise.all([lookMx(name), lookSpf(name)])
    return { return_path: { mx: ways, spf: policy } }
  }
  const [ways, policy, rsa, ed25519, dmarc, returnPath] = await Promise.all([
    lookMx(domain),
    lookSpf(domain),
    lookKey('dkim'),
    lookKey('dkim_ed25519'),
    lookDmarc(),
    lookReturnPath(),
  ])
  return { mx: ways, spf: policy, dkim: rsa, dkim_ed25519: ed25519, dmarc, ...returnPath }
}

/** The address our mail comes from, as far as DNS knows: that of our own name. */
const ourAddress = async (ask: Ask, mailHost: string): Promise<string | null> => {
  const [v4, v6] = await Promise.all([ask(each => each.resolve4(mailHost)), ask(each => each.resolve6(mailHost))])
  return found(v4)[0] ?? found(v6)[0] ?? null
}

/** The policy of the nearest domain above, up to the registered one (RFC 9989 §4.10). */
const inherited = async (domain: string, txt: (name: string) => Promise<Answer<string>>) => {
  const top = registeredDomain(domain)
  for (let above = domain; above !== top && above.includes('.'); ) {
    above = above.slice(above.indexOf('.') + 1)
    const policy = found(await txt(`_dmarc.${above}`)).find(isDmarc)
    if (policy) return { from: above, policy }
  }
  return null
}

/** What a receiver would make of mail with a return path at `name` that comes from `ip`. */
const evaluator = (ask: Ask, name: string) => {
  const questions: Record<string, (name: string) => (resolver: Resolver) => Promise<unknown[]>> = {
    TXT: of => each => each.resolveTxt(of),
    MX: of => each => each.resolveMx(of),
    A: of => each => each.resolve4(of),
    AAAA: of => each => each.resolve6(of),
  }
  const resolver = async (of: string, type: string): Promise<string[]> => {
    const question = questions[type]
    const answer: Answer<unknown> = question ? await ask(question(of)) : { kind: 'absent' }
    // mailauth takes the records as node:dns gives them; its types only know strings.
    if (answer.kind === 'found') return answer.records as string[]
    throw Object.assign(new Error(answer.kind), { code: answer.kind === 'absent' ? 'ENODATA' : 'ETIMEOUT' })
  }
  return async (ip: string): Promise<{ result: string; comment: string }> => {
    const { status } = await evaluateSpf({ sender: `bounce@${name}`, ip, helo: name, mta: 'mx', resolver })
    return {
      result: status.result,
      comment: String(status.comment || '')
        .replace(/^.*?lookup of \S+: /, '')
        .slice(0, 300),
    }
  }
}
