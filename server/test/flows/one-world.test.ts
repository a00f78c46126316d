/** What was made through one surface is used through another; words of paging and of forms are read, or refused, everywhere. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Json, startTestApp, type TestApp } from '../harness.ts'

const card = {
  to: { name: 'Margaret Holloway', line1: '1847 Orchard Hill Rd', city: 'Northampton', state: 'MA', zip: '01060' },
  from: { name: 'The Copper Kettle', line1: '22 Harbor St', city: 'Portland', state: 'ME', zip: '04101' },
  message: 'Dear Margaret, thank you!',
}

describe('surfaces of one world', () => {
  let t: TestApp
  let me: Awaited<ReturnType<TestApp['register']>>
  let keys: Record<string, string>
  before(async () => {
    t = await startTestApp()
    me = await t.register()
    keys = {}
    for (const dialect of ['mailboxkit', 'mailbots', 'mailstream'])
      keys[dialect] = await t.mint(me.key, { mode: 'test', dialect })
    keys.pennypost = await t.mint(me.key)
  })
  after(() => t.close())

  it('an id works with its prefix and bare, on every surface', async () => {
    const bare = (id: string) => id.slice(id.indexOf('_') + 1)
    const inbox = (await t.call('GET', '/v1/inboxes', { key: me.key })).body.data[0]
    const sent = (
      await t.call('POST', `/v1/inboxes/${bare(inbox.id)}/messages`, {
        key: keys.pennypost!,
        body: { to: 'delivered@sandbox.test', subject: 'Hello', text: 'Hello' },
      })
    ).body
    for (const [path, key] of [
      [`/v1/inboxes/${inbox.id}/messages/${sent.id}`, keys.pennypost],
      [`/v1/inboxes/${bare(inbox.id)}/messages/${bare(sent.id)}`, keys.pennypost],
      [`/api/v1/inboxes/${bare(inbox.id)}/messages/${bare(sent.id)}`, keys.mailboxkit],
      [`/api/v1/inboxes/${inbox.id}/messages/${sent.id}`, keys.mailboxkit],
    ] as const)
      assert.equal((await t.call('GET', path, { key: key! })).status, 200, path)
    const order = (await t.call('POST', '/mailbots/api/v1/orders', { key: keys.mailbots!, body: { quantity: 2 } })).body
    const piece = (await t.call('POST', '/v1/postcards', { key: keys.mailstream!, body: card })).body
    for (const [path, key] of [
      [`/v1/orders/${order.id}`, keys.pennypost],
      [`/v1/orders/ord_${order.id}`, keys.mailbots],
      [`/mailbots/api/v1/orders/ord_${order.id}`, keys.mailbots],
      [`/v1/pieces/${piece.id}`, keys.pennypost],
      [`/v1/pieces/${bare(piece.id)}`, keys.mailstream],
    ] as const)
      assert.equal((await t.call('GET', path, { key: key! })).status, 200, path)
    // An id of another kind stays unknown.
    assert.equal((await t.call('GET', `/v1/orders/pce_${order.id}`, { key: keys.pennypost! })).status, 404)
  })

  it('words of paging work in every list, or are refused', async () => {
    const lists = [
      ['/v1/inboxes', 'pennypost'],
      ['/v1/pieces', 'mailstream'],
      ['/mailstream/v1/webhooks', 'mailstream'],
      ['/mailbots/api/v1/orders', 'mailbots'],
      ['/mailbots/api/v1/webhooks', 'mailbots'],
      ['/api/v1/inboxes', 'mailboxkit'],
      ['/api/v1/webhooks', 'mailboxkit'],
    ] as const
    const words = ['limit', 'per_page', 'page_size', 'page', 'offset', 'skip', 'cursor', 'starting_after', 'after']
    for (let made = 0; made < 3; made++) {
      await t.call('POST', '/v1/inboxes', { key: me.key, body: { name: `Inbox ${made}` } })
      await t.call('POST', '/v1/postcards', { key: keys.mailstream!, body: card })
      await t.call('POST', '/mailbots/api/v1/orders', { key: keys.mailbots!, body: { quantity: 2 } })
      for (const [path, dialect] of lists.filter(([path]) => path.endsWith('webhooks')))
        await t.call('POST', path, {
          key: keys[dialect]!,
          body: {
            name: 'x',
            url: `${t.url}/hook${made}`,
            events: [{ mailbots: 'order.paid', mailstream: 'mail.created' }[dialect as string] ?? 'message.sent'],
          },
        })
    }
    for (const [path, dialect] of lists) {
      const ids = async (query: string) => {
        const { status, body } = await t.call('GET', path + query, { key: keys[dialect]! })
        return status === 200 ? (body.data.map((row: Json) => row.id) as string[]) : status
      }
      const all = await ids('')
      assert.ok(Array.isArray(all) && all.length >= 3, path)
      for (const word of words) {
        const found = await ids(`?${word}=2`)
        const works = Array.isArray(found) && JSON.stringify(found) !== JSON.stringify(all)
        assert.ok(works || found === 400 || found === 422, `${path}?${word}=2: ${JSON.stringify(found)}`)
      }
      for (const odd of ['abc', '-1', '1.5'])
        assert.ok([400, 422].includes((await ids(`?limit=${odd}`)) as number), `${path}: ${odd}`)
    }
  })

  it('a form takes one file without an index, and several under one name', async () => {
    const send = async (path: string, key: string, files: string[], field: string) => {
      const form = new FormData()
      form.append('to', 'delivered@sandbox.test')
      form.append('subject', 'Files')
      form.append('text', 'Files')
      for (const name of files) form.append(field, new File([name], name, { type: 'text/plain' }))
      const response = await fetch(t.url + path, { method: 'POST', headers: { authorization: `Bearer ${key}` }, body: form })
      const body: Json = await response.json()
      assert.ok(response.status < 300, JSON.stringify(body))
      return (body.data ?? body).attachments.map((file: Json) => file.filename)
    }
    for (const [path, key] of [
      [`/v1/inboxes/${me.email}/messages`, keys.pennypost!],
      [`/api/v1/inboxes/${me.email}/messages/send`, keys.mailboxkit!],
    ] as const) {
      assert.deepEqual(await send(path, key, ['a.txt'], 'attachments'), ['a.txt'])
      assert.deepEqual(await send(path, key, ['a.txt', 'b.txt'], 'attachments'), ['a.txt', 'b.txt'])
      assert.deepEqual(await send(path, key, ['a.txt', 'b.txt'], 'attachments[]'), ['a.txt', 'b.txt'])
    }
  })
})
