/** A message as bytes: the stored original of a received mail; for our own, composed from its row, the same bytes every time. */
import { fillLinks } from '../../accounts/links.ts'
import type { Db } from '../../kernel/database/db.ts'
import { platformOrganization } from '../../notifications/platform.ts'
import type { App } from '../../platform.ts'
import { problem } from '../../problems.ts'
import { compose } from '../mime/compose.ts'
import type { MessageRow } from './messages.sql.ts'

export const sourceOf = async (app: App, db: Db, row: MessageRow): Promise<Buffer> => {
  if (row.direction === 'inbound')
    return (row.raw_blob_id && (await app.blobs.get(db, row.organization_id, row.raw_blob_id))) || Buffer.alloc(0)
  const attachments = await Promise.all(
    row.attachments.map(async file => {
      const content = await app.blobs.get(db, row.organization_id, file.blob_id)
      if (!content) throw problem('gone', { what: 'attachment' })
      return {
        filename: file.filename,
        contentType: file.content_type,
        content,
        inline: file.inline,
        ...(file.content_id ? { contentId: file.content_id } : {}),
      }
    }),
  )
  return compose({
    messageId: row.message_id,
    date: row.created_at,
    from: { address: row.from_email, ...(row.from_name ? { name: row.from_name } : {}) },
    to: row.to_emails,
    cc: row.cc_emails,
    replyTo: row.reply_to_emails,
    subject: row.subject,
    ...(row.text_body === null
      ? {}
      : { text: row.organization_id === platformOrganization ? fillLinks(app, row.text_body) : row.text_body }),
    ...(row.html_body === null ? {} : { html: row.html_body }),
    headers: withAutoSubmitted(row),
    ...(row.in_reply_to ? { inReplyTo: row.in_reply_to } : {}),
    references: row.references,
    attachments,
  })
}

/** RFC 3834 §5: what a machine wrote says so, unless its caller wrote the field himself. */
const withAutoSubmitted = ({ automatic, headers, in_reply_to }: MessageRow): Record<string, string> =>
  automatic && !Object.keys(headers).some(name => name.toLowerCase() === 'auto-submitted')
    ? { ...headers, 'Auto-Submitted': in_reply_to ? 'auto-replied' : 'auto-generated' }
    : headers
