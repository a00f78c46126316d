import assert from 'node:assert/strict'
import { test } from 'node:test'
import { extractReply } from './reply-extraction.ts'

const reply = (text: string): string => extractReply({ text, html: null, subject: 'Re: x', inThread: true })
const fresh = (text: string, subject = 'x'): string => extractReply({ text, html: null, subject, inThread: false })
const page = (html: string, inThread = true): string => extractReply({ text: null, html, subject: 'Re: x', inThread })

/** As Gmail, Apple Mail, Thunderbird, Outlook on phones, Yahoo, Yandex, mail.ru, Proton, Spark, Zoho, NetEase write them. */
const attributions = [
  'On Tue, Oct 20, 2026 at 5:50 PM Bob Ray <bob@agent.test> wrote:', 'On 20 Oct 2026, at 17:50, Bob Ray <bob@agent.test> wrote:', 'On 20/10/2026 17:50, Bob Ray wrote:', 'On Tuesday, October 20th, 2026 at 5:50 PM, Bob Ray <bob@agent.test> wrote:', 'On 20 Oct 2026, 17:50 +0200, Bob Ray <bob@agent.test>, wrote:', 'On Tue, Oct 20, 2026 at 5:50 PM, Bob Ray < bob@agent.test > wrote:',
  'At 2026-10-20 17:50:11, "Bob Ray" <bob@agent.test> wrote:', 'Bob Ray <bob@agent.test> wrote:', 'In a message dated 10/20/2026 5:50:11 PM Eastern Daylight Time, bob@agent.test writes:', '---- On Tue, 20 Oct 2026 17:50:11 +0200 Bob Ray <bob@agent.test> wrote ----', 'Tuesday, October 20, 2026 5:50 PM +03:00 from Bob Ray <bob@agent.test>:', '‐‐‐‐‐‐‐ On Tuesday, October 20, 2026 5:50 PM, Bob Ray <bob@agent.test> wrote:',
  'Am Di., 20. Okt. 2026 um 17:50 Uhr schrieb Bob Ray <bob@agent.test>:', 'Am 20.10.2026 um 17:50 schrieb Bob Ray:', 'Am 20.10.26 um 17:50 schrieb Bob Ray:', 'Bob Ray <bob@agent.test> schrieb am Di., 20. Okt. 2026, 17:50:', 'Am Dienstag, 20. Oktober 2026, 17:50:11 MESZ hat Bob Ray <bob@agent.test> Folgendes geschrieben:',
  'Le mar. 20 oct. 2026 à 17:50, Bob Ray <bob@agent.test> a écrit :', 'Le 20/10/2026 à 17:50, Bob Ray a écrit :', 'Le mar. 20 oct. 2026, à 17 h 50, Bob Ray <bob@agent.test> a écrit :', 'El mar, 20 oct 2026 a las 17:50, Bob Ray (<bob@agent.test>) escribió:', 'El 20/10/26 a las 17:50, Bob Ray escribió:', 'Il giorno mar 20 ott 2026 alle ore 17:50 Bob Ray <bob@agent.test> ha scritto:', 'Il 20/10/2026 17:50, Bob Ray ha scritto:',
  'Em ter., 20 de out. de 2026 às 17:50, Bob Ray <bob@agent.test> escreveu:', 'Bob Ray <bob@agent.test> escreveu (terça, 20/10/2026 à(s) 17:50):', 'El dt., 20 d’oct. 2026, 17:50, Bob Ray <bob@agent.test> va escriure:', 'Op di 20 okt 2026 om 17:50 schreef Bob Ray <bob@agent.test>:', 'Op 20-10-2026 om 17:50 schreef Bob Ray:', 'Op 20 okt. 2026 om 17:50 heeft Bob Ray <bob@agent.test> het volgende geschreven:',
  'Den tis 20 okt. 2026 kl 17:50 skrev Bob Ray <bob@agent.test>:', 'Den 2026-10-20 kl. 17:50, skrev Bob Ray:', 'Den tirs. 20. okt. 2026 kl. 17.50 skrev Bob Ray <bob@agent.test>:', 'tir. 20. okt. 2026 kl. 17:50 skrev Bob Ray <bob@agent.test>:', 'ti 20. lokak. 2026 klo 17.50 Bob Ray (bob@agent.test) kirjoitti:', 'Bob Ray kirjoitti 20.10.2026 klo 17.50:', 'Þri., 20. okt. 2026 kl. 17:50 skrifaði Bob Ray <bob@agent.test>:',
  'wt., 20 paź 2026 o 17:50 Bob Ray <bob@agent.test> napisał(a):', 'W dniu 20.10.2026 o 17:50, Bob Ray pisze:', 'út 20. 10. 2026 v 17:50 odesílatel Bob Ray <bob@agent.test> napsal:', 'Dne 20. 10. 26 v 17:50 Bob Ray napsal(a):', 'ut 20. 10. 2026 o 17:50 Bob Ray <bob@agent.test> napísal(a):', 'Bob Ray <bob@agent.test> ezt írta (időpont: 2026. okt. 20., K, 17:50):', '2026. 10. 20. 17:50 keltezéssel, Bob Ray írta:',
  'mar., 20 oct. 2026 la 17:50, Bob Ray <bob@agent.test> a scris:', 'uto, 20. lis 2026. u 17:50 Bob Ray <bob@agent.test> napisao je:', 'V V tor., 20. okt. 2026 ob 17:50 je oseba Bob Ray <bob@agent.test> napisala:', '2026-10-20, an, 17:50 Bob Ray <bob@agent.test> rašė:', 'Otrd., 2026. g. 20. okt., plkst. 17:50 — lietotājs Bob Ray (<bob@agent.test>) rakstīja:', 'Kuupäev T, 20. oktoober 2026 kell 17:50 kirjutas Bob Ray <bob@agent.test>:',
  'вт, 20 окт. 2026 г. в 17:50, Bob Ray <bob@agent.test>:', '20.10.2026 17:50, Bob Ray пишет:', '20.10.2026, 18.30, "Bob Ray" <bob@agent.test>:', 'Вторник, 20 октября 2026, 17:50 +03:00 от Bob Ray <bob@agent.test>:', 'вт, 20 жовт. 2026 р. о 17:50 Bob Ray <bob@agent.test> пише:', 'На вт, 20.10.2026 г. в 17:50 ч. Bob Ray <bob@agent.test> написа:', 'уто 20. окт 2026. у 17:50 Bob Ray <bob@agent.test> је написао/ла:',
  'Στις Τρί 20 Οκτ 2026 στις 5:50 μ.μ., ο χρήστης Bob Ray <bob@agent.test> έγραψε:', 'Bob Ray <bob@agent.test>, 20 Eki 2026 Sal, 17:50 tarihinde şunu yazdı:', '20.10.2026 17:50 tarihinde Bob Ray yazdı:', '\u202bבתאריך יום ג׳, 20 באוק׳ 2026 ב-17:50 מאת \u202aBob Ray\u202c\u200f <\u202abob@agent.test\u202c\u200f>:\u202c', 'في الثلاثاء، ٢٠ أكتوبر ٢٠٢٦ في ٥:٥٠ م تمت كتابة ما يلي بواسطة Bob Ray <bob@agent.test>:',
  'در سه‌شنبه ۲۰ اکتبر ۲۰۲۶،‏ ۱۷:۵۰ Bob Ray <bob@agent.test> نوشت:', 'मंगल, 20 अक्तू॰ 2026 को 5:50 pm बजे को Bob Ray <bob@agent.test> ने लिखा:', 'ในวันที่ อ. 20 ต.ค. 2026 เวลา 17:50 Bob Ray <bob@agent.test> เขียนว่า:', 'Vào Th 3, 20 thg 10, 2026 vào lúc 17:50 Bob Ray <bob@agent.test> đã viết:', 'Pada Sel, 20 Okt 2026 pukul 17.50 Bob Ray <bob@agent.test> menulis:',
  'Bob Ray <bob@agent.test> 于2026年10月20日周二 17:50写道：', '在 2026-10-20 17:50:11，"Bob Ray" <bob@agent.test> 写道：', '在 2026/10/20 17:50, Bob Ray 写道:', 'Bob Ray <bob@agent.test> 於 2026年10月20日 週二 下午5:50寫道：', '2026年10月20日(火) 17:50 Bob Ray <bob@agent.test>:', '2026/10/20 17:50、Bob Rayのメール:', '2026년 10월 20일 (화) 오후 5:50, Bob Ray <bob@agent.test>님이 작성:', '26. 10. 20. 오후 5:50에 Bob Ray 이(가) 쓴 글:',
] // biome-ignore format: one list

