/**
 * Idempotency of POSTs: `Idempotency-Key`, per organization and mode, for 24 hours. Claim, work and stored answer are one
 * transaction: after a crash there is either everything or nothing, and no lock has a time-out. While the first request
 * works, others with the same key are told 409; afterwards they get its bytes. A refusal rolls the claim back with
 * everything else, so that the corrected or paid-for request may use the same key. Who asks must hold the scope of the
 * route before any answer is looked up; an answer that shows a secret is stored sealed and belongs to one API key.
 */
import { createHash } from 'node:crypto'
import { limits } from '../../limits.ts'
import { invalid, problem } from '../../problems.ts'
import type { Sealer } from '../crypto.ts'
import type { Db } from './db.ts'
import * as store from './idempotency.sql.ts'

/** The claim of an Idempotency-Key that the operation itself commits, together with its work. */
export interface Claim {
  key: string
  fingerprint: Buffer
  /** Turns the operation's output into the bytes that are stored and replayed. */
  encode(output: unknown): { status: number; body: string }
}

/** The first answer, byte for byte, to be sent instead of doing the work again. Thrown by whoever finds it. */
export class Replay extends Error {
  readonly status: number
  readonly body: string
  constructor(status: number, body: string) {
    super('replay')
    this.status = status
    this.body = body
  }
}

/** 1 to 255 visible ASCII characters; the draft RFC's quoted form is the same key as the bare one. */
export const readKey = (header: string | string[] | undefined): string | undefined => {
  if (header === undefined) return undefined
  const key = typeof header === 'string' ? header.replace(/^"(.*)"$/, '$1') : ''
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) throw problem('idempotency_key_invalid')
  return key
}

/**
 * What makes two requests the same: the route and the parsed input, whatever the order of its fields.
 * @param asker the id of the API key, where the answer shows a secret: to another key the request is a different one
 */
export const fingerprint = (route: string, input: unknown, asker = ''): Buffer =>
  createHash('sha256')
    .update(route)
    .update('\n')
    .update(canonical(input))
    .update(asker && `\n${asker}`)
    .digest()

const canonical = (value: unknown, depth = 0): string => {
  if (depth > limits.jsonDepth) throw invalid({ path: '', message: 'is nested too deep; send it flatter' })
  if (Array.isArray(value)) return `[${value.map(item => canonical(item, depth + 1)).join(',')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  const fields = Object.entries(value).filter(([, item]) => item !== undefined)
  return `{${fields
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => `${JSON.stringify(key)}:${canonical(item, depth + 1)}`)
    .join(',')}}`
}

/** Throws the first answer when there is one, or idempotency_key_reused. For a look before costly work: `once` looks again. */
export const checkReplay = async (db: Db, owner: store.Owner, key: string, print: Buffer, sealer?: Sealer): Promise<void> => {
  const before = await store.find(db, owner, key)
  if (!before) return
  if (!before.fingerprint.equals(print)) throw problem('idempotency_key_reused')
  throw new Replay(before.status, before.sealed ? sealer!.open(before.body, contextOf(owner, key)) : before.body)
}

/** The context under which an answer with a secret is sealed. */
const contextOf = ({ org, livemode }: store.Owner, key: string): string => `idempotency_keys.body:${org} ${livemode} ${key}`

/**
 * Runs `work` at most once per key, inside one transaction with its claim and its answer. The claim comes first, before any lock of the
 * work: acceptance (email/sending/accept.ts) takes its locks in the same order, so the two never wait for each other in a ring.
 * @param sealer seals the stored answer; given where it shows a secret
 */
export const once = (
  db: Db,
  owner: store.Owner,
  key: string,
  print: Buffer,
  work: (db: Db) => Promise<{ status: number; body: string }>,
  sealer?: Sealer,
) =>
  db.tx(async tx => {
    if (!(await store.tryLock(tx, owner, key))) throw problem('idempotency_in_flight')
    if (!(await store.claim(tx, owner, key, print))) {
      await checkReplay(tx, owner, key, print, sealer)
      throw problem('idempotency_in_flight') // its transaction was rolled back just now
    }
    const answer = await work(tx)
    const body = sealer ? sealer.seal(answer.body, contextOf(owner, key)) : answer.body
    await store.answer(tx, owner, key, { status: answer.status, body, sealed: sealer !== undefined })
    return answer
  })
