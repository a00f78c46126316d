/**
 * The words around one-time codes and the links of sign-up mail, in the languages such mail is written in. Numbers count by
 * the noun that names them, so the nouns of other numbers stand here too.
 */

/** Words of Latin, Greek and Cyrillic script end where their letters end; the others are written without blanks. */
const letter = '[\\p{Script=Latin}\\p{Script=Greek}\\p{Script=Cyrillic}]'
const edge = `(?:(?<!${letter})|(?!${letter}))`
const end = `(?:(?<!${letter})|(?!${letter}))`

/** `…code` of these is no code to type in: vouchers, post codes, bookings, parcels, errors. */
const otherFirst =
  'promo|promotion|promotional|discount|coupon|gift|gift card|voucher|referral|reward|redemption|sale|offer|campaign|rabatt|gutschein|aktions|vorteils|angebots|freunde|geschenk|zip|postal|post|area|country|region|dress|error|exit|status|http|response|source|qr|bar|strich|booking|reservation|tracking|shipping|parcel|shipment|product|item|article|artikel|produkt|sku|model|sort|swift|bic|bank|branch|tax|vat|currency|airport|airline|flight|class|course|color|colour|building|fehler|länder|vorwahl|buchungs|reservierungs|sendungs|tracking|quell|zahlungs|kunden|boekings|reserverings|kortings|actie|track|trace|klant|kampanj|rabat|kampagne|order|bestell|invoice|reason|legal|civil|criminal|penal|morse|genetic|open source|hex|hexadecimal|rgb|unicode|ascii|binary|html|css|python|java|javascript|machine|return|reply|fault|diagnostic|trouble|icd|cpt|diagnosis|procedure|drug|ndc|naics|sic|hs|nato|icao|iata|train|bus|stop|station|route|platform|carrier|ticket|event|show|admission|seat|table|meter|customer|client|patient|student|employee|staff|school|exam|paper|subject|module|lesson|library|shelf|stock|fund|asset|work|activity|charge|billing|purchase|catalog|catalogue|part|serial|batch|lot|plot|farbe?|da vinci|postal pin|ifsc|hsn|isin|commodity|customs|department|project|cost|dealer|vendor|supplier|location|store|seat|gate|slevový|slevov[éá]|kedvezmény|kupon|alennus|tarjous|kampanja|tilaus|posti'
const otherAfter =
  'postale?|promo(?:tionnel|cional|zionale|cionais)?|de (?:réduction|remise|parrainage|reserva|réservation|descuento|seguimiento|suivi|producto|produit|barras|error|país|pays|rastreio|desconto|cupom|pedido|commande|cliente?)|barre|barres|fiscale|sconto|prenotazione|cliente|articolo|prodotto|ordine|tributo|IBAN|avviamento postale|pocztowy|rabatowy|promocyjny|kreskowy|poștal|postal|of conduct|of practice|review|base|name|red|blue|yellow|snippet|block|freeze'

