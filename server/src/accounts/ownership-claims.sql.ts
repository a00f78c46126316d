import { type Db, sql } from '../kernel/database/db.ts'
import type { OrganizationRow } from './organizations.sql.ts'

/** Makes the owner the owner; undefined when that was done before. */
export const claim = (db: Db, organizationId: string, now: Date) =>
  db.row<OrganizationRow>(sql`
    update organizations set claimed_at = ${now} where id = ${organizationId} and claimed_at is null
    returning id, name, owner_email, claimed_at, created_at`)

/** What the claim page shows. */
export const shown = (db: Db, organizationId: string) =>
  db.row<OrganizationRow & { emails: string[] }>(sql`
    select o.id, o.name, o.owner_email, o.claimed_at, o.created_at,
      array(select email from inboxes where organization_id = ${organizationId} order by id limit 5) as emails
    from organizations o where o.id = ${organizationId}`)
