/**
 * Outbound delivery: claim → find the way → wait for a turn → load → check suppression → compose and sign → hand over → record.
 * `deliver` below says it in code; everything else in this file wires its parts together.
 *
 * Each recipient gets an SMTP transaction of his own: nobody learns of a blind copy from his server's log, and each has a return
 * path of his own (VERP), so that a report names the delivery it is about.
 *
 * What can go twice: a mail whose final dot was sent and whose reply was not yet recorded when the process died or the connection
 * broke. Nothing else: a delivery has one lease, and a lost lease sends nothing and does not count.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { isTransient } from '../../kernel/database/db.ts'
import { isProblem } from '../../operation.ts'
import type { App } from '../../platform.ts'
import { verpAddress } from '../bounces/verp.ts'
import { domainOf } from '../mime/mailboxes.ts'
import { createRouter, type NoPath, type Path, type Router } from '../routing/route.ts'
import { type Signing, startSigning } from '../signing/dkim-keys.ts'
import type { Claimed } from './deliver.sql.ts'
import { createLanes, type Lanes, type Place } from './lanes.ts'
import { type Claims, startClaiming } from './leases.ts'
import { createLetters, type Letters } from './message-cache.ts'
import { createPool, type Handed, type Pool } from './pool.ts'
import { createRecorder, outcomeOf, type Recorder, type Result, suppressed, unproven } from './results.ts'
import { rehearse } from './simulator.ts'

/** Lanes without a connection are forgotten when there are as many. */
const mostPools = 10_000

export interface OutboundWorker {
  /** Takes no more mail, finishes what is being handed over within about 10 s, and puts the rest back into line. */
  close(): Promise<void>
}

interface Worker {
  app: App
  route: Router
  lanes: Lanes
  poolOf(lane: string): Pool
  letters: Letters
  signing: Signing
  claims: Claims
  recorder: Recorder
  /** Closing cut connections: what a cut-off conversation says is nobody's answer. */
  cut: boolean
}

/** One delivery. Undefined: it was not attempted. */
const deliver = async (worker: Worker, delivery: Claimed, place: Place): Promise<Result | undefined> => {
  if (!delivery.livemode) return rehearsed(worker, delivery)
  const path = await worker.route(delivery.lane, delivery.own)
  if ('code' in path) return unreachable(worker, delivery, path)
  worker.claims.moved(delivery, 'turn')
  if (!(await place.turn(path.lane))) return undefined
  worker.claims.moved(delivery, 'load')
  return worker.letters.open(delivery, async opened => {
    worker.claims.moved(delivery)
    if (!opened) return undefined
    const { letter } = opened
    if (opened.suppressed) return { delivery, letter, complained: false, ...suppressed(opened.suppressed) }
    const identity = await worker.signing.identify(letter)
    if (!identity) return { delivery, letter, complained: false, ...unproven(domainOf(letter.from_email)) }
    const handed = await handOver(worker, delivery, path, { data: await opened.bytes(identity.keys), from: identity.returnPath })
    if (!handed) return undefined
    const outcome = outcomeOf(handed, delivery, worker.app.clock.now(), Math.random)
    if (outcome.state === 'delivered') worker.lanes.taken(path.lane)
    else if (isCrowded(handed, outcome.category)) worker.lanes.crowded(path.lane)
    return { delivery, letter, complained: false, ...outcome }
  })
}

/** Undefined: the lease was lost, or closing cut the conversation before the mail could have been taken. */
const handOver = async (
  worker: Worker,
  delivery: Claimed,
  path: Path,
  { data, from }: { data: Buffer; from: string },
): Promise<Handed | undefined> => {
  const mailFrom = verpAddress(worker.app.masterKey, delivery.id, from)
  const onProgress = () => worker.claims.moved(delivery, 'hand over')
  const isOurs = () => {
    onProgress() // the pool asks each time a mail before this one is done
    return worker.claims.holds(delivery) && !worker.cut
  }
  const handed = await worker.poolOf(path.lane).send(path, { mailFrom, rcptTo: [delivery.recipient], data, onProgress }, isOurs)
  return worker.cut && handed?.code === 0 && handed.phase !== 'end' ? undefined : handed
}

/** Test mode: the sandbox answers. */
const rehearsed = ({ app, letters }: Worker, delivery: Claimed): Promise<Result | undefined> =>
  letters.open(delivery, async opened => {
    if (!opened) return undefined
    const { letter } = opened
    if (opened.suppressed) return { delivery, letter, complained: false, ...suppressed(opened.suppressed) }
    const { handed, complained } = rehearse(delivery)
    return { delivery, letter, complained, ...outcomeOf(handed, delivery, app.clock.now(), Math.random) }
  })

const unreachable = ({ app }: Worker, delivery: Claimed, { code, enhanced, text }: NoPath): Result => {
  const outcome = code === 0 ? ('deferred' as const) : ('failed' as const)
  return {
    delivery,
    letter: undefined,
    complained: false,
    ...outcomeOf({ outcome, code, enhanced, reply: text, host: null }, delivery, app.clock.now(), Math.random),
  }
}

