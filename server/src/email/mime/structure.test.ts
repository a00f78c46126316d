import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ParsedMessage, readMessage } from './read-message.ts'

const read = (text: string): ParsedMessage => readMessage(Buffer.from(text, 'latin1'))
const head = 'From: Ann <ann@example.org>\r\nTo: bob@agent.test\r\n'
const mixed = 'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n'
const names = ({ attachments }: ParsedMessage) => attachments.map(({ filename }) => filename)
const file = (name: string) => `Content-Disposition: attachment; filename=${name}\r\n\r\n${name}\r\n`

test('a boundary that never comes hides nothing', () => {
  const other = read(
    `${head}Content-Type: multipart/mixed; boundary=declared\r\n\r\n--other\r\nContent-Type: text/plain\r\n\r\nThe code is 482913.\r\n--other\r\n${file('a')}--other--\r\n`,
  )
  assert.deepEqual([other.text, names(other)], ['The code is 482913.', ['a']])
  assert.match(other.problem ?? '', /boundary .* never comes/)
  const none = read(`${head}Content-Type: multipart/alternative; boundary=declared\r\n\r\nThe code is 482913.\r\n`)
  assert.equal(none.text, 'The code is 482913.\n')
  assert.match(none.problem ?? '', /never comes/)
  const html = read(`${head}Content-Type: multipart/alternative; boundary=declared\r\n\r\n<html><p>482913</p>`)
  assert.deepEqual([html.text, html.html], [null, '<html><p>482913</p>'])
  const missing = read(`${head}Content-Type: multipart/mixed\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\n482913\r\n--x--\r\n`)
  assert.equal(missing.text, '482913')
  const inner = read(
    `${head}${mixed}--B\r\nContent-Type: multipart/alternative; boundary=I\r\n\r\n--other\r\nContent-Type: text/plain\r\n\r\ninner\r\n--other--\r\n--B\r\n${file('a')}--B--\r\n`,
  )
  assert.deepEqual([inner.text, names(inner)], ['inner', ['a']])
  const lost = read(
    `${head}MIME-Version: 1.0\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\n482913\r\n--x\r\n${file('a')}--x--\r\n`,
  )
  assert.deepEqual([lost.text, names(lost)], ['482913', ['a']])
  assert.match(lost.problem ?? '', /no Content-Type/)
  const whole = Buffer.from(`--B\r\n\r\nhidden\r\n--B\r\n${file('a')}--B--\r\n`).toString('base64')
  const encoded = read(`${head}Content-Transfer-Encoding: base64\r\n${mixed}${whole}\r\n`)
  assert.deepEqual([encoded.text, names(encoded)], ['hidden', ['a']])
})

test('last boundaries that are missing or come too soon cost nothing', () => {
  const cut = read(`${head}${mixed}--B\r\n\r\nhello\r\n--B\r\n${file('a')}`)
  assert.deepEqual([cut.text, names(cut)], ['hello', ['a']])
  assert.match(cut.problem ?? '', /last boundary .* missing/)
  assert.equal(Buffer.from(cut.attachments[0]!.content).toString(), 'a\r\n')
  const inner = `Content-Type: multipart/alternative; boundary=I\r\n\r\n--I\r\n\r\nhello\r\n--I\r\nContent-Type: text/html\r\n\r\n<p>hello\r\n`
  const open = read(`${head}${mixed}--B\r\n${inner}--B\r\n${file('a')}--B--\r\n`)
  assert.deepEqual([open.text, open.html, names(open)], ['hello', '<p>hello', ['a']])
  const early = read(`${head}${mixed}--B\r\n\r\nhello\r\n--B--\r\n--B\r\n${file('a')}--B--\r\n`)
  assert.deepEqual([early.text, names(early)], ['hello', ['a']])
  assert.match(early.problem ?? '', /follow the last boundary/)
})