/** Names of other numbers. */
const otherNouns = [
  '(?:purchase order|order|invoice|receipt|booking|reservation|ticket|case|incident|reference|ref|tracking|shipment|parcel|flight|train|seat|room|gate|apartment|apt|suite|version|build|release|issue|bug|pull request|pr|p\\.?o\\.? box|route|highway|docket|quote|estimate|itinerary|record locator|locator|pnr|rma|imei|isbn|ean|upc|sku|asin|iban|swift|bic|visa|mastercard|amex|cheque|zip|post(?:al)?|transaction|payment)(?:\\s?-?\\s?(?:no\\.?|nr\\.?|num(?:ber)?s?|ids?|#|ref(?:erence)?))?',
  '(?:customer|client|member(?:ship)?|policy|claim|contract|account|serial|model|part|item|product|article|bus|unit|floor|building|house|batch|job|process|page|chapter|lot|licen[cs]e|vat|tax|registration|passport|employee|student|patient|file|document|project|meeting|conference|webinar|extension|request|confirmation|return|warranty|mac|routing|card|check|loan|meter|subscription|campaign|asset|device|user|player|team|message|event|session|correlation|trace|query|row|record|commit|ip|port|reservation|support|case|bank)\\s?-?\\s?(?:no\\.?|nr\\.?|num(?:ber)?s?|ids?|#|ref(?:erence)?)',
  '(?:ending|ends)(?: in| with)?|last (?:four|4|two|six)(?: digits)?|endet auf|endend auf|mit der endung|se terminant par|finissant par|terminad[ao] en|que termina en|terminante con|che termina con|terminad[ao] em|final|eindigend op|som slutar på|kończąc\\p{L}{1,4} się na|заканчивающ\\p{L}{1,5} на|оканчивающ\\p{L}{1,5} на|尾号|末尾|下4桁|下四桁|끝자리',
  '(?:sent|texted|emailed|mailed|delivered) (?:it )?to|gesendet an|geschickt an|envoyé(?:e)? (?:à|au)|enviado a[lo]?|inviato a[l]?|verzonden naar|отправлен\\p{L}{0,2} на',
  '(?:tele)?phone|tel|telefon|téléphone|teléfono|telefono|telefone|telefoon|mobile|mobil|handy|cell|fax|call(?: us)?|hotline|whatsapp|sms to|text us at|телефон|тел|факс|電話|电话|传真|전화|팩스|هاتف|טלפון|टेलीफोन|โทร',
  'total|subtotal|amount|price|sum|balance|saldo|betrag|summe|gesamt|preis|montant|prix|importe|precio|totale|importo|prezzo|valor|bedrag|prijs|belopp|beløb|summa|kwota|cena|částka|összeg|сумма|цена|итого|баланс|tutar|fiyat|金额|价格|合計|金額|금액|합계|المبلغ|السعر',
  '(?:copyright|©|since|seit|depuis|desde|dal|sinds|est\\.|established|founded|gegründet|year|jahr|année|año|anno|ano|jaar|год|年份)',
  '(?:width|height|size|größe|taille|talla|weight|gewicht|poids|peso|distance|mileage|population|score|rank|level|points?|punkte|steps|calories|votes|views|followers|likes|items|users|people|capacity|temperature|altitude|dpi|resolution|hex|colou?r|farbe|pantone|ral)',
  '(?:street|str|straße|strasse|avenue|ave|road|rd|boulevard|blvd|lane|platz|weg|allee|rue|calle|via|straat|gatan|ulica|ul|улица|ул|postfach|b\\.?p\\.?|apartado|casella)',
  '\\p{L}{0,30}(?:nummer|nummern|nr|numero|numeron|numer|číslo|číslem|szám|száma|numarası|numaranız|numaraniz|номер|номером|αριθμός)',
  "(?:numéro|número|numero|numărul|numer|nombor|nomor|số|n°|nº|№|no\\.|nr\\.|ref\\.|réf\\.?|référence|referencia|riferimento|referência|referentie|referens|numero d[’']ordine)(?: (?:de|di|du|da|do|d')? ?\\p{L}{2,15})?",
  'bestellung|auftrag|rechnung|vorgang|fall|kunden-?id|vertrag|konto|zimmer|flug|zug|gleis|wagen|sitz|plz|postleitzahl|bankleitzahl|blz|commande|facture|dossier|colis|vol|chambre|pedido|factura|reserva|vuelo|envío|localizador|habitación|ordine|fattura|prenotazione|volo|camera|encomenda|fatura|voo|cep|cap|bestelling|factuur|boeking|pakket|vlucht|beställning|faktura|bokning|ordre|bestilling|tilaus|lasku|varaus|zamówieni\\p{L}{1,3}|faktur\\p{L}{1,2}|przesyłk\\p{L}{1,2}|paczk\\p{L}{1,2}|objednávk\\p{L}{1,2}|faktúr\\p{L}{1,2}|zásilk\\p{L}{1,2}|psč|rendelés\\p{L}{0,3}|számla|irányítószám|comanda|comenzii|factur\\p{L}{1,2}|sipariş\\p{L}{0,5}|kargo|uçuş|заказ\\p{L}{0,2}|счёт|счет|накладн\\p{L}{1,3}|трек|индекс|посылк\\p{L}{1,2}|рейс|бронировани\\p{L}{1,2}|замовлення|рахунок|індекс|παραγγελία\\p{L}{0,2}|παραγγελίας|τιμολόγιο|pesanan|faktur|đơn hàng|hóa đơn|vận đơn',
  '订单号?|訂單|单号|運單|运单|快递单?|快遞|发票|邮编|邮政编码|郵遞區號|客服|会员号|航班|房间|预订号?|流水号|编号|工号|番号|注文番号|予約番号|注文|予約|伝票|追跡番号|会員番号|お客様番号|請求書|郵便番号|便名|部屋|号室|주문 ?번호|주문|운송장(?: ?번호)?|예약 ?번호|예약|송장|우편 ?번호|고객 ?번호|회원 ?번호|번호|טלפון|הזמנה|חשבונית|מיקוד|מספר|طلب|الطلب|فاتورة|الفاتورة|شحنة|حجز|الرمز البريدي|رقم (?!التحقق|التأكيد|سري)|سفارش|کد پستی|کد تخفیف|شماره|ऑर्डर|बुकिंग|चालान|पिन ?कोड|รหัสไปรษณีย์|หมายเลข|คำสั่งซื้อ|เลขที่|mã (?:bưu điện|bưu chính|giảm giá|đơn hàng|vận đơn|đặt chỗ|khuyến mãi)|kode (?:pos|promo|booking|voucher|diskon|resi|pesanan)',
  '优惠[码券]|折扣码|兑换码|邀请码|推荐码|优惠代码|クーポン(?:コード)?|商品コード|紹介コード|プロモーションコード|割引コード|쿠폰(?: ?코드)?|할인 ?코드|추천 ?코드|상품 ?코드|промокод\\p{L}{0,2}|почтовый код|код (?:товара|скидки|города|страны|ошибки)|кодекс\\p{L}{0,2}|posta kodu|[iİ]ndirim kodu|ürün kodu|kupon kodu|hata kodu|ταχυδρομικός κώδικας|εκπτωτικός κωδικός|كود (?:الخصم|خصم)|رمز (?:الخصم|القسيمة|الخطأ|المنطقة)|קוד קופון|कूपन कोड|कूपन',
].join('|')

