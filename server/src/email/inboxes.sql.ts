import { type Db, sql } from '../kernel/db.ts'

export interface InboxRow {
  id: string
  organization_id: string
  name: string
  email: string
  created_at: Date
}

/** @param domainId null at MAIL_DOMAIN */
export const insert = (
  db: Db,
  organizationId: string,
  domainId: string | null,
  inbox: { id: string; name: string; email: string },
) =>
  db.row<InboxRow>(sql`
    insert into inboxes (id, organization_id, domain_id, name, email)
    values (${inbox.id}, ${organizationId}, ${domainId}, ${inbox.name}, ${inbox.email})
    returning id, organization_id, name, email, created_at`)

export const list = (db: Db, organizationId: string, q: { before: string | undefined; limit: number }) =>
  db.rows<InboxRow>(sql`
    select id, organization_id, name, email, created_at from inboxes
    where organization_id = ${organizationId} and (${q.before ?? null}::uuid is null or id < ${q.before ?? null}::uuid)
    order by id desc limit ${q.limit}`)

export const byId = (db: Db, organizationId: string, id: string | null) =>
  db.row<InboxRow>(
    sql`select id, organization_id, name, email, created_at from inboxes where organization_id = ${organizationId} and id = ${id}`,
  )

export const byEmail = (db: Db, organizationId: string, email: string) =>
  db.row<InboxRow>(
    sql`select id, organization_id, name, email, created_at from inboxes where organization_id = ${organizationId} and email = ${email}`,
  )

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

/** Deletes the inbox; its threads, messages and attachments go with it by their foreign keys, its deliveries here. */
export const remove = async (db: Db, organizationId: string, id: string): Promise<boolean> =>
  (await db.row(sql`
    with gone as (
      delete from deliveries where message_id in (select id from messages where organization_id = ${organizationId} and inbox_id = ${id})
    )
    delete from inboxes where organization_id = ${organizationId} and id = ${id} returning id`)) !== undefined
