/** What was delivered, how, and doing it again. `types`: only events of these; undefined: of all. */
import type { EventType } from '../events/events.ts'
import { type Db, sql } from '../kernel/database/db.ts'

export interface DeliveryRow {
  id: string
  endpoint_id: string
  event_id: string
  event_type: EventType
  state: string
  attempts: number
  next_attempt_at: Date | null
  created_at: Date
}

export interface LoggedAttempt {
  id: string
  endpoint_id: string
  delivery_id: string
  event_id: string
  event_type: EventType
  attempt: number
  status: number | null
  error: string | null
  response_excerpt: string | null
  duration_ms: number
  created_at: Date
}

interface Page {
  types: EventType[] | undefined
  before: string | undefined
  limit: number
}

export const attempts = (db: Db, organizationId: string, livemode: boolean, endpointId: string, q: Page) =>
  db.rows<LoggedAttempt>(sql`
    select a.id, a.endpoint_id, a.delivery_id, d.event_id, e.type as event_type, a.attempt, a.status, a.error, a.response_excerpt, a.duration_ms, a.created_at
    from webhook_attempts a
    join webhook_deliveries d on d.id = a.delivery_id
    join events e on e.id = d.event_id
    where a.organization_id = ${organizationId} and a.endpoint_id = ${endpointId} and d.livemode = ${livemode}
      and (${q.types ?? null}::text[] is null or e.type = any (${q.types ?? null}::text[]))
      and (${q.before ?? null}::uuid is null or a.id < ${q.before ?? null}::uuid)
    order by a.id desc limit ${q.limit}`)

export const deliveries = (
  db: Db,
  organizationId: string,
  livemode: boolean,
  endpointId: string,
  q: Page & { state: string | undefined },
) =>
  db.rows<DeliveryRow>(sql`
    select d.id, d.endpoint_id, d.event_id, e.type as event_type, d.state, d.attempts, d.next_attempt_at, d.created_at
    from webhook_deliveries d
    join events e on e.id = d.event_id
    where d.organization_id = ${organizationId} and d.endpoint_id = ${endpointId} and d.livemode = ${livemode}
      and (${q.types ?? null}::text[] is null or e.type = any (${q.types ?? null}::text[]))
      and (${q.state ?? null}::text is null or d.state = ${q.state ?? null}::text)
      and (${q.before ?? null}::uuid is null or d.id < ${q.before ?? null}::uuid)
    order by d.id desc limit ${q.limit}`)

export const deliveryById = (db: Db, organizationId: string, livemode: boolean, endpointId: string, id: string | null) =>
  db.row<DeliveryRow>(sql`
    select d.id, d.endpoint_id, d.event_id, e.type as event_type, d.state, d.attempts, d.next_attempt_at, d.created_at
    from webhook_deliveries d
    join events e on e.id = d.event_id
    where d.organization_id = ${organizationId} and d.endpoint_id = ${endpointId} and d.livemode = ${livemode} and d.id = ${id}`)

/** Due at once, with a fresh schedule. Undefined when it is pending, that is due or under way anyway. */
export const replay = (db: Db, organizationId: string, id: string) =>
  db.row<{ id: string }>(sql`
    update webhook_deliveries set state = 'pending', attempts = 0, next_attempt_at = null
    where organization_id = ${organizationId} and id = ${id} and state <> 'pending'
    returning id`)

/** The same for the oldest `limit` that failed among those made in the range. Returns how many. */
export const replayFailed = async (
  db: Db,
  organizationId: string,
  livemode: boolean,
  endpointId: string,
  q: { types: EventType[] | undefined; since: Date; until: Date; limit: number },
) =>
  (
    await db.rows(sql`
      update webhook_deliveries set state = 'pending', attempts = 0, next_attempt_at = null
      where id in (
        select id from webhook_deliveries
        where organization_id = ${organizationId} and endpoint_id = ${endpointId} and livemode = ${livemode} and state = 'failed'
          and created_at >= ${q.since} and created_at < ${q.until}
          and (${q.types ?? null}::text[] is null
            or (select e.type from events e where e.id = event_id) = any (${q.types ?? null}::text[]))
        order by id limit ${q.limit} for update skip locked)
      returning id`)
  ).length
