import { type Db, sql } from '../kernel/database/db.ts'

export type LinkPurpose = 'claim' | 'approve'

export interface LinkRow {
  id: string
  organization_id: string
  subject_id: string | null
  expires_at: Date
  used_at: Date | null
}

/** Does nothing when the link exists: the job that makes it may run twice. */
export const insert = (
  db: Db,
  organizationId: string,
  link: { id: string; purpose: LinkPurpose; subjectId: string | null; tokenHash: Buffer; expiresAt: Date },
) =>
  db.rows(sql`
    insert into owner_links (id, organization_id, purpose, subject_id, token_hash, expires_at)
    values (${link.id}, ${organizationId}, ${link.purpose}, ${link.subjectId}, ${link.tokenHash}, ${link.expiresAt})
    on conflict (id) do nothing`)

/** Unscoped: the secret in the link is the proof. */
export const unscopedByHash = (db: Db, purpose: LinkPurpose, tokenHash: Buffer) =>
  db.row<LinkRow>(sql`
    select id, organization_id, subject_id, expires_at, used_at from owner_links where token_hash = ${tokenHash} and purpose = ${purpose}`)

/** Uses the link up; false when somebody did before, or it has expired. Of two at once one waits here and then loses. */
export const use = async (db: Db, organizationId: string, id: string, now: Date): Promise<boolean> =>
  (await db.row(sql`
    update owner_links set used_at = ${now}
    where organization_id = ${organizationId} and id = ${id} and used_at is null and expires_at > ${now} returning id`)) !==
  undefined
