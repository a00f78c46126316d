/**
 * The words by which mail programs mark older mail, forwarded mail and signatures, in the languages their users have. Every
 * pattern is anchored or a plain alternation over a line of bounded length, so none can run away.
 */

/** Verbs of attribution lines: "On …, … wrote:". With a date or an address and a colon at the end, they name a quote. */
export const wrote = new RegExp(
  [
    '\\bwrote\\b|\\bwrites\\b|\\bsaid\\b|\\bsent:|\\bschrieb(?:en)?\\b|\\bgeschrieben\\b|a écrit|a ecrit|écrivait|nous a dit|escribió|escribio|va escriure|ha scritto|scrisse|escreveu|\\bschreef\\b|geschreven',
    '\\bskrev\\b|skrifaði|napisał|\\bpisze\\b|napsal|napísal|napisao|napisala|napisali|je napisal|\\bpiše\\b|написал|пишет|пише|написав|написа|напісаў|написао',
    'kirjoitti|kirjutas|yazdı|şunu yazdı|írta\\b|\\ba scris|έγραψε|viết|menulis|telah menulis|rašė|rakstīja|isinulat|ameandika|het geskryf|idatzi du|escribiu|ysgrifennodd',
    'เขียนว่า|เขียน:|写道|寫道|提到|のメール|さんは書きました|書き込みました|さんのメッセージ|님이 작성|작성:|쓴 글|כתב|كتب|نوشت|تمت كتابة|ने लिखा|লিখেছেন|எழுதியது|رقم',
  ].join('|'),
  'iu',
)

