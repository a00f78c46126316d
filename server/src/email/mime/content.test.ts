import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ParsedMessage, readMessage } from './read-message.ts'

/** `text`: one character a byte. */
const read = (text: string): ParsedMessage => readMessage(Buffer.from(text, 'latin1'))
const bytes = (text: string): string => Buffer.from(text).toString('latin1')
const head = 'From: Ann <ann@example.org>\r\nMIME-Version: 1.0\r\n'
const mixed = (...parts: string[]): string =>
  `${head}Content-Type: multipart/mixed; boundary=B\r\n\r\n${parts.map(part => `--B\r\n${part}\r\n`).join('')}--B--\r\n`
const hello = 'Content-Type: text/plain\r\n\r\nhello'
const files = ({ attachments }: ParsedMessage) =>
  attachments.map(({ filename, content }) => [filename, Buffer.from(content).toString('latin1')])
/** One attribute of TNEF: level, id with type, length, data, checksum. */
const attribute = (level: number, id: number, data: string | Buffer): Buffer => {
  const start = Buffer.alloc(9)
  start[0] = level
  start.writeUInt32LE(id, 1)
  start.writeUInt32LE(data.length, 5)
  const content = Buffer.from(data as string, 'latin1')
  const sum = content.reduce((total, octet) => (total + octet) & 0xffff, 0)
  return Buffer.concat([start, content, Buffer.from([sum & 255, sum >> 8])])
}
const winmail = Buffer.concat([
  Buffer.from('789f3e220100', 'hex'),
  attribute(1, 0x00069007, Buffer.from([0xe4, 4, 0, 0, 0, 0, 0, 0])),
  attribute(2, 0x00069002, Buffer.alloc(14)),
  attribute(2, 0x00018010, 'quote.txt\0'),
  attribute(2, 0x0006800f, 'Quote: 200 chairs, 4,000 EUR\r\n'),
])

/** The file in `fields` and `body`, as the second part of a mail. */
const file = (fields: string, body: string) =>
  files(read(mixed(hello, `Content-Disposition: attachment; filename=f\r\n${fields}\r\n${body}`)))[0]![1]

test('a file has exactly the bytes its sender put in, however they travelled', () => {
  const all = Array.from({ length: 256 }, (_, octet) => String.fromCharCode(octet)).join('')
  assert.equal(file('Content-Type: text/csv\r\n', 'id,name\r\n1,Ann'), 'id,name\r\n1,Ann')
  assert.equal(file('Content-Type: text/csv\r\n', 'id,name\r\n1,Ann\r\n'), 'id,name\r\n1,Ann\r\n')
  assert.equal(file('Content-Type: text/plain\r\n', ''), '')
  assert.equal(file('Content-Type: text/plain\r\n', '\r\n'), '\r\n')
  assert.equal(
    file('Content-Type: text/html; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n', '<p>\xfc\r\n'),
    '<p>\xfc\r\n',
  )
  assert.equal(file('Content-Type: application/x\r\nContent-Transfer-Encoding: binary\r\n', all), all)
  assert.equal(file('Content-Transfer-Encoding: quoted-printable\r\n', 'ab=00c=0D=0Ad=\r\ne\r\nf'), 'ab\0c\r\nde\r\nf')
  assert.equal(
    file('Content-Transfer-Encoding: Quoted-Printable\r\n', 'a \t\r\nb =\r\nc=20\r\n=3d=zz=4=\r\n'),
    'a\r\nb c \r\n==zz=4',
  )
  assert.equal(
    file('Content-Transfer-Encoding: BASE64\r\n', Buffer.from(all, 'latin1').toString('base64').replace(/.{70}/g, '$&\r\n')),
    all,
  )
  assert.equal(file('Content-Transfer-Encoding: base64\r\n', 'YQ==\r\nYmM=\r\nZGVm\r\n'), 'abcdef')
  assert.equal(
    file('Content-Transfer-Encoding: base64\r\n', `${'QUJD'.repeat(19)}\r\n%%% relay noise\r\n${'QUJD'.repeat(19)}`),
    'ABC'.repeat(38),
  )
  assert.equal(file('Content-Transfer-Encoding: base64\r\n', 'PGh0*bWw+Cg=='), '<html>\n')
  assert.equal(file('Content-Transfer-Encoding: x-uuencode\r\n', 'begin 644 a.txt\r\n#0V%T\r\n`\r\nend'), 'Cat')
  assert.equal(file('Content-Transfer-Encoding: x-nonsense\r\n', 'as it is'), 'as it is')
  const lineFeeds = readMessage(
    Buffer.from(mixed(hello, 'Content-Disposition: attachment; filename=f\r\n\r\na\r\nb').replaceAll('\r\n', '\n')),
  )
  assert.deepEqual(files(lineFeeds), [['f', 'a\nb']])
  const returns = readMessage(
    Buffer.from(mixed(hello, 'Content-Disposition: attachment; filename=f\r\n\r\na').replaceAll('\r\n', '\r')),
  )
  assert.deepEqual([files(returns), returns.text], [[['f', 'a']], 'hello'])
})

