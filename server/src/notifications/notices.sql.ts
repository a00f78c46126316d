import { type Db, sql } from '../kernel/database/db.ts'

/** Queues a job in the caller's transaction. `payload` must be JSON. */
export const queue = (db: Db, task: string, payload: object) =>
  db.rows(sql`select graphile_worker.add_job(${task}, ${JSON.stringify(payload)}::json)`)

/** The server's own organization and the inbox its mails come from, made at the first one. Answers the inbox, or nothing when the address is somebody else's. */
export const ensurePlatform = async (db: Db, platform: { organization: string; inbox: string; name: string; email: string }) => {
  await db.rows(sql`
    insert into organizations (id, name, owner_email) values (${platform.organization}, ${platform.name}, ${platform.email})
    on conflict do nothing`)
  await db.rows(sql`
    insert into wallets (organization_id, livemode, balance_mills)
    values (${platform.organization}, true, 0), (${platform.organization}, false, 0) on conflict do nothing`)
  await db.rows(sql`
    insert into inboxes (id, organization_id, name, email)
    values (${platform.inbox}, ${platform.organization}, ${platform.name}, ${platform.email}) on conflict do nothing`)
  return db.row<{ id: string }>(sql`
    select id from inboxes where organization_id = ${platform.organization} and email = ${platform.email}`)
}

/** Whether it is time to tell the owner again: true for one caller in each `since`. */
export const due = async (db: Db, organizationId: string, kind: string, now: Date, since: Date): Promise<boolean> =>
  (await db.row(sql`
    insert into owner_notices (organization_id, kind, sent_at) values (${organizationId}, ${kind}, ${now})
    on conflict (organization_id, kind) do update set sent_at = ${now} where owner_notices.sent_at <= ${since}
    returning kind`)) !== undefined
