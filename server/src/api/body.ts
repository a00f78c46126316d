/**
 * Reading the body of a request whose sender is known and may ask: never more of it than the route takes, not longer than that may take to
 * arrive, and JSON only as deep and as full of values as is useful. The bounds hold while it comes in; what is refused is not read on
 * (unread-bodies.ts sees it off).
 */
import { isUtf8 } from 'node:buffer'
import type { Readable } from 'node:stream'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { watchJson } from '../kernel/bounded-json.ts'
import { bodySeconds, inUnits } from '../limits.ts'
import { problem } from '../problems.ts'

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
