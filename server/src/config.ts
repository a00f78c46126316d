/**
 * The configuration: one row per key, and the only reader of the environment. A bad value stops the start with one
 * sentence that names the key and gives an example. `docs/config.md` is printed from this table.
 */
import { join, resolve } from 'node:path'

interface Row<T> {
  says: string
  example: string
  fallback: T
  secret?: boolean
  read(text: string): T | undefined
}

const text = (
  says: string,
  fallback: string,
  example: string,
  more: { secret?: boolean; pattern?: RegExp } = {},
): Row<string> => ({
  says,
  fallback,
  example,
  ...(more.secret ? { secret: true } : {}),
  read: value => (!more.pattern || more.pattern.test(value) ? value : undefined),
})
const integer = (says: string, fallback: number, min: number, max: number): Row<number> => ({
  says,
  fallback,
  example: String(fallback),
  read: value => (/^\d+$/.test(value) && Number(value) >= min && Number(value) <= max ? Number(value) : undefined),
})
const onOff = (says: string, fallback: boolean): Row<boolean> => ({
  says,
  fallback,
  example: fallback ? 'on' : 'off',
  read: value => (/^(on|1|true|yes)$/i.test(value) ? true : /^(off|0|false|no)$/i.test(value) ? false : undefined),
})
const list = (says: string, fallback: string[], example: string, item: RegExp): Row<string[]> => ({
  says,
  fallback,
  example,
  read: value => {
    const items = value
      .split(',')
      .map(part => part.trim())
      .filter(Boolean)
    return items.every(part => item.test(part)) ? items : undefined
  },
})

const domain = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i

