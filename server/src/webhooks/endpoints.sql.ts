import { type EventType, events } from '../events/events.ts'
import { type Db, sql } from '../kernel/database/db.ts'

export interface EndpointRow {
  id: string
  livemode: boolean
  name: string
  url: string
  events: string[]
  /** What it may be given: the scopes of the key that made it, or set its URL or events last; `*` for all. */
  scopes: string[]
  /** That key. */
  key_id: string | null
  dialect: string
  enabled: boolean
  disabled_reason: string | null
  failing_since: Date | null
  previous_secret_until: Date | null
  created_at: Date
}

interface NewEndpoint {
  id: string
  name: string
  url: string
  events: string[]
  scopes: string[]
  keyId: string | null
  dialect: string
  /** Sealed. */
  secret: string
}

/** Undefined when the organization has `most` in this mode already. */
export const insert = (db: Db, organizationId: string, livemode: boolean, endpoint: NewEndpoint, most: number) =>
  db.row<EndpointRow>(sql`
    insert into webhook_endpoints (id, organization_id, livemode, name, url, events, scopes, key_id, dialect, secret)
    select ${endpoint.id}, ${organizationId}, ${livemode}, ${endpoint.name}, ${endpoint.url}, ${endpoint.events}, ${endpoint.scopes},
      ${endpoint.keyId}, ${endpoint.dialect}, ${endpoint.secret}
    where (select count(*) from webhook_endpoints where organization_id = ${organizationId} and livemode = ${livemode}) < ${most}
    returning id, livemode, name, url, events, scopes, key_id, dialect, enabled, disabled_reason, failing_since, previous_secret_until, created_at`)

export const list = (
  db: Db,
  organizationId: string,
  livemode: boolean,
  q: { before: string | undefined; limit: number; skip: number },
) =>
  db.rows<EndpointRow>(sql`
    select id, livemode, name, url, events, scopes, key_id, dialect, enabled, disabled_reason, failing_since, previous_secret_until, created_at
    from webhook_endpoints
    where organization_id = ${organizationId} and livemode = ${livemode} and (${q.before ?? null}::uuid is null or id < ${q.before ?? null}::uuid)
    order by id desc limit ${q.limit} offset ${q.skip}`)

export const count = async (db: Db, organizationId: string, livemode: boolean): Promise<number> =>
  (await db.row<{ count: number }>(sql`
    select count(*) from webhook_endpoints where organization_id = ${organizationId} and livemode = ${livemode}`))!.count

/** Whether an endpoint of this mode asks for this event by its name. */
export const subscribesTo = async (db: Db, organizationId: string, livemode: boolean, type: EventType): Promise<boolean> =>
  (await db.row(sql`
    select 1 from webhook_endpoints
    where organization_id = ${organizationId} and livemode = ${livemode} and enabled and ${type}::text = any (events)
      and scopes && array['*', ${events[type].scope}]`)) !== undefined

export const byId = (db: Db, organizationId: string, livemode: boolean, id: string | null) =>
  db.row<EndpointRow>(sql`
    select id, livemode, name, url, events, scopes, key_id, dialect, enabled, disabled_reason, failing_since, previous_secret_until, created_at
    from webhook_endpoints where organization_id = ${organizationId} and livemode = ${livemode} and id = ${id}`)

/** What is null stays as it is. Switching on forgets why it was off, and that it was failing. */
export const update = (
  db: Db,
  organizationId: string,
  livemode: boolean,
  id: string | null,
  change: {
    name: string | null
    url: string | null
    events: string[] | null
    enabled: boolean | null
    scopes: string[] | null
    keyId: string | null
  },
) =>
  db.row<EndpointRow>(sql`
    update webhook_endpoints set
      name = coalesce(${change.name}, name),
      url = coalesce(${change.url}, url),
      events = coalesce(${change.events}, events),
      scopes = coalesce(${change.scopes}, scopes),
      key_id = coalesce(${change.keyId}, key_id),
      enabled = coalesce(${change.enabled}, enabled),
      disabled_reason = case when ${change.enabled}::boolean then null else disabled_reason end,
      failing_since = case when ${change.enabled}::boolean then null else failing_since end
    where organization_id = ${organizationId} and livemode = ${livemode} and id = ${id}
    returning id, livemode, name, url, events, scopes, key_id, dialect, enabled, disabled_reason, failing_since, previous_secret_until, created_at`)

export const remove = async (db: Db, organizationId: string, livemode: boolean, id: string | null): Promise<boolean> =>
  (await db.row(sql`
    delete from webhook_endpoints where organization_id = ${organizationId} and livemode = ${livemode} and id = ${id} returning id`)) !==
  undefined

/** The secret until now signs beside the new one until `overlapUntil`. */
export const rotate = (db: Db, organizationId: string, livemode: boolean, id: string, secret: string, overlapUntil: Date) =>
  db.row<EndpointRow>(sql`
    update webhook_endpoints set previous_secret = secret, previous_secret_until = ${overlapUntil}, secret = ${secret}
    where organization_id = ${organizationId} and livemode = ${livemode} and id = ${id}
    returning id, livemode, name, url, events, scopes, key_id, dialect, enabled, disabled_reason, failing_since, previous_secret_until, created_at`)

/** Those a key made, or set the URL or events of last. */
export const idsOfKey = (db: Db, organizationId: string, keyId: string) =>
  db.rows<{ id: string }>(
    sql`select id from webhook_endpoints where organization_id = ${organizationId} and key_id = ${keyId} order by id`,
  )
