/** Creatives that are one word: links are fetched and kept, everything else is refused before it is printed as words. */
import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { type Json, startTestApp, type TestApp } from '../../../test/harness.ts'
import { parseId } from '../../kernel/ids.ts'
import { Canvas, PdfFile } from '../../printer/pdf/pdf.ts'
import { encodePng } from '../../printer/pdf/png.ts'

const to = { name: 'Jane Doe', line1: '12 Oak Ave', city: 'Boston', state: 'MA', zip: '02139' }
const from = { name: 'Ann Miller', line1: '1 Main St', city: 'Springfield', state: 'IL', zip: '62701' }

const pdf = (width: number, height: number, pages = 1): Buffer => {
  const file = new PdfFile()
  for (let i = 0; i < pages; i++) {
    const canvas = new Canvas()
    canvas.fill([0.2, 0, 0, 0])
    canvas.rect({ x: 10, y: height - 40, w: 30, h: 20 })
    file.page({ width, height, trim: { x: 0, y: 0, w: width, h: height }, layers: [canvas.toForm(width, height)] })
  }
  return Buffer.from(file.finish({ title: 't', created: new Date(0) }))
}

const picture = (width: number, height: number): Uint8Array => {
  const data = new Uint8Array(width * height * 4).fill(255)
  data.fill(90, 0, 4000)
  return encodePng({ width, height, data }, 0, 0, width, height)
}

