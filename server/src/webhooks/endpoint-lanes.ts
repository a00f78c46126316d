/**
 * Who may be posted to now. Each endpoint has a lane of its own, and a slow one gets few places, so that whatever an endpoint
 * does, the others do not wait for it. What a lane cannot begin within a second goes back to the database until it can.
 */
import type { Claimed } from './dispatch.sql.ts'

/** Most attempts under way at one endpoint. */
const widest = 20
/** Attempts times their average duration: an endpoint that takes 15 s gets 2 places, one that takes 1 s or less all 20. */
const busyMs = 20_000
/** How much may wait in memory: deliveries, and time until the last of them begins. */
const maxWaiting = 200
const patienceMs = 1000
/** Deliveries that were sent back are spread no further than this, so that an endpoint that recovers has its backlog soon. */
const farthestMs = 15 * 60_000
/** Before anything is known: a healthy endpoint's round trip, and for one that is failing, what time-outs cost. */
const assumedMs = { healthy: 200, failing: 10_000 }
const maxLanes = 10_000

interface Lane {
  active: number
  waiting: Claimed[]
  /** Duration of an attempt; newer ones weigh more. */
  averageMs: number
  /** Until when (ms since the epoch) its places are promised to deliveries that were sent back. */
  bookedUntil: number
}

export interface Lanes {
  /** Begins the delivery now or within a second, or sends it back. */
  take(delivery: Claimed): void
  /** Deliveries begun or waiting. */
  inHand(): number
  /** Sends back everything that waits, to be due at once. */
  clear(): void
}

interface Deeds {
  now(): Date
  /** Makes the attempt; resolves with its duration in ms, or undefined when there was none. */
  begin(delivery: Claimed): Promise<number | undefined>
  /** Sends a delivery back, to be due then. */
  sendBack(delivery: Claimed, until: Date): void
}

const width = ({ averageMs }: Lane): number => Math.max(2, Math.min(widest, Math.floor(busyMs / averageMs)))
/** Ms from one beginning to the next while the lane is full. */
const paceMs = (lane: Lane): number => lane.averageMs / width(lane)
const isOverfull = (lane: Lane): boolean => lane.waiting.length > Math.min(maxWaiting, patienceMs / paceMs(lane))

export const createLanes = ({ now, begin, sendBack }: Deeds): Lanes => {
  const lanes = new Map<string, Lane>()
  let inHand = 0

  const laneOf = ({ endpoint_id, failing }: Claimed): Lane => {
    let lane = lanes.get(endpoint_id)
    if (!lane) {
      if (lanes.size >= maxLanes) for (const [id, { active }] of lanes) if (active === 0) lanes.delete(id)
      lane = { active: 0, waiting: [], averageMs: failing ? assumedMs.failing : assumedMs.healthy, bookedUntil: 0 }
      lanes.set(endpoint_id, lane)
    }
    return lane
  }

  const advance = (lane: Lane): void => {
    while (lane.waiting.length > 0 && lane.active < width(lane)) void start(lane, lane.waiting.shift()!)
    while (isOverfull(lane)) {
      const booked = Math.max(lane.bookedUntil, now().getTime() + patienceMs)
      lane.bookedUntil = Math.min(booked + paceMs(lane), now().getTime() + farthestMs)
      inHand--
      sendBack(lane.waiting.pop()!, new Date(lane.bookedUntil))
    }
  }

  const start = async (lane: Lane, delivery: Claimed): Promise<void> => {
    lane.active++
    const duration = await begin(delivery).catch(() => undefined)
    lane.active--
    inHand--
    if (duration !== undefined) lane.averageMs += (duration - lane.averageMs) / 8
    advance(lane)
  }

  return {
    take: delivery => {
      const lane = laneOf(delivery)
      inHand++
      lane.waiting.push(delivery)
      advance(lane)
    },
    inHand: () => inHand,
    clear: () => {
      for (const { waiting } of lanes.values()) {
        inHand -= waiting.length
        for (const delivery of waiting.splice(0)) sendBack(delivery, now())
      }
    },
  }
}
