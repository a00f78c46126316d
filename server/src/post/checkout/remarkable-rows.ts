/**
 * The rows of a list that a person should see before paying: where the most text must fit, where the most was corrected, and what looks
 * strange. At most five; of each kind the one that has most of it.
 */
import { foreignScript } from '../addresses/scripts.ts'
import type { Recipient } from '../recipients/order-recipients.sql.ts'

export interface RemarkableRow {
  row: number
  why: string[]
}

export const mostRemarkable = 5

interface Best {
  row: number
  score: number
  why: string
}

/** `Ã¼` and `â€™` are UTF-8 that was read as Windows-1252; `&#39;` comes from a web page; `{first}` and `%NAME%` are merge fields of others. */
const oddities: readonly [pattern: RegExp, says: string][] = [
  [/Ã[\u0080-\u00bf¡-¿]|Â[ -¿]|â€/, 'letters that were read in a wrong encoding'],
  [/&(?:amp|quot|apos|lt|gt|nbsp|#\d+);/i, 'a code of a web page'],
  [/[{}<>|\\^~]|%\w+%|\[\w+\]/, 'signs that stand in no name'],
  [/\p{Extended_Pictographic}/u, 'a picture'],
  [/\?\?|\ufffd/, 'letters that were lost'],
  [/(.)\1{3,}/u, 'the same letter again and again'],
  [/\b(?:test|asdf|qwerty|unknown|n\/a|none|null|xxx+|dummy|sample|foo)\b/i, 'a word of a test'],
]

const correctable = ['name', 'company', 'line1', 'line2', 'city', 'state', 'zip'] as const

const shortened = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text)

/** How strange a value of a message or a line of an address is, and why. */
const oddity = (text: string): string | undefined => oddities.find(([pattern]) => pattern.test(text))?.[1]

const shouts = (name: string): string | undefined =>
  name.length > 2 && /\p{L}/u.test(name)
    ? name === name.toUpperCase()
      ? 'in capitals'
      : name === name.toLowerCase()
        ? 'in small letters'
        : undefined
    : undefined

export const remarkable = () => {
  const best = new Map<string, Best>()
  const ordinary: Best[] = []
  let last: Best | undefined
  const note = (kind: string, row: number, score: number, why: () => string): void => {
    const before = best.get(kind)
    if (score > 0 && (!before || score > before.score)) best.set(kind, { row, score, why: why() })
  }

  return {
    add({ row, recipient, merge_variables }: Recipient): void {
      let text = 0
      let fields = 0
      for (const name in merge_variables) {
        text += merge_variables[name]!.length
        fields++
      }
      const { name = '', company = '', line1, line2 = '', city } = recipient
      note('text', row, text, () => `has the most text to merge: ${text} characters`)
      const line = [name, company, line2 ? `${line1} ${line2}` : line1, city].reduce((one, other) =>
        other.length > one.length ? other : one,
      )
      note('line', row, line.length, () => `has the longest line of an address: "${shortened(line)}"`)
      for (const value of [name, company, line1, line2, city, merge_variables.first_name ?? '']) {
        const odd = value && oddity(value)
        if (odd) note('odd', row, 1, () => `holds ${odd}: "${shortened(value)}"`)
        const script = value && foreignScript(value)
        if (script) note('script', row, value.length, () => `is in ${script} letters: "${shortened(value)}"`)
      }
      const given =
        recipient.given &&
        correctable.flatMap(field => (recipient.given![field] ? [`${field} was "${shortened(recipient.given![field])}"`] : []))
      if (given) note('corrected', row, given.length, () => `was corrected: ${given.join(', ')}`)
      if (recipient.country !== 'US') note('abroad', row, 1, () => `goes abroad: ${recipient.countryName ?? recipient.country}`)
      const greeting = merge_variables.first_name ?? merge_variables.name
      const loud = greeting && shouts(greeting)
      if (loud) note('greeting', row, greeting.length, () => `has a name ${loud}: "${shortened(greeting)}"`)
      note('fewest', row, 1000 - fields, () => `has values for the fewest fields: ${fields}`)
      if (ordinary.length < mostRemarkable)
        ordinary.push({ row, score: 0, why: ordinary.length === 0 ? 'is the first' : 'is one of the first' })
      last = { row, score: 0, why: 'is the last' }
    },
    /** In the order in which they should be looked at. */
    rows(): RemarkableRow[] {
      const found = new Map<number, string[]>()
      const kinds = ['odd', 'script', 'text', 'line', 'corrected', 'abroad', 'greeting', 'fewest']
      const candidates = [
        ...kinds.flatMap(kind => best.get(kind) ?? []),
        ...ordinary.slice(0, 1),
        ...(last ? [last] : []),
        ...ordinary.slice(1),
      ]
      for (const { row, why } of candidates) {
        const reasons = found.get(row)
        // What was found of a kind says more than the place of a row.
        if (reasons) reasons.push(...(/^is (the|one)/.test(why) ? [] : [why]))
        else if (found.size < mostRemarkable) found.set(row, [why])
      }
      return [...found].map(([row, why]) => ({ row, why }))
    },
  }
}
