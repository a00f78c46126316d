import { type Db, sql } from '../../kernel/database/db.ts'

export interface SuppressionRow {
  id: string
  email: string
  reason: string
  evidence: string | null
  created_at: Date
}

export const list = (
  db: Db,
  organizationId: string,
  q: { before: string | undefined; limit: number; reason: string | undefined },
) =>
  db.rows<SuppressionRow>(sql`
    select id, email, reason, evidence, created_at from suppressions
    where organization_id = ${organizationId} and (${q.before ?? null}::uuid is null or id < ${q.before ?? null}::uuid)
      and (${q.reason ?? null}::text is null or reason = ${q.reason ?? null}::text)
    order by id desc limit ${q.limit}`)

/** Adds it, or keeps the earlier entry: the first reason is the evidence. */
export const add = (
  db: Db,
  organizationId: string,
  row: { id: string; email: string; reason: string; evidence: string | null },
) =>
  db.row<SuppressionRow>(sql`
    insert into suppressions (id, organization_id, email, reason, evidence)
    values (${row.id}, ${organizationId}, ${row.email}, ${row.reason}, ${row.evidence})
    on conflict (organization_id, email) do update set email = excluded.email
    returning id, email, reason, evidence, created_at`)

export const remove = async (db: Db, organizationId: string, email: string): Promise<boolean> =>
  (await db.row(sql`delete from suppressions where organization_id = ${organizationId} and email = ${email} returning id`)) !==
  undefined

/** Which of these may not be written to. For many organizations at once, each asked only about its own list. */
export const unscopedSuppressed = (db: Db, wanted: { organization_id: string; email: string }[]) =>
  db.rows<{ organization_id: string; email: string; reason: string }>(sql`
    select s.organization_id, s.email, s.reason
    from jsonb_to_recordset(${JSON.stringify(wanted)}::jsonb) as w (organization_id uuid, email text)
    join suppressions s on s.organization_id = w.organization_id and s.email = w.email`)