test('attributions of mail programs in forty languages, quoted and not, wrapped and not', () => {
  for (const line of attributions) {
    for (const quoted of ['> Shall we?\n> Bob', '\n> Shall we?', '\nShall we?\n\nBob'])
      assert.equal(reply(`Sounds good.\n\n${line}\n${quoted}\n`), 'Sounds good.', `${line} ${quoted}`)
    assert.equal(reply(`First.\n\n> Shall we?\n\nYes.\n\n${line}\n\n> Where?\n\nThere.`), 'First.\n\nYes.\n\nThere.', line)
  }
  for (const line of attributions.filter(text => text.includes(' <bob@'))) {
    const parts = line.split(' <bob@')
    for (const wrapped of [`${parts[0]}\n<bob@${parts[1]}`, `${parts[0]} <\nbob@${parts[1]}`, line.replace('bob@agent.test>', 'bob@agent.test\n>')])
      assert.equal(reply(`Sounds good.\n\n${wrapped}\n\n> Shall we?`), 'Sounds good.', wrapped) // biome-ignore format: one line
  }
})

/** From, sent, to, subject. */
const blocks = ['From Sent To Subject', 'Von Gesendet An Betreff', 'De Envoyé À Objet', 'De Enviado_el Para Asunto', 'De Enviado_em Para Assunto', 'Da Inviato A Oggetto', 'Van Verzonden Aan Onderwerp', 'Från Skickat Till Ämne', 'Fra Sendt Til Emne', 'Lähettäjä Lähetetty Vastaanottaja Aihe', 'Od Wysłano Do Temat', 'Od Odesláno Komu Předmět', 'Od Odoslané Komu Predmet', 'Feladó Elküldve Címzett Tárgy', 'De_la Trimis Către Subiect', 'От Отправлено Кому Тема', 'Від Надіслано Кому Тема', 'Από Στάλθηκε Προς Θέμα', 'Kimden Gönderildi Kime Konu', 'מאת נשלח אל נושא', 'من تاريخ_الإرسال إلى الموضوع', 'จาก ส่ง ถึง เรื่อง', 'Từ Đã_gửi Đến Chủ_đề', 'Dari Dikirim Kepada Subjek', '发件人 发送时间 收件人 主题', '寄件者 寄件日期 收件者 主旨', '差出人 送信日時 宛先 件名', '보낸_사람 보낸_날짜 받는_사람 제목', 'Saatja Saadetud Kellele Teema', 'Nuo Išsiųsta Kam Tema'].map(line => line.split(' ').map(word => word.replaceAll('_', ' '))) // biome-ignore format: one table

