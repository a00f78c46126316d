/**
 * Mail in test mode: everything happens but the sending. No socket is opened, whoever it is for; what a server would have said
 * is written here, and goes the same way into states, events and webhooks. Suppressions have no mode, so a bounce or a complaint
 * in test mode leaves the organization's list alone.
 */
import type { Claimed } from './deliver.sql.ts'
import type { Handed } from './pool.ts'

/** A name that nobody can own (RFC 2606 §2). Every address elsewhere is simply delivered to. */
export const sandboxDomain = 'sandbox.test'

const said = (outcome: Handed['outcome'], code: number, enhanced: string, text: string): Handed => ({
  outcome,
  code,
  enhanced,
  reply: `${enhanced} ${text}`,
  phase: outcome === 'delivered' ? 'end' : 'rcpt',
  host: `mx.${sandboxDomain}`,
})

const taken = said('delivered', 250, '2.0.0', 'Taken by the sandbox')
const unknown = said('failed', 550, '5.1.1', 'There is no such mailbox in the sandbox')
const later = said('deferred', 450, '4.2.1', 'The sandbox takes it the next time')

/**
 * What the sandbox's server says to a test mail. The part of the address before a `+` or the `@` is the script:
 * `delivered`, `bounced`, `deferred` (once, then delivered), `complained` (delivered, then marked as spam).
 */
export const rehearse = ({ recipient, lane, first_attempt_at }: Claimed): { handed: Handed; complained: boolean } => {
  const script = lane === sandboxDomain ? recipient.toLowerCase().split(/[+@]/, 1)[0] : undefined
  if (script === 'bounced') return { handed: unknown, complained: false }
  if (script === 'deferred' && !first_attempt_at) return { handed: later, complained: false }
  return { handed: taken, complained: script === 'complained' }
}
