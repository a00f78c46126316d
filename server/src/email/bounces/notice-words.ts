/**
 * The words mail systems say in their bounces, in the languages they write them in. Data only; notice.ts says what is looked
 * for where. Every expression is for lower-case text with single spaces and runs in linear time.
 */

const any = (...words: string[]): RegExp => new RegExp(words.join('|'), 'u')

/** The mail did not arrive. */
export const notDelivered = any(
  'undeliver(?:able|ed)|not (?:been )?(?:successfully )?(?:be )?deliver(?:ed|able)|non[- ]?deliver|deliver(?:y|ing) (?:(?:of )?(?:your|the|this|following) (?:mail|message) )?(?:has |have )?(?:failed|failure|error|problem|was aborted|not possible|unsuccessful)',
  'mail (?:delivery |system )?(?:failed|failure|error|problem|bounced)|failed (?:mail|message|delivery)|failed recipient|failure (?:notice|notification)|failed to deliver|failed permanently|mailer-daemon: |delivery status notification \\(failure\\)',
  'del[ie]very .{0,60}(?:was )?(?:aborted|failed)|automatically rejected|non-?delivery|returned (?:e-?mail|message|to sender)|return(?:ing|ed) (?:your )?(?:message|mail)|(?:message|mail) (?:is |was |has been |being )?(?:returned|rejected|refused|blocked|bounced)|being returned|was(?: not|n.t) (?:able|delivered|sent|accepted)|unable to (?:be )?deliver|unable to (?:send|transfer)',
  "(?:could|can|did|would) ?(?:not|n[’']?t) (?:be )?(?:deliver|sent|send|reach|transfer|accept)|couldn[’']t be|can[’']t be delivered|never (?:been )?delivered|unable to reach|permanent(?: fatal)? (?:error|failure)|fatal errors?|not reach (?:the|some|all|your)|did not reach",
  'unzustellbar|nicht zustell(?:bar|en)|nicht (?:zugestellt|ausgeliefert|übermittelt|übertragen|gesendet)|zustell(?:ungs)?fehler|zustellung .{0,40}(?:fehlgeschlagen|nicht möglich|gescheitert)|fehler bei der (?:zustellung|übermittlung)|konnte nicht (?:an )?.{0,40}(?:zugestellt|gesendet|ausgeliefert)',
  "non (?:remis|distribu|délivr|livré|transmis)|échec (?:de |d[’'])|n[’']a (?:pas )?(?:pu |pas pu )?être (?:remis|délivr|distribu|livr|envoy|transmis)|n[’']a pas (?:été|pu)|impossible (?:de|d[’']) ?(?:remettre|distribuer|délivrer|envoyer|livrer)|erreur de (?:livraison|remise|distribution)|retour à l[’']expéditeur",
  'no (?:se )?(?:puede|pudo|ha podido|fue posible|es posible|ha sido|pudo ser|se ha podido|se pudo)(?: ser)? entreg|no (?:se )?(?:ha )?(?:entregó|entregado|entregada)|(?:error|fallo|falla) (?:de|en la|al) entreg|entrega fallida|imposible entregar|no entregado|devuelto al remitente|mensaje (?:ha sido )?(?:devuelto|rechazado)',
  'não (?:foi |é |pôde |pode )?(?:possível |ser )?entreg|não entregue|falha (?:na|de|ao) entreg|impossível entregar|devolvid[ao] ao remetente|mensagem devolvida',
  'non (?:è stat[oa] |è stato possibile |può essere |è possibile )?(?:recapitabil|recapitat|recapitare|consegnat|consegnare)|impossibile (?:recapitare|consegnare|inviare)|mancat[ao] (?:consegna|recapito)|consegna (?:non riuscita|fallita)|recapito non riuscito',
  'onbestelbaar|niet (?:worden )?(?:bezorgd|afgeleverd|besteld|verzonden)|bezorg(?:ing|en) (?:is )?mislukt|afleveren (?:is )?mislukt|kan niet worden (?:bezorgd|afgeleverd)',
  'olevererbar|ulever(?:er)?bar|(?:kan|kunde|kunne) (?:inte|ikke|ej) (?:levereras?|leveres|afleveres|skickas)|inte levererats|ikke (?:kunne |kan )?(?:leveres?|leveret|levert|afleveret)|leverans(?:en)? misslyckades|levering(?:en)? mislykkedes|leveringsfeil',
  'ei (?:voitu|voida|voi|pystytty) toimittaa|toimitus epäonnistui|ei toimitettu|toimittamatta',
  'niedostarczon|niedoręczon|nie (?:można|udało się) (?:było )?(?:dostarczyć|doręczyć)|nie (?:została|zostało|został|mogła być|mogło być) (?:dostarczon|doręczon)|błąd (?:dostarcz|doręcz)|zwrot (?:poczty|wiadomości)',
  'nedoruč|nelze doručit|nepodařilo (?:se )?doručit|nebylo možné doručit|nepodarilo (?:sa )?doručiť|nemožno doručiť',
  'kézbesíthetetlen|nem (?:kézbesíthető|sikerült (?:a )?kézbesít)|sikertelen kézbesítés|nelivrat|nu (?:a putut|poate|s-a putut) (?:fi )?livra|netrimis|неуспешна доставка|не може да бъде доставен|isporuka nije uspjela|nije isporučen|ni mogoče dostaviti',
  'недоставлен|не (?:было |был[оа]? |будет )?доставлен|не (?:может|могло|удалось|удается|удаётся|смог(?:ло|ли)?)(?: быть)? доставлен|не (?:может|удалось|удается|удаётся|смогли|смог) доставить|невозможно доставить|ошибка доставки|невозможность доставки|возвращен(?:о|ие)? отправителю|не вдалося доставити|не може бути доставлен|недоставлене',
  'teslim edile(?:me|mi)|iletile(?:me|mi)|gönderilemedi|ulaştırılamadı|δεν (?:ήταν δυνατή η παράδοση|παραδόθηκε|ήταν δυνατό να παραδοθεί)|αποτυχία παράδοσης|ανεπίδοτ|tidak (?:dapat|terkirim|bisa) (?:di)?(?:kirim|sampaikan)|gagal (?:ter)?kirim|không (?:thể )?(?:gửi|chuyển|phân phối)',
  'لم يتم تسليم|تعذر تسليم|تعذر التسليم|تعذّر تسليم|فشل (?:في )?(?:تسليم|التسليم)|לא נמסר|לא ניתן (?:היה )?למסור|כשל במסירה|ไม่สามารถ(?:ส่ง|จัดส่ง)|ส่งไม่สำเร็จ|वितरित नहीं',
  '配信不能|配信(?:が|を)?(?:でき|失敗|エラー)|配信に失敗|配信されません|配送できません|(?:送信|送達|配達)(?:が|は)?でき(?:ません|ない)|不達|届(?:けら?れ|け|きま|か)(?:ません|なか|ない)|エラーメール|送信エラー',
  '投递失败|投遞失敗|无法(?:投递|送达|传递|发送|交付)|無法(?:投遞|送達|傳遞|傳送|交付)|退信|退件|未能(?:送达|投递|送達|发送)|未(?:送达|送達|投递成功)|发送失败|傳送失敗|寄送失敗|邮件(?:被)?退回|郵件(?:被)?退回|被退回',
  '(?:전송|전달|배달|발송|배송)(?:에|이|을|를)? ?(?:실패|불가)|(?:전송|전달|배달|발송)(?:되지|하지|할 수)|반송(?:되|메일)|보내지 못',
)

