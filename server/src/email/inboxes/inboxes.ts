/** Inboxes: addresses that belong to an organization and keep what they send and receive. */
import Type, { type Static } from 'typebox'
import * as wallet from '../../billing/wallet.sql.ts'
import { record } from '../../events/events.sql.ts'
import { randomToken } from '../../kernel/crypto.ts'
import { conflictOn, type Db, untied } from '../../kernel/database/db.ts'
import { newId, parseId, publicId } from '../../kernel/ids.ts'
import { Page, page, pageOf, paging } from '../../kernel/pages.ts'
import { type Context, checkMayChange, object, operation, testKeyOf } from '../../operation.ts'
import { invalid, problem } from '../../problems.ts'
import { domainOf, hasControl, normalizeAddress } from '../mime/mailboxes.ts'
import * as store from './inboxes.sql.ts'

export const Inbox = Type.Object({
  id: Type.String(),
  name: Type.String(),
  email: Type.String(),
  organization_id: Type.String(),
  hold: Type.Boolean({ description: 'What it sends waits for approval.' }),
  daily_cap: Type.Union([Type.Integer(), Type.Null()], { description: 'Most mails accepted from it per UTC day and mode.' }),
  reply_cap: Type.Union([Type.Integer(), Type.Null()], {
    description: 'Most answers it gives in one thread within an hour, so that machines do not answer each other for ever.',
  }),
  created_at: Type.String(),
})

const toInbox = (row: store.InboxRow): Static<typeof Inbox> => ({
  id: publicId('inbox', row.id),
  name: row.name,
  email: row.email,
  organization_id: publicId('organization', row.organization_id),
  hold: row.hold,
  daily_cap: row.daily_cap,
  reply_cap: row.reply_cap,
  created_at: row.created_at.toISOString(),
})

/** A local part people can read and nobody guesses: `my-agent-k3v9x2`. */
const inventLocalPart = (name: string): string => {
  const slug = name
    .toLowerCase()
    .normalize('NFKD')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 24)
  const tail = randomToken(12)
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
    .slice(0, 6)
  return slug ? `${slug}-${tail}` : tail
}

/** At MAIL_DOMAIN everybody may have addresses; elsewhere who proved the domain, and for as long. Throws domain_not_verified. */
export const checkDomain = async ({ app, db, org }: Context, inbox: store.InboxRow): Promise<void> => {
  const domain = domainOf(inbox.email)
  if (domain !== app.config.MAIL_DOMAIN && !(await store.hasVerifiedDomain(db, org, domain)))
    throw problem('domain_not_verified', { domain })
}

/** Names that belong to the platform or to standards (RFC 2142), not to whoever asks first. */
const reserved =
  /^(postmaster|abuse|hostmaster|webmaster|mailer-daemon|noc|security|root|admin|administrator|support|billing|pennypost|bounce(\+.*)?)$/

