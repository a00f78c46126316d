/** The verdict on SPF records (RFC 7208): one record that lets this server send, judged by what it means and not by its letters. */
import type { WantedRecord } from '../domains/domain-records.ts'
import { absent, enter, type Finding, invalid, judgeSight, type Sight, valid } from './findings.ts'

export interface SpfSight extends Sight<string> {
  /** What a receiver would find for mail from our own address; null when we know of none. */
  ours: { result: string; comment: string } | null
  /** The same for an address that is nobody's: the whole record is evaluated. */
  whole: { result: string; comment: string } | null
}

export const isSpf = (record: string): boolean => /^v=spf1( |$)/i.test(record)

const tooMany = /too many dns/i
const isAll = (term: string) => /^[+?~-]?all$/i.test(term)
const isModifier = (term: string) => /^[a-z][\w.-]*=/i.test(term)
const termsOf = (record: string) => record.split(/ +/).filter(Boolean).slice(1)

/** The terms that are looked at before the record comes to an end. */
const effective = (terms: string[]): string[] => {
  const end = terms.findIndex(isAll)
  return end < 0 ? terms : terms.slice(0, end)
}

/** One record that allows what the given ones allow, and us. An `all` as hard as the softest of them. */
export const mergeSpf = (records: string[], mechanisms: string): string => {
  const terms = records.flatMap(termsOf)
  const alls = terms.filter(isAll).map(term => term.toLowerCase().replace(/^a/, '+a'))
  const all = ['~all', '-all'].find(word => alls.includes(word)) ?? '~all'
  const redirects = terms.filter(term => /^redirect=/i.test(term))
  const rest = terms.filter(term => !isAll(term) && !isModifier(term))
  const ours = mechanisms.split(' ')
  const kept = [...new Set([...ours, ...rest, ...(records.length > 1 ? redirects.map(term => `include:${term.slice(9)}`) : [])])]
  const end = records.length === 1 && redirects.length > 0 && alls.length === 0 ? redirects[0]! : all
  return ['v=spf1', ...kept, end].join(' ')
}

/** @param mechanisms those that let us send, separated by spaces */
export const spfVerdict = (mechanisms: string, wanted: WantedRecord, sight: SpfSight): Finding =>
  judgeSight(wanted, sight, all => {
    const records = all.filter(isSpf)
    const replaceBy = (value: string) => `Replace it by a ${enter({ ...wanted, value })}`
    const almost = all.filter(record => !isSpf(record) && /^["'\s]*v\s*=?\s*spf/i.test(record))
    if (records.length === 0 && almost.length > 0)
      return invalid(almost, 'The record does not begin with "v=spf1 ", so nobody reads it.', replaceBy(wanted.value))
    if (records.length === 0) return absent(wanted, { cname: null, doubled: sight.doubled })
    const merged = mergeSpf(records, mechanisms)
    if (records.length > 1)
      return invalid(
        records,
        'There are several SPF records; receivers then take none of them (permerror).',
        `Remove all of them and add one ${enter({ ...wanted, value: merged })}`,
      )
    return verdictOnOne(mechanisms, wanted, records[0]!, sight)
  })

const verdictOnOne = (mechanisms: string, wanted: WantedRecord, record: string, { ours, whole }: SpfSight): Finding => {
  const terms = termsOf(record)
  const named = mechanisms
    .split(' ')
    .every(mechanism => effective(terms).some(term => term.toLowerCase().replace(/^\+/, '') === mechanism.toLowerCase()))
  const change = `Replace it by a ${enter({ ...wanted, value: mergeSpf([record], mechanisms) })}`
  if (ours?.result === 'permerror')
    return tooMany.test(ours.comment)
      ? invalid(
          [record],
          'The record needs more than 10 look-ups (RFC 7208 §4.6.4), so receivers ignore it.',
          'Remove include: mechanisms of services you no longer use, or move some mail to a subdomain.',
        )
      : invalid([record], `The record cannot be read: ${ours.comment}`, change)
  if (ours?.result !== 'pass' && !named) return invalid([record], 'The record does not let this server send.', change)
  const hints: string[] = []
  if (whole?.result === 'permerror')
    hints.push(
      tooMany.test(whole.comment)
        ? 'The whole record needs more than 10 look-ups (RFC 7208 §4.6.4): for other senders of yours it fails.'
        : `Part of the record cannot be read: ${whole.comment}`,
    )
  if (terms.some(term => /^\+?all$/i.test(term))) hints.push('+all lets everybody send in your name; end with -all.')
  else if (!terms.some(isAll) && !terms.some(term => /^redirect=/i.test(term)))
    hints.push('The record has no end; add -all or ~all.')
  return valid([record], hints)
}
