/** Whose an address is: looked up at RCPT for the refusal, and again when the mail is put into its inboxes. */
import { domainToASCII } from 'node:url'
import { coalesce } from '../../kernel/database/batch.ts'
import type { Db } from '../../kernel/database/db.ts'
import { platformInbox } from '../../notifications/platform.ts'
import type { App } from '../../platform.ts'
import * as store from './rcpt.sql.ts'

export interface Inbox {
  inboxId: string
  organizationId: string
}

/** `unknown`: the domain is ours, the mailbox does not exist. `foreign`: we take no mail for that domain. */
export type Owner = Inbox | 'unknown' | 'foreign'

/**
 * One form per address: lower case (our local parts are compared without case), quotes that need not be there left out
 * (RFC 5321 §4.1.2: `"ann"@` is `ann@`), the domain as A-labels, so that `Büro@BÜCHER.example` and
 * `büro@xn--bcher-kva.example` are one. Text without an @ comes back as a local part does.
 */
export const canonicalAddress = (text: string): string => {
  const at = text.lastIndexOf('@')
  if (at < 0) return unquoted(text).toLowerCase()
  const domain = text.slice(at + 1)
  return `${unquoted(text.slice(0, at)).toLowerCase()}@${(domainToASCII(domain) || domain).toLowerCase()}`
}

/** A local part without its quotes and backslashes; what does not parse as one quoted string is left as it stands. */
const unquoted = (local: string): string => {
  const [, content] = /^"((?:[^"\\]|\\.){1,256})"$/su.exec(local) ?? []
  return content === undefined ? local : content.replace(/\\(.)/gsu, '$1')
}

const split = (address: string): store.Wanted => {
  const at = address.lastIndexOf('@')
  const local = address.slice(0, at)
  const domain = address.slice(at + 1)
  const plus = local.indexOf('+')
  return { address, base: plus > 0 ? `${local.slice(0, plus)}@${domain}` : address, domain }
}

/** Our names: see config.ts. */
export type Names = Pick<App['config'], 'MAIL_DOMAIN' | 'MAIL_HOST' | 'OPERATOR_EMAIL'>

/** The owners of canonical addresses. `name+tag@…` reaches `name@…` unless there is an inbox of that very address. */
export const ownersOf = async (db: Db, names: Names, addresses: string[]): Promise<Map<string, Owner>> => {
  const rows = await store.unscopedFind(db, names.MAIL_DOMAIN, addresses.map(split))
  const owners = new Map<string, Owner>(
    rows.map(row => [
      row.address,
      row.inbox_id ? { inboxId: row.inbox_id, organizationId: row.organization_id! } : row.ours ? 'unknown' : 'foreign',
    ]),
  )
  const orphans = addresses.filter(address => role.test(address) && typeof owners.get(address) !== 'object')
  if (orphans.length > 0) for (const [address, owner] of await operatorsOf(db, names, orphans)) owners.set(address, owner)
  return owners
}

/** Every server that takes mail for a domain takes it for these names (RFC 5321 §4.5.1, RFC 2142 §4 and §5). */
const role = /^(postmaster|abuse)@/
/** Return paths are at `bounces.` of a domain, so mail is taken there as well. */
const returnPaths = /^bounces\./

/** Mail to the postmaster and the abuse desk of our domains, where the owner of the domain has no such inbox: the operator's. */
const operatorsOf = async (db: Db, names: Names, addresses: string[]): Promise<Map<string, Owner>> => {
  const domainOf = (address: string) => address.slice(address.indexOf('@') + 1).replace(returnPaths, '')
  const verified = await store.unscopedOurs(db, addresses.map(domainOf))
  const ours = new Set([names.MAIL_DOMAIN, names.MAIL_HOST, ...verified.map(({ name }) => name)])
  const taken = addresses.filter(address => ours.has(domainOf(address)))
  if (taken.length === 0) return new Map()
  const inbox =
    (await store.unscopedOperator(db, names.OPERATOR_EMAIL.toLowerCase())) ?? (await platformInbox(db, names.MAIL_DOMAIN))
  return new Map(
    taken.map(address => [address, inbox ? { inboxId: inbox.id, organizationId: inbox.organization_id } : 'unknown']),
  )
}

/** A deleted inbox is refused after at most this long. Only found inboxes are remembered: a new one is reachable at once. */
const rememberMs = 1000
const rememberMost = 10_000

/** Look-ups for the SMTP server: those of one moment share a query, and a busy inbox costs one query a second. */
export const createDirectory = (app: App): ((address: string) => Promise<Owner> | Owner) => {
  const known = new Map<string, { until: number; owner: Inbox }>()
  const find = coalesce<string, Owner>(
    async addresses => {
      const owners = await ownersOf(app.db, app.config, addresses)
      return addresses.map(address => owners.get(address)!)
    },
    { maxItems: 200, concurrency: 2 },
  )
  return address => {
    const entry = known.get(address)
    if (entry && entry.until > performance.now()) return entry.owner
    return find(address).then(owner => {
      known.delete(address)
      if (typeof owner === 'object') {
        if (known.size >= rememberMost) known.clear()
        known.set(address, { until: performance.now() + rememberMs, owner })
      }
      return owner
    })
  }
}
