/**
 * Accepting outgoing mail: the moment after which nothing may be lost. Requests that arrive together are accepted together:
 * one transaction claims their Idempotency-Keys, charges the wallets, writes messages, deliveries, events and webhook
 * deliveries, and commits once for all of them (group commit: while one commit is under way the next batch collects, so
 * nobody waits for a timer). Each mail is still judged by itself; one that cannot be paid does not touch its neighbours.
 *
 * Every transaction here takes its locks in one order: claims (by organization and key), wallets (by organization), the day counts of
 * inboxes, threads (by id). Two that need the same ones wait for each other in a line, never in a ring. `once` (kernel/database/idempotency.ts)
 * begins with its claim as well.
 */
import { billingUrl, tellOfEmptyWallets } from '../../billing/payments.ts'
import { prices } from '../../billing/wallet.ts'
import { record } from '../../events/events.sql.ts'
import type { NewEvent } from '../../events/events.ts'
import { coalesce } from '../../kernel/database/batch.ts'
import { type Db, missingFor, untied } from '../../kernel/database/db.ts'
import * as idempotency from '../../kernel/database/idempotency.sql.ts'
import { Replay } from '../../kernel/database/idempotency.ts'
import { newId, publicId } from '../../kernel/ids.ts'
import type { App } from '../../platform.ts'
import { type Problem, problem } from '../../problems.ts'
import type { AttachmentRow, DeliveryRow, MessageRow } from '../messages/messages.sql.ts'
import { messageEvent, toMessage } from '../messages/messages.ts'
import { domainOf } from '../mime/mailboxes.ts'
import { type Room, roomFor } from '../policy/caps.ts'
import { holdMail } from '../policy/held-mail.ts'
import { type AnswerRoom, answerRoomFor } from '../policy/reply-caps.ts'
import { nameOf, unscopedSuppressed } from '../policy/suppressions.sql.ts'
import * as store from './accept.sql.ts'
import type { Accept, Submission } from './outbox.ts'

interface Judged {
  submission: Submission
  row: MessageRow
  cost: number
  stored: { status: number; body: string } | undefined
}

const maxBatch = 128

/** `given` is asked when a mail comes: acceptance is itself a part of what it returns. */
export const createAccept = (given: () => App): Accept => {
  const take = coalesce<Submission, MessageRow | Problem | Replay>(submissions => acceptAll(given(), submissions), {
    maxItems: maxBatch,
    concurrency: 2,
  })
  const accept = async (submission: Submission): Promise<MessageRow> => {
    const result = await take(submission).catch((error: unknown) => {
      if (/_inbox_id_fkey$/.test(missingFor(error) ?? '')) throw problem('not_found', { what: 'inbox' }) // deleted just now
      throw error
    })
    if (result instanceof Error) throw result
    const app = given()
    app.metrics.accepted.inc({ mode: submission.message.livemode ? 'live' : 'test' })
    app.bus.emit('deliveries')
    return result
  }
  return Object.assign(accept, { drain: take.drain })
}

const acceptAll = async (app: App, submissions: Submission[]): Promise<(MessageRow | Problem | Replay)[]> => {
  const wanted = submissions.flatMap(({ message, recipients }) => recipients.map(recipient => wantedOf(message, recipient)))
  const reasons = await unscopedSuppressed(app.db, wanted)
  const judged = submissions.map(submission => judge(app, submission, reasons))
  if (submissions.every(({ dailyCap }) => dailyCap === null)) {
    const messages = await untied(() => app.db.tx(db => acceptTogether(app, db, judged))).catch(unlessContended)
    if (messages) return messages
  }
  return untied(() => app.db.tx(db => acceptEach(app, db, judged)))
}

const wantedOf = ({ organization_id, livemode }: Submission['message'], recipient: string) => ({
  organization_id,
  livemode,
  email: recipient.toLowerCase(),
})

/** One of a batch repeats a request, cannot be paid, or is an answer too many. */
class Contended extends Error {}

const unlessContended = (error: unknown): undefined => {
  if (!(error instanceof Contended)) throw error
}

/**
 * All or none, as nearly every batch can be: nothing is looked at first, every statement is sent in one go, and the wallets are locked
 * from there to the commit only. Throws Contended when they have to be looked at one by one.
 */
const acceptTogether = async (app: App, db: Db, judged: Judged[]): Promise<MessageRow[]> => {
  const claims = judged.flatMap(claimOf)
  const charges = judged.filter(({ cost }) => cost > 0).map(chargeOf)
  const [won, paid, full] = await Promise.all([
    claims.length > 0 ? store.unscopedClaim(db, claims) : [],
    pay(db, charges),
    write(app, db, judged),
  ])
  const isPaid = paid.length === new Set(charges.map(row => row.organization_id)).size
  if (won.length < claims.length || !isPaid || full.length > 0) throw new Contended()
  return judged.map(({ row }) => row)
}

