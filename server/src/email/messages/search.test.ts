import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sendMail, talk } from '../../../test/flows/inbound-rig.ts'
import { eventually, type Json, startTestApp, type TestApp } from '../../../test/harness.ts'
import { queryOf, tagOf, vectorOf } from './words.ts'

let t: TestApp
let agent: Awaited<ReturnType<TestApp['register']>>
let stranger: Awaited<ReturnType<TestApp['register']>>
before(async () => {
  t = await startTestApp()
  agent = await t.register()
  stranger = await t.register()
})
after(() => t.close())

const mails: [subject: string, from: string, body: string, file?: string][] = [
  ['japanese', 'a@example.org', 'お世話になっております。確認しました。iPhone用のケース'],
  ['chinese', 'a@example.org', '您好，请查收附件中的发票，谢谢。'],
  ['korean', 'a@example.org', '안녕하세요. 주문이 확인되었습니다.'],
  ['thai', 'a@example.org', 'ขอบคุณสำหรับคำสั่งซื้อ'],
  ['accents', 'a@example.org', 'Le café de Zoë à Łódź: naïve Straße, Ærø'],
  ['plain', 'a@example.org', 'cafe zoe lodz strasse'],
  ['singular', 'a@example.org', 'one invoice, one box, the party, eine Rechnung'],
  ['plural', 'a@example.org', 'two invoices, two boxes, the parties, zwei Rechnungen'],
  ['domain', 'Petra Muster <petra@outside.example>', 'no word of it here'],
  ['file', 'a@example.org', 'see the file', 'Rechnung für Müller.pdf'],
  ['order', 'a@example.org', 'the quick brown fox. AB-1234/77, don’t wait'],
  ['disorder', 'a@example.org', 'brown is quick, the fox waits'],
]

const order = new Map(mails.map(([subject], at) => [subject, at]))

/** Subjects of the mails a query finds, in the order of the table: mail is filed side by side. */
const find = async (query: string, more: object = {}, key = agent.key): Promise<string[]> => {
  const { status, body } = await t.call('POST', '/v1/messages/search', { key, body: { query, limit: 50, ...more } })
  assert.equal(status, 200, JSON.stringify(body))
  return body.data.map(({ subject }: Json) => subject).toSorted((a: string, b: string) => order.get(a)! - order.get(b)!)
}

