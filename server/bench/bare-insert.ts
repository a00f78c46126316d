/** The other side of api-send: Fastify, JSON in, one durable INSERT by pg, JSON out. Nothing else. */
import Fastify from 'fastify'
import pg from 'pg'

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 20 })
await pool.query(
  'create table if not exists bare (id bigserial primary key, body jsonb not null, at timestamptz not null default now())',
)
const fastify = Fastify()
fastify.post('/', async (request, reply) => {
  const { rows } = await pool.query({
    name: 'insert',
    text: 'insert into bare (body) values ($1) returning id',
    values: [JSON.stringify(request.body)],
  })
  return reply.code(202).send({ id: rows[0].id })
})
await fastify.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
console.log('ready')
process.on('SIGTERM', async () => {
  await fastify.close()
  await pool.end()
})
