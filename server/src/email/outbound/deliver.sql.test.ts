import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { cloneDatabase } from '../../../test/harness.ts'
import { connect, type Database, type Db } from '../../kernel/database/db.ts'
import { newId } from '../../kernel/ids.ts'
import * as store from './deliver.sql.ts'

const nobody = '00000000-0000-0000-0000-000000000000'
const claiming = { instance: 7, now: new Date(Date.now() + 60_000), leaseMs: 60_000, mailDomain: 'mail.test' }
let database: Awaited<ReturnType<typeof cloneDatabase>>
let db: Database

before(async () => {
  database = await cloneDatabase()
  db = connect(database.url, { max: 6 })
})
after(async () => {
  await db.close()
  await database.drop()
})
beforeEach(() => db.pool.query('truncate organizations cascade; truncate deliveries, suppressions'))

const organization = async (): Promise<{ id: string; inbox: string; thread: string }> => {
  const [id, inbox, thread] = [newId(), newId(), newId()]
  await db.pool.query(`insert into organizations (id, name, owner_email) values ($1, 'o', 'o@o.test')`, [id])
  await db.pool.query(`insert into inboxes (id, organization_id, name, email) values ($1, $2, 'i', $3)`, [
    inbox,
    id,
    `${inbox}@mail.test`,
  ])
  await db.pool.query(
    `insert into threads (id, organization_id, inbox_id, livemode, subject, last_message_at) values ($1, $2, $3, true, 's', now())`,
    [thread, id, inbox],
  )
  return { id, inbox, thread }
}

/** A message to these recipients; returns its id. */
const queue = async (of: { id: string; inbox: string; thread: string }, recipients: string[]): Promise<string> => {
  const message = newId()
  await db.pool.query(
    `insert into messages (id, organization_id, inbox_id, thread_id, livemode, direction, status, message_id, from_email, to_emails, subject, text_body)
     values ($1, $2, $3, $4, true, 'outbound', 'queued', '<x@mail.test>', 'x@mail.test', $5, 's', 'Hello')`,
    [message, of.id, of.inbox, of.thread, recipients],
  )
  for (const recipient of recipients)
    await db.pool.query(
      `insert into deliveries (id, organization_id, message_id, livemode, recipient, lane, state) values ($1, $2, $3, true, $4, $5, 'queued')`,
      [newId(), of.id, message, recipient, recipient.split('@')[1]],
    )
  return message
}
const states = async () =>
  (await db.pool.query('select state, attempts, due from deliveries order by id')).rows.map(row => [
    row.state,
    row.attempts,
    row.due,
  ])
const lines = (after: { organization: string; lanes: Record<string, string> } = { organization: nobody, lanes: {} }) =>
  store.unscopedLines(db, after)
const claimAll = async (take = 100) => {
  const wanted = (await lines()).flatMap(({ organization_id, lane }) => (lane === null ? [] : [{ organization_id, lane, take }]))
  return store.unscopedClaim(db, wanted, claiming)
}
const delivered = ({ id, attempts, held_by }: store.Held): store.RecordRow => ({
  id,
  attempts,
  held_by,
  state: 'delivered',
  next_attempt_at: null,
  code: 250,
  reply: 'ok',
  remote_host: 'mx',
  category: null,
})

test('the lines: every organization and destination with mail once, however much there is', async () => {
  const [one, two] = [await organization(), await organization()]
  await queue(one, ['a@b.example', 'b@b.example', 'c@a.example'])
  await queue(two, ['a@z.example'])
  await db.pool.query(`update deliveries set due = false where recipient = 'c@a.example'`)
  const [first, second] = [one.id, two.id].sort()
  const expected = { [one.id]: 'b.example', [two.id]: 'z.example' }
  assert.deepEqual(
    await lines(),
    [first, second].map(id => ({ organization_id: id, lane: expected[id!] })),
  )
})

test('the next look goes on behind the last one, and says which organization has nothing behind it', async () => {
  const one = await organization()
  await queue(one, ['a@a.example', 'a@b.example', 'a@c.example'])
  const behind = await lines({ organization: nobody, lanes: { [one.id]: 'b.example' } })
  assert.deepEqual(behind, [{ organization_id: one.id, lane: 'c.example' }])
  assert.deepEqual(await lines({ organization: nobody, lanes: { [one.id]: 'c.example' } }), [
    { organization_id: one.id, lane: null },
  ])
  assert.deepEqual(await lines({ organization: one.id, lanes: {} }), [])
})

