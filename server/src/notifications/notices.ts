/**
 * Mail the server itself sends, to owners only. It goes through our own queue as mail of the server's own organization, whose one
 * inbox is pennypost@MAIL_DOMAIN: so it is signed, retried and logged like any other, and the operator can read the answers.
 * It says Auto-Submitted (RFC 3834 §5), is caused by API calls and people only, never by a mail that came in.
 */
import * as organizations from '../accounts/organizations.sql.ts'
import type { DeliveryRow, MessageRow } from '../email/messages/messages.sql.ts'
import * as messages from '../email/messages/messages.sql.ts'
import { messageEvent } from '../email/messages/messages.ts'
import { domainOf } from '../email/mime/mailboxes.ts'
import * as accepted from '../email/sending/accept.sql.ts'
import { record } from '../events/events.sql.ts'
import type { Db } from '../kernel/database/db.ts'
import { newId, publicId } from '../kernel/ids.ts'
import type { App } from '../platform.ts'
import { platformAddress, platformInbox, platformName, platformOrganization } from './platform.ts'

export interface Notice {
  /** uuid: of the notice's message. A notice that was sent already is not sent again. */
  id: string
  subject: string
  /** Plain text, wrapped; may hold the marks of links (accounts/links.ts), each on a line of its own. */
  text: string
}

/** Mails the owner of an organization inside the caller's transaction. Nothing is charged. */
export const tellOwner = async (app: App, db: Db, organizationId: string, notice: Notice): Promise<void> => {
  const owner = (await organizations.unscopedById(db, organizationId))?.owner_email
  if (!owner) return
  const from_email = platformAddress(app.config.MAIL_DOMAIN)
  const from_name = platformName
  const inbox = await platformInbox(db, app.config.MAIL_DOMAIN)
  if (!inbox) throw new Error(`${from_email} belongs to an organization, so owners cannot be written to`)
  if (await messages.byId(db, platformOrganization, true, notice.id)) return
  const now = app.clock.now()
  const row = noticeRow({ notice, owner, inboxId: inbox.id, from_email, from_name, now })
  await accepted.unscopedInsert(db, {
    threads: [
      {
        id: row.thread_id,
        organization_id: platformOrganization,
        inbox_id: inbox.id,
        livemode: true,
        subject: row.subject,
        at: now,
        fresh: true,
        cap: null,
      },
    ],
    messages: [row],
    attachments: [],
    deliveries: row.deliveries.map(delivery => ({
      ...delivery,
      organization_id: platformOrganization,
      message_id: row.id,
      livemode: true,
      lane: domainOf(owner),
    })),
  })
  await record(db, [{ type: 'message.queued', organization_id: platformOrganization, livemode: true, ...messageEvent(app, row) }])
}

const noticeRow = (about: {
  notice: Notice
  owner: string
  inboxId: string
  from_email: string
  from_name: string
  now: Date
}): MessageRow => {
  const { notice, owner, inboxId, from_email, from_name, now } = about
  const delivery: DeliveryRow = {
    id: newId(),
    recipient: owner,
    state: 'queued',
    attempts: 0,
    next_attempt_at: now.toISOString(),
    code: null,
    reply: null,
    remote_host: null,
    category: null,
  }
  return {
    id: notice.id,
    organization_id: platformOrganization,
    inbox_id: inboxId,
    thread_id: newId(),
    livemode: true,
    direction: 'outbound',
    status: 'queued',
    message_id: `<${publicId('message', notice.id).toLowerCase()}@${domainOf(from_email)}>`,
    in_reply_to: null,
    references: [],
    from_email,
    from_name,
    reply_to_emails: [],
    to_emails: [owner],
    cc_emails: [],
    bcc_emails: [],
    subject: notice.subject,
    text_body: notice.text,
    html_body: null,
    extracted_text: null,
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
    raw_blob_id: null,
    authentication: null,
    automatic: true,
    parse_problem: null,
    size: 0,
    created_at: now,
    attachments: [],
    deliveries: [delivery],
  }
}

/** What others wrote, fit for a line of a notice: no line ends, no marks, not long. */
export const oneLine = (text: string, most = 120): string => {
  const line = text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim()
  return line.length > most ? `${line.slice(0, most).toWellFormed()}…` : line
}
