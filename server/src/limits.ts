/**
 * What one request may hold: the only place where such a number stands. Schemas, refusals, documents and the size of buffers are made from
 * it; docs/limits.md is printed from it. (How often somebody may ask is said by each surface; what a list of recipients may cost, by
 * tables/table-limits.ts; what one SMTP client may take, by smtp/session-limits.ts.)
 */
const KB = 1024
const MB = 1024 * 1024

interface Limit {
  most: number
  unit: 'bytes' | 'characters' | ''
  /** Of what. */
  says: string
}
const bytes = (most: number, says: string): Limit => ({ most, unit: 'bytes', says })
const characters = (most: number, says: string): Limit => ({ most, unit: 'characters', says })
const count = (most: number, says: string): Limit => ({ most, unit: '', says })

export const rows = {
  jsonBytes: bytes(MB, 'A body where no files are taken.'),
  jsonDepth: count(64, 'Levels of lists and objects within each other.'),
  jsonValues: count(100_000, 'Values of a JSON body: list items, fields, lists and objects together.'),
  // Five files of 10 MB in base64, and the rest of the message.
  fileBodyBytes: bytes(80 * MB, 'A body where files are taken, as JSON or as a form, all together.'),
  // Each is there several times while it is worked on: up to five times this is taken.
  largeBodiesBytes: bytes(
    320 * MB,
    'Bodies of more than 1 MB that one process holds at once. An organization gets no more of it than it leaves free.',
  ),
  keylessBytes: bytes(16 * KB, 'A body that needs no key: a registration.'),
  pageFormBytes: bytes(10 * KB, 'A form of a page that is reached by a link from a mail.'),
  feedBytes: bytes(32 * MB, "A push of the Postal Service's tracking."),
  // Its signature can be checked only when it is there.
  reportBytes: bytes(MB, "A signed report of a partner's (Stripe, Lob)."),
  rpcMessages: count(20, 'Messages of one call to /mcp.'),

  formFiles: count(10, 'Files of a form.'),
  formFields: count(200, 'Fields of a form.'),
  formFieldBytes: bytes(5_000_000, 'One field of a form.'),
  formFieldDepth: count(4, 'Names within each other in a field of a form, as in `a[b][c][d]`.'),
  // It goes to disk.
  uploadBytes: bytes(50 * MB, 'The file of a list of recipients.'),
  uploadInJsonCharacters: characters(70_000_000, 'The same in base64.'),
  listTextCharacters: characters(1_000_000, 'A list of recipients as text in JSON.'),

  attachments: count(5, 'Attachments of a mail.'),
  attachmentBytes: bytes(10 * MB, 'One attachment.'),
  recipients: count(50, 'Recipients of a mail: to, cc and bcc together.'),
  subjectCharacters: characters(900, 'The subject of a mail.'),
  bodyCharacters: characters(5_000_000, 'The text of a mail, and its HTML.'),
  headers: count(50, 'Further headers of a mail.'),
  // Five such attachments in base64, and a few MB of text. smtp/session-limits.ts takes a little more.
  messageBytes: bytes(75 * MB, 'A mail as it goes out.'),

  artworkBytes: bytes(10 * MB, 'A PDF or an image to be printed.'),
  // 10 MB are 13.4 million characters of base64.
  artworkCharacters: characters(14_000_000, 'The same in base64.'),
  printedHtmlCharacters: characters(1_000_000, 'HTML to be printed.'),
  mergeCharacters: characters(25_000, 'The merge variables of a piece, as JSON. They are told with each of its events.'),

  // Every event is sent to each endpoint that wants it, so their number bounds what one event can cost.
  webhooks: count(100, 'Webhooks of an organization, in each mode.'),
  // One statement, a second or so of work.
  replayed: count(10_000, 'Webhook deliveries that one call replays.'),
  pageSize: count(100, 'Rows of one page of a list.'),
} satisfies Record<string, Limit>

export const limits = Object.fromEntries(Object.entries(rows).map(([name, { most }]) => [name, most])) as {
  readonly [name in keyof typeof rows]: number
}

/** Seconds that a body of at most so many bytes may take to arrive: half a minute, and one more for each megabyte. */
export const bodySeconds = (most: number): number => 30 + Math.ceil(most / MB)

/** `1 MB`, `16 KB`, as refusals and documents write it. */
export const inUnits = (most: number): string => {
  const [size, unit] = most >= 1_000_000 ? [most / (most % MB ? 1_000_000 : MB), 'MB'] : [most / KB, 'KB']
  return `${Number(size.toFixed(1))} ${unit}`
}

/** `100,000`, `5 MB`, `900 characters`. */
export const shownLimit = ({ most, unit }: Limit): string =>
  unit === 'bytes' ? inUnits(most) : `${most.toLocaleString('en')}${unit && ` ${unit}`}`
