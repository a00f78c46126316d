/**
 * Who is served next. A lane is everything that goes to servers of one operator, with one set of limits; within it the
 * organizations take turns. What a worker has in hand is bounded, and whoever takes much of it leaves as much free, so that
 * neither a tenant with a million mails nor a destination that swallows them can keep others waiting.
 */
import type { Claimed, Line } from './deliver.sql.ts'
import { createLaneLimits, type LaneLimits, type LaneState } from './policy.ts'

/** Most mails under way or waiting in this process. Bodies are loaded only for those under way. */
const mostInHand = 1000
/** Mails claimed for each that a lane may have under way: enough to keep it busy until the next claim. */
const ahead = 4
/** Messages under way: strangers start low and earn more; the relay and our own server are there for us. */
const limits = { strangers: createLaneLimits({ min: 2, max: 40 }), friends: createLaneLimits({ min: 10, max: 60 }) }
const friends = new Set(['own', 'relay'])
/** Domains whose lane is remembered; lanes that are remembered though they are empty. */
const mostKnown = 20_000

interface Lane {
  limits: LaneLimits
  state: LaneState
  inHand: number
  underWay: number
  /** By organization, in the order in which they get their turn. */
  waiting: Map<string, (() => void)[]>
}

/** A claimed delivery's place, from claim to record. */
export interface Place {
  /** Resolves when it is the delivery's turn at that lane; true, or false when the worker is closing. */
  turn(lane: string): Promise<boolean>
  /** The turn is over: the next one is let in, while this one is recorded. */
  over(): void
  /** It was recorded, or given back. */
  leave(): void
}

export type Lanes = ReturnType<typeof createLanes>

/** @param onRoom called whenever a place becomes free */
export const createLanes = (now: () => Date, onRoom: () => void) => {
  const lanes = new Map<string, Lane>()
  const held = new Map<string, number>()
  const laneOfDomain = new Map<string, string>()
  let inHand = 0
  let open = true

  const laneOf = (name: string): Lane => {
    const known = lanes.get(name)
    if (known) return known
    if (lanes.size >= mostKnown) for (const [old, { inHand }] of lanes) if (inHand === 0) lanes.delete(old)
    const kind = friends.has(name) ? limits.friends : limits.strangers
    const lane: Lane = { limits: kind, state: kind.start, inHand: 0, underWay: 0, waiting: new Map() }
    lanes.set(name, lane)
    return lane
  }
  const widthOf = (lane: Lane): number => Math.max(1, Math.floor(lane.state.limit))

  /** The next in line: one of each organization, then one of each again. */
  const advance = (lane: Lane): void => {
    for (const [organization, queue] of lane.waiting) {
      if (lane.underWay >= widthOf(lane)) return
      lane.underWay++
      lane.waiting.delete(organization)
      queue.shift()!()
      if (queue.length > 0) lane.waiting.set(organization, queue)
    }
  }

  const enter = ({ organization_id, lane: domain }: Claimed): Place => {
    let lane = laneOf(laneOfDomain.get(domain) ?? domain)
    let underWay = false
    const count = (by: number) => {
      inHand += by
      lane.inHand += by
      const now = (held.get(organization_id) ?? 0) + by
      if (now > 0) held.set(organization_id, now)
      else held.delete(organization_id)
    }
    const over = () => {
      if (underWay) lane.underWay--
      underWay = false
      advance(lane)
    }
    count(1)
    return {
      turn: async name => {
        if (laneOfDomain.size >= mostKnown) laneOfDomain.clear()
        laneOfDomain.set(domain, name)
        lane.inHand--
        lane = laneOf(name)
        lane.inHand++
        if (!open) return false
        await new Promise<void>(resolve => {
          const queue = lane.waiting.get(organization_id)
          if (queue) queue.push(resolve)
          else lane.waiting.set(organization_id, [resolve])
          advance(lane)
        })
        underWay = open
        return open
      },
      over,
      leave: () => {
        over()
        count(-1)
        onRoom()
      },
    }
  }

  /** How many mails to take from each line: round and round, one each, as far as there is room. */
  const share = (lines: Line[]): (Line & { take: number })[] => {
    const shares = lines.map(line => ({ ...line, take: 0 }))
    const left = (taken: number, most = Number.POSITIVE_INFINITY) =>
      Math.max(0, Math.min(Math.floor((mostInHand - inHand - taken) / 2), most - taken))
    const organizations = new Map(lines.map(({ organization_id: id }) => [id, left(held.get(id) ?? 0)]))
    const destinations = new Map(
      lines.map(({ lane: domain }): [string, number] => {
        const name = laneOfDomain.get(domain) ?? domain
        const lane = lanes.get(name)
        return [name, lane ? left(lane.inHand, widthOf(lane) * ahead) : limits.strangers.start.limit * ahead]
      }),
    )
    let rest = mostInHand - inHand
    for (let given = -1; given !== 0 && rest > 0; rest -= given) {
      given = 0
      for (const line of shares) {
        const name = laneOfDomain.get(line.lane) ?? line.lane
        const [organization, destination] = [organizations.get(line.organization_id)!, destinations.get(name)!]
        if (organization === 0 || destination === 0 || given === rest) continue
        organizations.set(line.organization_id, organization - 1)
        destinations.set(name, destination - 1)
        line.take++
        given++
      }
    }
    return shares.filter(({ take }) => take > 0)
  }

  return {
    enter,
    share,
    inHand: () => inHand,
    /** Most messages under way at that lane now. */
    width: (name: string) => widthOf(laneOf(name)),
    /** A message was taken: the lane becomes a little wider. */
    taken: (name: string) => {
      const lane = laneOf(name)
      lane.state = lane.limits.onSuccess(lane.state)
    },
    /** Its servers get more than they can take: the lane becomes narrower. */
    crowded: (name: string) => {
      const lane = laneOf(name)
      lane.state = lane.limits.onDefer(lane.state, now().getTime())
    },
    /** Lets nobody in any more; who waits is told. */
    close: () => {
      open = false
      for (const { waiting } of lanes.values()) {
        for (const queue of waiting.values()) for (const wake of queue) wake()
        waiting.clear()
      }
    },
  }
}
