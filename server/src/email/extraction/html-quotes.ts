/** What mail programs call the elements they put the older mail and the signature in. */
import type { Declarations } from './css.ts'
import type { Attributes } from './html-look.ts'

/** From such an element on everything is older mail: it stands before what it announces, or around all of it. */
export const historyStarts = (attributes: Attributes): boolean => {
  const id = attributes.get('id')
  const classes = attributes.get('class')
  return (id !== undefined && historyIds.test(id)) || (classes !== undefined && historyClasses.test(classes))
}

/** Outlook renames what it quotes with `x_`; that stands inside older mail. */
const historyIds =
  /^(?:divRplyFwdMsg|appendonsend|OLK_SRC_BODY_SECTION|zwchr|stopSpelling|reply-intro|ms-outlook-mobile-reference-message|mail-editor-reference-message-container|isForwardContent|yahoo_quoted_\d{1,20})$/i

const historyClasses = /(?:^|\s)(?:yahoo_quoted|zmail_extra|OutlookMessageHeader|ms-outlook-mobile-reference-message|mail-editor-reference-message-container|protonmail_quote|qq-quote-header|wm-quote|ntes-mailmaster-quote)(?:\s|$)/i // biome-ignore format: one expression

/** `<blockquote>`, but for the one that mail programs indent a paragraph with. */
export const isQuoteContainer = (tag: string, attributes: Attributes, declared: Declarations | undefined): boolean => {
  if (tag !== 'blockquote') return false
  if (attributes.get('type') === 'cite' || /quote|cite/i.test(attributes.get('class') ?? '')) return true
  const border = declared?.get('border')?.value ?? declared?.get('border-left')?.value ?? declared?.get('border-style')?.value
  return !(border !== undefined && /^(?:none|0)/.test(border))
}

export const isSignature = (attributes: Attributes): boolean => {
  const id = attributes.get('id')
  const classes = attributes.get('class')
  return (id !== undefined && signatureIds.test(id)) || (classes !== undefined && signatureClasses.test(classes))
}

const signatureIds = /^(?:Signature|AppleMailSignature|ms-outlook-mobile-signature|ymail_android_signature|yahoo_ios_signature|mobile-?signature|lineBreakAtBeginningOfSignature)$/i // biome-ignore format: one expression

const signatureClasses = /(?:^|\s)(?:gmail_signature|moz-signature|protonmail_signature_block(?:-user)?|zmail_signature|hey-signature|tutanota_signature|AppleMailSignature)(?:\s|$)/i // biome-ignore format: one expression
