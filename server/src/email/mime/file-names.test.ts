import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readMediaType, safeFileName } from './file-names.ts'

test('a name loses what could lead elsewhere or look like something else', () => {
  const cases: [string | null, string][] = [
    ['plan.pdf', 'plan.pdf'], ['../../etc/passwd', 'passwd'], ['C:\\Windows\\x.exe', 'x.exe'], ['/', 'attachment'], ['..', 'attachment'], [null, 'attachment'], ['', 'attachment'],
    ['a\0b.txt', 'ab.txt'], ['a\r\nX: y.txt', 'aX_ y.txt'], ['ann\u202efdp.exe', 'annfdp.exe'], ['\u200b\ufeff', 'attachment'], ['.htaccess', 'htaccess'],
    ['grün 😀.txt', 'grün 😀.txt'], ['x\ud800.txt', 'x.txt'], ['a"<b>|c?.txt', 'a__b__c_.txt'], ['name ', 'name'],
  ] // biome-ignore format: one list
  for (const [given, expected] of cases) assert.equal(safeFileName(given), expected, JSON.stringify(given))
})

test('a long name keeps its extension within 255 octets and whole characters', () => {
  for (const stem of ['x', 'ü', '😀', '日']) {
    const name = safeFileName(`${stem.repeat(1000)}.pdf`)
    assert.ok(Buffer.byteLength(name) <= 255 && name.endsWith('.pdf') && name.isWellFormed())
  }
  assert.ok(Buffer.byteLength(safeFileName(`a.${'b'.repeat(1000)}`)) <= 255)
  assert.ok(Buffer.byteLength(safeFileName('/x'.repeat(1_000_000))) <= 255)
})

test('a media type is well formed or none', () => {
  assert.deepEqual(readMediaType('Text/Calendar; method=REQUEST;charset=utf-8; name=x'), {
    type: 'text/calendar',
    parameters: { method: 'REQUEST', charset: 'utf-8' },
  })
  for (const text of [
    '',
    'text',
    'text/',
    '/x',
    'a/b/c',
    'text/plain\r\nX: y',
    'text/plain; a="b"',
    'ü/x',
    `${'a'.repeat(200)}/b`,
  ])
    assert.equal(readMediaType(text).type, 'application/octet-stream', text)
  assert.equal(readMediaType(`a/b${'; a=b'.repeat(100_000)}`).type, 'application/octet-stream')
})
