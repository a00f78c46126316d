import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, test } from 'node:test'
import { longestTurn } from '../../../test/turns.ts'
import { createParser, type ParsedMessage } from './parse.ts'

const parser = createParser({ workers: 2, timeoutMs: 60_000 })
after(() => parser.close())

const fixture = (name: string): Promise<Buffer> => readFile(new URL(`../../../test/messages/${name}.eml`, import.meta.url))
const parse = (text: string | Buffer, encoding: BufferEncoding = 'utf8'): Promise<ParsedMessage> =>
  parser.parse(Buffer.from(text as string, encoding))

/** No string anywhere in it may hold what PostgreSQL refuses. */
const assertStorable = (value: unknown): void => {
  if (typeof value === 'string') assert.ok(!value.includes('\0') && value.isWellFormed())
  else if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)) Object.values(value).forEach(assertStorable)
}

test('an ordinary reply is read', async () => {
  const message = await parser.parse(await fixture('gmail-reply'))
  assert.equal(message.parsed, true)
  assert.equal(message.problem, null)
  assert.equal(message.messageId, '<CAF=tx9+1aQ@mail.gmail.example>')
  assert.equal(message.inReplyTo, '<msg_01k@mail.example>')
  assert.deepEqual(message.references, ['<msg_01k@mail.example>'])
  assert.deepEqual(message.from, { address: 'dana.fields@gmail.example', name: 'Dana Fields' })
  assert.deepEqual(message.to, [{ address: 'agent@mail.example', name: 'Shop Agent' }])
  assert.equal(message.date?.toISOString(), '2026-03-03T14:12:44.000Z')
  assert.equal(message.subject, 'Re: Your order has a question')
  assert.equal(message.automatic, false)
  assert.equal(message.report, null)
  assert.equal(message.extractedText, 'Yes, please send the blue one instead — size M.\n\nThanks!\nDana')
  assert.match(message.html ?? '', /gmail_quote/)
  assert.deepEqual(message.headers[0], ['mime-version', '1.0'])
})

test('attachments come with safe names, whole bytes and their place', async () => {
  const { attachments, html } = await parser.parse(await fixture('attachments'))
  assert.match(html ?? '', /cid:logo@1/)
  assert.deepEqual(
    attachments.map(({ filename, contentType, contentId, inline, size }) => ({ filename, contentType, contentId, inline, size })),
    [
      { filename: 'logo.png', contentType: 'image/png', contentId: 'logo@1', inline: true, size: 8 },
      { filename: 'passwd', contentType: 'application/octet-stream', contentId: null, inline: false, size: 6 },
      { filename: 'fdp.rechnung.pdf', contentType: 'application/pdf', contentId: null, inline: false, size: 5 },
      { filename: 'message.eml', contentType: 'message/rfc822', contentId: null, inline: false, size: 54 },
    ],
  )
  assert.equal(Buffer.from(attachments[1]!.content).toString(), 'secret')
})

test('mail written by machines is known by its headers', async () => {
  for (const name of ['vacation-reply', 'newsletter', 'sign-up-code', 'bounce-failed', 'complaint'])
    assert.equal((await parser.parse(await fixture(name))).automatic, true, name)
  const automatic = async (header: string): Promise<boolean> => (await parse(`From: a@b.example\r\n${header}\r\n\r\nx`)).automatic
  for (const header of [
    'Auto-Submitted: auto-generated',
    'Precedence: BULK',
    'X-Auto-Response-Suppress: DR, OOF',
    'List-Id: <x>',
    'X-Autoreply: yes',
    'auto-submitted:',
  ])
    assert.equal(await automatic(header), true, header)
  for (const header of [
    'Auto-Submitted: no',
    'X-Auto-Response-Suppress: None',
    'Precedence: first-class',
    'X-Other: auto-generated',
  ])
    assert.equal(await automatic(header), false, header)
  assert.equal((await parser.parse(await fixture('bounce-failed'))).report, 'delivery-status')
  assert.equal((await parser.parse(await fixture('complaint'))).report, 'feedback-report')
})

