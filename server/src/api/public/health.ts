/** For load balancers and Prometheus: alive, ready, metrics. */
import type { FastifyInstance } from 'fastify'
import { migrated } from '../../kernel/database/migrate.ts'
import type { App } from '../../platform.ts'

export const health = (fastify: FastifyInstance, app: App): void => {
  fastify.get('/healthz', async () => ({ status: 'ok' }))
  fastify.get('/readyz', async (_, reply) => {
    const checks = await migrated(app.db.pool).then(
      done => ({ database: 'ok', migrations: done ? 'ok' : 'pending' }),
      () => ({ database: 'unreachable', migrations: 'unknown' }),
    )
    const ready = checks.migrations === 'ok' && !app.closing
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready', ...checks })
  })
  fastify.get('/metrics', async (_, reply) =>
    reply.type(app.metrics.registry.contentType).send(await app.metrics.registry.metrics()),
  )
}
