/**
 * Allow and block lists of an inbox. Receiving: a block rule looks at From and at the envelope; an allow rule believes only a From
 * that is proven (trust `pass`: DMARC, or a passing signature or SPF of that domain), because anybody can write any From. What is
 * blocked is kept with status `blocked`, out of lists, searches and waits. Sending: the rules bind to whom mail may go at all.
 *
 * Patterns: an address means itself, a domain its addresses; blocking a domain blocks its subdomains too, allowing it does not allow
 * them. Block wins over allow; where there is any allow rule, who is on none is refused.
 */
import Type, { type Static } from 'typebox'
import { conflictOn } from '../../kernel/database/db.ts'
import { newId, parseId, publicId } from '../../kernel/ids.ts'
import { Page, page, pageOf, paging } from '../../kernel/pages.ts'
import { type Context, checkMayChange, object, oneOf, operation, testKeyOf } from '../../operation.ts'
import { type FieldError, invalid, problem } from '../../problems.ts'
import type { Scope } from '../../scopes.ts'
import type { Letter } from '../inbound/inbox-copy.ts'
import type { InboxRow } from '../inboxes/inboxes.sql.ts'
import { findInbox, InboxId } from '../inboxes/inboxes.ts'
import type { Authentication } from '../messages/messages.sql.ts'
import { domainOf, normalizeAddress } from '../mime/mailboxes.ts'
import * as store from './rules.sql.ts'

const Rule = Type.Object({
  id: Type.String(),
  inbox_id: Type.String(),
  direction: oneOf(['receive', 'send']),
  kind: oneOf(['allow', 'block']),
  pattern: Type.String(),
  created_at: Type.String(),
})

const toRule = (row: store.RuleRow): Static<typeof Rule> => ({
  id: publicId('rule', row.id),
  inbox_id: publicId('inbox', row.inbox_id),
  direction: row.direction,
  kind: row.kind,
  pattern: row.pattern,
  created_at: row.created_at.toISOString(),
})

/** An address or a domain in the form it is compared in; undefined when it is neither. */
const readPattern = (text: string): string | undefined => {
  const address = normalizeAddress(text.includes('@') ? text : `x@${text.trim()}`)
  if (!address || address.name !== null) return undefined
  return text.includes('@') ? address.address.toLowerCase() : domainOf(address.address)
}

/** Loosening what binds an agent needs the right to approve: it must not free itself. */
const scopesFor = (direction: store.Direction): Scope[] => (direction === 'send' ? ['messages.approve'] : [])

export const createRule = operation(
  'Add a rule to an inbox',
  'inboxes.manage',
  {
    input: object({
      inbox_id: InboxId,
      direction: oneOf(
        ['receive', 'send'],
        'Who may write to it, or whom it may write to. Send rules need the scope messages.approve too.',
      ),
      kind: oneOf(['allow', 'block']),
      pattern: Type.String({
        maxLength: 254,
        description: 'An address, or a domain. Blocking a domain blocks its subdomains too.',
      }),
    }),
    output: Rule,
    also: input => scopesFor(input.direction),
  },
  async (ctx, input) => {
    const inbox = await findInbox(ctx, input.inbox_id)
    checkMayChange(ctx, inbox, 'inbox')
    const pattern = readPattern(input.pattern)
    if (!pattern) throw invalid({ path: '/pattern', message: 'is neither an address nor a domain' })
    const { direction, kind } = input
    try {
      return toRule(
        (await store.insert(ctx.db, ctx.org, {
          id: newId(),
          inboxId: inbox.id,
          direction,
          kind,
          pattern,
          testKeyId: testKeyOf(ctx),
        }))!,
      )
    } catch (error) {
      if (conflictOn(error)) throw problem('already_exists', { what: 'rule' })
      throw error
    }
  },
)

export const listRules = operation(
  'List the rules of an inbox',
  'inboxes.read',
  {
    input: object({ inbox_id: InboxId, ...paging, direction: Type.Optional(oneOf(['receive', 'send'])) }),
    output: Page(Rule),
  },
  async (ctx, input) => {
    const { before, limit, fetch } = pageOf(input)
    const inbox = await findInbox(ctx, input.inbox_id)
    return page(
      await store.list(ctx.db, ctx.org, { inboxId: inbox.id, direction: input.direction, before, limit: fetch }),
      limit,
      toRule,
    )
  },
)

export const deleteRule = operation(
  'Remove a rule from an inbox',
  'inboxes.manage',
  {
    input: object({ inbox_id: InboxId, rule_id: Type.String() }),
    output: Type.Object({ id: Type.String(), deleted: Type.Literal(true) }),
  },
  async (ctx, input) => {
    const inbox = await findInbox(ctx, input.inbox_id)
    const row = await store.byId(ctx.db, ctx.org, inbox.id, parseId('rule', input.rule_id) ?? null)
    if (!row) throw problem('not_found', { what: 'rule' })
    checkMayChange(ctx, row, 'rule')
    for (const scope of scopesFor(row.direction)) if (!ctx.scopes.has(scope)) throw problem('forbidden', { scope })
    if (!(await store.remove(ctx.db, ctx.org, inbox.id, row.id))) throw problem('not_found', { what: 'rule' })
    return { id: publicId('rule', row.id), deleted: true as const }
  },
)

/** The patterns an address fits: itself and its domain; `above`: the domains above that too. */
const patternsOf = (address: string, above: boolean): string[] => {
  const normal = address.toLowerCase()
  if (!normal.includes('@')) return []
  // Strangers' domains may still be written in Unicode.
  const domain = domainOf(normalizeAddress(normal)?.address ?? normal)
  const labels = domain.split('.')
  const exact = [`${normal.slice(0, normal.lastIndexOf('@'))}@${domain}`, domain]
  return above ? [...exact, ...labels.slice(1).map((_, i) => labels.slice(i + 1).join('.'))] : exact
}

/** Marks letters that the rules of their inbox refuse as blocked. `mailFrom`: the return path, empty for reports. */
export const applyRules = async (
  ctx: Pick<Context, 'db'>,
  letters: Letter[],
  { mailFrom, authentication }: { mailFrom: string; authentication: Authentication | null },
): Promise<Letter[]> => {
  if (letters.length === 0) return letters
  const refused = await store.unscopedRefused(
    ctx.db,
    'receive',
    letters.map(({ message }) => ({
      organization_id: message.organization_id,
      inbox_id: message.inbox_id,
      block: [...patternsOf(message.from_email, true), ...patternsOf(mailFrom, true)],
      allow: authentication?.trust === 'pass' ? patternsOf(message.from_email, false) : [],
    })),
  )
  return letters.map((letter, i) => (refused[i] ? { ...letter, message: { ...letter.message, status: 'blocked' } } : letter))
}

/** Names every recipient that the inbox may not write to. */
export const checkRecipients = async (
  ctx: Context,
  inbox: InboxRow,
  recipients: { path: string; address: string }[],
): Promise<FieldError[]> => {
  const refused = await store.unscopedRefused(
    ctx.db,
    'send',
    recipients.map(({ address }) => ({
      organization_id: ctx.org,
      inbox_id: inbox.id,
      block: patternsOf(address, true),
      allow: patternsOf(address, false),
    })),
  )
  return recipients
    .filter((_, i) => refused[i])
    .map(({ path, address }) => ({ path, message: `${address} is not among those this inbox may write to` }))
}
