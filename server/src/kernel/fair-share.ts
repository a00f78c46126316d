/**
 * A bounded amount of something, memory mostly, of which no holder gets more than it leaves free: who is slow or greedy holds up itself
 * and nobody else. What is larger than everything waits until it is alone.
 */
export interface FairShare {
  /** Waits until there is room; gives how to give it back (once, however often it is called). Rejects with the reason of the signal. */
  take(holder: string, amount: number, signal?: AbortSignal): Promise<() => void>
}

interface Waiting {
  holder: string
  amount: number
  admit(): void
}

export const createFairShare = (most: number): FairShare => {
  const held = new Map<string, number>()
  let waiting: Waiting[] = []
  let used = 0
  const change = (holder: string, amount: number) => {
    used += amount
    const now = (held.get(holder) ?? 0) + amount
    if (now > 0) held.set(holder, now)
    else held.delete(holder)
  }
  const fits = ({ holder, amount }: Waiting) => used === 0 || (held.get(holder) ?? 0) + amount <= most - used
  /** In order of arrival; who does not fit is passed by those who do. */
  const advance = () => {
    waiting = waiting.filter(one => {
      if (!fits(one)) return true
      change(one.holder, one.amount)
      one.admit()
      return false
    })
  }
  return {
    take: async (holder, amount, signal) => {
      signal?.throwIfAborted()
      await new Promise<void>((resolve, reject) => {
        const stop = () => {
          waiting = waiting.filter(other => other !== one)
          reject(signal!.reason as Error)
        }
        const one: Waiting = {
          holder,
          amount,
          admit: () => {
            signal?.removeEventListener('abort', stop)
            resolve()
          },
        }
        signal?.addEventListener('abort', stop)
        waiting.push(one)
        advance()
      })
      let mine = amount
      return () => {
        change(holder, -mine)
        mine = 0
        advance()
      }
    },
  }
}
