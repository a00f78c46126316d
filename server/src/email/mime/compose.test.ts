import assert from 'node:assert/strict'
import { test } from 'node:test'
import MailComposer from 'nodemailer/lib/mail-composer'
import { compose, composeProblems, type OutgoingMessage } from './compose.ts'
import { type ParsedMessage, readMessage } from './read-message.ts'

const base: OutgoingMessage = {
  messageId: '<msg_01@mail.example>',
  date: new Date('2026-03-01T10:20:30Z'),
  from: { address: 'shop@mail.example', name: 'The Shop' },
  to: ['Ann <ann@post.example>'],
  subject: 'Hello',
}

/** What no message of ours may have, whatever went in. */
const assertClean = (bytes: Buffer): void => {
  const text = bytes.toString('latin1')
  assert.ok(/^[\t\r\n\x20-\x7e]*$/.test(text), 'is 7-bit and without control characters')
  assert.ok(!/(?:^|[^\r])\n|\r(?!\n)/.test(text), 'has no bare CR or LF')
  assert.ok(
    text.split('\r\n').every(line => line.length <= 998),
    'has no line over 998',
  )
  assert.ok(text.endsWith('\r\n'))
}

const read = (message: OutgoingMessage): ParsedMessage => {
  const bytes = compose(message)
  assertClean(bytes)
  return readMessage(bytes)
}

const lines = (text: string | null | undefined): string => (text ?? '').replace(/\r\n?/g, '\n').trimEnd()

test('the same input gives the same bytes, another id other boundaries', () => {
  const message = { ...base, text: 'a', html: '<b>a</b>' }
  assert.deepEqual(compose(message), compose(structuredClone(message)))
  assert.notDeepEqual(compose(message), compose({ ...message, messageId: '<msg_02@mail.example>' }))
})

test('what is parsed is what was composed, and what nodemailer’s own composer would have said', async () => {
  const bodies = [
    'Hello',
    'Hello\nworld\n',
    'Grüße\r\naus Köln',
    '日本語のメール'.repeat(300),
    'x'.repeat(5000),
    'a = b\n\n.\n..\nFrom me\n--=_trap\n-- \nsig ',
    ' lead\ttab\t',
    '😀'.repeat(100),
    'a\0b\x07c',
  ]
  for (const text of bodies) {
    for (const html of [undefined, `<p>${text}</p>`]) {
      const message: OutgoingMessage = {
        ...base,
        text,
        html,
        cc: [{ address: 'c@post.example', name: 'Lee, Zoë "Z"' }],
        replyTo: 'r@mail.example',
        subject: `Re: ${text
          .slice(0, 60)
          .replace(/[\r\n\0\x07\t]/g, ' ')
          .trim()}`,
        inReplyTo: '<a@b>',
        references: ['<x@y>', '<a@b>'],
        headers: { 'X-Tag': 'größer' },
      }
      const mine = read(message)
      const theirs = readMessage(
        await new MailComposer({
          ...message,
          from: { name: 'The Shop', address: 'shop@mail.example' },
          references: [...message.references!],
          to: [...(message.to as string[])],
          cc: [{ address: 'c@post.example', name: 'Lee, Zoë "Z"' }],
          headers: { 'X-Tag': 'größer' },
        } as ConstructorParameters<typeof MailComposer>[0])
          .compile()
          .build(),
      )
      for (const key of ['from', 'to', 'cc', 'replyTo', 'subject', 'messageId', 'inReplyTo', 'references', 'date'] as const)
        assert.deepEqual(mine[key], theirs[key], key)
      assert.equal(lines(mine.text), lines(text).replace('\0', ''), 'all but NUL, which cannot be stored')
      if (!/[\0\x07]/.test(text)) assert.equal(lines(mine.text), lines(theirs.text))
      assert.equal(lines(mine.html), lines(html).replace('\0', ''))
    }
  }
})

test('inline pictures and attachments arrive byte for byte, with their names', async () => {
  const all = Buffer.from(Array.from({ length: 256 }, (_, index) => index))
  const names = [
    'plan.pdf',
    'Rechnung März 2026.pdf',
    'a "b" c.txt',
    '日本.txt',
    'x'.repeat(300),
    "it's; a=b.txt",
    'a\\b/c.txt',
    '=?utf-8?Q?x?=.txt',
  ]
  const email = read({
    ...base,
    html: '<img src="cid:logo">',
    attachments: [
      { filename: 'logo.png', contentType: 'image/png', content: all, contentId: 'logo', inline: true },
      ...names.map((filename, index) => ({
        filename,
        contentType: 'text/plain; charset=utf-8',
        content: Buffer.alloc(index * 29, all),
      })),
    ],
  })
  assert.equal(email.attachments[0]!.contentId, 'logo')
  assert.equal(email.attachments[0]!.inline, true)
  assert.deepEqual(Buffer.from(email.attachments[0]!.content), all)
  const expected = [
    'plan.pdf',
    'Rechnung März 2026.pdf',
    'a _b_ c.txt',
    '日本.txt',
    'x'.repeat(255),
    "it's; a=b.txt",
    'c.txt',
    '=_utf-8_Q_x_=.txt',
  ]
  assert.deepEqual(
    email.attachments.slice(1).map(({ filename }) => filename),
    expected,
  )
  for (const [index, { content }] of email.attachments.slice(1).entries()) {
    assert.deepEqual(Buffer.from(content), Buffer.alloc(index * 29, all))
  }
})

