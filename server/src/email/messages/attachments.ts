/** Fetching what messages carry: attachments by id or by signed link, and the mail as it was on the wire. */
import Type from 'typebox'
import { parseId } from '../../kernel/ids.ts'
import { object, operation } from '../../operation.ts'
import { problem } from '../../problems.ts'
import * as store from './messages.sql.ts'
import { Attachment, findMessage, toAttachment } from './messages.ts'
import { sourceOf } from './source.ts'

export const getAttachment = operation(
  'Get an attachment: its description and a link to its bytes',
  'messages.read',
  { input: object({ attachment_id: Type.String() }), output: Attachment },
  async (ctx, input) => {
    const row = await store.attachmentById(ctx.db, ctx.org, ctx.livemode, parseId('attachment', input.attachment_id) ?? null)
    if (!row) throw problem('not_found', { what: 'attachment' })
    return toAttachment(ctx.app, row)
  },
)

export const getSource = operation(
  'Get the source of a message',
  'messages.read',
  {
    input: object({ message_id: Type.String() }),
    output: Type.Object({
      source: Type.String({ description: 'The whole mail (RFC 5322) in base64: as received, or as it is put on the wire.' }),
      size: Type.Integer(),
    }),
  },
  async (ctx, input) => {
    const source = await sourceOf(ctx.app, ctx.db, await findMessage(ctx, input.message_id))
    return { source: source.toString('base64'), size: source.length }
  },
)
