/** What MailStream's pages state, none of it an endpoint, and the test that shows each. */
import type { Statement } from '../dialect.ts'

const here = (section: string, shown: string, ...states: string[]): Statement[] =>
  states.map(each => ({ section, states: each, shown }))

const examples = 'examples/mailstream.json'
const flow = 'server/test/flows/post-pieces.test.ts'

export const statements: readonly Statement[] = [
  ...here('Quick start', `${examples}: a postcard in one call`, 'One call with recipient and creative sends a postcard.'),
  ...here('Quick start', `${flow}: goes from a call to the mailbox`, 'The API covers the whole life: create, send, track;'),
  ...here(
    'Quick start',
    'server/src/post/checkout/checkout.test.ts: a campaign in the sandbox, from order to analytics',
    'and analyze, by order.',
  ),
  ...here(
    'Quick start',
    'server/src/post/drops/drops.test.ts: is the next one that begins in an hour or more',
    'Printed and shipped within 24 hours: the next day’s drop, which is never on a Sunday or a postal holiday.',
  ),
  ...here('Bearer token auth', `${examples}: no key`, 'Authorization: Bearer; no OAuth, no sessions.'),
  ...here('Bearer token auth', 'mailstream.test.ts: mints, lists and revokes keys', 'Keys are generated and rotated.'),
  ...here('Versioned API', 'mailstream.test.ts: changes only its host', 'Every endpoint is under /v1.'),
  ...here(
    'Sandbox mode',
    'mailstream.test.ts: answers alike in both modes',
    'Test keys print and charge nothing; answers mirror production.',
  ),
  ...here('Sandbox mode', `${flow}: goes from a call to the mailbox`, 'Sandbox webhooks are the real ones.'),
  ...here(
    'Idempotency keys',
    `${flow}: answers the same idempotency key with the same piece`,
    'An Idempotency-Key on a POST prevents a second sending.',
  ),
  ...here('Idempotency keys', 'mailstream.test.ts: takes an idempotency key on every POST', 'Any POST takes one.'),
  ...here(
    'Pagination & filtering',
    `${flow}: lists with cursors and filters`,
    'Lists have cursors, and filters by status, date range and metadata.',
  ),
  ...here(
    'Webhooks',
    `${flow}: goes from a call to the mailbox`,
    'mail.created, mail.printed, mail.in_transit, mail.delivered, and mail.mailed between them.',
    'data is the complete piece.',
    'X-MailStream-Signature: HMAC-SHA256 of the body with the secret of the webhook.',
  ),
  ...here(
    'Webhooks',
    'mailstream.test.ts: tells of what went wrong, too',
    'mail.returned, mail.failed and mail.cancelled: the lifecycle is covered to its end.',
  ),
  ...here(
    'Webhooks',
    `${flow}: tells the same event again, under the same id, until it was heard`,
    'What was not answered with 2xx comes again, under the id of the original event.',
  ),
  ...here('Webhooks', 'mailstream.test.ts: tries five times in a day', 'Exponential backoff, at most 5 attempts over 24 hours.'),
  ...here(
    'Webhooks',
    'mailstream.test.ts: tells of what went wrong, too',
    'Several endpoints for an account, each with events of its own.',
  ),
  ...here('Webhooks', `${examples}: the log`, 'A log of deliveries.'),
  ...here('Webhooks', `${examples}: the payload of a delivery`, 'It has the payload of each.'),
  ...here('Webhooks', `${examples}: response status and retries`, 'It has the response status and the retries.'),
  ...here('SDKs & libraries', 'mailstream.test.ts: changes only its host', 'A straightforward REST API for any HTTP client.'),
  ...here(
    'Quick start',
    'server/src/dialects/reading.test.ts: MailStream: nested fields as well, and stored with the answer of an Idempotency-Key',
    'Not in the document: fields that are not read are ignored, and named in `ignored` of the answer, nested ones by their path.',
  ),
]
