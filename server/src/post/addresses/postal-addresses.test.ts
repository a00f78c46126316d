import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Problem } from '../../problems.ts'
import { type Address, readAddress, routingOf, standardise } from './postal-addresses.ts'

const base: Address = { name: 'Ann Lee', line1: '1 Main St', city: 'Boston', state: 'MA', zip: '02139' }
const line = (line1: string, more: Partial<Address> = {}) => {
  const { address } = standardise({ ...base, line1, ...more })
  return [address.line1, address.line2].filter(Boolean).join(' | ')
}

describe('addresses in the form of Publication 28', () => {
  it('abbreviates suffixes, directions and units', () => {
    const cases: [string, string][] = [
      ['1847 Orchard Hill Road, Apt. 4B', '1847 ORCHARD HILL RD | APT 4B'],
      ['12 North Main Street', '12 N MAIN ST'],
      ['100 Main St Southwest #12', '100 MAIN ST SW | # 12'],
      ['4500 Ocean Boulevard Suite 200', '4500 OCEAN BLVD | STE 200'],
      ['77 Park Avenue', '77 PARK AVE'],
      ['1 Plaza Court', '1 PLAZA CT'],
    ]
    for (const [given, wanted] of cases) assert.equal(line(given), wanted)
  })

  it('leaves names alone which only look like directions and suffixes', () => {
    assert.equal(line('55 North Avenue'), '55 NORTH AVE')
    assert.equal(line('1 Avenue of the Americas'), '1 AVENUE OF THE AMERICAS')
    assert.equal(line('12 E 5th'), '12 E 5TH')
    assert.equal(line('10 Street Road'), '10 STREET RD')
  })

  it('writes boxes and rural routes in one way', () => {
    for (const given of ['P.O. Box 12', 'PO BOX #12', 'Post Office Box 12', 'p o box 12']) assert.equal(line(given), 'PO BOX 12')
    assert.equal(line('Rural Route 3, Box 18'), 'RR 3 BOX 18')
  })

  it('keeps the unit of the second line', () => {
    assert.equal(line('185 Berry Street', { line2: 'Suite 6100' }), '185 BERRY ST | STE 6100')
    assert.equal(line('185 Berry Street', { line2: 'Attn: Front Desk' }), '185 BERRY ST | ATTN: FRONT DESK')
  })

  it('reads states by name and ZIP codes in their usual forms', () => {
    const read = (state: string, zip: string) => {
      const { address } = standardise({ ...base, state, zip })
      return `${address.state} ${address.zip}`
    }
    assert.equal(read('massachusetts', '021391234'), 'MA 02139-1234')
    assert.equal(read('D.C.', '20500 0003'), 'DC 20500-0003')
    assert.equal(read('New  York', '10001-'), 'NY 10001')
  })

  it('says what it corrected, and calls nothing verified', () => {
    const { address, status } = standardise({ ...base, line1: '1 Main Street' })
    assert.equal(status, 'corrected')
    assert.deepEqual(address.given, { line1: '1 Main Street' })
    assert.equal(standardise(base).status, 'well_formed')
    assert.equal(standardise({ ...base, line1: '1 MAIN ST', city: 'BOSTON' }).address.given, undefined)
    assert.equal(standardise({ ...base, country: 'DE', zip: '10115', city: 'Berlin' }).status, 'unverified')
  })

  it('keeps addresses abroad as they are', () => {
    const { address } = standardise({ name: 'Ann', line1: 'Straße 5', city: 'Köln', zip: '50667', country: 'de' })
    assert.deepEqual(address, {
      name: 'Ann',
      line1: 'Straße 5',
      city: 'Köln',
      zip: '50667',
      country: 'DE',
      countryName: 'GERMANY',
    })
    assert.equal(routingOf(address), '')
    assert.equal(routingOf(standardise({ ...base, zip: '02139-1234' }).address), '021391234')
  })

  it('names every field that cannot be', () => {
    const { errors } = readAddress({ line1: ' ', city: 'Boston', state: 'XX', zip: '2139' }, '/to')
    assert.deepEqual(
      errors.map(({ path }) => path),
      ['/to/name', '/to/line1', '/to/state', '/to/zip'],
    )
    assert.throws(() => standardise({ ...base, country: 'QQ' }), Problem)
    assert.throws(() => standardise({ ...base, zip: '١٢٣٤٥' }), Problem)
  })
})
