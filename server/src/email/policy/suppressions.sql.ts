import { type Db, sql } from '../../kernel/database/db.ts'

export interface SuppressionRow {
  id: string
  livemode: boolean
  email: string
  reason: string
  evidence: string | null
  created_at: Date
}

/** A live key sees what counts in live mode; a test key that of both, for both count in its mode. */
export const list = (
  db: Db,
  organizationId: string,
  livemode: boolean,
  q: { before: string | undefined; limit: number; reason: string | undefined },
) =>
  db.rows<SuppressionRow>(sql`
    select id, livemode, email, reason, evidence, created_at from suppressions
    where organization_id = ${organizationId} and (livemode or not ${livemode}) and (${q.before ?? null}::uuid is null or id < ${q.before ?? null}::uuid)
      and (${q.reason ?? null}::text is null or reason = ${q.reason ?? null}::text)
    order by id desc limit ${q.limit}`)

/** Adds it, or keeps the earlier entry: the first reason is the evidence. */
export const add = (
  db: Db,
  organizationId: string,
  livemode: boolean,
  row: { id: string; email: string; reason: string; evidence: string | null },
) =>
  db.row<SuppressionRow>(sql`
    insert into suppressions (id, organization_id, livemode, email, reason, evidence)
    values (${row.id}, ${organizationId}, ${livemode}, ${row.email}, ${row.reason}, ${row.evidence})
    on conflict (organization_id, livemode, email) do update set email = excluded.email
    returning id, livemode, email, reason, evidence, created_at`)

export const remove = async (db: Db, organizationId: string, livemode: boolean, email: string): Promise<boolean> =>
  (await db.row(sql`
    delete from suppressions
    where organization_id = ${organizationId} and livemode = ${livemode} and email = ${email} returning id`)) !== undefined

export const isLive = async (db: Db, organizationId: string, email: string): Promise<boolean> =>
  (await db.row(sql`select 1 from suppressions where organization_id = ${organizationId} and livemode and email = ${email}`)) !==
  undefined

/** Somebody a mail is for. */
export interface Wanted {
  organization_id: string
  livemode: boolean
  /** Lower case. */
  email: string
}

/**
 * Why these may not be written to, for those that may not, under `nameOf`. What is suppressed in live mode is so in the sandbox too. For
 * many organizations at once, each asked only about its own list.
 */
export const unscopedSuppressed = async (db: Db, wanted: Wanted[]): Promise<Map<string, string>> => {
  const rows = await db.rows<Wanted & { reason: string }>(sql`
    select w.organization_id, w.livemode, w.email, s.reason
    from jsonb_to_recordset(${JSON.stringify(wanted)}::jsonb) as w (organization_id uuid, livemode boolean, email text)
    join suppressions s on s.organization_id = w.organization_id and s.email = w.email and (s.livemode or not w.livemode)
    order by s.livemode`)
  return new Map(rows.map(row => [nameOf(row), row.reason]))
}

export const nameOf = ({ organization_id, livemode, email }: Wanted): string => `${organization_id} ${livemode} ${email}`
