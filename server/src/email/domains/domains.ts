/** Domains of an organization: adding, looking at, verifying and deleting them. */
import Type from 'typebox'
import { newId, parseId, publicId } from '../../kernel/ids.ts'
import { Page, page, pageOf, paging } from '../../kernel/pages.ts'
import { type Context, checkMayChange, object, operation, testKeyOf } from '../../operation.ts'
import { invalid, problem } from '../../problems.ts'
import { makeKeys } from '../signing/dkim-keys.ts'
import { examineNow } from './domain-checks.ts'
import { readDomainName } from './domain-records.ts'
import { Domain, DomainRecord, DomainWithRecords, recordsOf, toDomain, withRecords } from './domain-view.ts'
import * as store from './domains.sql.ts'

/** Making keys costs processor time, and every domain is looked up for weeks. */
const windows = [
  { name: 'domains-minute', points: 20, seconds: 60 },
  { name: 'domains-day', points: 500, seconds: 86_400 },
]

export const createDomain = operation(
  'Add a domain',
  'domains.manage',
  {
    input: object({ name: Type.String({ maxLength: 300, description: 'Such as example.com or agents.example.com.' }) }),
    output: DomainWithRecords,
  },
  async (ctx, input) => {
    const { app } = ctx
    const read = readDomainName(input.name, { mailDomain: app.config.MAIL_DOMAIN, mailHost: app.config.MAIL_HOST })
    if ('problem' in read) throw invalid({ path: '/name', message: read.problem })
    if (await store.byName(ctx.db, ctx.org, read.name)) throw problem('already_exists', { what: 'domain' })
    const taken = await app.limits.take(windows, ctx.org)
    if (!taken.allowed) throw problem('rate_limited', { retry_after: taken.retryAfter })
    const id = newId()
    const keys = await makeKeys(app.sealer, id)
    return ctx.db.tx(async db => {
      const now = app.clock.now()
      const nextCheckAt = new Date(now.getTime() + 60_000)
      const domain = { id, name: read.name, createdAt: now, nextCheckAt, testKeyId: testKeyOf(ctx) }
      if (!(await store.insert(db, ctx.org, domain))) throw problem('already_exists', { what: 'domain' })
      await store.unscopedInsertKeys(db, id, keys)
      return withRecords(app, (await store.byId(db, ctx.org, id))!)
    })
  },
)

export const listDomains = operation(
  'List domains',
  'domains.read',
  { input: object({ ...paging }), output: Page(Domain) },
  async (ctx, input) => {
    const { before, limit, fetch } = pageOf(input)
    return page(await store.list(ctx.db, ctx.org, { before, limit: fetch }), limit, toDomain)
  },
)

const DomainId = Type.String({ description: 'Id of the domain, or its name.' })

const findDomain = async (ctx: Context, idOrName: string): Promise<store.DomainRow> => {
  const row = idOrName.includes('.')
    ? await store.byName(ctx.db, ctx.org, idOrName.toLowerCase())
    : await store.byId(ctx.db, ctx.org, parseId('domain', idOrName) ?? null)
  if (!row) throw problem('not_found', { what: 'domain' })
  return row
}

export const getDomain = operation(
  'Get a domain and what its DNS said when it was last asked',
  'domains.read',
  { input: object({ domain_id: DomainId }), output: DomainWithRecords },
  async (ctx, input) => withRecords(ctx.app, await findDomain(ctx, input.domain_id)),
)

export const getDomainDns = operation(
  'Get the DNS records a domain needs',
  'domains.read',
  {
    input: object({ domain_id: DomainId }),
    output: Type.Object({
      domain_id: Type.String(),
      name: Type.String(),
      records: Type.Array(DomainRecord),
      zone_file: Type.String({ description: 'All records as lines of a zone file, to import.' }),
    }),
  },
  async (ctx, input) => {
    const row = await findDomain(ctx, input.domain_id)
    const records = recordsOf(ctx.app, row)
    return {
      domain_id: publicId('domain', row.id),
      name: row.name,
      records,
      zone_file: records.map(({ zone_line }) => `${zone_line}\n`).join(''),
    }
  },
)

export const verifyDomain = operation(
  'Look up the DNS records of a domain now',
  'domains.manage',
  { input: object({ domain_id: DomainId }), output: DomainWithRecords },
  async (ctx, input) => {
    const domain = await findDomain(ctx, input.domain_id)
    // What its DNS says now may verify a domain, and end that too.
    checkMayChange(ctx, domain, 'domain')
    const taken = await ctx.app.limits.take([{ name: 'verify', points: 20, seconds: 60 }], domain.id)
    if (!taken.allowed) throw problem('rate_limited', { retry_after: taken.retryAfter })
    const row = await examineNow(ctx.app, ctx.db, domain, ctx.livemode)
    if (!row) throw problem('not_found', { what: 'domain' })
    if (toDomain(row).taken) throw problem('domain_taken', { domain: row.name })
    return withRecords(ctx.app, row)
  },
)

export const deleteDomain = operation(
  'Delete a domain that has no inboxes',
  'domains.manage',
  { input: object({ domain_id: DomainId }), output: Type.Object({ id: Type.String(), deleted: Type.Literal(true) }) },
  async (ctx, input) => {
    const domain = await findDomain(ctx, input.domain_id)
    checkMayChange(ctx, domain, 'domain')
    const { id, name } = domain
    return ctx.db.tx(async db => {
      const inboxes = await store.lockWithInboxes(db, ctx.org, id)
      if (inboxes === undefined) throw problem('not_found', { what: 'domain' })
      if (inboxes > 0) throw problem('domain_in_use', { domain: name, count: inboxes })
      await store.remove(db, ctx.org, id)
      await store.unscopedTell(db)
      return { id: publicId('domain', id), deleted: true as const }
    })
  },
)
