import { type Db, sql } from '../../kernel/database/db.ts'

export type DropStatus = 'scheduled' | 'locked' | 'production_started' | 'mailed' | 'cancelled'

export interface DropRow {
  id: string
  organization_id: string
  order_id: string | null
  livemode: boolean
  /** `2026-11-21` */
  mail_date: string
  lock_at: Date
  status: DropStatus
  carrier: string | null
  carrier_reference: string | null
  piece_count: number
  locked_at: Date | null
  /** The instance that produces it. */
  held_by: number | null
  production_started_at: Date | null
  mailed_at: Date | null
  created_at: Date
}

/** Makes the drop of a day for single pieces unless it is there. */
export const openDay = (
  db: Db,
  organizationId: string,
  livemode: boolean,
  drop: { id: string; mailDate: string; lockAt: Date },
) =>
  db.rows(sql`
    insert into drops (id, organization_id, livemode, mail_date, lock_at)
    values (${drop.id}, ${organizationId}, ${livemode}, ${drop.mailDate}, ${drop.lockAt})
    on conflict (organization_id, livemode, mail_date) where order_id is null and status = 'scheduled' do nothing`)

/** The open drop of a day; it cannot lock before the transaction ends. */
export const holdDay = (db: Db, organizationId: string, livemode: boolean, mailDate: string) =>
  db.row<DropRow>(sql`
    select *, mail_date::text from drops
    where organization_id = ${organizationId} and livemode = ${livemode} and mail_date = ${mailDate} and order_id is null and status = 'scheduled'
    for share`)

/** Makes a drop of an order. */
export const insertForOrder = (
  db: Db,
  organizationId: string,
  livemode: boolean,
  drop: { id: string; orderId: string; mailDate: string; lockAt: Date },
) =>
  db.rows(sql`
    insert into drops (id, organization_id, livemode, order_id, mail_date, lock_at)
    values (${drop.id}, ${organizationId}, ${livemode}, ${drop.orderId}, ${drop.mailDate}, ${drop.lockAt})`)

/** A drop which cannot lock before the transaction ends. */
export const lockDrop = (db: Db, organizationId: string, livemode: boolean, id: string) =>
  db.row<DropRow>(sql`
    select *, mail_date::text from drops where organization_id = ${organizationId} and livemode = ${livemode} and id = ${id} for share`)

export const ofOrder = (db: Db, organizationId: string, livemode: boolean, orderId: string) =>
  db.rows<DropRow>(sql`
    select *, mail_date::text from drops
    where organization_id = ${organizationId} and livemode = ${livemode} and order_id = ${orderId} order by drops.mail_date, id`)

/** Locks what is due, in every organization by its own clock, and asks for its production. `only`: one organization's sandbox. */
export const unscopedLockDue = (db: Db, now: Date, only: string | null) =>
  db.rows<{ id: string }>(sql`
    with due as (
      update drops d set status = 'locked', updated_at = now(),
        locked_at = case when d.livemode then ${now}::timestamptz else d.lock_at end
      where d.status = 'scheduled' and (${only}::uuid is null or (d.organization_id = ${only}::uuid and not d.livemode))
        and d.lock_at <= ${now}::timestamptz + case when d.livemode then interval '0' else coalesce(
          (select sandbox_ahead_ms(c, ${now}) * interval '1 millisecond' from test_clocks c where c.organization_id = d.organization_id), interval '0') end
      returning d.id
    ), asked as (
      select graphile_worker.add_job('post.produce', job_key := 'post.produce') where exists (select from due)
    )
    select id from due left join asked on true`)

/** Asks for production, unless it is asked for already. */
export const produce = (db: Db) => db.rows(sql`select graphile_worker.add_job('post.produce', job_key := 'post.produce')`)

/**
 * Takes a drop that waits for production, the oldest first, and keeps others from it for a while. `only`: that one. Undefined when there
 * is none. Across organizations, as the printer is.
 */
export const unscopedClaim = (db: Db, instance: number, only: string | null, seconds: number) =>
  db.row<DropRow>(sql`
    update drops set leased_until = now() + ${seconds} * interval '1 second', held_by = ${instance}
    where id = (
      select d.id from drops d
      where (${only}::uuid is null or d.id = ${only}::uuid) and not coalesce(d.leased_until between now() and now() + interval '15 minutes', false)
        and (d.status = 'locked' or (d.status = 'production_started' and (
          exists (select from print_jobs j where j.drop_id = d.id and j.state in ('assigned', 'submitting'))
          or exists (select from pieces p where p.drop_id = d.id and p.status = 'created' and p.print_job_id is null))))
      order by d.locked_at, d.id limit 1 for update skip locked)
    returning *, mail_date::text`)

/** Keeps a drop of ours for longer, or (null) lets it go. Undefined when it is not ours any more. */
export const lease = (db: Db, { organization_id, id, held_by }: DropRow, seconds: number | null) =>
  db.row<{ id: string }>(sql`
    update drops set leased_until = now() + ${seconds}::integer * interval '1 second', held_by = case when ${seconds}::integer is null then null else held_by end
    where organization_id = ${organization_id} and id = ${id} and held_by = ${held_by} and leased_until is not null returning id`)

/** What a gone instance produced waits for production again, which is asked for. Returns how many drops. */
export const unscopedFree = async (db: Db, instance: number): Promise<number> =>
  (await db.row<{ freed: number }>(sql`
    with freed as (
      update drops set leased_until = null, held_by = null where held_by = ${instance} returning id
    ), asked as (
      select graphile_worker.add_job('post.produce', job_key := 'post.produce') where exists (select from freed)
    )
    select (select count(*) from freed) as freed, (select count(*) from asked) as asked`))!.freed

/** The printer begins: writes down who it is and how much there is. Undefined when that was written before. */
export const start = (db: Db, organizationId: string, id: string, carrier: string, at: Date) =>
  db.row<DropRow>(sql`
    update drops d set status = 'production_started', carrier = ${carrier}, production_started_at = ${at}, updated_at = now(),
      piece_count = (select count(*) from pieces p where p.drop_id = d.id and p.status not in ('held', 'cancelled'))
    where d.organization_id = ${organizationId} and d.id = ${id} and d.status = 'locked'
    returning *, mail_date::text`)

export const cancelEmpty = (db: Db, organizationId: string, id: string) =>
  db.row<{ id: string }>(sql`
    update drops d set status = 'cancelled', updated_at = now()
    where d.organization_id = ${organizationId} and d.id = ${id} and d.status = 'locked'
      and not exists (select from pieces p where p.drop_id = d.id and p.status not in ('held', 'failed', 'cancelled'))
    returning id`)

/** Waits for others who move pieces of these drops, so that one of them sees the last piece go. */
export const lockAll = (db: Db, organizationId: string, ids: string[]) =>
  db.rows(
    sql`select id from drops where organization_id = ${organizationId} and id = any (${ids}::uuid[]) order by id for update`,
  )

/** Ends the drops of which nothing is left at the printer: mailed, or cancelled when nothing was mailed at all. */
export const finish = (db: Db, organizationId: string, ids: string[], at: Date) =>
  db.rows<DropRow>(sql`
    update drops d set updated_at = now(), mailed_at = ${at}, status = case when exists (
        select from pieces p where p.drop_id = d.id and p.status not in ('held', 'failed', 'cancelled')) then 'mailed' else 'cancelled' end
    where d.organization_id = ${organizationId} and d.id = any (${ids}::uuid[]) and d.status in ('locked', 'production_started')
      and not exists (select from pieces p where p.drop_id = d.id and p.status in ('created', 'rendered', 'queued', 'printed'))
    returning *, mail_date::text`)
