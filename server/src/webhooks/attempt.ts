/** One attempt: an event in its endpoint's words, posted once, and what that means for the delivery. Writes nothing. */
import { webhookDialects } from '../dialects/products.ts'
import { newId, publicId } from '../kernel/ids.ts'
import { type Fetched, FetchRefused } from '../kernel/net/fetch.ts'
import type { App } from '../platform.ts'
import type { AttemptRow, Claimed } from './dispatch.sql.ts'
import { standardWebhooks, type WebhookDialect } from './sign.ts'

/** Seconds before each attempt: the example of Standard Webhooks, 75.6 hours in all. */
const schedule = [0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]
/** Each wait is longer by a random part of this share, so that what failed together does not come back together. */
const jitter = 0.2
const longestRetryAfterMs = 86_400_000
/** For DNS, connecting, TLS, sending and the whole answer. */
export const deadlineMs = 15_000
/** More of an answer than this is not read. */
const maxAnswerBytes = 16_384
const excerptLength = 1000

/** The context under which an endpoint's secrets are sealed. */
export const secretContext = (endpointId: string): string => `webhook_endpoints.secret:${endpointId}`

export const dialectOf = (name: string): WebhookDialect => webhookDialects[name] ?? standardWebhooks

/** Rejects only when `signal` cuts it off. */
export const attempt = async (app: App, delivery: Claimed, signal?: AbortSignal): Promise<AttemptRow> => {
  const at = app.clock.now()
  const started = performance.now()
  const answer = await post(app, delivery, at, signal).catch((error: unknown) => error as Error)
  signal?.throwIfAborted()
  const made = {
    id: newId(),
    delivery_id: delivery.id,
    organization_id: delivery.organization_id,
    endpoint_id: delivery.endpoint_id,
    attempt: delivery.attempts + 1,
    duration_ms: Math.round(performance.now() - started),
    created_at: at,
  }
  if (answer instanceof Error) {
    if (!(answer instanceof FetchRefused))
      app.log.error({ delivery: delivery.id, error: answer.message }, 'webhook could not be made')
    const error =
      answer instanceof FetchRefused
        ? answer.message
        : 'The webhook could not be made; the operator of this server finds the reason in its log.'
    return { ...made, status: null, error, response_excerpt: null, ...afterFailure(app, delivery) }
  }
  const logged = { ...made, status: answer.status, response_excerpt: excerpt(answer.body) }
  if (answer.status >= 200 && answer.status < 300) return { ...logged, error: null, state: 'delivered', next_attempt_at: null }
  return { ...logged, error: `It answered ${answer.status}; only 2xx means received.`, ...afterFailure(app, delivery, answer) }
}

const post = async (app: App, delivery: Claimed, at: Date, signal?: AbortSignal): Promise<Fetched> => {
  const { encode, headers } = dialectOf(delivery.dialect)
  const event = {
    id: publicId('event', delivery.event_id),
    type: delivery.type,
    created_at: delivery.happened_at,
    sequence: delivery.sequence,
    livemode: delivery.livemode,
    data: delivery.data,
  }
  const [newest, ...previous] = delivery.secrets
  const open = (sealed: string) => app.sealer.open(sealed, secretContext(delivery.endpoint_id))
  const body = encode(event)
  return app.fetch(delivery.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'user-agent': 'Pennypost',
      'webhook-sequence': String(event.sequence),
      ...headers(body, [open(newest), ...previous.map(open)], event, at),
    },
    body,
    timeoutMs: deadlineMs,
    maxResponseBytes: maxAnswerBytes,
    ...(signal ? { signal } : {}),
  })
}

/** A test is tried once, for its outcome is looked at; 410 means never again; anything else is tried until the schedule ends. */
const afterFailure = (
  app: App,
  { type, attempts, dialect }: Claimed,
  answer?: Fetched,
): Pick<AttemptRow, 'state' | 'next_attempt_at'> => {
  const wait = (dialectOf(dialect).schedule ?? schedule)[attempts + 1]
  if (wait === undefined || type === 'webhook.test' || answer?.status === 410) return { state: 'failed', next_attempt_at: null }
  const now = app.clock.now().getTime()
  const planned = wait * 1000 * (1 + jitter * Math.random())
  const asked = answer && (answer.status === 429 || answer.status === 503) ? retryAfter(answer.headers['retry-after'], now) : 0
  return { state: 'pending', next_attempt_at: new Date(now + Math.max(planned, asked)) }
}

/** Retry-After, seconds or a date (RFC 9110 §10.2.3), in ms from now: 0 when it is neither or past, a day at most. */
const retryAfter = (header: string | undefined, now: number): number => {
  const ms = header === undefined ? 0 : /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now
  return Math.min(Math.max(ms || 0, 0), longestRetryAfterMs)
}

/** What PostgreSQL can store of the beginning of an answer, be it text or not. */
const excerpt = (body: Buffer): string =>
  body
    .toString('utf8', 0, excerptLength * 4)
    .slice(0, excerptLength)
    .replaceAll('\0', '�')
    .toWellFormed()
