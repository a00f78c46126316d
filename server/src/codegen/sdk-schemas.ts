/** JSON Schema → TypeScript: names for what the API answers and takes, and the declarations of them. */
import type { TSchema } from 'typebox'
import { camel, type SdkRoute, singular } from './sdk-routes.ts'

type Schema = TSchema & {
  type?: string
  anyOf?: Schema[]
  enum?: (string | number)[]
  const?: unknown
  items?: Schema
  properties?: Record<string, Schema>
  patternProperties?: Record<string, Schema>
  required?: string[]
  description?: string
}

const pascal = (word: string): string => camel(word).replace(/^./, letter => letter.toUpperCase())
/** The noun of a resource: `['wallet', 'entries']` → WalletEntry, but `['inboxes', 'messages']` → Message where `messages` stands alone too. */
const nounOf = (resource: string[], alone: ReadonlySet<string>): string => {
  const last = resource.at(-1)
  return (last && alone.has(last) ? [last] : resource).map(word => pascal(singular(word))).join('')
}

const quote = (value: unknown): string =>
  typeof value === 'string' ? `'${value.replace(/[\\']/g, '\\$&')}'` : JSON.stringify(value)

/** A comment above a declaration, or nothing. What is in it must not end it. */
export const comment = (text: string | undefined, indent = ''): string =>
  text ? `${indent}/** ${text.replaceAll('*/', '*\\/').replace(/\s*\n\s*/g, ' ')} */\n` : ''

export class Names {
  /** Serialized schema → the name of an answer. */
  readonly #known = new Map<string, string>()
  readonly #declared = new Map<string, Schema>()
  /** Resources of the client itself. */
  readonly #alone: ReadonlySet<string>

  /** Answers first named by lists (their rows), then by what gets one, then by what makes one, then by the rest. */
  constructor(routes: SdkRoute[]) {
    this.#alone = new Set(routes.flatMap(({ resource }) => resource[0] ?? []))
    for (const { row, resource } of routes) if (row) this.#answer(row, [this.#noun(resource)])
    const rest = routes.filter(({ row }) => !row)
    const order = ['get', 'create', 'delete']
    const rank = ({ name }: SdkRoute) => (order.indexOf(name) + order.length + 1) % (order.length + 1)
    for (const { run, resource, name } of rest.sort((a, b) => rank(a) - rank(b)))
      this.#answer(run.output, answerNames(this.#noun(resource), name))
    for (const route of routes)
      if (Object.keys(route.input.properties).length > 0) this.#claim([this.#inputName(route)], route.input)
  }

  #noun(resource: string[]): string {
    return nounOf(resource, this.#alone)
  }

  #inputName({ resource, name }: SdkRoute): string {
    return `${this.#noun(resource)}${pascal(name)}Input`
  }

  #answer(schema: Schema, wanted: string[]): void {
    const text = JSON.stringify(schema)
    if (!this.#known.has(text)) this.#known.set(text, this.#claim(wanted, schema))
  }

  #claim(wanted: string[], schema: Schema): string {
    const name = wanted.find(one => !this.#declared.has(one))
    if (!name) throw new Error(`The SDK needs another name for ${wanted.join(' or ')}`)
    this.#declared.set(name, schema)
    return name
  }

  answer(schema: TSchema): string {
    return this.#known.get(JSON.stringify(schema))!
  }

  input(route: SdkRoute): string | undefined {
    return this.#declared.has(this.#inputName(route)) ? this.#inputName(route) : undefined
  }

  /** The declarations, one interface or alias each. */
  print(): string {
    return [...this.#declared]
      .map(([name, schema]) =>
        schema.properties
          ? `export interface ${name} ${this.#object(schema, '', true)}\n`
          : `export type ${name} = ${this.#type(schema, '', true)}\n`,
      )
      .join('\n')
  }

  #object(schema: Schema, indent: string, top = false): string {
    const required = schema.required ?? []
    const fields = Object.entries(schema.properties ?? {}).map(([field, value]) => {
      const key = /^[A-Za-z_]\w*$/.test(field) ? field : JSON.stringify(field)
      return `${comment(value.description ?? value.anyOf?.[0]?.description, `${indent}  `)}${indent}  ${key}${required.includes(field) ? '' : '?'}: ${this.#type(value, `${indent}  `)}\n`
    })
    return fields.length > 0 ? `{\n${fields.join('')}${indent}}` : top ? '{}' : 'Record<string, unknown>'
  }

  #type(schema: Schema, indent: string, top = false): string {
    const named = top ? undefined : this.#known.get(JSON.stringify(schema))
    if (named) return named
    if (schema.enum) return schema.enum.map(quote).join(' | ')
    if (schema.const !== undefined) return quote(schema.const)
    if (schema.anyOf) return [...new Set(schema.anyOf.map(one => this.#type(one, indent)))].join(' | ')
    if (schema.type === 'array') {
      const item = schema.items ? this.#type(schema.items, indent) : 'unknown'
      return / [|&] /.test(item) && !item.startsWith('{') ? `(${item})[]` : `${item}[]`
    }
    if (schema.type === 'object' && schema.properties) return this.#object(schema, indent)
    if (schema.type === 'object') {
      const [values] = Object.values(schema.patternProperties ?? {})
      return `Record<string, ${values ? this.#type(values, indent) : 'unknown'}>`
    }
    if (schema.type === 'integer' || schema.type === 'number') return 'number'
    return schema.type && ['string', 'boolean', 'null'].includes(schema.type) ? schema.type : 'unknown'
  }
}

const answerNames = (noun: string, name: string): string[] => {
  if (name === 'get') return [noun, `${noun}Detail`]
  if (name === 'create') return [noun, `Created${noun}`]
  if (name === 'delete') return ['Deleted', `Deleted${noun}`]
  return [`${noun}${pascal(name)}Result`]
}
