/**
 * The open connections of one lane. They are kept while there is mail for them and a little longer, carry one mail after another
 * with the next one's envelope behind the final dot of the one before, and never number more than the lane is wide.
 */
import type { Path } from '../routing/route.ts'
import {
  type ConnectProblem,
  connect,
  type Outgoing,
  type Phase,
  type SendResult,
  type SmtpConnection,
} from '../smtp-client/connect.ts'

/** What became of one mail for one recipient. `code` 0: the peer gave no usable answer, `reply` is our account. */
export interface Handed {
  outcome: 'delivered' | 'deferred' | 'failed'
  code: number
  enhanced: string | null
  reply: string
  phase: Phase
  /** The server that said so, or was tried last. */
  host: string
}

export interface Pool {
  /** Hands one mail over as soon as a connection is free for it, if it still `isOurs` then; undefined if not. Never rejects. */
  send(path: Path, mail: Outgoing, isOurs: () => boolean): Promise<Handed | undefined>
  isIdle(): boolean
  /** Ends every conversation now; mails that were not taken come back with code 0. */
  close(): void
}

interface Surroundings {
  /** Our name in EHLO. */
  localName: string
  /** Most mails under way at this moment; half as many connections carry them. */
  width(): number
  /** A server would not let one more connection in. */
  onCrowded(): void
  /** Ms since the epoch. */
  now(): number
}

/** Mails in line on a connection: one under way, one whose envelope is sent along. */
const depth = 2
/** Servers count mails per connection, and some hang up on the one that is too many (Postfix closes its own after 100 too). */
const mostMails = 100
const idleMs = 10_000
/** As Postfix's smtp_mx_address_limit: with more, a destination that swallows packets would hold a mail for many minutes. */
const mostAddresses = 5
/** After nobody answered, mail for the same servers is deferred unasked for this long. */
const deadMs = 30_000
const mostDead = 1000
/** After a server refused a connection beside others; as long as a lane takes to settle when it was narrowed. */
const fullMs = 5_000
/** A server that keeps hanging up between mails gets a mail handed to this many connections, then the mail waits for its next turn. */
const mostTries = 3

type Dialled = { connection: SmtpConnection; host: string } | (Omit<ConnectProblem, 'kind'> & { host: string })

interface Open {
  key: string
  ready: Promise<Dialled>
  /** Who waits for it, and hears of every address that was tried. */
  news: Set<() => void>
  connection: SmtpConnection | undefined
  /** Mails in line. */
  load: number
  mails: number
  idle: NodeJS.Timeout | undefined
}

interface Job {
  path: Path
  mail: Outgoing
  isOurs(): boolean
  tries: number
  resolve(handed: Handed | undefined): void
}

