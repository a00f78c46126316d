/** The HTTP server: the native API, the dialects, and the few public pages. */
import type { Socket } from 'node:net'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { mountDialects, surfaceAt } from '../dialects/mount.ts'
import { dialectOfKey, products, surfaceOfPath } from '../dialects/products.ts'
import { newId, toUlid } from '../kernel/ids.ts'
import type { App } from '../platform.ts'
import { problem } from '../problems.ts'
import { acceptJson } from './body.ts'
import { createAuthenticate } from './key-lookup.ts'
import { mountMcp } from './mcp.ts'
import { acceptMultipart } from './multipart.ts'
import { native, nativeInput } from './native.ts'
import { agentPages } from './public/agents.ts'
import { approvalPages } from './public/approve.ts'
import { billingPages } from './public/billing.ts'
import { claimPages } from './public/claim.ts'
import { publicFiles } from './public/files.ts'
import { health } from './public/health.ts'
import { pixel } from './public/pixel.ts'
import { publicPost } from './public/post.ts'
import { reference } from './public/reference.ts'
import { mountRoute, refuse } from './surface.ts'
import { createManners, requestSeconds } from './unread-bodies.ts'
import { type Method, v1 } from './v1.ts'

export const startHttp = async (app: App): Promise<{ port: number; close(): Promise<void> }> => {
  const { authenticate, close } = createAuthenticate(app)
  const noSuchRoute = (request: FastifyRequest, reply: FastifyReply) =>
    refuse(
      { app, surface: surfaceAt(request.url, dialectOfKey(request.headers)) ?? native },
      problem('no_such_route', { method: request.method, path: request.url.split('?')[0]!.slice(0, 200) }),
      request,
      reply,
    )
  const manners = createManners(app)
  const fastify = Fastify({
    // Paths that cannot be decoded, or hold more than any id.
    frameworkErrors: (_, request, reply) => void noSuchRoute(request, reply),
    trustProxy: app.config.TRUST_PROXY,
    genReqId: () => `req_${toUlid(newId())}`,
    forceCloseConnections: 'idle',
    requestTimeout: requestSeconds * 1000,
    clientErrorHandler: manners.clientErrorHandler,
    routerOptions: { maxParamLength: 1000, ignoreTrailingSlash: true, constraints: { keyDialect: byKeyPrefix } },
  })
  fastify.removeContentTypeParser(['text/plain', 'application/json'])
  acceptJson(fastify)
  acceptMultipart(fastify)
  watch(fastify, app)
  manners.install(fastify)
  // What leads nowhere is said before a body is read.
  fastify.addHook('onRequest', async (request, reply) => {
    if (request.is404) return noSuchRoute(request, reply).then(() => reply)
  })
  fastify.setErrorHandler((error, request, reply) => void refuse({ app, surface: native }, error, request, reply))
  fastify.setNotFoundHandler(noSuchRoute)

  for (const [at, run, status = 200, more] of v1) {
    const [method, path] = at.split(' ') as [Method, string]
    const input = (request: Parameters<typeof nativeInput>[1]) => nativeInput(run.input, request)
    mountRoute(
      fastify,
      { app, authenticate, surface: native },
      {
        method,
        path: `/v1${path}`,
        run,
        status,
        multipart: more?.multipart ?? false,
        uploads: more?.uploads ?? false,
        input,
        output: result => result,
      },
    )
  }
  mountDialects(fastify, app, authenticate)
  mountMcp(fastify, app, authenticate)
  health(fastify, app)
  publicFiles(fastify, app)
  publicPost(fastify, app)
  reference(fastify, app)
  agentPages(fastify, app)
  claimPages(fastify, app)
  billingPages(fastify, app)
  approvalPages(fastify, app)
  pixel(fastify, app)

  const connections = new Set<Socket>()
  fastify.server.on('connection', (socket: Socket) => {
    connections.add(socket)
    socket.once('close', () => connections.delete(socket))
  })
  await fastify.listen({ port: app.config.PORT, host: app.config.HOST })
  const address = fastify.server.address()
  return {
    port: typeof address === 'object' && address ? address.port : app.config.PORT,
    close: async () => {
      const timer = setInterval(() => hangUpOnIdle(fastify, connections), 50)
      await fastify.close().finally(() => clearInterval(timer))
      await close()
    },
  }
}

/** Connections that went idle since closing began, and those on which nothing was ever asked: Node would keep both for a minute more. */
const hangUpOnIdle = (fastify: FastifyInstance, connections: Set<Socket>): void => {
  fastify.server.closeIdleConnections()
  for (const socket of connections) if (socket.bytesRead === 0) socket.destroy()
}

/** Where two products document the same path, or one and the native API, the prefix of the key says whose client is asking. */
const byKeyPrefix = {
  name: 'keyDialect',
  storage: () => {
    const handlers = new Map<string, unknown>()
    return {
      get: (dialect: string) => handlers.get(dialect) ?? null,
      set: (dialect: string, handler: unknown) => void handlers.set(dialect, handler),
    }
  },
  deriveConstraint: (request: { headers: Record<string, string | string[] | undefined> }) =>
    dialectOfKey(request.headers) ?? products[0]!.name,
  validate: () => {},
  mustMatchWhenDerived: false,
} as never

/** Request ids, safe headers, one log line and the metrics of every request. Bodies and keys are never logged. */
const watch = (fastify: FastifyInstance, app: App): void => {
  fastify.addHook('onRequest', async (request, reply) => {
    reply.headers({ 'x-request-id': request.id, 'x-content-type-options': 'nosniff' })
  })
  fastify.addHook('onResponse', async (request, reply) => {
    const url = request.routeOptions.url
    const surface = surfaceOfPath(url)
    app.metrics.requests.inc({ surface, status: reply.statusCode })
    app.metrics.requestSeconds.observe({ surface }, reply.elapsedTime / 1000)
    const line = {
      request: request.id,
      method: request.method,
      route: url,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
    }
    if (reply.statusCode >= 500) app.log.warn(line, 'request')
    else app.log.debug(line, 'request')
  })
}
