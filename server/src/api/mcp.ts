/**
 * /mcp: the tools of pennypost-mcp over Streamable HTTP, with the keys of the API. Stateless: any process answers any request.
 * A tool calls the API as the SDK does, only that its requests do not leave the process; so keys, scopes, limits, idempotency
 * and refusals are those of `/v1`, and there is one tool list.
 */
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js'
import type { FastifyInstance, FastifyRequest, InjectOptions } from 'fastify'
import { createMcpServer } from '../../../mcp/src/mcp-server.ts'
import { Answered, Pennypost } from '../../../sdk/src/index.ts'
import { checkStillActive } from '../accounts/active-key.ts'
import { limits } from '../limits.ts'
import type { App } from '../platform.ts'
import { problem } from '../problems.ts'
import { holdMemory } from './body-memory.ts'
import type { Authenticate } from './key-lookup.ts'
import { bearer, native } from './native.ts'
import { refuse } from './surface.ts'

/** Messages to a key's tools; what a tool calls is counted like any other call. */
const window = { name: 'mcp', points: 1000, seconds: 60 }

/** `fetch` that ends at our own routes. */
const inProcess =
  (fastify: FastifyInstance, ip: string): typeof globalThis.fetch =>
  async (url, init = {}) => {
    const answer = await fastify.inject({
      method: (init.method ?? 'GET') as InjectOptions['method'] & string,
      url: String(url),
      headers: init.headers as Record<string, string>,
      remoteAddress: ip,
      ...(init.body === undefined ? {} : { payload: init.body as string }),
    })
    const headers = Object.entries(answer.headers).map(([name, value]): [string, string] => [name, String(value)])
    return new Response(new Uint8Array(answer.rawPayload), { status: answer.statusCode, headers })
  }

const clientOf = (fastify: FastifyInstance, request: FastifyRequest, apiKey: string, answered: Answered): Pennypost =>
  new Pennypost({
    apiKey,
    inboxId: '',
    baseUrl: 'http://in-process',
    maxRetries: 0,
    fetch: inProcess(fastify, request.ip),
    answered,
  })

/** Keys whose waits are remembered, longest unused forgotten first. */
const mostRemembered = 10_000

/** What the waits of each key were answered with on this node, so that a model that waits again gets the next mail. */
const createMemory = (): ((keyId: string) => Answered) => {
  const keys = new Map<string, Answered>()
  return keyId => {
    const answered = keys.get(keyId) ?? new Answered()
    keys.delete(keyId)
    keys.set(keyId, answered)
    for (const oldest of keys.keys()) {
      if (keys.size <= mostRemembered) break
      keys.delete(oldest)
    }
    return answered
  }
}

export const mountMcp = (fastify: FastifyInstance, app: App, authenticate: Authenticate): void => {
  const memory = createMemory()
  fastify.route({
    method: 'POST',
    url: '/mcp',
    bodyLimit: limits.fileBodyBytes,
    errorHandler: (error, request, reply) => void refuse({ app, surface: native }, error, request, reply),
    // Before the body is read: a stranger's eighty megabytes are not.
    onRequest: async (request, reply) => {
      const holder = await authenticate(bearer(request.headers.authorization))
      if (!holder) throw problem('unauthorized')
      const taken = await app.limits.take([window], holder.id)
      if (!taken.allowed) throw problem('rate_limited', { retry_after: taken.retryAfter })
      await holdMemory(holder.org, request, reply)
    },
    handler: async (request, reply) => {
      if (Array.isArray(request.body) && request.body.length > limits.rpcMessages)
        throw problem('too_large', { limit: `${limits.rpcMessages} messages in one request` })
      const key = bearer(request.headers.authorization)!
      const caller = await authenticate(key)
      if (!caller) throw problem('unauthorized')
      const server = createMcpServer(clientOf(fastify, request, key, memory(caller.id)))
      const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true })
      await server.connect(transport)
      const asked = new Request('http://in-process/mcp', { method: 'POST', headers: headersOf(request) })
      const answer = await transport.handleRequest(asked, { parsedBody: request.body })
      const text = await answer.text()
      await server.close()
      // Several calls in one request end together: what the first of them read must not reach a key that was revoked while the last waited.
      const holder = await authenticate(key)
      if (!holder) throw problem('unauthorized')
      await checkStillActive({ db: app.db, org: holder.org, key: holder })
      await reply.code(answer.status).headers(Object.fromEntries(answer.headers)).send(text)
    },
  })
  // No stream from us and no session to end (Streamable HTTP: both are optional).
  fastify.route({
    method: ['GET', 'DELETE'],
    url: '/mcp',
    handler: (_, reply) =>
      reply
        .code(405)
        .header('allow', 'POST')
        .send({ jsonrpc: '2.0', error: { code: -32000, message: 'This MCP server is stateless: POST only.' }, id: null }),
  })
}

const headersOf = (request: FastifyRequest): [string, string][] =>
  Object.entries(request.headers).flatMap(([name, value]): [string, string][] =>
    value === undefined || name === 'content-length' ? [] : [[name, String(value)]],
  )
