/** A real HTTP server on loopback that keeps what it receives, for tests of webhooks and of everything else we call. */
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

export interface Received {
  method: string
  /** Path and query. */
  path: string
  headers: IncomingHttpHeaders
  /** The body, byte for byte. */
  raw: Buffer
  /** When it was complete, on the clock of `performance.now()`. */
  at: number
}

/** A status alone, or all of the answer. */
type Answer = number | { status: number; headers?: Record<string, string>; body?: string | Buffer }
type Handler = (request: Received) => Answer | Promise<Answer>

export interface Sink {
  /** `http://127.0.0.1:port`, without a final slash. */
  url: string
  requests: Received[]
  /** The first request that fits, whether it came already or comes yet. Rejects after the time-out (5 s unless told). */
  waitFor(predicate: (request: Received) => boolean, timeoutMs?: number): Promise<Received>
  /** Says how to answer from now on. */
  respond(answer: Answer | Handler): void
  stop(): Promise<void>
}

/** Answers 200 unless told otherwise. */
export const startSink = async (handler: Answer | Handler = 200): Promise<Sink> => {
  const requests: Received[] = []
  const waiting = new Set<() => void>()
  let answer = handler
  const server = createServer(async (request, response) => {
    // A client that goes away in the middle has sent nothing.
    const raw = await buffer(request).catch(() => undefined)
    if (!raw) return
    const received = { method: request.method!, path: request.url!, headers: request.headers, raw, at: performance.now() }
    requests.push(received)
    for (const check of waiting) check()
    const given = typeof answer === 'function' ? await answer(received) : answer
    const { status, headers, body } = typeof given === 'number' ? { status: given } : given
    response.writeHead(status, headers).end(body)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    waitFor: (predicate, timeoutMs = 5000) =>
      new Promise((resolve, reject) => {
        const finish = (settle: () => void) => {
          clearTimeout(timer)
          waiting.delete(check)
          settle()
        }
        const check = () => {
          const found = requests.find(predicate)
          if (found) finish(() => resolve(found))
        }
        const late = () => new Error(`No such request within ${timeoutMs} ms; ${requests.length} others came`)
        const timer = setTimeout(() => finish(() => reject(late())), timeoutMs)
        waiting.add(check)
        check()
      }),
    respond: next => {
      answer = next
    },
    stop: async () => {
      server.closeAllConnections()
      await new Promise(done => server.close(done))
    },
  }
}
