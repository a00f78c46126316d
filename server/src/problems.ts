/**
 * Every refusal, once: what it is called, its HTTP status, whether trying again can help, what it says and how to mend
 * it. Domains throw `problem('code', …)` and know nothing of HTTP; each surface reads this table. `{words}` are filled in.
 */
/** Every status a refusal can have. */
export type HttpStatus = 400 | 401 | 402 | 403 | 404 | 408 | 409 | 410 | 413 | 415 | 422 | 429 | 500 | 503

export interface Refusal {
  http: HttpStatus
  retryable: boolean
  message: string
  fix: string
}

const row = (http: HttpStatus, message: string, fix: string, retryable = false): Refusal => ({ http, retryable, message, fix })

export const refusals = {
  unauthorized: row(
    401,
    'The API key is missing, mistyped, expired or revoked.',
    'Send "Authorization: Bearer <key>" with a key that is active.',
  ),
  forbidden: row(403, 'This key does not have the scope {scope}.', 'Use a key that has it, or make one with POST /v1/api-keys.'),
  not_found: row(404, 'There is no such {what}.', 'Check the id. Ids of another organization or mode answer as unknown ones.'),
  gone: row(
    410,
    'The bytes of this {what} are lost.',
    'They cannot be had from here any more; ask whoever sent it to send it again.',
  ),
  no_such_route: row(404, 'There is no {method} {path}.', 'See /docs for the list of endpoints.'),
  invalid_input: row(422, 'The request is not valid: {summary}', 'Correct the fields named in errors.'),
  invalid_json: row(400, 'The body is not valid JSON.', 'Send a JSON object with Content-Type: application/json.'),
  unsupported_media_type: row(
    415,
    'The body is of a kind this endpoint does not read.',
    'Send application/json, or multipart/form-data where files are taken.',
  ),
  invalid_http: row(400, 'This is not a valid HTTP request.', 'Send HTTP/1.1; check what stands between you and this server.'),
  request_timeout: row(
    408,
    'The request did not arrive within {seconds} seconds.',
    'Send it again, over a faster connection or in smaller parts.',
    true,
  ),
  too_large: row(413, 'The body is larger than {limit}.', 'Send less in one request.'),
  insufficient_balance: row(
    402,
    'Your organization does not have enough credit for this.',
    'Top up the wallet, then send again.',
  ),
  rate_limited: row(429, 'Too many requests.', 'Wait for the seconds in Retry-After, then try again.', true),
  idempotency_key_invalid: row(400, 'Idempotency-Key must be 1 to 255 visible characters.', 'Send a UUID, for instance.'),
  idempotency_key_reused: row(
    422,
    'This Idempotency-Key was used for a different request.',
    'Use a new key for a new request; repeat the same body to get the first answer again.',
  ),
  idempotency_in_flight: row(
    409,
    'A request with this Idempotency-Key is still being worked on.',
    'Try again in a moment to get its answer.',
    true,
  ),
  address_taken: row(409, 'The address {email} is taken.', 'Choose another address.'),
  domain_not_yours: row(
    422,
    'You cannot have addresses at {domain}.',
    'Add and verify the domain first, or use an address at {mail_domain}.',
  ),
  domain_taken: row(
    409,
    'The domain {domain} is verified by another organization.',
    'If it is yours, have the other organization remove it first.',
  ),
  domain_not_verified: row(
    403,
    'Mail cannot be sent from {domain}: the domain is not verified.',
    'GET /v1/domains/{domain} says what its DNS lacks; mend that, then POST /v1/domains/{domain}/verify.',
  ),
  domain_in_use: row(409, 'There are {count} inboxes at {domain}.', 'Delete them first; their messages go with them.'),
  already_exists: row(409, 'The {what} exists already.', 'Use the one that exists.'),
  url_refused: row(422, 'The URL cannot be used: {reason}', 'Give a public http or https URL.'),
  not_cancellable: row(409, 'This {what} is {status} and can no longer be changed that way.', 'Only a {allowed} one can.'),
  content_changed: row(
    409,
    'This is not what was held, or not what you have read.',
    'Read it again and decide about what it is now; what was changed after it was held can only be rejected.',
  ),
  live_only: row(
    403,
    'A test key cannot do this: the {what} belongs to live mode.',
    'Use a live key. A test key changes and deletes only what it made itself.',
  ),
  test_only: row(403, 'This works with test keys only.', 'Make a key with mode "test".'),
  key_under_hold: row(403, 'This key is under hold: it makes and revokes no other keys.', 'Use a key without hold.'),
  reply_limit: row(
    429,
    'This inbox has answered {count} times in this thread within an hour; two machines may be answering each other.',
    'Wait for the seconds in Retry-After, or raise reply_cap of the inbox. Mark answers nobody asked for with automatic: true.',
    true,
  ),
  automatic_loop: row(
    409,
    'The mail to answer was written by a machine, and so would the answer be: they could go on for ever (RFC 3834).',
    'Do not answer it. If a person asked for this answer, leave automatic out.',
  ),
  held_limit: row(429, 'The daily cap of this {what} is reached.', 'Wait until tomorrow (UTC) or raise the cap.', true),
  payments_off: row(503, 'This server takes no online payments.', 'Ask its operator for credit.'),
  unavailable: row(503, 'The server cannot do this right now.', 'Try again in a moment.', true),
  internal: row(500, 'Something went wrong here.', 'Try again; if it stays, report the request_id.', true),
} as const satisfies Record<string, Refusal>

export type ProblemCode = keyof typeof refusals

/** One field that was refused: where (`/to/0`, a JSON pointer) and why. */
export interface FieldError {
  path: string
  message: string
  /** What was made out of the value, for a program to go on with. */
  guess?: object
}

export class Problem extends Error {
  readonly code: ProblemCode
  readonly fix: string
  readonly errors: FieldError[] | undefined
  /** Facts a surface may show beside the message, such as balance and cost for insufficient_balance. */
  readonly facts: Record<string, string | number>
  constructor(code: ProblemCode, facts: Record<string, string | number> = {}, errors?: FieldError[]) {
    const fill = (template: string) => template.replace(/\{(\w+)\}/g, (_, word: string) => String(facts[word] ?? word))
    super(fill(refusals[code].message))
    this.code = code
    this.fix = fill(refusals[code].fix)
    this.facts = facts
    this.errors = errors
  }
}

/** Seconds after which the same request may succeed, where that can be told: for the header Retry-After. */
export const retryAfter = ({ code, facts }: Problem): number | undefined => {
  if (typeof facts.retry_after === 'number') return facts.retry_after
  return code === 'unavailable' ? 5 : code === 'idempotency_in_flight' ? 1 : undefined
}

export const problem = (code: ProblemCode, facts?: Record<string, string | number>) => new Problem(code, facts)

/** Refuses input field by field. */
export const invalid = (...errors: FieldError[]) =>
  new Problem(
    'invalid_input',
    {
      summary: errors
        .map(e => `${e.path || '/'} ${e.message}`)
        .slice(0, 3)
        .join('; '),
    },
    errors,
  )
