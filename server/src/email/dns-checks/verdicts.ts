/**
 * The DNS doctor: what was seen at each record's place → whether it is right, and if not, what exactly to change. Pure; the
 * sentences are for the person who edits the zone.
 */
import type { MxRecord } from 'node:dns'
import { type PublicKey, type WantedRecord, type Wish, wantedRecords } from '../domains/domain-records.ts'
import { type DmarcSight, dmarcVerdict } from './dmarc.ts'
import {
  absent,
  enter,
  type Finding,
  type Findings,
  invalid,
  judgeSight,
  type Sight,
  tagsOf,
  unknown,
  valid,
} from './findings.ts'
import { isSpf, type SpfSight, spfVerdict } from './spf.ts'

/** TXT records with their strings joined. */
export interface Sights {
  mx: Sight<MxRecord>
  spf: SpfSight
  dkim: Sight<string>
  dkim_ed25519: Sight<string>
  dmarc: DmarcSight
  return_path?: { mx: Sight<MxRecord>; spf: SpfSight }
}

export const judge = (wish: Wish, sights: Sights): Findings => {
  const findings: Findings = {}
  for (const wanted of wantedRecords(wish)) {
    const key = wish.keys.find(({ algorithm }) => wanted.record === (algorithm === 'rsa' ? 'dkim' : 'dkim_ed25519'))
    const { record } = wanted
    if (record === 'mx') findings.mx = judgeSight(wanted, sights.mx, records => mxVerdict(wish, wanted, records))
    else if (record === 'spf') findings.spf = spfVerdict(wish.spf, wanted, sights.spf)
    else if (record === 'dmarc') findings.dmarc = dmarcVerdict(wanted, sights.dmarc)
    else if (record === 'return_path') findings.return_path = returnPathVerdict(wish, wanted, sights.return_path!)
    else findings[record] = judgeSight(wanted, sights[record], records => dkimVerdict(key!, wanted, records))
  }
  return findings
}

const showMx = ({ priority, exchange }: MxRecord) => `${priority} ${exchange || '.'}`

const mxVerdict = ({ domain, mailHost }: Wish, wanted: WantedRecord, records: MxRecord[]): Finding => {
  const sorted = records
    .map(({ priority, exchange }) => ({ priority, exchange: exchange.toLowerCase() }))
    .sort((a, b) => a.priority - b.priority)
  const found = sorted.map(showMx)
  const ours = sorted.find(({ exchange }) => exchange === mailHost)
  const others = sorted.filter(({ exchange }) => exchange !== mailHost)
  if (sorted.length === 1 && sorted[0]!.exchange === '')
    return invalid(found, `${domain} says that it takes no mail (null MX, RFC 7505).`, `Replace it by a ${enter(wanted)}`)
  const glued = others.find(({ exchange }) => exchange === `${mailHost}.${domain}`)
  if (!ours && glued)
    return invalid(
      found,
      `The value was taken for a name inside your domain: ${glued.exchange}.`,
      `Write the value with a final dot: ${mailHost}.`,
    )
  if (!ours)
    return invalid(
      found,
      `Mail for ${domain} goes to other servers.`,
      `To receive here, replace those MX records by a ${enter(wanted)}. To keep the mailboxes there, leave them and add a subdomain here instead, such as agents.${domain}: sending works without MX.`,
    )
  const rivals = others.filter(({ priority }) => priority <= ours.priority)
  if (rivals.length > 0)
    return invalid(
      found,
      `Other servers have the same or a better preference, so only some of the mail comes here.`,
      `Remove the MX records ${rivals.map(showMx).join(', ')}.`,
    )
  const hints = others.map(
    other =>
      `Mail may also go to ${other.exchange} when this server does not answer; it comes here only if that server passes it on.`,
  )
  return valid(found, hints)
}

