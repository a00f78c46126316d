import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { normalizeNewlines } from '../mime/newlines.ts'
import { readMessage } from '../mime/read-message.ts'
import { extractReply } from './reply-extraction.ts'

const fixture = async (name: string): Promise<string | null> => {
  const raw = await readFile(new URL(`../../../test/messages/${name}.eml`, import.meta.url))
  return (await readMessage(normalizeNewlines(raw))).extractedText
}

const reply = (text: string): string => extractReply({ text, html: null, subject: 'Re: x', inThread: true })

test('replies of common mail programs give their new part', async () => {
  assert.equal(await fixture('gmail-reply'), 'Yes, please send the blue one instead — size M.\n\nThanks!\nDana')
  assert.equal(await fixture('gmail-html-only-reply'), 'Yes, the blue one.\nSee this page [https://shop.example/p/7].')
  assert.equal(await fixture('apple-mail-reply'), 'Donnerstag um 10 Uhr passt mir gut.\n\nGrüße\nJörg')
  assert.equal(await fixture('iphone-reply-german'), 'Passt, danke!')
  assert.equal(
    await fixture('outlook-reply'),
    'Please send it again, the amount should be €120.\n\n\nPriya Raman'.replace('\n\n\n', '\n\n'),
  )
  assert.equal(await fixture('outlook-text-reply-french'), "Bonjour, c'est réglé.\n\nClaire")
})

test('answers between quotes are kept', async () => {
  assert.equal(await fixture('thunderbird-inline-reply'), 'Lisbon.\n\nFour, and a dog.\n\nNext Friday.')
})

