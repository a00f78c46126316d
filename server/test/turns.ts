/**
 * Runs work and returns the most this thread computed in one go meanwhile, in µs of CPU between two looks of a timer. What the machine
 * gives to other processes does not count: a busy machine is not a blocked event loop.
 */
export const longestTurn = async (work: () => Promise<unknown>): Promise<number> => {
  const used = () => {
    const { user, system } = process.threadCpuUsage()
    return user + system
  }
  let [last, longest] = [used(), 0]
  const look = () => {
    const now = used()
    longest = Math.max(longest, now - last)
    last = now
  }
  const timer = setInterval(look, 5)
  try {
    await work()
  } finally {
    clearInterval(timer)
  }
  look()
  return longest
}