test('header blocks in thirty languages, in any order, bold, indented, after a rule', () => {
  for (const [from, sent, to, subject] of blocks as [string, string, string, string][]) {
    const lines = [
      `${from}: Bob Ray <bob@agent.test>`,
      `${sent}: 2026-10-20 17:50`,
      `${to}: Ann Lee <ann@example.org>`,
      `${subject}: plan`,
    ]
    const [a, b, c, d] = lines as [string, string, string, string]
    for (const block of [lines.join('\n'), [b, a, c, d].join('\n'), [b, d, a, c].join('\n'), `________________________________\n${lines.join('\n')}`, lines.map(line => `  ${line.replace(':', ' :')}`).join('\n'), lines.map(line => line.replace(/^([^:]+):/, '*$1:*')).join('\n'), lines.join('\n\n'), lines.map(line => line.replace(': ', '：')).join('\n')])
      assert.equal(reply(`Sounds good.\n\n${block}\n\nShall we?`), 'Sounds good.', block) // biome-ignore format: one line
    assert.equal(fresh(`New.\n\n${lines.join('\n')}\n\nShall we?`), `New.\n\n${lines.join('\n')}\n\nShall we?`)
  }
})

test("a writer's own blocks are kept, and what only looks like an attribution", () => {
  const own = [
    'From: Berlin\nTo: Paris\nDate: 3 December', 'Von: München\nAn: Hamburg\nDatum: 3. Dezember 2026', 'De: Lyon\nÀ: Nice\nDate: 3 décembre', 'Da: Roma\nA: Milano\nData: 3 dicembre 10:30', '出発: 東京\n宛先: 大阪', 'To: Paris\nFrom: Berlin\nSubject to change', 'Date: 3 December\nTime: 10:30\nTo: Paris', 'From: 10:00\nTo: 12:00',
    'On 5 May 2026 we start:\n- pack\n- go', 'We wrote:\nnothing', 'I wrote to bob@agent.test on 5 May 2026 at 10:00:\nDear Bob', 'Call me at 10:30 on 5.5.2026:\n+49 30 123', 'My address:\nann@example.org', 'Ann (ann@example.org) and Bob (bob@agent.test):', 'At 10:00: breakfast\nAt 11:00: walk', 'Anna schrieb mir einen Brief.\nEr kam 2026 an.',
  ] // biome-ignore format: one list
  for (const text of own) {
    assert.equal(reply(`Here is the plan:\n\n${text}\n\nAll fine?`), `Here is the plan:\n\n${text}\n\nAll fine?`)
    assert.equal(
      reply(`Here is the plan:\n\n${text}\n\nAll fine?\n\n${attributions[0]}\n\n> Which trip?`),
      `Here is the plan:\n\n${text}\n\nAll fine?`,
    )
  }
})

