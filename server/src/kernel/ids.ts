/**
 * Identifiers. In the database every row has a UUIDv7 (RFC 9562 §5.7: sorts by creation time, so keyset paging and
 * B-trees stay cheap). Outside it is a prefix and the same 128 bits as a ULID in Crockford base 32: `msg_01JF…`.
 * The mapping is pure and reversible; there is no table of ids.
 */
import { randomFillSync } from 'node:crypto'

/** The nouns that have public ids, and their prefixes. */
export const prefixes = {
  organization: 'org',
  key: 'key',
  inbox: 'inb',
  message: 'msg',
  thread: 'thr',
  attachment: 'att',
  event: 'evt',
  webhook: 'whk',
  webhookDelivery: 'whd',
  walletEntry: 'wle',
  domain: 'dom',
  suppression: 'sup',
  rule: 'rul',
  payment: 'pay',
  order: 'ord',
  drop: 'drp',
  piece: 'pce',
} as const
export type Noun = keyof typeof prefixes

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const values = new Map([...alphabet].map((letter, index) => [letter, BigInt(index)]))

const random = Buffer.alloc(4096)
let used = random.length
let lastMs = 0
let sequence = 0

/** A new UUIDv7, strictly increasing within this process (12 bits of sequence inside a millisecond). */
export const newId = (now = Date.now()): string => {
  if (now > lastMs) {
    lastMs = now
    sequence = 0
  } else if (++sequence > 0xfff) {
    lastMs++
    sequence = 0
  }
  if (used + 8 > random.length) {
    randomFillSync(random)
    used = 0
  }
  const tail = random.toString('hex', used, used + 8)
  used += 8
  const time = lastMs.toString(16).padStart(12, '0')
  const variant = ((Number.parseInt(tail[0]!, 16) & 0x3) | 0x8).toString(16)
  return `${time.slice(0, 8)}-${time.slice(8)}-7${sequence.toString(16).padStart(3, '0')}-${variant}${tail.slice(1, 4)}-${tail.slice(4)}`
}

/** A new UUIDv7 that sorts behind another one, though that came from a clock that is ahead of ours. */
export const newIdAfter = (other: string | undefined): string => {
  const id = newId()
  if (other === undefined || id > other) return id
  const ticks = BigInt(`0x${other.slice(0, 8)}${other.slice(9, 13)}${other.slice(15, 18)}`) + 1n
  const digits = ticks.toString(16).padStart(15, '0')
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-7${digits.slice(12)}${id.slice(18)}`
}

/** The least UUIDv7 of a moment. */
export const firstIdAt = (at: Date): string => {
  const time = at.getTime().toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000`
}

/** Ten bits as two letters. */
const pairs = Array.from({ length: 1024 }, (_, bits) => alphabet[bits >> 5]! + alphabet[bits & 31]!)
/** Forty bits (ten hex digits) as eight letters. */
const eight = (hex: string): string => {
  const high = Number.parseInt(hex.slice(0, 5), 16)
  const low = Number.parseInt(hex.slice(5), 16)
  return pairs[high >> 10]! + pairs[high & 1023]! + pairs[low >> 10]! + pairs[low & 1023]!
}

/** UUID → 26 characters of Crockford base 32. Eight bits and three times forty; BigInt would take six times as long. */
export const toUlid = (uuid: string): string => {
  const hex = uuid.replaceAll('-', '')
  return pairs[Number.parseInt(hex.slice(0, 2), 16)]! + eight(hex.slice(2, 12)) + eight(hex.slice(12, 22)) + eight(hex.slice(22))
}

/** 26 characters of Crockford base 32 → UUID; undefined when it is none. Lower case is accepted. */
export const fromUlid = (text: string): string | undefined => {
  if (text.length !== 26) return undefined
  let bits = 0n
  for (const letter of text.toUpperCase()) {
    const value = values.get(letter)
    if (value === undefined) return undefined
    bits = (bits << 5n) | value
  }
  if (bits >> 128n) return undefined
  const hex = bits.toString(16).padStart(32, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** `('message', uuid)` → `msg_01J…` */
export const publicId = (noun: Noun, uuid: string): string => `${prefixes[noun]}_${toUlid(uuid)}`

/**
 * `('message', 'msg_01J…')` → uuid, and so does the bare ULID that other products' clients write: an id works on every surface, whichever
 * it came from. Undefined when the text is not an id of that noun; the caller answers as to an unknown one.
 */
export const parseId = (noun: Noun, id: string): string | undefined => {
  const prefix = `${prefixes[noun]}_`
  return fromUlid(id.startsWith(prefix) ? id.slice(prefix.length) : id)
}

/** `('message', '01J…')` → `msg_01J…`; an id that has its prefix stays as it is. */
export const prefixedId = (noun: Noun, id = ''): string => (id.startsWith(`${prefixes[noun]}_`) ? id : `${prefixes[noun]}_${id}`)