/** What a code is for; before or after the noun it makes it one beyond doubt. */
const purpose =
  'verification|verify|verifying|security|log-?\\s?in|sign-?\\s?in|sign-?\\s?up|login|signin|access|confirmation|authentication|authenticator|authorization|authorisation|activation|one[- ]time|onetime|single[- ]use|temporary|two[- ]factor|2[- ]?step|two[- ]step|2fa|mfa|guard|unlock|recovery|reset|registration|device|pairing|magic|validation|identity|entry|email|e-mail|account|otp|sms'

/** Names of one-time codes beyond doubt. */
const strongNouns = [
  `(?:(?:${purpose})\\s){1,3}(?:codes?|pin(?: code)?|passcode|password|token|key|otp)`,
  `(?:code|pin|passcode|password|token) (?:to|for) (?:your )?(?:verify|verification|confirm|sign|log|login|access|activate|reset|authenticat\\p{L}{1,4})`,
  '(?:ihre|deine|die|eine|neue) tan|otp(?: code| pin)?|o\\.t\\.p\\.|passcode|totp|m-?tan|sms-?tan|push-?tan|one[- ]time (?:code|password|pin|passcode)|2fa',
  '(?:verification|verify|verifizierung|verificación|verificação|vérification|verifica)(?=\\s?[:：#])',
  '(?:bestätigungs|sicherheits|einmal|zugangs|aktivierungs|anmelde|login|verifizierungs|verifikations|freischalt|prüf|authentifizierungs|registrierungs|zugriffs|einladungs|2fa|sms|verificatie|inlog|bevestigings|beveiligings|toegangs|activerings|aanmeld|eenmalige |verifierings|bekräftelse|engångs|säkerhets|inloggnings|aktiverings|verifiserings|bekreftelses|engangs|sikkerheds|sikkerhets|bekræftelses|godkendelses|påloggings|vahvistus|varmistus|kertakäyttö|kirjautumis|turva|todennus|aktivointi|megerősítő |ellenőrző |biztonsági |belépési |egyszer használatos |kinnitus|patvirtinimo |apstiprinājuma )-?(?:codes?|kodes?|kode[nr]?|kod(?:en)?|koodi\\p{L}{0,3}|kód\\p{L}{0,4}|kood\\p{L}{0,2}|kodas|kods|pin|tan|passwort|kennwort)',
  'einmalpasswort|einmalkennwort|engångslösenord|engangsadgangskode|kertakäyttösalasana|tunnusluku|eenmalig wachtwoord',
  "code (?:de |d[’'])?(?:vérification|sécurité|confirmation|connexion|validation|activation|accès|authentification|identification|récupération|à usage unique|unique|temporaire)|mot de passe (?:à usage unique|temporaire|provisoire)",
  'c[óo]digo (?:de |para )?(?:verificaci[óo]n|seguridad|confirmaci[óo]n|acceso|activaci[óo]n|autenticaci[óo]n|inicio de sesi[óo]n|un solo uso|validaci[óo]n|único|temporal|verificação|segurança|confirmação|ativação|autenticação|login|acesso|uso único|validação)|clave (?:de acceso|din[áa]mica|temporal|de un solo uso)|contraseña (?:de un solo uso|temporal)|senha (?:temporária|de uso único)',
  "codice (?:di |d[’'])?(?:verifica|sicurezza|conferma|accesso|attivazione|autenticazione|convalida|login|temporaneo|monouso|otp)|password (?:temporanea|monouso)|codi de (?:verificació|seguretat|confirmació)",
  '(?:kod|hasło) sms|(?:kod(?:u|em)?|hasło) (?:weryfikacyjn\\p{L}{1,3}|bezpieczeństwa|potwierdzając\\p{L}{1,3}|aktywacyjn\\p{L}{1,3}|dostępu|logowania|autoryzacyjn\\p{L}{1,3}|jednorazow\\p{L}{1,3})|jednorazow\\p{L}{1,3} (?:kod|hasło)|(?:ověřovací|bezpečnostní|potvrzovací|aktivační|přihlašovací|jednorázový|overovací|bezpečnostný|potvrdzovací|aktivačný|prihlasovací) kód\\p{L}{0,2}',
  'cod(?:ul)? (?:de |dvs\\. de )?(?:verificare|securitate|confirmare|acces|activare|autentificare)|(?:verifikacijski|sigurnosni|potvrdni|aktivacijski|верификациони|потврдни) k[oо]d|potrditven\\p{L}{1,2} kod\\p{L}{1,2}|kod za (?:potvrdu|prijavu|verifikaciju)',
  '(?:doğrulama|onay|güvenlik|giriş|aktivasyon|etkinleştirme|tek kullanımlık) (?:kod\\p{L}{1,8}|şifre\\p{L}{0,6}|parola\\p{L}{0,6})',
  '(?:код(?:а|ом)?|пароль|пин-код) (?:для )?(?:подтверждени\\p{L}{1,2}|проверки|безопасности|доступа|активации|авторизации|входа|верификации|регистрации|підтвердження|доступу|входу|перевірки|безпеки|за потвърждение|за вход|потвърждение)|(?:проверочн|одноразов|контрольн|защитн|секретн)\\p{L}{2} (?:код|пароль|пин)|одноразовий (?:код|пароль)|смс-код',
  'κωδικ\\p{L}{1,3} (?:επαλήθευσης|επιβεβαίωσης|ασφαλείας|πρόσβασης|μίας χρήσης|μιας χρήσης|σύνδεσης|ενεργοποίησης)',
  'קוד (?:ה?אימות|ה?אישור|ה?אבטחה|ה?גישה|ה?כניסה|ה?התחברות|ה?הפעלה|חד[- ]פעמי)|סיסמה חד[- ]פעמית',
  '(?:رمز|كود|رقم|الرمز|الكود) (?:التحقق|التأكيد|الأمان|الدخول|التفعيل|المصادقة|تأكيد|تحقق|المرور|السري|لمرة واحدة)|كلمة (?:المرور|مرور) (?:لمرة واحدة|المؤقتة)|(?:کد|رمز) (?:تایید|تأیید|ورود|امنیتی|یکبار مصرف|یک‌بار مصرف|فعال‌سازی|فعالسازی|پویا)',
  '(?:सत्यापन|सुरक्षा|पुष्टि|लॉगिन|एक्सेस) (?:कोड|पिन)|ओटीपी|वन[- ]टाइम (?:पासवर्ड|पासकोड)|(?:যাচাইকরণ|নিরাপত্তা) কোড|ওটিপি',
  'รหัส(?:ยืนยัน|ความปลอดภัย|ผ่านครั้งเดียว|OTP| OTP|เข้าสู่ระบบ|ผ่านชั่วคราว|การยืนยัน)|mã (?:xác minh|xác nhận|xác thực|bảo mật|đăng nhập|kích hoạt|OTP)|(?:kode|kod) (?:verifikasi|konfirmasi|keamanan|masuk|aktivasi|akses|OTP|pengesahan|keselamatan|otentikasi)|mật khẩu (?:một lần|dùng một lần)|kata sandi sekali pakai',
  '验证码|驗證碼|校验码|校驗碼|动态码|動態碼|动态密码|動態密碼|确认码|確認碼|安全码|安全碼|登录码|登入碼|激活码|一次性(?:密码|验证码|代码|密碼|驗證碼)|认证码|認證碼|验证代码|短信码|授权码',
  '(?:認証|確認|検証|セキュリティ|ログイン|アクセス|本人確認|有効化|アクティベーション|ワンタイム|サインイン|登録)(?:用)?(?:コード|番号|パスワード|パスコード|キー)|暗証番号|パスコード|ワンタイムパスワード|인증 ?(?:번호|코드|키)|확인 ?(?:코드|번호)|보안 ?(?:코드|번호)|로그인 ?(?:코드|번호)|일회용 ?(?:비밀번호|코드|암호)|임시 ?(?:비밀번호|코드)|접속 ?코드',
].join('|')

