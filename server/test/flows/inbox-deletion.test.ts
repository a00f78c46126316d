/** Inboxes deleted in the middle of everything: mail on its way out, opened, held for approval, coming in, being indexed. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { eventually } from '../harness.ts'
import { type OwnerRig, startOwnerRig } from './owner-mail.ts'

describe('deleting inboxes', () => {
  let t: OwnerRig
  before(async () => {
    t = await startOwnerRig({ config: { RATE_LIMITS: 'off' } })
  })
  after(() => t.close())

  it('never meets its own mail in a deadlock, and leaves nothing of it', async () => {
    const answers: number[] = []
    const round = async (pause: number) => {
      const { key, inbox, email, uuid } = await t.registerOwned()
      const send = (to: string) =>
        t.call('POST', `/v1/inboxes/${inbox}/messages`, {
          key,
          body: { to: [to, email, `b-${to}`], subject: 's', html: '<p>x</p>', track_opens: true },
        })
      const sent = await Promise.all(Array.from({ length: 12 }, (_, i) => send(`r${i}@sink.test`)))
      const pixels = sent.map(({ body }) => /(\/t\/o\/[^"]+\.gif)/.exec(body.html ?? '')?.[1]).filter(path => path !== undefined)
      if (pause % 4 === 0) await t.call('PATCH', `/v1/inboxes/${inbox}`, { key, body: { hold: true } })
      const more = Array.from({ length: 6 }, (_, i) => send(`late${i}@sink.test`))
      const opened = pixels.map(path => fetch(t.url + path))
      await new Promise(resolve => setTimeout(resolve, pause))
      answers.push((await t.call('DELETE', `/v1/inboxes/${inbox}`, { key })).status)
      for (const { status, body } of await Promise.all(more)) assert.ok([202, 404].includes(status), JSON.stringify(body))
      for (const { status } of await Promise.all(opened)) assert.equal(status, 200)
      await eventually(async () => {
        const [left] = await t.query<Record<string, number>>(
          `select (select count(*) from messages where organization_id = $1)::integer as messages,
            (select count(*) from deliveries where organization_id = $1)::integer as deliveries`,
          [uuid],
        )
        return left!.messages === 0 && left!.deliveries === 0
      })
    }
    await Promise.all(
      Array.from({ length: 4 }, async (_, i) => {
        for (let n = 0; n < 5; n++) await round((i * 5 + n) * 6)
      }),
    )
    assert.deepEqual(answers, Array(20).fill(200))
  })

  it('takes the bodies out of the event log; the rest of what happened stays', async () => {
    const { key, inbox } = await t.registerOwned()
    const body = { to: 'a@sink.test', subject: 'Kept', text: 'secret words', html: '<p>secret words</p>' }
    assert.equal((await t.call('POST', `/v1/inboxes/${inbox}/messages`, { key, body })).status, 202)
    const queued = async () => (await t.call('GET', '/v1/events?type=message.queued', { key })).body.data[0].data
    const before = await queued()
    assert.deepEqual([before.text, before.html, before.truncated], [body.text, body.html, false])
    assert.equal((await t.call('DELETE', `/v1/inboxes/${inbox}`, { key })).status, 200)
    const after = await queued()
    assert.deepEqual({ ...before, text: null, html: null, extracted_text: null }, after)
    assert.equal(after.subject, 'Kept')
  })
})
