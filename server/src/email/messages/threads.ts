/** Threads: messages of an inbox that belong together by References and In-Reply-To (RFC 5322 §3.6.4). */
import Type from 'typebox'
import { fromUlid, parseId, publicId, toUlid } from '../../kernel/ids.ts'
import { Page, page, pageOf, paging } from '../../kernel/pages.ts'
import { object, operation } from '../../operation.ts'
import { invalid, problem } from '../../problems.ts'
import { findInbox, InboxId } from '../inboxes/inboxes.ts'
import * as messages from './messages.sql.ts'
import { Message, toMessage } from './messages.ts'
import * as store from './threads.sql.ts'

export const Thread = Type.Object({
  id: Type.String(),
  inbox_id: Type.String(),
  subject: Type.String(),
  message_count: Type.Integer(),
  last_message_at: Type.String(),
  created_at: Type.String(),
})

const toThread = (row: store.ThreadRow) => ({
  id: publicId('thread', row.id),
  inbox_id: publicId('inbox', row.inbox_id),
  subject: row.subject,
  message_count: row.message_count,
  last_message_at: row.last_message_at.toISOString(),
  created_at: row.created_at.toISOString(),
})

/** Threads move as mail comes, so their cursor is a place in the order and not a thread: `<microseconds, base 36>-<ULID>`. */
const cursorOf = ({ activity, id }: store.Place): string => `${activity.toString(36)}-${toUlid(id)}`

const readCursor = (cursor: string | undefined): store.Place | undefined => {
  if (cursor === undefined) return undefined
  const [, time, ulid] = /^([0-9a-z]{1,10})-(\w{26})$/.exec(cursor) ?? []
  const id = ulid && fromUlid(ulid)
  if (!time || !id)
    throw invalid({ path: '/cursor', message: 'is not a cursor of this list; take next_cursor of the page before' })
  return { activity: Number.parseInt(time, 36), id }
}

export const listThreads = operation(
  'List the threads of an inbox, most recently active first',
  'messages.read',
  { input: object({ inbox_id: InboxId, ...paging }), output: Page(Thread) },
  async (ctx, input) => {
    const after = readCursor(input.cursor)
    const { limit, fetch } = pageOf({ ...input, cursor: undefined })
    const inbox = await findInbox(ctx, input.inbox_id)
    const rows = await store.list(ctx.db, ctx.org, ctx.livemode, { inboxId: inbox.id, after, limit: fetch })
    const found = page(rows, limit, toThread)
    return { ...found, next_cursor: found.has_more ? cursorOf(rows[limit - 1]!) : null }
  },
)

export const getThread = operation(
  'Get a thread with its messages, oldest first',
  'messages.read',
  {
    input: object({ thread_id: Type.String() }),
    output: Type.Object({ ...Thread.properties, messages: Type.Array(Message, { description: 'The first 500.' }) }),
  },
  async (ctx, input) => {
    const row = await store.byId(ctx.db, ctx.org, ctx.livemode, parseId('thread', input.thread_id) ?? null)
    if (!row) throw problem('not_found', { what: 'thread' })
    const rows = await messages.ofThread(ctx.db, ctx.org, ctx.livemode, row.id)
    return { ...toThread(row), messages: rows.map(message => toMessage(ctx.app, message)) }
  },
)
