/**
 * Reading the body of a request whose sender is known and may ask: never more of it than the route takes, not longer than that may take to
 * arrive, and JSON only as deep and as full of values as is useful. The bounds hold while it comes in; what is refused is not read on
 * (unread-bodies.ts sees it off).
 */
import { isUtf8 } from 'node:buffer'
import type { Readable } from 'node:stream'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { bodySeconds, inUnits, limits } from '../limits.ts'
import { invalid, problem } from '../problems.ts'

/**
 * The whole body. Throws too_large, request_timeout (also when the client goes away), or whatever `look` throws about a piece of it.
 * The stream is left as it is: destroying it would cut the connection before the refusal is read.
 */
export const readBody = (
  request: Pick<FastifyRequest, 'headers'>,
  payload: Readable,
  bytes: number,
  { look, seconds = bodySeconds(bytes) }: { look?: (piece: Buffer) => void; seconds?: number } = {},
): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const pieces: Buffer[] = []
    let size = 0
    const end = (error?: unknown) => {
      clearTimeout(late)
      payload.off('data', onData).off('end', onEnd).off('error', onLost).off('close', onLost)
      if (error === undefined) return resolve(pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, size))
      payload.pause()
      reject(error)
    }
    const onData = (piece: Buffer) => {
      size += piece.length
      if (size > bytes) return end(problem('too_large', { limit: inUnits(bytes) }))
      try {
        look?.(piece)
        pieces.push(piece)
      } catch (error) {
        end(error)
      }
    }
    const onEnd = () => end()
    const onLost = () => end(problem('request_timeout', { seconds }))
    const late = setTimeout(onLost, seconds * 1000)
    if (Number(request.headers['content-length']) > bytes) return end(problem('too_large', { limit: inUnits(bytes) }))
    payload.on('data', onData).on('end', onEnd).on('error', onLost).on('close', onLost)
  })

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c

/** Watches JSON go by, in pieces cut anywhere: throws when it is nested too deep or holds too much. Whether it is JSON is not asked. */
export const watchJson = (): ((piece: Buffer) => void) => {
  let depth = 0
  let values = 1
  let inString = false
  /** The piece before ended within a string, in an odd number of backslashes. */
  let escaping = false
  const count = () => {
    if (++values > limits.jsonValues) throw problem('too_large', { limit: `${limits.jsonValues.toLocaleString('en')} values` })
  }
  /** Where the string ends that goes on at `at`. */
  const skipString = (piece: Buffer, at: number): number => {
    for (;;) {
      const found = piece.indexOf(quote, at)
      const end = found < 0 ? piece.length : found
      let slashes = end
      while (slashes > at && piece[slashes - 1] === backslash) slashes--
      const escaped = (end - slashes + (slashes === at && escaping ? 1 : 0)) % 2 === 1
      escaping = found < 0 && escaped
      if (found < 0) return end
      at = found + 1
      if (escaped) continue
      inString = false
      return at
    }
  }
  return piece => {
    let at = 0
    while (at < piece.length) {
      if (inString) {
        at = skipString(piece, at)
        continue
      }
      const byte = piece[at++]!
      if (byte === quote) inString = true
      else if (byte === comma) count()
      // [ and {, ] and }
      else if ((byte | 0x20) === 0x7b) {
        count()
        if (++depth > limits.jsonDepth)
          throw invalid({ path: '', message: `is nested more than ${limits.jsonDepth} levels deep; send it flatter` })
      } else if ((byte | 0x20) === 0x7d) depth--
    }
  }
}

/** Reads application/json. Clients that always name the type send it with requests that have no body, too. */
export const acceptJson = (fastify: FastifyInstance): void => {
  const parse = fastify.getDefaultJsonParser('error', 'error')
  fastify.addContentTypeParser('application/json', (request, payload, done) => {
    readBody(request, payload, request.routeOptions.bodyLimit, { look: watchJson() }).then(
      bytes => {
        if (bytes.length === 0) done(null, undefined)
        else if (isUtf8(bytes)) void parse(request, bytes.toString('utf8'), done)
        else done(problem('invalid_json'))
      },
      (error: Error) => done(error),
    )
  })
}

/** Takes the body as it is, of any type: for signatures over its bytes. */
export const acceptBytes = (fastify: FastifyInstance): void => {
  fastify.removeAllContentTypeParsers()
  fastify.addContentTypeParser('*', (request, payload, done) => {
    readBody(request, payload, request.routeOptions.bodyLimit).then(
      bytes => done(null, bytes),
      (error: Error) => done(error),
    )
  })
}
