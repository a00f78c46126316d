import { type Db, sql } from '../kernel/database/db.ts'

export interface OrganizationRow {
  id: string
  name: string
  owner_email: string
  claimed_at: Date | null
  created_at: Date
}

export const insert = (db: Db, organization: { id: string; name: string; ownerEmail: string; operator: boolean }) =>
  db.rows(sql`
    insert into organizations (id, name, owner_email, operator)
    values (${organization.id}, ${organization.name}, ${organization.ownerEmail}, ${organization.operator})`)

export const withCounts = (db: Db, organizationId: string, livemode: boolean) =>
  db.row<OrganizationRow & { inboxes_count: number; messages_count: number; domains_count: number }>(sql`
    select id, name, owner_email, claimed_at, created_at,
      (select count(*) from inboxes where organization_id = ${organizationId}) as inboxes_count,
      (select count(*) from messages where organization_id = ${organizationId} and livemode = ${livemode}) as messages_count,
      (select count(*) from domains where organization_id = ${organizationId}) as domains_count
    from organizations where id = ${organizationId}`)

/** For the operator's command line. */
export const unscopedList = (db: Db) =>
  db.rows<OrganizationRow>(sql`select id, name, owner_email, claimed_at, created_at from organizations order by id`)

export const unscopedById = (db: Db, id: string) =>
  db.row<OrganizationRow>(sql`select id, name, owner_email, claimed_at, created_at from organizations where id = ${id}`)

/** Keeps two servers that start on an empty database from both making the first organization. */
export const unscopedLock = (db: Db) => db.rows(sql`lock table organizations in share row exclusive mode`)
