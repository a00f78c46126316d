/** OpenAPI 3.1 from the table of the native API: our schemas are JSON Schema already. */
import type { TObject, TSchema } from 'typebox'
import { refusals } from '../problems.ts'
import { v1 } from './v1.ts'

const errorSchema = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message', 'fix', 'docs', 'retryable', 'request_id'],
      properties: {
        code: { type: 'string', enum: Object.keys(refusals) },
        message: { type: 'string' },
        fix: { type: 'string', description: 'What to do about it.' },
        docs: { type: 'string' },
        retryable: { type: 'boolean' },
        request_id: { type: 'string' },
        errors: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              path: { type: 'string', description: 'JSON pointer into the request.' },
              message: { type: 'string' },
              guess: {
                type: 'object',
                description: 'What was made out of the value: of a list, its headings and a mapping to begin with.',
              },
            },
          },
        },
      },
    },
  },
} as const

/** `/inboxes/:inbox_id/wait` → the operationId `inboxes.wait.post`; used by the SDK and the reference. */
export const operationId = (method: string, path: string): string =>
  [
    ...path.split('/').filter(part => part && !part.startsWith(':')),
    ...(path.split('/').at(-1)?.startsWith(':') ? ['one'] : []),
    method.toLowerCase(),
  ].join('.')

const without = (schema: TObject, names: string[]): object => ({
  ...schema,
  properties: Object.fromEntries(Object.entries(schema.properties).filter(([name]) => !names.includes(name))),
  required: (schema.required ?? []).filter((name: string) => !names.includes(name)),
})

const pathItem = ([at, operation, status = 200, more]: (typeof v1)[number]) => {
  const [method, path] = at.split(' ') as [string, string]
  const input = operation.input as TObject
  const inPath = [...path.matchAll(/:(\w+)/g)].map(match => match[1]!)
  const parameter = (name: string, where: 'path' | 'query') => {
    const schema = input.properties[name] as TSchema & { description?: string }
    return {
      name,
      in: where,
      required: where === 'path',
      schema,
      ...(schema.description ? { description: schema.description } : {}),
    }
  }
  const query = method === 'GET' ? Object.keys(input.properties).filter(name => !inPath.includes(name)) : []
  const body = without(input, inPath)
  // Where no key is needed there is nobody to keep an answer for.
  const headers =
    method === 'POST' && operation.scope !== 'public'
      ? [
          {
            name: 'Idempotency-Key',
            in: 'header',
            required: false,
            schema: { type: 'string', minLength: 1, maxLength: 255 },
            description: 'Repeat a request safely: the first answer is kept for 24 hours, apart for live and test keys.',
          },
        ]
      : []
  const hasBody = method !== 'GET' && method !== 'DELETE' && Object.keys(input.properties).length > inPath.length
  return {
    path: `/v1${path.replace(/:(\w+)/g, '{$1}')}`,
    method: method.toLowerCase(),
    item: {
      operationId: operationId(method, path),
      summary: operation.title,
      tags: [path.split('/')[1]!],
      'x-scope': operation.scope,
      security: operation.scope === 'public' ? [] : [{ key: [] }],
      parameters: [...inPath.map(name => parameter(name, 'path')), ...query.map(name => parameter(name, 'query')), ...headers],
      ...(hasBody
        ? {
            requestBody: {
              required: true,
              content: {
                'application/json': { schema: body },
                ...(more?.multipart ? { 'multipart/form-data': { schema: { type: 'object' } } } : {}),
              },
            },
          }
        : {}),
      responses: {
        [status]: {
          description: 'Done.',
          content: {
            'application/json': { schema: operation.output },
            ...Object.fromEntries(
              Object.values(operation.files).map(type => [type, { schema: { type: 'string', format: 'binary' } }]),
            ),
          },
        },
        default: {
          description: 'A refusal.',
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
        },
      },
    },
  }
}

/** The document; `url` is where this server is reached. */
export const openapi = (url = 'http://localhost:3000'): object => {
  const paths: Record<string, Record<string, object>> = {}
  for (const row of v1) {
    const { path, method, item } = pathItem(row)
    paths[path] = { ...paths[path], [method]: item }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Pennypost',
      version: '1',
      description: 'All the post an app, a team or an AI agent sends and receives.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url }],
    paths,
    components: {
      schemas: { Error: errorSchema },
      securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'pp_live_… or pp_test_…' } },
    },
  }
}