export const createPool = ({ localName, width, onCrowded, now }: Surroundings): Pool => {
  const open = new Set<Open>()
  const dead = new Map<string, { until: number; handed: Handed }>()
  /** By key: until when no further connection is tried beside those that are open. */
  const full = new Map<string, number>()
  let waiting: Job[] = []
  let closed = false
  let cut = (_: Dialled) => {}
  const cutOff = new Promise<Dialled>(resolve => {
    cut = resolve
  })

  const mostOpen = () => Math.ceil(width() / depth)

  const drop = (one: Open): void => {
    clearTimeout(one.idle)
    open.delete(one)
    if (one.connection) void farewell(one.connection)
  }

  /** The best connection of all for this key: a free one, a new one, in place of a free one of another key, in line on a busy one. */
  const pick = (path: Path): Open | undefined => {
    const usable = [...open].filter(({ key, load, mails }) => key === path.key && load < depth && mails < mostMails)
    const best = usable.sort((a, b) => a.load - b.load)[0]
    if (best?.load === 0) return best
    if ((full.get(path.key) ?? 0) > now() && [...open].some(({ key }) => key === path.key)) return best
    if (open.size >= mostOpen()) {
      const idle = best ? undefined : [...open].find(({ load }) => load === 0)
      if (!idle) return best
      drop(idle)
    }
    return dialInto(path)
  }

  const dialInto = (path: Path): Open => {
    const news = new Set<() => void>()
    const dialled = dial(path, localName, () => {
      for (const tell of news) tell()
    }).catch((error: unknown): Dialled => ({ ...fault(error), phase: 'connect', host: path.hosts[0]?.exchange ?? '' }))
    const one: Open = {
      key: path.key,
      ready: Promise.race([dialled, cutOff]),
      news,
      connection: undefined,
      load: 0,
      mails: 0,
      idle: undefined,
    }
    open.add(one)
    // one that is still being opened when we close
    void dialled.then(each => closed && 'connection' in each && each.connection.close())
    return one
  }

  const advance = (): void => {
    const queue = waiting
    waiting = []
    for (const job of queue) {
      if (closed || !job.isOurs()) {
        job.resolve(undefined)
        continue
      }
      const one = pick(job.path)
      if (one)
        void hand(one, job).catch(error => {
          open.delete(one)
          job.resolve({ ...fault(error), phase: 'connect', host: '' })
        })
      else waiting.push(job)
    }
  }

  const hand = async (one: Open, job: Job): Promise<void> => {
    one.load++
    const reused = one.mails++ > 0
    clearTimeout(one.idle)
    const { onProgress } = job.mail
    if (onProgress) one.news.add(onProgress)
    const ready = await one.ready
    one.news.clear()
    if ('connection' in ready) {
      one.connection = ready.connection
      dead.delete(one.key)
      const result = settled(await ready.connection.send(job.mail), ready.host)
      // a peer that had enough of us says so between two mails: this one was never looked at
      if (reused && result.phase === 'mail' && (result.code === 0 || result.code === 421) && ++job.tries < mostTries)
        waiting.unshift(job)
      else job.resolve(result)
    } else refused(one, job, ready)
    one.load--
    rest(one)
    advance()
  }

  /** One connection too many is no reason to give up on a server that is talking to us over others. */
  const refused = (one: Open, job: Job, handed: Handed): void => {
    open.delete(one)
    onCrowded()
    const talking = [...open].some(({ key, connection }) => key === one.key && connection?.usable)
    if (talking) {
      full.set(one.key, now() + fullMs)
      waiting.unshift(job)
      return
    }
    full.delete(one.key)
    job.resolve(handed)
    if (dead.size >= mostDead) for (const [key, { until }] of dead) if (until <= now()) dead.delete(key)
    dead.set(one.key, { until: now() + deadMs, handed })
    for (const other of waiting) if (other.path.key === one.key) other.resolve(handed)
    waiting = waiting.filter(other => other.path.key !== one.key)
  }

  /** After a mail: the connection stays for the next one, or goes. */
  const rest = (one: Open): void => {
    if (!open.has(one)) return
    if (one.connection && !one.connection.usable) open.delete(one)
    else if (one.load > 0) return
    else if (one.mails >= mostMails || open.size > mostOpen()) drop(one)
    else one.idle = setTimeout(() => drop(one), idleMs)
  }

  return {
    send: (path, mail, isOurs) => {
      const gone = dead.get(path.key)
      if (gone && gone.until > now()) return Promise.resolve(gone.handed)
      dead.delete(path.key)
      return new Promise(resolve => {
        waiting.push({ path, mail, isOurs, tries: 0, resolve })
        advance()
      })
    },
    isIdle: () => open.size === 0 && waiting.length === 0,
    close: () => {
      closed = true
      cut({ outcome: 'deferred', code: 0, enhanced: '4.3.2', reply: 'we are shutting down', phase: 'connect', host: '' })
      for (const one of open) {
        if (one.load === 0) drop(one)
        else one.connection?.close()
      }
      advance()
    },
  }
}

/** Says goodbye; whatever comes of that, the connection is not used any more. */
const farewell = (connection: SmtpConnection): Promise<void> => connection.quit().catch(() => connection.close())

/** What should not happen: the mail is tried again later. */
const fault = (error: unknown): Pick<Handed & ConnectProblem, 'outcome' | 'code' | 'enhanced' | 'reply'> => ({
  outcome: 'deferred',
  code: 0,
  enhanced: '4.3.0',
  reply: `The mail could not be handed over: ${error instanceof Error ? error.message : error}`,
})

/** Tries the servers in their order, each at its addresses. A server that takes no mail at all (RFC 7504) does not speak for the next. */
const dial = async (path: Path, localName: string, onProgress: () => void): Promise<Dialled> => {
  const addresses = path.hosts.flatMap(({ exchange, addresses }) => addresses.map(address => ({ host: exchange, address })))
  let problem: (Dialled & { outcome: string }) | undefined
  for (const { host, address } of addresses.slice(0, mostAddresses)) {
    const { port, tls, auth } = path
    const opened = await connect({ host, address, port, tls, localName, ...(auth ? { auth } : {}) })
    if (opened.kind === 'connected') return { connection: opened.connection, host }
    if (problem?.outcome !== 'deferred') problem = { ...opened, host }
    onProgress()
  }
  if (!problem) throw new Error('the server has no address')
  return problem
}

const settled = ({ recipients: [recipient] }: SendResult, host: string): Handed => {
  const { outcome, code, enhanced, reply, phase } = recipient!
  return { outcome, code, enhanced, reply, phase, host }
}
