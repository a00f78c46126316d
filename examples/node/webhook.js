// Told of new mail: PENNYPOST_WEBHOOK_SECRET is what `pp.webhooks.create({ url, events: ['message.received'] })` answered.
import { createServer } from 'node:http'
import { verifyWebhook } from 'pennypost'

const secret = process.env.PENNYPOST_WEBHOOK_SECRET
const handled = new Set()

const server = createServer(async (request, response) => {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  try {
    // The bytes as they came: parsing them first would change what was signed.
    const event = await verifyWebhook(Buffer.concat(chunks), request.headers, secret)
    // The same event may come twice; its id tells.
    if (!handled.has(event.id)) console.log(event.type, event.data.subject ?? '')
    handled.add(event.id)
    response.writeHead(204).end()
  } catch {
    response.writeHead(401).end()
  }
})
server.listen(process.env.PORT ?? 8080, '127.0.0.1', () => console.log('listening on', server.address().port))
