import { type Db, sql } from '../../kernel/database/db.ts'

export interface InboxRow {
  id: string
  organization_id: string
  name: string
  email: string
  /** What it sends waits for approval. */
  hold: boolean
  /** Most mails it may have accepted per UTC day; null for no limit. */
  daily_cap: number | null
  /** Most answers it may give in one thread within an hour; null for no limit. */
  reply_cap: number | null
  /** The test key that made it; null for a live one. */
  test_key_id: string | null
  created_at: Date
}

/** `restricted`: there are rules about whom it may write to. */
export interface FoundRow extends InboxRow {
  restricted: boolean
}

/** @param domainId null at MAIL_DOMAIN */
export const insert = (
  db: Db,
  organizationId: string,
  domainId: string | null,
  inbox: { id: string; name: string; email: string; testKeyId: string | null },
) =>
  db.row<InboxRow>(sql`
    insert into inboxes (id, organization_id, domain_id, name, email, test_key_id)
    values (${inbox.id}, ${organizationId}, ${domainId}, ${inbox.name}, ${inbox.email}, ${inbox.testKeyId})
    returning id, organization_id, name, email, hold, daily_cap, reply_cap, test_key_id, created_at`)

export const list = (db: Db, organizationId: string, q: { before: string | undefined; limit: number }) =>
  db.rows<InboxRow>(sql`
    select id, organization_id, name, email, hold, daily_cap, reply_cap, test_key_id, created_at from inboxes
    where organization_id = ${organizationId} and (${q.before ?? null}::uuid is null or id < ${q.before ?? null}::uuid)
    order by id desc limit ${q.limit}`)

export const byId = (db: Db, organizationId: string, id: string | null) =>
  db.row<FoundRow>(
    sql`select id, organization_id, name, email, hold, daily_cap, reply_cap, test_key_id, created_at,
        exists (select 1 from inbox_rules r where r.inbox_id = inboxes.id and r.direction = 'send') as restricted
      from inboxes where organization_id = ${organizationId} and id = ${id}`,
  )

export const byEmail = (db: Db, organizationId: string, email: string) =>
  db.row<FoundRow>(
    sql`select id, organization_id, name, email, hold, daily_cap, reply_cap, test_key_id, created_at,
        exists (select 1 from inbox_rules r where r.inbox_id = inboxes.id and r.direction = 'send') as restricted
      from inboxes where organization_id = ${organizationId} and email = ${email}`,
  )

/** Changes what is given; null in a cap lifts it. */
export const update = (
  db: Db,
  organizationId: string,
  id: string,
  change: {
    name: string | undefined
    hold: boolean | undefined
    daily_cap: number | null | undefined
    reply_cap: number | null | undefined
  },
) =>
  db.row<InboxRow>(sql`
    update inboxes set name = coalesce(${change.name ?? null}, name), hold = coalesce(${change.hold ?? null}, hold),
      daily_cap = case when ${change.daily_cap === undefined} then daily_cap else ${change.daily_cap ?? null}::integer end,
      reply_cap = case when ${change.reply_cap === undefined} then reply_cap else ${change.reply_cap ?? null}::integer end
    where organization_id = ${organizationId} and id = ${id}
    returning id, organization_id, name, email, hold, daily_cap, reply_cap, test_key_id, created_at`)

export const hasVerifiedDomain = async (db: Db, organizationId: string, name: string): Promise<boolean> =>
  (await db.row(
    sql`select 1 from domains where organization_id = ${organizationId} and name = ${name} and verified_at is not null`,
  )) !== undefined

/** The organization's verified domain, kept as it is until the end of the transaction. */
export const holdVerifiedDomain = async (db: Db, organizationId: string, name: string): Promise<string | undefined> =>
  (
    await db.row<{ id: string }>(
      sql`select id from domains where organization_id = ${organizationId} and name = ${name} and verified_at is not null for share`,
    )
  )?.id

/** Every blob the inbox's messages hold: raw mails and attachments. */
export const blobsOf = (db: Db, organizationId: string, inboxId: string) =>
  db.rows<{ id: string }>(sql`
    select raw_blob_id as id from messages where organization_id = ${organizationId} and inbox_id = ${inboxId} and raw_blob_id is not null
    union
    select a.blob_id from attachments a join messages m on m.id = a.message_id
    where m.organization_id = ${organizationId} and m.inbox_id = ${inboxId}`)

/**
 * Keeps out what would work on the inbox meanwhile: new mail by the inbox's row (their foreign key asks for it), workers with results
 * by the messages, in their order.
 */
export const lock = async (db: Db, organizationId: string, id: string): Promise<void> => {
  await db.rows(sql`select 1 from inboxes where organization_id = ${organizationId} and id = ${id} for update`)
}

export const lockMessages = async (db: Db, organizationId: string, id: string): Promise<void> => {
  await db.rows(sql`select 1 from messages where organization_id = ${organizationId} and inbox_id = ${id} order by id for update`)
}

/** What the inbox's mails that wait for approval have cost; they are locked, so that nobody decides about them meanwhile. */
export const heldCost = async (db: Db, organizationId: string, id: string): Promise<number> =>
  (await db.row<{ mills: number }>(sql`
    with held as (
      select a.cost_mills from approvals a join messages m on m.id = a.subject_id
      where a.organization_id = ${organizationId} and m.inbox_id = ${id} and a.state = 'pending'
      order by a.subject_id for update of a
    )
    select coalesce(sum(cost_mills), 0)::bigint as mills from held`))!.mills

export const hasLiveMail = async (db: Db, organizationId: string, id: string): Promise<boolean> =>
  (await db.row(
    sql`select 1 from messages where organization_id = ${organizationId} and inbox_id = ${id} and livemode limit 1`,
  )) !== undefined

/** Deletes the inbox; its threads, messages and attachments go with it by their foreign keys, its deliveries here. */
export const remove = async (db: Db, organizationId: string, id: string): Promise<boolean> =>
  (await db.row(sql`
    with gone as (
      delete from deliveries where message_id in (select id from messages where organization_id = ${organizationId} and inbox_id = ${id})
    ), undecided as (
      delete from approvals where subject_id in (select id from messages where organization_id = ${organizationId} and inbox_id = ${id})
    )
    delete from inboxes where organization_id = ${organizationId} and id = ${id} returning id`)) !== undefined
