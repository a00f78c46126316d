import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readPersonName } from './person-names.ts'

const parts = (text: string) => {
  const { first = '', last = '' } = readPersonName(text)
  return `${first}|${last}`
}

describe('names of persons', () => {
  it('have a first and a last part', () => {
    for (const [name, wanted] of [
      ['Jane Doe', 'Jane|Doe'],
      ['Mary Ann Smith', 'Mary|Smith'],
      ['Jean-Luc Picard', 'Jean-Luc|Picard'],
      ['Mary O’Brien', 'Mary|O’Brien'],
      ['Cher', 'Cher|'],
      ['J. Robert Oppenheimer', 'J. Robert|Oppenheimer'],
      ['J. Doe', 'J.|Doe'],
      ['Иван Петров', 'Иван|Петров'],
    ])
      assert.equal(parts(name!), wanted, name)
  })

  it('keep titles and suffixes apart', () => {
    assert.deepEqual(readPersonName('Dr. Jane A. Doe, Jr.'), {
      whole: 'Dr. Jane A. Doe Jr.',
      prefix: 'Dr.',
      first: 'Jane',
      middle: 'A.',
      last: 'Doe',
      suffix: 'Jr.',
    })
    for (const [name, wanted] of [
      ['Mr John Smith', 'John|Smith'],
      ['Prof. Dr. Hans Müller', 'Hans|Müller'],
      ['John Q. Public III', 'John|Public'],
      ['John Smith 3rd', 'John|Smith'],
      ['Jane Doe, PhD, MBA', 'Jane|Doe'],
      ['Ms. Doe', '|Doe'],
      ['Jack Ma', 'Jack|Ma'],
      ['Don Johnson', 'Don|Johnson'],
    ])
      assert.equal(parts(name!), wanted, name)
  })

  it('keep particles with the surname', () => {
    for (const [name, wanted] of [
      ['Ludwig van Beethoven', 'Ludwig|van Beethoven'],
      ['Maria de la Cruz', 'Maria|de la Cruz'],
      ['Ursula von der Leyen', 'Ursula|von der Leyen'],
      ['Leonardo da Vinci', 'Leonardo|da Vinci'],
      ['José Ortega y Gasset', 'José|Ortega y Gasset'],
      ['Van Morrison', 'Van|Morrison'],
      ['Al Gore', 'Al|Gore'],
    ])
      assert.equal(parts(name!), wanted, name)
  })

  it('are turned round where the surname comes first', () => {
    for (const [name, whole, wanted] of [
      ['Doe, Jane', 'Jane Doe', 'Jane|Doe'],
      ['Doe, Jane M., MD', 'Jane M. Doe MD', 'Jane|Doe'],
      ['Doe, Jr., John', 'John Doe Jr.', 'John|Doe'],
      ['van der Berg, Jan', 'Jan van der Berg', 'Jan|van der Berg'],
      ['St. John, Mary', 'Mary St. John', 'Mary|St. John'],
      ['Doe, John and Jane', 'John and Jane Doe', 'John and Jane|Doe'],
    ]) {
      assert.equal(readPersonName(name!).whole, whole)
      assert.equal(parts(name!), wanted, name)
    }
  })

  it('may be those of two', () => {
    for (const [name, wanted] of [
      ['Jane and John Doe', 'Jane and John|Doe'],
      ['Jane & John Doe', 'Jane & John|Doe'],
      ['Jane Doe & John Doe', 'Jane & John|Doe'],
      ['Jane Doe and John Smith', 'Jane and John|Doe and Smith'],
      ['Mr. and Mrs. John Doe', 'John|Doe'],
      ['Mr. & Mrs. Doe', '|Doe'],
      ['Ms. Jane and Mr. John Doe', 'Jane and John|Doe'],
      ['Hans und Anna Müller', 'Hans and Anna|Müller'],
      ['Ana y Luis Pérez', 'Ana and Luis|Pérez'],
    ])
      assert.equal(parts(name!), wanted, name)
  })

  it('are left alone where they are none, or may be none', () => {
    for (const name of [
      'Acme Inc.',
      'Bank of America',
      'Smith & Jones',
      'Smith & Wesson LLC',
      'Johnson & Johnson',
      "Ben & Jerry's",
      'Bob Smith & Sons',
      'Smith, Jones & Partners',
      'The Smith Family',
      'Current Resident',
      'Jane Doe or Current Resident',
      'Estate of John Doe',
      'City of Boston',
      'Müller GmbH',
      'jane@example.com',
      '7-Eleven',
      'Jane/John Doe',
      '',
    ])
      assert.deepEqual(readPersonName(name), { whole: name }, name)
  })
})