/** The mail has not arrived yet; the system goes on trying. */
export const stillTrying = any(
  'delivery status notification \\(delay|(?:delivery|message|mail) (?:has been |is |was )?(?:temporarily )?delayed|delayed (?:delivery|mail|message|by|for)|delay(?:ed)? \\d|warning: (?:could not send|message|delayed)|warning message only|not yet (?:been )?deliver|not (?:been )?delivered yet|no action is required (?:on your part)?',
  'will (?:continue|keep) (?:on )?(?:trying|to try|to be attempted)|(?:delivery|attempts?) .{0,30}will continue|continue to (?:try|attempt|be)|still (?:being|trying|in the queue|undelivered)|will be retried|do(?: not|n.t) need to (?:resend|re-send)|will try (?:again|to deliver)|we will retry|keep trying|temporary (?:warning|problem) .{0,40}try',
  'verzöger(?:t|ung)|noch nicht (?:zugestellt|ausgeliefert)|weiterhin versucht|weiter versucht|retard[ée]|retard de|pas encore (?:été|pu)|retras(?:o|ad)|aún no (?:se )?ha|demor[ao]|atras(?:o|ad)|ainda não (?:foi|pôde)|ritard(?:o|at)|non ancora|vertraagd|vertraging|nog niet (?:bezorgd|afgeleverd)',
  'försen(?:ad|ing)|fördröj|forsink|ännu inte|endnu ikke|ennå ikke|ikke ennå|viiväst|opóźn|jeszcze nie|zpožd|zdrž|dosud neb|késleltet|késik|întârzi|задерж|отложен|ещё не|еще не|затрим|ще не|gecik|henüz',
  '遅延|遅れて|まだ配信|再送(?:を試|いたし|します)|延迟|延遲|稍后(?:会|将)?(?:重试|再)|尚未|지연|다시 시도(?:할|합)',
)

