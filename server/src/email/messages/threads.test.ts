import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Json, startTestApp, type TestApp } from '../../../test/harness.ts'

describe('the list of threads', () => {
  let t: TestApp
  let key: string
  let inbox: string
  before(async () => {
    t = await startTestApp({ roles: ['web', 'smtp'] })
    ;({ key, inbox } = await t.register())
  })
  after(() => t.close())

  const post = async (path: string, body: object): Promise<Json> => {
    const { status, body: answer } = await t.call('POST', `/v1/inboxes/${inbox}${path}`, { key, body })
    assert.equal(status, 202, JSON.stringify(answer))
    return answer
  }
  const list = async (query = ''): Promise<Json> => {
    const { status, body } = await t.call('GET', `/v1/inboxes/${inbox}/threads${query}`, { key })
    assert.equal(status, 200, JSON.stringify(body))
    return body
  }
  const subjects = ({ data }: Json): string[] => data.map(({ subject }: Json) => subject)

  it('begins with the one that was last active; pages neither repeat nor skip what stays where it is', async () => {
    const sent = []
    for (const subject of ['a', 'b', 'c', 'd', 'e']) sent.push(await post('/messages', { to: 'x@sink.test', subject, text: 't' }))
    assert.deepEqual(subjects(await list()), ['e', 'd', 'c', 'b', 'a'])
    await post(`/messages/${sent[1].id}/reply`, { text: 'once more' })
    assert.deepEqual(subjects(await list()), ['b', 'e', 'd', 'c', 'a'])

    const first = await list('?limit=2')
    assert.deepEqual([subjects(first), first.has_more], [['b', 'e'], true])
    // The last one of the page moves; the next page is where it was.
    await post(`/messages/${sent[4].id}/reply`, { text: 'meanwhile' })
    const second = await list(`?limit=2&cursor=${first.next_cursor}`)
    const third = await list(`?limit=2&cursor=${second.next_cursor}`)
    assert.deepEqual([subjects(second), subjects(third)], [['d', 'c'], ['a']])
    assert.deepEqual([third.has_more, third.next_cursor], [false, null])
  })

  it('tells threads of the same moment apart, to the microsecond', async () => {
    await t.app.db.pool.query(
      "update threads set last_message_at = '2026-01-01T00:00:00.123456Z'::timestamptz + (subject > 'c')::int * interval '1 microsecond'",
    )
    const seen: string[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: Json = await list(`?limit=1${cursor && `&cursor=${cursor}`}`)
      seen.push(...subjects(page))
      cursor = page.next_cursor
    }
    assert.deepEqual(seen, ['e', 'd', 'c', 'b', 'a'])
  })

  it('refuses what is no cursor of it', async () => {
    for (const cursor of [
      'x',
      '01M7YD854PE00V3JVS8KCSN7PS',
      '-01M7YD854PE00V3JVS8KCSN7PS',
      'zz-!',
      'zz-UUUUUUUUUUUUUUUUUUUUUUUUUU',
    ]) {
      const { status, body } = await t.call('GET', `/v1/inboxes/${inbox}/threads?cursor=${encodeURIComponent(cursor)}`, { key })
      assert.deepEqual([status, body.error.errors?.[0].path], [422, '/cursor'], cursor)
    }
    assert.equal(
      (await t.call('GET', `/v1/inboxes/${inbox}/threads?cursor=zzzzzzzzzz-01M7YD854PE00V3JVS8KCSN7PS`, { key })).status,
      200,
    )
  })
})
