import { type Db, sql } from '../kernel/database/db.ts'
import { newId } from '../kernel/ids.ts'
import { events as catalogue, type EventType, type NewEvent } from './events.ts'

/**
 * Records events and fans them out: one statement inserts the events, a delivery for every enabled endpoint of their mode that wants
 * them and may read them (webhooks/dispatch.ts works those off). Call it inside the transaction of the change.
 */
export const record = async (db: Db, events: NewEvent[]): Promise<void> => {
  if (events.length === 0) return
  const rows = JSON.stringify(events.map((event, nth) => ({ id: newId(), nth, ...event, scope: catalogue[event.type].scope })))
  await db.rows(sql`
    with e as (
      select * from jsonb_to_recordset(${rows}::jsonb)
        as e (id uuid, nth integer, organization_id uuid, livemode boolean, type text, data jsonb, message_id uuid, scope text, at timestamptz)
    ), new_events as (
      insert into events (id, organization_id, livemode, type, data, message_id, sequence, created_at)
      select id, organization_id, livemode, type, data, message_id, begun.micros + nth, coalesce(at, now())
      from e, (select (extract(epoch from clock_timestamp()) * 1000000)::bigint as micros) begun
    )
    insert into webhook_deliveries (id, organization_id, endpoint_id, event_id, livemode)
    select sortable_id(), e.organization_id, w.id, e.id, e.livemode
    from e
    join webhook_endpoints w on w.organization_id = e.organization_id and w.livemode = e.livemode and w.enabled
      and (e.type = any (w.events) or '*' = any (w.events)) and w.scopes && array['*', e.scope]`)
}

/** Records one event for one endpoint only (test calls), wanted or not. Returns the delivery's id. */
export const recordFor = async (db: Db, organizationId: string, endpointId: string, event: NewEvent): Promise<string> => {
  const row = await db.row<{ id: string }>(sql`
    with new_event as (
      insert into events (id, organization_id, livemode, type, data, sequence)
      values (${newId()}, ${organizationId}, ${event.livemode}, ${event.type}, ${JSON.stringify(event.data)}::jsonb,
        (extract(epoch from clock_timestamp()) * 1000000)::bigint)
      returning id, organization_id, livemode
    )
    insert into webhook_deliveries (id, organization_id, endpoint_id, event_id, livemode)
    select ${newId()}, organization_id, ${endpointId}, id, livemode from new_event
    returning id`)
  return row!.id
}

export interface EventRow {
  id: string
  type: EventType
  livemode: boolean
  data: object
  created_at: Date
  sequence: number
}

export const list = (
  db: Db,
  organizationId: string,
  livemode: boolean,
  q: {
    types: EventType[] | undefined
    before: string | undefined
    after: Date | undefined
    until: Date | undefined
    limit: number
  },
) =>
  db.rows<EventRow>(sql`
    select id, type, livemode, event_data(data, message_id) as data, created_at,
      coalesce(sequence, (extract(epoch from created_at) * 1000000)::bigint) as sequence
    from events
    where organization_id = ${organizationId} and livemode = ${livemode}
      and (${q.types ?? null}::text[] is null or type = any (${q.types ?? null}::text[]))
      and (${q.before ?? null}::uuid is null or id < ${q.before ?? null}::uuid)
      and (${q.after ?? null}::timestamptz is null or created_at >= ${q.after ?? null}::timestamptz)
      and (${q.until ?? null}::timestamptz is null or created_at < ${q.until ?? null}::timestamptz)
    order by id desc limit ${q.limit}`)

export const byId = (db: Db, organizationId: string, livemode: boolean, id: string) =>
  db.row<EventRow>(sql`
    select id, type, livemode, event_data(data, message_id) as data, created_at,
      coalesce(sequence, (extract(epoch from created_at) * 1000000)::bigint) as sequence
    from events
    where organization_id = ${organizationId} and livemode = ${livemode} and id = ${id}`)