/** Each by itself, in order of arrival, against locked wallets and caps. */
const acceptEach = async (app: App, db: Db, batch: Judged[]): Promise<(MessageRow | Problem | Replay)[]> => {
  const moved = await store.unscopedMoved(db, answering(batch))
  const judged = moved.length > 0 ? batch.map(item => follow(app, item, moved)) : batch
  const claimed = await claim(db, judged)
  const contenders = judged.filter(item => !claimed.has(item))
  const paying = [...new Set(contenders.filter(({ cost }) => cost > 0).map(({ row }) => row.organization_id))].sort()
  const wallets = await store.unscopedWallets(db, paying)
  const room = await roomFor(app, db, contenders.map(wanting))
  const answers = answerRoomFor(app.clock.now(), await store.unscopedAnswered(db, answering(contenders), app.clock.now()))
  const broke = refuse(app, { room, answers }, new Map(wallets.map(row => [row.organization_id, row.balance_mills])), contenders)
  await room.save()
  await store.unclaim(
    db,
    [...broke.keys()]
      .filter(item => item.stored)
      .map(({ row, submission }) => ({
        organization_id: row.organization_id,
        livemode: row.livemode,
        key: submission.claim!.key,
      })),
  )
  await tellOfEmptyWallets(
    app,
    db,
    [...broke].filter(([, { code }]) => code === 'insufficient_balance').map(([{ row }]) => row.organization_id),
  )
  const accepted = contenders.filter(item => !broke.has(item))
  await pay(db, accepted.filter(({ cost }) => cost > 0).map(chargeOf))
  if (accepted.length > 0) await write(app, db, accepted)
  const undone = new Map(
    [...broke].filter(([item]) => item.stored).map(([item, refusal]) => [claimNameOf(item), { item, refusal }]),
  )
  return judged.map(item => repeated(item, claimed, undone) ?? broke.get(item) ?? item.row)
}

/** Threads that are answered in, and are not made just now. */
const answering = (judged: Judged[]): string[] => [
  ...new Set(judged.filter(({ submission }) => !submission.newThread).map(({ row }) => row.thread_id)),
]

/** An answer to a thread that became part of another meanwhile goes there. */
const follow = (app: App, item: Judged, moved: { id: string; merged_into: string }[]): Judged => {
  const into = moved.find(({ id }) => id === item.row.thread_id)?.merged_into
  if (!into) return item
  const row = { ...item.row, thread_id: into }
  return { ...item, row, stored: item.submission.claim?.encode(toMessage(app, row)) }
}

const claimName = ({ organization_id, livemode, key }: Pick<store.ClaimRow, 'organization_id' | 'livemode' | 'key'>): string =>
  `${organization_id} ${livemode} ${key}`

const claimNameOf = ({ row, submission }: Judged): string => claimName({ ...row, key: submission.claim?.key ?? '' })

/** The answer to a request whose key was taken. When it was taken by one of this batch that was then refused, so is its repetition. */
const repeated = (
  item: Judged,
  claimed: Map<Judged, Problem | Replay>,
  undone: Map<string, { item: Judged; refusal: Problem }>,
): Problem | Replay | undefined => {
  const answer = claimed.get(item)
  const first = answer && undone.get(claimNameOf(item))
  if (!first) return answer
  const same = first.item.submission.claim!.fingerprint.equals(item.submission.claim!.fingerprint)
  return same ? first.refusal : problem('idempotency_in_flight')
}

const chargeOf = ({ row, cost }: Judged): store.ChargeRow => ({
  id: newId(),
  organization_id: row.organization_id,
  cost_mills: cost,
  reference: publicId('message', row.id),
})

const pay = async (db: Db, charges: store.ChargeRow[]) => (charges.length > 0 ? store.unscopedCharge(db, charges) : [])

const claimOf = ({ submission, row, stored }: Judged): store.ClaimRow[] =>
  stored
    ? [
        {
          organization_id: row.organization_id,
          livemode: row.livemode,
          key: submission.claim!.key,
          fingerprint: submission.claim!.fingerprint.toString('hex'),
          ...stored,
        },
      ]
    : []

/** Who can be written to at all? Suppressed recipients are rejected here and again at sending. */
const judge = (app: App, submission: Submission, suppressed: Map<string, string>): Judged => {
  const { message, recipients, held } = submission
  const deliveries = recipients.map((recipient): DeliveryRow => {
    const reason = suppressed.get(nameOf(wantedOf(message, recipient)))
    return {
      id: newId(),
      recipient,
      state: reason ? 'rejected' : held ? 'held' : 'queued',
      attempts: 0,
      next_attempt_at: message.created_at.toISOString(),
      code: null,
      reply: reason ? `On your suppression list: ${reason}` : null,
      remote_host: null,
      category: reason ? 'suppressed' : null,
    }
  })
  const rejected = deliveries.every(delivery => delivery.state === 'rejected')
  const row: MessageRow = { ...message, status: rejected ? 'rejected' : held ? 'held' : 'queued', deliveries }
  const cost =
    message.livemode && app.config.BILLING && !rejected ? prices.email + prices.attachment * message.attachments.length : 0
  return { submission, row, cost, stored: submission.claim?.encode(toMessage(app, row)) }
}

