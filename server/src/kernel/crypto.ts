/** Secrets: sealing them at rest, making and checking keys and tokens, signing links, and the one master key behind it all. */
import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import { link, mkdir, open, readFile, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'

/** SHA-256 of the bytes, or of the text as UTF-8: 32 bytes. */
export const sha256 = (data: string | Uint8Array): Buffer => createHash('sha256').update(data).digest()

/** HMAC-SHA256 (RFC 2104) in lower-case hexadecimal: 64 characters. */
export const hmacHex = (key: string | Uint8Array, data: string | Uint8Array): string =>
  createHmac('sha256', key).update(data).digest('hex')

/** Compares in a time that tells nothing of where the two differ; of any lengths, because their hashes are compared. */
export const safeEqual = (a: string | Uint8Array, b: string | Uint8Array): boolean => timingSafeEqual(sha256(a), sha256(b))

/** Random bytes as base64url, fit for a URL or a header. 16 bytes are 22 characters, 32 are 43. */
export const randomToken = (bytes: number): string => randomBytes(bytes).toString('base64url')

const derived = new WeakMap<Buffer, Map<string, Buffer>>()

/**
 * A key for one purpose, from the master key (HKDF-SHA256, RFC 5869): what leaks of one purpose tells nothing of another. 32 bytes.
 * Purposes are few and fixed, and their keys are remembered: every outgoing mail asks for one.
 */
export const deriveKey = (masterKey: Buffer, purpose: string): Buffer => {
  const known = derived.get(masterKey) ?? new Map<string, Buffer>()
  derived.set(masterKey, known)
  const key = known.get(purpose) ?? Buffer.from(hkdfSync('sha256', masterKey, '', `pennypost ${purpose}`, 32))
  known.set(purpose, key)
  return key
}

export type Sealer = ReturnType<typeof sealer>

const sealVersion = 'v1.'

/**
 * Seals secrets for the database: AES-256-GCM with a fresh 96-bit nonce (NIST SP 800-38D; good for 2³² seals per master key).
 * The context (say `webhook_endpoints.secret:<uuid>`) is authenticated, so that a value moved to another row does not open.
 * The text starts with a version, so that a later key or cipher can open old values beside new ones.
 */
export const sealer = (masterKey: Buffer) => {
  const key = deriveKey(masterKey, 'seal')
  return {
    /** `v1.` and base64url of nonce (12), tag (16) and ciphertext. */
    seal: (text: string, context: string): string => {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context))
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return sealVersion + Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url')
    },
    /** The text again. Throws when the value was altered, or sealed for another context or by another master key. */
    open: (value: string, context: string): string => {
      const bytes = Buffer.from(value.slice(sealVersion.length), 'base64url')
      try {
        if (!value.startsWith(sealVersion)) throw new Error('unknown version')
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12), { authTagLength: 16 })
        decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(12, 28))
        return decipher.update(bytes.subarray(28), undefined, 'utf8') + decipher.final('utf8')
      } catch {
        throw new Error(
          `A sealed value does not open (${context}): it was altered, or SECRET_KEY is not the one it was sealed with.`,
        )
      }
    },
  }
}

const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Every character equally likely: bytes from 248 up are thrown away, because 256 is no multiple of 62. */
const randomBase62 = (length: number): string => {
  let text = ''
  while (text.length < length) {
    for (const byte of randomBytes(length)) if (byte < 248 && text.length < length) text += base62[byte % 62]
  }
  return text
}

/** CRC-32 in six base62 characters: catches typing and cutting, and lets secret scanners tell a key from noise. Not a defence. */
const checksum = (text: string): string => {
  let rest = crc32(text)
  let digits = ''
  for (let i = 0; i < 6; i++) {
    digits = base62[rest % 62] + digits
    rest = Math.floor(rest / 62)
  }
  return digits
}

