/**
 * Documents that are facts of the code, printed from its tables: `npm run docs` writes them, `--check` (part of `npm run check`)
 * fails when one is stale.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import type { TObject, TSchema } from 'typebox'
import { openapi } from '../api/openapi.ts'
import { v1 } from '../api/v1.ts'
import { rows as config } from '../config.ts'
import { dialects } from '../dialects/index.ts'
import { events } from '../events/events.ts'
import { rows as limits, shownLimit } from '../limits.ts'
import { refusals } from '../problems.ts'
import { scopes } from '../scopes.ts'
import { sdkFiles } from './sdk-print.ts'
import { toolFiles } from './tool-inputs.ts'

const root = new URL('../../../', import.meta.url)
const made = '<!-- Printed from the code by `npm run docs`. Edit the table it comes from instead. -->\n\n'
const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
const table = (head: string[], rows: string[][]) =>
  [head, head.map(() => '---'), ...rows].map(row => `| ${row.map(cell).join(' | ')} |`).join('\n')

type Described = TSchema & {
  type?: string
  anyOf?: TSchema[]
  enum?: string[]
  const?: string
  items?: TSchema
  description?: string
}

/** A schema in a few words: `string`, `"live" or "test"`, `list of string`. */
export const kindOf = (schema: Described): string => {
  if (schema.enum) return schema.enum.length > 8 ? 'string' : schema.enum.map(value => `"${value}"`).join(' or ')
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.anyOf) return schema.anyOf.map(kindOf).join(' or ')
  if (schema.type === 'array') return `list of ${schema.items ? kindOf(schema.items) : 'anything'}`
  return schema.type ?? 'anything'
}

const fields = (schema: TSchema): string[][] => {
  const { properties = {}, required = [] } = schema as TObject
  return Object.entries(properties).map(([name, field]) => [
    `\`${name}\``,
    kindOf(field as Described),
    (required as string[]).includes(name) ? 'yes' : '',
    (field as Described).description ?? '',
  ])
}

const api = () =>
  `# Native API\n\n${made}${v1
    .map(([at, { title, scope, input, output }, status = 200]) => {
      const [method, path] = at.split(' ')
      const given = fields(input)
      return `## ${method} /v1${path}\n\n${title}. Scope \`${scope}\`, answers ${status}.\n\n${given.length > 0 ? `${table(['takes', 'type', 'required', ''], given)}\n\n` : ''}${table(['answers', 'type', 'always', ''], fields(output))}\n`
    })
    .join('\n')}`

const dialectPage = (dialect: (typeof dialects)[number]) => {
  const offered = dialect.rows.flatMap(row => ('run' in row ? [[`\`${row.at}\``, row.run.title, `\`${row.run.scope}\``]] : []))
  const gaps = dialect.rows.flatMap(row => ('why' in row ? [[`\`${row.at}\``, row.why]] : []))
  const shown = (dialect.statements ?? []).map(({ section, states, shown: by }) => [section, states, by])
  const statements =
    shown.length > 0 ? `## What else the document states\n\n${table(['section', 'states', 'shown by'], shown)}\n\n` : ''
  const errors = Object.entries(dialect.errors).map(([code, [status, word]]) => [`\`${code}\``, String(status), `\`${word}\``])
  return `# ${dialect.title}\n\n${made}Follows the ${dialect.document} as read in ${dialect.asOf}. Served at its documented paths and under \`/${dialect.name}\`.\n\n## Endpoints\n\n${table(['endpoint', 'operation', 'scope'], offered)}\n\nEach is replayed by examples in \`server/src/dialects/${dialect.name}/examples/\`.\n\n${statements}## Gaps\n\n${gaps.length > 0 ? table(['endpoint', 'why'], gaps) : 'None.'}\n\n## Refusals\n\n${table(['ours', 'status', 'their word'], errors)}\n`
}

const shown = (value: unknown) =>
  Array.isArray(value) ? value.join(',') : value === true ? 'on' : value === false ? 'off' : String(value)

/** Every generated document: path → text. */
export const documents = (): Record<string, string> => ({
  'docs/api.md': api(),
  'docs/openapi.json': `${JSON.stringify(openapi(), null, 2)}\n`,
  'docs/errors.md': `# Errors\n\n${made}${table(
    ['code', 'HTTP', 'retry', 'says', 'what to do'],
    Object.entries(refusals).map(([code, { http, retryable, message, fix }]) => [
      `\`${code}\``,
      String(http),
      retryable ? 'yes' : '',
      message,
      fix,
    ]),
  )}\n`,
  'docs/events.md': `# Events\n\n${made}Webhooks may overtake each other. Of two events of one thing the one with the larger \`sequence\` (header \`Webhook-Sequence\`) happened later.\n\n${table(
    ['type', 'when', 'scope its data needs'],
    Object.entries(events).map(([type, { scope, says }]) => [`\`${type}\``, says, `\`${scope}\``]),
  )}\n`,
  'docs/limits.md': `# Limits\n\n${made}What one request may hold. More is refused with 413 or 422; the answer names the limit.\n\n${table(
    ['of what', 'most'],
    Object.values(limits).map(row => [row.says, shownLimit(row)]),
  )}\n`,
  'docs/scopes.md': `# Scopes\n\n${made}${table(
    ['scope', 'allows'],
    Object.entries(scopes).map(([scope, says]) => [`\`${scope}\``, says]),
  )}\n`,
  'docs/config.md': `# Configuration\n\n${made}Environment variables. A bad value stops the start with a sentence that names the key.\n\n${table(
    ['key', 'default', 'what', 'example'],
    Object.entries(config).map(([key, row]) => [`\`${key}\``, `\`${shown(row.fallback)}\``, row.says, `\`${row.example}\``]),
  )}\n`,
  '.env.example': `# Printed from server/src/config.ts by \`npm run docs\`.\n${Object.entries(config)
    .map(([key, row]) => `\n# ${row.says}\n#${key}=${shown(row.fallback) || row.example}`)
    .join('\n')}\n`,
  ...Object.fromEntries(dialects.map(dialect => [`docs/dialects/${dialect.name}.md`, dialectPage(dialect)])),
  ...sdkFiles(),
  ...toolFiles(),
})

/** Writes them all, or with `check` fails when a file differs from what would be written. */
export const writeDocs = async (check: boolean): Promise<void> => {
  for (const folder of ['docs/dialects/', 'sdk/src/generated/', 'mcp/src/generated/'])
    await mkdir(new URL(folder, root), { recursive: true })
  const stale: string[] = []
  for (const [path, text] of Object.entries(documents())) {
    const file = new URL(path, root)
    if (check) {
      if ((await readFile(file, 'utf8').catch(() => '')) !== text) stale.push(path)
    } else await writeFile(file, text)
  }
  if (stale.length > 0) throw Object.assign(new Error(`Stale: ${stale.join(', ')}. Run: npm run docs`), { told: true })
}