test('what is passed on is kept, in a thread too, and cut where the forward itself was answered', () => {
  const markers = [
    '---------- Forwarded message ----------', '---------- Forwarded message ---------', '-------- Forwarded Message --------', 'Begin forwarded message:', '-------- Weitergeleitete Nachricht --------', 'Anfang der weitergeleiteten Nachricht:', '---------- Message transféré ----------', 'Début du message transféré :', '---------- Mensaje reenviado ----------', '-------- Messaggio Inoltrato --------', 'Inizio messaggio inoltrato:', '---------- Mensagem encaminhada ----------',
    '---------- Doorgestuurd bericht ----------', 'Begin doorgestuurd bericht:', '---------- Videresendt besked ----------', '---------- Vidarebefordrat meddelande ----------', 'Vidarebefordrat brev:', '---------- Välitetty viesti ----------', '---------- Wiadomość przekazana dalej ----------', '---------- Přeposlaná zpráva ----------', '-------- Továbbított üzenet --------', '---------- Пересылаемое сообщение ----------', '-------- Перенаправленное сообщение --------',
    '---------- Προωθημένο μήνυμα ----------', '---------- İletilen mesaj ----------', '---------- הודעה שהועברה ----------', '---------- ข้อความที่ถูกส่งต่อ ----------', '---------- 转发的邮件 ----------', '開始轉寄郵件：', '---------- 転送メッセージ ----------', '---------- 전달된 메시지 ----------', '----- Forwarded by Carl Orr/Example on 10/20/2026 -----',
  ] // biome-ignore format: one list
  for (const marker of markers) {
    const text = `FYI\n\n${marker}\nFrom: Carl <carl@example.org>\nDate: Tue, Oct 20, 2026\nSubject: Invoice\nTo: ann@example.org\n\nPlease pay 40 EUR until Friday.\n-- \nCarl`
    assert.equal(reply(text), text)
    assert.equal(fresh(text), text)
    assert.equal(reply(`Paid.\n\n${attributions[0]}\n\n${text.replace(/^/gm, '> ')}`), 'Paid.')
    assert.equal(reply(`Paid.\n\n${attributions[0]}\n\n${text}`), 'Paid.')
  }
  const apple = 'FYI\n\n> Begin forwarded message:\n>\n> From: Carl <carl@example.org>\n>\n> Please pay.'
  assert.equal(reply(apple), apple)
  for (const subject of ['Fwd: x', 'WG: x', 'TR: x', 'RV: x', 'ENC: x', 'Doorst: x', 'VS: x', 'VB: x', 'PD: x', '转发: x', '[team] Fw: x'])
    assert.match(fresh(`FYI\n\nFrom: Carl <carl@example.org>\nSent: Tuesday, 20 October 2026 10:00\nTo: Ann\nSubject: x\n\nPay.`, subject), /Pay/)
}) // biome-ignore format: one line