test('what stands behind encoded content is told and never decoded', () => {
  const footer = read(
    mixed('Content-Transfer-Encoding: base64\r\n\r\naGVsbG8gd29ybGQK\r\n-- \r\nlist footer added by a list server', hello),
  )
  assert.match(footer.text ?? '', /^hello world\n-- \nlist footer/)
  assert.match(footer.problem ?? '', /behind the end of base64/)
  assert.equal(file('Content-Transfer-Encoding: base64\r\n', 'aGVsbG8gd29ybGQK\r\n_______\r\nlist mailing list'), 'hello world\n')
  assert.equal(file('Content-Transfer-Encoding: base64\r\n', 'aGVsbG8gd29ybGQ=\r\nFooter\r\n'), 'hello world')
  const plain = read(`${head}Content-Transfer-Encoding: base64\r\n\r\nHello, this is not encoded at all.\r\n`)
  assert.equal(plain.text, 'Hello, this is not encoded at all.\n')
  assert.match(plain.problem ?? '', /declared base64 and is not/)
})

test('a text in any charset is read, declared, declared wrongly or not at all', () => {
  const text = (type: string, body: string) => read(`${head}${type ? `Content-Type: ${type}\r\n` : ''}\r\n${body}`).text
  const cases: [string, string, string][] = [
    ['', 'Gr\xfc\xdfe aus K\xf6ln', 'Grüße aus Köln'],
    ['', bytes('Grüße €'), 'Grüße €'],
    ['text/plain; charset=us-ascii', bytes('Zoë zahlt 5 € спасибо'), 'Zoë zahlt 5 € спасибо'],
    ['text/plain; charset=klingon-8', bytes('Grüße'), 'Grüße'],
    ['text/plain; charset=klingon-8', 'Gr\xfc\xdfe \x93x\x94', 'Grüße “x”'],
    ['text/plain; charset=unknown-8bit', 'Gr\xfc\xdfe', 'Grüße'],
    ['text/plain; charset=utf-8', 'Gr\xfc\xdfe', 'Grüße'],
    ['text/plain; charset=iso-8859-1', 'Gr\xfc\xdfe \x80', 'Grüße €'],
    ['text/plain; charset="ISO_8859-15"', '\xa4', '€'],
    ['text/plain; charset=windows-1251', '\xd1\xef\xe0\xf1\xe8\xe1\xee', 'Спасибо'],
    ['text/plain; charset=koi8-r', '\xf3\xd0\xc1\xd3\xc9\xc2\xcf', 'Спасибо'],
    ['text/plain; charset=x-mac-roman', '\x8f', 'è'],
    ['text/plain; charset=cp437', '\x81', 'ü'],
    ['text/plain; charset=ISO-2022-JP', '\x1b$BF|K\\\x1b(B ok', '日本 ok'],
    ['text/plain', '\x1b$BF|K\\\x1b(B ok', '日本 ok'],
    ['text/plain; charset=shift_jis', '\x93\xfa\x96{', '日本'],
    ['text/plain; charset=euc-jp', '\xc6\xfc\xcb\xdc', '日本'],
    ['text/plain; charset=gb2312', '\xd6\xd0\xce\xc4', '中文'],
    ['text/plain; charset=gb18030', '\x81\x30\x81\x30', '\x80'],
    ['text/plain; charset=hz-gb-2312', '~{VPND~} ok', '中文 ok'],
    ['text/plain; charset=big5', '\xa4\xa4\xa4\xe5', '中文'],
    ['text/plain; charset=euc-kr', '\xc7\xd1\xb1\xdb', '한글'],
    ['text/plain; charset=iso-2022-kr', '\x1b$)C\x0eGQ1[\x0f ok', '한글 ok'],
    ['text/plain; charset=utf-7', 'Gr+APwA3w-e', 'Grüße'],
    ['', '\xf3\xd0\xc1\xd3\xc9\xc2\xcf \xda\xc1 \xda\xc1\xcb\xc1\xda', 'Спасибо за заказ'],
    ['', '\xd1\xef\xe0\xf1\xe8\xe1\xee \xe7\xe0 \xe7\xe0\xea\xe0\xe7', 'Спасибо за заказ'],
    ['', '\xc4\xd6\xdc \xc4\xd6\xdc ABC', 'ÄÖÜ ÄÖÜ ABC'],
    ['text/plain; charset=utf-16le', 'G\0r\0\xfc\0', 'Grü'],
    ['text/plain; charset=utf-16', 'Hello, ASCII after all', 'Hello, ASCII after all'],
    ['text/plain; charset=us-ascii (Plain text)', 'x', 'x'],
  ] // biome-ignore format: one list
  for (const [type, body, expected] of cases) assert.equal(text(type, body), expected, `${type} ${JSON.stringify(body)}`)
  const html = (type: string, body: string) => read(`${head}Content-Type: ${type}\r\n\r\n${body}`).html
  assert.equal(html('text/html', '<meta charset=windows-1251>\xc2\xe0\xf8'), '<meta charset=windows-1251>Ваш')
  assert.match(html('text/html', '<meta http-equiv=x content="text/html; charset=koi8-r">\xf7') ?? '', /В$/)
  assert.match(html('text/html; charset=us-ascii', `<meta charset="windows-1251">${bytes('Ваш')}`) ?? '', /Ваш$/)
})

