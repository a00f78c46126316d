/** What the MCP tools take: the inputs of the operations they stand for, and their own fields. */
import { catalogue, type ToolEntry } from '../../../mcp/src/catalogue.ts'
import { v1 } from '../api/v1.ts'
import type { Fields } from './sdk-routes.ts'

const inputOf = ({ at, optional = [], extra = {} }: ToolEntry): object => {
  const row = v1.find(([one]) => one === at)
  if (!row) throw new Error(`mcp/src/catalogue.ts: there is no ${at} in api/v1.ts`)
  const { type, properties, required = [], additionalProperties } = row[1].input as Fields
  const clash = Object.keys(extra).find(name => name in properties)
  if (clash) throw new Error(`mcp/src/catalogue.ts: ${at} has a field ${clash} already`)
  const left = required.filter(name => !optional.includes(name))
  return { type, properties: { ...properties, ...extra }, ...(left.length > 0 ? { required: left } : {}), additionalProperties }
}

/** Path of the file → its text. */
export const toolFiles = (): Record<string, string> => ({
  'mcp/src/generated/inputs.ts': `// Printed from the code by \`npm run docs\`. Edit mcp/src/catalogue.ts or the operations it names instead.

/** JSON Schema of each tool's input. */
export const inputs: Record<keyof typeof import('../catalogue.ts').catalogue, object> = ${JSON.stringify(
    Object.fromEntries(Object.entries(catalogue).map(([name, entry]) => [name, inputOf(entry)])),
    null,
    2,
  )}
`,
})
