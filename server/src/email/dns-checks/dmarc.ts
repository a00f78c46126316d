/** The verdict on DMARC records (RFC 9989). */
import type { WantedRecord } from '../domains/domain-records.ts'
import { absent, enter, type Finding, invalid, judgeSight, type Sight, tagsOf, valid } from './findings.ts'

export interface DmarcSight extends Sight<string> {
  /** The record of a domain above, which holds for this one too. */
  inherited: { from: string; policy: string } | null
}

export const isDmarc = (record: string): boolean => /^v\s*=\s*DMARC1\s*(;|$)/i.test(record)
const policies = /^(none|quarantine|reject)$/i
const watching = 'p=none only watches. When the reports show your own mail alone, make it p=quarantine, then p=reject.'
const unread = 'Nobody gets reports; add rua=mailto:an-address-of-yours to see who sends in your name.'

export const dmarcVerdict = (wanted: WantedRecord, sight: DmarcSight): Finding =>
  sight.answer.kind !== 'found' && sight.answer.kind !== 'unreachable' && sight.inherited && !sight.doubled
    ? inherited(sight.inherited)
    : judgeSight(wanted, sight, all => {
        const records = all.filter(isDmarc)
        const replace = `Replace it by a ${enter(wanted)}`
        if (records.length === 0)
          return all.length > 0
            ? invalid(all, 'The record does not begin with v=DMARC1, so nobody reads it.', replace)
            : absent(wanted, sight)
        if (records.length > 1)
          return invalid(records, 'There are several DMARC records; receivers then take none of them.', 'Remove all but one.')
        const tags = tagsOf(records[0]!)
        const policy = tags.get('p')
        if (!policy || !policies.test(policy))
          return invalid(
            records,
            policy ? `p=${policy} is no policy.` : 'The record has no policy (p=).',
            'Add p=none, p=quarantine or p=reject after v=DMARC1.',
          )
        const hints = [...(policy.toLowerCase() === 'none' ? [watching] : []), ...(tags.has('rua') ? [] : [unread])]
        return valid(records, hints)
      })

const inherited = ({ from, policy }: NonNullable<DmarcSight['inherited']>): Finding =>
  valid([policy], [`It has no record of its own; the one of ${from} holds for it too.`])