describe('a creative that is one word', () => {
  let t: TestApp
  let server: Server
  let url: string
  let key: string
  const asked = new Map<string, number>()
  const files: Record<string, [status: number, headers: Record<string, string>, body: Uint8Array | string]> = {
    '/front.pdf': [200, { 'content-type': 'application/octet-stream' }, pdf(450, 306)],
    '/both.pdf': [200, { 'content-type': 'application/pdf' }, pdf(450, 306, 2)],
    '/letter.pdf': [200, { 'content-type': 'application/pdf' }, pdf(612, 792)],
    '/front': [200, { 'content-type': 'image/png' }, picture(1875, 1275)],
    '/packed.pdf': [200, { 'content-type': 'application/pdf', 'content-encoding': 'gzip' }, gzipSync(pdf(450, 306))],
    '/moved': [302, { location: '/front.pdf' }, ''],
    '/loop': [301, { location: '/loop' }, ''],
    '/inside': [307, { location: 'ftp://example.com/x' }, ''],
    '/page': [200, { 'content-type': 'text/html' }, '<!doctype html><html><body>Sign in</body></html>'],
    '/gif': [200, { 'content-type': 'image/png' }, 'GIF89a...'],
    '/empty.pdf': [200, {}, ''],
    '/bomb.pdf': [200, { 'content-encoding': 'gzip' }, gzipSync(Buffer.alloc(30_000_000))],
    '/large.pdf': [200, {}, Buffer.concat([Buffer.from('%PDF-1.7'), Buffer.alloc(11 * 1024 * 1024)])],
  }
  before(async () => {
    server = createServer((request, response) => {
      asked.set(request.url!, (asked.get(request.url!) ?? 0) + 1)
      const [status, headers, body] = files[request.url!] ?? [404, {}, 'none']
      response.writeHead(status, headers).end(body)
    })
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    t = await startTestApp()
    key = await t.mint((await t.register()).key)
  })
  after(async () => {
    await t.close()
    server.close()
  })
  const post = (path: string, body: object, by = key) => t.call('POST', `/v1${path}`, { key: by, body })
  const card = (fields: object) => post('/postcards', { to, from, ...fields })
  const refusal = async (answer: Promise<{ status: number; body: Json }>): Promise<string> => {
    const { status, body } = await answer
    assert.equal(status, 422, JSON.stringify(body))
    return body.error.errors.map(({ path, message }: Json) => `${path} ${message}`).join(' | ')
  }
  const stored = async (id: string): Promise<Json> =>
    (await t.app.db.pool.query('select creative from pieces where id = $1', [parseId('piece', id)])).rows[0].creative

  it('a link is fetched once, its bytes kept and printed', async () => {
    const made = await card({ front: `${url}/front`, back: ` ${url}/front.pdf ` })
    assert.equal(made.status, 201, JSON.stringify(made.body))
    const { front, back } = await stored(made.body.id)
    assert.deepEqual([front.kind, back.kind], ['image', 'pdf'])
    const { rows } = await t.app.db.pool.query('select size from blobs where id = any ($1)', [[front.blob_id, back.blob_id]])
    assert.deepEqual(
      rows.map(row => Number(row.size)).sort((a, b) => a - b),
      [files['/front.pdf']![2].length, files['/front']![2].length].sort((a, b) => a - b),
    )
    const asks = [asked.get('/front'), asked.get('/front.pdf')]
    const proof = await fetch(made.body.proof.pdf_url.replace('localhost', '127.0.0.1'))
    assert.equal(proof.status, 200)
    assert.deepEqual(asks, [1, 1])
    assert.deepEqual([asked.get('/front'), asked.get('/front.pdf')], asks, 'what was fetched is not fetched again')
  })

  it('wherever a creative may stand', async () => {
    for (const fields of [
      { front: `${url}/moved`, message: 'Hi' },
      { front: `${url}/packed.pdf`, message: 'Hi' },
      { front: { pdf: `${url}/front.pdf` }, back: { image: `${url}/front.pdf` } },
      { front: { html: `${url}/front` }, message: 'Hi' },
      { pdf: `${url}/both.pdf` },
      { html: `${url}/front.pdf` },
      { front: pdf(450, 306).toString('base64'), message: 'Hi' },
      { front: `data:application/pdf;base64,${pdf(450, 306).toString('base64')}`, message: 'Hi' },
      { front: 'data:text/html,%3Cp%3EHello%3C/p%3E', message: 'Hi' },
    ]) {
      const { status, body } = await card(fields)
      assert.equal(status, 201, `${JSON.stringify(fields).slice(0, 120)} ${JSON.stringify(body)}`)
    }
    for (const fields of [
      { html: `${url}/letter.pdf` },
      { pdf: `${url}/letter.pdf` },
      { file: `${url}/letter.pdf` },
      { file: '<p>Dear Jane</p>' },
      { file: pdf(612, 792).toString('base64') },
      { file: { content: pdf(612, 792).toString('base64'), filename: 'a.pdf' } },
    ]) {
      const { status, body } = await post('/letters', { to, from, ...fields })
      assert.equal(status, 201, `${JSON.stringify(fields).slice(0, 120)} ${JSON.stringify(body)}`)
    }
    const mailstream = await t.mint((await t.register('Other')).key, { mode: 'test', dialect: 'mailstream' })
    assert.equal((await post('/postcards', { to, from, front: `${url}/front.pdf`, message: 'Hi' }, mailstream)).status, 201)
    const order = await post('/orders', {
      quantity: 1,
      campaign_type: 'printed',
      front: `${url}/front`,
      back: `${url}/front.pdf`,
    })
    assert.deepEqual(
      [order.body.creative.front.kind, order.body.creative.back.kind],
      ['image', 'pdf'],
      JSON.stringify(order.body),
    )
    const changed = await t.call('PATCH', `/v1/orders/${order.body.id}`, { key, body: { front: `${url}/front.pdf` } })
    assert.equal(changed.body.creative.front.kind, 'pdf')
  })

  it('what cannot be had is refused with the reason', async () => {
    const why = (path: string) => refusal(card({ front: path.startsWith('/') ? url + path : path, message: 'Hi' }))
    assert.match(await why('/none.pdf'), /^\/front cannot be had: ".*\/none.pdf" answered 404/)
    assert.match(await why('/loop'), /without end/)
    assert.match(await why('/inside'), /not an http or https URL/)
    assert.match(await why('/page'), /is a web page, not a file: pages are not fetched/)
    assert.match(await why('/gif'), /is a GIF/)
    assert.match(await why('/empty.pdf'), /is empty/)
    assert.match(await why('/bomb.pdf'), /larger than 10 MB unpacked/)
    assert.match(await why('/large.pdf'), /larger than 10 MB/)
    assert.match(await why('http://127.0.0.1:1/x.pdf'), /No connection/)
    assert.match(await why('http://user:secret@127.0.0.1/x.pdf'), /user name or password/)
    assert.match(await why(`${url}/{{id}}.pdf`), /merge fields are not filled in links/)
    assert.match(await why('/letter.pdf'), /inches/, 'a wrong size is told as for an upload')
    assert.match(await refusal(post('/letters', { to, from, pdf: `${url}/front` })), /is a picture/)
  })

  it('a private address is refused unless the operator allows it', async () => {
    const guarded = await startTestApp({ config: { ALLOW_PRIVATE_NETWORKS: '0' } })
    try {
      const mine = await guarded.mint((await guarded.register()).key)
      for (const link of ['http://127.0.0.1/x.pdf', 'http://169.254.169.254/latest/meta-data/x.pdf', 'http://[::1]/x.pdf']) {
        const body = { to, from, front: link, message: 'Hi' }
        const answer = await guarded.call('POST', '/v1/postcards', { key: mine, body })
        assert.match(await refusal(Promise.resolve(answer)), /not on the public internet/)
      }
    } finally {
      await guarded.close()
    }
  })

  it('ids of templates, names of files and other links are refused, or printed when confirmed', async () => {
    for (const word of [
      'tmpl_1a2b3c4d5e',
      'template_abc123',
      'vrsn_0123456789abcde',
      '12345',
      '0b1f6a3e-5c1d-4a7e-9a55-2f3d8e0c9b11',
    ]) {
      assert.match(
        await refusal(card({ front: word, message: 'Hi' })),
        /looks like the id of a template of another product/,
        word,
      )
      assert.match(await refusal(card({ front: { html: word }, message: 'Hi' })), /^\/front\/html /)
      assert.match(await refusal(post('/letters', { to, from, html: word })), /^\/html /)
      assert.match(await refusal(post('/letters', { to, from, file: word })), /^\/file /)
      assert.match(await refusal(card({ message: word })), /^\/message /)
      assert.match(await refusal(post('/orders', { quantity: 1, message: word })), /^\/message /)
    }
    for (const word of ['front.pdf', '@front.pdf', '/home/ann/front.PNG', 'www.example.com/front.pdf', 'letter.docx'])
      assert.match(await refusal(card({ front: word, message: 'Hi' })), /the name of a file/, word)
    for (const word of ['ftp://example.com/front.pdf', 's3://bucket/front.pdf', 'file:///tmp/front.pdf', '//cdn.example.com/x'])
      assert.match(await refusal(card({ front: word, message: 'Hi' })), /a link that is not fetched/, word)
    assert.match(await refusal(card({ message: 'https://example.com/letter.pdf' })), /would be written by hand/)
    assert.equal((await card({ message: 'tmpl_1a2b3c4d5e', confirm_literal: true })).status, 201)
    for (const message of ['Thanks!', 'See https://example.com/tea', 'Hello', 'Well-done', '24/7'])
      assert.equal((await card({ message })).status, 201, message)
  })
})