/**
 * A new API key: prefix, 26 random base62 characters (154 bits; 130 remain after the hint is known), six of checksum.
 * @param prefix for instance `pp_live_`, or '' for a key without words
 * @returns `key` to show once, `hash` (SHA-256, 32 bytes) to store and to look up by, `hint` to show in lists: `pp_live_…x7Qa`
 */
export const newApiKey = (prefix: string): { key: string; hash: Buffer; hint: string } => {
  const body = prefix + randomBase62(26)
  const key = body + checksum(body)
  return { key, hash: sha256(key), hint: `${prefix}…${key.slice(-4)}` }
}

/** Whether this can be a key that `newApiKey` made. A mistyped or cut one is refused here, before the database is asked. */
export const checkApiKey = (key: string): boolean =>
  key.length <= 64 && /^(?:[a-z0-9]+_)*[0-9A-Za-z]{32}$/.test(key) && key.slice(-6) === checksum(key.slice(0, -6))

const linkMac = (masterKey: Buffer, purpose: string, link: string): string =>
  createHmac('sha256', deriveKey(masterKey, `link ${purpose}`))
    .update(link)
    .digest('base64url')

/**
 * Signs a link that works for whoever has it, until it expires.
 * @param path path of the URL, with its query if it has one; all of it is signed
 * @param purpose what the link allows; a link signed for one purpose is worthless for another
 * @returns the path with `expires` (unix seconds) and `signature` added to its query
 */
export const signUrl = (masterKey: Buffer, path: string, purpose: string, expires: Date): string => {
  const signed = `${path}${path.includes('?') ? '&' : '?'}expires=${Math.floor(expires.getTime() / 1000)}`
  return `${signed}&signature=${linkMac(masterKey, purpose, signed)}`
}

/** Whether `url` (path and query, as it came in) is a link that `signUrl` made for this purpose and that has not expired. */
export const verifyUrl = (masterKey: Buffer, url: string, purpose: string, now: Date): boolean => {
  const [, signed, expires, signature] = /^(.*[?&]expires=(\d{1,12}))&signature=([\w-]{43})$/.exec(url) ?? []
  if (!signed || !signature) return false
  return safeEqual(signature, linkMac(masterKey, purpose, signed)) && now.getTime() < Number(expires) * 1000
}

/**
 * The master key, 32 bytes: the one given in base64, or else the one in `<dataDir>/secret.key`, which is made when there is none.
 * Processes that start at once agree: the finished file is linked into place, which only the first of them can do.
 * Throws when the key is not 32 bytes; a damaged file is never replaced, because what was sealed with it would be lost.
 */
export const loadMasterKey = async (dataDir: string, envValue?: string): Promise<Buffer> => {
  if (envValue) return decodeMasterKey(envValue, 'SECRET_KEY')
  const path = join(dataDir, 'secret.key')
  await mkdir(dataDir, { recursive: true })
  const kept = await readFile(path, 'utf8').catch(unless('ENOENT'))
  if (kept === undefined) await makeMasterKey(dataDir, path)
  return decodeMasterKey(kept ?? (await readFile(path, 'utf8')), path)
}

const makeMasterKey = async (dataDir: string, path: string): Promise<void> => {
  const draft = `${path}.${randomToken(8)}`
  const file = await open(draft, 'wx', 0o600)
  await file.writeFile(`${randomBytes(32).toString('base64')}\n`)
  await file.sync()
  await file.close()
  await link(draft, path).catch(unless('EEXIST'))
  await unlink(draft)
  // The name must be as durable as the bytes, before anything is sealed with the key.
  const folder = await open(dataDir)
  await folder.sync()
  await folder.close()
}

const decodeMasterKey = (base64: string, origin: string): Buffer => {
  const key = Buffer.from(base64.trim(), 'base64')
  if (key.length !== 32) throw new Error(`${origin}: it must be 32 bytes in base64. Make one with: openssl rand -base64 32`)
  return key
}

/** Turns the one expected failure into undefined and passes on every other. */
const unless = (expected: string) => (error: NodeJS.ErrnoException) => {
  if (error.code !== expected) throw error
  return undefined
}
