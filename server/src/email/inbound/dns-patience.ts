/**
 * How long the filing of a mail may wait for DNS. Each mail may wait for a moment. Waiting on is paid from a budget that all mails share:
 * senders whose name servers are silent could otherwise keep every job of this process waiting, and with it the mail of everybody else.
 */
export interface Patience {
  /** Milliseconds for all questions of one mail that cost nothing. */
  first: number
  /** Milliseconds at most. */
  whole: number
  budget: Budget
}

export interface Budget {
  /** Takes milliseconds of waiting; false when so much is not left. */
  take(ms: number): boolean
}

/** `most` milliseconds, refilled at `perSecond`: so many mails divided by 1000 can wait at once, on and on. */
export const createBudget = (most: number, perSecond: number, now: () => number = () => performance.now()): Budget => {
  let left = most
  let at = now()
  return {
    take: ms => {
      const time = now()
      left = Math.min(most, left + ((time - at) / 1000) * perSecond)
      at = time
      if (left < ms) return false
      left -= ms
      return true
    },
  }
}

/** A mail that was taken is filed within 5 s whatever DNS does; of the 20 jobs of a process (jobs/worker.ts) 8 may wait. */
export const patience: Patience = { first: 700, whole: 4500, budget: createBudget(40_000, 8000) }

export interface Deadline {
  readonly over: boolean
  /** Resolves when the time is up; pending for ever once it was cleared. */
  reached: Promise<void>
  clear(): void
}

export const startDeadline = ({ first, whole, budget }: Patience): Deadline => {
  const { promise, resolve } = Promise.withResolvers<void>()
  let over = false
  const end = () => {
    over = true
    resolve()
  }
  const more = Math.max(0, whole - first)
  let timer = setTimeout(() => {
    if (more > 0 && budget.take(more)) timer = setTimeout(end, more)
    else end()
  }, first)
  return {
    get over() {
      return over
    },
    reached: promise,
    clear: () => clearTimeout(timer),
  }
}
