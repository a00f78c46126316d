/** SECURITY.md says only what a test proves: each sentence of its tables names tests, and they exist. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '../..')

test('every promise of SECURITY.md names tests that are there', async () => {
  const text = await readFile(join(root, 'SECURITY.md'), 'utf8')
  const promised = text.slice(text.indexOf('## What is promised'), text.indexOf('## What is not'))
  // Beside the tables there are only their titles and how to read them.
  const beside = promised.split('\n').filter(line => line && !line.startsWith('|') && !line.startsWith('#'))
  assert.equal(beside.length, 1, beside.join('\n'))
  const rows = promised.split('\n').filter(line => line.startsWith('|') && !/^\|(-|\s*Promise )/.test(line))
  assert.ok(rows.length > 30)
  for (const row of rows) {
    const [, promise, tests, ...more] = row.split(/(?<!\\)\|/).map(cell => cell.trim())
    assert.ok(promise?.endsWith('.') && more.join('') === '', row)
    const named = [...tests!.matchAll(/`([^`]+\.test\.ts)`: (.+?)(?=; `|$)/g)]
    assert.ok(named.length > 0, `names no test: ${promise}`)
    for (const [, file, titles] of named) {
      const source = await readFile(join(root, file!), 'utf8')
      for (const title of titlesOf(titles!, source)) assert.ok(isTitle(source, title), `${file} has no test "${title}"`)
    }
  }
})

const isTitle = (source: string, title: string): boolean => ['it', 'test'].some(word => source.includes(`${word}('${title}'`))

/** Titles are parted by semicolons, and may hold some. */
const titlesOf = (text: string, source: string): string[] => {
  if (isTitle(source, text)) return [text]
  const parts = text.split('; ')
  for (let n = parts.length - 1; n > 0; n--) {
    const first = parts.slice(0, n).join('; ')
    if (isTitle(source, first)) return [first, ...titlesOf(parts.slice(n).join('; '), source)]
  }
  return [text]
}