const dkimVerdict = ({ algorithm, public_key }: PublicKey, wanted: WantedRecord, records: string[]): Finding => {
  const { fqdn, value } = wanted
  const replace = `Replace it by a ${enter(wanted)}`
  const bare = (text: string) => text.replace(/["\\\s]/g, '')
  const right = records.filter(record => tagsOf(record).get('p') === public_key)
  if (records.length > 1) {
    if (
      right.length === 0 &&
      records.some((first, i) => records.some((second, j) => i !== j && bare(first + second).includes(public_key)))
    )
      return invalid(
        records,
        'The key was entered as two records; they must be two strings of one record.',
        `Remove both and add one ${enter(wanted)}. If your provider takes no more than 255 characters at once, enter it as "…" "…" in one field.`,
      )
    const remove = right.length > 0 ? 'Remove all but the one with this key.' : `Remove them all, then add a ${enter(wanted)}`
    return invalid(records, `There are ${records.length} TXT records at ${fqdn}; receivers may read any of them.`, remove)
  }
  const record = records[0]!
  const tags = tagsOf(record)
  const p = tags.get('p')
  if (p !== public_key) {
    if (/["\\]/.test(record) && bare(record).includes(public_key))
      return invalid(
        records,
        'Quotation marks were stored as part of the value.',
        `Enter the value without quotation marks: ${value}`,
      )
    if (bare(record) === public_key) return invalid(records, 'The record holds only the key.', `The whole value is ${value}`)
    if (p === '') return invalid(records, 'The key is revoked: p= is empty.', replace)
    if (p && p.length > 20 && public_key.startsWith(p))
      return invalid(
        records,
        `The key was cut off after ${p.length} of ${public_key.length} characters; one string of a TXT record holds 255.`,
        `Enter the whole value; if it does not fit, as two strings of one record: "${value.slice(0, 255)}" "${value.slice(255)}"`,
      )
    return invalid(records, p === undefined ? 'The record is no DKIM key.' : 'The record holds another key.', replace)
  }
  const wrong = dkimTagProblem(tags, algorithm)
  if (wrong) return invalid(records, wrong, replace)
  const hints = tags.get('t')?.split(':').includes('y') ? ['t=y says that signatures are only being tested; remove it.'] : []
  return valid(records, hints)
}

/** RFC 6376 §3.6.1 */
const dkimTagProblem = (tags: Map<string, string>, algorithm: string): string | undefined => {
  const [first] = tags.keys()
  if (tags.has('v') && (first !== 'v' || tags.get('v') !== 'DKIM1')) return 'v=DKIM1 must come first.'
  if ((tags.get('k') ?? 'rsa') !== algorithm) return `k= must say ${algorithm}.`
  if (tags.has('h') && !tags.get('h')!.split(':').includes('sha256')) return 'h= does not allow SHA-256.'
  if (tags.has('s') && !/(^|:)(\*|email)(:|$)/.test(tags.get('s')!)) return 's= does not allow mail.'
  return undefined
}

/** An alias to our domain, or the same MX and SPF records: what counts is where reports would go, and whether SPF would pass. */
const returnPathVerdict = (wish: Wish, wanted: WantedRecord, { mx, spf }: NonNullable<Sights['return_path']>): Finding => {
  const { mailHost, mailDomain } = wish
  const found = [
    ...(mx.cname === null ? [] : [`CNAME ${mx.cname}`]),
    ...(mx.answer.kind === 'found' ? mx.answer.records.map(record => `MX ${showMx(record)}`) : []),
  ]
  if (mx.answer.kind === 'unreachable') return unknown(wanted.fqdn, mx.answer.why)
  if (mx.answer.kind === 'absent' && mx.cname === null && spf.answer.kind !== 'found') return absent(wanted, mx)
  if (mx.cname !== null && mx.cname !== mailDomain)
    return invalid(found, `${wanted.fqdn} is an alias of ${mx.cname}.`, `Make it a ${enter(wanted)}`)
  const operator = `The record is right, but ${mailDomain} itself is not ready: ask the operator of this server (command "dns").`
  const mend = mx.cname === mailDomain ? operator : `Make it a ${enter(wanted)}`
  const best =
    mx.answer.kind === 'found' ? mx.answer.records.toSorted((a, b) => a.priority - b.priority)[0]!.exchange.toLowerCase() : null
  if (best !== mailHost) return invalid(found, `Mail to ${wanted.fqdn} does not come to ${mailHost}.`, mend)
  if (spf.answer.kind === 'unreachable') return unknown(wanted.fqdn, spf.answer.why)
  const policy = spfVerdict(wish.spf, { ...wanted, type: 'TXT', value: `v=spf1 ${wish.spf} -all` }, spf)
  if (policy.status === 'valid')
    return valid([...found, ...(spf.answer.kind === 'found' ? spf.answer.records.filter(isSpf) : [])])
  return invalid(found, `SPF would not pass for ${wanted.fqdn}: ${policy.problem}`, mend)
}
