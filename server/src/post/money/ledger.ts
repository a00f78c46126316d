/**
 * Money for printed mail: reserved at checkout, captured when production starts, released for what is cancelled, spoiled or
 * cannot be delivered. Every movement is an entry that is never changed; of each order (or single piece)
 * reserved = held + captured + released, and none of them is ever negative. The reservation is what the wallet pays; a release goes
 * back there. In test mode, and where billing is off, the arithmetic is the same and the wallet is left alone.
 */
import { billingUrl, tellOfEmptyWallets } from '../../billing/payments.ts'
import * as wallet from '../../billing/wallet.sql.ts'
import type { Db } from '../../kernel/database/db.ts'
import { isProblem } from '../../operation.ts'
import type { App } from '../../platform.ts'
import { problem } from '../../problems.ts'
import * as store from './ledger.sql.ts'

/** What one order or piece has set aside, in mills. */
export interface Hold {
  reserved: number
  /** Reserved, and neither spent nor given back. */
  held: number
  captured: number
  released: number
}

const toHold = (row: store.HoldRow): Hold => ({
  reserved: row.reserved_mills,
  held: row.reserved_mills - row.captured_mills - row.released_mills,
  captured: row.captured_mills,
  released: row.released_mills,
})

/**
 * Takes mills out of the wallet and holds them under a reference (the public id of an order or piece). Call it in the
 * transaction of the change it pays for; a throw must end that. Throws insufficient_balance with the facts `balance_mills`, `cost_mills`
 * and `billing_url`, where somebody can pay.
 */
export const reserve = async (
  { app, db, org, livemode }: { app: App; db: Db; org: string; livemode: boolean },
  amount: number,
  reference: string,
): Promise<void> => {
  if (amount <= 0) return
  const charged = livemode && app.config.BILLING
  // The hold before the wallet, as everywhere here: two locks always taken in the same order cannot wait for each other.
  await store.hold(db, org, livemode, { reference, amount, charged })
  await store.note(db, org, livemode, { reference, kind: 'reserved', amount })
  if (charged) {
    const left = await wallet.add(db, org, livemode, { amount: -amount, kind: 'post_reserved', reference })
    if (left === undefined)
      throw problem('insufficient_balance', {
        balance_mills: await wallet.balance(db, org, livemode),
        cost_mills: amount,
        billing_url: billingUrl(app, org),
      })
  }
}

/**
 * Runs a transaction that reserves. When the wallet did not hold enough, its owner is told: not in that transaction, for nothing of it
 * stays.
 */
export const paying = async <T>(app: App, org: string, run: () => Promise<T>): Promise<T> => {
  try {
    return await run()
  } catch (error) {
    if (isProblem(error) && error.code === 'insufficient_balance')
      await app.db
        .tx(db => tellOfEmptyWallets(app, db, [org]))
        .catch((lost: Error) => app.log.warn({ error: lost.message }, 'an owner was not told of an empty wallet'))
    throw error
  }
}

/** Says that held mills are spent. Never more than are held: what is over is left out. Returns what was captured. */
export const capture = async (db: Db, org: string, livemode: boolean, amount: number, reference: string): Promise<number> => {
  const row = await store.lock(db, org, livemode, reference)
  const captured = row ? Math.min(amount, toHold(row).held) : 0
  if (captured <= 0) return 0
  await store.move(db, org, livemode, reference, { captured, released: 0 })
  await store.note(db, org, livemode, { reference, kind: 'captured', amount: captured })
  return captured
}

/**
 * Gives mills back to the wallet: held ones first, then captured ones (a refund). Never more than there are. Returns how much went
 * back.
 */
export const release = async (db: Db, org: string, livemode: boolean, amount: number, reference: string): Promise<number> => {
  const row = await store.lock(db, org, livemode, reference)
  if (!row) return 0
  const { held, captured } = toHold(row)
  const fromHeld = Math.min(Math.max(amount, 0), held)
  const fromCaptured = Math.min(Math.max(amount, 0) - fromHeld, captured)
  const released = fromHeld + fromCaptured
  if (released === 0) return 0
  await store.move(db, org, livemode, reference, { captured: -fromCaptured, released })
  if (fromHeld > 0) await store.note(db, org, livemode, { reference, kind: 'released', amount: fromHeld })
  if (fromCaptured > 0) await store.note(db, org, livemode, { reference, kind: 'refunded', amount: fromCaptured })
  if (row.charged) await wallet.add(db, org, livemode, { amount: released, kind: 'post_released', reference })
  return released
}

/** How orders and pieces stand, by reference; those for which nothing was ever reserved are not in it. */
export const holdsOf = async (db: Db, org: string, livemode: boolean, references: string[]): Promise<Map<string, Hold>> =>
  new Map((await store.byReferences(db, org, livemode, references)).map(row => [row.reference, toHold(row)]))