/** How such a paragraph begins where mail programs wrap it over several lines. */
export const attributionStart =
  /^[\s>*_"«-]*(?:On|At|Am|Le|El|Il|Em|A|Op|Den|På|W dniu|Dnia|Dne|Dňa|V|U|Pe|În data|Pada|Vào|Στις|Την|В|На|У|În|Noong|Kuupäev|In a message|Quoting|Zitat von|ב|בתאריך|في|در|ในวันที่|在|於|pon\.|wt\.|śr\.|czw\.|pt\.|sob\.|niedz\.|пн|вт|ср|чт|пт|сб|вс|нд|\d{1,4}[-/.年년\s]|\p{L}{2,4}\.? \d{1,2}\.)[\s,.\d]*/iu

/** Heads of older mail that name nobody: "-----Original Message-----" and its kin. */
const originalWords = [
  'original (?:message|appointment|e?-?mail)|reply message|previous message|quoted message|reply above|message from .{1,60}',
  'ursprüngliche (?:nachricht|mail|e-mail)|original[- ]?(?:nachricht|mail)|antwort[- ]?nachricht|originaler termin|ursprünglicher termin',
  "message d['’]origine|message original|message initial|mensaje original|correo original|messaggio originale|messaggio iniziale|mensagem original|missatge original|mensaxe orixinal",
  'oorspronkelijk bericht|origineel bericht|oprindelig (?:meddelelse|besked|mail)|original besked|opprinnelig melding|originalmelding|ursprungligt meddelande|originalmeddelande|ursprungligt mail',
  'alkuperäinen viesti|algne kiri|algsõnum|oryginalna wiadomość|wiadomość oryginalna|wiadomość pierwotna|původní (?:zpráva|e-mail)|pôvodná správa|eredeti üzenet|mesaj original|mesajul original|izvorna poruka|originalna poruka|izvirno sporočilo|pirminis pranešimas|sākotnējais ziņojums',
  'or[iİ]j[iİ]nal (?:[iİ]leti|mesaj|posta)|özgün [iİ]leti|исходное сообщение|оригинальное сообщение|первоначальное сообщение|вихідне повідомлення|оригінальне повідомлення|оригинално съобщение|оригинална порука|αρχικό μήνυμα|αρχικό μήνυμα',
  'הודעה מקורית|الرسالة الأصلية|رسالة أصلية|پیام اصلی|मूल संदेश|ข้อความต้นฉบับ|ข้อความเดิม|thư gốc|tin nhắn gốc|pesan asli|pesan awal|mesej asal',
  '原始邮件|原始郵件|原邮件|原始消息|原始訊息|回复的原邮件|元のメッセージ|オリジナルメッセージ|원본 메시지|원본 메일|원본메시지',
].join('|')

export const originalMessage = new RegExp(
  `^[\\s>*_]*(?:[-_=*\\u2010-\\u2015]{2,}\\s*(?:${originalWords})\\s*[-_=*\\u2010-\\u2015]*|\\*?(?:original message|ursprüngliche nachricht|message d['’]origine|mensaje original)\\*?)[\\s*_:]*$`,
  'iu',
)

/** Tickets ask for the answer above such a line; what is below it comes from the ticket. */
export const replyAbove =
  /^[\s>]*(?:##+-.{5,200}-##+|[-=#*_~<>\s\u2010-\u2015]{0,80}(?:please )?(?:type|write|enter|add|reply|respond|answer|send)\b.{0,60}\babove th(?:is|e) (?:line|text|message|email|dotted line)\b.{0,40}|[-=#*_~\s\u2010-\u2015]{2,80}(?:bitte )?(?:antworten sie |ihre antwort |schreiben sie |antwort )?.{0,60}(?:oberhalb|über) (?:von )?dieser (?:linie|zeile)\b.{0,60}|[-=#*_~\s\u2010-\u2015]{2,80}.{0,60}(?:au-dessus de cette ligne|por encima de esta l[ií]nea|encima de esta l[ií]nea|acima d(?:esta|a) linha|sopra (?:a )?questa riga|boven deze (?:lijn|regel)|over denne linj[ae]n?|ovanför (?:den här|denna) (?:linjen|raden)|tämän (?:rivin|viivan) yläpuolelle|powyżej tej linii|nad tento řádek|nad tuto čáru|выше этой (?:линии|строки|черты)|bu satırın üst(?:üne|ünde)|この行より上|この線より上|此行以上|此线之上|이 줄 위에|이 선 위에).{0,60})\s*$/iu

/** Heads of what is passed on: from such a line on, it is what the mail is about. */
const forwardWords = [
  'forwarded (?:message|mail|email|by .{1,100})|begin forwarded message|forwarded message(?: follows)?|start of forwarded message',
  'weitergeleitete (?:nachricht|mail|e-mail)|anfang der weitergeleiteten (?:nachricht|e-mail|mail)|weitergeleitet von .{1,100}|message (?:transféré|réexpédié)|message transmis|début du (?:message|courriel) (?:transféré|réexpédié)|mensaje reenviado|inicio del mensaje reenviado|mensagem (?:encaminhada|reencaminhada)|início da mensagem (?:encaminhada|reencaminhada)',
  'messaggio inoltrato|inizio messaggio inoltrato|doorgestuurd bericht|begin doorgestuurd bericht|videresendt (?:besked|meddelelse|melding)|videresendt melding|start på videresendt (?:besked|melding)|vidarebefordrat (?:meddelande|mail|brev)|vidarebefordrat brev|välitetty viesti|välitetyn viestin alku|alla on välitetty viesti',
  'wiadomość przekazana(?: dalej)?|przekazana wiadomość|początek przekazywanej wiadomości|przeposlaná zpráva|přeposlaná zpráva|začátek přeposílané zprávy|preposlaná správa|továbbított (?:üzenet|levél)|mesaj (?:redirecționat|redirectionat)|proslijeđena poruka|prosleđena poruka|posredovano sporočilo|edastatud kiri|persiųstas laiškas|pārsūtīta vēstule|missatge reenviat',
  'пересылаемое (?:сообщение|письмо)|перенаправленное сообщение|начало (?:пересылаемого|переадресованного) сообщения|переслане повідомлення|препратено съобщение|прослеђена порука|προωθημένο μήνυμα|[iİ]letilen (?:mesaj|[iİ]leti)|yönlendirilen [iİ]leti|[iİ]letinin başlangıcı',
  'הודעה שהועברה|رسالة تمت إعادة توجيهها|رسالة معاد توجيهها|الرسالة المعاد توجيهها|پیام هدایت شده|अग्रेषित संदेश|ข้อความที่ถูกส่งต่อ|thư đã chuyển tiếp|tin nhắn được chuyển tiếp|pesan (?:terusan|yang diteruskan)|pesan terusan',
  '转发的邮件|转发邮件|轉寄的郵件|轉寄郵件|以下是转发的邮件|開始轉寄郵件|転送メッセージ|転送された(?:メッセージ|メール)|전달된 메시지|전달된 메일|전달한 메시지',
].join('|')

export const forwardMarker = new RegExp(
  `^[\\s>*_]*(?:[-_=*\\u2010-\\u2015]{2,}\\s*(?:${forwardWords})\\s*[:：]?\\s*[-_=*\\u2010-\\u2015]*|(?:${forwardWords})\\s*[:：])[\\s*_]*$`,
  'iu',
)

/** Subjects of forwarded mail: there the older mail is what the message is about. */
export const forwardedSubject =
  /^\s*(?:\[[^\]]{1,50}\]\s*)?(?:fwd?|fw|wg|tr|rv|enc|i|vl|vb|doorst|pd|videres|välitt|továbbítás|tov|ilt|i̇lt|trs|πρθ|пересл|пер|转发|轉寄|転送|전달|fs|fyi)\s?[:：]/iu

/** Answer in Finnish (vastaus), forward in Danish and Norwegian (videresendt). */
export const vsSubject = /^\s*(?:\[[^\]]{1,50}\]\s*)?vs\s?[:：]/i