test('a tenant with mail for ten thousand destinations hides nobody', async () => {
  const [big, small] = [await organization(), await organization()]
  const message = await queue(big, ['a@first.example'])
  await db.pool.query(
    `insert into deliveries (id, organization_id, message_id, livemode, recipient, lane, state)
     select sortable_id(), $1, $2, true, 'a@d' || i || '.example', 'd' || i || '.example', 'queued' from generate_series(1, 10000) i`,
    [big.id, message],
  )
  await queue(small, ['a@solo.example'])
  const found = await lines()
  assert.equal(found.length, store.lookMost.lines / 2 + 1)
  assert.ok(found.some(({ organization_id, lane }) => organization_id === small.id && lane === 'solo.example'))
})

test('a claim takes what is due and no more than wanted, says whose domain it is and how large the message', async () => {
  const one = await organization()
  await queue(one, ['a@ours.example', 'b@ours.example', 'c@ours.example', 'd@mail.test'])
  await db.pool.query(`update deliveries set next_attempt_at = now() + interval '1 hour' where recipient = 'b@ours.example'`)
  await db.pool.query(`insert into domains (id, organization_id, name, verified_at) values ($1, $2, 'ours.example', now())`, [
    newId(),
    one.id,
  ])
  const claimed = await claimAll(1)
  assert.deepEqual(claimed.map(({ recipient, own, attempts, bytes }) => [recipient, own, attempts, bytes]).sort(), [
    ['a@ours.example', true, 1, 5],
    ['d@mail.test', true, 1, 5],
  ])
  assert.deepEqual(
    (await claimAll()).map(({ recipient }) => recipient),
    ['c@ours.example'],
  )
})

test('workers that claim at the same moment never get the same mail', async () => {
  const one = await organization()
  await queue(
    one,
    Array.from({ length: 60 }, (_, i) => `r${i}@one.example`),
  )
  const claims = await Promise.all(Array.from({ length: 6 }, () => claimAll(20)))
  const ids = claims.flat().map(({ id }) => id)
  assert.equal(new Set(ids).size, ids.length)
  await claimAll(100)
  assert.equal((await states()).filter(([state]) => state === 'sending').length, 60)
})

test('who was overtaken changes nothing any more: not by a result, not by giving back, not by renewing', async () => {
  const one = await organization()
  await queue(one, ['a@one.example'])
  const [mine] = await claimAll()
  await db.pool.query(`update deliveries set leased_until = now() - interval '1 second'`)
  assert.equal((await store.unscopedTakeOver(db)).length, 1)
  assert.deepEqual(await states(), [['queued', 1, true]])
  const [theirs] = await claimAll()
  assert.deepEqual(await store.unscopedRecord(db, [delivered(mine!)], new Date()), [])
  assert.deepEqual(await store.unscopedKeep(db, [mine!], 60_000), [])
  await store.unscopedRelease(db, [mine!])
  assert.deepEqual(await states(), [['sending', 2, true]])
  assert.equal((await store.unscopedKeep(db, [theirs!], 60_000)).length, 1)
  assert.equal((await store.unscopedRecord(db, [delivered(theirs!)], new Date())).length, 1)
  assert.equal((await store.unscopedTakeOver(db)).length, 0)
})

test('what a gone instance held is free, and nothing of the others', async () => {
  const one = await organization()
  await queue(one, ['a@one.example', 'b@one.example'])
  const wanted = (take: number) => [{ organization_id: one.id, lane: 'one.example', take }]
  await store.unscopedClaim(db, wanted(1), claiming)
  await store.unscopedClaim(db, wanted(1), { ...claiming, instance: 8 })
  assert.equal(await store.unscopedFree(db, 9), 0)
  assert.equal(await store.unscopedFree(db, 7), 1)
  assert.equal(await store.unscopedFree(db, 7), 0)
  assert.deepEqual((await states()).sort(), [
    ['queued', 1, true],
    ['sending', 1, true],
  ])
})

