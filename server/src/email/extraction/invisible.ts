/**
 * Characters that show nothing. Senders fill up preheaders with them, and they carry words past readers that no person sees
 * (tag characters, variation selectors); between letters some have a meaning, and there they stay.
 */

/** Nothing by themselves, wherever they stand: soft hyphen, joiners of numbers, word joiner, fillers, byte order mark. */
const nothing = '\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b\u2060-\u2064\u206a-\u206f\u3164\ufeff\uffa0'
/** They join or part letters, or turn the direction: of use between two visible characters only. */
const joiners = '\u200c-\u200f\u061c'
const blanks = ' \\t\u00a0\u2000-\u200a\u202f\u205f\u3000'

const any = new RegExp(`[${nothing}${joiners}\udb40]`)
const run = new RegExp(`[${nothing}${joiners}${blanks}]{2,}|[${nothing}]`, 'g')
const joinerOnly = new RegExp(`^[${joiners}]$`)
const inRun = new RegExp(`[${nothing}${joiners}]`)
const isBlank = new RegExp(`[${blanks}]`)
const atEdge = new RegExp(`^[${joiners}]+|[${joiners}]+$`, 'gm')
/** Tag characters but for those of a flag, and variation selectors in a row. */
const smuggled = /(\u{1f3f4}[\u{e0020}-\u{e007f}]{1,10})|[\u{e0000}-\u{e007f}]+|[\u{e0100}-\u{e01ef}]{2,}/gu

/** The text without them. Line breaks stay. */
export const withoutInvisible = (text: string): string => {
  if (!any.test(text)) return text
  return text
    .replace(smuggled, (_, flag: string | undefined) => flag ?? '')
    .replace(run, found => (!inRun.test(found) || joinerOnly.test(found) ? found : isBlank.test(found) ? ' ' : ''))
    .replace(atEdge, '')
}
