/** Live mode with a print shop: money, files with their hashes, crashes in the middle, spoiled pieces, and the Postal Service's scans. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import * as wallet from '../../src/billing/wallet.sql.ts'
import { movableClock } from '../../src/kernel/clock.ts'
import { parseId } from '../../src/kernel/ids.ts'
import { tickPost } from '../../src/post/cron.ts'
import { renderer } from '../../src/post/production/printing.ts'
import { produceNext } from '../../src/post/production/production.ts'
import { eventually, type Json, startTestApp, type TestApp } from '../harness.ts'

const from = { name: 'The Copper Kettle', line1: '22 Harbor St', city: 'Portland', state: 'ME', zip: '04101' }
const to = (name: string) => ({ name, line1: '1847 Orchard Hill Rd', city: 'Northampton', state: 'MA', zip: '01060-2213' })
const hour = 3_600_000

describe('a print shop with a hot folder', () => {
  const clock = movableClock(new Date('2026-12-01T12:00:00Z'))
  let t: TestApp
  let key: string
  let org: string
  before(async () => {
    t = await startTestApp({
      clock,
      config: {
        MAILER_ID: '900012345',
        TRACKING_USER: 'usps',
        TRACKING_PASSWORD: 'secret',
        PERMIT_IMPRINT: 'FIRST-CLASS|PERMIT 1',
      },
    })
    const me = await t.register()
    key = me.key
    org = parseId('organization', me.organization)!
    await wallet.add(t.app.db, org, true, { amount: 100_000, kind: 'test', reference: 'test' })
  })
  after(() => t.close())

  const folder = (...path: string[]) => join(t.app.config.HOT_FOLDER, ...path)
  const balance = async (): Promise<number> => (await t.call('GET', '/v1/wallet', { key })).body.balance_mills
  const get = async (id: string): Promise<Json> => (await t.call('GET', `/v1/pieces/${id}`, { key })).body
  const send = async (name: string, more: object = {}): Promise<Json> => {
    const body = { to: to(name), from, message: `Dear ${name}, thank you!`, ...more }
    const answer = await t.call('POST', '/v1/postcards', { key, body })
    assert.equal(answer.status, 201, JSON.stringify(answer.body))
    return answer.body
  }
  const reaches = (id: string, status: string): Promise<Json> =>
    eventually(async () => {
      const piece = await get(id)
      return piece.status === status && piece
    }, 30_000)
  /** Everything the clock makes happen, and what follows. */
  const pass = async (ms: number) => {
    clock.advance(ms)
    await tickPost(t.app)
  }
  const jobs = async () => (await readdir(folder('jobs')).catch(() => [])).filter(name => !name.startsWith('.')).sort()
  const manifest = async (job: string): Promise<Json> => JSON.parse(await readFile(folder('jobs', job, 'manifest.json'), 'utf8'))
  const answer = async (name: string, text = '') => {
    await writeFile(folder('returns', `.${name}.part`), text)
    await rename(folder('returns', `.${name}.part`), folder('returns', name))
    await tickPost(t.app)
  }
  const allRead = () =>
    eventually(
      async () => (await t.app.db.pool.query('select from tracking_feed where handled_at is null')).rowCount === 0,
      30_000,
    )
  const push = (events: object[], authorization = `Basic ${Buffer.from('usps:secret').toString('base64')}`) =>
    t.call('POST', '/tracking/iv-mtr', { body: { msgGrpId: '1', events }, headers: { authorization } })
  const scan = (piece: Json, mailPhase: string, scanDatetime: string, more: object = {}) => ({
    imb: `${piece.imb}010602213`,
    scanDatetime,
    scanEventCode: '919',
    mailPhase,
    handlingEventType: 'A',
    scanFacilityZip: '01152',
    ...more,
  })

  it('reserves the price, gives it back for what is cancelled, and refuses what cannot be paid', async () => {
    const before = await balance()
    const piece = await send('Ann')
    assert.equal(await balance(), before - 850)
    await t.call('POST', `/v1/pieces/${piece.id}/cancel`, { key })
    assert.equal(await balance(), before)
    const poor = (await t.register('Poor')).key
    await wallet.add(t.app.db, parseId('organization', (await t.call('GET', '/v1/organization', { key: poor })).body.id)!, true, {
      amount: -500,
      kind: 'test',
      reference: 'test',
    })
    const refused = await t.call('POST', '/v1/postcards', { key: poor, body: { to: to('Bob'), from, message: 'Hello' } })
    assert.equal(refused.status, 402)
    assert.deepEqual((await t.call('GET', '/v1/pieces', { key: poor })).body.data, [])
  })

  it('writes a complete job when the drop locks, and takes the shop’s answers', async () => {
    const before = await balance()
    const cards = await Promise.all(['Ann', 'Bob', 'Cid', '=HYPERLINK("x")'].map(name => send(name)))
    const letter = (await t.call('POST', '/v1/letters', { key, body: { to: to('Dora'), from, message: 'Hello' } })).body
    const later = await send('Eve', { send_date: '2026-12-24' })
    await pass(hour)
    assert.deepEqual(await jobs(), [])
    await pass(12 * hour)
    for (const { id } of [...cards, letter]) assert.equal((await reaches(id, 'queued')).carrier, 'hot-folder')
    assert.equal((await get(later.id)).status, 'created')

    const names = await jobs()
    assert.equal(names.length, 2)
    const [card, paper] = (await Promise.all(names.map(manifest))).sort((a, b) => (a.format.kind < b.format.kind ? 1 : -1))
    assert.deepEqual(card.format, {
      kind: 'postcard',
      size: '4x6',
      page_inches: [6.25, 4.25],
      trim_inches: [6, 4],
      bleed_inches: 0.125,
      sides: 2,
      plex: 'duplex',
      duplex_edge: 'short',
      mail_class: 'USPS First-Class Mail',
      color: 'CMYK; RGB parts are tagged, convert them to the output intent of the file',
      stock: {
        description: 'white card, 14 pt; front gloss or matt, back uncoated so that it takes ink and barcode',
        weight_gsm: 300,
        caliper_inches: [0.012, 0.016],
      },
      fold: null,
      envelope: null,
    })
    const { fold, envelope, stock, plex, mail_class } = paper.format
    assert.deepEqual([fold.type, fold.panels_inches, envelope.type], ['C-fold', [3.667, 3.667, 3.667], '#10 double window'])
    assert.deepEqual(envelope.windows_inches.address, { left: 0.625, bottom: 1, width: 4, height: 1.125 })
    assert.deepEqual([plex, mail_class, stock.weight_gsm], ['duplex', 'USPS First-Class Mail', 90])
    assert.deepEqual([paper.pieces[0].sheets, card.pieces[0].sheets], [1, 1])
    assert.deepEqual([paper.piece_count, paper.pieces[0].pages], [1, 2])
    assert.equal(card.mail_date, '2026-12-02')
    assert.deepEqual(
      card.pieces.map((row: Json) => [row.piece_id, row.first_page, row.pages]),
      cards.map((piece, i) => [piece.id, 2 * i + 1, 2]),
    )
    assert.equal(card.pieces[0].imb, `${cards[0].imb}010602213`)
    assert.match(cards[0].imb, /^0031090001234500000\d$/)
    for (const file of card.files) {
      const bytes = await readFile(folder('jobs', card.job, file.name))
      assert.equal(createHash('sha256').update(bytes).digest('hex'), file.sha256)
      assert.equal(bytes.length, file.bytes)
    }
    const csv = await readFile(folder('jobs', card.job, 'manifest.csv'), 'utf8')
    assert.match(csv, /,"'=HYPERLINK\(""x""\)",/)
    assert.ok(csv.startsWith('\uFEFFpiece_id,file,first_page,pages,sheets,imb,name,company,line1,'), csv.slice(0, 90))
    assert.match(csv, /,"=""0031090001234500000\d010602213""",ANN,/i)

    await answer(`${card.job}.ack`)
    await answer(`${card.job}.spoil`, `piece_id,reason\r\n${cards[1].id},smudged\r\n`)
    await eventually(async () => (await jobs()).length === 3, 30_000)
    const again = await manifest((await jobs()).find(name => !names.includes(name))!)
    assert.equal(again.reprint, true)
    assert.deepEqual(
      again.pieces.map((row: Json) => row.piece_id),
      [cards[1].id],
    )

    await answer(`${card.job}.printed`)
    assert.equal((await reaches(cards[0].id, 'printed')).status, 'printed')
    assert.equal((await get(cards[1].id)).status, 'queued')
    await answer(`${card.job}.mailed.csv`, `${cards[0].id}\n`)
    assert.equal((await reaches(cards[0].id, 'mailed')).status, 'mailed')
    assert.equal((await get(cards[2].id)).status, 'printed')
    await answer(`${card.job}.mailed`)
    await reaches(cards[2].id, 'mailed')
    const drop = async () =>
      (await t.app.db.pool.query('select status from drops where id = $1', [parseId('drop', cards[0].drop_id)])).rows[0].status
    assert.equal(await drop(), 'production_started')
    await answer(`${again.job}.mailed`)
    await answer(`${paper.job}.mailed`)
    await reaches(letter.id, 'mailed')
    assert.equal(await drop(), 'mailed')
    assert.equal(await balance(), before - 4 * 850 - 1160 - 850)
  })

  it('says what came too late, takes back what cannot be printed, and keeps every answer with its day', async () => {
    const before = await balance()
    const known = await jobs()
    const cards = await Promise.all(['Mia', 'Ned', 'Ola', 'Pia'].map(name => send(name)))
    await pass(24 * hour)
    for (const { id } of cards) await reaches(id, 'queued')
    const [job] = (await jobs()).filter(name => !known.includes(name))
    const note = (name: string) => readFile(folder('returns', 'refused', `${name}.why.txt`), 'utf8')
    await answer(`${job}.spoil`, `piece_id,reason\n${cards[0].id},smear\n`)
    const again = await eventually(async () => (await jobs()).find(name => !known.includes(name) && name !== job), 30_000)

    // Ned was mailed; the shop finds him spoiled afterwards, together with Ola who was not, and Mia who is in the other job.
    const day = t.app.clock.now().toISOString().slice(0, 10)
    await answer(`${job}.mailed`, `piece_id,mailed_date\n${cards[1].id},${day}\n`)
    assert.equal((await get(cards[1].id)).reached.mailed.slice(0, 10), day)
    await answer(`${job}.spoil`, `${cards[1].id},smear\n${cards[2].id},smear\n${cards[0].id},smear\n`)
    const why = await note(`${job}.spoil`)
    assert.match(why, new RegExp(`"${cards[1].id}" is mailed already`))
    assert.match(why, new RegExp(`"${cards[0].id}" was spoiled before: it is in job ${again}`))
    assert.match(why, /The other 1 of this file were taken/)
    await eventually(async () => (await jobs()).length === known.length + 3, 30_000)
    await answer(`${job}.spoil`, `${cards[1].id}\n`)
    assert.match(await note(`${job}.spoil.2`), /is mailed already/)
    assert.ok((await readdir(folder('returns', 'done'))).includes(`${job}.spoil`), 'the first one is kept')

    await answer(`${job}.failed.csv`, `piece_id,reason\n${cards[3].id},"paper jam, twice"\n${cards[1].id},late\n`)
    const gone = await reaches(cards[3].id, 'failed')
    assert.deepEqual(gone.failure, { code: 'refused_by_carrier', message: 'paper jam, twice' })
    assert.match(await note(`${job}.failed.csv`), new RegExp(`"${cards[1].id}" is mailed already`))
    await answer(`${again}.failed`)
    assert.equal((await reaches(cards[0].id, 'failed')).failure.message, 'The print shop cannot print it.')
    assert.equal(await balance(), before - 2 * 850)

    for (const bad of ['2027-12-24', '2020-01-01']) await answer(`${job}.mailed.txt`, `${bad}\n`)
    assert.match(await note(`${job}.mailed.txt`), /"2027-12-24" is still to come/)
    assert.match(await note(`${job}.mailed.txt.2`), /"2020-01-01" is before the job was made/)
  })

  it('puts away answers that make no sense, with a note', async () => {
    const [job] = await jobs()
    const before = new Set(await readdir(folder('returns', 'refused')))
    await answer('hello.txt', 'hi')
    await answer('00000000-0000-7000-8000-000000000000.mailed')
    await answer(`${job}.spoil`, 'piece_id\nnot an id\n')
    const refused = (await readdir(folder('returns', 'refused'))).filter(name => !before.has(name))
    assert.deepEqual(
      refused.filter(name => !name.endsWith('.why.txt')).sort(),
      ['00000000-0000-7000-8000-000000000000.mailed', 'hello.txt', `${job}.spoil`].sort(),
    )
    assert.match(await readFile(folder('returns', 'refused', `${job}.spoil.why.txt`), 'utf8'), /"not an id" is no piece id/)
    const stranger = await send('Fay')
    await answer(`${job}.mailed`, `${stranger.id}\n`)
    assert.match(await readFile(folder('returns', 'refused', `${job}.mailed.why.txt`), 'utf8'), /is no piece of this job/)
    const { body } = await t.call('POST', `/v1/pieces/${stranger.id}/cancel`, { key })
    assert.equal(body.status, 'cancelled')
    await writeFile(folder('returns', `${job}.mailed.part`), '')
    await mkdir(folder('returns', `${job}.ack`))
    await tickPost(t.app)
    assert.ok((await readdir(folder('returns'))).includes(`${job}.mailed.part`))
  })

  it('prints every piece once, whatever dies in between', async () => {
    const cards = await Promise.all(['Gil', 'Hal', 'Ida'].map(name => send(name)))
    const dropId = parseId('drop', cards[0].drop_id)!
    const known = await jobs()
    const impose = renderer.impose
    const ready = () => t.app.db.pool.query('update drops set leased_until = null where id = $1', [dropId])
    let deaths = 0
    // The process dies while the file is drawn, then again when the folder is in place but nobody wrote that down.
    renderer.impose = async function* (...given) {
      for await (const file of impose(...given)) {
        if (deaths++ === 0) throw new Error('died')
        yield file
      }
    }
    clock.advance(24 * hour)
    try {
      // … and once right after it began.
      await t.app.db.pool.query(`update drops set status = 'production_started', carrier = 'hot-folder' where id = $1`, [dropId])
      await produceNext(t.app, dropId)
      const { rows: left } = await t.app.db.pool.query('select problem, state from print_jobs where drop_id = $1', [dropId])
      assert.deepEqual(left, [{ problem: 'died', state: 'assigned' }])
      assert.equal(await produceNext(t.app, dropId), false)
      await ready()
      assert.deepEqual(await jobs(), known)
      await produceNext(t.app, dropId)
      await t.app.db.pool.query(`update print_jobs set state = 'submitting' where drop_id = $1`, [dropId])
      await t.app.db.pool.query(`update pieces set status = 'rendered' where drop_id = $1`, [dropId])
      assert.deepEqual((await Promise.all([1, 2, 3].map(() => produceNext(t.app, dropId)))).sort(), [false, false, true])
    } finally {
      renderer.impose = impose
    }
    const added = (await jobs()).filter(name => !known.includes(name))
    assert.equal(added.length, 1)
    assert.deepEqual(
      (await manifest(added[0]!)).pieces.map((row: Json) => row.piece_id),
      cards.map(({ id }) => id),
    )
    const { rows } = await t.app.db.pool.query(`select state from print_jobs where drop_id = $1`, [dropId])
    assert.deepEqual(rows, [{ state: 'submitted' }])
    const events = (await t.call('GET', '/v1/events?type=piece.rendered&limit=100', { key })).body.data
    assert.equal(events.filter((event: Json) => event.data.id === cards[0].id).length, 1)
  })

  it('follows the scans of the Postal Service: late, twice, hostile, and back to the sender', async () => {
    const [piece, back] = [await send('Jan'), await send('Kim')]
    await pass(24 * hour)
    await reaches(piece.id, 'queued')
    assert.equal((await push([], 'Basic bm9ib2R5Og==')).status, 401)
    assert.equal((await push([], '')).status, 401)
    assert.equal((await push([])).status, 200)
    const phase3 = scan(piece, 'Phase 3c- Destination Sequenced Carrier Sortation', '2026-12-06 05:00:00')
    // The first scan proves that it was mailed, whatever the shop has told.
    await push([phase3, scan({ imb: '00310900099999999999' }, 'Phase 1', '2026-12-06 05:00:00')])
    const moved = await reaches(piece.id, 'processed_for_delivery')
    assert.equal(moved.reached.mailed, '2026-12-06T05:00:00.000Z')
    await push([
      phase3,
      scan(piece, 'Phase 1a - Origin Primary', '2026-12-04 05:00:00'),
      scan(piece, 'Miscellaneous', '2026-12-04 06:00:00'),
    ])
    await push([scan(piece, 'Phase 4c - Delivery', '2026-12-06 13:00:00', { handlingEventType: 'L' })])
    assert.equal((await reaches(piece.id, 'delivered')).delivered_confidence, 'logical')
    await allRead()
    const tracking = (await t.call('GET', `/v1/pieces/${piece.id}/tracking`, { key })).body
    assert.deepEqual(
      tracking.scans.map((one: Json) => [one.status, one.applied]),
      [
        ['in_transit', false],
        [null, false],
        ['processed_for_delivery', true],
        ['delivered', true],
      ],
    )
    await push([
      scan(back, 'Phase 2b - Destination SCF', '2026-12-09 05:00:00', { scanFacilityZip: '04101' }),
      scan(back, 'PARS Processing', '2026-12-07 05:00:00'),
    ])
    assert.deepEqual(Object.keys((await reaches(back.id, 'returned')).reached).sort(), [
      'created',
      'mailed',
      'queued',
      're_routed',
      'rendered',
      'returned',
    ])
    // Test pieces hear nothing of the world, and bodies that make no sense are kept with the reason.
    const test = await t.mint(key)
    const sandboxed = (await t.call('POST', '/v1/postcards', { key: test, body: { to: to('Lea'), from, message: 'Hi' } })).body
    await push([scan(sandboxed, 'Phase 4c - Delivery', '2026-12-06 13:00:00')])
    const raw = await fetch(`${t.url}/tracking/iv-mtr`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from('usps:secret').toString('base64')}`, 'content-type': 'text/weird' },
      body: '{"events": [',
    })
    assert.equal(raw.status, 200)
    await eventually(
      async () =>
        (await t.app.db.pool.query(`select from tracking_feed where problem = 'It is not JSON of a sensible depth and size.'`))
          .rowCount === 1,
    )
    await allRead()
    assert.equal((await t.call('GET', `/v1/pieces/${sandboxed.id}`, { key: test })).body.status, 'created')
  })
})
