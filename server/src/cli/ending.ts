/** How a server process ends: always in order and within a bound, whether it was asked to, its database is gone for good, or a fault of ours came up. */
import { isTransient } from '../kernel/database/db.ts'
import type { Log } from '../kernel/log.ts'

/** After this the process ends whatever is still in hand; nothing accepted is lost by it. */
const longestGoodbyeMs = 30_000

export interface Ending {
  /** Ends the process with this exit code, once. */
  leave(why: string, code: number): void
}

/**
 * Listens for signals and for errors that nobody caught. `close` finishes what is in hand; it is called once.
 * An outage of the database that reaches this place is logged and endured: nothing of ours is in doubt by it. Anything else means that
 * this process does not know its own state, so it ends in order and is started again by whoever watches it.
 */
export const prepareEnding = (log: Log, close: () => Promise<void>): Ending => {
  let leaving = false
  const leave = (why: string, code: number): void => {
    if (leaving) return
    leaving = true
    log.info({ why }, 'finishing what is in hand')
    setTimeout(() => process.exit(code || 1), longestGoodbyeMs).unref()
    close().then(
      () => process.exit(code),
      error => {
        log.error({ error: String(error) }, 'closing failed')
        process.exit(code || 1)
      },
    )
  }
  const uncaught = (error: unknown): void => {
    const told = { error: error instanceof Error ? (error.stack ?? error.message) : String(error) }
    if (isTransient(error)) log.error(told, 'an outage was handled nowhere; going on')
    else {
      log.fatal(told, 'a fault of this server was handled nowhere; it ends in order')
      leave('an error nobody handled', 70)
    }
  }
  process.on('uncaughtException', uncaught)
  process.on('unhandledRejection', uncaught)
  process.on('SIGTERM', () => leave('SIGTERM', 0))
  process.on('SIGINT', () => leave('SIGINT', 0))
  return { leave }
}
