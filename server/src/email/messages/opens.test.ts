/** Opens: counted when the pixel of that very message is fetched, announced once, and by nobody who makes up addresses. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type OwnerRig, startOwnerRig } from '../../../test/flows/owner-mail.ts'

describe('opens', () => {
  let t: OwnerRig
  before(async () => {
    t = await startOwnerRig()
  })
  after(() => t.close())

  const sendTracked = async (to: string, html = '<body><p>Hi</p></body>') => {
    const agent = await t.registerOwned()
    const { status, body } = await t.call('POST', `/v1/inboxes/${agent.inbox}/messages`, {
      key: agent.key,
      body: { to, subject: 's', html, track_opens: true },
    })
    assert.equal(status, 202, JSON.stringify(body))
    return { ...agent, message: body, path: /src="https?:\/\/[^/]+(\/t\/o\/[^"]+\.gif)"/.exec(body.html)![1]! }
  }
  const opens = async (key: string, id: string) => (await t.call('GET', `/v1/messages/${id}/opens`, { key })).body
  const events = async (key: string) => (await t.call('GET', '/v1/events?type=message.opened', { key })).body.data

  it('is in the mail that goes out, counts every load and tells of the first', async () => {
    const { key, message, path } = await sendTracked('reader@sink.test')
    const mail = await t.mailTo('reader@sink.test', /t\/o\//)
    assert.ok(mail.includes(`${path}" width="1" height="1" alt=""></body>`), mail)
    assert.deepEqual(await opens(key, message.id), { opens: 0, first_opened_at: null, last_opened_at: null })
    const loads = await Promise.all(Array.from({ length: 15 }, () => fetch(t.url + path)))
    for (const load of loads) {
      assert.equal(load.headers.get('content-type'), 'image/gif')
      assert.equal(load.headers.get('cache-control'), 'no-store')
      assert.equal(Buffer.from(await load.arrayBuffer()).toString('latin1', 0, 6), 'GIF89a')
    }
    assert.equal((await opens(key, message.id)).opens, 15)
    const told = await events(key)
    assert.equal(told.length, 1)
    assert.equal(told[0].data.id, message.id)
    assert.ok(told[0].data.opened_at)
  })

  it('HEAD and forged addresses count nothing and look the same', async () => {
    const { key, message, path } = await sendTracked('x@sink.test', '<p>no body tag')
    const other = await sendTracked('y@sink.test')
    const mac = (of: string) => of.slice(-26)
    assert.equal((await fetch(t.url + path, { method: 'HEAD' })).status, 200)
    for (const bad of [
      `${path.slice(0, -5)}${path.at(-5) === 'A' ? 'B' : 'A'}.gif`,
      path.slice(0, -26) + mac(other.path),
      path.replace('.gif', ''),
      '/t/o/x.gif',
      `/t/o/${'0'.repeat(48)}.gif`,
      `/t/o/${'Z'.repeat(48)}.gif`,
    ]) {
      const answer = await fetch(t.url + bad)
      assert.equal(answer.status, 200, bad)
      assert.equal(answer.headers.get('content-type'), 'image/gif')
    }
    assert.equal((await opens(key, message.id)).opens, 0)
    assert.equal((await events(key)).length, 0)
    assert.equal((await t.call('GET', `/v1/messages/${message.id}/opens`, { key: other.key })).status, 404)
  })

  it('is put in only when asked, and needs HTML', async () => {
    const { key, inbox } = await t.registerOwned()
    const send = (body: object) =>
      t.call('POST', `/v1/inboxes/${inbox}/messages`, { key, body: { to: 'a@sink.test', subject: 's', ...body } })
    assert.ok(!(await send({ html: '<p>x</p>' })).body.html.includes('/t/o/'))
    assert.equal((await send({ text: 'x', track_opens: true })).body.error.errors[0].path, '/track_opens')
  })

  it('survives the deletion of its inbox', async () => {
    const { key, inbox, path } = await sendTracked('z@sink.test')
    await fetch(t.url + path)
    assert.equal((await t.call('DELETE', `/v1/inboxes/${inbox}`, { key })).status, 200)
    assert.equal((await fetch(t.url + path)).status, 200)
  })
})
