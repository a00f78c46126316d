/** Delivering works for all organizations at once: each row names its own, and nothing is read across them. Hence `unscoped`. */
import type { EventType } from '../events/events.ts'
import { type Db, sql } from '../kernel/database/db.ts'

/** A delivery that is ours to attempt, with the endpoint as it is now and the event as it was recorded. */
export interface Claimed {
  id: string
  organization_id: string
  endpoint_id: string
  livemode: boolean
  /** Attempts made before this one. */
  attempts: number
  event_id: string
  type: EventType
  data: Record<string, unknown>
  happened_at: Date
  /** Of two events of one thing the larger happened later. */
  sequence: number
  url: string
  dialect: string
  enabled: boolean
  /** What the endpoint may be given. */
  scopes: string[]
  /** It failed last time. */
  failing: boolean
  leased_until: Date
  /** The instance that attempts it. */
  held_by: number
  /** Sealed, newest first; the previous one only while it still signs. */
  secrets: [string, ...string[]]
}

/** Whose a claim is, and until when. */
export interface Lease {
  instance: number
  now: Date
  leasedUntil: Date
}

/**
 * Takes up to `limit` deliveries that are due at `now`, longest due first. Until `leasedUntil` nobody else gets them; then, if
 * nothing was recorded meanwhile, somebody does.
 */
export const unscopedClaim = (db: Db, { instance, now, leasedUntil, limit }: Lease & { limit: number }) =>
  db.rows<Claimed>(sql`
    with due as materialized (
      select id from webhook_deliveries
      where state = 'pending' and coalesce(next_attempt_at, '-infinity'::timestamptz) <= ${now}
      order by coalesce(next_attempt_at, '-infinity'::timestamptz), id
      limit ${limit} for update skip locked
    ), taken as (
      update webhook_deliveries d set next_attempt_at = ${leasedUntil}, held_by = ${instance} from due where d.id = due.id
      returning d.id, d.organization_id, d.endpoint_id, d.event_id, d.livemode, d.attempts, d.held_by, d.next_attempt_at as leased_until
    )
    select t.id, t.organization_id, t.endpoint_id, t.livemode, t.attempts, t.event_id, t.held_by, t.leased_until, v.type, event_data(v.data, v.message_id) as data, v.created_at as happened_at,
      coalesce(v.sequence, (extract(epoch from v.created_at) * 1000000)::bigint) as sequence,
      e.url, e.dialect, e.enabled, e.scopes, e.failing_since is not null as failing,
      case when e.previous_secret_until > ${now} then array[e.secret, e.previous_secret] else array[e.secret] end as secrets
    from taken t
    join webhook_endpoints e on e.id = t.endpoint_id
    join events v on v.id = t.event_id
    order by t.id`)

/** Takes this one, if it is due. */
export const claimOne = (db: Db, organizationId: string, id: string, { instance, now, leasedUntil }: Lease) =>
  db.row<Claimed>(sql`
    with taken as (
      update webhook_deliveries set next_attempt_at = ${leasedUntil}, held_by = ${instance}
      where organization_id = ${organizationId} and id = ${id} and state = 'pending' and coalesce(next_attempt_at, '-infinity'::timestamptz) <= ${now}
      returning id, organization_id, endpoint_id, event_id, livemode, attempts, held_by, next_attempt_at as leased_until
    )
    select t.id, t.organization_id, t.endpoint_id, t.livemode, t.attempts, t.event_id, t.held_by, t.leased_until, v.type, event_data(v.data, v.message_id) as data, v.created_at as happened_at,
      coalesce(v.sequence, (extract(epoch from v.created_at) * 1000000)::bigint) as sequence,
      e.url, e.dialect, e.enabled, e.scopes, e.failing_since is not null as failing,
      case when e.previous_secret_until > ${now} then array[e.secret, e.previous_secret] else array[e.secret] end as secrets
    from taken t
    join webhook_endpoints e on e.id = t.endpoint_id
    join events v on v.id = t.event_id`)

/** A claim that was not used, and when the delivery is due instead. */
export type Postponed = Pick<Claimed, 'id' | 'attempts' | 'held_by'> & { until: Date }

/** Gives claimed deliveries back, each to be due at its time; those that are still ours. */
export const unscopedPostpone = (db: Db, postponed: Postponed[]) =>
  db.rows(sql`
    update webhook_deliveries d set next_attempt_at = p.until, held_by = null
    from jsonb_to_recordset(${JSON.stringify(postponed)}::jsonb) as p (id uuid, attempts integer, held_by integer, until timestamptz)
    where d.id = p.id and d.attempts = p.attempts and d.held_by = p.held_by and d.state = 'pending'`)