test('header text is read whatever charset its bytes are in', () => {
  const subject = (value: string, fields = '') => read(`${head}Subject: ${value}\r\n${fields}\r\nx`).subject
  const cases: [string, string][] = [
    ['Gr\xfc\xdfe', 'Grüße'],
    [bytes('Grüße'), 'Grüße'],
    ['=?iso-8859-1?Q?Gr\xfc\xdfe_aus_K\xf6ln?=', 'Grüße aus Köln'],
    ['=?UTF-8?B?44GU56K66A==?= =?UTF-8?B?qo3jgY/jgaDjgZXjgYQ=?=', 'ご確認ください'],
    ['=?UTF-8?B?44GU56K?=\r\n =?utf-8?B?66KqN44GP44Gg44GV44GE?=', 'ご確認ください'],
    ['=?utf-8?q?Gr=C3?= =?UTF-8?Q?=BC=C3=9Fe?= ok', 'Grüße ok'],
    ['=?UTF-8?B?R3LDvMOfZQ?=', 'Grüße'],
    ['=?UTF-8?B?R3LDvMOfZQ==', 'Grüße'],
    ['=?utf-8?Q?Gr=c3=bc=C3=9Fe=?=', 'Grüße'],
    ['=?utf-8?Q?how are you??=', 'how are you?'],
    ['=?UTF-7?Q?Gr+APwA3w-e?=', 'Grüße'],
    ['=?utf-8*de?Q?Gr=C3=BC=C3=9Fe?=', 'Grüße'],
    ['=?klingon?Q?Gr=C3=BC=C3=9Fe?=', 'Grüße'],
    ['=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=', '日本'],
    ['=?utf-8?Q?a?= b =?utf-8?Q?c?==?utf-8?Q?d?=', 'a b cd'],
    ['=?utf-8?Q?a=0D=0ABcc:_x?=', 'a Bcc: x'],
    ['a =? b ?= c =?x?z?y?=', 'a =? b ?= c =?x?z?y?='],
  ] // biome-ignore format: one list
  for (const [value, expected] of cases) assert.equal(subject(value), expected, value)
  assert.equal(subject('\xf3\xd0\xc1\xd3\xc9\xc2\xcf', 'Content-Type: text/plain; charset=koi8-r\r\n'), 'Спасибо', 'as the body')
  assert.deepEqual(read(`From: J\xf6rg M\xfcller <j@example.org>\r\n\r\nx`).from, {
    address: 'j@example.org',
    name: 'Jörg Müller',
  })
})

