/**
 * Answers that are given before the body was read, or all of it: the client must get them, and we need not take the rest. Closing a
 * connection with unread bytes resets it, and what the client had not read yet is lost with it. So the answer goes out whole, what still
 * comes is read into nothing for a while, and then the connection ends. Who is told to wait for 100 Continue never sends the body.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { App } from '../platform.ts'
import { type Problem, problem } from '../problems.ts'
import { native } from './native.ts'

export interface Patience {
  /** Milliseconds and bytes after which the rest of a body is not waited for. */
  ms: number
  bytes: number
}

/** As long as nginx (lingering_time), and more than any body that is allowed: a client that writes all before it reads gets its answer. */
export const patience: Patience = { ms: 30_000, bytes: 128 * 1024 * 1024 }

const lookEveryMs = 100

export interface Manners {
  /** For Fastify's option: what Node refuses before there is a request, or in the middle of one (too slow, too many headers, no HTTP). */
  clientErrorHandler(error: Error & { code?: string }, socket: Socket): void
  install(fastify: FastifyInstance): void
}

export const createManners = (app: App, { ms, bytes }: Patience = patience): Manners => {
  /** The last request of each connection that has a body, and its answer. */
  const asked = new WeakMap<Socket, { request: IncomingMessage; response: ServerResponse }>()
  const draining = new Set<Socket>()
  /** Requests whose client waits for a word before it sends the body (RFC 9110 §10.1.1). */
  const expectant = new WeakSet<IncomingMessage>()

  const drain = (request: IncomingMessage) => {
    const { socket } = request
    const deadline = performance.now() + ms
    const most = socket.bytesRead + bytes
    draining.add(socket)
    const end = (cut: boolean) => {
      clearInterval(timer)
      draining.delete(socket)
      if (cut || socket.writableEnded) socket.destroy()
    }
    const timer = setInterval(() => {
      if (request.complete || socket.destroyed) end(false)
      else if (performance.now() > deadline || socket.bytesRead > most) end(true)
    }, lookEveryMs)
    request.on('error', () => {})
    request.resume()
  }

  return {
    clientErrorHandler: (error, socket) => {
      const last = asked.get(socket)
      const answered = last && !last.request.complete && last.response.headersSent
      if (answered || !socket.writable || error.code === 'ECONNRESET') return void socket.destroy()
      const [refusal, phrase] = refusalOf(error.code)
      const { status, body } = native.fail(refusal, { id: '', app })
      const text = JSON.stringify(body)
      const header = [
        `HTTP/1.1 ${status} ${phrase}`,
        'Content-Type: application/json; charset=utf-8',
        `Content-Length: ${Buffer.byteLength(text)}`,
        'Connection: close',
      ]
      // What is still on its way must not reset the connection before this is read.
      socket.end(`${header.join('\r\n')}\r\n\r\n${text}`, () => setTimeout(() => socket.destroy(), 1000).unref())
    },
    install: fastify => {
      fastify.server.on('connection', (socket: Socket) => {
        const close = socket.destroySoon
        // Node calls this after an answer that is the connection's last.
        socket.destroySoon = () => {
          if (asked.get(socket)?.request.complete === false) socket.end()
          else close.call(socket)
        }
      })
      fastify.server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
        expectant.add(request)
        fastify.server.emit('request', request, response)
      })
      // Below Fastify, because it answers some requests (paths that cannot be decoded) without any hook.
      fastify.server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
        if (!hasBody(request)) return
        asked.set(request.socket, { request, response })
        response.once('finish', () => {
          if (!request.complete && !request.socket.destroyed) drain(request)
        })
      })
      fastify.addHook('preParsing', async ({ raw }, reply) => {
        if (expectant.delete(raw)) reply.raw.writeContinue()
      })
      fastify.addHook('onSend', async ({ raw }, reply) => {
        if (expectant.has(raw)) reply.header('connection', 'close')
      })
      fastify.addHook('preClose', async () => {
        for (const socket of draining) socket.destroy()
      })
    },
  }
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > 0

/** `requestTimeout` of the server: header and body, whatever is read of them. */
export const requestSeconds = 120

const refusalOf = (code: string | undefined): [Problem, string] => {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return [problem('request_timeout', { seconds: requestSeconds }), 'Request Timeout']
  if (code === 'HPE_HEADER_OVERFLOW')
    return [problem('too_large', { limit: '16 KB (all headers together)' }), 'Content Too Large']
  return [problem('invalid_http'), 'Bad Request']
}
