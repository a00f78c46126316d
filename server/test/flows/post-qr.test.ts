/** Short links: only the stored target, people counted once a day and device, machines not at all. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { parseId } from '../../src/kernel/ids.ts'
import { type Json, startTestApp, type TestApp } from '../harness.ts'

const card = {
  to: { name: 'Margaret', line1: '1847 Orchard Hill Rd', city: 'Northampton', state: 'MA', zip: '01060' },
  from: { name: 'The Copper Kettle', line1: '22 Harbor St', city: 'Portland', state: 'ME', zip: '04101' },
  message: 'Hello',
  qr_url: 'https://shop.example/tea?from=card',
}
const phone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile/15E148 Safari/604.1'

describe('short links', () => {
  let t: TestApp
  let key: string
  let piece: Json
  before(async () => {
    t = await startTestApp({ roles: ['web'], config: { TRUST_PROXY: 'on' } })
    key = await t.mint((await t.register()).key)
    piece = (await t.call('POST', '/v1/postcards', { key, body: card })).body
  })
  after(() => t.close())

  const visit = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    fetch(t.url + path, { method, redirect: 'manual', headers: { 'user-agent': phone, ...headers } })
  const path = () => new URL(piece.short_url).pathname
  const told = async (): Promise<Json[]> => (await t.call('GET', '/v1/events?type=qr.scanned', { key })).body.data

  it('lead to the stored target and nowhere else', async () => {
    assert.match(piece.short_url, /^HTTP:\/\/LOCALHOST:\d+\/Q\/[0-9A-HJKMNP-TV-Z]{16}$/)
    for (const url of [path(), path().toLowerCase(), `${path()}?url=https://evil.example`, `${path()}?to=//evil.example#x`]) {
      const answer = await visit(url)
      assert.equal(answer.status, 302)
      assert.equal(answer.headers.get('location'), card.qr_url)
      assert.equal(answer.headers.get('cache-control'), 'no-store')
    }
    for (const url of ['/q/0000000000000000', '/q/x', '/q/%00', `/q/${'A'.repeat(500)}`, `/q/' or 1=1 --`])
      assert.equal((await visit(url)).status, 404, url)
  })

  it('count people by device and day', async () => {
    const before = (await told()).length
    await visit(path(), { 'x-forwarded-for': '203.0.113.7' })
    await visit(path(), { 'x-forwarded-for': '203.0.113.99' })
    await visit(path(), { 'x-forwarded-for': '198.51.100.1' })
    await visit(path(), { 'x-forwarded-for': '2001:db8:1:2::3' })
    await visit(path(), { 'x-forwarded-for': '2001:db8:1:9::4' })
    const events = await told()
    assert.equal(events.length - before, 3)
    assert.equal(events[0]!.data.piece_id, piece.id)
    assert.equal(events[0]!.data.unique_scans, events.length)
    const { rows } = await t.app.db.pool.query('select * from qr_scans')
    assert.ok(!JSON.stringify(rows).includes('203.0.113'))
    await t.call('POST', '/v1/test-clock/advance', { key, body: { days: 1 } })
    await visit(path(), { 'x-forwarded-for': '203.0.113.7' })
    assert.equal((await told()).length - events.length, 1)
  })

  it('ignore machines', async () => {
    const before = (await told()).length
    const from = { 'x-forwarded-for': '192.0.2.1' }
    for (const agent of ['', 'Googlebot/2.1', 'WhatsApp/2.23', 'curl/8.0', 'facebookexternalhit/1.1', 'SafeLinks scanner'])
      assert.equal((await visit(path(), { ...from, 'user-agent': agent })).status, 302)
    for (const [name, value] of [
      ['sec-purpose', 'prefetch;prerender'],
      ['purpose', 'prefetch'],
      ['x-moz', 'prefetch'],
    ] as const)
      assert.equal((await visit(path(), { ...from, [name]: value })).status, 302)
    assert.equal((await visit(path(), from, 'HEAD')).status, 302)
    assert.equal((await told()).length, before)
  })

  it('are counted right when many come at once', async () => {
    const { body } = await t.call('POST', '/v1/postcards', { key, body: card })
    const url = new URL(body.short_url).pathname
    await Promise.all(Array.from({ length: 20 }, (_, i) => visit(url, { 'x-forwarded-for': `198.51.${i % 4}.1` })))
    const mine = (await told()).filter(event => event.data.piece_id === body.id)
    assert.equal(mine.length, 4)
    const { rows } = await t.app.db.pool.query('select sum(scans)::int as total from qr_scans where piece_id = $1', [
      parseId('piece', body.id),
    ])
    assert.equal(rows[0].total, 20)
  })

  it('of proofs need the signature, and end', async () => {
    const url = new URL(piece.proof.pdf_url)
    const get = (path: string) => fetch(t.url + path).then(({ status }) => status)
    assert.equal(await get(url.pathname + url.search), 200)
    assert.equal(await get(url.pathname), 404)
    assert.equal(await get(url.pathname + url.search.replace(/expires=\d/, 'expires=9')), 404)
    const other = (await t.call('POST', '/v1/postcards', { key, body: card })).body
    assert.equal(await get(`/proofs/${other.id}/proof.pdf${url.search}`), 404)
    assert.equal(await get(`/proofs/${piece.id}/3-large.png${url.search}`), 404)
    assert.equal(await get(`/proofs/${piece.id}/1-huge.png${url.search}`), 404)
    assert.equal(await get(`/proofs/${piece.id}/1-large.png${url.search}`), 200)
  })
})
