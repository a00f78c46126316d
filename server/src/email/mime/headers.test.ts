import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeHeader } from './encoded-words.ts'
import { field, headerProblem, list, mailbox, unstructured } from './headers.ts'

const unfold = (text: string): string => text.replace(/\r\n(?=[ \t])/g, '')

test('callers cannot set what the server answers for', () => {
  for (const name of [
    'Bcc',
    'bcc',
    'FROM',
    'To',
    'Cc',
    'Sender',
    'Subject',
    'Date',
    'Message-ID',
    'Return-Path',
    'Received',
    'DKIM-Signature',
  ])
    assert.ok(headerProblem(name, 'x'), name)
  for (const name of [
    'Authentication-Results',
    'ARC-Seal',
    'Content-Type',
    'Content-Transfer-Encoding',
    'MIME-Version',
    'Resent-From',
    'List-Id',
    'Delivered-To',
  ])
    assert.ok(headerProblem(name, 'x'), name)
  for (const name of ['', 'X Y', 'X:Y', 'X\r\nBcc', 'Xü', 'X\0', 'X'.repeat(77), ' Bcc', 'Bcc '])
    assert.ok(headerProblem(name, 'x'), JSON.stringify(name))
  for (const value of [
    'a\r\nBcc: b@c.example',
    'a\nb',
    'a\rb',
    'a\0b',
    'a\u2028b',
    'a\u0085b',
    'a\tb',
    'a\x7fb',
    '\ud800',
    'x'.repeat(10_001),
  ])
    assert.ok(headerProblem('X-Tag', value), JSON.stringify(value.slice(0, 20)))
  assert.equal(headerProblem('X-Tag', 'grün'), null)
  assert.equal(headerProblem('List-Unsubscribe', '<https://a.example/u>'), null)
  assert.equal(headerProblem('__proto__', 'x'), null)
})

test('the wire refuses what the checks before it missed', () => {
  for (const [name, value] of [
    ['X', 'a\r\nBcc: x'],
    ['X', 'a\nb'],
    ['X', 'ü'],
    ['X\r\nBcc', 'a'],
    ['X', 'x'.repeat(998)],
    ['X', 'a\r\n\r\nbody'],
    ['X', 'a\0'],
    ['X:', 'a'],
  ] as const) {
    assert.throws(() => field(name, value), /Refused to write/, JSON.stringify(value.slice(0, 20)))
  }
  assert.throws(() => unstructured('Subject', 'a\r\nb'))
  assert.throws(() => mailbox({ address: 'a@b.example', name: 'x\r\ny' }))
})

test('any value comes back as it was put in, in lines of at most 78 where it has places to fold', () => {
  const alphabet = ['a', 'bc', ' ', '  ', 'longer-word', 'ü', '日本', '😀', '=?', '?=', '"', '\\', ',', '<', '=?utf-8?Q?x?=', '_']
  let seed = 7
  const random = (below: number): number => (seed = (seed * 1103515245 + 12345) % 2147483648) % below
  for (let round = 0; round < 3000; round++) {
    const value = Array.from({ length: random(60) }, () => alphabet[random(alphabet.length)])
      .join('')
      .trim()
    const written = field('Subject', unstructured('Subject', value))
    assert.equal(decodeHeader(unfold(written).slice('Subject:'.length).trim()), value)
    for (const line of written.split('\r\n')) assert.ok(line.length <= 78 && !/^[ \t]+$/.test(line), line)
  }
})

test('long words, long gaps and long lists stay within 998 octets a line', () => {
  for (const value of [
    'x'.repeat(9999),
    `a${' '.repeat(5000)}b`,
    'ü'.repeat(5000),
    `${'y'.repeat(890)} `.repeat(11),
    '"'.repeat(5000),
  ]) {
    const written = field('X-Long', unstructured('X-Long', value))
    assert.ok(written.split('\r\n').every(line => line.length <= 998))
    assert.equal(decodeHeader(unfold(written).slice('X-Long:'.length).trim()), value.trim())
  }
  const name = '"'.repeat(320)
  const people = Array.from({ length: 500 }, (_, index) =>
    mailbox({ address: `person.number.${index}@mail.example`, name: index % 3 ? name : 'Zoë' }),
  )
  const written = field('To', list('To', people, ','))
  assert.ok(written.split('\r\n').every(line => line.length <= 998))
})
