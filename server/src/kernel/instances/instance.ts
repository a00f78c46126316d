/**
 * This process among its kind. It holds an advisory lock on a PostgreSQL session of its own and gives a sign of life on it; when the
 * process dies, the session ends and the lock is free, so the others know at once. Work in hand names its holder by `id`.
 *
 * Who loses that session, and lives, must stop before the others go on with his work: `holds` is false as soon as the last sign of
 * life is older than `validMs`, and the others wait for longer than that from the moment they see the lock free (`graceMs`), unless
 * they can prove that the process is gone (`isProvenGone`). When the database comes back in time, the lock is taken again under the
 * same id and nothing was lost.
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
/** A sign of life is good for this long. */
const validMs = 1600
/** An instance whose lock has been free for this long has stopped: longer than a sign of life is good for, and some more for slow looks. */
export const graceMs = 2500
/** Between two attempts to reach the database. */
const retryMs = 200
/** For one statement. Longer than an event loop is busy at worst, for then the answer lies there and the timer fires first. */
const answerMs = 5000

export type Suspect = store.InstanceRow

export interface Instance {
  /** What is taken in hand from now on carries this. It changes when the others gave up on us. */
  readonly id: number
  /** application_name of this process's sessions. */
  readonly name: string
  /** Whether what was taken under this id is surely still ours. */
  holds(id: number): boolean
  /** How often the database was away, and came back. */
  readonly outages: number
  /**
   * Whether the database was away after there had been `before` outages, asked about an error that might come of it. Resolves when the
   * database is there (again), or the process ends: what failed by an outage can be done again then.
   */
  wasAway(before: number): Promise<boolean>
  /** At the last sign of life: the instances that give none. */
  readonly suspects: readonly Suspect[]
  /** After every sign of life: the instances that give none. Returns how to stop listening. */
  onBeat(listener: (suspects: Suspect[]) => void): () => void
  /** The database neither answers nor hangs up: what was asked on other connections will not be answered either. */
  onSilence(listener: () => void): () => void
  /** The database was away, and is there again. */
  onReturn(listener: () => void): () => void
  /** Whether a suspect is certainly gone: a neighbour on this machine that does not hold its file any more. */
  isProvenGone(suspect: Suspect): boolean
  /** Removes what a gone instance left on this machine. */
  clear(gone: Suspect): void
  /** Jobs of this process are locked under this name, until it is removed. */
  addJobPool(pool: string): Promise<void>
  removeJobPool(pool: string): Promise<void>
  close(): Promise<void>
}

export interface InstanceOptions {
  url: string
  roles: readonly string[]
  /** Where neighbours on this machine see our lock file. */
  dataDir: string
  log: Log
}

/** Joins. Rejects when the database cannot be reached; once joined, it waits for the database for as long as it takes. */
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
  /** Takes our lock again, or another id when the others have given up on us meanwhile. */
  const resume = async (db: Session): Promise<void> => {
    for (;;) {
      const locked = await store.unscopedLock(db, id)
      if (await store.unscopedKnown(db, id)) {
        if (locked) return
        // PostgreSQL may not have noticed yet that our last session is lost.
        if (lastPid !== undefined) await store.unscopedEndSessions(db, name, lastPid)
        await pause(100)
        continue
      }
      if (locked) await store.unscopedUnlock(db, id)
      const before = id
      await register(db)
      log.warn({ before, now: id }, 'this process was taken for dead; what it had in hand is done by others')
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
  /** What the row says must be there before it counts, so this waits for the database. */
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
      // The next sign of life may have been answered before this moment; if the database went away, the one after comes on a new session.
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
      // A name too many does no harm.
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

/** What `pg` says when time ran out. */
const isSilence = (error: unknown): boolean => /^Query read timeout$|^timeout expired$/.test((error as Error).message)

/** Two processes with the same answer run under one kernel, so that a lock on a file means the same to both. */
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