test('file names come in every way there is', () => {
  const name = (disposition: string, type = 'application/x') =>
    read(mixed(hello, `Content-Type: ${type}\r\nContent-Disposition: ${disposition}\r\n\r\nx`)).attachments[0]!.filename
  const cases: [string, string][] = [
    ["attachment; filename*=utf-8''Gr%C3%BC%C3%9Fe.txt; filename=x", 'Grüße.txt'],
    ["attachment; filename*=iso-8859-1'de'Gr%FC%DFe.txt", 'Grüße.txt'],
    ["attachment;\r\n filename*1*=%9Fe.txt;\r\n filename*0*=utf-8''Gr%C3%BC%C3", 'Grüße.txt'],
    ["attachment;\r\n filename*0*=utf-8''Gr%C3%BC;\r\n filename*1=\"sse%20.txt\"", 'Grüsse%20.txt'],
    ['attachment; filename*0="one and "; filename*1="two.txt"', 'one and two.txt'],
    ['attachment; filename="=?utf-8?Q?Gr=C3=BC=C3=9Fe.txt?="', 'Grüße.txt'],
    ['attachment; filename==?utf-8?Q?Gr=C3=BC=C3=9Fe.txt?=', 'Grüße.txt'],
    ['attachment; filename="Gr\xfc\xdfe.txt"', 'Grüße.txt'],
    [`attachment; filename="${bytes('日本.txt')}"`, '日本.txt'],
    ['attachment; filename=my report (final).pdf', 'my report (final).pdf'],
    ['attachment; filename="a "b" c.txt"', 'a _b_ c.txt'],
    ['attachment; filename="C:\\temp\\new.txt"', 'new.txt'],
    ['attachment; filename="open.txt', 'open.txt'],
    ['attachment; filename="semi;colon.txt"; size=3', 'semi;colon.txt'],
    ['ATTACHMENT ; FileName = "x.txt"', 'x.txt'],
    ['attachment (really); filename=x.txt', 'x.txt'],
  ] // biome-ignore format: one list
  for (const [disposition, expected] of cases) assert.equal(name(disposition), expected, disposition)
  assert.equal(name('attachment', 'application/pdf; name="=?utf-8?B?w5wucGRm?="'), 'Ü.pdf')
  assert.equal(name('attachment', 'text/calendar; method=REQUEST'), 'invite.ics')
})

test('every part is text, HTML or a file, and a named text beside a body is a file', () => {
  const named = read(
    mixed(hello, 'Content-Type: text/plain; name=notes.txt\r\nContent-Disposition: inline; filename=notes.txt\r\n\r\nlist'),
  )
  assert.deepEqual([named.text, files(named)], ['hello', [['notes.txt', 'list']]])
  const page = read(mixed(hello, 'Content-Type: text/html; name="r.html"\r\n\r\n<p>report'))
  assert.deepEqual([page.text, page.html, files(page)], ['hello', null, [['r.html', '<p>report']]])
  const alone = read(`${head}Content-Type: text/plain; name=a.txt\r\n\r\nall there is`)
  assert.deepEqual([alone.text, files(alone)], ['all there is', [['a.txt', 'all there is']]])
  const around = read(
    mixed(hello, 'Content-Type: image/png\r\nContent-ID: <a>\r\n\r\nPNG', 'Content-Type: text/plain\r\n\r\nbye'),
  )
  assert.deepEqual([around.text, files(around)], ['hello\nbye', [['attachment', 'PNG']]])
  const both = read(mixed('Content-Type: text/html\r\n\r\n<p>hi</p>', 'Content-Type: text/plain\r\n\r\nfooter & more'))
  assert.equal(both.text, 'hi\nfooter & more')
  assert.match(both.html ?? '', /<p>hi<\/p>\n.*footer &amp; more/)
  const rich = read(`${head}Content-Type: text/markdown\r\n\r\n# hi`)
  assert.deepEqual([rich.text, files(rich)], ['# hi', [['attachment', '# hi']]])
  const alternative = (...parts: string[]) => mixed(...parts).replace('mixed', 'alternative')
  const invitation = read(
    alternative(
      hello,
      'Content-Type: text/html; name=body.html\r\n\r\n<p>hello',
      'Content-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR',
    ),
  )
  assert.deepEqual(
    [invitation.text, invitation.html, files(invitation)],
    ['hello', '<p>hello', [['invite.ics', 'BEGIN:VCALENDAR']]],
  )
  const signed = read(
    mixed(hello, 'Content-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\nAQ==').replace(
      'mixed',
      'signed',
    ),
  )
  assert.deepEqual([signed.text, files(signed)], ['hello', [['smime.p7s', '\x01']]])
  const inner = 'Subject: inner\r\nContent-Type: multipart/mixed; boundary=I\r\n\r\n--I\r\n\r\nx\r\n--I--\r\n'
  assert.deepEqual(files(read(mixed(hello, `Content-Type: message/rfc822\r\n\r\n${inner}`))), [['message.eml', inner]])
  assert.equal(files(read(mixed('\r\nSubject: in a digest\r\n\r\nx').replace('mixed', 'digest')))[0]![0], 'message.eml')
})

