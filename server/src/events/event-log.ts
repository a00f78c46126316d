/** The event log: what happened, newest first. A key is shown the events whose data its scopes allow (events.ts). */
import Type from 'typebox'
import { dateInput, readDate } from '../email/messages/messages.ts'
import { parseId, publicId } from '../kernel/ids.ts'
import { Page, page, pageOf, paging } from '../kernel/pages.ts'
import { object, oneOf, operation } from '../operation.ts'
import { problem } from '../problems.ts'
import * as store from './events.sql.ts'
import { events, eventTypes, mayRead, readable } from './events.ts'

export const Event = Type.Object({
  id: Type.String(),
  type: Type.String(),
  livemode: Type.Boolean(),
  created_at: Type.String(),
  sequence: Type.Integer({
    description: 'Of two events of one thing the larger happened later; the numbers between are not counted.',
  }),
  data: Type.Unknown({
    description: 'The thing it happened to, as it was then. The bodies of a mail are gone when the mail was deleted.',
  }),
})

const toEvent = (row: store.EventRow) => ({
  id: publicId('event', row.id),
  type: row.type,
  livemode: row.livemode,
  created_at: row.created_at.toISOString(),
  sequence: row.sequence,
  data: row.data,
})

export const listEvents = operation(
  'List events',
  'events.read',
  {
    input: object({
      ...paging,
      type: Type.Optional(oneOf(eventTypes, 'Only of this type. Without it: of every type whose scope the key has.')),
      created_after: dateInput('Only later ones.'),
      created_before: dateInput('Only earlier ones.'),
    }),
    output: Page(Event),
    also: ({ type }) => (type ? [events[type].scope] : []),
  },
  async (ctx, input) => {
    const { before, limit, fetch } = pageOf(input)
    const rows = await store.list(ctx.db, ctx.org, ctx.livemode, {
      before,
      limit: fetch,
      types: input.type ? [input.type] : readable(ctx.scopes),
      after: readDate('/created_after', input.created_after),
      until: readDate('/created_before', input.created_before),
    })
    return page(rows, limit, toEvent)
  },
)

export const getEvent = operation(
  'Get an event',
  'events.read',
  { input: object({ event_id: Type.String() }), output: Event },
  async (ctx, input) => {
    const id = parseId('event', input.event_id)
    const row = id && (await store.byId(ctx.db, ctx.org, ctx.livemode, id))
    if (!row) throw problem('not_found', { what: 'event' })
    if (!mayRead(ctx.scopes, row.type)) throw problem('forbidden', { scope: events[row.type].scope })
    return toEvent(row)
  },
)
