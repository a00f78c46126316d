import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isProblem } from '../operation.ts'
import { parseJson } from './bounded-json.ts'

const outcome = (text: string, bounds = { depth: 3, values: 10 }) => {
  try {
    return parseJson(Buffer.from(text), bounds)
  } catch (error) {
    return isProblem(error) ? error.code : (error as Error).name
  }
}

test('what is within the bounds is parsed', () => {
  assert.deepEqual(outcome('[[[1]]]'), [[[1]]])
  assert.deepEqual(outcome('{"a":[{"b":"[[[[[[,,,,,,,,,,,,"}]}'), { a: [{ b: '[[[[[[,,,,,,,,,,,,' }] })
  assert.deepEqual(outcome('[1,2,3,4,5,6,7,8,9]'), [1, 2, 3, 4, 5, 6, 7, 8, 9])
})

test('what is not is refused, and not parsed first', () => {
  assert.equal(outcome('[[[[1]]]]'), 'invalid_input')
  assert.equal(outcome('{"a":{"a":{"a":{}}}}'), 'invalid_input')
  assert.equal(outcome('['.repeat(30_000_000)), 'invalid_input')
  assert.equal(outcome(`[${'1,'.repeat(20)}1]`), 'too_large')
  assert.equal(outcome('[1'), 'SyntaxError')
})
