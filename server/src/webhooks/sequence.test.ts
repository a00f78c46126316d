/** Webhooks of one message may overtake each other; the sequence they carry says in which order things happened. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { eventually, type Json, startTestApp, type TestApp } from '../../test/harness.ts'
import { type Received, type Sink, startSink } from '../../test/http-sink.ts'

let t: TestApp
const sinks: Sink[] = []
before(async () => {
  t = await startTestApp()
})
after(async () => {
  await Promise.all(sinks.map(sink => sink.stop()))
  await t.close()
})

const typeOf = ({ raw }: Received): string => {
  const body = JSON.parse(raw.toString())
  return String(body.type ?? body.event)
}
const sequenceOf = ({ headers }: Received): number => Number(headers['webhook-sequence'])

test('at slow and at failing endpoints of every dialect the sequence gives the life of a message', {
  timeout: 120_000,
}, async () => {
  const { key, inbox } = await t.register()
  const other = await t.register()
  const life = ['message.queued', 'message.sent', 'message.delivered']
  const endpoints = await Promise.all(
    ['pennypost', 'mailboxkit', 'mailbots', 'mailstream'].map(async dialect => {
      // MailStream tries again after four minutes.
      const fails = dialect !== 'mailstream'
      const failed = new Set<string>()
      // The first is refused once and comes again after the others; the second is answered late.
      const sink = await startSink(async request => {
        const type = typeOf(request)
        if (fails && type === 'message.queued' && !failed.has(type)) {
          failed.add(type)
          return 500
        }
        if (type === 'message.sent') await new Promise(resolve => setTimeout(resolve, 300))
        return 200
      })
      sinks.push(sink)
      const made = await t.call('POST', '/v1/webhooks', { key, body: { url: `${sink.url}/hook`, events: ['*'], dialect } })
      assert.equal(made.status, 201, JSON.stringify(made.body))
      return { dialect, sink, fails }
    }),
  )
  const sent = await t.call('POST', `/v1/inboxes/${inbox}/messages`, { key, body: { to: other.email, subject: 's', text: 't' } })
  assert.equal(sent.status, 202)
  const log: Json[] = await eventually(async () => {
    const { body } = await t.call('GET', '/v1/events', { key })
    const ours = body.data.filter(({ type }: Json) => life.includes(type))
    return ours.length === life.length && ours
  }, 60_000)
  assert.deepEqual(
    log.toSorted((a, b) => a.sequence - b.sequence).map(({ type }) => type),
    life,
  )

  for (const { dialect, sink, fails } of endpoints) {
    const taken = await eventually(async () => {
      const ours = sink.requests.filter(request => life.includes(typeOf(request)))
      return ours.length >= life.length + (fails ? 1 : 0) && ours
    }, 60_000)
    const first = new Map(taken.map(request => [typeOf(request), sequenceOf(request)]))
    for (const request of taken)
      assert.equal(sequenceOf(request), first.get(typeOf(request)), `${dialect}: the same at every attempt`)
    assert.deepEqual(
      [...first].sort(([, a], [, b]) => a - b).map(([type]) => type),
      life,
      dialect,
    )
    assert.deepEqual(
      [...first].map(([type, sequence]) => [type, sequence]).sort(),
      log.map(({ type, sequence }) => [type, sequence]).sort(),
      dialect,
    )
  }
  const native = endpoints[0]!.sink.requests[0]!
  assert.equal(JSON.parse(native.raw.toString()).sequence, sequenceOf(native))
})
