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

  const csv = (list: string, more: Json = {}) =>
    t.call('POST', `/v1/orders/${order}/recipients`, { key, body: { csv: list, dry_run: true, ...more } })

  it('takes a mapping as JSON text in a form, and as an object', async () => {
    const list = 'Who,Where,City,State,Zip\nAda Holloway,1 Elm St,Boston,MA,02139\n'
    const mapping = { name: 'who', line1: 'Where' }
    const form = await upload(list, { fields: { mapping: JSON.stringify(mapping) }, query: '?dry_run=true' })
    assert.deepEqual([form.status, form.body.accepted], [200, 1], JSON.stringify(form.body))
    assert.equal((await csv(list, { mapping })).body.accepted, 1)
    for (const [wrong, says] of [
      ['{"name"', /\/mapping is not JSON; send an object of fields and headings, such as/],
      ['["who"]', /\/mapping must be an object/],
      ['{"nam":"who"}', /\/mapping\/nam is not a field of a recipient; those are name, first_name/],
      ['{"name":7}', /\/mapping must name the heading of each field as text/],
    ] as const) {
      const { status, body } = await upload(list, { fields: { mapping: wrong } })
      assert.equal(status, 422)
      assert.match(body.error.message, says)
    }
    // null takes a guess back.
    const { body } = await csv('name,company,address,city,state,zip\nAda,Gold customer,1 Elm St,Boston,MA,02139\n', {
      mapping: { company: null },
    })
    assert.deepEqual(body.samples[0].lines, ['ADA', '1 ELM ST', 'BOSTON MA 02139'])
  })

  it('offers its guess where headings do not tell', async () => {
    const { status, body } = await csv('Who,Where,City,State,Zip\nAda Holloway,1 Elm St,Boston,MA,02139\n')
    assert.equal(status, 422)
    assert.match(body.error.message, /mapping=\{"city":"City","state":"State","zip":"Zip","name":"…","line1":"…"\}/)
    assert.deepEqual(body.error.errors[0].guess, {
      headings: ['Who', 'Where', 'City', 'State', 'Zip'],
      mapping: { city: 'City', state: 'State', zip: 'Zip' },
    })
  })

  it('shows rows as they will be printed, and counts what was corrected', async () => {
    const { body } = await csv(
      `Full Name,Address,City,State,Zip
"Doe, Jane",12 Oak Avenue Apt 4,Boston,Massachusetts,2139
Bob Ray,9 Elm St,Austin,TX,78701
Юлия Петрова,9 Elm St,Austin,TX,78701
Marie,1 Elm St,Boston,TX,02139`,
    )
    assert.deepEqual(body.corrections, { name_split: 3, name_turned: 1, street_form: 1, state_code: 1, zip_zeros: 1 })
    assert.deepEqual(body.samples[0], {
      row: 2,
      why: 'one of the first',
      lines: ['JANE DOE', '12 OAK AVE APT 4', 'BOSTON MA 02139'],
      problem: null,
      corrected: { line1: '12 Oak Avenue Apt 4', line2: '', state: 'Massachusetts', zip: '2139' },
      merge_variables: {
        name: 'Jane Doe',
        first_name: 'Jane',
        last_name: 'Doe',
        line1: '12 Oak Avenue Apt 4',
        city: 'Boston',
        state: 'Massachusetts',
        zip: '02139',
        full_name: 'Doe, Jane',
        address: '12 Oak Avenue Apt 4',
      },
    })
    assert.deepEqual([body.heading_row, body.sheet, body.accepted, body.rejected], [1, null, 3, 1])
    assert.match(body.warnings[0].message, /^The name is in Cyrillic letters/)
  })

  it('keeps one recipient a person or household, or all', async () => {
    const list = `first,last,street,city,state,zip
Jane,Doe,12 Oak Avenue,Boston,MA,02139
JANE,DOE,12 OAK AVE,BOSTON,MA,02139-1234
John,Doe,12 Oak Ave,Boston,MA,02139
Kim,Poe,12 Oak Ave Apt 4,Boston,MA,02139
Kim,Poe,12 Oak Ave #4,Boston,MA,02139
`
    for (const [dedupe, accepted, zip] of [
      [undefined, 3, '02139-1234'],
      ['person', 3, '02139-1234'],
      ['household', 2, '02139-1234'],
      ['none', 5, '02139'],
    ] as const) {
      const { body } = await csv(list, { ...(dedupe ? { dedupe } : {}), dry_run: false })
      assert.equal(body.accepted, accepted, dedupe)
      const { data } = (await t.call('GET', `/v1/orders/${order}/recipients`, { key })).body
      assert.equal(data[0].to.zip, zip, dedupe)
    }
    assert.equal((await csv(list, { dedupe: 'family' })).status, 422)
  })

  it('gives an earlier batch the longer ZIP code of a later row', async () => {
    const { body } = await csv(`${heading}\n${rows(1500)}\nAda3,Holloway,3 Elm Street,Boston,MA,02139-4307\n`, { dry_run: false })
    assert.deepEqual([body.accepted, body.corrections.zip_extended], [1500, 1])
    const { data } = (await t.call('GET', `/v1/orders/${order}/recipients?limit=5`, { key })).body
    assert.deepEqual(
      [data[3].to.zip, data[3].merge_variables.zip, data[3].given, data[3].address_status],
      ['02139-4307', '02139-4307', { zip: '02139' }, 'corrected'],
    )
  })
})