test('a forwarded message is not encoded when it is clean, and a plain file when it is not', async () => {
  const forward = async (content: string) =>
    read({
      ...base,
      text: 'see',
      attachments: [{ filename: 'm.eml', contentType: 'message/rfc822', content: Buffer.from(content) }],
    }).attachments[0]
  assert.equal((await forward('Subject: ü\r\n\r\nx'))?.contentType, 'application/octet-stream')
  assert.equal((await forward('Subject: x\n\nbare'))?.contentType, 'application/octet-stream')
  const clean = compose({
    ...base,
    attachments: [{ filename: 'm.eml', contentType: 'message/rfc822', content: Buffer.from('Subject: x\r\n\r\nhello\r\n') }],
  }).toString()
  assert.match(clean, /Content-Type: message\/rfc822;\r\n name=m\.eml\r\nContent-Transfer-Encoding: 7bit/)
  for (const contentType of [
    'multipart/mixed; boundary=x',
    'message/partial',
    'nonsense',
    'text/html\r\nX: y',
    'text/plain; name="a"',
  ]) {
    const email = read({ ...base, text: 'see', attachments: [{ filename: 'f', contentType, content: Buffer.from('x') }] })
    assert.equal(email.attachments[0]?.contentType, 'application/octet-stream', contentType)
  }
})

test('blind recipients have no way in, and one-click unsubscribe wins over a caller’s own header', () => {
  const bytes = compose({
    ...base,
    text: 'x',
    headers: { 'List-Unsubscribe': '<https://evil.example>' },
    listUnsubscribe: { url: 'https://mail.example/u/1', mailto: 'u@mail.example' },
  }).toString()
  assert.match(
    bytes,
    /List-Unsubscribe: <https:\/\/mail\.example\/u\/1>, <mailto:u@mail\.example>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n/,
  )
  assert.ok(!/evil|bcc/i.test(bytes))
  assert.throws(() => compose({ ...base, headers: { Bcc: 'x@y.example' } }))
})

test('no field lets a line break or another control character through', () => {
  for (const trap of ['\r\nBcc: evil@x.example', '\nX', '\r', '\0', '\u2028', '\u0085', '\ud800']) {
    const attempts: Partial<OutgoingMessage>[] = [
      { subject: `a${trap}` },
      { from: { address: 'a@b.example', name: `n${trap}` } },
      { from: `a@b.example${trap}x` },
      { to: [{ address: `a@b.example${trap}` }] },
      { cc: [`n${trap}m <a@b.example>`] },
      { replyTo: `a@b.example${trap}x` },
      { messageId: `<a${trap}@b>` },
      { inReplyTo: `<a@b>${trap}` },
      { references: [`<a@b${trap}>`] },
      { headers: { 'X-Tag': `v${trap}` } },
      { headers: { [`X${trap}`]: 'v' } },
      { attachments: [{ filename: `f${trap}.txt`, contentType: 'text/plain', content: Buffer.from('') }] },
      { attachments: [{ filename: 'f', contentType: 'text/plain', content: Buffer.from(''), contentId: `c${trap}` }] },
      { listUnsubscribe: { url: `https://a.example/${trap}` } },
      { listUnsubscribe: { url: 'https://a.example/', mailto: `a@b.example${trap}x` } },
    ]
    for (const attempt of attempts) {
      assert.equal(composeProblems({ ...base, ...attempt }).length, 1, JSON.stringify(attempt))
      assert.throws(() => compose({ ...base, ...attempt }), /Cannot compose/)
    }
    assertClean(compose({ ...base, text: `a${trap}b`, html: `<p>${trap}</p>` }))
    assertClean(
      compose({
        ...base,
        text: 'a',
        attachments: [{ filename: 'f', contentType: `text/plain; x=y${trap}`, content: Buffer.from(trap) }],
      }),
    )
  }
  assert.deepEqual(
    composeProblems({ ...base, to: ['a@b.example', 'nobody'], date: new Date(Number.NaN) }).map(({ path }) => path),
    ['/to/1', '/date'],
  )
})

test('a path or a URL in an attachment is nothing this composer knows', async () => {
  const trap = {
    filename: 'f',
    contentType: 'text/plain',
    content: Buffer.from('mine'),
    path: '/etc/passwd',
    href: 'http://127.0.0.1/',
    raw: 'x',
  }
  const email = read({ ...base, text: 'x', attachments: [trap] })
  assert.equal(Buffer.from(email.attachments[0]!.content).toString(), 'mine')
})
