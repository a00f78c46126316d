import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readMessage } from '../mime/read-message.ts'
import { readFailure } from './failure.ts'

const gone = 'gone@example.net'

/** A mail as it comes to a return path: header fields, and a body in UTF-8. */
const mail = (fields: string, body: string): Buffer =>
  Buffer.from(
    `To: bounce@mail.test\r\n${fields.includes('Content-Type') ? '' : 'Content-Type: text/plain; charset=utf-8\r\n'}${fields.replaceAll('\n', '\r\n')}\r\n\r\n${body.replaceAll('\n', '\r\n')}\r\n`,
  )
const read = async (fields: string, body: string) => readFailure(await readMessage(mail(fields, body)), gone)
const short = async (fields: string, body: string): Promise<string> => {
  const failure = await read(fields, body)
  return failure ? `${failure.verdict.category} ${failure.verdict.action}` : 'none'
}
const daemon = 'From: Mail Delivery System <MAILER-DAEMON@mx.example.net>\nSubject: Undelivered Mail Returned to Sender'
const copy =
  '\n\n--- Below this line is a copy of the message.\n\nReturn-Path: <x@mail.test>\nSubject: mailbox full, spam, user unknown\n\nPlease unsubscribe me'

test('bounces in words are read, whoever wrote them', async () => {
  const cases: [name: string, expected: string, fields: string, body: string][] = [
    [
      'Exim', 'hard suppress',
      'From: Mail Delivery System <Mailer-Daemon@mx.example.net>\nSubject: Mail delivery failed: returning message to sender\nAuto-Submitted: auto-replied\nX-Failed-Recipients: gone@example.net',
      'This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n  gone@example.net\n    host mx.example.net [192.0.2.1]\n    SMTP error from remote mail server after RCPT TO:<gone@example.net>:\n    550-5.1.1 The email account does not exist here.\n    550 5.1.1 Try another one',
    ],
    [
      'Exim, local', 'quota fail',
      'From: Mail Delivery System <Mailer-Daemon@mx.example.net>\nSubject: Mail delivery failed: returning message to sender\nX-Failed-Recipients: gone@example.net',
      'This message was created automatically by mail delivery software.\n\nThe following address(es) failed:\n\n  gone@example.net\n    mailbox is full: retry timeout exceeded\n\n------ This is a copy of the message, including all the headers. ------\n\nReceived: from x\nSubject: user unknown',
    ],
    [
      'Exim, blocked', 'blocklist fail',
      'From: Mail Delivery System <Mailer-Daemon@mx.example.net>\nSubject: Mail delivery failed\nX-Failed-Recipients: gone@example.net',
      'The following address(es) failed:\n\n  gone@example.net\n    SMTP error from remote mail server after MAIL FROM:<x@mail.test>:\n    554 5.7.1 Service unavailable; Client host [198.51.100.7] blocked using zen.spamhaus.org',
    ],
    [
      'qmail', 'hard suppress', 'From: MAILER-DAEMON@mx.example.net\nSubject: failure notice',
      `Hi. This is the qmail-send program at mx.example.net.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n<gone@example.net>:\nSorry, no mailbox here by that name. (#5.1.1)${copy}`,
    ],
    [
      'qmail, remote', 'policy fail', 'From: MAILER-DAEMON@mx.example.net\nSubject: failure notice',
      `Hi. This is the qmail-send program at mx.example.net.\nI'm afraid I wasn't able to deliver your message.\n\n<gone@example.net>:\n192.0.2.9 does not like recipient.\nRemote host said: 550 5.7.1 Denied for reasons of policy\nGiving up on 192.0.2.9.${copy}`,
    ],
    [
      'qmail, quota', 'quota fail', 'From: MAILER-DAEMON@mx.example.net\nSubject: failure notice',
      `Hi. This is the deliver program at mx.example.net.\n\n<gone@example.net>:\nUser's mailbox is over its disk quota.${copy}`,
    ],
    [
      'Sendmail', 'hard suppress', 'From: Mail Delivery Subsystem <MAILER-DAEMON@mx.example.net>\nSubject: Returned mail: User unknown',
      '   ----- The following addresses had permanent fatal errors -----\n<gone@example.net>\n\n   ----- Transcript of session follows -----\n... while talking to mx.example.net.:\n>>> RCPT To:<gone@example.net>\n<<< 550 gone@example.net... No such user\n550 <gone@example.net>... User unknown\n\n   ----- Unsent message follows -----\nFrom: x',
    ],
    [
      'Sendmail, host', 'hard suppress', 'From: Mail Delivery Subsystem <MAILER-DAEMON@mx.example.net>\nSubject: Returned mail: Host unknown (Name server: example.net: host not found)',
      '   ----- Transcript of session follows -----\n550 5.1.2 <gone@example.net>... Host unknown (Name server: example.net: host not found)',
    ],
    [
      'Postfix without its report', 'hard suppress', daemon,
      "This is the mail system at host mx.example.net.\n\nI'm sorry to have to inform you that your message could not\nbe delivered to one or more recipients.\n\n<gone@example.net>: host mx.example.net[192.0.2.1] said: 550 5.1.1\n    <gone@example.net>: Recipient address rejected: User unknown in virtual\n    mailbox table (in reply to RCPT TO command)",
    ],
    [
      'Exchange 2003', 'hard suppress', 'From: System Administrator <postmaster@example.net>\nSubject: Undeliverable: Hello',
      "Your message\n\n  To:      gone@example.net\n  Subject: Hello\n  Sent:    Fri, 27 Nov 2026 09:00:00 +0100\n\ndid not reach the following recipient(s):\n\ngone@example.net on Fri, 27 Nov 2026 09:00:01 +0100\n    The e-mail account does not exist at the organization this message was sent to.\n        <mx.example.net #5.1.1>",
    ],
    [
      'Microsoft 365', 'hard suppress', 'From: Microsoft Outlook <postmaster@example.net>\nSubject: Undeliverable: Hello',
      "Your message to gone@example.net couldn't be delivered.\n\ngone wasn't found at example.net.\n\nsender  Office 365  gone\nAction Required\n\nUnknown To address\n\nRemote Server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient gone@example.net not found by SMTP address lookup'",
    ],
    [
      'Microsoft 365, group', 'policy fail', 'From: Microsoft Outlook <postmaster@example.net>\nSubject: Undeliverable: Hello',
      "Your message wasn't delivered because the group's owner only accepts messages from people in their organization.\n\nRemote Server returned '550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required; Delivery restriction check failed'",
    ],
    [
      'Gmail', 'hard suppress', 'From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\nSubject: Delivery Status Notification (Failure)\nX-Failed-Recipients: gone@example.net',
      '** Address not found **\n\nYour message wasn\'t delivered to gone@example.net because the address couldn\'t be found, or is unable to receive mail.\n\nThe response from the remote server was:\n550 5.1.1 The email account that you tried to reach does not exist.',
    ],
    [
      'Yahoo', 'hard suppress', 'From: <MAILER-DAEMON@yahoo.example>\nSubject: Delivery failure',
      "Message from yahoo.example.\nUnable to deliver message to the following address(es).\n\n<gone@example.net>:\nThis user doesn't have a yahoo.example account (gone@example.net) [-9]\n\n--- Original message follows.",
    ],
    [
      'Notes', 'hard suppress', 'From: Postmaster <postmaster@example.net>\nSubject: DELIVERY FAILURE: User gone (gone@example.net) not listed in public Name & Address Book',
      'Your message\n\n  Subject: Hello\n\nwas not delivered to:\n\n  gone@example.net\n\nbecause:\n\n  User gone (gone@example.net) not listed in public Name & Address Book',
    ],
    [
      'GroupWise', 'hard suppress', 'From: Mailer-Daemon <Mailer-Daemon@example.net>\nSubject: Message status - undeliverable',
      'The message that you sent was undeliverable to the following:\n\tgone@example.net (user not found)',
    ],
    [
      'hMailServer', 'quota fail', 'From: mailer-daemon@example.net\nSubject: Message undeliverable: Hello',
      'Your message did not reach some or all of the intended recipients.\n\nThe following recipient(s) could not be reached:\n\ngone@example.net\n   Error Type: SMTP\n   Remote server replied: 552 5.2.2 Over quota',
    ],
    ['MDaemon', 'hard suppress', 'From: MDaemon@example.net\nSubject: Warning: gone@example.net - User unknown!', 'gone@example.net - no such user here.\n\nThere is no user by that name at this server.'],
    ['IMail', 'hard suppress', 'From: Postmaster <postmaster@example.net>\nSubject: Undeliverable Mail', 'Unknown user: gone@example.net\n\nOriginal message follows.\n\nReceived: from y'],
    ['Courier', 'hard suppress', 'From: "Courier mail server at mx.example.net" <@>\nSubject: NOTICE: mail delivery status.', 'This is a delivery status notification from mx.example.net.\n\nUNDELIVERABLE MAIL\n\nYour message to the following recipients cannot be delivered:\n\n<gone@example.net>:\n    mx.example.net [192.0.2.1]:\n>>> RCPT TO:<gone@example.net>\n<<< 550 User unknown.'],
    ['a list manager', 'hard suppress', 'From: postmaster@lists.example.net\nSubject: Undelivered mail', 'An error was detected while processing the enclosed message.\n\n--> Error description:\n\nError-for:  gone@example.net\nError-Text: The user does not exist.'],
    ['a gateway about spam', 'spam fail', 'From: Mail Gateway <postmaster@gw.example.net>\nSubject: Message blocked', 'Your message to gone@example.net was rejected: it looks like spam. The mailbox exists.'],
    ['a gateway about size', 'content fail', 'From: postmaster@gw.example.net\nSubject: Mail delivery failed', 'Your mail to gone@example.net could not be delivered: message size exceeds the fixed limit of 10 MB.'],
    ['a gateway about a virus', 'content fail', 'From: postmaster@gw.example.net\nSubject: Delivery failed', 'Your mail to gone@example.net was not delivered: a virus was found in it.'],
    ['Dovecot', 'quota fail', 'From: Mail Delivery Subsystem <postmaster@example.net>\nSubject: Rejected: Hello\nAuto-Submitted: auto-replied (rejected)', 'Your message to <gone@example.net> was automatically rejected:\nQuota exceeded (mailbox for user is full)'],
    ['nobody', 'hard suppress', 'From: <>\nSubject: Your mail\nAuto-Submitted: auto-replied', 'You wrote to gone@example.net. That is not a valid user here, so it could not be delivered.'],
    ['after days', 'network retry', daemon, 'The message could not be delivered for 5 days, giving up.\n\n<gone@example.net>: connect to mx.example.net[192.0.2.1]:25: 421 4.4.2 Connection timed out'],
    ['without a reason', 'soft fail', daemon, 'Your message could not be delivered to gone@example.net.'],
  ] // biome-ignore format: a table
  for (const [name, expected, fields, body] of cases) assert.equal(await short(fields, body), expected, name)
})

