import { createHash, type KeyObject, sign } from 'node:crypto'
import { promisify } from 'node:util'
import { wireLines } from '../smtp-client/wire.ts'

/** `key`: an RSA (2048 bits or more) or Ed25519 private key, parsed once by the caller and kept: parsing it per message costs twice the signature. */
export type DkimKey = { domain: string; selector: string; key: KeyObject }

const signInPool = promisify(sign)

// RFC 6376 5.4.1, the unsubscribe pair of RFC 8058 4, the feedback address of RFC 9477 3.1.4
const signed = [
  'from',
  'sender',
  'reply-to',
  'to',
  'cc',
  'subject',
  'date',
  'message-id',
  'in-reply-to',
  'references',
  'mime-version',
  'content-type',
  'content-transfer-encoding',
  'list-id',
  'list-unsubscribe',
  'list-unsubscribe-post',
  'feedback-id',
  'cfbl-address',
  'cfbl-feedback-id',
]

/**
 * The DKIM-Signature header lines, one per key in the order given, to put in front of the message (RFC 6376, RFC 8463).
 * relaxed/relaxed, no `l=`, From signed once more than it occurs so that none can be added. Covers the message as the wire
 * carries it (`wireLines`), whatever line ends `raw` has. The body is hashed once for all keys. Signing runs in libuv's pool and
 * leaves the event loop free meanwhile.
 * Rejects with a TypeError when a domain, a selector or a key cannot be used.
 */
export async function signMessage(raw: Buffer, keys: DkimKey[], { now }: { now: Date }): Promise<Buffer> {
  const { header, body } = split(wireLines(raw))
  const bodyHash = createHash('sha256').update(relaxedBody(body), 'latin1').digest('base64')
  const { names, lines } = selectFields(header)
  const time = Math.floor(now.getTime() / 1000)
  const headers = await Promise.all(keys.map(key => signatureHeader(key, names, lines, bodyHash, time)))
  return Buffer.from(headers.join(''), 'latin1')
}

async function signatureHeader(
  { domain, selector, key }: DkimKey,
  names: string[],
  lines: string,
  bodyHash: string,
  time: number,
): Promise<string> {
  const name = /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/i
  if (!name.test(domain) || !name.test(selector)) throw new TypeError('a DKIM domain or selector is not a DNS name')
  const algorithm = key.asymmetricKeyType
  if (algorithm !== 'rsa' && algorithm !== 'ed25519') throw new TypeError(`DKIM has no ${algorithm} signatures`)
  const unsigned =
    `v=1; a=${algorithm}-sha256; c=relaxed/relaxed; d=${domain};\r\n s=${selector}; t=${time};\r\n` +
    ` h=${foldNames(names)};\r\n bh=${bodyHash};\r\n b=`
  const input = Buffer.from(`${lines}dkim-signature:${relaxedValue(unsigned)}`, 'latin1')
  // Ed25519 signs the hash, not the text (RFC 8463 3)
  const signature =
    algorithm === 'rsa'
      ? await signInPool('sha256', input, key)
      : await signInPool(null, createHash('sha256').update(input).digest(), key)
  return `DKIM-Signature: ${unsigned}${signature
    .toString('base64')
    .match(/.{1,72}/g)!
    .join('\r\n ')}\r\n`
}

/** Header and body as latin1 text, which keeps every byte. */
function split(message: Buffer): { header: string; body: string } {
  const end = message.indexOf('\r\n\r\n')
  if (message.indexOf('\r\n') === 0) return { header: '', body: message.toString('latin1', 2) }
  if (end === -1) return { header: message.toString('latin1'), body: '' }
  return { header: message.toString('latin1', 0, end), body: message.toString('latin1', end + 4) }
}

/** The names for `h=` and the canonical lines they stand for: of several fields of one name the last comes first (RFC 6376 5.4.2). */
function selectFields(header: string): { names: string[]; lines: string } {
  const fields = new Map<string, string[]>(signed.map(name => [name, []]))
  for (const field of header.split(/\r\n(?![ \t])/)) {
    const colon = field.indexOf(':')
    const name = field.slice(0, Math.max(colon, 0)).trimEnd().toLowerCase()
    fields.get(name)?.unshift(`${name}:${relaxedValue(field.slice(colon + 1))}\r\n`)
  }
  const names = [...fields].flatMap(([name, found]) => found.map(() => name))
  return { names: ['from', ...names], lines: [...fields.values()].flat().join('') }
}

/** RFC 6376 3.4.2. No `trim()`: it would take 0xA0 for a space, which ends many a UTF-8 letter. */
function relaxedValue(value: string): string {
  return value
    .replaceAll('\r\n', '')
    .replace(/[ \t]+/g, ' ')
    .replace(/^ | $/g, '')
}

/** RFC 6376 3.4.4: runs of blanks become one space, none is left at line ends, no empty line at the end. */
function relaxedBody(body: string): string {
  const lines = body.replace(/[ \t]{2,}|\t/g, ' ').replaceAll(' \r\n', '\r\n')
  let end = lines.endsWith(' ') ? lines.length - 1 : lines.length
  while (end >= 2 && lines[end - 1] === '\n') end -= 2
  return end === 0 ? '' : `${lines.slice(0, end)}\r\n`
}

/** Names between colons, in lines of at most 76 characters. */
function foldNames(names: string[]): string {
  let folded = ''
  let width = 3
  for (const [at, name] of names.entries()) {
    const item = at === 0 ? name : `:${name}`
    const fits = width + item.length <= 75
    folded += fits ? item : `:\r\n ${name}`
    width = fits ? width + item.length : 1 + name.length
  }
  return folded
}