test('who was given up may still say how an attempt ended, once, until somebody has begun another', async () => {
  const one = await organization()
  await queue(one, ['a@one.example'])
  const [mine] = await claimAll()
  await store.unscopedFree(db, 7)
  assert.deepEqual(await store.unscopedKeep(db, [mine!], 60_000), [], 'the lease itself is over')
  const result = { ...delivered(mine!), state: 'deferred' as const, next_attempt_at: new Date(Date.now() + 3_600_000) }
  assert.equal((await store.unscopedRecord(db, [result], new Date())).length, 1)
  assert.deepEqual(await states(), [['deferred', 1, false]])
  assert.deepEqual(await store.unscopedRecord(db, [result], new Date()), [], 'told again, as after a lost answer, it is old')
})

test('a lease that runs is not taken over, and what is given back was never attempted', async () => {
  const one = await organization()
  await queue(one, ['a@one.example'])
  const claimed = await claimAll()
  assert.equal((await store.unscopedTakeOver(db)).length, 0)
  await store.unscopedRelease(db, claimed)
  assert.deepEqual(await states(), [['queued', 0, true]])
  await store.unscopedRelease(db, claimed)
  assert.deepEqual(await states(), [['queued', 0, true]], 'giving back twice is giving back once')
})

test('a retry stands in line from its time on, and after a crash it is a retry still', async () => {
  const one = await organization()
  await queue(one, ['a@one.example'])
  const [claimed] = await claimAll()
  const later = new Date(Date.now() + 3_600_000)
  await store.unscopedRecord(db, [{ ...delivered(claimed!), state: 'deferred', next_attempt_at: later, code: 451 }], new Date())
  assert.deepEqual(await states(), [['deferred', 1, false]])
  assert.equal(await store.unscopedBringForward(db, new Date(), 10), 0)
  assert.deepEqual(await lines(), [])
  assert.equal(await store.unscopedBringForward(db, later, 10), 1)
  const wanted = [{ organization_id: one.id, lane: 'one.example', take: 1 }]
  assert.equal((await store.unscopedClaim(db, wanted, { ...claiming, now: later })).length, 1)
  await db.pool.query(`update deliveries set leased_until = now() - interval '1 second'`)
  await store.unscopedTakeOver(db)
  assert.deepEqual(await states(), [['deferred', 2, true]])
})

test('two workers that finish the last two recipients at once agree on the end of the message', async () => {
  for (let round = 0; round < 10; round++) {
    const one = await organization()
    const message = await queue(one, ['a@one.example', 'b@two.example'])
    const claimed = await claimAll()
    const finish = (held: store.Claimed) =>
      db.tx(async (tx: Db) => {
        await store.unscopedLock(tx, [message])
        await store.unscopedRecord(tx, [delivered(held)], new Date())
        return (await store.unscopedSettle(tx, [message]))[0]!.status
      })
    const seen = await Promise.all(claimed.map(finish))
    assert.deepEqual(seen.sort(), ['delivered', 'sent'])
    assert.equal((await db.pool.query('select status from messages where id = $1', [message])).rows[0].status, 'delivered')
  }
})

test('the status of a message follows from its recipients', async () => {
  const cases: [string[], string][] = [
    [['delivered', 'deferred'], 'sent'],
    [['queued', 'rejected'], 'queued'],
    [['delivered', 'delivered'], 'delivered'],
    [['delivered', 'rejected'], 'delivered'],
    [['delivered', 'bounced'], 'bounced'],
    [['rejected', 'rejected'], 'rejected'],
    [['rejected', 'bounced'], 'bounced'],
  ]
  const one = await organization()
  for (const [recipients, status] of cases) {
    const message = await queue(
      one,
      recipients.map((state, i) => `${state}${i}@one.example`),
    )
    await db.pool.query(
      `update deliveries set state = rtrim(split_part(recipient, '@', 1), '0123456789'),
         first_attempt_at = case when recipient ~ '^(delivered|deferred|bounced)' then now() end where message_id = $1`,
      [message],
    )
    const [settled] = await store.unscopedSettle(db, [message])
    assert.deepEqual([settled!.status, settled!.deliveries.length], [status, recipients.length], recipients.join())
    await db.pool.query('delete from deliveries')
  }
})

test('a message is loaded with its attachments and without what is only for searching', async () => {
  const one = await organization()
  const message = await queue(one, ['a@one.example'])
  const [letter] = await store.unscopedLetters(db, [message])
  assert.deepEqual([letter!.id, letter!.text_body, letter!.attachments, 'search' in letter!], [message, 'Hello', [], false])
})
