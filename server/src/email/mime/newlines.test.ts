import assert from 'node:assert/strict'
import { test } from 'node:test'
import { normalizeNewlines } from './newlines.ts'

test('clean bytes come back as the same buffer', () => {
  for (const text of ['', 'a', 'a\r\nb\r\n', '\r\n\r\n']) {
    const raw = Buffer.from(text)
    assert.equal(normalizeNewlines(raw), raw)
  }
})

test('every sequence that could end a message for somebody ends a line for everybody', () => {
  const sequences = [
    '\n.\n',
    '\n.\r',
    '\r.\n',
    '\r.\r',
    '\n.\r\n',
    '\r.\r\n',
    '\r\n.\n',
    '\r\n.\r',
    '\r\n.\r\r\n',
    '\r\r\n.\r\r\n',
    '\r',
    '\n',
    '\r\r',
    '\n\n',
    '\n\r',
  ]
  for (const sequence of sequences) {
    const text = normalizeNewlines(Buffer.from(`a${sequence}b`)).toString()
    assert.ok(!/(?:^|[^\r])\n|\r(?!\n)/.test(text), JSON.stringify(text))
    assert.equal(text.replaceAll('\r\n', ''), `a${sequence.replace(/[\r\n]/g, '')}b`)
  }
  assert.equal(normalizeNewlines(Buffer.from('a\r\r\nb')).toString(), 'a\r\n\r\nb')
  assert.equal(normalizeNewlines(Buffer.alloc(3_000_000, '\n')).length, 6_000_000)
})
