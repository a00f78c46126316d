/**
 * Who holds how many of the server's connections. Three bounds, from narrow to wide: a client, a network (a rented /24 has 254 clients), and
 * a reserve that only small networks get into, so that a few large ones together cannot keep everybody else out.
 */
import { clientNetwork, networkOf } from '../kernel/net/ip-addresses.ts'
import type { SmtpLimits } from './session-limits.ts'

/** What one holder rents or is given: an IPv4 /24, an IPv6 /48. */
const networkBits = { v4: 24, v6: 48 }

export type Counts = Pick<
  SmtpLimits,
  'connections' | 'connectionsPerClient' | 'connectionsPerNetwork' | 'reserve' | 'connectionsInReserve'
>

export interface Counter {
  /** Counts a connection, or says why there is none for it. */
  enter(ip: string): 'client' | 'network' | 'full' | undefined
  leave(ip: string): void
  readonly open: number
}

export const createCounter = (limits: Counts): Counter => {
  const counts = new Map<string, number>()
  let open = 0
  const of = (key: string) => counts.get(key) ?? 0
  const add = (key: string, change: 1 | -1) => {
    const count = of(key) + change
    if (count > 0) counts.set(key, count)
    else counts.delete(key)
  }
  const keysOf = (ip: string) => [`client ${clientNetwork(ip)}`, `network ${networkOf(ip, networkBits)}`] as const
  return {
    get open() {
      return open
    },
    enter: ip => {
      const [client, network] = keysOf(ip)
      if (of(client) >= limits.connectionsPerClient) return 'client'
      if (of(network) >= limits.connectionsPerNetwork) return 'network'
      if (open >= limits.connections) return 'full'
      if (open >= limits.connections - limits.reserve && of(network) >= limits.connectionsInReserve) return 'network'
      open++
      for (const key of [client, network]) add(key, 1)
      return undefined
    },
    leave: ip => {
      open--
      for (const key of keysOf(ip)) add(key, -1)
    },
  }
}
