/**
 * The human in the loop: a mail sent with a key or from an inbox that says `hold` is accepted and paid, and goes nowhere until
 * somebody approves it: by API with the scope messages.approve, or the owner by a link in a mail. An approval is for the exact
 * content; what is rejected, or not decided within seven days, is paid back.
 */
import Type, { type Static } from 'typebox'
import type { LinkRow } from '../../accounts/links.sql.ts'
import { findLink, linkMs, makeLink, useLink } from '../../accounts/links.ts'
import * as organizations from '../../accounts/organizations.sql.ts'
import * as wallet from '../../billing/wallet.sql.ts'
import { record } from '../../events/events.sql.ts'
import { safeEqual, sha256 } from '../../kernel/crypto.ts'
import type { Db } from '../../kernel/database/db.ts'
import { newId, parseId, publicId } from '../../kernel/ids.ts'
import { Page, page, pageOf, paging } from '../../kernel/pages.ts'
import { queue } from '../../notifications/notices.sql.ts'
import { oneLine, tellOwner } from '../../notifications/notices.ts'
import { object, oneOf, operation } from '../../operation.ts'
import type { App } from '../../platform.ts'
import { problem } from '../../problems.ts'
import type { MessageRow } from '../messages/messages.sql.ts'
import * as messages from '../messages/messages.sql.ts'
import { Message, messageEvent, toMessage } from '../messages/messages.ts'
import * as store from './approvals.sql.ts'

/** A file as an approval shows it: its name, and the SHA-256 (hex) that says which bytes it is. */
export interface HeldFile {
  filename: string
  content_type: string
  size: number
  sha256: string
}

const filesOf = (app: App, db: Db, row: MessageRow): Promise<HeldFile[]> =>
  Promise.all(
    row.attachments.map(async ({ filename, content_type, size, blob_id }) => {
      const bytes = await app.blobs.get(db, row.organization_id, blob_id)
      return { filename, content_type, size, sha256: bytes ? sha256(bytes).toString('hex') : 'missing' }
    }),
  )

/** SHA-256 over everything that decides what recipients get and who they are. */
const contentHash = (row: MessageRow, files: HeldFile[]): Buffer =>
  sha256(
    JSON.stringify([
      [row.id, row.message_id, row.in_reply_to, row.references],
      [row.from_email, row.from_name, answersTo(row), row.to_emails, row.cc_emails, row.bcc_emails],
      row.deliveries.map(delivery => delivery.recipient).sort(),
      [row.subject, row.text_body, row.html_body],
      Object.entries(row.headers).sort(([a], [b]) => (a < b ? -1 : 1)),
      row.attachments.map(({ content_id, inline }, i) => [files[i], content_id, inline]),
    ]),
  )

/** One address by itself and none as null, as hashes made before there could be several have it. */
const answersTo = ({ reply_to_emails: [first, ...more] }: MessageRow) => (more.length > 0 ? [first, ...more] : (first ?? null))

/** Keeps a mail that acceptance has just written as held; the owner is mailed once the transaction is committed. */
export const holdForApproval = async (app: App, db: Db, row: MessageRow, cost: number): Promise<void> => {
  const expiresAt = new Date(row.created_at.getTime() + linkMs)
  const hash = contentHash(row, await filesOf(app, db, row))
  await store.insert(db, row.organization_id, { messageId: row.id, livemode: row.livemode, hash, cost, expiresAt })
  if (row.livemode) await queue(db, 'approvals.ask', { id: newId(), organization: row.organization_id, message: row.id })
}

/** Job `approvals.ask`. Only owners who have confirmed are mailed: nobody else asked for mail of ours. */
export const askOwner = (
  app: App,
  { id, organization, message }: { id: string; organization: string; message: string },
): Promise<void> =>
  app.db.tx(async db => {
    const owner = await organizations.unscopedById(db, organization)
    const row = await messages.byId(db, organization, true, message)
    if (!owner?.claimed_at || row?.status !== 'held') return
    const mark = await makeLink(app, db, organization, { id, purpose: 'approve', subjectId: message })
    await tellOwner(app, db, organization, {
      id,
      subject: `May this mail go out? ${oneLine(row.subject, 80)}`,
      text: `"${oneLine(owner.name)}" wants to send a mail and waits for your word.

From:     ${row.from_email}
To:       ${oneLine([...row.to_emails, ...row.cc_emails, ...row.bcc_emails].join(', '), 300)}
Subject:  ${oneLine(row.subject)}

Read it, then approve or reject it here (the link works once, for seven days):

${mark}

Without an answer it is rejected after seven days.
`,
    })
  })

interface Decision {
  /** What the decider has read, in hex; undefined when he does not say. */
  hash?: string | undefined
  by: string
}

const endings = {
  approved: { status: 'queued', reply: null },
  rejected: { status: 'rejected', reply: 'Rejected by who approves' },
  expired: { status: 'rejected', reply: 'Not approved within seven days' },
} as const

/**
 * Decides in the caller's transaction, once. Throws not_found; not_cancellable when it was decided before or time is over;
 * content_changed when the content is not what was held, or not what the decider has read.
 */