/** Opens an inbox inside the caller's transaction. */
export const openInbox = async (ctx: Context, wanted: { name: string; email?: string }): Promise<Static<typeof Inbox>> => {
  const { MAIL_DOMAIN } = ctx.app.config
  if (hasControl(wanted.name)) throw invalid({ path: '/name', message: 'contains a line break or another control character' })
  const given = wanted.email === undefined ? undefined : normalizeAddress(wanted.email)
  if (wanted.email !== undefined && !given) throw invalid({ path: '/email', message: 'is not an email address' })
  const email = (given?.address ?? `${inventLocalPart(wanted.name)}@${MAIL_DOMAIN}`).toLowerCase()
  const domain = domainOf(email)
  const local = email.slice(0, email.lastIndexOf('@'))
  if (given && domain === MAIL_DOMAIN && reserved.test(local)) throw problem('address_taken', { email })
  if (given && !/^[a-z0-9!#$%&'*/=?^_`{|}~.-]+$/.test(local))
    throw invalid({
      path: '/email',
      message:
        'has a local part that cannot be used; letters, digits, dots, dashes and underscores can (what follows a + is ignored on delivery)',
    })
  try {
    return await ctx.db.tx(async db => {
      const domainId = domain === MAIL_DOMAIN ? null : await store.holdVerifiedDomain(db, ctx.org, domain)
      if (domainId === undefined) throw problem('domain_not_yours', { domain, mail_domain: MAIL_DOMAIN })
      const row = await store.insert(db, ctx.org, domainId, { id: newId(), name: wanted.name, email, testKeyId: testKeyOf(ctx) })
      const inbox = toInbox(row!)
      await record(db, [{ type: 'inbox.created', organization_id: ctx.org, livemode: ctx.livemode, data: inbox }])
      return inbox
    })
  } catch (error) {
    if (/^inboxes_email_/.test(conflictOn(error) ?? '')) throw problem('address_taken', { email })
    throw error
  }
}

export const createInbox = operation(
  'Make an inbox',
  'inboxes.manage',
  {
    input: object({
      name: Type.Optional(
        Type.String({ minLength: 1, maxLength: 200, description: 'Display name; it stands before the address in From.' }),
      ),
      email: Type.Optional(
        Type.String({
          maxLength: 254,
          description: 'At a verified domain of yours or at the mail domain of this server. Left out: one is made up.',
        }),
      ),
    }),
    output: Inbox,
  },
  (ctx, input) =>
    openInbox(ctx, { name: input.name ?? input.email?.split('@')[0] ?? 'Inbox', ...(input.email ? { email: input.email } : {}) }),
)

export const listInboxes = operation(
  'List inboxes',
  'inboxes.read',
  { input: object({ ...paging }), output: Page(Inbox) },
  async (ctx, input) => {
    const { before, limit, fetch } = pageOf(input)
    return page(await store.list(ctx.db, ctx.org, { before, limit: fetch }), limit, toInbox)
  },
)

/** The inbox, by id or by its address, or not_found. */
export const findInbox = async (ctx: Context, idOrEmail: string): Promise<store.FoundRow> => {
  const row = idOrEmail.includes('@')
    ? await store.byEmail(ctx.db, ctx.org, idOrEmail.toLowerCase())
    : await store.byId(ctx.db, ctx.org, parseId('inbox', idOrEmail) ?? null)
  if (!row) throw problem('not_found', { what: 'inbox' })
  return row
}

export const InboxId = Type.String({ description: 'Id of the inbox, or its address.' })

export const getInbox = operation(
  'Get an inbox',
  'inboxes.read',
  { input: object({ inbox_id: InboxId }), output: Inbox },
  async (ctx, input) => toInbox(await findInbox(ctx, input.inbox_id)),
)

export const updateInbox = operation(
  'Change an inbox',
  'inboxes.manage',
  {
    input: object({
      inbox_id: InboxId,
      name: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
      hold: Type.Optional(
        Type.Boolean({ description: 'What it sends waits for approval. Needs the scope messages.approve too.' }),
      ),
      daily_cap: Type.Optional(
        Type.Union([Type.Integer({ minimum: 0, maximum: 1_000_000 }), Type.Null()], {
          description: 'Most mails accepted from it per UTC day; null for no limit. Needs the scope messages.approve too.',
        }),
      ),
      reply_cap: Type.Optional(
        Type.Union([Type.Integer({ minimum: 0, maximum: 10_000 }), Type.Null()], {
          description:
            'Most answers it gives in one thread within an hour, 30 at first; null for no limit. Needs the scope messages.approve too.',
        }),
      ),
    }),
    output: Inbox,
    // Otherwise an agent could free itself of what holds it.
    also: ({ hold, daily_cap, reply_cap }) =>
      hold !== undefined || daily_cap !== undefined || reply_cap !== undefined ? ['messages.approve'] : [],
  },
  async (ctx, input) => {
    if (input.name !== undefined && hasControl(input.name))
      throw invalid({ path: '/name', message: 'contains a line break or another control character' })
    const inbox = await findInbox(ctx, input.inbox_id)
    checkMayChange(ctx, inbox, 'inbox')
    const { name, hold, daily_cap, reply_cap } = input
    const row = await store.update(ctx.db, ctx.org, inbox.id, { name, hold, daily_cap, reply_cap })
    if (!row) throw problem('not_found', { what: 'inbox' })
    return toInbox(row)
  },
)

export const deleteInbox = operation(
  'Delete an inbox with all its messages',
  'inboxes.manage',
  { input: object({ inbox_id: InboxId }), output: Type.Object({ id: Type.String(), deleted: Type.Literal(true) }) },
  async (ctx, input) => {
    const inbox = await findInbox(ctx, input.inbox_id)
    checkMayChange(ctx, inbox, 'inbox')
    const remove = async (db: Db) => {
      await wallet.lock(db, ctx.org, true)
      await store.lock(db, ctx.org, inbox.id)
      // An inbox that a test key made is an address like any other: what came to it, or was sent from it, is not the test key's.
      if (!ctx.livemode && (await store.hasLiveMail(db, ctx.org, inbox.id)))
        throw problem('live_only', { what: 'mail in this inbox' })
      const unsent = await store.heldCost(db, ctx.org, inbox.id)
      await store.lockMessages(db, ctx.org, inbox.id)
      const blobs = await store.blobsOf(db, ctx.org, inbox.id)
      if (!(await store.remove(db, ctx.org, inbox.id))) throw problem('not_found', { what: 'inbox' })
      await ctx.app.blobs.remove(
        db,
        ctx.org,
        blobs.map(blob => blob.id),
      )
      if (unsent > 0)
        await wallet.add(db, ctx.org, true, { amount: unsent, kind: 'email_returned', reference: publicId('inbox', inbox.id) })
      await record(db, [{ type: 'inbox.deleted', organization_id: ctx.org, livemode: ctx.livemode, data: toInbox(inbox) }])
      return { id: publicId('inbox', inbox.id), deleted: true as const }
    }
    return untied(() => ctx.db.tx(remove))
  },
)
