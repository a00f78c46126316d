/** Previews of the pieces of an order before it is paid, and the rows a quote says to look at. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Json, startTestApp, type TestApp } from '../../../test/harness.ts'

const png = Buffer.from('89504e470d0a1a0a', 'hex')
const rows = [
  'Ada,Holloway,1 Elm St,Boston,MA,02139,hello',
  'Wolfgang Amadeus Theophilus,Gottlieb-Chrysostomus,1847 Orchard Hill Plantation Rd Apt 4B,Austin,TX,78701,a rather longer note than the others have',
  'JANE,DOE,12 Oak Avenue,Boston,Massachusetts,2139,x',
  'JosÃ©,Nunez,9 Elm St,Austin,TX,78701,x',
  'Юлия,Петрова,8 Elm St,Austin,TX,78701,x',
  'Bad,Row,8 Elm St,Austin,TX,02139,x',
  'Bob,Ray,7 Elm St,Austin,TX,78701,x',
  'Cy,Ray,7 Elm St,Austin,TX,78701,x',
]
const list = `first_name,last_name,address,city,state,zip,note\n${rows.join('\n')}\n`

describe('previews of orders', () => {
  let t: TestApp
  let key: string
  let order: string
  before(async () => {
    t = await startTestApp({ roles: ['web'] })
    key = await t.mint((await t.register()).key)
    order = await makeOrder({ message: 'Dear {{first_name}}, {{note}}' })
  })
  after(() => t.close())

  const makeOrder = async (fields: Json, csv = list): Promise<string> => {
    const body = {
      quantity: 100,
      sender_name: 'Ann',
      return_address: { line1: '1 Main St', city: 'Springfield', state: 'IL', zip: '62701' },
      ...fields,
    }
    const made = await t.call('POST', '/v1/orders', { key, body })
    assert.equal(made.status, 201, JSON.stringify(made.body))
    if (csv) {
      const { status, body } = await t.call('POST', `/v1/orders/${made.body.id}/recipients`, { key, body: { csv } })
      assert.equal(status, 200, JSON.stringify(body))
    }
    return made.body.id
  }
  const get = async (query: string, { accept, id = order, as = key }: { accept?: string; id?: string; as?: string } = {}) => {
    const response = await fetch(`${t.url}/v1/orders/${id}/preview${query}`, {
      headers: { authorization: `Bearer ${as}`, ...(accept ? { accept } : {}) },
    })
    const bytes = Buffer.from(await response.arrayBuffer())
    return { status: response.status, type: response.headers.get('content-type') ?? '', headers: response.headers, bytes }
  }
  const error = async (query: string, options = {}) => {
    const { status, bytes } = await get(query, options)
    const { code, message } = JSON.parse(bytes.toString()).error
    return `${status} ${code} ${message}`
  }

  it('are PDF, PNG or JSON, by query or by Accept', async () => {
    for (const [query, accept, type] of [
      ['?row=2', undefined, 'application/pdf'],
      ['?row=2&format=pdf', 'image/png', 'application/pdf'],
      ['?row=2&format=png', undefined, 'image/png'],
      ['?row=2', 'image/png', 'image/png'],
      ['?row=2', 'application/json', 'application/json; charset=utf-8'],
      ['', undefined, 'application/pdf'],
    ] as const) {
      const answer = await get(query, accept ? { accept } : {})
      assert.deepEqual([answer.status, answer.type], [200, type], `${query} ${accept}`)
      if (type === 'application/pdf') assert.equal(answer.bytes.subarray(0, 5).toString(), '%PDF-')
      if (type === 'image/png') assert.deepEqual(answer.bytes.subarray(0, 8), png)
      if (!type.includes('json')) assert.match(answer.headers.get('content-security-policy')!, /default-src 'none'/)
    }
  })

  it('show one page of a card in the size that is asked for', async () => {
    const pictures = await Promise.all(
      ['&page=1', '&page=2', '&page=2&size=small'].map(async more => (await get(`?row=3&format=png${more}`)).bytes),
    )
    assert.deepEqual(
      pictures.map(bytes => bytes.readUInt32BE(16)),
      [1280, 1280, 320],
    )
    assert.ok(!pictures[0]!.equals(pictures[1]!))
    assert.equal(
      await error('?row=3&format=png&page=3'),
      '422 invalid_input The request is not valid: /page is 3, but the piece has 2 pages',
    )
  })

  it('show any row, the same each time', async () => {
    const [one, again, other] = await Promise.all([get('?row=3'), get('?row=3'), get('?row=6')])
    assert.ok(one.bytes.equals(again.bytes))
    assert.ok(!one.bytes.equals(other.bytes))
    const { row, lines, merge_variables, pages, pdf_url } = JSON.parse((await get('?row=4&format=json')).bytes.toString())
    assert.deepEqual([row, lines, merge_variables.first_name], [4, ['JANE DOE', '12 OAK AVE', 'BOSTON MA 02139'], 'JANE'])
    assert.equal(pages.length, 2)
    // Links are for people, who have no key.
    for (const [url, start] of [
      [pdf_url, Buffer.from('%PDF-')],
      [pages[1].small, png],
    ]) {
      const file = await fetch(url)
      assert.equal(file.status, 200)
      assert.deepEqual(Buffer.from(await file.arrayBuffer()).subarray(0, start.length), start)
      assert.equal((await fetch(url.replace('/4/', '/3/'))).status, 404)
      assert.equal((await fetch(url.replace(/signature=.*/, 'signature='))).status, 404)
    }
  })

  it('say why there is none', async () => {
    assert.match(
      await error('?row=7'),
      /^422 invalid_input .*\/row 7 was not taken, so no piece is printed for it: zip "02139" is no ZIP code of TX/,
    )
    assert.match(await error('?row=99'), /^404 not_found There is no such row 99 in the list of this order\.$/)
    assert.match(await error('?row=0'), /^422 invalid_input /)
    assert.match(await error('?row=2&format=gif'), /^422 invalid_input /)
    const empty = await makeOrder({ message: 'Hi' }, '')
    assert.match(await error('', { id: empty }), /\/recipients are required before a preview: upload the list first/)
    const blank = await makeOrder({})
    assert.match(await error('?row=2', { id: blank }), /\/message is required before a preview/)
    const lacking = await makeOrder({ message: 'Hi {{nickname}}' })
    assert.match(
      await error('?row=3', { id: lacking }),
      /^422 .*\/back\/message cannot be printed for row 3: The merge field "nickname" has no value/,
    )
  })

  it('are seen by their organization and mode only, and need orders.read', async () => {
    const stranger = await t.mint((await t.register()).key)
    const unknown = await error('?row=2', { id: `ord_${'0'.repeat(26)}` })
    assert.match(unknown, /^404 not_found/)
    assert.equal(await error('?row=2', { as: stranger }), unknown)
  })

  it('follow the order as it is changed, and stay after it is paid', async () => {
    const id = await makeOrder({ message: 'Hi' })
    const before = await get('?row=2', { id })
    await t.call('PATCH', `/v1/orders/${id}`, { key, body: { message: 'Hello there' } })
    const after = await get('?row=2', { id })
    assert.ok(!before.bytes.equals(after.bytes))
    const paid = await t.call('POST', `/v1/orders/${id}/checkout`, { key, body: {} })
    assert.equal(paid.body.status, 'paid', JSON.stringify(paid.body))
    assert.deepEqual((await get('?row=2', { id })).status, 200)
  })

  it('are offered by the quote for the five rows to look at, with the reason', async () => {
    const { body } = await t.call('POST', `/v1/orders/${order}/quote`, { key, body: {} })
    assert.equal(body.ready, true, JSON.stringify(body))
    const why = new Map<number, string>(body.look_at.map(({ row, why }: Json) => [row, why.join('; ')]))
    assert.equal(why.size, 5)
    assert.match(why.get(3)!, /has the most text to merge.*has the longest line of an address: "Wolfgang Amadeus/)
    assert.match(why.get(4)!, /was corrected: line1 was "12 Oak Avenue", state was "Massachusetts", zip was "2139"/)
    assert.match(why.get(5)!, /letters that were read in a wrong encoding: "JosÃ©/)
    assert.match(why.get(6)!, /is in Cyrillic letters: "Юлия/)
    for (const { preview_url, pdf_url, pages } of body.look_at) {
      assert.equal((await fetch(preview_url, { headers: { authorization: `Bearer ${key}` } })).status, 200)
      assert.equal((await fetch(pdf_url)).status, 200)
      assert.equal((await fetch(pages[1].small)).status, 200)
    }
  })

  it('of letters have their pages', async () => {
    const id = await makeOrder({ campaign_type: 'letter', html: '<p>Dear {{first_name}}, it is so.</p>' })
    const answer = await get('?row=2&format=png', { id })
    assert.deepEqual([answer.status, answer.bytes.subarray(0, 8)], [200, png])
    assert.equal(answer.bytes.readUInt32BE(20), 1280)
    assert.match(await error('?row=2&format=png&page=2', { id }), /but the piece has 1 page$/)
  })
})
