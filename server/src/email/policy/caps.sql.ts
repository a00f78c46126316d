import { type Db, sql } from '../../kernel/database/db.ts'

export interface DayRow {
  inbox_id: string
  livemode: boolean
  accepted: number
}

/** What each inbox had accepted on that day, locked in one order until the transaction ends. Inboxes of many organizations at once. */
export const unscopedLock = (db: Db, inboxes: { inbox_id: string; livemode: boolean }[], day: string) =>
  db.rows<DayRow>(sql`
    insert into inbox_days (inbox_id, livemode, day, accepted)
    select distinct inbox_id, livemode, ${day}::date, 0
    from jsonb_to_recordset(${JSON.stringify(inboxes)}::jsonb) as i (inbox_id uuid, livemode boolean)
    order by inbox_id, livemode
    on conflict (inbox_id, livemode, day) do update set accepted = inbox_days.accepted
    returning inbox_id, livemode, accepted`)

export const unscopedSave = (db: Db, rows: DayRow[], day: string) =>
  db.rows(sql`
    update inbox_days d set accepted = r.accepted
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r (inbox_id uuid, livemode boolean, accepted integer)
    where d.inbox_id = r.inbox_id and d.livemode = r.livemode and d.day = ${day}::date`)

/** For retention. */
export const unscopedForget = (db: Db, before: string) => db.rows(sql`delete from inbox_days where day < ${before}::date`)
