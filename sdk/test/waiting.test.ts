/** waitFor(): words, patterns, threads, and mail that comes while others do. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { eventually, startTestApp, type TestApp } from '../../server/test/harness.ts'
import Pennypost from '../src/index.ts'

describe('waitFor', () => {
  let t: TestApp
  before(async () => {
    t = await startTestApp()
  })
  after(() => t.close())
  const agent = async () => {
    const { key, inbox, email } = await t.register()
    const pp = new Pennypost({ apiKey: key, inboxId: inbox, baseUrl: t.url })
    const mail = (subject: string, text = 'x') => pp.send({ to: email, subject, text })
    return { pp, key, inbox, email, mail }
  }

  it('resolves with mail that comes later, with its codes and links', async () => {
    const { pp, inbox, email, mail } = await agent()
    const waiting = pp.waitFor(inbox, { from: email, subject: /sign-in code/i, timeout: 20_000 })
    await mail('Your sign-in code', 'Your code is 482913. Or open https://example.test/verify?t=1')
    const got = await waiting
    assert.equal(got.extracted_text?.trim(), 'Your code is 482913. Or open https://example.test/verify?t=1')
    assert.equal(got.codes[0]?.value, '482913')
    assert.equal(got.links[0]?.url, 'https://example.test/verify?t=1')
  })

  it('finds what fits behind newer mail that does not, with its codes, and though the pattern has a memory', async () => {
    const { pp, mail } = await agent()
    await mail('Order 17', 'Code 482913')
    for (let i = 0; i < 3; i++) await mail(`Noise ${i}`)
    await pp.waitFor({ subject: 'Noise 2', timeout: 20_000 })
    const pattern = /^order (\d+)/gi
    pattern.lastIndex = 5
    const since = new Date(Date.now() - 60_000)
    for (const wanted of [{}, { since }, { since }]) {
      const got = await pp.waitFor({ subject: pattern, ...wanted, timeout: 20_000 })
      assert.equal(got.subject, 'Order 17')
      assert.equal(got.codes[0]?.value, '482913')
    }
  })

  it('answers each mail once, the oldest first, whatever the waits between ask for; another client has its own memory', async () => {
    const { pp, key, inbox, email, mail } = await agent()
    for (const [index, subject] of ['one', 'two', 'three'].entries()) {
      await mail(subject)
      // Mails that are under way together may arrive in any order.
      await eventually(async () => (await pp.inboxes.messages.list(inbox, { direction: 'inbound' })).data.length > index)
    }
    await pp.waitFor({ subject: 'three', timeout: 20_000 })
    for (const subject of ['one', 'two']) assert.equal((await pp.waitFor({ from: email, timeout: 20_000 })).subject, subject)
    await assert.rejects(pp.waitFor({ timeout: 0 }), { code: 'timeout' })
    assert.equal((await pp.waitOnce(inbox, { timeout: 0 })).message, null)
    const waiting = pp.waitFor({ timeout: 20_000 })
    await mail('four')
    const four = await waiting
    assert.equal(four.subject, 'four')
    const other = new Pennypost({ apiKey: key, inboxId: inbox, baseUrl: t.url })
    assert.equal((await other.waitFor({ timeout: 20_000 })).subject, 'one')
    assert.equal((await other.waitFor({ after: four.id, subject: 'five', timeout: 0 }).catch(error => error)).code, 'timeout')
  })

  it('waits through mail that does not fit', async () => {
    const { pp, mail } = await agent()
    const waiting = pp.waitFor({ subject: /^wanted$/, timeout: 30_000 })
    for (const subject of ['unwanted', 'not wanted', 'Wanted', 'wanted']) await mail(subject)
    assert.equal((await waiting).subject, 'wanted')
  })

  it('tells senders and threads apart', async () => {
    const { pp, inbox, email, mail } = await agent()
    const other = await agent()
    const first = await mail('Same subject')
    await other.pp.send({ to: email, subject: 'Same subject', text: 'from another' })
    const fromOther = await pp.waitFor({ from: new RegExp(`^${other.email}$`), timeout: 20_000 })
    assert.equal(fromOther.extracted_text?.trim(), 'from another')
    const got = await pp.waitFor(inbox, { threadId: first.thread_id, subject: /same/i, timeout: 20_000 })
    assert.equal(got.thread_id, first.thread_id)
    assert.notEqual(got.id, fromOther.id)
  })

  it('says when nothing came: mail from before `since` does not count', async () => {
    const { pp, mail } = await agent()
    await mail('Early')
    const early = await pp.waitFor({ subject: 'Early', timeout: 20_000 })
    const since = new Date(Date.parse(early.created_at) + 1)
    await assert.rejects(pp.waitFor({ subject: 'Early', since, timeout: 0 }), { code: 'timeout', retryable: true })
    await assert.rejects(pp.waitFor({ subject: /Early/, since, timeout: 100 }), { code: 'timeout' })
    await assert.rejects(pp.waitFor({ subject: /Never/, timeout: 0 }), { code: 'timeout' })
    assert.equal((await pp.waitFor({ subject: /Early/, since: early.created_at, timeout: 0 })).id, early.id)
  })

  it('ends at once when told to', async () => {
    const { pp } = await agent()
    const controller = new AbortController()
    const waiting = pp.waitFor({ subject: /never/, timeout: 60_000, signal: controller.signal })
    setTimeout(() => controller.abort(new Error('changed my mind')), 100)
    await assert.rejects(waiting, /changed my mind/)
    await assert.rejects(pp.waitFor('inb_unknown', { timeout: 0 }), { code: 'not_found' })
  })
})