/** Names of some code, most often a one-time one. */
const someNouns =
  'codes?|pin(?:-?code)?|token|tan|kod(?:en|e|u|ul|a|ą|em|unuz|unuzu|las)?|kode[nr]?|koodi\\p{L}{0,4}|kód\\p{L}{0,4}|kood|kodas|kods|codi|code-barres|c[óo]digos?|clave|codice|cod(?:ul)?|mot de passe|pass ?word|passwort|kennwort|wachtwoord|lösenord|adgangskode|salasana|hasło|heslo|jelszó|parola|şifre\\p{L}{0,5}|contraseña|senha|passord|код(?:ом|а|у)?|пароль|пин|κωδικ\\p{L}{1,3}|\\p{L}{3,20}(?:code|kode|kod|koodi|kód)|guard|קוד|סיסמה|رمز|الرمز|كود|الكود|رمزك|کد|कोड|पिन|কোড|รหัส|mã|代码|代碼|密码|密碼|口令|コード|パスワード|코드|비밀번호|암호'

const otherCodes = `(?:${otherFirst})[- ]?(?:codes?|kode[nr]?|kod(?:en|u)?|koodi|kód)|(?:code|código|codigo|codice|kod|cod) (?:${otherAfter})`

/** Classes and escapes have their letters' case; the words are compared in lower case. */
const lowerWords = (source: string): string =>
  source.replace(/\\[pP]\{[^}]*\}|\\.|[^\\]/gu, part => (part.startsWith('\\') ? part : part.toLowerCase()))

