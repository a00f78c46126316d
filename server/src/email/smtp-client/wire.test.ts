import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DataEncoder, isSafeArgument, isSafeMailbox, wireLines } from './wire.ts'

function encode(content: string, cuts: number[] = []): string {
  const bytes = Buffer.from(content, 'latin1')
  const encoder = new DataEncoder()
  const parts = [...cuts, bytes.length].map((to, at, all) => encoder.push(bytes.subarray(all[at - 1] ?? 0, to)))
  return Buffer.concat([...parts, Buffer.from(encoder.end())]).toString('latin1')
}

/** What a receiver makes of it, byte by byte as RFC 5321 4.5.2 says; it must stop exactly at the end. */
function receive(wire: string): string {
  let content = ''
  for (let line = ''; wire !== ''; ) {
    const end = wire.indexOf('\r\n')
    assert.notEqual(end, -1, 'the content ends with a line end')
    line = wire.slice(0, end)
    wire = wire.slice(end + 2)
    if (line === '.') break
    content += `${line.replace(/^\./, '')}\r\n`
  }
  assert.equal(wire, '', 'nothing follows the final dot')
  return content
}

test('addresses that could end a command or start another are refused', () => {
  for (const bad of [
    '\r',
    '\n',
    '\r\n',
    '\0',
    ' ',
    '\t',
    '<',
    '>',
    '\x7f',
    '\x85',
    '\u2028',
    '\u2029',
    '\u00a0',
    '\u3000',
    '\ud800',
  ]) {
    for (const address of [`ann${bad}@example.com`, `ann@example.com${bad}`, `${bad}ann@example.com`]) {
      assert.equal(isSafeMailbox(address), false, JSON.stringify(address))
    }
    assert.equal(isSafeArgument(`mail${bad}example`), false)
  }
  for (const bad of [
    '',
    '@',
    'ann',
    'ann@',
    '@example.com',
    '@relay.example:ann@example.com',
    `${'a'.repeat(320)}@example.com`,
  ]) {
    assert.equal(isSafeMailbox(bad), false, bad)
  }
  for (const good of [
    'ann@example.com',
    'a+b=c!%@example.com',
    '"a@b"@example.com',
    'bücher@bücher.example',
    'ann@[192.0.2.1]',
    "o'hara@x",
  ]) {
    assert.equal(isSafeMailbox(good), true, good)
  }
})

test('line ends are normalized and nothing else is touched', () => {
  const cases: [string, string][] = [
    ['a\r\nb\r\n', 'a\r\nb\r\n'],
    ['a\nb\n', 'a\r\nb\r\n'],
    ['\n', '\r\n'],
    ['a\rb', 'a b'],
    ['a\r\r\nb', 'a \r\nb'],
    ['a\n\rb', 'a\r\n b'],
    ['\r', ' '],
    ['a\0b', 'a b'],
    ['\xe9\xff', '\xe9\xff'],
    ['', ''],
  ]
  for (const [raw, lines] of cases)
    assert.equal(wireLines(Buffer.from(raw, 'latin1')).toString('latin1'), lines, JSON.stringify(raw))
  const clean = Buffer.from('clean\r\n')
  assert.equal(wireLines(clean), clean)
})

test('no sequence known from smuggling ends the content early', () => {
  const sequences =
    '\n.\n|\n.\r|\r.\n|\r.\r|\n.\r\n|\r.\r\n|\r\n.\n|\r\n.\r|\r\n\0.\r\n|\r\n.\0\r\n|\r\n.\r\r\n|\r\r\n.\r\r\n|\r\n.\r\n'
  for (const sequence of sequences.split('|')) {
    const content = `Subject: x\r\n\r\nbody${sequence}MAIL FROM:<eve@example.com>\r\nRCPT TO:<bob@example.net>\r\n`
    for (let cut = 0; cut <= content.length; cut++) {
      const wire = encode(content, [cut])
      assert.doesNotMatch(wire.slice(0, -5), /(^|[\r\n\0])\.[\r\n\0]/, JSON.stringify(sequence))
      assert.doesNotMatch(wire, /\0|\r(?!\n)|(?<!\r)\n/)
      assert.match(receive(wire), /MAIL FROM:<eve@example.com>\r\n/)
    }
  }
})

test('the content arrives as wireLines gave it, however it was cut into chunks', () => {
  let state = 11
  const random = (below: number) => {
    state = (state * 1103515245 + 12345) % 2147483648
    return Math.floor((state / 2147483648) * below)
  }
  for (let round = 0; round < 2000; round++) {
    const content = Array.from({ length: random(30) }, () => ['\r\n', '\r', '\n', '.', '.', 'a', '\0', '\xe9'][random(8)]).join(
      '',
    )
    const cuts = Array.from({ length: random(6) }, () => random(content.length + 1)).sort((a, b) => a - b)
    const lines = wireLines(Buffer.from(content, 'latin1')).toString('latin1')
    const wire = encode(content, cuts)
    assert.equal(wire, encode(content), JSON.stringify([content, cuts]))
    assert.equal(receive(wire), lines === '' || lines.endsWith('\n') ? lines : `${lines}\r\n`)
  }
})

test('content of nothing but dots or line feeds is no slower to encode than its size asks', () => {
  const dots = encode('.\r\n'.repeat(300_000))
  assert.equal(dots.length, 4 * 300_000 + 3)
  assert.equal(encode('\n'.repeat(300_000)).length, 2 * 300_000 + 3)
  assert.equal(encode('\r'.repeat(300_000)).length, 300_000 + 5)
})
