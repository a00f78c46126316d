/** Whose an address is: looked up at RCPT for the refusal, and again when the mail is put into its inboxes. */
import { domainToASCII } from 'node:url'
import { coalesce } from '../../kernel/database/batch.ts'
import type { Db } from '../../kernel/database/db.ts'
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

/** The owners of canonical addresses. `name+tag@…` reaches `name@…` unless there is an inbox of that very address. */
export const ownersOf = async (db: Db, mailDomain: string, addresses: string[]): Promise<Map<string, Owner>> => {
  const rows = await store.unscopedFind(db, mailDomain, addresses.map(split))
  return new Map(
    rows.map(row => [
      row.address,
      row.inbox_id ? { inboxId: row.inbox_id, organizationId: row.organization_id! } : row.ours ? 'unknown' : 'foreign',
    ]),
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
      const owners = await ownersOf(app.db, app.config.MAIL_DOMAIN, addresses)
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