/**
 * Every noun that names a number, the longest reading first; the group that matched says of what kind it is. For text in lower
 * case: that pattern is ready in a quarter of the time that one which ignores case takes (20 ms, once), on the main thread.
 */
export const nouns = new RegExp(
  `${edge}(?:(?<strong>${lowerWords(strongNouns)})|(?<other>${lowerWords(otherCodes)})|(?<number>${lowerWords(otherNouns)})|(?<some>${lowerWords(someNouns)}))${end}`,
  'gu',
)

/** Lower case, a character for a character. */
export const lowerCase = (text: string): string => text.replaceAll('\u0130', 'i').toLowerCase()

/** Between a noun and its code: "is", "lautet", ":" and the like, at the end. */
export const copula =
  /(?:^\s*to(?!\p{L})|[:：=→>«"“„'‘(（[【「『*_#|–—-]|(?<!\p{L})(?:is|are|was|it[’']s|ist|lautet|lauten|heißt|est|sera|es|será|é|è|e'|sono|este|esti|är|er|on|ovat|jest|brzmi|je|znie|zní|az|olarak|adalah|ialah|là)|是|为|為|は|が|は以下|는|은|이|:|है|হল|คือ|هو|هي|است|:|הוא|היא|это|є|е|είναι|-|—)(?:\s(?:still|now|again|noch|jetzt|nun|maintenant|ahora|ora|agora|nu|теперь))?\s*["“„'‘«(（[【「『*_:：]*\s*$/iu

/** A code before its noun: "482913 is your code", "482913 – code", "482913 為您的驗證碼". */
export const copulaFirst =
  /^\s*["”’'»)）\]】」』*_]*\s*(?:[:：=–—-]|(?<!\p{L})(?:is|are|as|ist|lautet|als|est|comme|es|como|é|è|come|este|är|som|er|on|to|jako|jest|je|jako|az|ön|olarak|adalah|ialah|là|là|e|е|это|є|είναι|your|ihr|dein|votre|ton|tu|su|seu|il tuo|uw|je|din|twój|váš|ваш|sizin)(?!\p{L})|是|为|為|は|が|이|가|은|는|है|คือ|هو|هي|است|הוא|היא|（|\()/iu

/** "Use 482913 to verify", "Enter 482913": for codes that no noun names. */
export const handling =
  /(?:(?<!\p{L})(?:use|enter|type|input|insert|provide|submit|quote|paste|copy|key in|gib|tippe|tippen sie|kopiere|kopieren sie|füge|fügen sie|geben sie|verwende|verwenden sie|nutze|saisissez|saisir|entrez|utilisez|tapez|collez|introduce|introduzca|ingresa|ingrese|usa|utiliza|utilice|escribe|pega|teclea|copia|inserisci|incolla|cole|plak|klistra in|indsæt|wklej|vložte|вставьте|yapıştırın|tempel|dán|digita|utilizza|usa|digite|insira|use|informe|voer|gebruik|vul|ange|använd|skriv in|indtast|brug|skriv inn|bruk|syötä|käytä|wpisz|użyj|wprowadź|zadejte|použijte|zadajte|írja be|használja|adja meg|introduceți|folosiți|unesite|введите|используйте|введіть|використайте|въведете|girin|kullanın|masukkan|gunakan|nhập|sử dụng)|输入|輸入|填写|使用|入力|입력|사용|أدخل|استخدم|הזן|הקלד|وارد کنید|दर्ज करें|กรอก|ใส่)/iu

/** What such handling is for. */
export const verifying =
  /verif|confirm|log ?-?in|sign ?-?in|sign ?-?up|activat|authenti|reset|unlock|bestätig|verifizier|anmeld|anzumeld|einlogg|einzulogg|aktivier|freischalt|freizuschalt|vérifi|connect|connex|confirme|inicia|acced|verifica|valid|iniciar|entrar|acess|bevestig|inlog|verifie|logga in|bekræft|bekreft|logg inn|log ind|vahvist|kirjaud|potwierd|zalogow|weryfik|ověř|přihlá|potvr|megerős|belép|підтверд|подтверд|увійти|войти|вход|doğrula|giriş|onayla|masuk|verifikasi|xác|đăng nhập|验证|驗證|登录|登入|确认|認証|確認|ログイン|인증|로그인|확인|تحقق|تأكيد|تسجيل الدخول|אימות|כניסה|التحقق|सत्यापि|लॉग ?इन|ยืนยัน|เข้าสู่ระบบ/iu

/** Around codes of shops: no one-time codes. */
export const selling =
  /(?<!\p{L})(?:discount|coupon|voucher|promo(?:tion)?|% off|off your|half price|savings?|deals?|cart|checkout|sale|save \d|free shipping|gift card|gutschein|rabatt|einkauf|warenkorb|kasse|réduction|remise|soldes|panier|descuento|rebajas|cupón|sconto|saldi|desconto|cupom|korting|winkelmand|rabat|rea|alennus|zniżk|slev[ay]|kedvezmény|скидк|распродаж|[iİ]ndirim|kampanya)|优惠|折扣|割引|クーポン|할인|쿠폰|خصم|הנחה|छूट|ส่วนลด|giảm giá|diskon/iu

/** Around bookings: their confirmation codes are names of bookings, unless it is about signing in. */
export const travelling =
  /(?<!\p{L})(?:flight|airline|boarding|itinerary|hotel|check-?in|check-?out|reservation|booking|trip|departure|passenger|train|flug|hotel|buchung|reise|zug|vol|réservation|voyage|vuelo|reserva|viaje|volo|prenotazione|viaggio|voo|viagem|vlucht|boeking|reis|resa|bokning|rejse|lot|rezerwacj|rezervac|foglalás|рейс|бронирован|поездк|uçuş|rezervasyon)|航班|酒店|预订|予約|便名|ホテル|예약|항공|حجز|טיסה|הזמנה/iu

export const signingIn =
  /(?:log|sign)[- ]?(?:in|up|on)(?!\p{L})|verif|identity|security|anmeld|konto|compte|cuenta|conta|account|e-?mail|ログイン|登录|로그인/iu

/** What is counted is no code. */
export const unit =
  /^\s?(?:%|‰|€|\$|£|¥|₽|₹|₺|zł|kč|kr(?!\p{L})|ft(?!\p{L})|lei(?!\p{L})|円|元|원|(?:eur|usd|gbp|chf|jpy|cny|inr|rub|try|pln|czk|sek|nok|dkk|huf|ron|aud|cad|brl|mxn)(?!\p{L})|(?:euros?|dollars?|pounds?|cents?|rubel|рубл|руб)|(?:minutes?|mins?|min\.|hours?|hrs?|seconds?|secs?|days?|weeks?|months?|years?|minuten?|stunden?|sekunden?|tagen?|wochen|monate|jahre|heures?|secondes?|jours|semaines|mois|ans|minutos?|horas?|segundos?|d[ií]as?|dias|semanas|meses|años|anos|minuti|ore|secondi|giorni|uur|dagen|weken|minuter|timmar|dagar|minutter|timer|dage|minuuttia|tuntia|päivää|minut\p{L}{0,2}|godzin\p{L}{0,2}|dni|hodin|минут\p{L}{0,2}|часов|часа|секунд|дней|dakika|saat|gün|menit|jam|hari|phút|giờ|ngày)(?!\p{L})|分钟|分鐘|小时|小時|分間|時間|秒|天|日間|分|분|시간|초|일|(?:k[mg]|mb|gb|tb|kb|mhz|px|dpi|cm|mm|ml|m²|qm|sq|kwh|kcal|mph|rpm|points?|punkte|miles|meilen|people|persons?|personen|users?|customers?|orders?|items?|pieces?|stück|pcs|copies|words?|characters?|pages?|seiten|views?|votes?|followers?|times|steps|units?|rooms?|members?|employees|mitarbeiter|jobs|results?|treffer|stars)(?!\p{L}))/iu

/** Words in capitals that follow "CODE IS". */
export const plainWords =
  /^(?:HERE|READY|VALID|BELOW|ABOVE|ONLY|NEVER|SECRET|PRIVATE|EXPIRED|REQUIRED|NEEDED|CORRECT|INVALID|WRONG|SAFE|SECURE|USED|ACTIVE|UNIQUE|YOURS|ENTER|CLICK|VERIFY|CONFIRM|LOGIN|SIGNIN|EMAIL|ACCOUNT|PASSWORD|CODES?|TOKEN|PLEASE|THANKS?|HELLO|DEAR|TEAM|SUPPORT|IMPORTANT|NOTICE|WARNING|NUMBER|WITHIN|MINUTES|HOURS|TODAY|EXPIRES|HTTPS?|HTML|CONFIDENTIAL|INCLUDED|ATTACHED|FOLLOWING|REQUEST|SECURITY|UPDATE|LINK|BUTTON|SHARE|DO|NOT|WELCOME|GÜLTIG|GEHEIM|BESTÄTIGEN|VOTRE|VALIDE|VÁLIDO|SECRETO)$/

/** What a link does, first match wins; tried on its words and on its address. */
export const linkKinds = [
  [
    'unsubscribe',
    /unsubscribe|opt[-_ ]?out|abmelden|abbestellen|désabonn|desinscrib|cancelar suscripci|disiscriv|uitschrijven|email[-_ ]?preferences|manage[-_ ]?(?:preferences|notifications)|отписаться|退订|配信停止/iu,
  ],
  [
    'password_reset',
    /reset[-_ ]?(?:your[-_ ]?)?password|password[-_/ ]?reset|forgot[-_ ]?password|passwort[-_ ]?zurück|réinitialis|restablecer|redefinir|reimposta|сброс\w* пароля|重置密码|パスワード.{0,6}(?:リセット|再設定)/iu,
  ],
  [
    'sign_in',
    /magic[-_ ]?link|sign[-_ ]?in|log[-_ ]?in\b|\/login|anmelden|einloggen|se connecter|connexion|iniciar sesi|accedi\b|inloggen|войти|登录|ログイン|로그인/iu,
  ],
  [
    'verification',
    /verif|confirm|activat|validate|bestätig|aktivier|vérifi|confirme|activer|bevestig|bekræft|bekräfta|vahvista|potwierd|potvrd|doğrula|подтверд|активир|验证|激活|確認|認証|인증|확인|finish[-_ ]?sign[-_ ]?up|complete[-_ ]?(?:your[-_ ]?)?(?:registration|sign[-_ ]?up)/iu,
  ],
] as const
