/** What was seen at a record's place, and the verdict on it, in the words that all verdicts share. Pure. */
import type { RecordName, WantedRecord } from '../domains/domain-records.ts'

/** What the name servers answered. `absent`: surely nothing of this kind; `unreachable`: nobody can tell now. */
export type Answer<T> = { kind: 'found'; records: T[] } | { kind: 'absent' } | { kind: 'unreachable'; why: string }

/** What was seen at one name. */
export interface Sight<T> {
  answer: Answer<T>
  /** Where the name leads as an alias. */
  cname: string | null
  /** Nothing is here, but at `name.domain.domain`: the provider added the domain to a host that had it already. */
  doubled: boolean
}

export const statuses = ['valid', 'missing', 'invalid', 'unknown'] as const

export interface Finding {
  /** `unknown`: not looked up yet, or the name servers did not answer. */
  status: (typeof statuses)[number]
  found: string[]
  problem: string | null
  /** What to do about it. */
  change: string | null
  /** What is right but could be better. */
  hints: string[]
}

export type Findings = Partial<Record<RecordName, Finding>>

export const valid = (found: string[], hints: string[] = []): Finding => ({
  status: 'valid',
  found,
  problem: null,
  change: null,
  hints,
})
export const invalid = (found: string[], problem: string, change: string): Finding => ({
  status: 'invalid',
  found,
  problem,
  change,
  hints: [],
})
export const unknown = (fqdn: string, why: string): Finding => ({
  status: 'unknown',
  found: [],
  problem: `The name servers did not answer for ${fqdn} (${why}).`,
  change: 'Nothing yet: it is asked again by itself. If it stays so, the name servers of the domain are out of order.',
  hints: [],
})

/** How to enter a record. */
export const enter = ({ type, host, value, priority }: WantedRecord): string =>
  `${type} record with host ${host}${priority === null ? '' : `, priority ${priority}`} and value ${value}`

/** Nothing is there: the usual reasons for that. */
export const absent = (wanted: WantedRecord, { cname, doubled }: Pick<Sight<unknown>, 'cname' | 'doubled'>): Finding => {
  const { fqdn, host, type } = wanted
  const domain = host === '@' ? fqdn : fqdn.slice(host.length + 1)
  if (doubled)
    return invalid(
      [`at ${fqdn}.${domain}`],
      `The record stands at ${fqdn}.${domain}: your DNS provider adds the domain by itself.`,
      host === '@' ? `Make its host @ (or leave the host empty).` : `Make its host ${host}, without ${domain}.`,
    )
  if (cname !== null && type !== 'CNAME')
    return invalid(
      [`CNAME ${cname}`],
      `${fqdn} is an alias (CNAME) of ${cname}, and an alias can have no record of its own.`,
      `Remove the CNAME record at ${fqdn}, then add a ${enter(wanted)}`,
    )
  return {
    status: 'missing',
    found: [],
    problem: `There is no ${type} record at ${fqdn}.`,
    change: `Add a ${enter(wanted)}`,
    hints: [],
  }
}

/** The verdict on a name where nothing is or nobody knows; otherwise `read` gets its records. */
export const judgeSight = <T>(wanted: WantedRecord, sight: Sight<T>, read: (records: T[]) => Finding): Finding => {
  if (sight.answer.kind === 'unreachable') return unknown(wanted.fqdn, sight.answer.why)
  return sight.answer.kind === 'absent' ? absent(wanted, sight) : read(sight.answer.records)
}

/** Tags of a tag=value list (RFC 6376 §3.2) in their order; white space inside values goes. */
export const tagsOf = (record: string): Map<string, string> =>
  new Map(
    record.split(';').flatMap(part => {
      const at = part.indexOf('=')
      return at < 0 ? [] : [[part.slice(0, at).trim().toLowerCase(), part.slice(at + 1).replace(/\s+/g, '')] as const]
    }),
  )
