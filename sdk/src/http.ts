/**
 * One call to the server: key, JSON, time limit, and tries again where that is safe. A POST carries an Idempotency-Key that
 * stays the same over all tries, so that a mail is sent once however often its answer gets lost.
 */
import { PennypostError, refusalOf } from './error.ts'
import { List, type Page } from './list.ts'
import { webCrypto } from './web-crypto.ts'

export interface RequestOptions {
  /** Ends the call, tries and waits included. */
  signal?: AbortSignal
  /** Milliseconds one try may take, default 60,000. */
  timeout?: number
  /** For POSTs: repeat the call with the same one within 24 hours and it happens once. Default: a random one per call. */
  idempotencyKey?: string
}

export interface HttpOptions {
  apiKey: string | undefined
  /** Origin of the server, without a slash at the end. */
  baseUrl: string
  /** Tries after the first. */
  maxRetries: number
  timeout: number
  fetch: typeof globalThis.fetch
}

export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'

/** Longest that a Retry-After is obeyed; a longer one is the caller's to wait for. */
const mostPatienceMs = 60_000

export class Http {
  readonly #options: HttpOptions

  constructor(options: HttpOptions) {
    this.#options = options
  }

  /** The answer as JSON. Throws a PennypostError, or the reason of `signal`. */
  async call<T>(method: Method, path: string, input?: object, options: RequestOptions = {}): Promise<T> {
    const inQuery = method === 'GET' || method === 'DELETE'
    const body = !inQuery && input !== undefined ? JSON.stringify(input, bytesAsBase64) : undefined
    const headers: Record<string, string> = { accept: 'application/json' }
    if (this.#options.apiKey) headers.authorization = `Bearer ${this.#options.apiKey}`
    if (body !== undefined) headers['content-type'] = 'application/json'
    if (method === 'POST') headers['idempotency-key'] = options.idempotencyKey ?? (await webCrypto()).randomUUID()
    const at = path + (inQuery ? queryOf(input) : '')
    return this.#tries(
      options,
      signal => this.#fetch(at, { method, headers, signal, ...(body === undefined ? {} : { body }) }),
      async answer => readJson<T>(answer.status, await answer.text()),
    )
  }

  /** A list whose pages are fetched as they are needed. */
  list<T>(method: Method, path: string, input: object = {}, options?: RequestOptions): List<T> {
    return new List(cursor => this.call<Page<T>>(method, path, cursor === undefined ? input : { ...input, cursor }, options))
  }

  /** The bytes behind a link of this server (a signed one: it needs no key). */
  async bytes(url: string, options: RequestOptions = {}): Promise<Uint8Array> {
    const { pathname, search } = new URL(url, this.#options.baseUrl)
    return this.#tries(
      options,
      signal => this.#fetch(pathname + search, { signal }),
      async answer => new Uint8Array(await answer.arrayBuffer()),
    )
  }

  /** Redirects are not followed: one would turn a POST into a GET, and take the key elsewhere. */
  #fetch(at: string, init: RequestInit): Promise<Response> {
    return this.#options.fetch(this.#options.baseUrl + at, { ...init, redirect: 'manual' })
  }

  async #tries<T>(
    options: RequestOptions,
    send: (signal: AbortSignal) => Promise<Response>,
    read: (answer: Response) => Promise<T>,
  ): Promise<T> {
    for (let tried = 0; ; tried++) {
      const { value, error, retryAfter } = await this.#once(options, send, read)
      if (!error) return value as T
      const wait = retryAfter ?? backoffMs(tried)
      if (!error.retryable || tried >= this.#options.maxRetries || wait > mostPatienceMs) throw error
      await pause(wait, options.signal)
    }
  }

  async #once<T>(
    { signal, timeout = this.#options.timeout }: RequestOptions,
    send: (signal: AbortSignal) => Promise<Response>,
    read: (answer: Response) => Promise<T>,
  ): Promise<{ value?: T; error?: PennypostError; retryAfter?: number | undefined }> {
    signal?.throwIfAborted()
    const controller = new AbortController()
    const stop = () => controller.abort(signal?.reason)
    signal?.addEventListener('abort', stop, { once: true })
    const late = new PennypostError('timeout', `No answer within ${timeout} ms.`)
    const timer = setTimeout(() => controller.abort(late), timeout)
    try {
      const answer = await send(controller.signal)
      if (answer.ok) return { value: await read(answer) }
      const error = refusalOf(answer.status, await answer.text(), this.#options.apiKey !== undefined)
      return { error, retryAfter: readRetryAfter(answer.headers.get('retry-after')) }
    } catch (cause) {
      signal?.throwIfAborted()
      if (cause instanceof PennypostError) return { error: cause }
      if (controller.signal.aborted) return { error: late }
      return { error: new PennypostError('network', `No answer from ${this.#options.baseUrl}: ${causeOf(cause)}`, { cause }) }
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
    }
  }
}

/** A page of somebody else's, such as the sign-in of a proxy, is no answer of ours. */
const readJson = <T>(status: number, text: string): T => {
  try {
    return JSON.parse(text) as T
  } catch {
    throw refusalOf(status, text, true)
  }
}

/** What undici hides one level down is what people need to read. */
const causeOf = (error: unknown): string => {
  const { message, cause } = error as { message?: string; cause?: { message?: string; code?: string } }
  return cause?.message || cause?.code || message || String(error)
}

/** Seconds, or a date (RFC 9110 §10.2.3) → milliseconds from now. */
const readRetryAfter = (header: string | null): number | undefined => {
  if (header === null) return undefined
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now()
  return Number.isNaN(ms) ? undefined : Math.max(0, ms)
}

/** Half a second, doubled with each try, at most eight; spread, so that many clients do not come back at once. */
const backoffMs = (tried: number): number => Math.min(8000, 500 * 2 ** tried) * (0.5 + Math.random() / 2)

/** Rejects with the reason of `signal` as soon as it is aborted. */
const pause = (ms: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, ms)
    if (signal?.aborted) stop()
    else signal?.addEventListener('abort', stop, { once: true })
  })

/** `{ limit: 5, metadata: { k: 'v' } }` → `?limit=5&metadata[k]=v` */
const queryOf = (input: object | undefined): string => {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(input ?? {})) {
    if (value === undefined || value === null) continue
    if (Array.isArray(value)) for (const item of value) query.append(name, String(item))
    else if (typeof value === 'object')
      for (const [key, item] of Object.entries(value)) query.append(`${name}[${key}]`, String(item))
    else query.append(name, String(value))
  }
  const text = query.toString()
  return text ? `?${text}` : ''
}

/** Bytes travel as base64. Reads `this`, because Node's Buffer has already turned itself into something else. */
function bytesAsBase64(this: unknown, key: string, value: unknown): unknown {
  const bytes = (this as Record<string, unknown>)[key]
  if (!(bytes instanceof Uint8Array)) return value
  let binary = ''
  for (let at = 0; at < bytes.length; at += 0x8000) binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000))
  return btoa(binary)
}