test('flowed lines are long lines again', () => {
  const flowed = (body: string, more = '') => read(`${head}Content-Type: text/plain; format=flowed${more}\r\n\r\n${body}`).text
  assert.equal(
    flowed('one \r\ntwo\r\n> quo \r\n> ted\r\n>> deep\r\n From here\r\n-- \r\nAnn'),
    'one two\n> quo ted\n>> deep\nFrom here\n-- \nAnn',
  )
  assert.equal(flowed('日 \r\n本'.replace(/[^\x00-\x7f]/g, bytes), '; charset=utf-8; delsp=yes'), '日本')
})

test('uuencoded files in a text and the files of Outlook are opened', () => {
  const uu = read(`${head}\r\nSee the cat.\r\n\r\nbegin 644 cat.txt\r\n#0V%T\r\n\`\r\nend\r\nBye.\r\n`)
  assert.deepEqual([uu.text, files(uu)], ['See the cat.\n\nBye.\n', [['cat.txt', 'Cat']]])
  const sentence = read(`${head}\r\nWe type\r\nbegin 644 cat.txt\r\nand then data.\r\nend\r\n`)
  assert.deepEqual([sentence.text, files(sentence)], ['We type\nbegin 644 cat.txt\nand then data.\nend\n', []])
  const part = (content: string) =>
    `Content-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\n${content}`
  const opened = read(mixed(hello, part(winmail.toString('base64'))))
  assert.deepEqual([files(opened), opened.problem], [[['quote.txt', 'Quote: 200 chairs, 4,000 EUR\r\n']], null])
  const broken = read(mixed(hello, part(Buffer.from('no TNEF').toString('base64'))))
  assert.deepEqual(files(broken), [['winmail.dat', 'no TNEF']])
  assert.match(broken.problem ?? '', /TNEF/)
})

/** One element of DER, or of BER without a length. */
const element = (tag: number, ...content: Buffer[]): Buffer => {
  const all = Buffer.concat(content)
  return Buffer.concat([Buffer.from([tag, 0x82, all.length >> 8, all.length & 255]), all])
}
const endless = (tag: number, ...content: Buffer[]): Buffer =>
  Buffer.concat([Buffer.from([tag, 0x80]), ...content, Buffer.alloc(2)])

test('what an opaque signature wraps is shown, beside the signature', () => {
  const entity = Buffer.from(mixed(hello, 'Content-Disposition: attachment; filename=f\r\n\r\nbytes').slice(head.length))
  const id = (hex: string) => element(6, Buffer.from(hex, 'hex'))
  const cms = (wrap: typeof element, octets: Buffer, type = '2a864886f70d010702') =>
    wrap(
      0x30,
      id(type),
      wrap(
        0xa0,
        wrap(0x30, element(2, Buffer.from([1])), element(0x31), wrap(0x30, id('2a864886f70d010701'), wrap(0xa0, octets))),
      ),
    )
  const mail = (content: Buffer) =>
    read(
      `${head}Content-Type: application/pkcs7-mime; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\n${content.toString('base64')}\r\n`,
    )
  for (const content of [
    cms(element, element(4, entity)),
    cms(endless, endless(0x24, element(4, entity.subarray(0, 50)), element(4, entity.subarray(50)))),
  ]) {
    const message = mail(content)
    assert.deepEqual([message.text, message.problem], ['hello', null])
    assert.deepEqual(files(message), [
      ['smime.p7m', content.toString('latin1')],
      ['f', 'bytes'],
    ])
  }
  const encrypted = cms(element, element(4, entity), '2a864886f70d010703')
  assert.deepEqual(files(mail(encrypted)), [['smime.p7m', encrypted.toString('latin1')]])
})
