/**
 * Instances: the processes of this server. Each holds a session-level advisory lock on a PostgreSQL session of its own and sends a
 * heartbeat on it. When a process dies, PostgreSQL ends the session and releases the lock, so the other instances see it at once.
 * Leases store the id of the instance that holds them.
 *
 * Fencing: a process that loses its session and keeps running must stop before other instances requeue its work. `holds` is false as
 * soon as the last heartbeat is older than `validMs`. The other instances wait `graceMs` (longer than that) after they first saw the
 * lock released, unless the process is proven to be dead (`isProvenGone`). When the database returns in time, the instance acquires its
 * lock again under the same id and keeps its leases.
 */
import { randomBytes } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Log } from '../log.ts'
import { isLeft, lockFile } from '../postgres/file-lock.ts'
import * as store from './instance.sql.ts'
import { openSession, type Session } from './session.ts'

const beatMs = 400
/** A heartbeat is valid for this long. */
const validMs = 1600
/** An instance whose lock was released this long ago has stopped: `validMs` plus two heartbeats. */
export const graceMs = 2500
/** Between two attempts to reach the database. */
const retryMs = 200
/** Time-out of one statement. Longer than a busy event loop blocks: the timer would fire before an answer that has arrived is read. */
const answerMs = 5000

export type Suspect = store.InstanceRow

export interface Instance {
  /** Stored in leases acquired from now on. Changes when other instances have requeued the work of this one. */
  readonly id: number
  /** application_name of this process's sessions. */
  readonly name: string
  /** Whether leases acquired under this id are still valid. */
  holds(id: number): boolean
  /** How often the database was unreachable and returned. */
  readonly outages: number
  /**
   * Whether the database was unreachable since `outages` had the value `before`. Ask it about an error that may be due to an outage. Resolves
   * when the database is reachable, or when this process closes: the work that failed can be repeated then.
   */
  wasAway(before: number): Promise<boolean>
  /** Instances whose lock was not held at the last heartbeat. */
  readonly suspects: readonly Suspect[]
  /** Called after every heartbeat with `suspects`. Returns the function that removes the listener. */
  onBeat(listener: (suspects: Suspect[]) => void): () => void
  /** Called when the database neither answers nor closes the connection: statements on other connections will not be answered either. */
  onSilence(listener: () => void): () => void
  /** Called when the database was unreachable and returned. */
  onReturn(listener: () => void): () => void
  /** Whether a suspect is proven to be dead: it ran on this machine and does not hold its lock file any more. */
  isProvenGone(suspect: Suspect): boolean
  /** Removes the lock file of a dead instance on this machine. */
  clear(gone: Suspect): void
  /** Registers a name under which this process locks jobs. Resolves when it is stored. */
  addJobPool(pool: string): Promise<void>
  removeJobPool(pool: string): Promise<void>
  close(): Promise<void>
}

export interface InstanceOptions {
  url: string
  roles: readonly string[]
  /** Holds the lock files, for other instances on this machine. */
  dataDir: string
  log: Log
}

