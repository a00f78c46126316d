/** The suppression list: recipients an organization no longer writes to, each with its reason and evidence. */
import Type from 'typebox'
import { newId, publicId } from '../../kernel/ids.ts'
import { Page, page, pageOf, paging } from '../../kernel/pages.ts'
import { object, oneOf, operation } from '../../operation.ts'
import { invalid, problem } from '../../problems.ts'
import { normalizeAddress } from '../mime/mailboxes.ts'
import * as store from './suppressions.sql.ts'

export const suppressionReasons = ['hard_bounce', 'complaint', 'unsubscribe', 'manual'] as const

const Suppression = Type.Object({
  id: Type.String(),
  livemode: Type.Boolean({ description: 'false: made with a test key; it counts in test mode only. true: it counts in both.' }),
  email: Type.String(),
  reason: Type.String({ description: suppressionReasons.join(', ') }),
  evidence: Type.Union([Type.String(), Type.Null()], { description: 'The SMTP reply or report that caused it, or your note.' }),
  created_at: Type.String(),
})

const toSuppression = (row: store.SuppressionRow) => ({
  ...row,
  id: publicId('suppression', row.id),
  created_at: row.created_at.toISOString(),
})

const readEmail = (text: string): string => {
  const address = normalizeAddress(text)
  if (!address) throw invalid({ path: '/email', message: 'is not an email address' })
  return address.address.toLowerCase()
}

export const listSuppressions = operation(
  'List suppressed recipients',
  'suppressions.manage',
  { input: object({ ...paging, reason: Type.Optional(oneOf(suppressionReasons)) }), output: Page(Suppression) },
  async (ctx, input) => {
    const { before, limit, fetch } = pageOf(input)
    return page(
      await store.list(ctx.db, ctx.org, ctx.livemode, { before, limit: fetch, reason: input.reason }),
      limit,
      toSuppression,
    )
  },
)

export const addSuppression = operation(
  'Suppress a recipient',
  'suppressions.manage',
  {
    input: object({
      email: Type.String({ maxLength: 320 }),
      evidence: Type.Optional(Type.String({ maxLength: 1000, description: 'A note of yours.' })),
    }),
    output: Suppression,
  },
  async (ctx, input) =>
    toSuppression(
      (await store.add(ctx.db, ctx.org, ctx.livemode, {
        id: newId(),
        email: readEmail(input.email),
        reason: 'manual',
        evidence: input.evidence ?? null,
      }))!,
    ),
)

export const removeSuppression = operation(
  'Stop suppressing a recipient',
  'suppressions.manage',
  {
    input: object({ email: Type.String({ maxLength: 320 }) }),
    output: Type.Object({ email: Type.String(), deleted: Type.Literal(true) }),
  },
  async (ctx, input) => {
    const email = readEmail(input.email)
    if (!(await store.remove(ctx.db, ctx.org, ctx.livemode, email))) {
      if (!ctx.livemode && (await store.isLive(ctx.db, ctx.org, email))) throw problem('live_only', { what: 'suppression' })
      throw problem('not_found', { what: 'suppression' })
    }
    return { email, deleted: true as const }
  },
)