/** Signs that a destination gets more than it can take, rather than that it does not like this mail or this recipient. */
const isCrowded = ({ code }: Handed, category: string | null): boolean => code === 0 || code === 421 || category === 'rate'

/** From claim to record: whatever happens to it, the delivery's place becomes free, and the delivery is recorded, or in line sooner or later. */
const handle = async (worker: Worker, delivery: Claimed): Promise<void> => {
  const { app, claims, lanes } = worker
  const { outages } = app.instance
  const place = lanes.enter(delivery)
  try {
    const delivered = deliver(worker, delivery, place).then(
      async result => (result && (await isByOutage(worker, result, outages)) ? undefined : result),
      async error => (isTransient(error) && (await app.instance.wasAway(outages)) ? undefined : failed(worker, delivery, error)),
    )
    const result = await Promise.race([delivered, claims.stuck(delivery)])
    place.over()
    if (result) await recordSurely(worker, result)
    else if (claims.isHeld(delivery)) await claims.giveBack(delivery)
  } catch (error) {
    app.log.error({ error: String(error) }, 'a result was not recorded; the mail goes again when its lease ends')
  } finally {
    claims.letGo(delivery)
    place.leave()
  }
}

/**
 * Whether our own SMTP server deferred the mail because the database was unreachable. Such mail is retried when the database returns, not
 * after the pause that follows a deferral by another server.
 */
const isByOutage = async ({ app }: Worker, { state, remote_host }: Result, outages: number): Promise<boolean> =>
  state === 'deferred' && remote_host === app.config.MAIL_HOST && (await app.instance.wasAway(outages))

/**
 * Our own fault, such as a blob store that does not answer: for the mail it is as if the server had said "later". When the bytes of a file
 * are lost no later try can help.
 */
const failed = ({ app }: Worker, delivery: Claimed, error: unknown): Result => {
  app.log.error({ error: String(error) }, 'a mail could not be prepared for sending')
  const lost = isProblem(error) && error.code === 'gone'
  const answer = lost
    ? { outcome: 'failed' as const, code: 554, enhanced: '5.3.0', reply: `${error.message} Send the mail again.`, host: null }
    : {
        outcome: 'deferred' as const,
        code: 451,
        enhanced: '4.3.0',
        reply: 'The mail could not be prepared for sending.',
        host: null,
      }
  return { delivery, letter: undefined, complained: false, ...outcomeOf(answer, delivery, app.clock.now(), Math.random) }
}

/** The mail is out: what became of it is told to the database for as long as it takes, because forgetting it sends the mail again. */
const recordSurely = async (worker: Worker, result: Result): Promise<void> => {
  for (let tries = 1; ; tries++) {
    worker.claims.moved(result.delivery, 'record')
    try {
      if (!(await worker.recorder(result)))
        worker.app.log.warn('a delivery was taken over by another worker before its result was recorded')
      return
    } catch (error) {
      const isOutage = isTransient(error)
      if ((tries >= 30 && !isOutage) || worker.cut) throw error
      await delay(isOutage ? 250 : 1000)
    }
  }
}

export interface DeliveryOptions {
  /** 25; tests, which may not open that, have another. */
  mxPort?: number
  /** Closing waits this long for what is being handed over, then connections are cut: 10 s. */
  graceMs?: number
  /** Closed with the worker. Benches sign with keys of their own. */
  signing?: Signing
}

/** Starts sending what is queued, in this process and by others. */
export const startDelivering = (
  app: App,
  { mxPort = 25, graceMs = 10_000, signing = startSigning(app) }: DeliveryOptions = {},
): OutboundWorker => {
  const pools = new Map<string, Pool>()
  const underWay = new Set<Promise<void>>()
  const lanes = createLanes(
    () => app.clock.now(),
    () => worker.claims.wake(),
  )
  const poolOf = (lane: string): Pool => {
    const known = pools.get(lane)
    if (known) return known
    if (pools.size >= mostPools) for (const [name, pool] of pools) if (pool.isIdle()) pools.delete(name)
    const pool = createPool({
      localName: app.config.MAIL_HOST,
      width: () => lanes.width(lane),
      onCrowded: () => lanes.crowded(lane),
      now: () => app.clock.now().getTime(),
    })
    pools.set(lane, pool)
    return pool
  }
  const begin = (delivery: Claimed) => {
    const handled = handle(worker, delivery).finally(() => underWay.delete(handled))
    underWay.add(handled)
  }
  const worker: Worker = {
    app,
    route: createRouter(app, mxPort),
    lanes,
    poolOf,
    letters: createLetters(app),
    signing,
    claims: startClaiming(app, lanes, begin),
    recorder: createRecorder(app),
    cut: false,
  }
  return {
    close: async () => {
      await worker.claims.stop()
      lanes.close()
      const late = setTimeout(() => {
        worker.cut = true
        for (const pool of pools.values()) pool.close()
      }, graceMs)
      await Promise.all(underWay)
      clearTimeout(late)
      for (const pool of pools.values()) pool.close()
      await Promise.all([worker.claims.close(), signing.close()])
    },
  }
}
