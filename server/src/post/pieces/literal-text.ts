/**
 * What would be printed as it stands although it looks like a merge field of another product. Paper cannot be called back, so somebody
 * must say that it is meant: `confirm_literal`.
 */
import { type ForeignField, foreignFields, wordsOfHtml } from '../../printer/layout/foreign-merge.ts'
import { PrintProblem } from '../../printer/problem.ts'
import type { Side, StoredCreative } from './creative.ts'

const mostNamed = 5

const sentence = (found: readonly ForeignField[]): string => {
  const shown = found.slice(0, mostNamed).map(({ text, write }) => `"${text}" (ours: ${write})`)
  const more = found.length > mostNamed ? ` and ${found.length - mostNamed} more` : ''
  const looks = found.length === 1 ? 'looks like a merge field' : 'look like merge fields'
  return `${shown.join(', ')}${more} ${looks} and would be printed as written.`
}

const problemOf = (path: string, text: string | undefined): PrintProblem[] => {
  const found = text === undefined ? [] : foreignFields(text)
  return found.length > 0 ? [new PrintProblem('foreign_merge_field', path, sentence(found))] : []
}

const ofSide = (name: string, side: Side): PrintProblem[] => {
  if (side.kind === 'html') return problemOf(`${name}.html`, wordsOfHtml(side.html))
  if (side.kind === 'design') return problemOf(`${name}.headline`, side.headline)
  return side.kind === 'handwritten' ? problemOf(`${name}.message`, side.message) : []
}

/** Problems of a creative's own words and of its link, unless they are confirmed. */
export const literalProblems = (creative: StoredCreative, qrUrl: string | null): PrintProblem[] => {
  if (creative.confirm_literal) return []
  const sides: [string, Side][] =
    'body' in creative
      ? [['body', creative.body]]
      : [
          ['front', creative.front],
          ['back', creative.back],
        ]
  return [
    ...sides.flatMap(([name, side]) => ofSide(name, side)),
    ...problemOf('qr.caption', creative.qr_caption),
    // A link has one target for all: no field of any kind is filled in it.
    ...problemOf('qr.url', qrUrl?.replace(/\{\{([^{}]*)\}\}/g, '[[$1]]').replace(/%[0-9a-f]{2}/gi, ' ')),
  ]
}

/** Values that are nothing but a merge field: the list was made by a program that did not fill them. */
export const literalValues = (creative: StoredCreative, values: Readonly<Record<string, unknown>>): PrintProblem[] =>
  creative.confirm_literal
    ? []
    : Object.entries(values).flatMap(([name, value]) => {
        if (typeof value !== 'string') return []
        const text = value.trim()
        if (!/[^\w\s]|_|NAME/.test(text)) return []
        const ours = /^\{\{[^{}]*\}\}$/.test(text)
        const whole = ours || foreignFields(text).some(field => field.text === text)
        if (!whole) return []
        const message = `The value of "${name}" is "${text.slice(0, 80)}", a merge field that nobody filled.`
        return [new PrintProblem('foreign_merge_field', `merge_variables.${name}`, message)]
      })
