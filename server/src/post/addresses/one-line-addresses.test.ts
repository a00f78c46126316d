import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readPlace, readWholeAddress } from './one-line-addresses.ts'

const place = (text: string) => {
  const { city = '', state = '', zip = '', country = '' } = readPlace(text) ?? {}
  return [city, state, zip, country].join('|')
}
const whole = (text: string) => {
  const found = readWholeAddress(text)
  return found && [found.line1, found.line2, found.city, found.state, found.zip, found.country].filter(Boolean).join('|')
}

describe('addresses in one cell', () => {
  it('last lines', () => {
    for (const [text, wanted] of [
      ['Boston, MA 02139', 'Boston|MA|02139|'],
      ['BOSTON MA 02139-1234', 'BOSTON|MA|02139-1234|'],
      ['Boston, Massachusetts, 02139', 'Boston|MA|02139|'],
      ['Boston, MA, 2139', 'Boston|MA|2139|'],
      ['New York, NY, 10001', 'New York|NY|10001|'],
      ['New York New York 10001', 'New York|NY|10001|'],
      ['St. Louis, MO 63101 USA', 'St. Louis|MO|63101|US'],
      ['Washington, D.C. 20001', 'Washington|DC|20001|'],
      ['Fargo North Dakota 58102', 'Fargo|ND|58102|'],
      ['Charleston West Virginia 25301', 'Charleston|WV|25301|'],
      ['Virginia Beach VA 23450', 'Virginia Beach|VA|23450|'],
      ['Indiana, PA 15701', 'Indiana|PA|15701|'],
      ['02139 Boston MA', 'Boston|MA|02139|'],
      ['MA 02139', '|MA|02139|'],
      ['Boston, MA', 'Boston|MA||'],
      ['APO AE 09012', 'APO|AE|09012|'],
      ['Montréal QC H3G1S8', 'Montréal|QC|H3G 1S8|CA'],
      ['Montréal (Québec) H3G 1S8', 'Montréal|QC|H3G 1S8|CA'],
      ['Montreal, Quebec, Canada H3G1S8', 'Montreal|QC|H3G 1S8|CA'],
    ])
      assert.equal(place(text!), wanted, text)
  })

  it('whole ones, divided by commas, lines, blanks, or the suffix of the street', () => {
    for (const [text, wanted] of [
      ['12 Oak Ave, Apt 4, Boston, MA 02139', '12 Oak Ave|Apt 4|Boston|MA|02139'],
      ['12 Oak Ave\nBoston, MA 02139', '12 Oak Ave|Boston|MA|02139'],
      ['12 Oak Ave  Apt 4  Boston  MA  02139  US', '12 Oak Ave|Apt 4|Boston|MA|02139|US'],
      ['12 Oak Ave, Boston, MA, 02139, United States', '12 Oak Ave|Boston|MA|02139|US'],
      ['1600 Pennsylvania Avenue NW, Washington, DC 20500', '1600 Pennsylvania Avenue NW|Washington|DC|20500'],
      ['12 Oak Ave, Winston Salem, North Carolina, 27101-1234', '12 Oak Ave|Winston Salem|NC|27101-1234'],
      ['PO Box 12, Boston, MA 02139', 'PO Box 12|Boston|MA|02139'],
      ['PSC 3 Box 4, APO AE 09012', 'PSC 3 Box 4|APO|AE|09012'],
      ['1500 Rue Sainte-Catherine, Montréal, QC H3G 1S8, Canada', '1500 Rue Sainte-Catherine|Montréal|QC|H3G 1S8|CA'],
      ['12 Oak Ave<br>Boston, MA 02139', '12 Oak Ave|Boston|MA|02139'],
      ['12 Oak Ave Boston, MA 02139', '12 Oak Ave|Boston|MA|02139'],
      ['12 Oak Ave Apt 4 Boston MA 02139', '12 Oak Ave Apt 4|Boston|MA|02139'],
      ['100 Main St NW Atlanta, GA 30303', '100 Main St NW|Atlanta|GA|30303'],
      ['PO Box 12 Boston, MA 02139', 'PO Box 12|Boston|MA|02139'],
    ])
      assert.equal(whole(text!), wanted, text)
    assert.deepEqual(readWholeAddress('Jane Doe\nAcme Inc\n12 Oak Ave\nBoston, MA 02139')?.before, ['Jane Doe', 'Acme Inc'])
  })

  it('but none that can be read in two ways', () => {
    for (const text of [
      '100 Park Ave St Louis MO 63101',
      '100 Main St North Atlanta GA 30303',
      '12 Broadway New York NY 10001',
      '12 Oak Ave, Boston',
      '12 Oak Ave, Boston, MA',
      'Oak Ave, Boston, MA 02139',
      '10 Downing Street, London SW1A 2AA',
      'somewhere in Boston',
      '',
    ])
      assert.equal(whole(text), undefined, text)
  })
})
