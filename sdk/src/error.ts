/** What a call fails with: the server's refusal as it stands in its answer, or that there was no answer. */
import type { RefusalCode } from './generated/schemas.ts'

/** `network`: no answer came. `timeout`: none came in time, or no mail did. `http_<status>`: something before the server answered. */
export type ErrorCode = RefusalCode | 'network' | 'timeout' | 'invalid_signature' | `http_${number}`

export class PennypostError extends Error {
  override readonly name = 'PennypostError'
  /** Branch on this; messages may change. */
  readonly code: ErrorCode
  /** HTTP status; 0 when there was no answer. */
  readonly status: number
  /** What to do about it. */
  readonly fix: string | undefined
  /** Whether the same call may succeed later. */
  readonly retryable: boolean
  /** Tell it to whoever runs the server. */
  readonly requestId: string | undefined
  /** The fields that were refused, as JSON pointers into the request. */
  readonly errors: readonly { path: string; message: string; guess?: object }[]
  /** Everything the server said, such as balance_mills and cost_mills of insufficient_balance. */
  readonly details: Readonly<Record<string, unknown>>

  constructor(
    code: ErrorCode,
    message: string,
    more: { status?: number; details?: Record<string, unknown>; fix?: string; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause })
    const details = more.details ?? {}
    this.code = code
    this.status = more.status ?? 0
    this.details = details
    this.fix = more.fix ?? (typeof details.fix === 'string' ? details.fix : undefined)
    this.retryable = typeof details.retryable === 'boolean' ? details.retryable : retryableStatus(this.status)
    this.requestId = typeof details.request_id === 'string' ? details.request_id : undefined
    this.errors = Array.isArray(details.errors) ? details.errors : []
  }
}

/** For answers that do not say it themselves: those of proxies, and none at all. */
const retryableStatus = (status: number): boolean => status === 0 || status === 408 || status === 429 || status >= 500

/** An answer that is no success → what to throw. */
export const refusalOf = (status: number, text: string, hasKey: boolean): PennypostError => {
  const error = readError(text)
  if (!error) {
    const fix =
      status >= 300 && status < 400
        ? 'Set baseUrl to the address the server redirects to.'
        : 'See whether baseUrl is that of a Pennypost server.'
    return new PennypostError(`http_${status}`, `HTTP ${status}: ${text.slice(0, 200) || 'empty answer'}`, { status, fix })
  }
  const fix = error.code === 'unauthorized' && !hasKey ? { fix: 'Set PENNYPOST_API_KEY, or pass apiKey to new Pennypost().' } : {}
  return new PennypostError(error.code as ErrorCode, String(error.message), { status, details: error, ...fix })
}

const readError = (text: string): Record<string, unknown> | undefined => {
  try {
    const { error } = JSON.parse(text) as { error?: Record<string, unknown> }
    return typeof error?.code === 'string' ? error : undefined
  } catch {
    return undefined
  }
}