test('whatever the bytes are, a storable message comes back', async () => {
  const random = Buffer.from(Array.from({ length: 65536 }, (_, index) => (index * 7919 + ((index * index) >> 3)) & 255))
  const inputs: (string | Buffer)[] = [
    '', '\0', '\r\n', '\n\n\n', ':', ': :', 'no header at all, just text\r\nand more', 'From: a@b.example', '\ufeffSubject: bom\r\n\r\nx', random,
    'Subject: a\0b\r\nX-\0: c\r\n\r\nx\0y', 'Content-Type: text/plain; charset=bogus\r\nSubject: =?nope?Q?=80?= =?utf-8?B?!!!?=\r\n\r\n\xff',
    'Content-Type: text/html; charset=utf-16le\r\nContent-Transfer-Encoding: base64\r\n\r\nANgA3ADYPAAAAA==', 'Content-Type: text/plain; charset=utf-7\r\n\r\n+AGE-',
    'Content-Transfer-Encoding: base64\r\n\r\n%%%not base64!!', 'Content-Type: multipart/mixed\r\n\r\n--\r\n\r\n--', 'Content-Type: multipart/mixed; boundary=""\r\n\r\n----\r\n\r\nx',
    '__proto__: x\r\nconstructor: y\r\ntoString: z\r\nhasOwnProperty: 1\r\nFrom: __proto__@b.example\r\n\r\nx', 'Content-Type: text/plain; __proto__=1; constructor=2; charset=__proto__\r\n\r\nx',
    'Content-Type: application/x; name*0*=utf-8\'\'%00; name*1=%ff; name*9999=x\r\n\r\nx', 'From: ,,,;;;<<<>>>"""((\r\nTo: =?utf-8?Q?a=40evil.example?= <x\r\n\r\n', 'Date: Invalid\r\nMessage-ID: none\r\nReferences: < > <\r\n\r\n',
    'Date: Mon, 01 Jan 275000 00:00:00 +0000\r\n\r\n', 'Subject: x\r\rFrom: a@b.example\r\r\r\rbody', 'a'.repeat(200_000), `Subject: ${'x'.repeat(90_000)}\r\n\r\n`,
  ] // biome-ignore format: one list
  for (const input of inputs) {
    const message = await parse(input)
    assertStorable(message)
    assert.ok(message.date === null || message.date.getUTCFullYear() <= 9999)
    assert.equal(message.parsed, true)
  }
  assert.equal((await parse('just text\r\nand more')).text?.trim(), 'just text\nand more')
  assert.equal(({} as Record<string, unknown>).x, undefined)
  assert.deepEqual((await parse('__proto__: x\r\nFrom: a@b.example\r\n\r\n')).headers[0], ['__proto__', 'x'])
  assert.equal((await parse('Message-ID: bare@b.example\r\n\r\n')).messageId, '<bare@b.example>')
})

test('every fixture parses, also cut off at any place', async () => {
  for (const name of ['gmail-reply', 'outlook-reply', 'attachments', 'bounce-failed', 'complaint', 'iphone-reply-german']) {
    const raw = await fixture(name)
    for (let end = 0; end < raw.length; end += 97) {
      const message = await parser.parse(raw.subarray(0, end))
      assertStorable(message)
      assert.equal(message.parsed, true)
    }
  }
})

const head = 'From: Ann <ann@post.example>\r\nSubject: bomb\r\nMessage-ID: <bomb@post.example>\r\nMIME-Version: 1.0\r\n'
const mixed = (boundary: string): string => `${head}Content-Type: multipart/mixed; boundary=${boundary}\r\n\r\n`
const nested = (depth: number): string =>
  Array.from({ length: depth }, (_, level) => `Content-Type: multipart/mixed; boundary=b${level}\r\n\r\n--b${level}\r\n`).join('')

