/**
 * The wallet: prepaid credit in mills (1/1000 USD). Entries are only ever added, their sum is the balance, and the balance
 * cannot go below zero under any concurrency: a charge is one guarded UPDATE, and the table refuses negatives besides.
 * Test mode charges nothing.
 */
import Type from 'typebox'
import { publicId } from '../kernel/ids.ts'
import { Page, page, pageOf, paging } from '../kernel/pages.ts'
import { object, operation } from '../operation.ts'
import * as store from './wallet.sql.ts'

/** What things cost, in mills. */
export const prices = { email: 2, attachment: 1 } as const

/** Mills as dollars with three decimals, `$0.002`. */
export const dollars = (mills: number): string =>
  `${mills < 0 ? '-' : ''}$${Math.floor(Math.abs(mills) / 1000)}.${String(Math.abs(mills) % 1000).padStart(3, '0')}`

const Wallet = Type.Object({
  livemode: Type.Boolean(),
  billing: Type.Boolean({ description: 'False when this server charges nothing.' }),
  balance_mills: Type.Integer({ description: 'Credit left, in 1/1000 USD.' }),
  balance: Type.String(),
  emails_remaining: Type.Integer({ description: 'How many plain emails that pays for.' }),
})

const Entry = Type.Object({
  id: Type.String(),
  amount_mills: Type.Integer({ description: 'Positive: credit. Negative: charge.' }),
  balance_mills: Type.Integer({ description: 'The balance after it.' }),
  kind: Type.String(),
  reference: Type.String({ description: 'What it was for: the id of a message, an order or a payment.' }),
  created_at: Type.String(),
})

export const getWallet = operation('Get the balance', 'account.read', { input: object({}), output: Wallet }, async ctx => {
  const balance = await store.balance(ctx.db, ctx.org, ctx.livemode)
  return {
    livemode: ctx.livemode,
    billing: ctx.app.config.BILLING,
    balance_mills: balance,
    balance: dollars(balance),
    emails_remaining: Math.floor(balance / prices.email),
  }
})

export const listWalletEntries = operation(
  'List wallet entries',
  'account.read',
  { input: object({ ...paging }), output: Page(Entry) },
  async (ctx, input) => {
    const { before, limit, fetch } = pageOf(input)
    return page(await store.entries(ctx.db, ctx.org, ctx.livemode, { before, limit: fetch }), limit, row => ({
      id: publicId('walletEntry', row.id),
      amount_mills: row.amount_mills,
      balance_mills: row.balance_mills,
      kind: row.kind,
      reference: row.reference,
      created_at: row.created_at.toISOString(),
    }))
  },
)
