/** How a server process ends: in order and within a time limit, after a signal, the end of its embedded database, or an unhandled error. */
import { isTransient } from '../kernel/database/db.ts'
import type { Log } from '../kernel/log.ts'

/** The process exits after this, even if work is unfinished; nothing acknowledged is lost. */
const longestGoodbyeMs = 30_000

export interface Ending {
  /** Ends the process with this exit code, once. */
  leave(why: string, code: number): void
}

/**
 * Handles signals and unhandled errors. `close` is called once.
 * An unhandled transient error (troubleOf) is logged and the process continues: its state is not in doubt. After any other unhandled error
 * the state is unknown, so the process shuts down in order with exit code 70, for its supervisor to start it again.
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
    if (isTransient(error)) log.error(told, 'unhandled transient error; continuing')
    else {
      log.fatal(told, 'unhandled error; shutting down')
      leave('unhandled error', 70)
    }
  }
  process.on('uncaughtException', uncaught)
  process.on('unhandledRejection', uncaught)
  process.on('SIGTERM', () => leave('SIGTERM', 0))
  process.on('SIGINT', () => leave('SIGINT', 0))
  return { leave }
}
