import { type Db, sql } from '../../kernel/database/db.ts'

export interface Wanted {
  /** Lower case, domain as A-labels. */
  address: string
  /** The same without its +tag. */
  base: string
  domain: string
}

export interface FoundRow {
  address: string
  /** Mail for the domain is ours to take. */
  ours: boolean
  inbox_id: string | null
  organization_id: string | null
}

/**
 * Unscoped: a stranger's mail names an address, and the address says whose it is. An inbox counts only while its
 * organization holds the domain: who proves a domain later must not find its mail in somebody else's inbox.
 */
export const unscopedFind = (db: Db, mailDomain: string, wanted: Wanted[]) =>
  db.rows<FoundRow>(sql`
    select w.address, i.id as inbox_id, i.organization_id,
      w.domain = ${mailDomain} or exists (select 1 from domains d where d.name = w.domain and d.verified_at is not null) as ours
    from jsonb_to_recordset(${JSON.stringify(wanted)}::jsonb) as w (address text, base text, domain text)
    left join lateral (
      select i.id, i.organization_id from inboxes i
      where i.email in (w.address, w.base)
        and (w.domain = ${mailDomain} or exists (
          select 1 from domains d where d.name = w.domain and d.organization_id = i.organization_id and d.verified_at is not null))
      order by i.email <> w.address limit 1
    ) i on true`)

/** Which of these domains mail is taken for. */
export const unscopedOurs = (db: Db, domains: string[]) =>
  db.rows<{ name: string }>(
    sql`select distinct name from domains where name = any (${domains}::text[]) and verified_at is not null`,
  )

/** The inbox of this address; else the oldest one of the operator's organization. */
export const unscopedOperator = (db: Db, email: string) =>
  db.row<{ id: string; organization_id: string }>(sql`
    select i.id, i.organization_id from inboxes i join organizations o on o.id = i.organization_id
    where i.email = ${email} or o.operator
    order by i.email <> ${email}, i.created_at, i.id limit 1`)