test('search finds beginnings, accents, plurals, parts of unspaced text, senders, files and phrases', {
  timeout: 120_000,
}, async () => {
  const client = await talk(t.smtpPort)
  await client.say('EHLO x.example')
  for (const [subject, from, body, file] of mails) {
    const text = `Content-Type: text/plain; charset=utf-8\r\n\r\n${body}`
    const name = file && Buffer.from(file).toString('base64')
    const mixed = `Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n${text}\r\n--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename="=?utf-8?B?${name}?="\r\n\r\nx\r\n--b--`
    const raw = `From: ${from}\r\nSubject: ${subject}\r\nMIME-Version: 1.0\r\n${file ? mixed : text}`
    assert.match(await sendMail(client, agent.email, Buffer.from(raw), 'a@example.org'), /^250/)
  }
  client.close()
  await eventually(async () => (await find('-nothing')).length === mails.length, 60_000)

  const cases: [query: string, found: string[]][] = [
    ['確認しました', ['japanese']],
    ['確認', ['japanese']],
    ['世話', ['japanese']],
    ['認', ['japanese']],
    ['iPhone用のケ', ['japanese']],
    ['ｉｐｈｏｎｅ', ['japanese']],
    ['確認世話', []],
    ['发票', ['chinese']],
    ['附件中的发票', ['chinese']],
    ['谢', ['chinese']],
    ['확인되었', ['korean']],
    ['คำสั่งซื้อ', ['thai']],
    ['cafe', ['accents', 'plain']],
    ['CAFÉ', ['accents', 'plain']],
    ['Zoë', ['accents', 'plain']],
    ['łódź', ['accents', 'plain']],
    ['strasse', ['accents', 'plain']],
    ['Straße', ['accents', 'plain']],
    ['aero', ['accents']],
    ['invoice', ['singular', 'plural']],
    ['invoices', ['singular', 'plural']],
    ['inv', ['singular', 'plural']],
    ['boxes', ['singular', 'plural']],
    ['box', ['singular', 'plural']],
    ['party', ['singular', 'plural']],
    ['parties', ['singular', 'plural']],
    ['rechnungen', ['singular', 'plural', 'file']],
    ['Rechnung', ['singular', 'plural', 'file']],
    ['outside.example', ['domain']],
    ['petra@outside.example', ['domain']],
    ['petra', ['domain']],
    ['muster', ['domain']],
    ['example.outside', []],
    ['Rechnung für Müller.pdf', ['file']],
    ['müller.pdf', ['file']],
    ['muller', ['file']],
    ['"quick brown"', ['order']],
    ['quick brown', ['order', 'disorder']],
    ['"brown quick"', []],
    ['AB-1234', ['order']],
    ['1234', ['order']],
    ['dont', ['order']],
    ['fox -quick', []],
    ['fox -"quick brown"', ['disorder']],
    ['thai or korean', ['korean', 'thai']],
    ['wai', ['order', 'disorder']],
    ['wa', []],
    ['... !?', []],
    [`it's 'x\\ & | ! <-> :* (`, []],
  ]
  for (const [query, found] of cases) assert.deepEqual(await find(query), found, query)

  assert.deepEqual(await find('rechnung', { fields: ['attachments'] }), ['file'])
  assert.deepEqual(await find('outside', { fields: ['body', 'subject'] }), [])
  assert.deepEqual(await find('petra', { fields: ['from'] }), ['domain'])
  assert.deepEqual(await find('japanese', { fields: ['subject'] }), ['japanese'])
  assert.deepEqual(await find('cafe', { date_to: '2020-01-01' }), [])
  assert.deepEqual(await find('cafe', { date_from: '2020-01-01' }), ['accents', 'plain'])
  assert.deepEqual(await find('cafe', {}, stranger.key), [])
  assert.deepEqual(await find('-cafe', {}, stranger.key), [])
  const first = await t.call('POST', '/v1/messages/search', { key: agent.key, body: { query: 'cafe', limit: 1 } })
  const second = await t.call('POST', '/v1/messages/search', {
    key: agent.key,
    body: { query: 'cafe', limit: 1, cursor: first.body.next_cursor },
  })
  assert.deepEqual([first.body.data[0].subject, second.body.data[0].subject].toSorted(), ['accents', 'plain'])
  assert.deepEqual([first.body.has_more, second.body.has_more], [true, false])
})

test('the index leads to the words of one organization', async () => {
  const { rows } = await t.app.db.pool.query('select organization_id from message_words limit 1')
  const client = await t.app.db.pool.connect()
  try {
    await client.query('begin')
    await client.query('set local enable_seqscan = off')
    const plan = await client.query('explain select 1 from message_words where search @@ $1::tsquery', [
      queryOf(tagOf(rows[0].organization_id, true), 'caf', ['A', 'B', 'C', 'D']),
    ])
    assert.match(JSON.stringify(plan.rows), /Bitmap Index Scan on message_words_search/)
  } finally {
    await client.query('rollback')
    client.release()
  }
})

test('texts of any length and kind are indexed, to their end', async () => {
  const long = (word: string, end: string) => `${`${word} `.repeat(Math.floor(100_000 / (word.length + 1)) - 10)}${end}`
  const random = Array.from({ length: 50_000 }, (_, at) => String.fromCodePoint(0x4e00 + ((at * 7919) % 20_000))).join('')
  const cases: [text: string, query: string, found: boolean][] = [
    [long('word', 'the very end'), '"very end"', true],
    [Array.from({ length: 17_000 }, (_, at) => `w${at}`).join(' '), '"w16500 w16501"', true],
    [`${random}確認済み`, '確認', true],
    ["'quotes' \\back\\ % :1A & | ! <->", 'back', true],
    ['\u0000\ud800 x'.toWellFormed().replaceAll('\u0000', ''), 'x', true],
    ['a'.repeat(100_000), 'aaaa', true],
    ['', 'x', false],
  ]
  for (const [text, query, found] of cases) {
    const words = queryOf('tag_-', query, ['A', 'B', 'C', 'D'])
    const { rows } = await t.app.db.pool.query('select $1::tsvector @@ $2::tsquery as found', [
      vectorOf('tag_-', [['D', text]]),
      words,
    ])
    assert.equal(rows[0].found, found, query)
  }
})
