import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ReplyReader } from './replies.ts'

function read(...chunks: (string | Buffer)[]) {
  const reader = new ReplyReader()
  const replies = chunks.flatMap(chunk => reader.push(Buffer.from(chunk)))
  return { replies, violation: reader.violation }
}

test('replies are read whatever their shape and however they are cut', () => {
  const text = '220 hello\r\n250-one\r\n250-two\r\n250 three\r\n250\r\n354-\r\n354 \r\n550 5.1.1 gone\n'
  const expected = [
    { code: 220, enhanced: null, text: 'hello' },
    { code: 250, enhanced: null, text: 'one\ntwo\nthree' },
    { code: 250, enhanced: null, text: '' },
    { code: 354, enhanced: null, text: '\n' },
    { code: 550, enhanced: '5.1.1', text: '5.1.1 gone' },
  ]
  assert.deepEqual(read(text), { replies: expected, violation: null })
  assert.deepEqual(read(...text), { replies: expected, violation: null })
})

test('an enhanced code is taken only where it stands and when its class fits', () => {
  const codeOf = (line: string) => read(`${line}\r\n`).replies[0]!.enhanced
  assert.equal(codeOf('250 2.1.5'), '2.1.5')
  assert.equal(codeOf('550 5.7.515 no'), '5.7.515')
  assert.equal(codeOf('550 4.1.1 odd'), null)
  assert.equal(codeOf('550 5.1.1.1 odd'), null)
  assert.equal(codeOf('550 5.1.1234 odd'), null)
  assert.equal(codeOf('550 no 5.1.1'), null)
})

test('what is shown of a reply holds no control characters, and UTF-8 survives', () => {
  const [reply] = read(Buffer.from('550 5.1.1 caf\xc3\xa9 \x1b[31m\x00\x07 \xe2\x80\xa8 \xff\r\n', 'latin1')).replies
  assert.equal(reply!.text, '5.1.1 café  [31m     \ufffd')
})

test('what is no SMTP is named, and nothing is read after it', () => {
  for (const line of ['hello', '', '99 x', '1000 x', '150 x', '650 x', '2x0 x', '250x', 'HTTP/1.1 400 Bad Request', '\0']) {
    const { replies, violation } = read(`220 fine\r\n${line}\r\n250 after\r\n`)
    assert.equal(replies.length, 1, line)
    assert.equal(violation, 'a line that is no SMTP reply')
  }
  assert.equal(read('250-one\r\n251 two\r\n').violation, 'one reply with the codes 250 and 251')
})

test('a reply without end is cut off: no line end, many lines, long lines, one byte at a time', () => {
  assert.equal(read(`220 ${'x'.repeat(5000)}`).violation, 'a reply line longer than 4096 bytes')
  assert.equal(read(...Array.from({ length: 5000 }, () => '2')).violation, 'a reply line longer than 4096 bytes')
  assert.equal(read(`220 ${'x'.repeat(5000)}\r\n`).violation, 'a line that is no SMTP reply')
  assert.equal(read('220-x\r\n'.repeat(101)).violation, 'a reply without end')
  assert.equal(read(`220-${'x'.repeat(4000)}\r\n`.repeat(20)).violation, 'a reply without end')
  assert.equal(read('220-x\r\n'.repeat(99), '220 x\r\n').violation, null)
})

test('reset forgets half a reply', () => {
  const reader = new ReplyReader()
  reader.push(Buffer.from('250-secret\r\n250-mo'))
  reader.reset()
  assert.deepEqual(reader.push(Buffer.from('220 fresh\r\n')), [{ code: 220, enhanced: null, text: 'fresh' }])
})
