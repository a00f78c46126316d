/**
 * Return paths that know their delivery (VERP): `bounce+<delivery>-<mac>@<mail domain>`. A report that comes back to one is
 * about that delivery and nothing else, and nobody who was not sent the mail can make one up: the HMAC is the proof.
 */
import { deriveKey, hmacHex, safeEqual } from '../../kernel/crypto.ts'
import { fromUlid, toUlid } from '../../kernel/ids.ts'

/** 80 bits: far beyond guessing through SMTP, and the local part stays at 54 of the 64 octets RFC 5321 §4.5.3.1.1 allows. */
const macDigits = 20

const shape = new RegExp(`^bounce\\+([0-9a-z]{26})-([0-9a-f]{${macDigits}})$`)

const mac = (masterKey: Buffer, ulid: string): string => hmacHex(deriveKey(masterKey, 'verp'), ulid).slice(0, macDigits)

/** The envelope sender for one delivery (uuid). Lower case throughout: some servers change the case of what they send back. */
export const verpAddress = (masterKey: Buffer, deliveryId: string, domain: string): string => {
  const ulid = toUlid(deliveryId).toLowerCase()
  return `bounce+${ulid}-${mac(masterKey, ulid)}@${domain}`
}

/** True for local parts of this family, whether or not the proof holds. */
export const isVerp = (localPart: string): boolean => /^bounce\+/i.test(localPart)

/** The delivery (uuid) a local part stands for; undefined when the proof does not hold. */
export const parseVerp = (masterKey: Buffer, localPart: string): string | undefined => {
  const [, ulid, given] = shape.exec(localPart.toLowerCase()) ?? []
  return ulid && given && safeEqual(given, mac(masterKey, ulid)) ? fromUlid(ulid) : undefined
}
