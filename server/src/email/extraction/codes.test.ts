import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { readMessage } from '../mime/read-message.ts'
import { extractCodes } from './codes.ts'
import { htmlToText } from './html-text.ts'

const best = (text: string, subject = ''): string | undefined => extractCodes({ subject, text }).codes[0]?.value

test('the code and the link of a sign-up mail are found', async () => {
  const message = await readMessage(await readFile(new URL('../../../test/messages/sign-up-code.eml', import.meta.url)))
  const { codes, links } = extractCodes({ subject: message.subject, text: message.extractedText ?? '' })
  assert.equal(codes[0]?.value, '482913')
  assert.ok(codes[0]!.confidence >= 0.9 && codes.length === 1)
  assert.deepEqual(links, [
    {
      url: 'https://acme.example/verify?token=abc.def-123&u=9',
      text: 'Or confirm your address here',
      kind: 'verification',
    },
    { url: 'https://acme.example/unsubscribe/9', text: 'Unsubscribe', kind: 'unsubscribe' },
  ])
})

test('codes are found in many shapes and languages', () => {
  const cases: [string, string][] = [
    ['Your code is 4821.', '4821'], ['123456 is your verification code', '123456'], ['Use 12345678 as your one-time passcode', '12345678'], ['Your login code: 481-516', '481516'],
    ['Your OTP is 48 1516 or not, really: 220 113', '220113'], ['G-481516 is your Google verification code', '481516'], ['Enter the security code\n\n  K7QX2P  \n', 'K7QX2P'], ['Confirmation code: AB3-9XK', 'AB3-9XK'],
    ['Verification code\n4 8 1 5 1 6', '481516'], ['Ihr Bestätigungscode lautet 481516', '481516'], ['Dein Code: 9041', '9041'], ['Votre code de sécurité est 481516', '481516'], ['Su código de verificación es 481516', '481516'],
    ['Il tuo codice è 481516', '481516'], ['Seu código: 481516', '481516'], ['Je verificatiecode is 481516', '481516'], ['Din kod är 481516', '481516'], ['Twój kod to 481516', '481516'], ['Ваш код подтверждения: 481516', '481516'],
    ['您的验证码是 481516，5分钟内有效', '481516'], ['您的验证码：481516', '481516'], ['認証コード：481516', '481516'], ['인증번호 [481516]를 입력하세요', '481516'], ['رمز التحقق: 481516', '481516'], ['Doğrulama kodunuz: 481516', '481516'], ['PIN: 2024', '2024'],
  ] // biome-ignore format: one list
  for (const [text, code] of cases) assert.equal(best(text), code, text)
  assert.equal(best('Hello,\n\n481516\n\nBye', 'Your verification code'), '481516')
  assert.equal(best('Welcome', '481516 is your Acme code'), '481516')
})

const samples = async (name: string): Promise<string[][]> =>
  (await readFile(new URL(`../../../test/messages/${name}.tsv`, import.meta.url), 'utf8'))
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('#'))
    .map(line => line.split('\t').map(field => field.replaceAll('⏎', '\n').replaceAll('⇥', '\t')))

test('the code of mails in the style of ninety services, in forty languages', async () => {
  const mails = await samples('codes')
  assert.ok(mails.length >= 220)
  for (const [, code, subject, text] of mails as [string, string, string, string][]) {
    const value = /^[\d -]+$/.test(code) ? code.replace(/[ -]/g, '') : code
    assert.equal(best(text, subject), value, `${subject}: ${text}`)
  }
})

test('no code where there is none: orders, dates, telephones, prices, post codes, parcels, bookings, vouchers', async () => {
  const mails = await samples('no-codes')
  assert.ok(mails.length >= 330)
  for (const [, subject, text] of mails as [string, string, string][])
    assert.deepEqual(extractCodes({ subject, text }).codes, [], `${subject}: ${text}`)
})