const decide = async (
  app: App,
  db: Db,
  about: { org: string; livemode: boolean; messageId: string | null },
  state: keyof typeof endings,
  { hash, by }: Decision,
): Promise<MessageRow> => {
  const { org, livemode, messageId } = about
  const now = app.clock.now()
  await wallet.lock(db, org, livemode)
  const approval = await store.lock(db, org, livemode, messageId)
  const before = approval && (await messages.byId(db, org, livemode, approval.message_id))
  if (!approval || !before) throw problem('not_found', { what: 'mail held for approval' })
  const over = approval.expires_at <= now && state !== 'expired'
  if (approval.state !== 'pending' || over)
    throw problem('not_cancellable', {
      what: 'mail',
      status: over && approval.state === 'pending' ? 'expired' : approval.state,
      allowed: 'held',
    })
  if (hash !== undefined && !safeEqual(hash, approval.content_hash.toString('hex'))) throw problem('content_changed')
  if (state === 'approved' && !contentHash(before, await filesOf(app, db, before)).equals(approval.content_hash))
    throw problem('content_changed')

  const { status, reply } = endings[state]
  await store.decide(db, org, { messageId: before.id, state, by, now, status, reply })
  if (status === 'rejected' && approval.cost_mills > 0)
    await wallet.add(db, org, true, {
      amount: approval.cost_mills,
      kind: 'email_returned',
      reference: publicId('message', before.id),
    })
  const row = (await messages.byId(db, org, livemode, before.id))!
  const { message_id, data } = messageEvent(app, row)
  await record(
    db,
    status === 'queued'
      ? [{ type: 'message.approved', organization_id: org, livemode, message_id, data: { ...data, approved_by: by } }]
      : before.deliveries
          .filter(delivery => delivery.state === 'held')
          .map(({ recipient }) => ({
            type: 'message.rejected' as const,
            organization_id: org,
            livemode,
            message_id,
            data: { ...data, recipient, reason: reply },
          })),
  )
  return row
}

const Approval = Type.Object({
  state: oneOf(['pending', 'approved', 'rejected', 'expired']),
  expires_at: Type.String({ description: 'When it is rejected by itself.' }),
  content_sha256: Type.String({
    description: 'Of the exact content; give it when you approve, and nothing else can be approved.',
  }),
  message: Message,
})

export const listApprovals = operation(
  'List mails held for approval',
  'messages.approve',
  {
    input: object({ ...paging, state: Type.Optional(oneOf(['pending', 'approved', 'rejected', 'expired'], 'Default pending.')) }),
    output: Page(Approval),
  },
  async (ctx, input) => {
    const { before, limit, fetch } = pageOf(input)
    const rows = await store.list(ctx.db, ctx.org, ctx.livemode, { state: input.state ?? 'pending', before, limit: fetch })
    return page(
      rows,
      limit,
      (row): Static<typeof Approval> => ({
        state: row.approval_state,
        expires_at: row.approval_expires_at.toISOString(),
        content_sha256: row.approval_hash.toString('hex'),
        message: toMessage(ctx.app, row),
      }),
    )
  },
)

const DecisionInput = object({
  message_id: Type.String(),
  content_sha256: Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$', description: 'content_sha256 of what you have read.' })),
})

const byApi = (title: string, state: 'approved' | 'rejected') =>
  operation(title, 'messages.approve', { input: DecisionInput, output: Message }, async (ctx, input) => {
    const about = { org: ctx.org, livemode: ctx.livemode, messageId: parseId('message', input.message_id) ?? null }
    const by = ctx.key ? publicId('key', ctx.key.id) : 'api'
    const row = await ctx.db.tx(db => decide(ctx.app, db, about, state, { by, hash: input.content_sha256 }))
    if (state === 'approved') ctx.app.bus.emit('deliveries')
    return toMessage(ctx.app, row)
  })

export const approveMessage = byApi('Approve a held mail: it is sent', 'approved')
export const rejectMessage = byApi('Reject a held mail: it is not sent and costs nothing', 'rejected')

/** What the owner's page shows. Looking changes nothing. */
export interface ShownApproval {
  link: LinkRow
  organization: string
  message: MessageRow
  /** The HTML part as text, if there is one. */
  htmlAsText: string | null
  files: HeldFile[]
  state: store.ApprovalState
  hash: string
}

/** What an approval link is about; undefined when it opens nothing. */
export const lookAtApproval = async (app: App, token: string): Promise<ShownApproval | undefined> => {
  const link = await findLink(app, 'approve', token)
  if (!link) return undefined
  const { organization_id: org, subject_id } = link
  const [approval, message, owner] = await Promise.all([
    store.byMessage(app.db, org, true, subject_id),
    messages.byId(app.db, org, true, subject_id),
    organizations.unscopedById(app.db, org),
  ])
  if (!approval || !message || !owner) return undefined
  return {
    link,
    organization: owner.name,
    message,
    htmlAsText: message.html_body === null ? null : await app.parser.htmlToText(message.html_body),
    files: await filesOf(app, app.db, message),
    state: approval.state,
    hash: approval.content_hash.toString('hex'),
  }
}

/** Decides by the owner's link, which is used up with it. Throws what `decide` throws; undefined when the link opens nothing. */
export const decideByLink = async (
  app: App,
  token: string,
  state: 'approved' | 'rejected',
  hash: string,
): Promise<MessageRow | undefined> => {
  const link = await findLink(app, 'approve', token)
  if (!link) return undefined
  const row = await app.db.tx(async db => {
    if (!(await useLink(app, db, link))) return undefined
    const about = { org: link.organization_id, livemode: true, messageId: link.subject_id }
    return decide(app, db, about, state, { by: 'owner', hash })
  })
  if (row && state === 'approved') app.bus.emit('deliveries')
  return row
}

/** Job `approvals.expire`, by the clock: rejects what nobody decided in time. */
export const expireApprovals = async (app: App): Promise<void> => {
  for (const { organization_id: org, livemode, message_id: messageId } of await store.unscopedDue(app.db, app.clock.now(), 500))
    await app.db
      .tx(db => decide(app, db, { org, livemode, messageId }, 'expired', { by: 'time' }))
      .catch(error => app.log.warn({ error: error.message }, 'a held mail was not expired'))
}