test('boundaries are told apart whatever they look like', () => {
  const same = read(
    `${head}${mixed}--B\r\nContent-Type: multipart/alternative; boundary=B\r\n\r\n--B\r\n\r\nhello\r\n--B--\r\n--B\r\n${file('a')}--B--\r\n`,
  )
  assert.deepEqual([same.text, names(same), same.problem], ['hello', ['a'], null])
  const longer = read(
    `${head}${mixed}--B\r\nContent-Type: multipart/alternative; boundary=B2\r\n\r\n--B2\r\n\r\nhello\r\n--B2--\r\n--B\r\n${file('a')}--B--\r\n`,
  )
  assert.deepEqual([longer.text, names(longer)], ['hello', ['a']])
  const blanks = read(`${head}${mixed}--B  \t\r\n\r\nhello\r\n--Bx\r\n--\r\n -- B\r\n--B--  \r\nepilogue`)
  assert.equal(blanks.text, 'hello\n--Bx\n--\n -- B')
  for (const declared of ['"a b"', '"\'()+_,-./:=?"', '=_x', '"x--"', 'b (comment)', '"q\\"x"', `"${'y'.repeat(200)}"`]) {
    const name = declared
      .replace(/ \(.*/, '')
      .replace(/^"(.*)"$/, '$1')
      .replace('\\', '')
    const message = read(
      `${head}Content-Type: multipart/mixed; boundary=${declared}\r\n\r\npreamble\r\n--${name}\r\n\r\nhello\r\n--${name}--\r\n`,
    )
    assert.deepEqual([message.text, message.problem], ['hello', null], declared)
  }
  const continued = read(
    `${head}Content-Type: multipart/mixed;\r\n boundary*0=one;\r\n boundary*1=two\r\n\r\n--onetwo\r\n\r\nhello\r\n--onetwo--\r\n`,
  )
  assert.equal(continued.text, 'hello')
  const folded = read(`${head}Content-Type: multipart/mixed;\r\n\tboundary="B"\r\n\r\n--B\r\n\r\nhello\r\n--B--`)
  assert.equal(folded.text, 'hello')
})

test('a header section may be missing, odd, or end without an empty line', () => {
  const none = read('The printer on floor 2 is out of paper.\r\nPlease refill it.\r\n')
  assert.equal(none.text, 'The printer on floor 2 is out of paper.\nPlease refill it.\n')
  assert.match(none.problem ?? '', /no header section/)
  const received = 'Return-Path: <a@b.example>\r\nReceived: from x by y;\r\n Thu, 19 Nov 2026 10:00:00 +0000\r\n'
  assert.equal(
    read(`${received}The printer is out of paper.\r\nPlease refill it.\r\n`).text,
    'The printer is out of paper.\nPlease refill it.\n',
  )
  assert.equal(
    read(`${received}Note: the printer is out.\r\nPlease refill it.\r\n`).text,
    'Note: the printer is out.\nPlease refill it.\n',
  )
  assert.equal(
    read(`${received}Note: the printer is out.\r\n\r\nPlease refill it.\r\n`).text,
    'Note: the printer is out.\n\nPlease refill it.\n',
  )
  assert.equal(read(`${received}\r\nPlease refill it.\r\n`).text, 'Please refill it.\n')
  const odd = read('From: Ann <ann@example.org>\r\nthis is no field\r\nSubject: still read\r\n\r\nhello')
  assert.deepEqual([odd.subject, odd.text], ['still read', 'hello'])
  assert.match(odd.problem ?? '', /no header field/)
  const mbox = read(
    'From ann@example.org Thu Nov 19 10:00:00 2026\r\nFrom: Ann <ann@example.org>\r\nSubject : with a blank\r\n\r\nhello',
  )
  assert.deepEqual(
    [mbox.from?.address, mbox.subject, mbox.text, mbox.problem],
    ['ann@example.org', 'with a blank', 'hello', null],
  )
  const delivered = read(`${received}From ann@example.org Thu Nov 19 10:00:00 2026\r\nFrom: Ann <ann@example.org>\r\n\r\nhello`)
  assert.deepEqual([delivered.from?.address, delivered.text, delivered.problem], ['ann@example.org', 'hello', null])
  const part = read(
    `${head}${mixed}--B\r\nContent-Type: text/plain\r\nThere is no empty line.\r\nNone at all.\r\n--B\r\nJust text: here\r\nmore\r\n--B\r\n${file('a')}--B--\r\n`,
  )
  assert.deepEqual([part.text, names(part)], ['There is no empty line.\nNone at all.\nJust text: here\nmore', ['a']])
  assert.match(part.problem ?? '', /empty line/)
  const headOnly = read(`${head}${mixed}--B\r\nContent-Type: text/plain\r\n--B\r\n${file('a')}--B--\r\n`)
  assert.deepEqual([headOnly.text, names(headOnly)], [null, ['a']])
  const lineFeeds = readMessage(
    Buffer.from(`${head}Subject: x\r\n y\r\n${mixed}--B\r\n\r\nhello\r\n--B--\r\n`.replaceAll('\r\n', '\n')),
  )
  assert.deepEqual([lineFeeds.subject, lineFeeds.text], ['x y', 'hello'])
  const directly = read(
    `${head}Content-Type: multipart/mixed; boundary=B\r\nThis is a message in MIME format.\r\n--B\r\nContent-Type: text/plain\r\n\r\nhello\r\n--B--\r\n`,
  )
  assert.equal(directly.text, 'hello')
  const blanks = read(
    `${head}Content-Type: multipart/mixed; boundary=B\r\n \r\n--B\r\nContent-Type: text/html\r\n\r\n<p>hello\r\n--B--\r\n`,
  )
  assert.equal(blanks.html, '<p>hello')
  const quoted = read(`${head}\r\nLook at this source:\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nsource\r\n--x--\r\n`)
  assert.match(quoted.text ?? '', /^Look at this source:/)
  const blankLine = read(`${head}Subject: x\r\n \t\r\nbody after a line of blanks\r\n\r\nand more`)
  assert.equal(blankLine.text, 'body after a line of blanks\n\nand more')
})

test('types that are none are read as what they probably are', () => {
  const kind = (type: string) => {
    const { text, html, attachments } = read(`${head}Content-Type: ${type}\r\n\r\n<b>x</b>`)
    return text !== null ? 'text' : html !== null ? 'html' : attachments[0]!.contentType
  }
  for (const [type, expected] of [
    ['text', 'text'],
    ['html', 'html'],
    ['text/html; charset', 'html'],
    ['TEXT/HTML charset=utf-8', 'html'],
    ['"text/html"', 'html'],
    ['', 'text'],
    ['nonsense', 'text'],
    ['application', 'application/octet-stream'],
    ['application/pdf;;;', 'application/pdf'],
  ])
    assert.equal(kind(type!), expected, type)
  const twice = read(`${head}Content-Type: broken\r\nContent-Type: text/html\r\n\r\n<b>x</b>`)
  assert.equal(twice.html, '<b>x</b>')
})
