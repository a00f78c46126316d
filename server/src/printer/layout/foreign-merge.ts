/**
 * Merge fields of other products in a text: `{first_name}`, `%FIRST_NAME%`, `*|FNAME|*`, `<<First Name>>`, `[First Name]`, `~FIRST_NAME~` …
 * They would be printed as they stand, so whoever prints must be asked. Signs that prose uses too (`[sic]`, `#1`, `50%`) count only
 * around the name of a field; signs that nothing but a template uses count around any word. Pure.
 */

/** What was found, and how we write it: `{{first_name}}` when the field has a name. */
export interface ForeignField {
  text: string
  write: string
}

const most = 20
const longestText = 1_000_000

const people =
  'first|last|full|given|family|sur|fore|pre|nick|middle|user|customer|client|contact|recipient|owner|sender|company|business|organization|brand|store|agent|sales ?rep'
const alone =
  'name|fname|lname|mname|first|last|company|organization|business|street|address|address ?\\d|city|state|zip|zip ?code|postal ?code|country|email|e ?mail|phone|mobile|salutation|title|suffix|greeting|signature|amount|balance|coupon|code|coupon ?code|promo ?code|discount|offer|link|url|qr|qr ?code|date|birthday|recipient|customer|contact|property ?address|custom ?\\d*|field ?\\d+|var(iable)? ?\\d*|merge ?\\d*|placeholder'
const fieldName = new RegExp(
  `^(?:(?:your|the|insert|my) )?(?:(?:${people}) ?name|(?:${people}) ?(?:city|state|address|phone|email|zip)|${alone})s?$`,
)

/** `FIRST_NAME`, `First Name`, `Contact.FirstName`, `firstname,fallback=you` → `first name`. */
const spoken = (inside: string): string =>
  inside
    .split(/[|,:=?]/)[0]!
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/[^A-Za-z\d]+/g, ' ')
    .trim()
    .toLowerCase()

const isField = (inside: string): boolean => {
  const words = spoken(inside)
  const tail = words.replace(/^(?:contact|recipient|customer|user|lead|subscriber|to|person|profile|merge) (?=.)/, '')
  return fieldName.test(words) || fieldName.test(tail) || fieldName.test(words.replaceAll(' ', ''))
}

/** A name made of parts, as no word of a sentence is: `loan_amount`, `Loan.Amount`. */
const isIdentifier = (inside: string): boolean => /^[A-Za-z][A-Za-z\d]*(?:[_.][A-Za-z\d]+)+$/.test(inside.trim())

const anything = () => true
const fieldOrIdentifier = (inside: string) => isField(inside) || isIdentifier(inside)
const word = '[A-Za-z_$!][\\w$ .|,:=?\'"()-]{0,60}?'

