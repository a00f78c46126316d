/** Uploading the list of an order over HTTP: as a file of any size, checked dry, stored as a whole or not at all. */
import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { after, before, describe, it } from 'node:test'
import { eventually, type Json, startTestApp, type TestApp } from '../../../test/harness.ts'
import { xlsx } from '../../../test/xlsx-writer.ts'

const heading = 'first_name,last_name,address,city,state,zip'

describe('uploads of lists', () => {
  let t: TestApp
  let key: string
  let order: string
  before(async () => {
    t = await startTestApp({ roles: ['web'] })
    key = await t.mint((await t.register()).key)
    order = (await t.call('POST', '/v1/orders', { key, body: { quantity: 100_000 } })).body.id
  })
  after(() => t.close())

  const upload = async (
    file: string | Uint8Array<ArrayBuffer>,
    {
      query = '',
      fields = {},
      headers = {},
    }: { query?: string; fields?: Record<string, string>; headers?: Record<string, string> } = {},
  ): Promise<{ status: number; body: Json; headers: Headers }> => {
    const form = new FormData()
    for (const [name, value] of Object.entries(fields)) form.append(name, value)
    form.append('file', new File([file], 'list.csv'))
    const response = await fetch(`${t.url}/v1/orders/${order}/recipients${query}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, ...headers },
      body: form,
    })
    return { status: response.status, body: await response.json(), headers: response.headers }
  }
  const count = async () => (await t.call('GET', `/v1/orders/${order}`, { key })).body.recipient_count
  const rows = (number: number, name = 'Ada') =>
    Array.from({ length: number }, (_, i) => `${name}${i},Holloway,${i} Elm St,Boston,MA,02139`).join('\n')
  const leftovers = async () => (await readdir(tmpdir())).filter(name => /^pennypost-(upload|list)-/.test(name))

  it('takes a file of 100,000 rows, and leaves none behind', async () => {
    const { status, body } = await upload(`${heading}\n${rows(100_000)}\n`)
    assert.equal(status, 200, JSON.stringify(body))
    assert.deepEqual([body.rows, body.accepted, body.rejected, body.dry_run], [100_000, 100_000, 0, false])
    assert.equal(await count(), 100_000)
    // Other tests upload meanwhile; what is here now must go.
    const seen = await leftovers()
    await eventually(async () => {
      const now = new Set(await leftovers())
      return seen.every(name => !now.has(name))
    })
  })

  it('stores nothing on a dry run', async () => {
    for (const options of [{ query: '?dry_run=true' }, { fields: { dry_run: 'true' } }]) {
      const { status, body } = await upload(`${heading}\n${rows(3)}\nBad\n`, options)
      assert.equal(status, 200, JSON.stringify(body))
      assert.deepEqual([body.dry_run, body.accepted, body.rejected, body.rejected_rows[0].row], [true, 3, 1, 5])
      assert.equal(await count(), 100_000)
    }
  })

  it('takes the place of the list before, and lists both kinds of rows', async () => {
    const { body } = await upload(
      xlsx([heading.split(','), ['Ada', 'H', '1 Elm St', 'Boston', 'MA', 2139], ['Bob']]) as Uint8Array<ArrayBuffer>,
      {
        fields: { 'mapping[zip]': 'zip' },
      },
    )
    assert.deepEqual([body.format.type, body.accepted, body.rejected, body.zips_mended], ['xlsx', 1, 1, 1])
    assert.equal(await count(), 1)
    const { data } = (await t.call('GET', `/v1/orders/${order}/recipients`, { key })).body
    assert.deepEqual(
      data.map((row: Json) => [row.row, row.accepted, row.to?.zip ?? null, row.given]),
      [
        [2, true, '02139', { zip: '2139' }],
        [3, false, null, { first_name: 'Bob' }],
      ],
    )
  })

  it('keeps the list before when the new one cannot be read to its end', async () => {
    const { status, body } = await upload(`${heading}\n${rows(5000)}\n"${'never closed '.repeat(50_000)}`)
    assert.equal(status, 422)
    assert.match(body.error.message, /never closed/)
    assert.equal(await count(), 1)
    assert.equal((await t.call('GET', `/v1/orders/${order}/recipients`, { key })).body.data.length, 2)
  })

  it('refuses more than 50 MB, and what is no file', async () => {
    const { status, body } = await upload(new Uint8Array(51 * 1024 * 1024).fill(97))
    assert.deepEqual([status, body.error.code], [413, 'too_large'])
    const none = await t.call('POST', `/v1/orders/${order}/recipients`, { key, body: {} })
    assert.match(none.body.error.message, /\/file is required/)
    const forged = await t.call('POST', `/v1/orders/${order}/recipients`, { key, body: { file: { content: '/etc/passwd' } } })
    assert.equal(forged.status, 422)
    const stranger = await t.call('POST', `/v1/orders/${order}/recipients`, {
      key,
      body: { file: { content: `upload:${'0'.repeat(64)}` } },
    })
    assert.match(stranger.body.error.message, /is not base64/)
  })

  it('answers a repeated upload from memory', async () => {
    const headers = { 'idempotency-key': 'list-1' }
    const first = await upload(`${heading}\n${rows(2)}\n`, { headers })
    const again = await upload(`${heading}\n${rows(2)}\n`, { headers })
    assert.deepEqual([again.body, again.headers.get('x-idempotent-replayed')], [first.body, 'true'])
    assert.equal((await upload(`${heading}\n${rows(3)}\n`, { headers })).body.error.code, 'idempotency_key_reused')
  })

  it('reads several lists at once, the last one whole', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, (_, i) => upload(`${heading}\n${rows(500 + i, `P${i}x`)}\n`)))
    assert.ok(answers.every(({ status }) => status === 200))
    const total = await count()
    const { data } = (await t.call('GET', `/v1/orders/${order}/recipients?limit=100`, { key })).body
    const [name] = data[0].to.name.split('x')
    assert.ok(data.every((row: Json) => row.to.name.startsWith(`${name}x`)))
    assert.equal(total, 500 + Number(name.slice(1)))
  })
})