test('in the languages of mail systems too', async () => {
  const cases: [expected: string, subject: string, body: string][] = [
    ['hard suppress', 'Unzustellbar: Angebot', 'Ihre Nachricht an gone@example.net konnte nicht zugestellt werden.\n\nDer Empfänger ist unbekannt.'],
    ['quota fail', 'Nachricht nicht zugestellt', 'Fehler bei der Zustellung an gone@example.net:\nDas Postfach ist voll.'],
    ['content fail', 'Zustellung fehlgeschlagen', 'gone@example.net: Die Nachricht ist zu groß.'],
    ['hard suppress', 'Non remis : Offre', "Votre message n'a pas pu être remis à gone@example.net.\n\nL'adresse n'existe pas."],
    ['quota fail', 'Échec de la remise', 'gone@example.net : la boîte aux lettres est pleine.'],
    ['hard suppress', 'No se puede entregar: Oferta', 'No se pudo entregar el mensaje a gone@example.net.\n\nEl usuario no existe.'],
    ['quota fail', 'Mensaje no entregado', 'El buzón de gone@example.net está lleno.'],
    ['hard suppress', 'Não entregue: Oferta', 'A mensagem para gone@example.net não foi entregue: usuário desconhecido.'],
    ['hard suppress', 'Non recapitabile: Offerta', 'Impossibile consegnare il messaggio a gone@example.net: utente sconosciuto.'],
    ['quota fail', 'Mancata consegna', 'La casella di gone@example.net è piena.'],
    ['hard suppress', 'Onbestelbaar: Aanbod', 'Uw bericht aan gone@example.net is niet bezorgd. De ontvanger bestaat niet.'],
    ['hard suppress', 'Olevererbart: Erbjudande', 'Meddelandet till gone@example.net kunde inte levereras. Mottagaren finns inte.'],
    ['hard suppress', 'Ikke leveret', 'Din meddelelse til gone@example.net kunne ikke leveres: modtageren findes ikke.'],
    ['hard suppress', 'Viestiä ei voitu toimittaa', 'gone@example.net: vastaanottajaa ei löydy.'],
    ['hard suppress', 'Niedostarczone: Oferta', 'Nie można dostarczyć wiadomości do gone@example.net. Użytkownik nie istnieje.'],
    ['hard suppress', 'Zpráva nedoručena', 'Zprávu pro gone@example.net nelze doručit: uživatel neexistuje.'],
    ['hard suppress', 'Недоставленное сообщение', 'Ваше письмо для gone@example.net не может быть доставлено.\n\nТакой пользователь не найден.'],
    ['quota fail', 'Письмо не доставлено', 'Почтовый ящик gone@example.net переполнен.'],
    ['hard suppress', 'İletilemedi', 'gone@example.net: kullanıcı bulunamadı.'],
    ['hard suppress', '配信エラーのお知らせ', 'gone@example.net へのメールは配信できませんでした。\n宛先のメールアドレスが存在しません。'],
    ['quota fail', '配信不能', 'gone@example.net のメールボックスがいっぱいです。'],
    ['hard suppress', '系统退信', '您发送到 gone@example.net 的邮件被退回。\n收件人邮箱不存在。'],
    ['quota fail', '退信通知', 'gone@example.net：邮箱空间不足。'],
    ['spam fail', '退信通知', 'gone@example.net：您的邮件被识别为垃圾邮件，投递失败。'],
    ['hard suppress', '메일 전송 실패', 'gone@example.net: 존재하지 않는 사용자입니다. 사용자가 존재하지 않습니다.'],
  ] // biome-ignore format: a table
  for (const [expected, subject, body] of cases)
    assert.equal(await short(`From: postmaster@example.net\nSubject: ${subject}`, body), expected, `${subject}: ${body}`)
})

