/** What Mailbots' document states beyond its endpoints (whose examples are in examples/), and the test that shows each. */
import type { Statement } from '../dialect.ts'

const here = (section: string, shown: string, ...states: string[]): Statement[] =>
  states.map(each => ({ section, states: each, shown }))

const own = 'mailbots.test.ts'
const orders = 'examples/orders.json'

export const statements: readonly Statement[] = [
  ...here(
    'Authentication',
    `${own}: mints keys with its prefixes`,
    'Authorization: Bearer; keys begin with mb_live_ or mb_test_.',
    'A key is returned once, listed masked, and dead when it is revoked.',
  ),
  ...here(
    'Endpoints',
    `${own}: lets a key do what its scopes say`,
    'Each endpoint needs the scope the table names, and no other; a webhook also those of the events it names.',
  ),
  ...here(
    'Endpoints',
    `${orders}: create, as their document shows it`,
    'An order is made of quantity, message and campaign options.',
  ),
  ...here('Endpoints', `${orders}: details, drops, payment status`, 'GET /orders/:id answers details, drops and payment status.'),
  ...here('Endpoints', `${orders}: message, sender, return address`, 'PATCH changes message, sender info and return address.'),
  ...here('Endpoints', `${orders}: cancel a draft, once`, 'PATCH cancels a draft.'),
  ...here(
    'Endpoints',
    `${own}: cancels what is not paid; what is paid`,
    'DELETE cancels a draft or pre-payment order, and refuses a paid one; the native DELETE cancels that until its first drop locks.',
  ),
  ...here('Endpoints', `${own}: takes a list as CSV or XLSX`, 'The recipient list is uploaded as multipart CSV or XLSX.'),
  ...here('Endpoints', `${orders}: per piece`, 'Tracking of an order: the USPS events of each piece.'),
  ...here('Endpoints', `${orders}: a timeline`, 'Tracking of a piece: its timeline.'),
  ...here('Endpoints', `${orders}: delivery, scans, responses`, 'Analytics: delivery rate, QR scans, response counts.'),
  ...here('Endpoints', 'examples/webhooks-and-keys.json: profile, credit, plan', 'The account: profile, credit balance, plan.'),
  ...here('Endpoints', 'examples/webhooks-and-keys.json: disable', 'DELETE disables a webhook.'),
  ...here(
    'Examples',
    `${own}: runs the commands of the document`,
    'Create an order, list mailed orders, pull tracking, register a webhook: as their commands show it.',
    'The answer to a new order holds its id; the list goes to /orders/:id/recipients next, payment to /orders/:id/checkout.',
  ),
  ...here(
    'Webhooks',
    `${own}: tells of every documented event in its own words, signed as documented`,
    'JSON is POSTed with X-Mailbots-Event and X-Mailbots-Signature: sha256= and the hex HMAC-SHA256 of the raw body.',
    'verifyMailbotsSignature of the document, word for word, accepts every delivery.',
    'event and order_id stand at the top of the body.',
    'order.created: a draft was made.',
    'order.paid: payment cleared.',
    'order.production_started: the vendor began.',
    'order.mailed: the campaign is at the post office.',
    'piece.delivered: one piece was delivered.',
    'piece.returned: one piece came back.',
    'qr.scanned: a recipient scanned the code.',
  ),
  ...here(
    'Webhooks',
    'examples/webhooks-and-keys.json: register, as their document shows it',
    'Registering answers the secret, once; listing does not.',
  ),
  ...here(
    'Permission scopes',
    `${own}: mints keys with its prefixes`,
    'Scopes are selected when a key is made; without a selection it carries all.',
  ),
  ...here(
    'Pagination',
    `${orders}: list, default page`,
    'limit and offset; the default limit is 20; pagination.total holds the number of rows.',
  ),
  ...here('Pagination', `${orders}: limit is at most 100`, 'The limit is at most 100.'),
  ...here('Test mode', 'server/src/post/orders/orders.test.ts: in test mode for nothing', 'Test orders never charge real money.'),
  ...here(
    'Test mode',
    'server/src/post/orders/orders.test.ts: is invisible to the other mode',
    'Live and test orders are apart.',
  ),
  ...here(
    'Rate limits',
    `${own}: takes 60 requests a minute, 30 of them lists, and says when to come back`,
    '60 requests a minute per key, lists 30; then 429 with Retry-After.',
  ),
  ...here('Error codes', `${own}: answers the documented statuses`, '401: no key, a malformed one, a revoked one.'),
  ...here('Error codes', `${own}: lets a key do what its scopes say`, '403: the scope is missing.'),
  ...here('Error codes', `${own}: answers the documented statuses`, '404: no such order, piece or webhook.'),
  ...here('Error codes', `${orders}: a validation error has details`, '400: a validation error, with details.'),
  ...here('Error codes', `${own}: answers the documented statuses`, '500: a server error, which may be tried again.'),
  ...here(
    'Endpoints',
    'server/src/dialects/reading.test.ts: Mailbots: orders, drops, addresses, keys, webhooks, queries',
    'Not in the document: fields that are not read are ignored, and named in `ignored` of the answer, nested ones by their path.',
  ),
]
