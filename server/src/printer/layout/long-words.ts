/** Where a word that is wider than its line may be broken, and what is said of it. Shared by type and handwriting. Pure. */
import type { PrintWarning } from '../artwork/images.ts'

/** The parts of a word that may stand on lines of their own as they are: after hyphens, and in addresses of the web and of mail. */
export const naturalParts = (word: string): string[] =>
  word.split(/(?<=[^\s\p{P}\p{S}][-\u2010\u2013\u2014/@._~&=?#]+)(?=[^\s\p{P}\p{S}])/u)

/** Letters that stay on each side of a hyphen, where the word is long enough. */
const fewest = 2

/** How many of these characters to leave before a hyphen, when `most` would fit. At least one, so that there is an end. */
export const beforeHyphen = (characters: readonly string[], most: number): number =>
  Math.max(1, Math.min(most, Math.max(fewest, characters.length - fewest)))

const shown = (word: string): string => (word.length > 60 ? `${word.slice(0, 59)}…` : word)

export const brokenWord = (path: string, word: string): PrintWarning => ({
  code: 'word_broken',
  path,
  message: `The word "${shown(word)}" is too long for one line, even in the smallest writing; it is broken with a hyphen.`,
})

export const shrunkWord = (path: string, word: string, from: number, to: number): PrintWarning => ({
  code: 'word_shrunk',
  path,
  message: `The word "${shown(word)}" is too long for one line; it is set in ${Math.round(to * 10) / 10} instead of ${Math.round(from * 10) / 10} points.`,
})
