/**
 * Addresses and the provider's word about them. A single piece waits for it and is refused when nothing can be delivered; the pieces of
 * an order are asked about once it is paid, and those that cannot be delivered fail before they are printed, their money released. A
 * provider that cannot be reached changes nothing. The sandbox asks nobody.
 */
import type { Db } from '../../kernel/database/db.ts'
import { queue } from '../../notifications/notices.sql.ts'
import type { App } from '../../platform.ts'
import { invalid } from '../../problems.ts'
import type { AddressStatus, StoredAddress } from '../addresses/postal-addresses.ts'
import { lockDrop } from '../drops/drops.sql.ts'
import type { PieceRow } from '../pieces/pieces.sql.ts'
import { movePieces } from '../pieces/transitions.ts'
import { lobVerification } from './lob-verification.ts'
import type { AddressProvider, Verdict } from './provider.ts'
import * as store from './verify.sql.ts'

const providers: Readonly<Record<string, AddressProvider>> = { lob: lobVerification }

const providerOf = (app: App, livemode: boolean): AddressProvider | undefined =>
  livemode ? providers[app.config.ADDRESS_PROVIDER] : undefined

/** Never rejects: undefined when there is no word. */
const ask = (app: App, provider: AddressProvider, address: StoredAddress): Promise<Verdict | undefined> =>
  provider.ask(app, address).catch((error: Error) => {
    app.log.warn({ error: error.message }, `${provider.title} said nothing about an address`)
    return undefined
  })

const says = ({ title }: AddressProvider): string => `${title} says that nothing can be delivered to this address`

/** The status of a recipient's address with the provider's word in it. Throws invalid_input for an undeliverable one. */
export const verify = async (
  app: App,
  livemode: boolean,
  { address, status }: { address: StoredAddress; status: AddressStatus },
): Promise<AddressStatus> => {
  const provider = providerOf(app, livemode)
  if (!provider?.countries.includes(address.country)) return status
  const verdict = await ask(app, provider, address)
  if (verdict === 'undeliverable') throw invalid({ path: '/to', message: `cannot be mailed to: ${says(provider)}` })
  return verdict === 'verified' ? verdict : status
}

/** Has the addresses of an order's pieces verified when the caller's transaction commits. */
export const verifyLater = async (app: App, db: Db, order: { id: string; org: string; livemode: boolean }): Promise<void> => {
  if (providerOf(app, order.livemode)) await queue(db, 'post.verify', { organization_id: order.org, order_id: order.id })
}

const atOnce = 8
const batch = 200

/**
 * The job `post.verify`: asks about every piece of an order whose drop is still open. Rejects when a whole batch got no answer, so that it
 * is tried again later; whoever has a word by then is not asked about again.
 */
export const verifyOrder = async (app: App, job: { organization_id: string; order_id: string }): Promise<void> => {
  const provider = providerOf(app, true)
  if (!provider) return
  const { organization_id: org, order_id } = job
  let after: string | null = null
  for (;;) {
    const rows: PieceRow[] = await store.open(app.db, org, order_id, { countries: [...provider.countries], after, limit: batch })
    if (rows.length === 0) return
    after = rows.at(-1)!.id
    const verdicts = await askAll(app, provider, rows)
    if (!verdicts.some(Boolean)) throw new Error(`${provider.title} answered nothing about ${rows.length} addresses`)
    const of = (wanted: Verdict) => rows.filter((_, index) => verdicts[index] === wanted)
    await store.mark(
      app.db,
      org,
      of('verified').map(({ id }) => id),
      'verified',
    )
    await release(app, org, provider, of('undeliverable'))
  }
}

const askAll = async (app: App, provider: AddressProvider, rows: PieceRow[]): Promise<(Verdict | undefined)[]> => {
  const verdicts: (Verdict | undefined)[] = []
  let next = 0
  const one = async () => {
    while (next < rows.length) {
      const index = next++
      verdicts[index] = await ask(app, provider, rows[index]!.recipient)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, one))
  return verdicts
}

/** Takes pieces out of the drops that have not locked, their money back. What is printed already goes its way. */
const release = async (app: App, org: string, provider: AddressProvider, rows: PieceRow[]): Promise<void> => {
  const failure = { code: 'undeliverable', message: `${says(provider)}.` }
  for (const dropId of [...new Set(rows.map(({ drop_id }) => drop_id))].sort())
    await app.db.tx(async db => {
      const drop = await lockDrop(db, org, true, dropId)
      const ids = rows.filter(({ drop_id }) => drop_id === dropId).map(({ id }) => id)
      await store.mark(db, org, ids, 'undeliverable')
      if (drop?.status !== 'scheduled') return
      const step = { to: 'failed' as const, at: app.clock.now(), failure }
      await movePieces(app, db, { org, livemode: true }, new Map(ids.map(id => [id, [step]])))
    })
}
