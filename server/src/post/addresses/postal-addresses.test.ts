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

  const refusals = (address: Partial<Address>) =>
    readAddress({ ...base, ...address }).errors.map(({ path, message }) => `${path} ${message}`)

  it('refuses a ZIP code of another state', () => {
    assert.deepEqual(refusals({ state: 'TX' }), ['/zip "02139" is no ZIP code of TX: those that begin with 021 are in MA'])
    assert.deepEqual(refusals({ zip: '00012' }), ['/zip "00012" is no ZIP code: none begins with 000'])
    assert.deepEqual(refusals({ zip: '96950', state: 'GU' }), [])
    assert.deepEqual(refusals({ zip: '2139' }), ['/zip "2139" is no ZIP code of MA; write 12345 or 12345-6789'])
    assert.match(refusals({ state: '' })[0]!, /^\/state is required in the US; 02139 is in MA$/)
  })

  it('knows which ZIP codes are across a state line', () => {
    const pairs =
      '06390 NY, 06320 CT, 83414 WY, 83401 ID, 96799 AS, 96813 HI, 42223 TN, 42223 KY, 96941 FM, 96960 MH, 96940 PW, 20598 VA, 05501 MA'
    for (const pair of pairs.split(', ')) {
      const [zip, state] = pair.split(' ') as [string, string]
      assert.deepEqual(refusals({ zip, state }), [], pair)
    }
    for (const [zip, state] of [
      ['06390', 'CT'],
      ['06320', 'NY'],
      ['83401', 'WY'],
      ['96799', 'HI'],
      ['05501', 'VT'],
    ])
      assert.match(refusals({ zip, state })[0]!, /is no ZIP code of/, `${zip} ${state}`)
  })

  it('reads states as people write them', () => {
    for (const [written, code, zip] of [
      ['Mass.', 'MA', '02139'],
      ['Calif', 'CA', '90210'],
      ['N. Carolina', 'NC', '27601'],
      ['US-TX', 'TX', '78701'],
      ['Texas (TX)', 'TX', '78701'],
      ['MA - Massachusetts', 'MA', '02139'],
      ['NY, USA', 'NY', '10001'],
      ['Washington, D.C.', 'DC', '20001'],
      ['Puerto Rico', 'PR', '00926'],
    ] as const)
      assert.equal(standardise({ ...base, state: written, zip }).address.state, code, written)
    assert.match(refusals({ state: 'MA/NH' })[0]!, /"MA\/NH" is no US state/)
  })

  it('puts military mail in order, whatever country was written', () => {
    const place = (more: Partial<Address>) => {
      const { address } = standardise({ name: 'Ann Lee', line1: 'PSC 3 Box 4', city: '', ...more })
      return [address.line2, address.city, address.state, address.zip, address.country].filter(Boolean).join(' ')
    }
    for (const more of [
      { city: 'APO AE 09012' },
      { city: 'APO, AE', zip: '09012' },
      { city: 'apo', state: 'AE', zip: '09012' },
      { city: 'APO AE', zip: '09012', country: 'DE' },
      { city: 'APO', state: 'NY', zip: '09012' },
      { city: '', line2: 'APO AE 09012' },
    ])
      assert.equal(place(more), 'APO AE 09012 US', JSON.stringify(more))
    assert.equal(place({ city: 'FPO AP', zip: '96601' }), 'FPO AP 96601 US')
    assert.equal(place({ city: 'DPO AA', zip: '34002' }), 'DPO AA 34002 US')
    assert.match(refusals({ city: 'APO', state: 'AE', zip: '96601' })[0]!, /"96601" is no ZIP code of AE/)
  })

  it('takes the islands of the United States for states', () => {
    const { address } = standardise({ name: 'Ana', line1: '4 Calle Sol', city: 'San Juan', zip: '00926', country: 'PR' })
    assert.deepEqual([address.state, address.country, address.countryName], ['PR', 'US', undefined])
  })

  it('writes addresses in Canada as Canada Post wants them', () => {
    const canada = { name: 'Marie', line1: '1500 Rue Sainte-Catherine', city: 'Montréal', country: 'CA' }
    const place = (state: string | undefined, zip: string) => {
      const { address, status } = standardise({ ...canada, ...(state ? { state } : {}), zip })
      return `${address.city} ${address.state} ${address.zip} ${status}`
    }
    assert.equal(place('Québec', 'H3G1S8'), 'Montréal QC H3G 1S8 corrected')
    assert.equal(place('QC', 'H3G 1S8'), 'Montréal QC H3G 1S8 well_formed')
    assert.equal(place('P.Q.', 'h3g-1s8'), 'Montréal QC H3G 1S8 corrected')
    assert.equal(place(undefined, 'H3G 1S8'), 'Montréal QC H3G 1S8 corrected')
    for (const [state, code, zip] of [
      ['Ont.', 'ON', 'M5V 3L9'],
      ['Colombie-Britannique', 'BC', 'V6B 1A1'],
      ['Île-du-Prince-Édouard', 'PE', 'C1A 1A1'],
      ['newfoundland', 'NL', 'A1A 1A1'],
      ['NWT', 'NT', 'X1A 1A1'],
      ['Nunavut', 'NU', 'X0A 0H0'],
      ['CA-AB', 'AB', 'T5J 0N3'],
    ] as const)
      assert.match(place(state, zip), new RegExp(`^Montréal ${code} ${zip} `))
    const wrong = (more: object) => readAddress({ ...canada, ...more }).errors.map(({ message }) => message)
    assert.deepEqual(wrong({ state: 'ON', zip: 'H3G 1S8' }), [
      '"H3G 1S8" is no postal code of ON: those that begin with H are in QC',
    ])
    assert.deepEqual(wrong({ state: 'Texas', zip: 'H3G 1S8' }), ['"Texas" is no province of Canada'])
    assert.deepEqual(wrong({ state: 'QC', zip: 'D3G 1S8' }), ['"D3G 1S8" is no postal code of Canada; write A1A 1A1'])
    assert.deepEqual(wrong({ state: 'QC' }), ['is required in Canada: the postal code'])
  })

  it('refuses letters that no sorting machine reads, and rewrites none', () => {
    assert.deepEqual(refusals({ line1: 'ул. Ленина 5' }), [
      '/line1 is in Cyrillic letters, which sorting machines cannot read; write it in Latin letters',
    ])
    for (const [field, text, script] of [
      ['city', 'Αθήνα', 'Greek'],
      ['line2', '東京都', 'Chinese or Japanese'],
      ['line1', 'شارع 12', 'Arabic'],
      ['line1', '12 רחוב', 'Hebrew'],
      ['line1', '１２ Oak Ave', 'full-width'],
      ['line1', '한강로 12', 'Korean'],
      ['line1', '١٢ Oak Ave', 'Arabic'],
      ['name', '田中', 'Chinese or Japanese'],
    ] as const)
      assert.match(refusals({ [field]: text })[0]!, new RegExp(`^/${field} is in ${script} letters`), text)
    assert.deepEqual(refusals({ name: 'Юлия Петрова' }), [])
    assert.deepEqual(refusals({ name: 'Zoë Núñez-Đorđević', line1: '1º Kaʻahumanu Ave', city: 'Cañon City' }), [])
    const abroad = { name: 'Yulia', line1: 'ул. Ленина 5', city: 'Moscow', zip: '101000', country: 'RU' }
    assert.deepEqual(readAddress(abroad).errors, [])
    assert.equal(readAddress({ ...abroad, city: 'Москва' }).errors[0]!.path, '/city')
  })
})
