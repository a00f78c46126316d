/**
 * The words by which mail programs mark older mail and signatures, in the languages their users have. Every pattern is
 * anchored or a plain alternation over a line of bounded length, so none can run away.
 */

/** Verbs of attribution lines: "On …, … wrote:". With a date or an address and a colon at the end, they name a quote. */
export const wrote =
  /\bwrote\b|\bschrieb\b|a écrit|a ecrit|escribió|ha scritto|escreveu|\bschreef\b|geschreven|\bskrev\b|napisał|\bpisze\b|napsal|napísal|написал|пишет|пише|написав|kirjoitti|yazdı|şunu yazdı|\bírta\b|a scris|έγραψε|viết|menulis|เขียนว่า|写道|寫道|のメール|さんは書きました|書き込みました|님이 작성|작성:|כתב|كتب/i

/** How such a paragraph begins where mail programs wrap it over several lines. */
export const attributionStart =
  /^(?:On|Am|Le|El|Il|Em|A|Op|Den|På|W dniu|Dnia|Dne|Dňa|Pada|Vào|Στις|В|Quoting|Zitat von|pon\.|wt\.|śr\.|czw\.|pt\.|sob\.|niedz\.|пн|вт|ср|чт|пт|сб|вс|\d{1,4}[-/.年])[\s,.\d]/i

/** "-----Original Message-----" and its kin, dashes on both sides or none but alone on the line. */
export const originalMessage =
  /^[\s>*_]*-{2,}\s*(?:original (?:message|appointment|email)|reply message|ursprüngliche (?:nachricht|mail)|originalnachricht|message d['’]origine|mensaje original|messaggio originale|mensagem original|oorspronkelijk bericht|oprindelig meddelelse|original besked|opprinnelig melding|ursprungligt meddelande|originalmeddelande|alkuperäinen viesti|oryginalna wiadomość|wiadomość oryginalna|původní zpráva|eredeti üzenet|orijinal (?:ileti|mesaj)|исходное сообщение|оригинальное сообщение|原始邮件|原始郵件|原邮件|元のメッセージ|원본 메시지)\s*-{2,}[\s*_]*$/i

/** The field names of the header block Outlook and others put above the older mail. */
export const headerBlock = {
  from: /^[\s*]*(?:from|von|de|da|van|fra|från|od|lähettäjä|feladó|kimden|από|от|від|发件人|寄件者|差出人|보낸 사람)\s*\*?\s*[:：]/i,
  rest: /^[\s*]*(?:sent|date|to|cc|subject|gesendet|datum|an|betreff|envoyé|à|objet|enviado(?: el| em)?|para|asunto|assunto|fecha|data|inviato|a|oggetto|verzonden|aan|onderwerp|sendt|til|emne|skickat|till|ämne|dato|wysłano|do|temat|odesláno|komu|předmět|lähetetty|vastaanottaja|aihe|küldve|címzett|tárgy|gönderildi|tarih|kime|konu|отправлено|дата|кому|тема|发送时间|日期|收件人|抄送|主题|送信日時|日付|宛先|件名|날짜|받는 사람|제목)\s*\*?\s*[:：]/i,
}

/** "Sent from my iPhone" and its kin, alone on a line of at most 120 characters. */
export const sentFrom = new RegExp(
  [
    'sent (?:from|via|using|with) (?:my(?: \\S+){1,5}|(?:outlook|gmail|yahoo|proton|samsung|iphone|ipad|android|blackberry|mail for|spark|superhuman|hey|the all).*)',
    'get (?:outlook|bluemail|boxer) for .*',
    'gesendet (?:von|mit|aus) .*',
    'von meinem .* gesendet',
    'envoyé (?:de|depuis|à partir de) .*',
    'enviado (?:desde|do|a partir|pelo) .*',
    'inviato da(?:l|lla)? .*',
    '(?:verzonden|verstuurd|skickat|sendt) (?:vanaf|met|via|från|fra) .*',
    'lähetetty \\S+',
    '(?:wysłan[eoy]|odesláno) z .*',
    '(?:отправлено (?:с|из)|надіслано з) .*',
    '.*(?:gönderildi|から送信)',
    '(?:[发發]自我的|从我的).*',
    '나의 .*에서 보냄',
  ]
    .map(words => `^\\s*${words}\\s*$`)
    .join('|'),
  'i',
)

/** Subjects of forwarded mail: there the older mail is what the message is about. */
export const forwarded =
  /^\s*(?:\[[^\]]{1,50}\]\s*)?(?:fwd?|wg|tr|rv|enc|i|vs|vb|doorst|pd|videres|välitt|továbbítás|ilt|пересл|转发|轉寄|転送|전달)\s*[:：]/i
