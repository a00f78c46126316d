/**
 * Memory for large bodies: each is there several times while it is read, parsed and stored. This process holds so much of them at once,
 * and an organization gets no more than it leaves free; who comes beyond that waits, with its body unread, and is told to come back when
 * it takes too long. Small bodies never wait.
 */
import { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { createFairShare } from '../kernel/fair-share.ts'
import { inUnits, limits } from '../limits.ts'
import { problem } from '../problems.ts'

const memory = createFairShare(limits.largeBodiesBytes)
const patienceMs = 20_000

/** Before the body is read. Throws too_large, or `unavailable`. */
export const holdMemory = async (holder: string, request: FastifyRequest, reply: FastifyReply): Promise<void> => {
  const { raw } = request
  const length = request.headers['content-length']
  const chunked = request.headers['transfer-encoding'] !== undefined
  if (Number(length) > limits.fileBodyBytes) throw problem('too_large', { limit: inUnits(limits.fileBodyBytes) })
  const bytes = chunked ? limits.fileBodyBytes : Math.min(Number(length ?? 0), limits.fileBodyBytes)
  // What does not come by a socket was held when it did.
  if (bytes <= limits.jsonBytes || !(raw.socket instanceof Socket)) return
  const gone = new AbortController()
  const leave = () => gone.abort(problem('unavailable'))
  const late = setTimeout(leave, patienceMs)
  reply.raw.once('close', leave)
  try {
    const free = await memory.take(holder, bytes, gone.signal)
    reply.raw.once('close', free)
    if (raw.socket.destroyed) free()
  } finally {
    clearTimeout(late)
    reply.raw.off('close', leave)
  }
}
