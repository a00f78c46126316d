/** Signatures and the footers of lists and phones at the end of a text. */
import { sentFrom } from './reply-words.ts'
import type { Line } from './text-lines.ts'

/** More lines than this below a delimiter are text, not a signature. */
const longestSignature = 20

/**
 * Ends at the signature delimiter (RFC 3676 §4.3; its trailing space rarely survives), where the HTML says that one begins,
 * before the footer of a mailing list and before "Sent from my phone".
 */
export const withoutSignature = (segment: Line[]): string[] => {
  let lines = segment
  const delimiter = lines.findLastIndex(
    ({ text, mark }, at) => isDelimiter(text, lines.length - at) || (mark === 'signature' && isCard(lines.slice(at))),
  )
  if (delimiter >= 0 && lines.length - delimiter <= longestSignature) lines = lines.slice(0, delimiter)
  const footer = listFooter(lines)
  if (footer >= 0) lines = lines.slice(0, footer)
  let end = lines.length
  while (end > 0 && isTail(lines[end - 1]!.text)) end--
  return lines.slice(0, end).map(({ text }) => text)
}

/** More than the name under a letter: several lines, or an address, a link, a telephone number. */
const isCard = (lines: Line[]): boolean => {
  const filled = lines.filter(({ text }) => text !== '')
  return filled.length > 2 || filled.some(({ text }) => /@|https?:|www\.|\d{4}|\d[\d ()/+-]{6}/.test(text))
}

const isDelimiter = (text: string, left: number): boolean => text === '--' || (left <= 10 && /^[—–]$/.test(text))

/** An empty line, a rule, or a line about the program the mail was sent with. */
const isTail = (text: string): boolean =>
  text.trim() === '' || /^\s*[-_=*~#\u2010-\u2015]{2,}\s*$/.test(text) || (text.length <= 120 && sentFrom.test(text))

/** A rule and a few lines about the list: its name, its address, how to leave it. */
const listFooter = (lines: Line[]): number => {
  for (let at = lines.length - 1; at >= 0 && at >= lines.length - 10; at--) {
    if (!/^[_-]{2,}\s*$/.test(lines[at]!.text)) continue
    const below = lines.slice(at + 1).map(({ text }) => text)
    if (below.some(text => /mailing list|unsubscribe|list ?info|google groups|@lists?\.|groups\.io/i.test(text))) return at
  }
  return -1
}
