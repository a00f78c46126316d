import { type Db, sql } from '../../kernel/database/db.ts'
import type { Findings } from '../dns-checks/findings.ts'
import type { Algorithm, PublicKey } from './domain-records.ts'

export interface DomainRow {
  id: string
  /** Null: the server's own domain. */
  organization_id: string | null
  name: string
  verified_at: Date | null
  failing_since: Date | null
  checked_at: Date | null
  next_check_at: Date | null
  findings: Findings
  signs_ed25519: boolean
  return_path: boolean
  created_at: Date
  /** The test key that added it; null for a live one. */
  test_key_id: string | null
  keys: PublicKey[]
  held_elsewhere: boolean
}

/** False when the organization has it already. */
export const insert = async (
  db: Db,
  organizationId: string | null,
  domain: { id: string; name: string; createdAt: Date; nextCheckAt: Date; testKeyId: string | null },
): Promise<boolean> =>
  (await db.row(sql`
    insert into domains (id, organization_id, name, created_at, next_check_at, test_key_id)
    values (${domain.id}, ${organizationId}, ${domain.name}, ${domain.createdAt}, ${domain.nextCheckAt}, ${domain.testKeyId})
    on conflict do nothing returning id`)) !== undefined

export interface NewKey extends PublicKey {
  /** Sealed. */
  private_key: string
}

/** The domain was inserted in the same transaction. */
export const unscopedInsertKeys = (db: Db, domainId: string, keys: NewKey[]) =>
  db.rows(sql`
    insert into domain_keys (domain_id, algorithm, selector, public_key, private_key)
    select ${domainId}, algorithm, selector, public_key, private_key
    from jsonb_to_recordset(${JSON.stringify(keys)}::jsonb) as k (algorithm text, selector text, public_key text, private_key text)`)

export const list = (db: Db, organizationId: string, q: { before: string | undefined; limit: number }) =>
  db.rows<DomainRow>(sql`
    select * from domain_details
    where organization_id = ${organizationId} and (${q.before ?? null}::uuid is null or id < ${q.before ?? null}::uuid)
    order by id desc limit ${q.limit}`)

export const byId = (db: Db, organizationId: string, id: string | null) =>
  db.row<DomainRow>(sql`select * from domain_details where organization_id = ${organizationId} and id = ${id}`)

export const byName = (db: Db, organizationId: string, name: string) =>
  db.row<DomainRow>(sql`select * from domain_details where organization_id = ${organizationId} and name = ${name}`)

/** The server's own domain. */
export const unscopedOwn = (db: Db, name: string) =>
  db.row<DomainRow>(sql`select * from domain_details where organization_id is null and name = ${name}`)

/** What was the server's own domain before MAIL_DOMAIN was changed is free for whoever proves it. */
export const unscopedRetire = (db: Db, mailDomain: string) =>
  db.rows(sql`
    update domains set verified_at = null, next_check_at = null
    where organization_id is null and name <> ${mailDomain} and (verified_at is not null or next_check_at is not null)`)

/** Locks the domain for deletion: no inbox is made at it meanwhile. Says how many it has. */
export const lockWithInboxes = async (db: Db, organizationId: string, id: string): Promise<number | undefined> => {
  const found = await db.row(sql`select 1 from domains where organization_id = ${organizationId} and id = ${id} for update`)
  if (!found) return undefined
  return (await db.row<{ count: number }>(
    sql`select count(*) as count from inboxes where organization_id = ${organizationId} and domain_id = ${id}`,
  ))!.count
}

export const remove = (db: Db, organizationId: string, id: string) =>
  db.rows(sql`delete from domains where organization_id = ${organizationId} and id = ${id}`)

/** Takes domains whose time has come, for this long; who takes them dies, or has looked by then. */
export const unscopedTakeDue = (db: Db, now: Date, until: Date, limit: number) =>
  db.rows<{ id: string }>(sql`
    with due as materialized (
      select id from domains where next_check_at <= ${now} order by next_check_at limit ${limit} for update skip locked
    )
    update domains d set next_check_at = ${until} from due where d.id = due.id returning d.id`)

export const unscopedById = (db: Db, id: string) => db.row<DomainRow>(sql`select * from domain_details where id = ${id}`)

/** One verdict at a time on all claims to a name, so that two claimants cannot both be first. Undefined when it was deleted. */
export const unscopedLock = async (db: Db, id: string): Promise<DomainRow | undefined> => {
  await db.rows(sql`select pg_advisory_xact_lock(hashtextextended('domain ' || name, 0)) from domains where id = ${id}`)
  return unscopedById(db, id)
}

export type Standing = Pick<DomainRow, 'verified_at' | 'failing_since' | 'next_check_at' | 'signs_ed25519' | 'return_path'>

export const unscopedRecord = (
  db: Db,
  id: string,
  { verified_at, failing_since, next_check_at, signs_ed25519, return_path }: Standing,
  findings: Findings,
  now: Date,
) =>
  db.rows(sql`
    update domains set verified_at = ${verified_at}, failing_since = ${failing_since}, next_check_at = ${next_check_at}, checked_at = ${now},
      signs_ed25519 = ${signs_ed25519}, return_path = ${return_path}, findings = ${JSON.stringify(findings)}::jsonb
    where id = ${id}`)

/** Workers everywhere forget what they know of domains, at commit. */
export const unscopedTell = (db: Db) => db.rows(sql`select pg_notify('domains', '')`)

export interface SignerRow {
  id: string
  return_path: boolean
  keys: { algorithm: Algorithm; selector: string; private_key: string }[]
}

/** The verified domain mail of the organization is signed for, or the server's own, with the keys to sign with; sealed. */
export const signer = (db: Db, organizationId: string, name: string) =>
  db.row<SignerRow>(sql`
    select d.id, d.return_path, coalesce((
      select jsonb_agg(jsonb_build_object('algorithm', k.algorithm, 'selector', k.selector, 'private_key', k.private_key) order by k.algorithm desc)
      from domain_keys k where k.domain_id = d.id and (k.algorithm = 'rsa' or d.signs_ed25519)), '[]') as keys
    from domains d
    where d.name = ${name} and d.verified_at is not null and (d.organization_id = ${organizationId} or d.organization_id is null)`)
