import Type from 'typebox'
import * as wallet from '../billing/wallet.sql.ts'
import type { Db } from '../kernel/database/db.ts'
import { newId, publicId } from '../kernel/ids.ts'
import { object, operation } from '../operation.ts'
import * as store from './organizations.sql.ts'

const Organization = Type.Object({
  id: Type.String(),
  name: Type.String(),
  owner_email: Type.String(),
  claimed: Type.Boolean({ description: 'Whether the owner has confirmed it.' }),
  inboxes_count: Type.Integer(),
  messages_count: Type.Integer({ description: 'Messages of this mode, both directions.' }),
  domains_count: Type.Integer(),
  created_at: Type.String(),
})

/** Opens an organization with its wallets and starting credit, inside the caller's transaction. `operator`: it is whose server this is. */
export const openOrganization = async (
  db: Db,
  wanted: { name: string; ownerEmail: string; creditMills: number; operator?: boolean },
): Promise<string> => {
  const id = newId()
  await store.insert(db, { id, name: wanted.name, ownerEmail: wanted.ownerEmail, operator: wanted.operator ?? false })
  await wallet.open(db, id)
  if (wanted.creditMills > 0)
    await wallet.add(db, id, true, {
      amount: wanted.creditMills,
      kind: 'starting_credit',
      reference: publicId('organization', id),
    })
  return id
}

export const getOrganization = operation(
  'Get the organization and its usage',
  'account.read',
  { input: object({}), output: Organization },
  async ctx => {
    const row = await store.withCounts(ctx.db, ctx.org, ctx.livemode)
    return {
      id: publicId('organization', ctx.org),
      name: row!.name,
      owner_email: row!.owner_email,
      claimed: row!.claimed_at !== null,
      inboxes_count: row!.inboxes_count,
      messages_count: row!.messages_count,
      domains_count: row!.domains_count,
      created_at: row!.created_at.toISOString(),
    }
  },
)
