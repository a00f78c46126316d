/**
 * Merge fields: `{{first_name}}`, `{{company.name}}`, `{{name | default: "friend"}}`. Strict: printed paper cannot be corrected,
 * so a value which is missing is an error naming the field, never an empty space.
 */
import { PrintProblem } from '../problem.ts'

export type MergeValues = Readonly<Record<string, unknown>>

type Field = { name: string; fallback: string | undefined }

const fieldPattern = /^\s*([A-Za-z_][\w-]*(?:\.[\w-]+)*)\s*(?:\|\s*default:\s*(?:"([^"]*)"|'([^']*)')\s*)?$/

/**
 * Fills the fields of a text. `path` says which text it is (`back.message`); `row` names the recipient in the refusal, e.g. `row 17`.
 * Throws PrintProblem `missing_merge_value` or `merge_syntax`.
 */
export function merge(template: string, values: MergeValues, path: string, row?: string): string {
  if (!template.includes('{{') && !template.includes('}}')) return template
  return parse(template, path)
    .map(part => (typeof part === 'string' ? part : fill(part, values, path, row)))
    .join('')
}

/** The names of all fields of a text, each once, in order. Throws PrintProblem `merge_syntax`. */
export function fieldNames(template: string, path: string): string[] {
  return [...new Set(parse(template, path).flatMap(part => (typeof part === 'string' ? [] : [part.name])))]
}

function parse(template: string, path: string): (string | Field)[] {
  const parts: (string | Field)[] = []
  let rest = template
  for (;;) {
    const open = rest.indexOf('{{')
    const stray = (open < 0 ? rest : rest.slice(0, open)).includes('}}')
    if (stray) throw new PrintProblem('merge_syntax', path, 'There is a "}}" without "{{" before it.')
    if (open < 0) return [...parts, rest]
    const close = rest.indexOf('}}', open)
    if (close < 0) throw new PrintProblem('merge_syntax', path, `"${rest.slice(open, open + 30)}" has no closing "}}".`)
    const inside = rest.slice(open + 2, close)
    const match = fieldPattern.exec(inside)
    if (!match) throw new PrintProblem('merge_syntax', path, `"{{${inside}}}" is not a merge field.`)
    parts.push(rest.slice(0, open), { name: match[1]!, fallback: match[2] ?? match[3] })
    rest = rest.slice(close + 2)
  }
}

function fill({ name, fallback }: Field, values: MergeValues, path: string, row: string | undefined): string {
  const value = lookUp(values, name)
  if (typeof value === 'string' && value.trim() !== '') return value
  if (typeof value === 'number' && Number.isFinite(value)) return String(value)
  if (fallback !== undefined) return fallback
  const whose = row === undefined ? '' : ` for ${row}`
  throw new PrintProblem('missing_merge_value', path, `The merge field "${name}" has no value${whose}.`, { field: name, row })
}

function lookUp(values: MergeValues, name: string): unknown {
  let value: unknown = values
  for (const step of name.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = (value as Record<string, unknown>)[step]
  }
  return value
}
