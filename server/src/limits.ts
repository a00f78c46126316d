/**
 * What one request may hold: the only place where such a number stands. Schemas, refusals, documents and the size of buffers are made from
 * it. (How often somebody may ask is said by each surface; what a list of recipients may cost, by tables/table-limits.ts.)
 */
const KB = 1024
const MB = 1024 * 1024

export const limits = {
  /** A body where no files are taken. */
  jsonBytes: MB,
  /** Levels of lists and objects within each other. Nothing we read has more than five. */
  jsonDepth: 64,
  /** Values of a JSON body: list items, fields, lists and objects. */
  jsonValues: 100_000,
  /** A body where files are taken: five of 10 MB in base64, and the rest of the message. */
  fileBodyBytes: 80 * MB,
  /** A body that needs no key. */
  keylessBytes: 16 * KB,
  /** A form of a page that is reached by a link from a mail. */
  pageFormBytes: 10 * KB,
  /** A push of the Postal Service's, which holds thousands of scans. */
  feedBytes: 32 * MB,
  /** A signed report of a partner's (Stripe, Lob): its signature can be checked only when it is there. */
  reportBytes: MB,

  /** Messages of one call to /mcp. */
  rpcMessages: 20,

  /** Parts of multipart/form-data. */
  formFiles: 10,
  formFields: 200,
  formFieldBytes: 5_000_000,
  /** `a[b][c][d]` */
  formFieldDepth: 4,
  /** A list of recipients, which goes to disk. */
  uploadBytes: 50 * MB,

  /** Of one mail. */
  attachments: 5,
  attachmentBytes: 10 * MB,
  /** To, Cc and Bcc together. */
  recipients: 50,
  subjectCharacters: 900,
  bodyCharacters: 5_000_000,
  headers: 50,
  /** Of the whole message as it goes out: five such attachments in base64, and a few MB of text. smtp/session-limits.ts takes a little more. */
  messageBytes: 75 * MB,
} as const

/** Seconds that a body of at most so many bytes may take to arrive: half a minute, and one more for each megabyte. */
export const bodySeconds = (bytes: number): number => 30 + Math.ceil(bytes / MB)

/** `1 MB`, `16 KB`, as refusals and documents write it. */
export const inUnits = (bytes: number): string => {
  const [size, unit] = bytes >= MB || bytes >= 1_000_000 ? [bytes / (bytes % MB ? 1_000_000 : MB), 'MB'] : [bytes / KB, 'KB']
  return `${Number(size.toFixed(1))} ${unit}`
}
