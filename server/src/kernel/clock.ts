/** Time is passed in, so that tests and the sandbox can move it. */
export interface Clock {
  now(): Date
}

export const systemClock: Clock = { now: () => new Date() }

/** A clock for tests that stands until it is moved. */
export const movableClock = (start = new Date()): Clock & { advance(ms: number): void } => {
  let offset = 0
  return { now: () => new Date(start.getTime() + offset), advance: ms => void (offset += ms) }
}