/** Registers this process. Rejects when the database cannot be reached; later outages are waited out. */
export const joinInstances = async ({ url, roles, dataDir, log }: InstanceOptions): Promise<Instance> => {
  const name = `pennypost ${randomBytes(9).toString('base64url')}`
  const host = thisMachine()
  const fileOf = (instance: string) => join(dataDir, 'instances', `${instance.slice('pennypost '.length)}.lock`)
  const unlock = lockOf(fileOf(name), log)
  const jobPools = new Set<string>()
  const beats = new Set<(suspects: Suspect[]) => void>()
  const silences = new Set<() => void>()
  const returns = new Set<() => void>()
  let session: Session | undefined
  let lastPid: number | undefined
  let id = 0
  let validUntil = 0
  let suspects: Suspect[] = []
  let outages = 0
  let away = false
  let open = true
  let wake = () => {}
  const closed = Promise.withResolvers<void>()

  const register = async (db: Session): Promise<void> => {
    id = await store.unscopedJoin(db, { name, host, roles, jobPools: [...jobPools] })
  }
  /** Acquires the lock again, or another id when other instances have requeued our work meanwhile. */
  const resume = async (db: Session): Promise<void> => {
    for (;;) {
      const locked = await store.unscopedLock(db, id)
      if (await store.unscopedKnown(db, id)) {
        if (locked) return
        // PostgreSQL may still keep our previous session.
        if (lastPid !== undefined) await store.unscopedEndSessions(db, name, lastPid)
        await pause(100)
        continue
      }
      if (locked) await store.unscopedUnlock(db, id)
      const before = id
      await register(db)
      log.warn({ before, now: id }, 'this process could not be reached and its work was requeued; it continues under another id')
      return
    }
  }
  const connect = async (): Promise<Session> => {
    const fresh = await openSession(url, { name, timeoutMs: answerMs })
    try {
      await store.unscopedKeepAlive(fresh)
      await (id === 0 ? register(fresh) : resume(fresh))
      lastPid = fresh.pid
      return fresh
    } catch (error) {
      fresh.cut()
      throw error
    }
  }
  const beat = async (db: Session): Promise<void> => {
    const at = performance.now()
    suspects = await store.unscopedBeat(db, id)
    validUntil = at + validMs
    if (away) outages++
    if (away) for (const listener of returns) listener()
    away = false
    for (const listener of beats) listener(suspects)
  }
  const pause = (ms: number, until?: Promise<void>): Promise<void> =>
    new Promise(resolve => {
      const timer = setTimeout(resolve, ms)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
      void until?.then(wake)
    })

  const run = async () => {
    while (open) {
      try {
        session ??= await connect()
        await beat(session)
        await pause(beatMs, session.gone)
      } catch (error) {
        if (!away && open) {
          log.warn({ error: String(error) }, 'the database does not answer; waiting for it')
          if (isSilence(error)) for (const listener of silences) listener()
        }
        away = true
        session?.cut()
        session = undefined
        if (open) await pause(retryMs)
      }
    }
  }

  try {
    session = await connect()
    await beat(session)
  } catch (error) {
    unlock?.()
    throw error
  }
  const running = run()
  const listening = <T>(listeners: Set<T>, listener: T) => {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }
  /** Repeats a write until the database has taken it, or this process closes. */
  const surely = async (write: (db: Session) => Promise<unknown>): Promise<void> => {
    for (;;) {
      const db = session
      if (db && (await write(db).then(Boolean, () => false))) return
      if (!open) return
      await new Promise(resolve => setTimeout(resolve, retryMs))
    }
  }
  return {
    get id() {
      return id
    },
    name,
    get outages() {
      return outages
    },
    get suspects() {
      return suspects
    },
    wasAway: async before => {
      // The next heartbeat may have been answered before this moment; after an outage, the second one comes from a new session.
      let left = 2
      let off = () => {}
      const beaten = new Promise<void>(resolve => {
        off = listening(beats, () => {
          if (--left === 0) resolve()
        })
      })
      await Promise.race([closed.promise, beaten])
      off()
      return outages !== before
    },
    holds: held => held === id && performance.now() < validUntil,
    onBeat: listener => listening(beats, listener),
    onSilence: listener => listening(silences, listener),
    onReturn: listener => listening(returns, listener),
    isProvenGone: suspect => suspect.host === host && isFree(fileOf(suspect.name)),
    clear: gone => {
      if (gone.host === host) rmSync(fileOf(gone.name), { force: true })
    },
    addJobPool: pool => {
      jobPools.add(pool)
      return surely(db => store.unscopedAddJobPool(db, id, pool))
    },
    removeJobPool: async pool => {
      jobPools.delete(pool)
      // A name that stays does no harm.
      if (session) await store.unscopedRemoveJobPool(session, id, pool).catch(() => {})
    },
    close: async () => {
      open = false
      closed.resolve()
      wake()
      await running
      if (session) await store.unscopedLeave(session, id).catch(() => {})
      session?.cut()
      session = undefined
      validUntil = 0
      unlock?.()
      rmSync(fileOf(name), { force: true })
    },
  }
}

/** The time-out errors of `pg`. */
const isSilence = (error: unknown): boolean => /^Query read timeout$|^timeout expired$/.test((error as Error).message)

/** Equal for two processes under one kernel, where a lock on a file is valid for both. */
const thisMachine = (): string => {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return hostname()
  }
}

const lockOf = (path: string, log: Log): (() => void) | undefined => {
  try {
    return lockFile(path)
  } catch (error) {
    log.debug({ error: String(error) }, 'no lock file in DATA_DIR; a restart takes over after some seconds and not at once')
    return undefined
  }
}

const isFree = (path: string): boolean => {
  try {
    return isLeft(path)
  } catch {
    return false
  }
}
