/** What a refusal looks like to MailboxKit's clients. */
import { dollars, prices } from '../../billing/wallet.ts'
import type { App } from '../../platform.ts'
import type { Problem } from '../../problems.ts'

/** Their error envelope: a word, a sentence and, as in their 402, what to do; validation by field; and the whole story when the wallet is empty. */
export const fail = (refusal: Problem, { word, app }: { word: string; app: App }): object => {
  if (refusal.code === 'insufficient_balance') {
    const balance = Number(refusal.facts.balance_mills)
    const cost = Number(refusal.facts.cost_mills)
    return {
      error: word,
      message: 'Your organization does not have enough credit to send this email.',
      action: 'Top up your wallet to continue sending.',
      billing_url: refusal.facts.billing_url ?? `${app.publicUrl}/billing`,
      docs_url: `${app.publicUrl}/docs#insufficient_balance`,
      balance_mills: balance,
      balance_dollars: dollars(balance),
      cost_mills: cost,
      cost_dollars: dollars(cost),
      emails_remaining: Math.floor(balance / prices.email),
    }
  }
  const errors = refusal.errors?.map(({ path, message: why }) => [path.slice(1).replaceAll('/', '.'), [why]] as const)
  return { error: word, message: refusal.message, action: refusal.fix, ...(errors ? { errors: Object.fromEntries(errors) } : {}) }
}
