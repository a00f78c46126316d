import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compose, composeProblems, type OutgoingMessage } from './compose.ts'
import { safeFileName } from './file-names.ts'
import { type ParsedMessage, readMessage } from './read-message.ts'

/** The same numbers in every run: xorshift, from a seed. */
const numbers = (seed: number) => {
  let state = seed
  const below = (limit: number): number => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % limit
  }
  const one = <T>(all: readonly T[]): T => all[below(all.length)]!
  const some = <T>(most: number, make: () => T): T[] => Array.from({ length: below(most + 1) }, make)
  return { below, one, some }
}

const words = [
  'a',
  'Grüße',
  '日本',
  '😀',
  ' ',
  '  ',
  '\t',
  '=',
  '=?',
  '?=',
  '=?utf-8?Q?x?=',
  '"',
  "'",
  '\\',
  ',',
  ';',
  '<b>',
  '&amp;',
  '(',
  ')',
  '.',
  '..',
  'From ',
  '--',
  '--=_',
  '-- ',
  'begin 644 x',
  'end',
  '%41',
  "utf-8''",
  '\u00a0',
  '\u0301',
  'ß'.repeat(40),
  'x'.repeat(100),
]
const lineEnds = ['\n', '\r\n', '\n\n', ' \n', '\n.\n', '\n>']
const atext = "ABCxyz019!#$%&'*+-/=?^_`{|}~"

const randomMessage = (seed: number): OutgoingMessage => {
  const { below, one, some } = numbers(seed)
  const line = (most: number) =>
    some(most, () => one(words))
      .join('')
      .replace(/\t/g, ' ')
      .trim()
  const body = (most: number) => some(most, () => one([...words, ...lineEnds])).join('')
  const id = () => `${some(20, () => one([...atext])).join('')}a@${one(['b.example', 'x', 'y.z'])}`
  const mailbox = () => ({
    address: `${one(['ann', "o'hara+x", 'a.b', '#!$%'])}@${one(['b.example', 'mail.example'])}`,
    name: one([null, line(3) || null]),
  })
  const html = one([null, `<p>${body(20)}</p>`])
  return {
    messageId: `<${id()}>`,
    date: new Date(Date.UTC(1971 + below(100), below(12), 1 + below(28), below(24), below(60), below(60))),
    from: mailbox(),
    to: [mailbox(), ...some(5, mailbox)],
    cc: some(3, mailbox),
    replyTo: some(3, mailbox),
    subject: line(10),
    text: html === null ? `${body(30)}x` : one([null, `${body(30)}x`]),
    html,
    inReplyTo: one([null, `<${id()}>`]),
    references: [...new Set(some(6, () => `<${id()}>`))],
    attachments: some(4, () => ({
      filename: one([line(6), `${line(3)}.pdf`, 'a.txt']) || 'f',
      contentType: one(['application/pdf', 'text/plain', 'text/html', 'image/png', 'application/octet-stream', 'text/calendar']),
      content: Buffer.from(some(below(3) === 0 ? 2000 : 30, () => below(256))),
      contentId: one([undefined, id()]),
      inline: below(2) === 0,
    })),
  }
}

/** What was read, as it would be sent on. */
const sentOn = (read: ParsedMessage): OutgoingMessage => ({
  messageId: read.messageId!,
  date: read.date!,
  from: read.from!,
  to: read.to,
  cc: read.cc,
  replyTo: read.replyTo,
  subject: read.subject,
  text: read.text,
  html: read.html,
  inReplyTo: read.inReplyTo,
  references: read.references,
  attachments: read.attachments.map(({ filename, contentType, content, contentId, inline }) => ({
    filename,
    contentType,
    content: Buffer.from(content),
    contentId: contentId ?? undefined,
    inline,
  })),
})

const shown = ({ headers: _, extractedText: __, ...read }: ParsedMessage) => ({
  ...read,
  attachments: read.attachments.map(({ content, ...file }) => ({ ...file, content: Buffer.from(content).toString('latin1') })),
})

const unix = (text: string | null | undefined) => text?.replace(/\r\n?/g, '\n') ?? null

test('what is composed is read as it was meant, and read, composed and read again it is the same', () => {
  for (let seed = 1; seed <= 1500; seed++) {
    const message = randomMessage(seed * 2654435761)
    assert.deepEqual(composeProblems(message), [])
    const read = readMessage(compose(message))
    assert.equal(read.problem, null)
    const again = readMessage(compose(sentOn(read)))
    assert.deepEqual(shown(again), shown(read), `seed ${seed}`)
    const { text, html } = message
    assert.deepEqual(
      { ...shown(read), text: read.text?.replace(/\n$/, '') ?? null, html: read.html?.replace(/\n$/, '') ?? null },
      {
        ...shown(read),
        messageId: message.messageId,
        date: message.date,
        from: message.from,
        to: message.to,
        cc: message.cc,
        replyTo: message.replyTo,
        subject: message.subject,
        text: unix(text)?.replace(/\n$/, '') ?? null,
        html: unix(html)?.replace(/\n$/, '') ?? null,
        inReplyTo: message.inReplyTo,
        references: message.references,
        attachments: inOrder(message).map(({ filename, contentType, content, contentId, inline }) => ({
          filename: safeFileName(filename),
          contentType,
          size: content.length,
          contentId: contentId ?? null,
          inline,
          content: content.toString('latin1'),
        })),
      },
      `seed ${seed}`,
    )
  }
})

/** Files inside the HTML come before the others. */
const inOrder = ({ html, attachments = [] }: OutgoingMessage) =>
  html ? [...attachments.filter(({ inline }) => inline), ...attachments.filter(({ inline }) => !inline)] : attachments

test('a forwarded message is the same after both', () => {
  const inner = 'Subject: inner\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n'
  for (const content of [inner, `${inner}\r\n`, 'Subject: x\r\n\r\nno line end']) {
    const read = readMessage(
      compose({
        ...randomMessage(7),
        text: 'x',
        attachments: [{ filename: 'm.eml', contentType: 'message/rfc822', content: Buffer.from(content) }],
      }),
    )
    assert.deepEqual(
      read.attachments.map(file => [file.contentType, Buffer.from(file.content).toString()]),
      [['message/rfc822', content]],
    )
  }
})

test('a Content-ID takes every character of an atom, and no line break, blank or bracket', () => {
  const file = { filename: 'l.png', contentType: 'image/png', content: Buffer.from('x'), inline: true }
  const problems = (contentId: string) =>
    composeProblems({ ...randomMessage(7), html: '<p>', attachments: [{ ...file, contentId }] })
  for (const character of atext) assert.deepEqual(problems(`a${character}@b${character}`), [], character)
  for (const character of ['\r', '\n', ' ', '<', '>', '\t', '\0', 'ü', ''])
    assert.equal(problems(character).length, 1, JSON.stringify(character))
  const contentId = `${atext}@834353be=`
  const read = readMessage(
    compose({ ...randomMessage(7), html: `<img src="cid:${contentId}">`, attachments: [{ ...file, contentId }] }),
  )
  assert.equal(read.attachments[0]!.contentId, contentId)
})