/** Subjects of answers, for the mail whose thread headers were lost on the way. */
export const replySubject =
  /^\s*(?:\[[^\]]{1,50}\]\s*)?(?:re|aw|antw|sv|vs|odp|ynt|ref|rif|res|resp|bls|r|vá|atb|απ|σχετ|на|отв|回复|回覆|答复|答覆|返信|답장|회신)(?:\s?[[(]?\d{1,3}[\])]?)?\s?[:：]/iu

/**
 * Field names of the header blocks that mail programs put above older mail, lower case. `sent` are words that only mail has.
 */
export const fieldNames = {
  from: 'from|von|de|da|van|fra|från|od|od kogo|nadawca|lähettäjä|saatja|feladó|kimden|gönderen|από|от|від|от кого|від кого|מאת|من|از|प्रेषक|จาก|từ|dari|de la|no|nuo|frá|expéditeur|remitente|mittente|remetente|afsender|avsender|avsändare|absender|发件人|寄件者|寄件人|差出人|送信者|送信元|보낸사람',
  sent: 'sent|sent at|gesendet|gesendet am|envoyé|envoyé le|envoyée le|date d[\'’]envoi|enviado|enviado el|enviado em|enviada em|enviado a las|inviato|inviato il|data invio|verzonden|verzonden op|sendt|skickat|skickades|wysłano|wysłane|odesláno|odoslané|odoslaná|lähetetty|saadetud|küldve|elküldve|gönderildi|gönderilme tarihi|gönderme tarihi|tarih|εστάλη|στάλθηκε|отправлено|надіслано|изпратено|послато|poslano|poslao|trimis|expediat|išsiųsta|nosūtīts|sent|dikirim|đã gửi|ส่ง|ส่งเมื่อ|भेजा गया|נשלח|تاريخ الإرسال|أرسلت|تم الإرسال|تاریخ ارسال|发送时间|发送日期|寄件日期|傳送時間|寄送時間|送信日時|보낸날짜|보낸시간|message du',
  date: 'date|datum|fecha|data|dato|dátum|datum a čas|päiväys|päivämäärä|pvm|kuupäev|ημερομηνία|дата|date & time|tanggal|ngày|วันที่|दिनांक|תאריך|التاريخ|تاريخ|تاریخ|日期|时间|時間|日時|日付|날짜',
  to: 'to|an|à|a|para|aan|til|till|do|komu|adresat|vastaanottaja|kellele|címzett|kime|alıcı|προς|кому|получатель|до|אל|إلى|الى|به|प्राप्तकर्ता|ถึง|đến|tới|kepada|către|catre|za|prima|kam|gavėjas|destinataire|destinatario|destinatari|destinatário|modtager|mottaker|mottagare|empfänger|收件人|收件者|宛先|받는사람',
  cc: 'cc|bcc|kopie|kopie an|kopi|kopia|kopio|copie|copie à|copia|cópia|másolat|másolatot kap|copia carbon|копия|копія|копие|κοιν|κοινοποίηση|bilgi|עותק|نسخة|抄送|副本|副本抄送|참조|reply-to|antwort an|répondre à|responder a|rispondi a|importance|priority|wichtigkeit|priorität|organisation|organization',
  subject: 'subject|betreff|betr|objet|sujet|asunto|assunto|oggetto|onderwerp|emne|ämne|efni|temat|předmět|predmet|zadeva|teema|aihe|tárgy|konu|θέμα|тема|относно|предмет|subiect|tema|tēma|perihal|subjek|chủ đề|tiêu đề|เรื่อง|विषय|נושא|الموضوع|موضوع|主题|主旨|主題|件名|제목',
} as const // biome-ignore format: one table

