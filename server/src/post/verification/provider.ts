/**
 * A provider of addresses knows where mail can be delivered. It is asked about addresses whose spelling is in order; what it does not
 * say nobody says for it.
 */
import type { App } from '../../platform.ts'
import type { StoredAddress } from '../addresses/postal-addresses.ts'

/** `unsure`: neither; the building is known and the door is not, for instance. */
export type Verdict = 'verified' | 'undeliverable' | 'unsure'

export interface AddressProvider {
  title: string
  /** Two-letter codes of the countries it knows. */
  countries: readonly string[]
  /** Rejects when it cannot be reached or answers something else. */
  ask(app: App, address: StoredAddress): Promise<Verdict>
}
