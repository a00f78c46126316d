/**
 * What came of attempts, written in batches: one transaction moves the deliveries on, gives their messages the status that
 * follows, records the events and suppresses addresses that are gone. What another worker has taken over meanwhile is not touched.
 */
import { record } from '../../events/events.sql.ts'
import type { NewEvent } from '../../events/events.ts'
import { type Coalesced, coalesce } from '../../kernel/database/batch.ts'
import type { Db } from '../../kernel/database/db.ts'
import { newId } from '../../kernel/ids.ts'
import type { App } from '../../platform.ts'
import { classify } from '../bounces/bounces.ts'
import type { MessageRow } from '../messages/messages.sql.ts'
import { messageEvent } from '../messages/messages.ts'
import { add as addSuppression } from '../policy/suppressions.sql.ts'
import type { Claimed, Letter, RecordRow } from './deliver.sql.ts'
import * as store from './deliver.sql.ts'
import { nextAttempt } from './policy.ts'

/** An answer about one recipient: a server's, or with code 0 our own account. */
export interface Answer {
  outcome: 'delivered' | 'deferred' | 'failed'
  code: number
  enhanced: string | null
  reply: string
  /** Null when there was no server to ask. */
  host: string | null
}

/** What becomes of a delivery. */
export interface Outcome extends Pick<RecordRow, 'state' | 'next_attempt_at' | 'code' | 'reply' | 'remote_host' | 'category'> {
  /** One sentence for the sender; null when there is nothing to explain. */
  reason: string | null
  /** The address is gone: never write to it again. */
  suppress: boolean
}

export interface Result extends Outcome {
  delivery: Claimed
  /** What it was about, if that is in memory already. */
  letter: Letter | undefined
  /** The recipient marked it as spam right away. */
  complained: boolean
}

/** What a table row and an event keep of a reply, in characters; servers may say up to 64 KB. */
const mostReply = 2000

/** From what the server said to what we do: 2xx delivered, 4xx later while there are attempts left, everything else bounced. */
export const outcomeOf = (answer: Answer, { attempts }: Pick<Claimed, 'attempts'>, now: Date, random: () => number): Outcome => {
  const { outcome, code, enhanced, host } = answer
  const said = {
    code: host === null ? null : code || null,
    reply: answer.reply.slice(0, mostReply).toWellFormed(),
    remote_host: host,
    next_attempt_at: null,
  }
  if (outcome === 'delivered') return { ...said, state: 'delivered', category: null, reason: null, suppress: false }
  const { category, action, reason } = classify({ code, enhanced, text: answer.reply })
  // only a server's word closes an address: a resolver gone wrong would otherwise close them all
  const suppress = action === 'suppress' && host !== null
  if (outcome === 'failed' && action !== 'retry') return { ...said, state: 'bounced', category, reason, suppress }
  const pause = nextAttempt(attempts, random)
  if (pause === null)
    return { ...said, state: 'bounced', category, reason: `${reason} It was tried ${attempts} times.`, suppress: false }
  return { ...said, state: 'deferred', next_attempt_at: new Date(now.getTime() + pause), category, reason, suppress: false }
}

/** Nobody was asked. */
const refused = (category: string, told: string): Outcome => ({
  state: 'rejected',
  next_attempt_at: null,
  code: null,
  reply: told,
  remote_host: null,
  category,
  reason: told,
  suppress: false,
})

/** The recipient is on the suppression list. */
export const suppressed = (reason: string): Outcome => refused('suppressed', `On your suppression list: ${reason}`)

/** The domain in From was verified when the mail was accepted, and no longer is. */
export const unproven = (domain: string): Outcome =>
  refused('domain', `${domain} is no longer verified, so nothing is sent from it.`)

/** Records a result; true when it counted, false when the delivery was no longer ours. */
export type Recorder = Coalesced<Result, boolean>

export const createRecorder = (app: App): Recorder =>
  coalesce<Result, boolean>(
    async results => {
      const ours = await app.db.tx(db => write(app, db, results))
      for (const result of results) if (ours.has(result)) app.metrics.deliveries.inc({ outcome: result.state })
      return results.map(result => ours.has(result))
    },
    { maxItems: 200, concurrency: 1 },
  )

const write = async (app: App, db: Db, results: Result[]): Promise<Set<Result>> => {
  const now = app.clock.now()
  const messageIds = [...new Set(results.map(({ delivery }) => delivery.message_id))]
  await store.unscopedLock(db, messageIds)
  const rows = results.map(
    ({ delivery: { id, attempts, held_by }, state, next_attempt_at, code, reply, remote_host, category }) => ({
      id,
      attempts,
      held_by,
      state,
      next_attempt_at,
      code,
      reply,
      remote_host,
      category,
    }),
  )
  const moved = new Set((await store.unscopedRecord(db, rows, now)).map(({ id }) => id))
  const ours = results.filter(({ delivery }) => moved.has(delivery.id))
  const messages = await settle(db, ours)
  await record(
    db,
    ours.flatMap(result => eventsOf(app, result, messages.get(result.delivery.message_id)!)),
  )
  await suppressGone(db, ours)
  return new Set(ours)
}

/** The messages as they are now: the bodies from memory where they are there, status and recipients fresh. */
const settle = async (db: Db, results: Result[]): Promise<Map<string, MessageRow>> => {
  const letters = new Map(results.flatMap(({ letter }) => (letter ? [[letter.id, letter]] : [])))
  const ids = [...new Set(results.map(({ delivery }) => delivery.message_id))]
  const missing = ids.filter(id => !letters.has(id))
  if (missing.length > 0) for (const letter of await store.unscopedLetters(db, missing)) letters.set(letter.id, letter)
  const settled = await store.unscopedSettle(db, ids)
  return new Map(settled.map(({ id, status, deliveries }) => [id, { ...letters.get(id)!, status, deliveries }]))
}

const outcomeEvents = {
  delivered: 'message.delivered',
  deferred: 'message.deferred',
  bounced: 'message.bounced',
  rejected: 'message.rejected',
} as const

const eventsOf = (app: App, result: Result, message: MessageRow): NewEvent[] => {
  const { delivery, state, code, reply, remote_host, category, reason, complained } = result
  const { message_id, data } = messageEvent(app, message)
  const told = { reason, smtp_code: code, smtp_reply: code === null ? null : reply, remote_host, category }
  const event = (type: NewEvent['type'], more: object): NewEvent => ({
    type,
    organization_id: delivery.organization_id,
    livemode: delivery.livemode,
    message_id,
    data: { ...data, recipient: delivery.recipient, ...more },
  })
  return [
    ...(delivery.first_attempt_at === null && state !== 'rejected' ? [event('message.sent', { status: 'sent' })] : []),
    event(outcomeEvents[state], known(told)),
    ...(complained ? [event('message.complained', {})] : []),
  ]
}

const known = (fields: Record<string, unknown>): object =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))

/** In one order, so that two workers which suppress the same addresses do not wait for each other. Test mode teaches us nothing. */
const suppressGone = async (db: Db, results: Result[]): Promise<void> => {
  const gone = results
    .filter(({ suppress, delivery }) => suppress && delivery.livemode)
    .map(({ delivery, reply }) => ({
      organization: delivery.organization_id,
      email: delivery.recipient.toLowerCase(),
      evidence: reply,
    }))
    .sort((a, b) => (`${a.organization} ${a.email}` < `${b.organization} ${b.email}` ? -1 : 1))
  for (const { organization, email, evidence } of gone)
    await addSuppression(db, organization, true, { id: newId(), email, reason: 'hard_bounce', evidence })
}