describe('merge fields of other products', () => {
  let t: TestApp
  let key: string
  before(async () => {
    t = await startTestApp()
    key = await t.mint((await t.register()).key)
  })
  after(() => t.close())
  const call = async (method: string, path: string, body?: object) =>
    t.call(method, `/v1${path}`, { key, ...(body ? { body } : {}) })
  const foreign = 'Hi {first_name}, thanks! %FIRST_NAME% [First Name] ~FIRST_NAME~ *|FNAME|* <<First Name>>'

  it('are named by the quote and at checkout, and printed only when confirmed', async () => {
    const { body: order } = await call('POST', '/orders', { quantity: 3, message: foreign, return_address: from })
    const csv = 'first_name,address,city,state,zip\nAda,1 Elm St,Boston,MA,02139\n'
    await call('POST', `/orders/${order.id}/recipients`, { csv })
    const quote = async () => (await call('POST', `/orders/${order.id}/quote`, { skip_unprintable: true })).body
    const { ready, preflight } = await quote()
    assert.equal(ready, false)
    const [problem] = preflight.problems
    assert.deepEqual(
      [problem.row, problem.code, problem.field, preflight.problem_count],
      [null, 'foreign_merge_field', 'message', 1],
    )
    for (const text of ['{first_name}', '%FIRST_NAME%', '[First Name]', '~FIRST_NAME~', '*|FNAME|*'])
      assert.ok(problem.message.includes(text), text)
    assert.match(problem.message, /\{\{first_name\}\}.*confirm_literal/)
    const refused = await call('POST', `/orders/${order.id}/checkout`, {})
    assert.deepEqual([refused.status, refused.body.error.errors[0].path], [422, '/message'])

    assert.equal((await call('PATCH', `/orders/${order.id}`, { confirm_literal: true })).status, 200)
    assert.equal((await quote()).ready, true)
    await call('PATCH', `/orders/${order.id}`, { message: 'Hi [[name]]' })
    assert.equal((await quote()).ready, false, 'other words were not confirmed')
    await call('PATCH', `/orders/${order.id}`, { message: 'Hi {{first_name}} [sic], 50% off <3' })
    assert.equal((await quote()).ready, true)
  })

  it('are refused in single pieces, by the field they stand in', async () => {
    const errors = async (path: string, fields: object) => {
      const { status, body } = await call('POST', path, { to, from, ...fields })
      return status === 201 ? [] : body.error.errors.map((error: Json) => error.path)
    }
    assert.deepEqual(await errors('/postcards', { message: foreign }), ['/message'])
    assert.deepEqual(await errors('/postcards', { front: '<h1>Hi [First Name]</h1>', back: { message: `Hi $\{name}` } }), [
      '/front',
      '/back/message',
    ])
    assert.deepEqual(await errors('/postcards', { headline: 'Hi %NAME%', message: 'Hi' }), ['/headline'])
    assert.deepEqual(await errors('/postcards', { message: 'Hi', qr_url: 'https://example.com/?n=~CUSTOM1~' }), ['/qr_url'])
    assert.deepEqual(await errors('/postcards', { message: 'Hi', qr_url: 'https://example.com/{{id}}' }), ['/qr_url'])
    assert.deepEqual(await errors('/letters', { html: '<p>Dear &lt;&lt;First Name&gt;&gt;</p>' }), ['/html'])
    const filled = { message: 'Hi {{first_name}}', merge_variables: { first_name: '*|FNAME|*' } }
    assert.deepEqual(await errors('/postcards', filled), ['/merge_variables/first_name'])
    assert.deepEqual(await errors('/postcards', { message: foreign, confirm_literal: true }), [])
    assert.deepEqual(await errors('/postcards', { message: 'It reads "teh [sic]", 50% off <3 #1' }), [])
  })

  it('in the list are told by row', async () => {
    const { body: order } = await call('POST', '/orders', { quantity: 3, message: 'Hi {{pet}}', return_address: from })
    const csv = 'name,address,city,state,zip,pet\nAda,1 Elm St,Boston,MA,02139,cat\nBob,2 Elm St,Boston,MA,02139,*|PET|*\n'
    await call('POST', `/orders/${order.id}/recipients`, { csv })
    const { preflight } = (await call('POST', `/orders/${order.id}/quote`, {})).body
    assert.deepEqual([preflight.problems[0].row, preflight.problems[0].code], [3, 'foreign_merge_field'])
  })
})
