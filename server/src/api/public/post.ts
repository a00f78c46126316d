/** Printed mail's public pages: short links of QR codes, proofs by signed link, and where tracking is pushed to. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { safeEqual } from '../../kernel/crypto.ts'
import { limits } from '../../limits.ts'
import type { App } from '../../platform.ts'
import { isFromLob, mayBeLob } from '../../post/carriers/lob.ts'
import { previewFile } from '../../post/checkout/order-preview.ts'
import { proofFile } from '../../post/pieces/proofs.ts'
import { follow } from '../../post/tracking/qr-links.ts'
import { receiveFeed } from '../../post/tracking/tracking.ts'
import { problem } from '../../problems.ts'
import { acceptBytes } from '../body.ts'
import { limitByAddress } from '../surface.ts'

/** A feed comes from few addresses, and each piece that moves is a report of Lob's. */
const reportsPerMinute = 1200

const one = (request: FastifyRequest, name: string): string => String(request.headers[name] ?? '')

/** RFC 7617, against the two configuration keys; with neither set nobody is let in. */
const mayPush = ({ config }: App, authorization: string): boolean => {
  const [, encoded] = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(authorization) ?? []
  const given = Buffer.from(encoded ?? '', 'base64').toString('utf8')
  return config.TRACKING_USER !== '' && safeEqual(given, `${config.TRACKING_USER}:${config.TRACKING_PASSWORD}`)
}

export const publicPost = (fastify: FastifyInstance, app: App): void => {
  for (const path of ['/q/:code', '/Q/:code'])
    fastify.route<{ Params: { code: string } }>({
      method: ['GET', 'HEAD'],
      url: path,
      handler: async (request, reply) => {
        const purpose = ['sec-purpose', 'purpose', 'x-moz', 'x-purpose'].map(name => one(request, name)).join(' ')
        const visit = { method: request.method, ip: request.ip, userAgent: one(request, 'user-agent'), purpose }
        const target = await follow(app, request.params.code.toUpperCase(), visit)
        if (!target) throw problem('not_found', { what: 'link' })
        return reply.headers({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' }).redirect(target, 302)
      },
    })

  for (const [path, fileOf, what] of [
    ['/proofs/:id/:file', proofFile, 'proof'],
    ['/previews/:id/:row/:file', previewFile, 'preview'],
  ] as const)
    fastify.get(path, async (request, reply) => {
      const file = await fileOf(app, request.url)
      if (!file) throw problem('not_found', { what: `${what} (or the link has expired)` })
      return reply
        .headers({
          'content-type': file.type,
          'content-disposition': 'inline',
          'content-security-policy': "default-src 'none'; sandbox",
          'cache-control': 'private, max-age=300',
        })
        .send(file.bytes)
    })

  // The body is stored as it came, so nothing may read it before.
  fastify.register((raw, _options, done) => {
    acceptBytes(raw)
    const bodyOf = (request: FastifyRequest): Buffer => (Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0))

    raw.post('/tracking/iv-mtr', {
      bodyLimit: limits.feedBytes,
      onRequest: async request => {
        await limitByAddress(app, request, reportsPerMinute)
        if (!mayPush(app, one(request, 'authorization'))) throw problem('unauthorized')
      },
      handler: async (request, reply) => {
        await receiveFeed(app, 'usps', bodyOf(request))
        return reply.send({ status: 'received' })
      },
    })

    const signatureOf = (request: FastifyRequest) =>
      [one(request, 'lob-signature'), one(request, 'lob-signature-timestamp')] as const
    raw.post('/tracking/lob', {
      bodyLimit: limits.reportBytes,
      // The signature is over the body. What can be said before: whether there is one, and of now.
      onRequest: async request => {
        await limitByAddress(app, request, reportsPerMinute)
        if (!mayBeLob(app, ...signatureOf(request))) throw problem('unauthorized')
      },
      handler: async (request, reply) => {
        const body = bodyOf(request)
        if (!isFromLob(app, body, ...signatureOf(request))) throw problem('unauthorized')
        await receiveFeed(app, 'lob', body)
        return reply.send({ status: 'received' })
      },
    })
    done()
  })
}
