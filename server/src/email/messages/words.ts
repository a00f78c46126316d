/**
 * The words of mail, as search finds them: without case and accents, scripts that write no blanks in pairs of characters. Pure. The
 * result is text of PostgreSQL's types tsvector and tsquery, so that any PostgreSQL will do, without extensions or dictionaries.
 *
 * Every word begins with a tag of its organization and mode: a search reads the index of nobody else's words.
 */
import { sha256 } from '../../kernel/crypto.ts'

/** Where words stand: A subject, B sender, C names of files, D text. */
export type Weight = 'A' | 'B' | 'C' | 'D'

/** Five characters that the words of one organization and mode begin with. Two that share one are told apart by the row. */
export const tagOf = (organizationId: string, livemode: boolean): string =>
  sha256(`words ${organizationId} ${livemode}`).toString('base64url').slice(0, 5)

/** Scripts without blanks between words: their characters are taken in pairs. */
const unspaced =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}ー々〆'
const runs = new RegExp(
  `([${unspaced}][${unspaced}\\p{M}]*)|((?:(?![${unspaced}])[\\p{L}\\p{N}])(?:(?![${unspaced}])[\\p{L}\\p{N}\\p{M}]|['’](?=\\p{L}))*)`,
  'gu',
)

/** Letters that are no base letter with an accent, and what people type instead. */
const letters: Record<string, string> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ħ: 'h',
  ı: 'i',
  ŧ: 't',
  ĸ: 'k',
}

