import type { MTASTSPolicy } from 'mailauth'
import { parsePolicy, resolvePolicy, validateMx } from 'mailauth/lib/mta-sts.js'
import type { Resolver } from '../../kernel/net/dns.ts'
import type { Fetched } from '../../kernel/net/fetch.ts'

const minute = 60_000
const hour = 60 * minute

// Close together at first (most greylisting ends within minutes), 8 hours apart later; 120 hours in all (RFC 5321 4.5.4.1: 4 to 5 days)
const pauses = [
  ...[1, 5, 15, 30].map(minutes => minutes * minute),
  ...[1, 2, 4, 6].map(hours => hours * hour),
  ...Array<number>(13).fill(8 * hour),
  2 * hour + 9 * minute,
]

/**
 * Milliseconds to wait after the `attempt`th try (from 1) ended in a 4xx, or null when it was the last.
 * Up to 15 % less than the schedule says, so that what failed together does not return together; `random` is uniform in [0, 1).
 */
export function nextAttempt(attempt: number, random: () => number): number | null {
  const pause = pauses[attempt - 1]
  return pause === undefined ? null : Math.round(pause * (1 - 0.15 * random()))
}

/** `limit`: what a lane may have under way, a fraction until it is rounded down. `settledAt`: when the last cut has shown its effect, ms. */
export type LaneState = { readonly limit: number; readonly settledAt: number }

export type LaneLimits = {
  start: LaneState
  onSuccess(state: LaneState): LaneState
  onDefer(state: LaneState, now: number): LaneState
}

// deferrals of messages that were under way before a cut say nothing about the lower limit
const settling = 5_000

/**
 * Additive increase, multiplicative decrease (RFC 5681 3.1 does it to segments, we to messages under way on a lane): one more for
 * every limit's worth of successes, half of it for a deferral, at most every 5 s, always within `min` and `max`. Pure: state in, state out.
 */
export function createLaneLimits({ min, max }: { min: number; max: number }): LaneLimits {
  return {
    start: { limit: min, settledAt: 0 },
    onSuccess: ({ limit, settledAt }) => ({ limit: Math.min(max, limit + 1 / limit), settledAt }),
    onDefer: (state, now) =>
      now < state.settledAt ? state : { limit: Math.max(min, state.limit / 2), settledAt: now + settling },
  }
}

/** A domain's MTA-STS policy as it is kept (RFC 8461). `id` is that of its TXT record; `expires` in ms since 1970. */
export type StsPolicy = { id: string; mode: 'enforce' | 'testing' | 'none'; mx: string[]; expires: number }

export type StsWorld = {
  resolver: Pick<Resolver, 'resolveTxt'>
  /** kernel/net/fetch.ts: one guard for every outgoing request, no redirects, 15 s, 64 KiB */
  fetch: (url: string) => Promise<Pick<Fetched, 'status' | 'headers' | 'body' | 'truncated'>>
  /** milliseconds since 1970 */
  now: number
}

/**
 * The MTA-STS policy to apply to a domain now, or null when it has none: keep what this returns and hand it back as `known`, and
 * ask once in five minutes at most. A policy is fetched again only when the id in DNS changes or its time is over; until then
 * nothing that goes wrong, in DNS or at the policy host, takes it away (RFC 8461 5.1), because taking it away is what an attacker
 * would try. A host that gives no policy is left alone for an hour. Never rejects.
 */
export async function stsPolicy(domain: string, known: StsPolicy | null, world: StsWorld): Promise<StsPolicy | null> {
  const valid = known !== null && known.expires > world.now ? known : null
  const id = await policyId(domain, world)
  if (id === null || id === valid?.id) return valid
  try {
    return { id, ...(await fetchPolicy(domain, world)) }
  } catch {
    return valid ?? { id, mode: 'none', mx: [], expires: world.now + hour }
  }
}

async function policyId(domain: string, { resolver }: StsWorld): Promise<string | null> {
  try {
    return (await resolvePolicy(domain, { resolver: name => resolver.resolveTxt(name), strict: true })) || null
  } catch {
    return null
  }
}

/** Throws when the policy host does not answer as RFC 8461 3.3 wants. */
async function fetchPolicy(domain: string, { fetch, now }: StsWorld): Promise<Omit<StsPolicy, 'id'>> {
  const { status, headers, body, truncated } = await fetch(`https://mta-sts.${domain}/.well-known/mta-sts.txt`)
  if (status !== 200 || truncated || !/^text\/plain *(;|$)/i.test(headers['content-type'] ?? '')) throw new Error('no policy')
  const { mode, mx = [], maxAge = 0 }: MTASTSPolicy = parsePolicy(body, { strict: true })
  return { mode, mx, expires: now + maxAge * 1000 }
}

/**
 * How to speak to one of a domain's servers under its policy: 'require' verified TLS, 'opportunistic', or 'avoid' the server,
 * which an enforced policy does not list (RFC 8461 5). When all have to be avoided the message is deferred, not sent.
 */
export function tlsModeFor(policy: StsPolicy | null, exchange: string): 'require' | 'opportunistic' | 'avoid' {
  if (policy?.mode !== 'enforce') return 'opportunistic'
  return validateMx(exchange, { mode: policy.mode, mx: policy.mx }).valid ? 'require' : 'avoid'
}
