import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PrintProblem } from '../problem.ts'
import { fieldNames, merge } from './merge.ts'

const refuses = (code: string, message: RegExp) => (error: unknown) =>
  error instanceof PrintProblem && error.code === code && message.test(error.message)

test('fields, dotted paths, defaults and numbers', () => {
  const values = { name: 'Ada', person: { city: 'York', zip: 0 }, empty: '  ' }
  assert.equal(merge('Dear {{name}} of {{ person.city }}', values, 'x'), 'Dear Ada of York')
  assert.equal(merge('{{person.zip}}', values, 'x'), '0')
  assert.equal(
    merge('{{empty | default: "friend"}} {{nobody|default:\'you\'}} {{name | default: ""}}', values, 'x'),
    'friend you Ada',
  )
  assert.equal(merge('no fields { here }', values, 'x'), 'no fields { here }')
})

test('a value is text, never a template', () => {
  assert.equal(merge('{{a}}', { a: '{{b}}', b: 'no' }, 'x'), '{{b}}')
})

test('a missing value names the field and the row', () => {
  for (const values of [
    {},
    { first_name: '' },
    { first_name: null },
    { first_name: { a: 1 } },
    { first_name: Number.NaN },
    { first_name: ['x'] },
  ]) {
    assert.throws(
      () => merge('Hi {{first_name}}', values, 'back.message', 'row 17'),
      refuses('missing_merge_value', /"first_name".*row 17/),
    )
  }
})

test('inherited properties are not values', () => {
  for (const name of ['constructor', 'toString', '__proto__', 'person.constructor.name', 'name.length']) {
    assert.throws(() => merge(`{{${name}}}`, { person: {}, name: 'Ada' }, 'x'), refuses('missing_merge_value', /no value/))
  }
})

test('malformed fields are refused, not printed', () => {
  for (const text of [
    '{{name',
    'name}}',
    '{{}}',
    '{{na me}}',
    '{{#if a}}',
    '{{{name}}}',
    '{{name | upcase}}',
    '{{name | default: friend}}',
    '{{a..b}}',
  ]) {
    assert.throws(() => merge(text, { name: 'x', a: 'y' }, 'x'), refuses('merge_syntax', /./), text)
  }
})

test('lists the fields of a text', () => {
  assert.deepEqual(fieldNames('{{a}} {{b.c | default: "x"}} {{a}}', 'x'), ['a', 'b.c'])
})