test('codes in HTML: in a cell, a line, a heading of their own, digit by digit, beside what nobody sees', () => {
  const cases: [string, string][] = [
    ['<table><tr><td>Use the following one-time code:</td></tr><tr><td>205118</td></tr></table>', '205118'],
    ['<table><tr><td>Your code</td><td>205118</td></tr><tr><td>Order</td><td>112233</td></tr></table>', '205118'],
    ['<p>Enter this code to sign in</p><table><tr><td>2</td><td>0</td><td>5</td><td>1</td><td>1</td><td>8</td></tr></table>', '205118'],
    ['<p>Your verification code</p><div>2</div><div>0</div><div>5</div><div>1</div><div>1</div><div>8</div>', '205118'],
    ['<p>Your verification code is</p><h1><span>205</span>&nbsp;<span>118</span></h1>', '205118'],
    ['<div style="display:none">Your code is 999999</div><p>Your code is <b>205118</b></p>', '205118'],
    ['<p>Your code:</p><pre>205118</pre><p style="color:#fff">code 777777</p>', '205118'],
    ['<table><tr><th>Order</th><th>Pick-up code</th></tr><tr><td>112233</td><td>205118</td></tr></table>', '205118'],
  ] // biome-ignore format: one list
  for (const [html, code] of cases) assert.equal(best(htmlToText(html)), code, html)
})

test('years, prices, telephones, dates, postcodes, orders and vouchers are no codes', () => {
  const texts = [
    'Welcome to Acme. Copyright 2026.', 'Your verification is complete since 2024', 'Total: $1234 for order 981234', 'Order code 981234', 'Use promo code SAVE2026 now', 'Your zip code 94103', 'Call us: +1 555 123456 to verify',
    'Tel. 5551234 for verification', 'Meet at 10:30 on 12.04.2026 with the code of conduct', 'Price 1234.50 EUR, code inside the box', 'Error code 500123', 'Tracking code 1Z999AA1', 'Nothing here: 123456', 'Gutscheincode HERBST25',
    'PLZ 80331 München', 'https://acme.example/verify/123456', 'code@123456.example', 'version 1.123456', 'Your verification costs 4999 USD', 'a verification for user1234',
  ] // biome-ignore format: one list
  for (const text of texts) assert.deepEqual(extractCodes({ subject: '', text }).codes, [], text)
})

test('links keep their address and say what they do', () => {
  const { links } = extractCodes({
    subject: '',
    text: 'Reset your password [https://a.example/r/1?x=(y)].\nSign in: https://a.example/magic-link/2, or see (https://a.example/wiki/A_(b)) and https://a.example/wiki/A_(b)\nActivate account <https://a.example/3>\nftp://a.example javascript:alert(1) https://',
  })
  assert.deepEqual(
    links.map(({ url, kind }) => [url, kind]),
    [
      ['https://a.example/3', 'verification'],
      ['https://a.example/magic-link/2', 'sign_in'],
      ['https://a.example/r/1?x=(y)', 'password_reset'],
      ['https://a.example/wiki/A_(b)', 'other'],
    ],
  )
})

test('any text ends soon and gives bounded lists', () => {
  const units = [
    '123456 ',
    '1 ',
    'code 1234\n',
    'AB1-',
    'A1',
    'http://a.example/',
    'https://a.example/x ',
    'http://a.b.',
    ')',
    '\n',
    ' ',
    'tel-1234 ',
    'code is : ',
    '12-',
    'code:::::',
    'order 1234 ',
    'KXWQTR ',
    'code\t1234\n',
    '1\n',
    'is your ',
    'use 1234 to ',
    '番号',
    'x1y2z3 ',
  ]
  for (const unit of units) {
    const { codes, links } = extractCodes({ subject: unit.repeat(1000), text: unit.repeat(2_000_000 / unit.length) })
    assert.ok(codes.length <= 10 && links.length <= 50)
  }
})