/** Patterns, the inside in the first group, and which insides count. */
const kinds: readonly [RegExp, (inside: string) => boolean][] = [
  [/\{\{\{\s*([^{}\n]{1,60})\}\}\}/g, anything],
  [/\*\|([^|\n]{1,60})\|\*/g, anything],
  [/<%[=-]?\s*([^%\n]{1,80})%>/g, anything],
  [/\{%-?\s*([^%\n]{1,80})%\}/g, anything],
  [/\[\[\s*([^\][\n]{1,60})\]\]/g, anything],
  [/<<\s*([^<>\n]{1,60})>>/g, anything],
  [/«\s*([^«»\n]{1,60})»/g, fieldOrIdentifier],
  [/@@\s*([A-Za-z][\w .-]{0,60})@@/g, anything],
  [/%%\s*([A-Za-z=][\w .()@=-]{0,60}?)%%/g, anything],
  [/##\s*([A-Za-z][\w .-]{0,60}?)##/g, anything],
  [/(?<!\w)__([A-Za-z][A-Za-z\d]*(?:_[A-Za-z\d]+)*)__(?!\w)/g, anything],
  [/(?<!\$)\$\$([A-Za-z][\w.-]{0,60}?)\$\$/g, anything],
  [new RegExp(`[$#%@]\\{\\s*(${word}|\\d{1,2})\\s*\\}`, 'g'), anything],
  [new RegExp(`(?<!\\{)\\{\\s*(${word}|\\d{1,2})\\s*\\}(?!\\})`, 'g'), anything],
  [/(?<![\d%\w])%([A-Za-z][A-Za-z\d]{2,}(?:[_.-][A-Za-z\d]+)*)%(?!\w)/g, anything],
  [/(?<![\d%\w])%([A-Za-z][\w .-]{1,40})%(?!\w)/g, fieldOrIdentifier],
  [/(?<!\[)\[[-%]?\s*([A-Za-z][^\][\n]{0,60}?)\s*[-%]?\](?!\])/g, fieldOrIdentifier],
  [/(?<![\w~])~([A-Za-z][\w .-]{0,40})~(?![\w~])/g, inside => fieldOrIdentifier(inside) || /^[A-Z][A-Z\d_]{2,}$/.test(inside)],
  [/(?<![\w#])#([A-Za-z][\w .-]{0,40})#(?![\w#])/g, inside => fieldOrIdentifier(inside) || /^[A-Z][A-Z\d_]{2,}$/.test(inside)],
  [/(?<![\w^])\^([A-Za-z][\w .-]{0,40})\^(?![\w^])/g, fieldOrIdentifier],
  [/(?<![\w$])\$([A-Za-z][\w.-]{0,40})\$(?![\w$])/g, fieldOrIdentifier],
  [/(?<![\w@])@([A-Za-z][\w-]{0,40})@(?![\w@])/g, fieldOrIdentifier],
  [/(?<![\w|])\|([A-Za-z][\w .-]{0,40})\|(?![\w|])/g, fieldOrIdentifier],
  [/(?<![\w*])\*([A-Za-z][\w .-]{0,40})\*(?![\w*])/g, isField],
  [/(?<![\w<])<\s*([A-Za-z][\w .-]{0,40})\s*>(?!>)/g, fieldOrIdentifier],
  [/(?<![\w(])\(([A-Za-z][\w.-]{0,40})\)/g, inside => isIdentifier(inside) && isField(inside)],
  [/(?<![\w-])-([A-Za-z]\w{0,40})-(?![\w-])/g, inside => isField(inside) && /_|[a-z][A-Z]|^name$/.test(inside)],
  [/(?<![\w.@:/&$])[$@:&]([a-z]\w{1,40})\b/gi, inside => isIdentifier(inside) && isField(inside)],
  [/(?<![\w.@/-])((?:FIRST|LAST|FULL)_?NAME|[FL]NAME|(?:first|last|full)_name|(?:CUSTOM|custom)_?\d)(?![\w.@-])/g, anything],
]

const written: Readonly<Record<string, string>> = {
  fname: 'first_name',
  lname: 'last_name',
  first: 'first_name',
  last: 'last_name',
}

const ours = (inside: string): string => {
  const words = spoken(inside).replace(
    /^(?:contact|recipient|customer|user|lead|subscriber|to|merge|merge ?field) (?=.*name)/,
    '',
  )
  const name = words.replaceAll(' ', '_').replace(/^(first|last|full|company)name$/, '$1_name')
  return /^[a-z]/.test(name) ? `{{${written[name] ?? name}}}` : '{{first_name}}'
}

/** The merge fields of other products in a text, each once, in the order they stand. Our own `{{…}}` are none. */
export const foreignFields = (text: string): ForeignField[] => {
  // Nothing to find without one of these, or a name in capitals or with an underscore.
  if (!/[{}[\]<>«»*|%~#@$^_&｛［]|NAME|-\w/.test(text)) return []
  // What is ours is taken out; the white keeps its neighbours apart.
  const rest = text
    .slice(0, longestText)
    .normalize('NFKC')
    .replace(/(?<!\{)\{\{(?!\{)[^{}]*(?:\}\}?(?!\}))?/g, own => (text.includes(own) ? ' ' : `[[${own.slice(2, -2)}]]`))
  const found = new Map<string, { at: number; write: string }>()
  let left = rest
  for (const [pattern, counts] of kinds)
    left = left.replace(pattern, (whole: string, inside: string, ...more: unknown[]) => {
      if (!counts(inside)) return whole
      const at = more.find(one => typeof one === 'number') as number
      if (!found.has(whole)) found.set(whole, { at, write: ours(inside) })
      return ' '.repeat(whole.length)
    })
  return [...found]
    .sort(([, a], [, b]) => a.at - b.at)
    .slice(0, most)
    .map(([text, { write }]) => ({ text, write }))
}

/** The words of HTML without its tags, for looking at what is printed. A tag that is no HTML stays: `<First_Name>` is none. */
export const wordsOfHtml = (html: string): string =>
  html
    .replace(/<!--[\s\S]*?-->|<(style|script)\b[\s\S]*?<\/\1>|<!doctype[^>]*>/gi, ' ')
    .replace(/<\/?[a-z][a-z\d]*(?:\s[^<>]*)?\/?>/g, tag =>
      /^<\/?(?:html|head|title|meta|body|div|p|h[1-6]|b|strong|i|em|u|span|br|img|a|table|tr|td|th|tbody|ul|ol|li|hr|font|center|small|sup|sub)\b/i.test(
        tag,
      )
        ? ' '
        : tag,
    )
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&laquo;/g, '«')
    .replace(/&raquo;/g, '»')
    .replace(/&(?:lbrace|lcub);|&#123;/g, '{')
    .replace(/&(?:rbrace|rcub);|&#125;/g, '}')
    .replace(/&amp;/g, '&')
