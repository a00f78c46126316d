/** Countries as lists name them: by code, and by name in the languages of the headings that are read. */

const languages = ['en', 'de', 'fr', 'es', 'it', 'pt', 'nl', 'sv', 'da', 'pl']
const regionNames = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' })
const countriesByName = new Map<string, string>([
  ['usa', 'US'],
  ['unitedstatesofamerica', 'US'],
  ['america', 'US'],
  ['greatbritain', 'GB'],
  ['england', 'GB'],
  ['scotland', 'GB'],
  ['wales', 'GB'],
  ['uk', 'GB'],
  ['can', 'CA'],
  ['mex', 'MX'],
  ['gbr', 'GB'],
  ['deu', 'DE'],
  ['fra', 'FR'],
  ['aus', 'AU'],
])
/** Codes that stand for no country to which mail could go. */
const nowhere = new Set(['EU', 'EZ', 'QO', 'UN', 'XA', 'XB', 'ZZ'])
const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
const codes = letters
  .flatMap(first => letters.map(second => first + second))
  .filter(code => regionNames.of(code) && !nowhere.has(code))
const wordOf = (name: string): string => name.toLowerCase().replace(/[^\p{L}]+/gu, '')

const addNames = (language: string): void => {
  const names = new Intl.DisplayNames(language, { type: 'region', fallback: 'none' })
  for (const code of codes) {
    const word = wordOf(names.of(code) ?? '')
    if (word && !countriesByName.has(word)) countriesByName.set(word, code)
  }
}

/** English first; the others only once a name is not English. */
let added = 0

const found = new Map<string, string | undefined>()
/** A list names a few countries again and again; one that does not is not remembered for ever. */
const mostRemembered = 1000

/** `United States`, `usa`, `us`, `Vereinigte Staaten` → `US`; undefined for what is no country. */
export const countryCode = (text: string): string | undefined => {
  if (!found.has(text)) {
    if (found.size >= mostRemembered) found.clear()
    found.set(text, look(text))
  }
  return found.get(text)
}

const look = (text: string): string | undefined => {
  const word = wordOf(text)
  const code = word.toUpperCase()
  if (code !== 'UK' && codes.includes(code)) return code
  if (added === 0) addNames(languages[added++]!)
  while (!countriesByName.has(word) && added < languages.length) addNames(languages[added++]!)
  return countriesByName.get(word)
}
