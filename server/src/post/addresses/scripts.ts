/**
 * What a sorting machine can read. Addresses must be in Roman letters and Arabic numerals (DMM 602.1.4; International Mail Manual 122.1),
 * so lines in another script are refused by its name. They are never rewritten here: a transliteration may name another street.
 */

const scripts = [
  ['Cyrillic', /\p{Script=Cyrillic}/u],
  ['Greek', /\p{Script=Greek}/u],
  ['Chinese or Japanese', /\p{Script=Han}/u],
  ['Japanese', /\p{Script=Hiragana}|\p{Script=Katakana}/u],
  ['Korean', /\p{Script=Hangul}/u],
  ['Arabic', /\p{Script=Arabic}/u],
  ['Hebrew', /\p{Script=Hebrew}/u],
  ['Thai', /\p{Script=Thai}/u],
  [
    'Indian',
    /\p{Script=Devanagari}|\p{Script=Bengali}|\p{Script=Tamil}|\p{Script=Telugu}|\p{Script=Gujarati}|\p{Script=Gurmukhi}/u,
  ],
  ['Armenian', /\p{Script=Armenian}/u],
  ['Georgian', /\p{Script=Georgian}/u],
  ['full-width', /[\uff01-\uff5e]/],
] as const

/** Letters that are not Latin, digits that are not ASCII, and the double-width forms of both. */
const unreadable = /(?!\p{Script=Latin})\p{L}|(?![0-9])\p{Nd}|[\uff01-\uff5e]/u
/** ª and º are letters of no script, and stand in Spanish and Portuguese addresses. ʻ and ʼ are letters of Hawaii. */
const harmless = /[ªºʹ-ʼˈ]/g
const ascii = /^[\x20-\x7e]*$/

/** The name of the script that a machine cannot read in this text; undefined when it is all Latin. */
export const foreignScript = (text: string): string | undefined => {
  if (ascii.test(text)) return undefined
  const found = unreadable.exec(text.normalize('NFC').replace(harmless, ''))
  if (!found) return undefined
  return scripts.find(([, pattern]) => pattern.test(found[0]))?.[0] ?? 'other than Latin'
}

/** Scripts the printer's fonts have, though no sorting machine reads them: a name may be in these. */
export const isPrinted = (script: string): boolean => script === 'Cyrillic' || script === 'Greek'
