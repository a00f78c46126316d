/** The account as a customer sees it: who it is, and what it has to spend. */
import Type from 'typebox'
import * as wallet from '../billing/wallet.sql.ts'
import { dollars } from '../billing/wallet.ts'
import { publicId } from '../kernel/ids.ts'
import { object, oneOf, operation } from '../operation.ts'
import * as store from './organizations.sql.ts'

const Account = Type.Object({
  id: Type.String({ description: 'Id of the organization.' }),
  name: Type.String(),
  email: Type.String({ description: 'Of the owner.' }),
  livemode: Type.Boolean({ description: 'Mode of the key that asks.' }),
  balance_mills: Type.Integer({ description: 'Credit of this mode, in 1/1000 USD.' }),
  balance: Type.String(),
  plan: oneOf(['prepaid', 'unmetered'], 'unmetered: this server charges nothing.'),
  created_at: Type.String(),
})

export const getAccount = operation(
  'Get the account: profile, balance and plan',
  'account.read',
  { input: object({}), output: Account },
  async ctx => {
    const row = await store.unscopedById(ctx.db, ctx.org)
    const balance = await wallet.balance(ctx.db, ctx.org, ctx.livemode)
    return {
      id: publicId('organization', ctx.org),
      name: row!.name,
      email: row!.owner_email,
      livemode: ctx.livemode,
      balance_mills: balance,
      balance: dollars(balance),
      plan: ctx.app.config.BILLING ? ('prepaid' as const) : ('unmetered' as const),
      created_at: row!.created_at.toISOString(),
    }
  },
)