/** What has to be taken away before "Sent from my iPhone" and its kin are looked for at the end of a text. */
export const sentFrom = new RegExp(
  [
    'sent (?:from|via|using|with|by) (?:my(?: [^\\s,.]+){1,5}|my .{1,40}(?:excuse|typo|brevity|forgive|pardon).{0,60}|(?:outlook|gmail|yahoo|proton|samsung|iphone|ipad|ipod|android|blackberry|windows|mail for|mailbox|airmail|mobile|galaxy|spark|superhuman|hey|typeapp|bluemail|acompli|nine|k-9|fairemail|thunderbird|the all|tutanota|zoho|canary|edison|em client).{0,60})',
    'sent (?:from|via) (?:an? )?(?:phone|mobile(?: device)?|tablet|handheld|smartphone)',
    'from my (?:iphone|ipad|android|mobile|phone).{0,30}',
    '(?:get|download) (?:the )?(?:outlook|bluemail|boxer|spark|edison|yahoo mail|aol mail|my?mail) .{0,60}',
    'gesendet (?:von|mit|aus|über|vom) .{1,90}|von (?:meinem|meiner) .{1,60} gesendet|diese (?:nachricht|e-?mail|mail) wurde (?:von|mit|über) .{1,80} (?:gesendet|verschickt|versandt)(?:, .{1,60})?|mit .{1,40} gesendet|von unterwegs gesendet',
    'envoyé (?:de|depuis|à partir de|avec|par) .{1,90}|envoyé à partir .{1,80}|provenance\\s?: .{1,80}|télécharge[zr] .{0,20}outlook .{1,60}',
    'enviado (?:desde|do|da|a partir|pelo|con|com|via|por) .{1,90}|enviat (?:des de|amb) .{1,60}',
    'inviato (?:da|dal|dalla|con|tramite) ?.{1,90}|inviata da .{1,60}',
    '(?:verzonden|verstuurd) (?:vanaf|vanuit|met|via|van|door) .{1,90}|(?:skickat|sänt) (?:från|med|via) .{1,90}|sendt (?:fra|med|via) .{1,90}',
    'lähetetty .{1,60}|saadetud minu .{1,60}|sent úr .{1,60}|sent úr .{1,60}',
    '(?:wysłan[eoyai]|nadano) (?:z|przy|za) .{1,80}|odesláno (?:z|ze|pomocí|přes) .{1,80}|odoslan[éoá] (?:z|zo|pomocou) .{1,80}|küldve .{1,60}|elküldve .{1,60}|.{1,40} küldve|.{1,30}-?(?:ról|ről) küldve|poslano (?:s|sa|z|iz) .{1,60}|trimis (?:de pe|din|cu) .{1,60}|išsiųsta iš .{1,60}|nosūtīts no .{1,60}',
    '(?:отправлено (?:с|из|от|через)|надіслано (?:з|із|через)|изпратено от|послато са|посланo з) .{1,80}',
    'στάλθηκε από .{1,60}|εστάλη από .{1,60}',
    '.{1,60}(?:gönderildi|から送信|から送信されました|にて送信)|.{1,40}(?:ile|dan|den) gönderildi',
    '(?:[发發]自我?的?|从我的|從我的|來自我的|由我的).{1,40}(?:发送|傳送|发出|寄出)?|[发發]自 ?(?:outlook|iphone|ipad|android|网易|qq|小米|华为).{0,40}',
    '나의 .{1,30}에서 보냄|.{1,30}에서 (?:보냄|보낸 메일|발송됨)|내 .{1,30}에서 전송',
    'נשלח מ.{1,50}|(?:أ\\S{0,3}رسلت|تم الإرسال|مرسل|أرسل) من .{1,50}|ارسال شده از .{1,50}|ارسال از .{1,50}|मेरे .{1,30} से भेजा गया|ส่งจาก .{1,50}|(?:đã )?gửi từ .{1,50}|(?:dikirim|terkirim) dari .{1,50}|dihantar daripada .{1,50}',
    // Outlook's line in any language: the short link is its own.
    '.{0,80}\\boutlook\\b.{0,40}<?\\[?https?://aka\\.ms/\\S{1,40}|(?:hol dir |holen sie sich |laden sie )?outlook (?:für|for|pour|para|per|voor|för|til|til|dla|pro|для|на) (?:ios|android|mac)(?: (?:herunterladen|beziehen|downloaden|holen|を入手|を取得|を入手する))?|.{0,12}(?:obtenir|obtenez|obtener|obtén|ottieni|scarica|obter|obtenha|baixar|hämta|hent|få|skaff deg|last ned|hanki|lataa|pobierz|získejte|získať|stáhnout|iegūt|скачать|получить|завантажити|获取|取得|下载|下載|λήψη του|descargar|descarregar) .{0,20}outlook .{0,40}|.{0,30}outlook.{0,12}(?:edinin|indirin|を入手|다운로드|받기|beszerzése|letöltése)',
  ]
    .map(words => `(?:${words})`)
    .join('|')
    .replace(/^/, '^[\\s<>()\\[*_\\u200e\\u200f\\u202a-\\u202e]*(?:')
    .concat(')[\\s<>()\\]*_.!\\u200e\\u200f\\u202a-\\u202e]*$'),
  'iu',
)