export const rows = {
  PORT: integer('TCP port of the HTTP API. 0 picks a free one.', 3000, 0, 65535),
  SMTP_PORT: integer('TCP port of the SMTP server. 0 picks a free one.', 2525, 0, 65535),
  HOST: text('Address the servers listen on.', '0.0.0.0', '127.0.0.1'),
  OWN_SMTP: text(
    'SMTP server for mail to our own domains, host:port. Unset: the one of this process. Needed where workers run on machines without one.',
    '',
    'smtp.internal:2525',
    { pattern: /^(\[[0-9a-f:]+\]|[a-z0-9.-]+):\d{1,5}$/i },
  ),
  DATA_DIR: text('Folder for the embedded database, large blobs and generated keys.', './data', '/var/lib/pennypost'),
  DATABASE_URL: text(
    'PostgreSQL 15 or later. Unset: an embedded PostgreSQL is started in DATA_DIR.',
    '',
    'postgres://user:password@host:5432/pennypost',
    { secret: true, pattern: /^postgres(ql)?:\/\// },
  ),
  DATABASE_POOL: integer('Most connections one process keeps to PostgreSQL.', 20, 2, 500),
  PUBLIC_URL: text(
    'Where people and machines reach this server; links in answers and mails start with it. Unset: http://localhost:PORT.',
    '',
    'https://post.example.com',
    { pattern: /^https?:\/\/[^\s/]+\/?$/ },
  ),
  MAIL_DOMAIN: text(
    'Domain of the addresses handed out by registration. Point its MX record here.',
    'pennypost.localhost',
    'agents.example.com',
    { pattern: domain },
  ),
  MAIL_HOST: text(
    'Name this server’s SMTP is reached by, for MX records and greetings. Its A record must be the address mail is sent from. Unset: MAIL_DOMAIN.',
    '',
    'mx.example.com',
    { pattern: domain },
  ),
  OPERATOR_EMAIL: text(
    'Inbox of this server that gets what is written to postmaster@ and abuse@ of every domain whose owner has no such inbox. Unset: the first inbox of the organization made at the first start.',
    '',
    'ops@agents.example.com',
    { pattern: /^[^\s@]+@[^\s@]+$/ },
  ),
  SPF_MECHANISMS: text(
    'What an SPF record must hold to let this server send. Unset: a:MAIL_HOST. Behind a relay: what its operator says.',
    '',
    'include:spf.relay.example',
    { pattern: /^[a-z0-9]+(:\S+)?( [a-z0-9]+(:\S+)?)*$/ },
  ),
  OUTBOUND: text(
    'How mail leaves: direct (to the MX of each domain) or a relay.',
    'direct',
    'smtp://user:password@relay.example.com:587',
    { secret: true, pattern: /^(direct|smtps?:\/\/\S+)$/ },
  ),
  DNS_SERVERS: list(
    'Resolvers to ask instead of those of the system.',
    [],
    '127.0.0.1:5353',
    /^(\[[0-9a-f:]+\]|[0-9a-f.:]+?)(:\d+)?$/i,
  ),
  SMTP_TLS_CERT: text(
    'File of the certificate chain for STARTTLS (PEM). Unset: a self-signed one is made.',
    '',
    '/etc/ssl/mail.pem',
  ),
  SMTP_TLS_KEY: text('File of the private key for STARTTLS (PEM).', '', '/etc/ssl/mail.key'),
  SECRET_KEY: text(
    '32 bytes in base64 that seal secrets in the database. Unset: made once in DATA_DIR/secret.key. Several machines must share one.',
    '',
    'openssl rand -base64 32',
    { secret: true },
  ),
  BILLING: onOff('Prepaid wallet. Off: nothing is charged or refused.', true),
  EVENT_DAYS: integer('How long events and what was delivered of them by webhook are kept, in days.', 90, 1, 36_500),
  STARTING_CREDIT_MILLS: integer('Credit of a new organization in mills (1/1000 USD).', 1000, 0, 1_000_000_000),
  STRIPE_SECRET_KEY: text('Stripe API key; lets owners top up their wallet.', '', 'sk_live_…', { secret: true }),
  STRIPE_WEBHOOK_SECRET: text('Signing secret of the Stripe webhook endpoint.', '', 'whsec_…', { secret: true }),
  STRIPE_API_URL: text('Another server that speaks the Stripe API, for tests.', '', 'http://127.0.0.1:12111', {
    pattern: /^https?:\/\/\S+$/,
  }),
  ALLOW_PRIVATE_NETWORKS: onOff('Let webhooks and mail go to private and loopback addresses. For local development only.', false),
  RATE_LIMITS: onOff('Count requests per key and refuse too many.', true),
  TRUST_PROXY: onOff('Believe X-Forwarded-For: only behind a proxy that sets it.', false),
  VALKEY_URL: text('Valkey or Redis for rate limits shared by several processes.', '', 'redis://127.0.0.1:6379', {
    secret: true,
    pattern: /^(rediss?|valkeys?):\/\//,
  }),
  S3_BUCKET: text('Bucket for large blobs. Unset: DATA_DIR/blobs.', '', 'pennypost'),
  S3_ENDPOINT: text('Endpoint of an S3-compatible store. Unset: AWS.', '', 'https://s3.example.com', {
    pattern: /^https?:\/\/\S+$/,
  }),
  S3_REGION: text('Region of the bucket.', 'us-east-1', 'eu-central-1'),
  S3_ACCESS_KEY_ID: text('Access key for the bucket.', '', 'AKIA…', { secret: true }),
  S3_SECRET_ACCESS_KEY: text('Secret key for the bucket.', '', 'wJalr…', { secret: true }),
  MAILER_ID: text(
    'Your Mailer ID at the Postal Service. Unset: live pieces carry no Intelligent Mail barcode of ours, and no scans come back.',
    '',
    '900012345',
    { pattern: /^(9\d{8}|[0-8]\d{5})$/ },
  ),
  SERVICE_TYPE_ID: text('Service of the Intelligent Mail barcode: 310 is first-class with tracking.', '310', '270', {
    pattern: /^\d{3}$/,
  }),
  PERMIT_IMPRINT: text(
    'Lines of the permit imprint, separated by |. Unset: the corner stays free for a stamp.',
    '',
    'FIRST-CLASS MAIL|U.S. POSTAGE PAID|PORTLAND ME|PERMIT NO. 417',
    { pattern: /^[^|]+(\|[^|]+){0,4}$/ },
  ),
  CARRIER: text('Who prints and mails live pieces: hot-folder or lob.', 'hot-folder', 'lob', { pattern: /^(hot-folder|lob)$/ }),
  HOT_FOLDER: text('Folder shared with the print shop. Unset: DATA_DIR/hot-folder.', '', '/srv/print'),
  LOB_API_KEY: text('Key of your account at Lob, for CARRIER=lob and ADDRESS_PROVIDER=lob.', '', 'live_…', { secret: true }),
  LOB_API_URL: text('Another server that speaks the Lob API, for tests.', 'https://api.lob.com/v1', 'http://127.0.0.1:4010/v1', {
    pattern: /^https?:\/\/\S+$/,
  }),
  LOB_WEBHOOK_SECRET: text('Signing secret of the Lob webhook that posts to /tracking/lob.', '', '…', { secret: true }),
  ADDRESS_PROVIDER: text(
    'Who verifies the US addresses of live pieces: lob (with LOB_API_KEY). Unset: nobody, and no address is called deliverable.',
    '',
    'lob',
    { pattern: /^lob$/ },
  ),
  TRACKING_USER: text(
    'User name of the scan push of the Postal Service (IV-MTR) to /tracking/iv-mtr. Unset: it is refused.',
    '',
    'usps',
  ),
  TRACKING_PASSWORD: text('Password of that push.', '', 'openssl rand -hex 24', { secret: true }),
  LOG_LEVEL: text('fatal, error, warn, info, debug or silent.', 'info', 'info', {
    pattern: /^(fatal|error|warn|info|debug|trace|silent)$/,
  }),
  CHECK_OUTPUTS: onOff('Validate every answer against its schema. On in tests.', false),
} satisfies Record<string, Row<never> | Row<string> | Row<number> | Row<boolean> | Row<string[]>>

export type Config = { [K in keyof typeof rows]: (typeof rows)[K]['fallback'] }

/** A value that will not do; the message is for the operator. */
export class ConfigError extends Error {
  readonly told = true
}

/** Reads the environment against the table. Throws a ConfigError with a sentence for the operator. */
export const readConfig = (env: Record<string, string | undefined> = process.env): Config => {
  const config: Record<string, unknown> = {}
  for (const [key, row] of Object.entries(rows) as [keyof Config, Row<unknown>][]) {
    const given = env[key]?.trim()
    const value = given ? row.read(given) : row.fallback
    if (value === undefined) {
      const shown = row.secret ? 'The value given' : `"${given}"`
      throw new ConfigError(`${key}: ${shown} will not do. ${row.says} For example ${key}=${row.example}`)
    }
    config[key] = value
  }
  const read = config as Config
  if (Boolean(read.SMTP_TLS_CERT) !== Boolean(read.SMTP_TLS_KEY))
    throw new ConfigError(
      'SMTP_TLS_CERT and SMTP_TLS_KEY go together: give both files, or neither for a self-signed certificate.',
    )
  if (read.SECRET_KEY && Buffer.from(read.SECRET_KEY, 'base64').length !== 32)
    throw new ConfigError('SECRET_KEY: it must be 32 bytes in base64. Make one with: openssl rand -base64 32')
  if (read.S3_BUCKET && !(read.S3_ACCESS_KEY_ID && read.S3_SECRET_ACCESS_KEY))
    throw new ConfigError('S3_BUCKET: it needs S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY too.')
  const MAIL_DOMAIN = read.MAIL_DOMAIN.toLowerCase()
  const MAIL_HOST = read.MAIL_HOST.toLowerCase() || MAIL_DOMAIN
  if (Boolean(read.TRACKING_USER) !== Boolean(read.TRACKING_PASSWORD))
    throw new ConfigError('TRACKING_USER and TRACKING_PASSWORD go together: give both, or neither to take no scans.')
  if (read.CARRIER === 'lob' && !read.LOB_API_KEY) throw new ConfigError('CARRIER: lob needs LOB_API_KEY too.')
  if (read.ADDRESS_PROVIDER === 'lob' && !read.LOB_API_KEY) throw new ConfigError('ADDRESS_PROVIDER: lob needs LOB_API_KEY too.')
  return {
    ...read,
    HOT_FOLDER: resolve(read.HOT_FOLDER || join(read.DATA_DIR, 'hot-folder')),
    DATA_DIR: resolve(read.DATA_DIR),
    MAIL_DOMAIN,
    MAIL_HOST,
    SPF_MECHANISMS: read.SPF_MECHANISMS || `a:${MAIL_HOST}`,
    PUBLIC_URL: read.PUBLIC_URL.replace(/\/$/, ''),
  }
}
