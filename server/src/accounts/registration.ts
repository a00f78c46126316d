/** An agent registers itself with one call: organization, inbox and key. Nobody signs in; the owner may claim it later. */
import Type from 'typebox'
import { type KeyDialect, keyPrefixes } from '../dialects/products.ts'
import { openInbox } from '../email/inboxes/inboxes.ts'
import { normalizeAddress } from '../email/mime/mailboxes.ts'
import { publicId } from '../kernel/ids.ts'
import { object, oneOf, operation } from '../operation.ts'
import { invalid, problem } from '../problems.ts'
import { mintKey } from './keys.ts'
import { openOrganization } from './organizations.ts'
import { inviteOwner } from './ownership-claims.ts'

const hour = 3600

export const register = operation(
  'Register an agent: organization, inbox and key in one call',
  'public',
  {
    input: object({
      name: Type.String({ minLength: 1, maxLength: 200, description: 'Name of the agent.' }),
      owner_email: Type.String({ description: 'Address of the human who answers for it.' }),
      dialect: Type.Optional(oneOf(Object.keys(keyPrefixes) as KeyDialect[], 'Whose client will use the key.')),
    }),
    output: Type.Object({
      api_key: Type.String({ description: 'Shown only now.' }),
      email: Type.String(),
      inbox_id: Type.String(),
      organization_id: Type.String(),
      owner_email: Type.String(),
    }),
  },
  async (ctx, input) => {
    const { app } = ctx
    const owner = normalizeAddress(input.owner_email)
    if (!owner) throw invalid({ path: '/owner_email', message: 'is not an email address' })
    const byIp = await app.limits.take([{ name: 'register-ip', points: 5, seconds: hour }], ctx.ip)
    const taken = byIp.allowed
      ? await app.limits.take([{ name: 'register-owner', points: 3, seconds: hour }], owner.address.toLowerCase())
      : byIp
    if (!taken.allowed) throw problem('rate_limited', { retry_after: taken.retryAfter })
    return ctx.db.tx(async db => {
      const org = await openOrganization(db, {
        name: input.name,
        ownerEmail: owner.address,
        creditMills: app.config.STARTING_CREDIT_MILLS,
      })
      const inbox = await openInbox({ ...ctx, db, org, livemode: true }, { name: input.name })
      await inviteOwner(db, org)
      const dialect = input.dialect ?? 'pennypost'
      const key = await mintKey(db, org, { name: input.name, livemode: true, dialect })
      return {
        api_key: key.key,
        email: inbox.email,
        inbox_id: inbox.id,
        organization_id: publicId('organization', org),
        owner_email: owner.address,
      }
    })
  },
)
