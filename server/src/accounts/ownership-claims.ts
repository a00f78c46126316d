/**
 * Claiming: an agent registers itself and names a human; the human confirms by a link in a mail, and the organization is theirs.
 * The mail is a job of the transaction that registers, so that registration neither waits for it nor fails with it.
 */
import Type from 'typebox'
import { record } from '../events/events.sql.ts'
import type { Db } from '../kernel/database/db.ts'
import { newId, publicId } from '../kernel/ids.ts'
import { queue } from '../notifications/notices.sql.ts'
import { oneLine, tellOwner } from '../notifications/notices.ts'
import { object, operation } from '../operation.ts'
import type { App } from '../platform.ts'
import { problem } from '../problems.ts'
import { findLink, makeLink, useLink } from './links.ts'
import * as organizations from './organizations.sql.ts'
import * as store from './ownership-claims.sql.ts'

/** Has the owner mailed once the caller's transaction is committed. */
export const inviteOwner = (db: Db, organizationId: string) =>
  queue(db, 'claims.invite', { id: newId(), organization: organizationId })

/** Job `claims.invite`. */
export const sendClaimMail = (app: App, { id, organization }: { id: string; organization: string }): Promise<void> =>
  app.db.tx(async db => {
    const row = await store.shown(db, organization)
    if (!row || row.claimed_at) return
    const mark = await makeLink(app, db, organization, { id, purpose: 'claim' })
    await tellOwner(app, db, organization, {
      id,
      subject: `Is "${oneLine(row.name, 60)}" yours?`,
      text: `An agent has registered at ${app.publicUrl} and named you as its owner.

Name:     ${oneLine(row.name)}
Address:  ${row.emails[0] ?? '(none)'}

If it is yours, confirm it here (the link works once, for seven days):

${mark}

From then on mails of its that wait for a human's approval come to you.
If you know nothing of it, do nothing: it is not yours, and nobody can use
your address to get in.
`,
    })
  })

export const resendClaim = operation(
  'Mail the owner the claim link again',
  'account.manage',
  { input: object({}), output: Type.Object({ sent_to: Type.String() }) },
  async ctx => {
    // It is a real mail, to a human.
    if (!ctx.livemode) throw problem('live_only', { what: 'organization' })
    const row = await organizations.unscopedById(ctx.db, ctx.org)
    if (row!.claimed_at) throw problem('already_exists', { what: 'confirmation of the owner' })
    const taken = await ctx.app.limits.take([{ name: 'claim-mail', points: 3, seconds: 86_400 }], ctx.org)
    if (!taken.allowed) throw problem('rate_limited', { retry_after: taken.retryAfter })
    await inviteOwner(ctx.db, ctx.org)
    return { sent_to: row!.owner_email }
  },
)

/** What a claim link is about; undefined when it opens nothing. Looking changes nothing: link scanners look at everything. */
export const lookAtClaim = async (app: App, token: string) => {
  const link = await findLink(app, 'claim', token)
  return link && store.shown(app.db, link.organization_id)
}

/** Confirms the owner. Returns the organization, or undefined when the link opens nothing (any more). */
export const claimOrganization = async (app: App, token: string) => {
  const link = await findLink(app, 'claim', token)
  if (!link) return undefined
  return app.db.tx(async db => {
    const row = (await useLink(app, db, link)) ? await store.claim(db, link.organization_id, app.clock.now()) : undefined
    if (!row) return undefined
    const data = {
      id: publicId('organization', row.id),
      name: row.name,
      owner_email: row.owner_email,
      claimed_at: row.claimed_at!.toISOString(),
    }
    await record(db, [{ type: 'organization.claimed', organization_id: row.id, livemode: true, data }])
    return row
  })
}
