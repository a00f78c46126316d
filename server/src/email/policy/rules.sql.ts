import { type Db, sql } from '../../kernel/database/db.ts'

export type Direction = 'receive' | 'send'

export interface RuleRow {
  id: string
  inbox_id: string
  direction: Direction
  kind: 'allow' | 'block'
  pattern: string
  test_key_id: string | null
  created_at: Date
}

export const insert = (
  db: Db,
  organizationId: string,
  rule: { id: string; inboxId: string; direction: string; kind: string; pattern: string; testKeyId: string | null },
) =>
  db.row<RuleRow>(sql`
    insert into inbox_rules (id, organization_id, inbox_id, direction, kind, pattern, test_key_id)
    values (${rule.id}, ${organizationId}, ${rule.inboxId}, ${rule.direction}, ${rule.kind}, ${rule.pattern}, ${rule.testKeyId})
    returning id, inbox_id, direction, kind, pattern, test_key_id, created_at`)

export const list = (
  db: Db,
  organizationId: string,
  q: { inboxId: string; direction: string | undefined; before: string | undefined; limit: number },
) =>
  db.rows<RuleRow>(sql`
    select id, inbox_id, direction, kind, pattern, test_key_id, created_at from inbox_rules
    where organization_id = ${organizationId} and inbox_id = ${q.inboxId}
      and (${q.direction ?? null}::text is null or direction = ${q.direction ?? null}::text)
      and (${q.before ?? null}::uuid is null or id < ${q.before ?? null}::uuid)
    order by id desc limit ${q.limit}`)

export const byId = (db: Db, organizationId: string, inboxId: string, id: string | null) =>
  db.row<RuleRow>(sql`
    select id, inbox_id, direction, kind, pattern, test_key_id, created_at from inbox_rules
    where organization_id = ${organizationId} and inbox_id = ${inboxId} and id = ${id}`)

export const remove = async (db: Db, organizationId: string, inboxId: string, id: string): Promise<boolean> =>
  (await db.row(
    sql`delete from inbox_rules where organization_id = ${organizationId} and inbox_id = ${inboxId} and id = ${id} returning id`,
  )) !== undefined

/** One correspondent of one inbox, with every pattern that would fit. */
export interface Question {
  organization_id: string
  inbox_id: string
  block: string[]
  allow: string[]
}

/**
 * What the rules say, for each question in order: true when it is refused, by a block rule or because there are allow rules and none
 * fits. Unscoped: a mail comes for inboxes of several organizations; each question names its own.
 */
export const unscopedRefused = async (db: Db, direction: Direction, questions: Question[]): Promise<boolean[]> =>
  (
    await db.rows<{ refused: boolean }>(sql`
      select coalesce(bool_or(r.kind = 'block' and q.block ? r.pattern), false)
        or (coalesce(bool_or(r.kind = 'allow'), false) and not coalesce(bool_or(r.kind = 'allow' and q.allow ? r.pattern), false)) as refused
      from rows from (jsonb_to_recordset(${JSON.stringify(questions)}::jsonb) as (organization_id uuid, inbox_id uuid, block jsonb, allow jsonb))
        with ordinality as q (organization_id, inbox_id, block, allow, n)
      left join inbox_rules r on r.inbox_id = q.inbox_id and r.organization_id = q.organization_id and r.direction = ${direction}
      group by q.n order by q.n`)
  ).map(row => row.refused)