test('delays, absence notes, receipts, challenges and thanks are no failures', async () => {
  const cases: [name: string, fields: string, body: string][] = [
    ['Exim warns', 'From: Mail Delivery System <Mailer-Daemon@mx.example.net>\nSubject: Warning: message 1abCde-0001 delayed 24 hours\nAuto-Submitted: auto-replied', 'A message that you sent has not yet been delivered to one or more of its recipients after more than 24 hours.\n\n  gone@example.net\n    host mx.example.net: 451 4.7.1 Try again later\n\nNo action is required on your part. Delivery attempts will continue for some time.'],
    ['Sendmail warns', 'From: Mail Delivery Subsystem <MAILER-DAEMON@mx.example.net>\nSubject: Warning: could not send message for past 4 hours', '    **********************************************\n    **      THIS IS A WARNING MESSAGE ONLY      **\n    **  YOU DO NOT NEED TO RESEND YOUR MESSAGE  **\n    **********************************************\n\n<gone@example.net>... Deferred: Connection timed out\nWarning: message still undelivered after 4 hours\nWill keep trying until message is 5 days old'],
    ['Gmail warns', 'From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\nSubject: Delivery Status Notification (Delay)', 'There was a temporary problem delivering your message to gone@example.net. Gmail will retry for 46 more hours.'],
    ['German delay', 'From: postmaster@example.net\nSubject: Verzögerte Zustellung', 'Ihre Nachricht an gone@example.net konnte noch nicht zugestellt werden. Es wird weiterhin versucht.'],
    ['out of office', 'From: Ann <gone@example.net>\nSubject: Automatic reply: Hello\nAuto-Submitted: auto-replied', 'I am out of the office and cannot be reached. Mail that is urgent could not be delivered to me; call 550 1234.'],
    ['vacation', 'From: Ann <gone@example.net>\nSubject: Out of office\nAuto-Submitted: auto-replied', 'Back on 5 January. If my mailbox is full, user unknown or not, try again.'],
    ['Abwesenheit', 'From: Ann <gone@example.net>\nSubject: Abwesenheitsnotiz: Angebot', 'Ich bin im Urlaub. Ihre Nachricht konnte nicht gelesen werden und wird nicht weitergeleitet.'],
    ['不在', 'From: Ann <gone@example.net>\nSubject: 不在通知', '休暇中です。'],
    ['left the company', 'From: Ann <gone@example.net>\nSubject: Automatic reply: Hello\nAuto-Submitted: auto-replied', 'I no longer work here. This mailbox is no longer active, the user does not exist any more.'],
    ['challenge', 'From: guard@example.net\nSubject: Please confirm your message\nAuto-Submitted: auto-replied', 'Your message to gone@example.net has not been delivered. Click here to confirm that you are a person.'],
    ['receipt', 'From: Ann <gone@example.net>\nSubject: Read: Hello\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b', '--b\nContent-Type: text/plain\n\nYour message was read.\n--b\nContent-Type: message/disposition-notification\n\nFinal-Recipient: rfc822;gone@example.net\nDisposition: manual-action/MDN-sent-manually; displayed\n--b--'],
    ['ticket', 'From: support@example.net\nSubject: [#4711] We have got your mail\nAuto-Submitted: auto-generated', 'Thank you. We answer within 550 minutes. Do not reply to this mail.'],
    ['a person', 'From: Ann <gone@example.net>\nSubject: Re: Hello', 'Your last mail said "user unknown". Did mine arrive?'],
    ['delivered', 'From: postmaster@example.net\nSubject: Delivery Status Notification (Success)', 'Your message was delivered to gone@example.net.'],
  ] // biome-ignore format: a table
  for (const [name, fields, body] of cases) assert.equal(await short(fields, body), 'none', name)
})