/** One form per word: no case, no accents, one width. */
const fold = (word: string): string =>
  word
    .toLowerCase()
    .normalize('NFD')
    .replace(/[\p{M}'’]/gu, '')
    .replace(/[ßæœøłđðþħıŧĸ]/g, letter => letters[letter]!)

interface Run {
  /** Of an unspaced script: its characters as they stand. */
  pairs: boolean
  word: string
}

const longestWord = 60

const runsIn = (text: string): Run[] =>
  [...text.normalize('NFKC').matchAll(runs)].flatMap(([, unspacedRun, word]): Run[] => {
    const found = unspacedRun === undefined ? fold(word!) : unspacedRun
    return found === '' ? [] : [{ pairs: unspacedRun !== undefined, word: found }]
  })

/** 確認した → 確認 認し した た: the last one by itself, so that each character begins one. */
const pairsOf = (run: string): string[] => {
  const characters = run.match(/\P{M}\p{M}*/gu) ?? [run]
  return characters.map((character, at) => character + (characters[at + 1] ?? ''))
}

/** PostgreSQL keeps positions to 16,383; longer texts count anew, so that phrases are found in all of them. */
const mostPositions = 16_000
/** Bytes of one tsvector; PostgreSQL takes 1 MB. */
const mostBytes = 600_000
/** PostgreSQL keeps 256 positions of a word. */
const mostOfOne = 255

/** What a mail is found by, as text of a tsvector. */
export const vectorOf = (tag: string, fields: readonly (readonly [Weight, string])[]): string => {
  const places = new Map<string, string[]>()
  let position = 0
  let bytes = 0
  const add = (word: string, weight: Weight): void => {
    position++
    const known = places.get(word)
    if (known && known.length >= mostOfOne) return
    if (bytes > mostBytes) return
    bytes += known ? 2 : Buffer.byteLength(word) + 20
    const place = `${(position % mostPositions) + 1}${weight === 'D' ? '' : weight}`
    if (known) known.push(place)
    else places.set(word, [place])
  }
  for (const [weight, text] of fields) {
    for (const { pairs, word } of runsIn(text))
      for (const each of pairs ? pairsOf(word) : [word.slice(0, longestWord)]) add(each, weight)
    position += 10 // no phrase goes from one field into the next
  }
  const words = [...places].map(([word, at]) => `${quoted(tag + word)}:${at.join(',')}`)
  return [quoted(tag), ...words].join(' ')
}

const quoted = (lexeme: string): string => `'${lexeme.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`

/**
 * What somebody looks for, as text of a tsquery; null when it holds no word. Words are found by their beginning (from three letters on)
 * and in singular and plural; "quoted phrases" as they stand; `or` and -without as in a web search. What is written together, such as
 * an address or a file name, is found together.
 */
export const queryOf = (tag: string, query: string, weights: readonly Weight[]): string | null => {
  const only = weights.length === 4 ? '' : weights.join('')
  const alternatives: string[][] = [[]]
  for (const [, minus, phrase, bare] of query.matchAll(/(-)?(?:"([^"]*)"?|(\S+))/g)) {
    if (bare !== undefined && !minus && /^or$/i.test(bare)) {
      alternatives.push([])
      continue
    }
    const term = phrase === undefined ? together(tag, bare!, only, !minus) : exact(tag, phrase, only)
    if (term) alternatives.at(-1)!.push(minus ? `!(${term})` : `(${term})`)
  }
  const found = alternatives
    .filter(terms => terms.length > 0)
    // A query of nothing but "without" begins with all mail of the organization.
    .map(terms => (terms.every(term => term.startsWith('!')) ? [quoted(tag), ...terms] : terms))
    .map(terms => `(${terms.join(' & ')})`)
  return found.length > 0 ? found.join(' | ') : null
}

const lexeme = (tag: string, word: string, only: string, prefix = false): string => {
  const flags = `${prefix ? '*' : ''}${only}`
  return `${quoted(tag + word.slice(0, longestWord))}${flags && `:${flags}`}`
}

/** A part of a phrase, and how many places on the next part stands. */
interface Piece {
  term: string
  next: 1 | 2
}

/** Pairs of a run one after the other; a character alone by what begins with it. The last character has a place of its own. */
const pairPieces = (tag: string, run: string, only: string): Piece[] => {
  const pairs = pairsOf(run)
  if (pairs.length === 1) return [{ term: lexeme(tag, pairs[0]!, only, true), next: 1 }]
  return pairs.slice(0, -1).map((pair, at) => ({ term: lexeme(tag, pair, only), next: at === pairs.length - 2 ? 2 : 1 }))
}

/** Words that stand together in the query do so in the mail; the last may go on. */
const together = (tag: string, text: string, only: string, open: boolean): string | null => {
  const found = runsIn(text)
  return joined(
    found.flatMap(({ pairs, word }, at): Piece[] => {
      if (pairs) return pairPieces(tag, word, only)
      if (at < found.length - 1) return [{ term: lexeme(tag, word, only), next: 1 }]
      const forms = formsOf(word, open).map(({ form, begins }) => lexeme(tag, form, only, begins))
      return [{ term: forms.length > 1 ? `(${forms.join(' | ')})` : forms[0]!, next: 1 }]
    }),
  )
}

const exact = (tag: string, phrase: string, only: string): string | null =>
  joined(
    runsIn(phrase).flatMap(({ pairs, word }): Piece[] =>
      pairs ? pairPieces(tag, word, only) : [{ term: lexeme(tag, word, only), next: 1 }],
    ),
  )

const joined = (pieces: Piece[]): string | null =>
  pieces.length === 0
    ? null
    : pieces.map(({ term, next }, at) => (at === pieces.length - 1 ? term : `${term} <${next === 1 ? '-' : next}>`)).join(' ')

const shortestPrefix = 3

/** The word, and its singular or plural; `open`: also what begins with it. */
const formsOf = (word: string, open: boolean): { form: string; begins: boolean }[] => {
  const forms = new Map<string, boolean>()
  const add = (form: string, begins: boolean) => {
    if (!forms.has(form)) forms.set(form, begins && open && form.length >= shortestPrefix)
  }
  add(word, true)
  if (word.length > 3 && /[a-z]$/.test(word)) {
    if (/[^s]s$/.test(word)) add(word.slice(0, -1), word.length > 4)
    if (/ies$/.test(word)) add(`${word.slice(0, -3)}y`, false)
    if (/(?:[sxzo]|[cs]h|[lnrd])es$/.test(word)) add(word.slice(0, -2), false)
    if (/[a-z]{4}(?:en|er)$/.test(word)) add(word.slice(0, -2), false)
    if (/[^aeiou]y$/.test(word)) add(`${word.slice(0, -1)}ies`, false)
    if (!open) for (const end of ['s', 'es', 'en']) add(word + end, false)
  }
  return [...forms].map(([form, begins]) => ({ form, begins }))
}
