/** The words around one-time codes and the links of sign-up mail, in the languages such mail is written in. */

/** Names a one-time code beyond doubt. */
export const codeWord = new RegExp(
  [
    'verification|verify|verifizierung|vérification|verificación|verificação|verifica|verificatie|verifiering|verifisering',
    'passcode|one[- ]time|otp|2fa|two[- ]factor|security code|login code|log-in code|sign[- ]in code|access code|confirmation code',
    'authentication|authenticat\\w{1,6}|authorization code|activation',
    'bestätigungscode|sicherheitscode|einmalcode|einmalpasswort|zugangscode|aktivierungscode|anmeldecode',
    'code de (?:sécurité|confirmation|connexion|validation)|código|codigo|clave|codice|contraseña de un solo uso',
    'kod weryfikacyjny|weryfikac\\w{1,8}|ověřovací|doğrulama|onay kodu|verifieringskod|engångskod|bekræftelseskode|vahvistuskoodi',
    'код|пароль|підтвердження|подтверждени\\w{0,3}|κωδικός|xác (?:minh|nhận)|mã|kode verifikasi|รหัส|कोड|ओटीपी',
    '验证码|驗證碼|校验码|动态码|確認コード|認証コード|認証番号|ワンタイム|暗証番号|인증번호|인증 코드|확인 코드|رمز|קוד',
  ].join('|'),
  'iu',
)

/** Names some code, most often a one-time one. */
export const someCode =
  /(?:^|[^\p{L}])(?:code|codes|pin|token|tan|kod|kode|koodi|kód|codi|mot de passe|password|passwort)(?![\p{L}])/iu

/** Codes and numbers that are not for typing in. */
export const otherCode =
  /(?:promo|promotion|discount|coupon|gift|voucher|referral|rabatt|gutschein|zip|postal|post|area|country|dress|error|status|source|qr|bar|booking|tracking|product|item|sort|swift|tax|vat)[- ]?codes?\b|gutscheincode|\b(?:order|invoice|receipt|ticket|case|reference|account|customer|tracking|booking|bestell\w{0,8}|rechnung\w{0,8}|pedido|commande|factura|p\.?o\.? box)\b|\bplz\b/iu

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
