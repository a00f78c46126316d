/** What MailboxKit's document states beyond its endpoints (whose examples are in examples/), and the test that shows each. */
import type { Statement } from '../dialect.ts'

const here = (section: string, shown: string, ...states: string[]): Statement[] =>
  states.map(each => ({ section, states: each, shown }))

const doc = 'document.test.ts'

export const statements: readonly Statement[] = [
  ...here('Quick start', 'shown.test.ts: curl: the quick start', 'Register, send and set up a webhook with three curl commands.'),
  ...here(
    'Self-registration',
    'rate-limits.test.ts: limits of registration',
    '5 registrations per IP per hour, 3 per owner email per hour; then 429.',
  ),
  ...here(
    'Self-registration',
    'examples/inboxes.json: self-registration answers five fields',
    'No key is needed; api_key, email, inbox_id, owner_email and message come back, the key only now.',
  ),
  ...here(
    'Self-registration',
    'server/src/accounts/ownership-claims.test.ts: mails the owner',
    'The human owner can claim the account.',
  ),
  ...here(
    'Self-registration',
    'sdk/test/examples.test.ts: /skill.md: every command of the guide',
    '/skill.md is a guide for agents.',
  ),
  ...here(
    'Authentication',
    `${doc}: a key is mbk_live_ or mbk_test_`,
    'Authorization: Bearer; keys begin with mbk_.',
    'Keys are masked in lists, shown once, and can be revoked.',
  ),
  ...here(
    'Node.js SDK',
    'sdk/test/pack.test.ts: run a program written for MailboxKit after its import is changed',
    'new MailboxKit() reads MAILBOXKIT_API_KEY and MAILBOXKIT_INBOX_ID, or takes { apiKey }.',
    'send, reply, waitFor (texts and regular expressions, timeout), register.',
  ),
  ...here('Node.js SDK', 'sdk/test/pack.test.ts: have types that hold up in a strict project', 'Full TypeScript definitions.'),
  ...here(
    'MCP server',
    'sdk/test/pack.test.ts: hold an MCP server that talks over stdio',
    'An MCP server started with npx, configured by MAILBOXKIT_API_KEY and MAILBOXKIT_INBOX_ID.',
  ),
  ...here(
    'MCP server',
    'mcp/test/http.test.ts: answers the eight tools',
    'send_email, check_inbox, read_message, reply_to_email, wait_for_email, list_inboxes, create_inbox, search_messages.',
  ),
  ...here(
    'Messages',
    `${doc}: five files of 10 MB go out`,
    'Files as base64 in JSON or as parts of a form; at most 5, of 10 MB each.',
  ),
  ...here(
    'Messages',
    `${doc}: the text of a mail that is HTML alone is extracted`,
    'extracted_text is the plain text of the HTML body.',
  ),
  ...here(
    'Messages',
    `${doc}: search looks where and when it is told`,
    'Search takes query, inbox_id, fields, date_from, date_to.',
  ),
  ...here('Messages', 'examples/messages.json: a page, and the next', 'Lists of messages have pages.'),
  ...here(
    'Threads',
    `${doc}: threads keep a conversation together`,
    'Messages are grouped by References and In-Reply-To; a reply keeps its thread.',
  ),
  ...here('Inboxes', `${doc}: threads keep a conversation together`, 'Deleting an inbox deletes all its messages.'),
  ...here('Webhooks', `${doc}: can be tried, log their attempts`, 'A test payload can be sent; attempts are logged.'),
  ...here(
    'Domains',
    'server/test/flows/domains-signing.test.ts: a verified domain signs with both keys',
    'A verified domain sends mail that is signed with DKIM.',
  ),
  ...here(
    'Domains',
    'server/test/flows/postfix.test.ts: has the mail in a mailbox',
    'Mail of a verified domain arrives at a real Postfix and verifies there.',
  ),
  ...here(
    'Webhook events',
    `${doc}: tell all nine events in the documented form`,
    'message.received, .sent, .delivered, .bounced, .opened, .complained, .rejected, inbox.created, inbox.deleted.',
    'Payload: event, timestamp, data; a message with its attachments, each with a URL.',
    'X-MailboxKit-Signature: HMAC-SHA256 of the body in hex, with the secret of the webhook.',
  ),
  ...here(
    'Webhook signatures',
    "server/src/webhooks/sign.test.ts: MailboxKit's snippets verify our bytes",
    'The snippets for Python and Node verify what we send.',
  ),
  ...here(
    'Sandbox mode',
    `${doc}: sandbox: mail is recorded`,
    'A key made with "test": true begins with mbk_test_; mail is recorded, listed, read and searched, not sent, not charged.',
  ),
  ...here(
    'Idempotency',
    `${doc}: idempotency: the first answer again`,
    'Idempotency-Key on POST: the original response, with X-Idempotent-Replayed: true.',
    'Keys belong to the API key; GET and DELETE have none.',
  ),
  ...here('Idempotency', 'server/src/jobs/prune.test.ts: Idempotency-Keys last 24 hours', 'Keys last 24 hours.'),
  ...here(
    'Rate limits',
    'rate-limits.test.ts: limits: 1,000 a minute',
    '1,000 requests a minute and 50,000 a day for each key; X-RateLimit-Limit, -Remaining, -Reset; 429 with Retry-After.',
  ),
  ...here(
    'Billing',
    `${doc}: a mail costs $0.002`,
    '$0.002 for a mail, $0.001 for each attachment, $1.00 of free credit (500 mails).',
  ),
  ...here(
    'Billing',
    `${doc}: an empty wallet: 402 tells an agent everything`,
    'send and reply answer 402 with action, billing_url, docs_url, balance, cost and emails_remaining.',
    'Receiving and reading go on without credit.',
  ),
  ...here('Billing', 'server/src/billing/payments.test.ts: mails the owner once a day', 'The owner is mailed a link to top up.'),
  ...here('Errors', `${doc}: a key is mbk_live_ or mbk_test_`, '401: invalid or missing key.'),
  ...here(
    'Errors',
    `${doc}: somebody else’s inbox and message answer as ones that nobody has`,
    'An inbox or message that is not yours is refused, and looks like one that nobody has (404, decision 10).',
  ),
  ...here('Errors', 'examples/messages.json: validation error by field', '422: validation error.'),
  ...here(
    'Integration examples',
    'shown.test.ts: Python: the functions of the examples for OpenAI, LangChain and CrewAI',
    'OpenAI function calling, LangChain and CrewAI.',
  ),
  ...here('Integration examples', 'shown.test.ts: curl and jq: every command of the OpenClaw skill', 'OpenClaw skill.'),
]
