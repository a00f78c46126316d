/** The tracking pixel. Whatever it is asked with, it answers the same picture; only a GET counts. */
import type { FastifyInstance, FastifyReply } from 'fastify'
import { countOpen } from '../../email/messages/opens.ts'
import type { App } from '../../platform.ts'

/** One transparent pixel, GIF89a. */
const gif = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64')

const picture = (reply: FastifyReply) =>
  reply.headers({
    'content-type': 'image/gif',
    'content-length': gif.length,
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'cross-origin',
  })

export const pixel = (fastify: FastifyInstance, app: App): void => {
  fastify.head('/t/o/:file', (_, reply) => picture(reply).send())
  fastify.get<{ Params: { file: string } }>('/t/o/:file', { exposeHeadRoute: false }, async (request, reply) => {
    const { file } = request.params
    if (file.endsWith('.gif'))
      await countOpen(app, file.slice(0, -4)).catch(error => app.log.warn({ error: error.message }, 'an opening was not counted'))
    return picture(reply).send(gif)
  })
}
