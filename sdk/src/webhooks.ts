/** Is that webhook really from the server? Standard Webhooks 1.0.0 (the headers of Svix are the same under another name). */
import { PennypostError } from './error.ts'
import { WebhooksResource } from './generated/resources.ts'
import type { EventType } from './generated/schemas.ts'
import { webCrypto } from './web-crypto.ts'

export interface WebhookEvent {
  /** The same at every attempt: what was handled already can be told by it. */
  id: string
  type: EventType
  created_at: string
  /** Of two events of one thing the larger happened later: webhooks may arrive in another order. */
  sequence: number
  /** False: it happened in test mode. */
  livemode: boolean
  /** What it happened to, as it was then. */
  data: Record<string, unknown>
}

export type WebhookHeaders = Headers | Record<string, string | string[] | undefined>

export interface VerifyOptions {
  /** How far the timestamp may be from now, default 300. */
  toleranceSeconds?: number
  /** Milliseconds, default Date.now(). */
  now?: number
}

/**
 * Checks the signature and the age, then reads the event. `payload` is the body exactly as it came, before any JSON parser.
 * Throws a PennypostError with code `invalid_signature`.
 */
export const verifyWebhook = async (
  payload: string | Uint8Array | ArrayBuffer,
  headers: WebhookHeaders,
  secret: string,
  { toleranceSeconds = 300, now = Date.now() }: VerifyOptions = {},
): Promise<WebhookEvent> => {
  const [id, timestamp, signatures] = ['id', 'timestamp', 'signature'].map(
    name => header(headers, `webhook-${name}`) ?? header(headers, `svix-${name}`),
  )
  if (!id || !timestamp || !signatures)
    throw invalid('The headers webhook-id, webhook-timestamp and webhook-signature are needed.')
  const age = Math.abs(now / 1000 - Number(timestamp))
  if (!/^\d{1,15}$/.test(timestamp) || age > toleranceSeconds) throw invalid('The timestamp is too far from now.')

  const body = typeof payload === 'string' ? new TextEncoder().encode(payload) : new Uint8Array(payload)
  const start = new TextEncoder().encode(`${id}.${timestamp}.`)
  const signed = new Uint8Array(start.length + body.length)
  signed.set(start)
  signed.set(body, start.length)

  const { subtle } = await webCrypto()
  const key = await subtle.importKey('raw', keyOf(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['verify'])
  for (const one of signatures.split(' ')) {
    const given = one.startsWith('v1,') ? bytesOf(one.slice(3)) : undefined
    if (given && (await subtle.verify('HMAC', key, given, signed)))
      return JSON.parse(new TextDecoder().decode(body)) as WebhookEvent
  }
  throw invalid('No signature is right for this secret and body.')
}

/** The endpoints of webhooks, and the check of what they receive. */
export class Webhooks extends WebhooksResource {
  readonly verify = verifyWebhook
}

const invalid = (message: string) =>
  new PennypostError('invalid_signature', message, { details: { retryable: false }, fix: 'Answer 401 and do not act on it.' })

/** The text of the secret after `whsec_` is base64 of the key. */
const keyOf = (secret: string): Uint8Array<ArrayBuffer> => {
  const key = bytesOf(secret.replace(/^whsec_/, ''))
  if (!key || key.length === 0) throw new TypeError('The webhook secret is not one: it looks like whsec_…')
  return key
}

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> | undefined => {
  try {
    return Uint8Array.from(atob(base64), letter => letter.charCodeAt(0))
  } catch {
    return undefined
  }
}

const header = (headers: WebhookHeaders, name: string): string | undefined => {
  if (headers instanceof Headers) return headers.get(name) ?? undefined
  const found = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1]
  return Array.isArray(found) ? found[0] : found
}