/** Claims the Idempotency-Keys. Who comes second gets the first one's answer, or a refusal if it asks for something else. */
const claim = async (db: Db, judged: Judged[]): Promise<Map<Judged, Problem | Replay>> => {
  const claiming = judged.filter(item => item.stored)
  if (claiming.length === 0) return new Map()
  const keys = claiming.flatMap(claimOf)
  const first = new Map(keys.map((row, index) => [claimName(row), index] as const).reverse())
  const won = new Set(
    (
      await store.unscopedClaim(
        db,
        keys.filter((row, index) => first.get(claimName(row)) === index),
      )
    ).map(claimName),
  )
  const losers = claiming.filter((_, index) => !won.has(claimName(keys[index]!)) || first.get(claimName(keys[index]!)) !== index)
  if (losers.length === 0) return new Map()
  const answers = new Map<Judged, Problem | Replay>()
  for (const item of losers) {
    const { key, fingerprint } = item.submission.claim!
    const answer = await idempotency.find(db, { org: item.row.organization_id, livemode: item.row.livemode }, key)
    answers.set(
      item,
      answer?.fingerprint.equals(fingerprint) ? new Replay(answer.status, answer.body) : problem('idempotency_key_reused'),
    )
  }
  return answers
}

const wanting = ({ row, submission }: Judged) => ({
  inbox_id: row.inbox_id,
  livemode: row.livemode,
  cap: row.status === 'rejected' ? null : submission.dailyCap,
})

/** Counts in order of arrival against the locked balances and caps, so that no race gets past them; says who is refused. */
const refuse = (
  app: App,
  { room, answers }: { room: Room; answers: AnswerRoom },
  balances: Map<string, number>,
  judged: Judged[],
): Map<Judged, Problem> => {
  const broke = new Map<Judged, Problem>()
  for (const item of judged) {
    const { organization_id } = item.row
    const balance = balances.get(organization_id) ?? 0
    const full = room.refusal(wanting(item)) ?? answers.refusal(item.row.thread_id, item.submission.replyCap)
    if (full) broke.set(item, full)
    else if (item.cost > balance)
      broke.set(
        item,
        problem('insufficient_balance', {
          balance_mills: balance,
          cost_mills: item.cost,
          billing_url: billingUrl(app, organization_id),
        }),
      )
    else {
      room.take(wanting(item))
      answers.take(item.row.thread_id)
      balances.set(organization_id, balance - item.cost)
    }
  }
  return broke
}

/** Returns the threads that could not take their answers, see unscopedInsert. */
const write = async (app: App, db: Db, accepted: Judged[]): Promise<string[]> => {
  for (const { submission, row } of accepted)
    if (submission.blobs.length > 0) await app.blobs.insert(db, row.organization_id, submission.blobs)
  const messages = accepted.map(item => item.row)
  const written = store.unscopedInsert(db, {
    threads: accepted.map(({ submission, row }) => ({
      id: row.thread_id,
      organization_id: row.organization_id,
      inbox_id: row.inbox_id,
      livemode: row.livemode,
      subject: row.subject,
      at: row.created_at,
      fresh: submission.newThread,
      cap: submission.replyCap,
    })),
    messages,
    attachments: messages.flatMap(row =>
      row.attachments.map((attachment: AttachmentRow, position) => ({
        ...attachment,
        position,
        organization_id: row.organization_id,
        message_id: row.id,
      })),
    ),
    deliveries: messages.flatMap(row =>
      row.deliveries.map(delivery => ({
        ...delivery,
        organization_id: row.organization_id,
        message_id: row.id,
        livemode: row.livemode,
        lane: domainOf(delivery.recipient),
      })),
    ),
  })
  // Sent without waiting for the rows: the connection carries both in one round trip, and a failure of either undoes both.
  const [full] = await Promise.all([
    written,
    record(
      db,
      messages.flatMap(row => eventsOf(app, row)),
    ),
  ])
  for (const { row, cost } of accepted) if (row.status === 'held') await holdMail(app, db, row, cost)
  return full
}

const eventsOf = (app: App, row: MessageRow): NewEvent[] => {
  const { message_id, data } = messageEvent(app, row)
  const about = { organization_id: row.organization_id, livemode: row.livemode, message_id }
  const accepted: NewEvent = { type: row.status === 'held' ? 'message.held' : 'message.queued', ...about, data }
  const rejected = row.deliveries.filter(delivery => delivery.state === 'rejected')
  return [
    ...(row.status === 'rejected' ? [] : [accepted]),
    ...rejected.map(
      ({ recipient, reply }): NewEvent => ({ type: 'message.rejected', ...about, data: { ...data, recipient, reason: reply } }),
    ),
  ]
}