/** And it gave up: said of a failure after waiting, where words of delay stand too. */
export const gaveUp = any(
  "giv(?:e|en|ing) up|gave up|permanent|has been returned|(?:final|last) (?:attempt|delivery)|no (?:further|more) (?:delivery )?attempts|(?:retry|retries|queue|queued|waiting|time) .{0,40}(?:exceeded|too long|expired|timed? ?out)|expired|will not be (?:re)?tried|couldn[’']t be delivered|undeliverable|failed after|stopped trying|endgültig|définitiv|definitiv",
)

/** A person is away, or a machine says that the mail came: answers that reach return paths too (RFC 3834 §4). */
export const absenceSubject = any(
  '^(?:re: ?)?(?:auto(?:matic|mated|matische?)?[ -:]{0,2}(?:reply|response|answer|responder|antwort|antwoord)|autoreply|autoresponse|autoresponder|out[- ]of[- ](?:the[- ])?office|ooo\\b|vacation|away from|on (?:vacation|leave|holiday)|i am (?:away|out)|absen(?:t|ce)|holiday)',
  'abwesen|urlaub|nicht im büro|automatische antwort|autoantwort|réponse automatique|absence|respuesta automática|fuera de (?:la )?oficina|ausen(?:te|cia)|resposta automática|fora do escritório|ausência|risposta automatica|fuori (?:sede|ufficio)|assen(?:te|za)|afwezig|automatisch antwoord',
  'autosvar|automatiskt? svar|frånvaro|fravær|poissa|automaattinen|automatyczna odpowiedź|nieobecn|automatická odpov|nepřítomn|automatikus válasz|távollét|автоответ|автоматический ответ|вне офиса|отсутств|автоматична відповідь|otomatik|ofis dışı|αυτόματη',
  '自動返信|自動応答|不在(?:通知|の|連絡)|自动回复|自動回覆|自动答复|外出|자동 ?(?:회신|응답|답장)|부재중|تلقائي|אוטומטית',
)

/** "Prove that you are a person, then your mail is let through": no failure, and nothing we answer. */
export const challenge = any(
  'challenge[- ]response|(?:please |to )(?:confirm|verify) (?:that )?(?:you|your (?:message|email|e-mail|address))|confirm(?:ation)? (?:your )?(?:message|delivery|sender)|waiting (?:for|to be) (?:approv|confirm|verif)|awaiting (?:approv|confirm|verif)|added to .{0,40}(?:approved|allowed|guest) (?:list|sender)|guest ?list|prove you|sender verification request|click .{0,60}to (?:deliver|release|have your)|being held (?:until|because|pending)',
)

/** Who writes bounces: local parts and names of the sender. */
export const mailSystem =
  /^(?:mailer[-_.]?daemon|postmaster|mail[-_ ]?(?:delivery|daemon|system|administrator)|mmdf|daemon|mailmaster|mailsystem|maildaemon|mdaemon|smtp|uucp|root|microsoft exchange|exchange|majordomo|bounces?)(?:[-_.+@ ]|$)|undeliver|mail ?(?:er)?[- ]?(?:delivery|daemon)|delivery (?:subsystem|system|service)|mail (?:system|router|gateway|administrator)|postmaster|mta\b/u

/** Where the copy of our own mail begins in a bounce, on a line of its own. */
export const copyBegins =
  /^[-=*_ \t]{0,60}(?:(?:this is |(?:here|below|following|included|attached|enclosed) .{0,40}(?:is )?)?a copy of|(?:below|following) this line|original (?:message|mail)|(?:your )?original message|unsent message|undelivered message|returned message|message (?:header|text|body|content|source)|the (?:header|body|text|original)|header of|forwarded message|text of (?:your|the) (?:message|mail)|old message|your message (?:reads|begins|text|follows)|(?:message|mail) (?:follows|is enclosed)|received headers?|included is|start of (?:the )?(?:returned|original)|ursprüngliche (?:nachricht|mail)|message d[’']origine|mensaje original|messaggio originale|oorspronkelijk bericht|исходное (?:сообщение|письмо)|元のメッセージ|原邮件|原始邮件)/iu