/**
 * Makes the deliveries that a dead instance had claimed due at once. Leases end between `now` and `horizon`, so only that part of the
 * index is read.
 */
export const unscopedFree = async (db: Db, instance: number, { now, horizon }: { now: Date; horizon: Date }): Promise<number> =>
  (
    await db.rows(sql`
      update webhook_deliveries set next_attempt_at = ${now}, held_by = null
      where state = 'pending' and coalesce(next_attempt_at, '-infinity'::timestamptz) > ${now}
        and coalesce(next_attempt_at, '-infinity'::timestamptz) <= ${horizon} and held_by = ${instance} returning 1`)
  ).length

/** Deliveries of endpoints that were switched off are given up; a replay brings them back. */
export const unscopedGiveUp = (db: Db, ids: string[]) =>
  db.rows(
    sql`update webhook_deliveries set state = 'failed', next_attempt_at = null where id = any (${ids}::uuid[]) and state = 'pending'`,
  )

/** The same for all that wait for an endpoint. */
export const giveUpAll = (db: Db, organizationId: string, endpointId: string) =>
  db.rows(sql`
    update webhook_deliveries set state = 'failed', next_attempt_at = null
    where organization_id = ${organizationId} and endpoint_id = ${endpointId} and state = 'pending'`)

/** What one attempt came to, ready to be written. */
export interface AttemptRow {
  id: string
  delivery_id: string
  organization_id: string
  endpoint_id: string
  attempt: number
  status: number | null
  error: string | null
  response_excerpt: string | null
  duration_ms: number
  created_at: Date
  /** What becomes of the delivery. */
  state: 'delivered' | 'failed' | 'pending'
  next_attempt_at: Date | null
}

/**
 * Logs attempts and moves their deliveries on. Endpoints are locked before deliveries, in the order in which deleting one does
 * it; what was deleted meanwhile is passed over. `attempts` fences: whoever lost his lease and comes late changes nothing.
 */
export const unscopedRecord = (db: Db, attempts: AttemptRow[]) =>
  db.rows(sql`
    with made as (
      select * from jsonb_to_recordset(${JSON.stringify(attempts)}::jsonb) as a (id uuid, delivery_id uuid, organization_id uuid, endpoint_id uuid,
        attempt integer, status integer, error text, response_excerpt text, duration_ms integer, created_at timestamptz, state text, next_attempt_at timestamptz)
    ), alive as materialized (
      select id from webhook_endpoints where id in (select endpoint_id from made) order by id for key share
    ), moved as (
      update webhook_deliveries d set
        attempts = made.attempt,
        state = case when d.state = 'failed' and made.state = 'pending' then 'failed' else made.state end,
        next_attempt_at = case when d.state = 'failed' then null else made.next_attempt_at end,
        held_by = null
      from made join alive on alive.id = made.endpoint_id
      where d.id = made.delivery_id and d.attempts = made.attempt - 1
      returning made.id
    )
    insert into webhook_attempts (id, organization_id, endpoint_id, delivery_id, attempt, status, error, response_excerpt, duration_ms, created_at)
    select made.id, organization_id, endpoint_id, delivery_id, attempt, status, error, response_excerpt, duration_ms, created_at
    from made join moved on moved.id = made.id`)

/** How attempts went at one endpoint. */
export interface Health {
  endpoint_id: string
  /** One at least succeeded. */
  ok: boolean
  /** It answered 410 Gone. */
  gone: boolean
}

/**
 * Keeps `failing_since` (the first failure after the last success) and switches endpoints off: at once when gone, or when they
 * have been failing since `giveUp` or longer. Touches only endpoints whose state changes; returns those it switched off.
 */
export const unscopedHealth = (db: Db, health: Health[], { now, giveUp }: { now: Date; giveUp: Date }) =>
  db.rows<{ id: string; organization_id: string; livemode: boolean; name: string; url: string; disabled_reason: string }>(sql`
    with changed as (
      update webhook_endpoints e set
        failing_since = case when h.ok then null else coalesce(e.failing_since, ${now}) end,
        enabled = h.ok or not (h.gone or coalesce(e.failing_since <= ${giveUp}, false)),
        disabled_reason = case when h.ok then null when h.gone then 'gone' when e.failing_since <= ${giveUp} then 'failing' end
      from jsonb_to_recordset(${JSON.stringify(health)}::jsonb) as h (endpoint_id uuid, ok boolean, gone boolean)
      where e.id = h.endpoint_id and e.enabled
        and case when h.ok then e.failing_since is not null else h.gone or e.failing_since is null or e.failing_since <= ${giveUp} end
      returning e.id, e.organization_id, e.livemode, e.name, e.url, e.enabled, e.disabled_reason
    )
    select id, organization_id, livemode, name, url, disabled_reason from changed where not enabled`)
