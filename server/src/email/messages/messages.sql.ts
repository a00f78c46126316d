import { type Db, sql } from '../../kernel/database/db.ts'

/** Verdicts on the sender of a received mail, in the words of RFC 8601 §2.7. */
export interface Authentication {
  spf: { result: string; domain: string }
  dkim: { result: string; domain: string; selector: string; aligned: boolean }[]
  dmarc: { result: string; policy: string | null; aligned: boolean }
  arc?: { result: string; domain: string | null }
  trust: 'pass' | 'fail' | 'none'
}

export interface AttachmentRow {
  id: string
  filename: string
  content_type: string
  content_id: string | null
  inline: boolean
  size: number
  blob_id: string
}

export interface DeliveryRow {
  id: string
  recipient: string
  state: string
  attempts: number
  /** ISO text: it comes out of a JSON aggregate. */
  next_attempt_at: string
  code: number | null
  reply: string | null
  remote_host: string | null
  category: string | null
}

export interface MessageRow {
  id: string
  organization_id: string
  inbox_id: string
  thread_id: string
  livemode: boolean
  direction: 'inbound' | 'outbound'
  status: string
  message_id: string
  in_reply_to: string | null
  references: string[]
  from_email: string
  from_name: string | null
  reply_to_emails: string[]
  to_emails: string[]
  cc_emails: string[]
  bcc_emails: string[]
  subject: string
  text_body: string | null
  html_body: string | null
  extracted_text: string | null
  headers: Record<string, string>
  raw_blob_id: string | null
  authentication: Authentication | null
  automatic: boolean
  parse_problem: string | null
  size: number
  created_at: Date
  attachments: AttachmentRow[]
  deliveries: DeliveryRow[]
}

/** A message with its attachments and deliveries, as every reader wants it; the view `message_details` joins them. */
export const byId = (db: Db, organizationId: string, livemode: boolean, id: string | null) =>
  db.row<MessageRow>(
    sql`select * from message_details where organization_id = ${organizationId} and livemode = ${livemode} and id = ${id}`,
  )

/** Which of an inbox's messages; undefined: whichever. What is blocked is shown only to who asks for it. */
interface Filter {
  inboxId: string
  direction: string | undefined
  status: string | undefined
  after: Date | undefined
  until: Date | undefined
  /** Bounds on ids that follow from those on times. */
  firstId: string | undefined
  endId: string | undefined
}

const lowest = '00000000-0000-0000-0000-000000000000'
const highest = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

export const list = (
  db: Db,
  organizationId: string,
  livemode: boolean,
  q: Filter & { before: string | undefined; limit: number; skip: number },
) =>
  db.rows<MessageRow>(sql`
    select * from message_details
    where organization_id = ${organizationId} and inbox_id = ${q.inboxId} and livemode = ${livemode}
      and (${q.before ?? null}::uuid is null or id < ${q.before ?? null}::uuid)
      and id >= ${q.firstId ?? lowest}::uuid and id < ${q.endId ?? highest}::uuid
      and (${q.direction ?? null}::text is null or direction = ${q.direction ?? null}::text)
      and case when ${q.status ?? null}::text is null then status <> 'blocked' else status = ${q.status ?? null}::text end
      and (${q.after ?? null}::timestamptz is null or created_at >= ${q.after ?? null}::timestamptz)
      and (${q.until ?? null}::timestamptz is null or created_at < ${q.until ?? null}::timestamptz)
    order by id desc limit ${q.limit} offset ${q.skip}`)

export const count = async (db: Db, organizationId: string, livemode: boolean, q: Filter): Promise<number> =>
  (await db.row<{ count: number }>(sql`
    select count(*) from messages
    where organization_id = ${organizationId} and inbox_id = ${q.inboxId} and livemode = ${livemode}
      and id >= ${q.firstId ?? lowest}::uuid and id < ${q.endId ?? highest}::uuid
      and (${q.direction ?? null}::text is null or direction = ${q.direction ?? null}::text)
      and case when ${q.status ?? null}::text is null then status <> 'blocked' else status = ${q.status ?? null}::text end
      and (${q.after ?? null}::timestamptz is null or created_at >= ${q.after ?? null}::timestamptz)
      and (${q.until ?? null}::timestamptz is null or created_at < ${q.until ?? null}::timestamptz)`))!.count

