/** HTML → readable plain text: links keep their address in brackets, quotes become `> ` lines, pictures go. */
import { compile, type FormatCallback } from 'html-to-text'

/** The line that says: what follows is the older mail. The best known of its kind, so whoever reads the text knows it too. */
export const historyMarker = '-----Original Message-----'

/** More of it than this is not read: the text is for people and models, the HTML itself stays available. */
const longestHtml = 1_000_000

/** Everything from here on is the older mail, and the class or id says so where the text would not. */
const historyFormatter: FormatCallback = (element, walk, builder) => {
  builder.openBlock({ leadingLineBreaks: 2 })
  builder.addLiteral(historyMarker)
  builder.closeBlock({ trailingLineBreaks: 2 })
  walk(element.children, builder)
}

const historyStarts = [
  '#divRplyFwdMsg',
  '#appendonsend',
  '#OLK_SRC_BODY_SECTION',
  '.yahoo_quoted',
  '.protonmail_quote',
  '.zmail_extra',
  '.OutlookMessageHeader',
]

const convert = compile({
  wordwrap: false,
  limits: { maxInputLength: longestHtml, maxDepth: 200, maxChildNodes: 20_000 },
  formatters: { history: historyFormatter },
  selectors: [
    { selector: 'a', options: { hideLinkHrefIfSameAsText: true, linkBrackets: ['[', ']'], noAnchorUrl: true } },
    { selector: 'img', format: 'skip' },
    { selector: 'title', format: 'skip' },
    ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map(selector => ({ selector, options: { uppercase: false } })),
    ...historyStarts.map(selector => ({ selector, format: 'history' })),
  ],
})

const deepest = 5000

/**
 * Up to where the HTML goes deeper than anybody's layout: the parser keeps its open elements in an array it grows at the
 * front, so 190,000 unclosed ones cost it 10 s.
 */
const beforeTooDeep = (html: string): string => {
  let open = 0
  for (const tag of html.matchAll(/<(?:(\/)|(?:br|hr|img|input|link|meta|wbr)\b)?[a-z]?/gi)) {
    if (tag[1]) open = Math.max(0, open - 1)
    else if (/^<[a-z]$/i.test(tag[0]) && ++open > deepest) return html.slice(0, tag.index)
  }
  return html
}

/** Never throws; what cannot be rendered gives the empty string. Up to 1,000,000 characters are read. */
export const htmlToText = (html: string): string => {
  try {
    return convert(beforeTooDeep(html.slice(0, longestHtml))).trim()
  } catch {
    return ''
  }
}
