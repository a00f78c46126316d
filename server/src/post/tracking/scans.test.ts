import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { NoReport, readIvMtr, readLob, statusOfPhase } from './scans.ts'

const received = new Date('2026-11-21T12:00:00Z')
const feed = (...events: unknown[]) => Buffer.from(JSON.stringify({ msgGrpId: '1', recCnt: events.length, events }))
const imb = '00310900012345000001'
const scan = {
  imb: `${imb}010602213`,
  scanDatetime: '2026-11-20 04:10:00',
  scanEventCode: '919',
  handlingEventType: 'A',
  mailPhase: 'Phase 3c- Destination Sequenced Carrier Sortation',
  scanFacilityCity: 'SPRINGFIELD',
  scanFacilityZip: '01152',
  scanLocaleKey: 'V12345',
}

describe('what scans say', () => {
  it('goes by the mail phase', () => {
    const words: [string, string | undefined][] = [
      ['Phase 0 - Origin Processing Cancellation of Postage', 'in_transit'],
      ['Phase 1', 'in_transit'],
      ['Phase 1a - Origin Primary', 'in_transit'],
      ['Phase 2b - Destination SCF', 'in_local_area'],
      ['Phase 3c -Destination Sequenced Carrier Sortation', 'processed_for_delivery'],
      ['Phase 3c- Destination Sequenced Carrier Sortation', 'processed_for_delivery'],
      ['Phase 4c - Delivery', 'delivered'],
      ['PARS Processing', 're_routed'],
      ['FPARS Processing', 're_routed'],
      ['Miscellaneous', undefined],
      ['Foreign Processing', undefined],
      ['', undefined],
    ]
    for (const [phase, status] of words) assert.equal(statusOfPhase(phase), status, phase)
  })

  it('reads barcode, time, place and how sure a delivery is', () => {
    const [report] = readIvMtr(feed(scan), received)
    assert.equal(report!.imb, imb)
    assert.equal(report!.status, 'processed_for_delivery')
    assert.equal(report!.at.toISOString(), '2026-11-20T04:10:00.000Z')
    assert.deepEqual(report!.place, { city: 'SPRINGFIELD', zip: '01152' })
    const confidence = (type?: string) =>
      readIvMtr(feed({ ...scan, mailPhase: 'Phase 4c - Delivery', handlingEventType: type }), received)[0]!.confidence
    assert.deepEqual(['A', 'S', 'L', undefined].map(confidence), ['actual', 'assumed', 'logical', 'logical'])
  })

  it('knows the same scan again, and tells different ones apart', () => {
    const one = scan
    const [a, b, c] = readIvMtr(
      feed(one, { ...one, machineName: 'DBCS-051' }, { ...one, scanDatetime: '2026-11-20 04:11:00' }),
      received,
    )
    assert.equal(a!.dedupe, b!.dedupe)
    assert.notEqual(a!.dedupe, c!.dedupe)
  })

  it('takes what comes: empty pushes, unreadable barcodes and times, odd values', () => {
    assert.deepEqual(readIvMtr(feed(), received), [])
    assert.deepEqual(readIvMtr(feed(null, 7, 'x', [], { imb: '123' }, { imb: `${imb}12` }), received), [])
    const [odd] = readIvMtr(
      feed({
        imb,
        scanDatetime: 'yesterday',
        mailPhase: { a: 1 },
        scanEventCode: 919,
        note: 'a\0b\ud800',
      }),
      received,
    )
    assert.equal(odd!.at, received)
    assert.equal(odd!.status, undefined)
    assert.equal(odd!.code, '919')
    assert.equal((odd!.raw as { note: string }).note, 'ab\ufffd')
  })

  it('refuses what is no push', () => {
    for (const body of ['', 'no', '7', 'null', '{}', '{"events":{}}'])
      assert.throws(() => readIvMtr(Buffer.from(body), received), NoReport, body)
  })

  it('reads the webhooks of Lob', () => {
    const hook = (type: string) =>
      Buffer.from(
        JSON.stringify({
          id: `evt_${type}`,
          event_type: { id: type },
          body: { id: 'psc_1' },
          date_created: '2026-11-20T04:10:00.000Z',
        }),
      )
    const status = (type: string) => readLob(hook(type), received)[0]!.status
    assert.equal(status('postcard.mailed'), 'mailed')
    assert.equal(status('letter.re-routed'), 're_routed')
    assert.equal(status('postcard.returned_to_sender'), 'returned')
    assert.equal(status('postcard.viewed'), undefined)
    assert.equal(readLob(hook('postcard.delivered'), received)[0]!.confidence, 'reported')
    assert.throws(() => readLob(Buffer.from('{"id":"evt_1"}'), received), NoReport)
    assert.throws(() => readLob(Buffer.from('null'), received), NoReport)
  })
})