test('mail that answers nothing comes whole', async () => {
  assert.match((await fixture('gmail-forward')) ?? '', /calendar\?[\s\S]*Forwarded message[\s\S]*Flight XY 123/)
  assert.match(
    (await fixture('newsletter')) ?? '',
    /Cafés\n\n> The best coffee I had\.\n\nRead more \[https:[\s\S]*--\nThe Weekly/,
  )
  assert.match((await fixture('sign-up-code')) ?? '', /482913[\s\S]*Unsubscribe/)
  const note = 'Dear all,\n\n> a thought\n\nbye\n-- \nAnn'
  assert.equal(extractReply({ text: note, html: null, subject: 'News', inThread: false }), note)
})

test('attribution lines are known in many languages, wrapped or not', () => {
  const attributions = [
    'On Mon, Jan 5, 2026 at 10:00 AM Ann Lee <ann@post.example> wrote:',
    'On Mon, Jan 5, 2026 at 10:00 AM Ann Lee\n<ann@post.example>\nwrote:',
    'Am Mo., 5. Jan. 2026 um 10:00 Uhr schrieb Ann Lee <ann@post.example>:',
    'Le lun. 5 janv. 2026 à 10:00, Ann Lee <ann@post.example> a écrit :',
    'El lun, 5 ene 2026 a las 10:00, Ann Lee (<ann@post.example>) escribió:',
    'Il giorno lun 5 gen 2026 alle ore 10:00 Ann Lee <ann@post.example> ha\nscritto:',
    'Em seg., 5 de jan. de 2026 às 10:00, Ann Lee <ann@post.example> escreveu:',
    'Op ma 5 jan 2026 om 10:00 schreef Ann Lee <ann@post.example>:',
    'Den mån 5 jan. 2026 kl 10:00 skrev Ann Lee <ann@post.example>:',
    'pon., 5 sty 2026 o 10:00 Ann Lee <ann@post.example> napisał(a):',
    'пн, 5 янв. 2026 г. в 10:00, Ann Lee <ann@post.example>:',
    'Dne po 5. 1. 2026 10:00 uživatel Ann Lee <ann@post.example> napsal:',
    '2026年1月5日(月) 10:00 Ann Lee <ann@post.example>:',
    'Ann Lee <ann@post.example> 于2026年1月5日周一 10:00写道：',
    '2026년 1월 5일 (월) 오전 10:00, Ann Lee <ann@post.example>님이 작성:',
    'Ann Lee <ann@post.example>, 5 Oca 2026 Pzt, 10:00 tarihinde şunu yazdı:',
    '*On Mon, 5 Jan 2026 10:00, Ann Lee wrote:*',
  ]
  for (const attribution of attributions) {
    assert.equal(reply(`Fine.\n\n${attribution}\n\n> old\n> older\n`), 'Fine.', attribution)
    assert.equal(reply(`Fine.\n${attribution}\n> old`), 'Fine.', attribution)
    assert.equal(
      extractReply({ text: `Fine.\n\n${attribution}\n> old`, html: null, subject: '', inThread: false }),
      'Fine.',
      attribution,
    )
  }
  assert.equal(reply('Fine.\n\nOn Mon, Jan 5, 2026 at 10:00 AM Ann <ann@post.example> wrote:\nold, not marked'), 'Fine.')
})

test('header blocks and separators end the new part', () => {
  const blocks = [
    '-----Original Message-----\nFrom: Ann',
    '-----Ursprüngliche Nachricht-----\nVon: Ann',
    '-------- Message d’origine --------\nDe : Ann',
    '________________________________\nFrom: Ann <ann@post.example>\nSent: Monday\nTo: Bob\nSubject: x\n\nold',
    'Get Outlook for iOS<https://aka.example/o0>\n________________________________\nFrom: Ann <ann@post.example>\nSent: Monday\nTo: Bob\nSubject: x\n\nold',
    'From: Ann <ann@post.example>\nSent: Monday\nTo: Bob\nSubject: x\n\nold',
    '*From:* Ann\n*Date:* Monday\n*To:* Bob\n\nold',
    'Von: Ann\nGesendet: Montag\nAn: Bob\nBetreff: x\n\nold',
    'De: Ann\nEnviado el: lunes\nPara: Bob\nAsunto: x\n\nold',
    '发件人: Ann\n发送时间: 2026年1月5日\n收件人: Bob\n主题: x\n\nold',
    '差出人: Ann\n送信日時: 2026年1月5日\n宛先: Bob\n件名: x\n\nold',
  ]
  for (const block of blocks) assert.equal(reply(`Fine.\n\n${block}`), 'Fine.', block)
})

test('signatures go, what only looks like one stays', () => {
  const signatures = ['-- \nAnn\n+1 555 0100', '--\nAnn', 'Sent from my iPhone', 'Sent from Outlook for iOS', 'Get Outlook for Android <https://aka.example/x>', 'Gesendet von meinem Galaxy', 'Envoyé de mon iPhone', 'Enviado desde mi iPhone', 'Inviato da iPhone', 'Verstuurd vanaf mijn iPhone', 'iPhoneから送信', '发自我的iPhone', '나의 iPhone에서 보냄', 'Отправлено с iPhone'] // biome-ignore format: one list
  for (const signature of signatures) assert.equal(reply(`Fine.\n\n${signature}\n`), 'Fine.', signature)
  for (const text of [
    'We met --\nand left.',
    'It was sent from my old address, please check whether the parcel arrived there.',
    'From: here to there\nis fine',
    'On reflection: no.',
    'I wrote:\nthis',
    `a\n--\n${'row\n'.repeat(40)}end`,
  ])
    assert.equal(reply(text), text)
})

test('it is never empty when there was text', () => {
  for (const text of [
    '> only quoted',
    'On 5 Jan 2026 10:00 Ann <a@b.example> wrote:\n> x',
    '-----Original Message-----\nold',
    '-- \nAnn',
    'Sent from my iPhone',
    'From: a\nTo: b\nSubject: c',
  ])
    assert.equal(reply(text), text)
  assert.equal(extractReply({ text: ' \n', html: '<p>Hello</p>', subject: '', inThread: true }), 'Hello')
  assert.equal(extractReply({ text: '', html: null, subject: '', inThread: true }), '')
})

test('megabytes of almost-markers are read once', () => {
  const units = [
    'On 1 x\n',
    'On 1 wrote 2:\n',
    'From: a\n',
    '> a\n\n',
    '-',
    '--\n',
    '_',
    ' ',
    ' >',
    '\n',
    'On 1 a@b\n\n',
    'gesendet von a\n',
    ':\n',
    '<a@',
    'a\t',
    'From: a@b\nDate: 1\n',
    '--- a ---\n',
    'Ann <\n',
    '2026 a@b\n',
    '##-',
    '\u200b ',
    'ab\u200c',
    '\u00a0',
  ]
  for (const unit of units) {
    const text = unit.repeat(Math.ceil(1_000_000 / unit.length))
    assert.ok(reply(text).length <= text.length)
    assert.ok(reply(`x\n${text}\ny:`).length <= text.length + 5)
  }
})