test('separators of mail programs and of ticket systems end the new part, in an answer only', () => {
  const separators = [
    '-----Original Message-----', '------- Original Message -------', '-----Ursprüngliche Nachricht-----', '-------- Message d’origine --------', '-----Message original-----', '-----Original-Nachricht-----', '-----Mensaje original-----', '-----Messaggio originale-----', '-----Mensagem original-----', '-----Oorspronkelijk bericht-----', '-----Oprindelig meddelelse-----', '-----Ursprungligt meddelande-----', '-----Alkuperäinen viesti-----', '-----Oryginalna wiadomość-----', '-----Původní zpráva-----', '-----Eredeti üzenet-----', '-----Orijinal İleti-----',
    '-------- Исходное сообщение --------', '-------- Оригінальне повідомлення --------', '------------------ 原始邮件 ------------------', '-----元のメッセージ-----', '-----원본 메시지-----', '-------- الرسالة الأصلية --------', '*----- Original Message -----*', '##- Please type your reply above this line -##', '##- Bitte geben Sie Ihre Antwort oberhalb dieser Zeile ein. -##', "##- Veuillez saisir votre réponse au-dessus de cette ligne -##", '##- Escriba su respuesta por encima de esta línea -##', '##- 回复请写在此线之上 -##',
    '-- Reply above this line --', '-—-—-—-—\nReply above this line.', '--- Please reply above this line ---', '=-=-= Reply above this line =-=-=', 'Write ABOVE THIS LINE to post a reply', '--- Antworten Sie bitte oberhalb dieser Linie ---', '--- Bitte antworten Sie über dieser Linie ---', '----- Répondre au-dessus de cette ligne -----',
  ] // biome-ignore format: one list
  for (const separator of separators) {
    assert.equal(reply(`It works now.\n\n${separator}\n\nYour request (123) has been updated.`), 'It works now.', separator)
    const text = `${separator}\n\nYour request (123) has been updated.`
    assert.equal(reply(text), text)
    assert.equal(fresh(`A ticket.\n\n${text}`), `A ticket.\n\n${text}`)
  }
})

test('lines of phones and programs at the end go, sentences like them stay', () => {
  const tails = [
    'Sent from my iPhone', 'Sent from my Galaxy S24', 'Sent from Outlook for iOS', 'Sent from Mail for Windows', 'Sent from Yahoo Mail on Android', 'Get Outlook for iOS<https://aka.ms/o0ukef>', 'Get Outlook for Android', 'Sent via mobile', '(sent from a phone)', 'Sent with Proton Mail secure email.', 'Sent from my cell, please excuse any typos.', 'Outlook für iOS herunterladen<https://aka.ms/o0ukef>', 'Holen Sie sich Outlook für Android', 'Gesendet mit der Telekom Mail App', 'Von meinem iPhone gesendet', 'Diese Nachricht wurde von meinem Android-Mobiltelefon mit K-9 Mail gesendet.',
    'Télécharger Outlook pour iOS<https://aka.ms/o0ukef>', 'Envoyé à partir de Outlook pour Android', 'Envoyé depuis mon appareil Galaxy', 'Obtener Outlook para iOS', 'Enviado desde mi iPhone', 'Enviado do meu iPhone', 'Obter o Outlook para iOS', 'Ottieni Outlook per iOS', 'Inviato da iPhone', 'Inviato dal mio Galaxy', 'Outlook voor iOS downloaden', 'Verstuurd vanaf mijn iPhone', 'Hämta Outlook för iOS', 'Skickat från min iPhone', 'Hent Outlook til iOS', 'Sendt fra min iPhone', 'Hanki Outlook for iOS', 'Lähetetty iPhonesta', 'Pobierz program Outlook dla systemu iOS', 'Wysłane z iPhone’a',
    'Odesláno z iPhonu', 'Odoslané z iPhonu', 'Trimis de pe iPhone-ul meu', 'Az iPhone-omról küldve', 'Poslano s mog iPhonea', 'Отправлено с iPhone', 'Надіслано з iPhone', 'Изпратено от моя iPhone', 'Скачать Outlook для iOS', 'Στάλθηκε από το iPhone μου', 'iPhone’umdan gönderildi', 'נשלח מה-iPhone שלי', 'تم الإرسال من الـ iPhone', 'ส่งจาก iPhone ของฉัน', 'Đã gửi từ iPhone của tôi', 'Dikirim dari iPhone saya', 'iPhoneから送信', 'Outlook for iOS を入手<https://aka.ms/o0ukef>', '发自我的iPhone', '从我的 iPhone 发送', '從我的 iPhone 傳送', '获取 Outlook for iOS<https://aka.ms/o0ukef>', '나의 iPhone에서 보냄', 'iOS용 Outlook 다운로드<https://aka.ms/o0ukef>',
    '-- \nAnn Lee\n+1 555 0100', '—\nAnn Lee\nCEO', '______________________________\nteam mailing list\nteam@lists.example', '-----\nYou received this because you are subscribed to the Google Groups "x".', '________________',
  ] // biome-ignore format: one list
  for (const tail of tails) assert.equal(reply(`Sounds good.\n\n${tail}\n`), 'Sounds good.', tail)
  const sentences = ['Does Outlook for iOS show it?', 'Sent from my desk, it is much easier than from the phone.', 'I get Outlook for work, can you use it?', 'Gesendet habe ich es gestern.', 'The parcel was sent from Hamburg on Monday and should be there.', 'Please download the file again.', 'Ich habe es von meinem Büro aus gesendet, kam es an?', 'Envoyez-le demain.'] // biome-ignore format: one list
  for (const sentence of sentences) assert.equal(reply(`Sounds good.\n\n${sentence}`), `Sounds good.\n\n${sentence}`)
})

