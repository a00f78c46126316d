/**
 * The human in the loop: what is sent, printed or bought with a key (or mailed from an inbox) that says `hold` goes nowhere until somebody
 * approves it: by API with the scope messages.approve, or the owner by a link in a mail. An approval is for the exact content; what is
 * rejected, or not decided within seven days, costs nothing.
 */
import Type, { type Static } from 'typebox'
import type { LinkRow } from '../accounts/links.sql.ts'
import { findLink, makeLink, useLink } from '../accounts/links.ts'
import * as organizations from '../accounts/organizations.sql.ts'
import { Message } from '../email/messages/messages.ts'
import { safeEqual } from '../kernel/crypto.ts'
import type { Db } from '../kernel/database/db.ts'
import { parseId, publicId } from '../kernel/ids.ts'
import { Page, page, pageOf, paging } from '../kernel/pages.ts'
import { oneLine, tellOwner } from '../notifications/notices.ts'
import { type Context, object, oneOf, operation } from '../operation.ts'
import type { App } from '../platform.ts'
import { Order } from '../post/orders/order-view.ts'
import { Piece } from '../post/pieces/piece-view.ts'
import { problem } from '../problems.ts'
import * as store from './approvals.sql.ts'
import { type Held, type HeldKind, type HeldPage, type HeldThing, heldKinds } from './held-thing.ts'
import { kinds } from './kinds.ts'

const words: Record<HeldKind, string> = { message: 'mail', piece: 'piece', order: 'order' }

/** Job `approvals.ask`. Only owners who have confirmed are mailed: nobody else asked for mail of ours. */
export const askOwner = (
  app: App,
  job: { id: string; organization: string; subject?: string; message?: string },
): Promise<void> =>
  app.db.tx(async db => {
    const { id, organization: org } = job
    // Jobs from before there were other kinds say `message`.
    const subject = job.subject ?? job.message!
    const owner = await organizations.unscopedById(db, org)
    const approval = await store.bySubject(db, org, true, subject)
    if (!owner?.claimed_at || approval?.state !== 'pending') return
    const thing = await kinds[approval.kind].find(app, db, { org, livemode: true, id: subject })
    if (!thing) return
    const mark = await makeLink(app, db, org, { id, purpose: 'approve', subjectId: subject })
    const { facts } = await thing.page()
    const width = Math.max(...facts.map(([name]) => name.length)) + 2
    const lines = facts
      .filter(([, values]) => values.length > 0)
      .map(([name, values]) => `${`${name}:`.padEnd(width)} ${oneLine(values.join(', '), 300)}`)
    await tellOwner(app, db, org, {
      id,
      subject: `${thing.question} ${oneLine(thing.title, 80)}`,
      text: `"${oneLine(owner.name)}" asks, and waits for your word: ${thing.question}

${lines.join('\n')}

Read it, then approve or reject it here (the link works once, for seven days):

${mark}

Without an answer it is rejected after seven days.
`,
    })
  })

interface Decision {
  state: 'approved' | 'rejected' | 'expired'
  /** What the decider has read, in hex; undefined when he does not say. */
  hash?: string | undefined
  by: string
}

/**
 * Decides in the caller's transaction, once. Throws not_found; not_cancellable when it was decided before or time is over;
 * content_changed when the content is not what was held, or not what the decider has read; insufficient_balance when it is bought only now.
 */
const decide = async (
  app: App,
  db: Db,
  { org, livemode, id }: Omit<Held, 'id'> & { id: string | null },
  { state, hash, by }: Decision,
): Promise<HeldThing> => {
  const now = app.clock.now()
  const known = await store.bySubject(db, org, livemode, id)
  if (known) await kinds[known.kind].lock?.(db, org, livemode)
  const approval = known && (await store.lock(db, org, livemode, known.subject_id))
  const held = approval && { org, livemode, id: approval.subject_id }
  const thing = approval && (await kinds[approval.kind].find(app, db, held!))
  if (!approval || !thing) throw problem('not_found', { what: 'approval' })
  const over = approval.expires_at <= now && state !== 'expired'
  if (approval.state !== 'pending' || over)
    throw problem('not_cancellable', {
      what: words[approval.kind],
      status: over && approval.state === 'pending' ? 'expired' : approval.state,
      allowed: 'held',
    })
  if (hash !== undefined && !safeEqual(hash, approval.content_hash.toString('hex'))) throw problem('content_changed')
  if (state === 'approved' && !(await thing.hash()).equals(approval.content_hash)) throw problem('content_changed')

  await store.decide(db, org, { subjectId: approval.subject_id, state, by, now })
  if (state === 'approved') await thing.approve(by)
  else await thing.reject(state, approval.cost_mills)
  return thing
}

const Nullable = <T extends Type.TSchema>(type: T) => Type.Union([type, Type.Null()])