export const ofThread = (db: Db, organizationId: string, livemode: boolean, threadId: string) =>
  db.rows<MessageRow>(sql`
    select * from message_details
    where organization_id = ${organizationId} and livemode = ${livemode} and thread_id = ${threadId} and status <> 'blocked'
    order by id limit 500`)

/** `words`: a tsquery of words.ts. What the index finds is sorted by id, and only what is shown is read whole. */
export const search = (
  db: Db,
  organizationId: string,
  livemode: boolean,
  q: {
    words: string
    inboxId: string | undefined
    after: Date | undefined
    until: Date | undefined
    firstId: string | undefined
    endId: string | undefined
    before: string | undefined
    limit: number
  },
) =>
  db.rows<MessageRow>(sql`
    with found as (
      select m.id from message_words w join messages m on m.id = w.message_id
      where w.organization_id = ${organizationId} and w.livemode = ${livemode} and w.search @@ ${q.words}::tsquery
        and w.message_id >= ${q.firstId ?? lowest}::uuid and w.message_id < least(${q.endId ?? highest}::uuid, ${q.before ?? highest}::uuid)
        and m.organization_id = ${organizationId} and m.status <> 'blocked'
        and (${q.inboxId ?? null}::uuid is null or m.inbox_id = ${q.inboxId ?? null}::uuid)
        and (${q.after ?? null}::timestamptz is null or m.created_at >= ${q.after ?? null}::timestamptz)
        and (${q.until ?? null}::timestamptz is null or m.created_at < ${q.until ?? null}::timestamptz)
      order by w.message_id desc limit ${q.limit}
    )
    select d.* from found join message_details d on d.id = found.id order by d.id desc`)

/**
 * What a waiting agent is looking for: the oldest inbound mail of the inbox that fits. `sinceId`: a bound on ids that follows from
 * `since`; with it, or with `after`, the index by id leads to the first candidate.
 */
export const nextMatch = (
  db: Db,
  organizationId: string,
  livemode: boolean,
  q: {
    inboxId: string
    from: string | undefined
    subject: string | undefined
    threadId: string | undefined
    after: string | undefined
    since: Date | undefined
    sinceId: string | undefined
  },
) =>
  db.row<MessageRow>(sql`
    select * from message_details
    where organization_id = ${organizationId} and inbox_id = ${q.inboxId} and livemode = ${livemode} and direction = 'inbound' and status = 'received'
      and id > ${q.after ?? lowest}::uuid and id >= ${q.sinceId ?? lowest}::uuid
      and (${q.since ?? null}::timestamptz is null or created_at >= ${q.since ?? null}::timestamptz)
      and (${q.from ?? null}::text is null or strpos(lower(from_email), lower(${q.from ?? null}::text)) > 0)
      and (${q.subject ?? null}::text is null or strpos(lower(subject), lower(${q.subject ?? null}::text)) > 0)
      and (${q.threadId ?? null}::uuid is null or thread_id = coalesce(
        (select merged_into from threads where organization_id = ${organizationId} and id = ${q.threadId ?? null}::uuid), ${q.threadId ?? null}::uuid))
    order by id limit 1`)

export const attachmentById = (db: Db, organizationId: string, livemode: boolean, id: string | null) =>
  db.row<AttachmentRow>(sql`
    select a.id, a.filename, a.content_type, a.content_id, a.inline, a.size, a.blob_id
    from attachments a join messages m on m.id = a.message_id
    where a.organization_id = ${organizationId} and m.livemode = ${livemode} and a.id = ${id}`)

/** Unscoped: the signature of the link is the proof. */
export const unscopedAttachment = (db: Db, id: string | null) =>
  db.row<AttachmentRow & { organization_id: string }>(sql`
    select id, organization_id, filename, content_type, content_id, inline, size, blob_id from attachments where id = ${id}`)