test('what HTML names as older mail is cut where its words say nothing', () => {
  const quote = '<p>Shall we?</p><p>Bob</p>'
  const unknown = 'Bob Ray &lt;bob@agent.test&gt; zzz 20.10.2026 17:50'
  for (const html of [
    `<div>Sounds good.</div><div class="gmail_quote"><div class="gmail_attr">On Tue, Oct 20, 2026 Bob &lt;bob@agent.test&gt; wrote:<br></div><blockquote class="gmail_quote">${quote}</blockquote></div>`,
    `<p>Sounds good.</p><blockquote type="cite">${quote}</blockquote>`,
    `<p>Sounds good.</p><div class="moz-cite-prefix">Am 20.10.26 um 17:50 schrieb Bob Ray:</div><blockquote type="cite">${quote}</blockquote>`,
    `<p>Sounds good.</p><div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>From:</b> Bob<br><b>Sent:</b> Tuesday 17:50<br><b>To:</b> Ann<br><b>Subject:</b> x</div>${quote}`,
    `<p>Sounds good.</p><div id="divRplyFwdMsg">${unknown}</div>${quote}`,
    `<p>Sounds good.</p><div class="yahoo_quoted"><div>${unknown}</div>${quote}</div>`,
    `<p>Sounds good.</p><div class="zmail_extra">---- ${unknown} ----<br>${quote}</div>`,
    `<p>Sounds good.</p><div class="OutlookMessageHeader">${unknown}</div>${quote}`,
    `<p>Sounds good.</p><span id="OLK_SRC_BODY_SECTION"><div>${unknown}</div>${quote}</span>`,
    `<p>Sounds good.</p><hr id="zwchr"><div>${unknown}</div>${quote}`,
    `<p>Sounds good.</p><div class="protonmail_quote">${unknown}<br><blockquote type="cite">${quote}</blockquote></div>`,
    `<p>Sounds good.</p><div style="border:none;border-top:solid #E1E1E1 1.0pt"><p class=MsoNormal><b>Von:</b> Bob Ray<br><b>Gesendet:</b> Dienstag, 20. Oktober 2026 17:50<br><b>An:</b> Ann<br><b>Betreff:</b> x</p></div>${quote}`,
    `<p>Sounds good.</p><div id="Signature"><p>Ann Lee</p><p>CEO, Example Ltd</p><p>+1 555 0100</p></div><div id="divRplyFwdMsg">${unknown}</div>${quote}`,
    `<p>Sounds good.</p><div class="gmail_signature">Ann Lee<br>Example Ltd<br>https://example.org</div>`,
  ]) assert.equal(page(html), 'Sounds good.', html) // biome-ignore format: one list
  assert.equal(page(`<p>First.</p><blockquote>Shall we?</blockquote><p>Yes.</p><blockquote>Where?</blockquote><p>There.</p>`), 'First.\n\nYes.\n\nThere.') // biome-ignore format: one line
  assert.equal(page('<div class="yahoo_quoted"><div>Thank you, Heather.</div></div>'), 'Thank you, Heather.')
  const unmarked = 'Sounds good.\n\nBob Ray zzz 20.10.2026\n\nShall we?'
  const html = `<p>Sounds good.</p><div>Bob Ray zzz 20.10.2026</div><blockquote type=cite>${quote}</blockquote>`
  assert.equal(extractReply({ text: unmarked, html, subject: 'Re: x', inThread: true }), 'Sounds good.\n\nBob Ray zzz 20.10.2026')
  assert.equal(
    extractReply({ text: 'Your mail program shows no HTML. View this e-mail in your browser.', html: `<p>The code is 482913.</p>${'<p>&nbsp;</p>'.repeat(60)}`, subject: 'x', inThread: false }),
    'The code is 482913.',
  ) // biome-ignore format: one line
})
