/**
 * Whether a domain is proven: the DNS is asked, what it says is judged, and what follows is written. New domains are looked at often
 * at first and then less, proven ones daily. Who loses the proof keeps the domain for some days; DNS that does not answer proves nothing.
 */
import { record } from '../../events/events.sql.ts'
import type { Db } from '../../kernel/database/db.ts'
import { newId } from '../../kernel/ids.ts'
import { createResolver } from '../../kernel/net/dns.ts'
import type { App } from '../../platform.ts'
import { problem } from '../../problems.ts'
import type { Finding, Findings } from '../dns-checks/findings.ts'
import { lookUp } from '../dns-checks/look-up.ts'
import { judge } from '../dns-checks/verdicts.ts'
import { makeKeys } from '../signing/dkim-keys.ts'
import { toDomain, wishOf } from './domain-view.ts'
import * as store from './domains.sql.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** Between losing the proof and losing the domain. */
export const graceMs = 3 * day
/** A domain that was never proven, or no longer is, is not looked at for ever. */
const giveUpMs = 30 * day

type Known = Pick<
  store.DomainRow,
  'verified_at' | 'failing_since' | 'signs_ed25519' | 'return_path' | 'created_at' | 'held_elsewhere'
>

/** What follows from findings. Pure. `proven` but not verified: somebody else holds the domain. */
export const standingAfter = (
  row: Known,
  findings: Findings,
  now: Date,
): store.Standing & { event?: 'domain.verified' | 'domain.failed' } => {
  const follows = (finding: Finding | undefined, before: boolean) =>
    !finding || finding.status === 'unknown' ? before : finding.status === 'valid'
  const effects = {
    signs_ed25519: follows(findings.dkim_ed25519, row.signs_ed25519),
    return_path: follows(findings.return_path, row.return_path),
  }
  const at = (ms: number) => new Date(now.getTime() + ms)
  const proof = findings.dkim?.status ?? 'unknown'
  if (row.verified_at !== null) {
    if (proof === 'valid') return { ...effects, verified_at: row.verified_at, failing_since: null, next_check_at: at(day) }
    if (proof === 'unknown')
      return { ...effects, verified_at: row.verified_at, failing_since: row.failing_since, next_check_at: at(hour) }
    const since = row.failing_since ?? now
    if (now.getTime() - since.getTime() < graceMs)
      return { ...effects, verified_at: row.verified_at, failing_since: since, next_check_at: at(hour) }
    return { ...effects, verified_at: null, failing_since: since, next_check_at: at(hour), event: 'domain.failed' }
  }
  if (proof === 'valid' && !row.held_elsewhere)
    return { ...effects, verified_at: now, failing_since: null, next_check_at: at(day), event: 'domain.verified' }
  const age = now.getTime() - (row.failing_since ?? row.created_at).getTime()
  const next_check_at = age > giveUpMs ? null : at(Math.min(Math.max(age / 4, minute), 6 * hour))
  return { ...effects, verified_at: null, failing_since: row.failing_since, next_check_at }
}

/**
 * Asks, judges, writes. A resolver of its own per examination: within one it remembers, and the next sees what the owner has changed.
 * @param livemode of whoever asked, for the event; when nobody did, of whoever added the domain
 * @returns the domain as it is then; undefined when it was deleted meanwhile
 */
export const examine = async (
  app: Pick<App, 'config' | 'clock' | 'log'>,
  db: Db,
  domain: store.DomainRow,
  livemode = domain.test_key_id === null,
): Promise<store.DomainRow | undefined> => {
  const wish = wishOf(app, domain)
  const findings = judge(wish, await lookUp(createResolver(app.config.DNS_SERVERS), wish))
  return db.tx(async tx => {
    const row = await store.unscopedLock(tx, domain.id)
    if (!row) return undefined
    const now = app.clock.now()
    const { event, ...standing } = standingAfter(row, findings, now)
    await store.unscopedRecord(tx, row.id, standing, findings, now)
    const after = { ...row, ...standing, findings, checked_at: now }
    if (event && row.organization_id)
      await record(tx, [{ type: event, organization_id: row.organization_id, livemode, data: toDomain(after) }])
    if (event === 'domain.failed')
      app.log.warn({ domain: row.name }, 'a domain is no longer verified: its proof is gone from the DNS')
    if (event || row.signs_ed25519 !== standing.signs_ed25519 || row.return_path !== standing.return_path)
      await store.unscopedTell(tx)
    return after
  })
}

/** Examinations on request at once in this process; each may wait seconds for name servers that do not answer. */
const mostAtOnce = 6
let underWay = 0

/** `examine` for somebody who waits. Throws `unavailable` when too many do. */
export const examineNow = async (
  app: App,
  db: Db,
  domain: store.DomainRow,
  livemode: boolean,
): Promise<store.DomainRow | undefined> => {
  if (underWay >= mostAtOnce) throw problem('unavailable')
  underWay++
  try {
    return await examine(app, db, domain, livemode)
  } finally {
    underWay--
  }
}

/** The server's own domain, made with its keys when it is not there yet. */
export const ownDomain = async (app: Pick<App, 'config' | 'clock' | 'sealer'>, db: Db): Promise<store.DomainRow> => {
  const name = app.config.MAIL_DOMAIN
  const known = await store.unscopedOwn(db, name)
  if (known) return known
  const id = newId()
  const keys = await makeKeys(app.sealer, id)
  await db.tx(async tx => {
    const now = app.clock.now()
    if (await store.insert(tx, null, { id, name, createdAt: now, nextCheckAt: now, testKeyId: null }))
      await store.unscopedInsertKeys(tx, id, keys)
  })
  return (await store.unscopedOwn(db, name))!
}

const batch = 20
/** Longer than an examination takes. */
const takenMs = 10 * minute
/** The next run goes on: runs must not pile up and take the other jobs' places. */
const runMs = 45_000

/** Job `domains.check`. One domain whose examination fails does not keep back the others. */
export const checkDomains = async (app: App): Promise<void> => {
  await ownDomain(app, app.db)
  await store.unscopedRetire(app.db, app.config.MAIL_DOMAIN)
  const end = performance.now() + runMs
  for (let taken = batch; taken === batch && !app.closing && performance.now() < end; ) {
    const now = app.clock.now()
    const due = await store.unscopedTakeDue(app.db, now, new Date(now.getTime() + takenMs), batch)
    taken = due.length
    await Promise.all(
      due.map(({ id }) =>
        check(app, id).catch(error =>
          app.log.warn({ error: String(error) }, 'a domain could not be examined; it is tried again'),
        ),
      ),
    )
  }
}

const check = async (app: App, id: string): Promise<void> => {
  const domain = await store.unscopedById(app.db, id)
  if (domain) await examine(app, app.db, domain)
}