const Approval = Type.Object({
  id: Type.String({ description: 'That of what is held.' }),
  kind: oneOf(heldKinds, 'What is held.'),
  state: oneOf(store.approvalStates, 'withdrawn: it was cancelled before anybody decided.'),
  expires_at: Type.String({ description: 'When it is rejected by itself.' }),
  content_sha256: Type.String({
    description: 'Of the exact content; give it when you approve, and nothing else can be approved.',
  }),
  cost_mills: Type.Integer({ description: 'What it has cost, or will when it is approved, in 1/1000 USD.' }),
  message: Nullable(Message),
  piece: Nullable(Piece),
  order: Nullable(Order),
})

export const listApprovals = operation(
  'List what is held for approval',
  'messages.approve',
  {
    input: object({
      ...paging,
      state: Type.Optional(oneOf(store.approvalStates, 'Default pending.')),
      kind: Type.Optional(oneOf(heldKinds)),
    }),
    output: Page(Approval),
  },
  async (ctx, input) => {
    const { app, db, org, livemode } = ctx
    const { before, limit, fetch } = pageOf(input)
    const { data, ...rest } = page(
      await store.list(db, org, livemode, { state: input.state ?? 'pending', kind: input.kind, before, limit: fetch }),
      limit,
      row => row,
    )
    const shown: Static<typeof Approval>[] = []
    for (const row of data) {
      const thing = await kinds[row.kind].find(app, db, { org, livemode, id: row.subject_id })
      if (thing)
        shown.push({
          id: publicId(row.kind, row.subject_id),
          kind: row.kind,
          state: row.state,
          expires_at: row.expires_at.toISOString(),
          content_sha256: row.content_hash.toString('hex'),
          cost_mills: row.cost_mills,
          ...{ message: null, piece: null, order: null, [row.kind]: await thing.show() },
        })
    }
    return { data: shown, ...rest }
  },
)

const DecisionInput = object({
  approval_id: Type.String({ description: 'Id of what is held: a message, a piece or an order.' }),
  content_sha256: Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$', description: 'content_sha256 of what you have read.' })),
})

const subjectOf = (id: string): string | null => heldKinds.map(kind => parseId(kind, id)).find(uuid => uuid !== undefined) ?? null

const byApi = (title: string, state: 'approved' | 'rejected') =>
  operation(
    title,
    'messages.approve',
    { input: DecisionInput, output: Type.Union([Message, Piece, Order], { description: 'What was held, as it is now.' }) },
    async (ctx: Context, { approval_id, content_sha256: hash }) => {
      const { app, org, livemode } = ctx
      const by = ctx.key ? publicId('key', ctx.key.id) : 'api'
      const id = subjectOf(approval_id)
      const { thing, shown } = await ctx.db.tx(async db => {
        const thing = await decide(app, db, { org, livemode, id }, { state, by, hash })
        return { thing, shown: (await thing.show()) as Message | Piece | Order }
      })
      if (state === 'approved') thing.wake?.()
      return shown
    },
  )

export const approve = byApi('Approve what is held: it is sent, printed or bought', 'approved')
export const reject = byApi('Reject what is held: it does not leave and costs nothing', 'rejected')

/** What the owner's page shows. Looking changes nothing. */
export interface ShownApproval extends HeldPage {
  link: LinkRow
  organization: string
  question: string
  title: string
  state: store.ApprovalState
  hash: string
}

/** What an approval link is about; undefined when it opens nothing. */
export const lookAtApproval = async (app: App, token: string): Promise<ShownApproval | undefined> => {
  const link = await findLink(app, 'approve', token)
  if (!link) return undefined
  const { organization_id: org, subject_id } = link
  const [approval, owner] = await Promise.all([
    store.bySubject(app.db, org, true, subject_id),
    organizations.unscopedById(app.db, org),
  ])
  const thing = approval && (await kinds[approval.kind].find(app, app.db, { org, livemode: true, id: approval.subject_id }))
  if (!approval || !thing || !owner) return undefined
  return {
    ...(await thing.page()),
    link,
    organization: owner.name,
    question: thing.question,
    title: thing.title,
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
): Promise<HeldThing | undefined> => {
  const link = await findLink(app, 'approve', token)
  if (!link) return undefined
  const about = { org: link.organization_id, livemode: true, id: link.subject_id }
  const thing = await app.db.tx(async db =>
    (await useLink(app, db, link)) ? decide(app, db, about, { state, by: 'owner', hash }) : undefined,
  )
  if (state === 'approved') thing?.wake?.()
  return thing
}

/** Job `approvals.expire`, by the clock: rejects what nobody decided in time. */
export const expireApprovals = async (app: App): Promise<void> => {
  for (const { organization_id: org, livemode, subject_id: id } of await store.unscopedDue(app.db, app.clock.now(), 500))
    await app.db
      .tx(db => decide(app, db, { org, livemode, id }, { state: 'expired', by: 'time' }))
      .catch(error => app.log.warn({ error: error.message }, 'what was held was not expired'))
}