test('a report whose fields say nothing is read by its words, and one inside another mail too', async () => {
  const report = (status: string, diagnostic: string, words: string) =>
    `--b\nContent-Type: text/plain\n\n${words}\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.net\n\nFinal-Recipient: rfc822; gone@example.net\nAction: failed\nStatus: ${status}\n${diagnostic ? `Diagnostic-Code: smtp; ${diagnostic}\n` : ''}--b--`
  const fields =
    'From: postmaster@example.net\nSubject: Failure\nContent-Type: multipart/report; report-type=delivery-status; boundary=b'
  assert.equal(await short(fields, report('5.0.0', '', 'gone@example.net: mailbox is full')), 'quota fail')
  assert.equal(await short(fields, report('5.0.0', '550 rejected', 'gone@example.net: no such user here')), 'hard suppress')
  assert.equal(await short(fields, report('5.0.0', '', 'gone@example.net')), 'policy fail')
  assert.equal(await short(fields, report('5.7.1', '550 5.7.1 refused by policy', 'no such user')), 'policy fail')
  assert.equal(await short(fields, report('5.1.1', '', 'spam')), 'hard suppress')
  const inner = `From: x@y.example\nSubject: Failure\nContent-Type: multipart/report; boundary=b\n\n${report('5.1.1', '', 'gone')}`
  const outer =
    'From: postmaster@example.net\nSubject: Delivery Status Notification (Failure)\nContent-Type: multipart/mixed; boundary=o'
  assert.equal(await short(outer, `--o\nContent-Type: message/rfc822\n\n${inner}\n--o--`), 'hard suppress')
})

test('what is kept of a bounce is the reply, and words of the copy count for nothing', async () => {
  const failure = await read(
    daemon,
    `<gone@example.net>: host mx.example.net said: 550 5.7.1 Not today, policy\n(in reply to RCPT TO)${copy}`,
  )
  assert.equal(failure?.code, 550)
  assert.match(failure?.reply ?? '', /^550 5\.7\.1 Not today, policy/)
  assert.equal(failure?.verdict.action, 'fail')
})

test('hostile notices end at once', { timeout: 20_000 }, async () => {
  for (const unit of [
    '550 ',
    '550-5.1.1 ',
    'gone@example.net ',
    '\n550',
    '5.',
    '<',
    '\n\n',
    ' could not be ',
    'a '.repeat(50),
    '\n  gone@example.net',
  ])
    await read(daemon, unit.repeat(Math.ceil(70_000 / unit.length)))
})
