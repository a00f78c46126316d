/** Attachments by signed link. Whatever is inside is downloaded, never shown: it came from a stranger. */
import type { FastifyInstance } from 'fastify'
import * as store from '../../email/messages/messages.sql.ts'
import { verifyUrl } from '../../kernel/crypto.ts'
import { parseId } from '../../kernel/ids.ts'
import type { App } from '../../platform.ts'
import { problem } from '../../problems.ts'

export const publicFiles = (fastify: FastifyInstance, app: App): void => {
  fastify.get<{ Params: { id: string } }>('/files/:id', async (request, reply) => {
    if (!verifyUrl(app.masterKey, request.url, 'attachment', app.clock.now()))
      throw problem('not_found', { what: 'file (or the link has expired)' })
    const row = await store.unscopedAttachment(app.db, parseId('attachment', request.params.id) ?? null)
    const bytes = row && (await app.blobs.get(app.db, row.organization_id, row.blob_id))
    if (!bytes) throw problem('not_found', { what: 'file' })
    return reply
      .headers({
        'content-type': 'application/octet-stream',
        'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(row.filename).replace(/['()*]/g, c => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)}`,
        'content-security-policy': "default-src 'none'; sandbox",
        'cache-control': 'private, max-age=300',
      })
      .send(bytes)
  })
}
