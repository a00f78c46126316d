import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StyleSheet } from './css.ts'

test('media rules within each other are read to a depth, and no further', () => {
  const nested = (times: number) => `${'@media all{'.repeat(times)}.hide{display:none}${'}'.repeat(times)}`
  const count = (css: string) => {
    const sheet = new StyleSheet()
    sheet.add(css)
    return sheet.empty ? 0 : 1
  }
  for (const times of [0, 1, 5]) assert.equal(count(nested(times)), 1, String(times))
  for (const times of [6, 1000, 15_000]) assert.equal(count(nested(times)), 0, String(times))
})
