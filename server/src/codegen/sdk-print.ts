/** The generated part of the SDK: what the API takes and answers as types, and a class per resource whose methods are its endpoints. */
import { events } from '../events/events.ts'
import { refusals } from '../problems.ts'
import { camel, type SdkRoute, sdkRoutes } from './sdk-routes.ts'
import { comment, Names } from './sdk-schemas.ts'

const made = '// Printed from the code by `npm run docs`. Edit server/src/api/v1.ts or the operations it names instead.\n\n'
const union = (words: string[]) => words.map(word => `\n  | '${word}'`).join('')

const methodOf = (route: SdkRoute, names: Names): string => {
  const { method, path, run, name, params, row } = route
  const input = names.input(route)
  const optional = (route.input.required ?? []).length === 0
  const taken = [
    ...params.map(param => `${camel(param)}: string`),
    ...(input ? [`input: ${input}${optional ? ' = {}' : ''}`] : []),
    'options?: RequestOptions',
  ]
  const at = path.replace(/:(\w+)/g, (_, param: string) => `\${${camel(param)}}`)
  const given = `'${method}', path\`${at}\`, ${input ? 'input' : 'undefined'}, options`
  const answers = row ? `List<${names.answer(row)}>` : `Promise<${names.answer(run.output)}>`
  const says = `${run.title}. \`${method} ${path.replace(/:(\w+)/g, '{$1}')}\`${run.scope === 'public' ? ', without a key' : `, scope \`${run.scope}\``}.`
  return `${comment(says, '  ')}  ${name}(${taken.join(', ')}): ${answers} {\n    return this.http.${row ? 'list' : 'call'}(${given})\n  }\n`
}

const className = (resource: string[]): string =>
  resource.length === 0 ? 'Api' : `${resource.map(word => word.replace(/^./, letter => letter.toUpperCase())).join('')}Resource`

/** A class after those it holds. */
const classOf = (resource: string[], routes: SdkRoute[], names: Names): string => {
  const depth = resource.length
  const under = routes.filter(route => resource.every((word, index) => route.resource[index] === word))
  const parts = [...new Set(under.flatMap(route => route.resource[depth] ?? []))]
  const own = under.filter(route => route.resource.length === depth)
  const fields = parts.map(part => `  readonly ${part} = new ${className([...resource, part])}(this.http)\n`).join('')
  const methods = own.map(route => methodOf(route, names)).join('\n')
  const body = [fields, methods].filter(Boolean).join('\n')
  const held = parts.map(part => classOf([...resource, part], routes, names)).join('')
  return `${held}export class ${className(resource)} extends Resource {\n${body}}\n\n`
}

/** Path of the file → its text. */
export const sdkFiles = (): Record<string, string> => {
  const routes = sdkRoutes()
  const names = new Names(routes)
  const used = [
    ...new Set(routes.flatMap(route => [names.answer(route.row ?? route.run.output), names.input(route) ?? []].flat())),
  ]
  const classes = classOf([], routes, names).trimEnd()
  return {
    'sdk/src/generated/schemas.ts': `${made}${names.print()}
/** What the server refuses with, by name. */
export type RefusalCode =${union(Object.keys(refusals))}

/** What a webhook can tell of. */
export type EventType =${union(Object.keys(events))}
`,
    'sdk/src/generated/resources.ts': `${made}import type { List } from '../list.ts'
import { path, Resource } from '../resource.ts'
import type { RequestOptions } from '../http.ts'
import type {\n${used
      .sort()
      .map(name => `  ${name},\n`)
      .join('')}} from './schemas.ts'

${classes}
`,
  }
}
