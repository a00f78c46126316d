/** Structured logs, one JSON object a line. Bodies, addresses of content and secrets are never logged. */
import { pino } from 'pino'

export type Log = ReturnType<typeof createLog>

export const createLog = (level: string) =>
  pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: label => ({ level: label }) },
    redact: { paths: ['authorization', '*.authorization', 'headers.authorization', 'key', 'secret', 'password'], remove: true },
  })