test('what is over a cap comes back with its headers and the reason', async () => {
  const bombs: [string, RegExp][] = [
    [mixed('n') + '--n\r\n\r\n'.repeat(500_000), /1000 parts/],
    [mixed('n') + '--n\n\n'.repeat(500_000), /1000 parts/],
    [
      `${head}Content-Type: multipart/mixed;\r\n boundary*0="n";\r\n boundary*1="m"\r\n\r\n${'--nm\r\n\r\n'.repeat(5000)}`,
      /1000 parts/,
    ],
    [`${head}Content-Type: multipart/mixed; boundary="n\\m"\r\n\r\n${'--nm\r\n\r\n'.repeat(5000)}`, /1000 parts/],
    [head + nested(10_000), /100 levels of nesting/],
    [head + nested(300), /100 levels of nesting/],
    [`${head}X: ${'a'.repeat(110_000)}\r\n\r\n`, /header section is larger/],
    [`${head}${'a:\r\n'.repeat(20_000)}\r\n`, /more than 10000 lines/],
    [mixed('n') + `--n\r\nX: ${'y'.repeat(9000)}\r\n\r\n`.repeat(400), /header sections of all parts/],
  ]
  for (const [bomb, problem] of bombs) {
    const message = await parse(bomb)
    assert.equal(message.parsed, false)
    assert.match(message.problem ?? '', problem)
    assert.equal(message.subject, 'bomb')
    assert.deepEqual(message.from, { address: 'ann@post.example', name: 'Ann' })
    assert.equal(message.messageId, '<bomb@post.example>')
  }
  const dashes = await parse(`${head}\r\n${'-----\r\n--- a/file\r\n'.repeat(5000)}`)
  assert.equal(dashes.parsed, true, 'dashes alone are no parts')
})

test('the main thread stays free while bombs go off', async () => {
  await parse('warm up')
  await parse('both workers')
  const bombs = [
    mixed('n') + '--n\r\n\r\n'.repeat(500_000),
    `${head}Content-Type: text/plain; format=flowed\r\n\r\n${'a \r\n'.repeat(200_000)}`,
    `${head}Content-Type: text/html\r\n\r\n${'<'.repeat(1_000_000)}`,
    `${head}Content-Type: text/html\r\n\r\n${'<div>'.repeat(600_000)}`,
    `${head}Content-Type: text/html\r\n\r\n${'<a href="http://x.example/y">k</a>'.repeat(100_000)}`,
    `${head}To: ${'g:'.repeat(40_000)}\r\n\r\n`,
    head + nested(10_000),
  ].map(text => Buffer.from(text))
  for (const bomb of bombs) {
    const longest = await longestTurn(() => parser.parse(bomb))
    assert.ok(longest < 100_000, `computed for ${longest} µs in one turn`)
  }
})

test('a worker that takes too long is replaced, and its message kept', async () => {
  // No thread starts in a millisecond, so each of these takes too long, and each gets a thread of its own.
  const hasty = createParser({ workers: 1, timeoutMs: 1 })
  const slow = await Promise.all([hasty.parse(Buffer.from(`${head}\r\nx`)), hasty.parse(await fixture('gmail-forward'))])
  assert.deepEqual(
    slow.map(({ parsed, subject, problem }) => ({ parsed, subject, problem })),
    ['bomb', 'Fwd: Flight confirmation'].map(subject => ({ parsed: false, subject, problem: 'Parsing took longer than 1 ms.' })),
  )
  await hasty.close()
})

test('a worker that runs out of memory is replaced, and its message kept', async () => {
  const small = createParser({ workers: 1, timeoutMs: 60_000, maxHeapMb: 24 })
  const wide = Buffer.from(`${head}Content-Type: text/html\r\n\r\n${'<p>a</p>'.repeat(124_000)}`)
  const bloated = await small.parse(wide)
  assert.equal(bloated.parsed, false)
  assert.match(bloated.problem ?? '', /memory/)
  assert.equal(bloated.subject, 'bomb')
  assert.equal((await small.parse(await fixture('gmail-forward'))).parsed, true)
  await small.close()
})

test('many messages at once all come back, and closing waits for them', async () => {
  const busy = createParser({ workers: 2 })
  const raw = await fixture('attachments')
  const all = Promise.all(Array.from({ length: 200 }, () => busy.parse(raw)))
  await busy.close()
  assert.ok((await all).every(message => message.parsed && message.attachments.length === 4))
  assert.equal(raw.length, (await fixture('attachments')).length, 'the caller’s bytes are not taken away')
})

test('HTML becomes readable text with its links', async () => {
  const text = await parser.htmlToText(
    '<style>p{}</style><h1>Hi</h1><p>Click <a href="https://a.example/v">here</a></p><img src="x" alt="A chair"><script>no()</script>',
  )
  assert.equal(text, 'Hi\n\nClick here [https://a.example/v]\n\nA chair')
  assert.equal(await parser.htmlToText(''), '')
})
