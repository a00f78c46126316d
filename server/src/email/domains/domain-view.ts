/** A domain and its records as they are shown: to its owner, in events, on the command line. */
import Type, { type Static } from 'typebox'
import { publicId } from '../../kernel/ids.ts'
import { oneOf } from '../../operation.ts'
import type { App } from '../../platform.ts'
import { statuses } from '../dns-checks/findings.ts'
import { needs, recordNames, txtStrings, type Wish, wantedRecords, zoneLine } from './domain-records.ts'
import type * as store from './domains.sql.ts'

/** What a domain's records depend on. */
export const wishOf = ({ config }: Pick<App, 'config'>, { name, keys }: Pick<store.DomainRow, 'name' | 'keys'>): Wish => ({
  domain: name,
  keys,
  mailHost: config.MAIL_HOST,
  mailDomain: config.MAIL_DOMAIN,
  spf: config.SPF_MECHANISMS,
})

const Time = Type.Union([Type.String(), Type.Null()])
const Text = Type.Union([Type.String(), Type.Null()])
const standings = ['unverified', 'verified', 'failing', 'failed'] as const

const domainFields = {
  id: Type.String(),
  name: Type.String(),
  organization_id: Text,
  status: oneOf(
    standings,
    'verified: it can be used. failing: verified, but its proof is gone; after three days it is failed, and nothing can be sent from it.',
  ),
  is_verified: Type.Boolean({ description: 'Inboxes can be made and mail can be sent. Proven by the dkim record.' }),
  mx_verified: Type.Boolean({ description: 'Its mail comes here: needed for receiving.' }),
  spf_verified: Type.Boolean(),
  dkim_verified: Type.Boolean({ description: 'The proof that the domain is yours, and needed for sending.' }),
  dmarc_verified: Type.Boolean(),
  return_path_verified: Type.Boolean({
    description: 'Return paths are at the domain instead of the mail domain of this server.',
  }),
  taken: Type.Boolean({
    description: 'The proof is there, but another organization has verified the domain and still holds it.',
  }),
  verified_at: Time,
  failing_since: Time,
  checked_at: Time,
  next_check_at: Type.Union([Type.String(), Type.Null()], {
    description: 'When the DNS is asked again by itself; null: only when you ask.',
  }),
  created_at: Type.String(),
}

export const Domain = Type.Object(domainFields)

export const DomainRecord = Type.Object({
  record: oneOf(recordNames),
  purpose: Type.String(),
  required_for: Type.Array(oneOf(needs), { description: 'Empty: advice.' }),
  type: oneOf(['MX', 'TXT', 'CNAME']),
  host: Type.String({ description: 'Relative to the domain; @ is the domain itself.' }),
  fqdn: Type.String({ description: 'The same as a whole name.' }),
  value: Type.String(),
  priority: Type.Union([Type.Integer(), Type.Null()]),
  strings: Type.Array(Type.String(), {
    description: 'A TXT value in pieces of at most 255 characters, for providers that want it so.',
  }),
  zone_line: Type.String({ description: 'The record as a zone file has it.' }),
  status: oneOf(statuses, 'unknown: not looked up yet, or the name servers did not answer.'),
  found: Type.Array(Type.String(), { description: 'What is there instead.' }),
  problem: Text,
  change: Type.Union([Type.String(), Type.Null()], { description: 'What exactly to change.' }),
  hints: Type.Array(Type.String()),
})

export const DomainWithRecords = Type.Object({ ...domainFields, records: Type.Array(DomainRecord) })

const iso = (date: Date | null) => date?.toISOString() ?? null

const standingOf = ({ verified_at, failing_since }: store.DomainRow) =>
  verified_at === null ? (failing_since === null ? 'unverified' : 'failed') : failing_since === null ? 'verified' : 'failing'

export const toDomain = (row: store.DomainRow): Static<typeof Domain> => {
  const isValid = (record: keyof typeof row.findings) => row.findings[record]?.status === 'valid'
  return {
    id: publicId('domain', row.id),
    name: row.name,
    organization_id: row.organization_id && publicId('organization', row.organization_id),
    status: standingOf(row),
    is_verified: row.verified_at !== null,
    mx_verified: isValid('mx'),
    spf_verified: isValid('spf'),
    dkim_verified: isValid('dkim'),
    dmarc_verified: isValid('dmarc'),
    return_path_verified: isValid('return_path'),
    taken: isValid('dkim') && row.verified_at === null && row.held_elsewhere,
    verified_at: iso(row.verified_at),
    failing_since: iso(row.failing_since),
    checked_at: iso(row.checked_at),
    next_check_at: iso(row.next_check_at),
    created_at: row.created_at.toISOString(),
  }
}

const notYet = { status: 'unknown', found: [], problem: 'It was not looked up yet.', change: null, hints: [] } as const

/** Every record with what was found for it. */
export const recordsOf = (app: Pick<App, 'config'>, row: store.DomainRow): Static<typeof DomainRecord>[] =>
  wantedRecords(wishOf(app, row)).map(wanted => {
    const { status, found, problem: what, change, hints } = row.findings[wanted.record] ?? notYet
    return {
      ...wanted,
      strings: wanted.type === 'TXT' ? txtStrings(wanted.value) : [],
      zone_line: zoneLine(wanted),
      ...{ status, found: [...found], problem: what, change, hints: [...hints] },
    }
  })

export const withRecords = (app: Pick<App, 'config'>, row: store.DomainRow): Static<typeof DomainWithRecords> => ({
  ...toDomain(row),
  records: recordsOf(app, row),
})
