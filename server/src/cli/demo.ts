/** `demo`: the whole story over real sockets on a throwaway database, told as it happens. */
import { createHmac } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startApp } from '../app.ts'
import { readConfig } from '../config.ts'
import { migrate } from '../kernel/database/migrate.ts'
import { createLog } from '../kernel/log.ts'
import { startPostgres } from '../kernel/postgres/postgres.ts'
import { caller } from './demo-caller.ts'
import { tellPost } from './post-demo.ts'

const step = (() => {
  let count = 0
  return (title: string) => console.log(`\n\x1b[1m${++count}. ${title}\x1b[0m`)
})()
const say = (line: string) => console.log(`   ${line}`)

export const runDemo = async (words: string[]): Promise<void> => {
  const [name = 'email'] = words
  if (name !== 'email' && name !== 'post')
    throw Object.assign(new Error(`demo: there is no demo called "${name}". Try: demo email, or demo post`), { told: true })
  const dataDir = await mkdtemp(join(tmpdir(), 'pennypost-demo-'))
  const postgres = await startPostgres({ dataDir, log: () => {} })
  await migrate(postgres.url)
  const config = readConfig({
    ...process.env,
    PORT: '0',
    SMTP_PORT: '0',
    HOST: '127.0.0.1',
    DATA_DIR: dataDir,
    MAIL_DOMAIN: 'demo.localhost',
    ALLOW_PRIVATE_NETWORKS: 'on',
    LOG_LEVEL: 'silent',
    DATABASE_URL: '',
    PUBLIC_URL: '',
  })
  const app = await startApp({ config, databaseUrl: postgres.url, log: createLog('silent') })
  const sink = await startReceiver()
  try {
    if (name === 'post') await tellPost({ url: app.publicUrl, sink, step, say })
    else await tell(app.publicUrl, app.smtp.port, sink)
  } finally {
    sink.close()
    await app.close()
    await postgres.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}

/** The customer's side of a webhook: keeps what comes. */
const startReceiver = async () => {
  const seen: { headers: IncomingHttpHeaders; body: string }[] = []
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', part => parts.push(part))
    request.on('end', () => {
      seen.push({ headers: request.headers, body: Buffer.concat(parts).toString() })
      response.end('ok')
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/email`, seen, close: () => server.close() }
}

const tell = async (url: string, smtpPort: number, sink: Awaited<ReturnType<typeof startReceiver>>): Promise<void> => {
  const register = (name: string) => caller(url, '', say)('POST', '/api/v1/register', { name, owner_email: 'owner@company.test' })

  step('Two agents register themselves (the MailboxKit call, unchanged)')
  const alice = await register('Alice')
  const bob = await register('Bob')
  const [asAlice, asBob] = [caller(url, alice.api_key, say), caller(url, bob.api_key, say)]
  say(`Alice is ${alice.email}, Bob is ${bob.email}; each has a key and an inbox`)

  step('Bob asks to be told of mail by webhook')
  const hook = await asBob('POST', '/api/v1/webhooks', { name: 'Demo', url: sink.url, events: ['message.received'] })

  step('Alice writes to Bob')
  const sent = await asAlice('POST', `/api/v1/inboxes/${alice.inbox_id}/messages/send`, {
    to: [bob.email],
    subject: 'Lunch?',
    text: 'Noon at the harbour?\nYour code is 482913.',
  })
  say(`accepted durably: message ${sent.data.id}, ${sent.data.status}`)

  step(`It travels by SMTP to port ${smtpPort}; Bob waits with one call`)
  const got = await asBob('POST', `/v1/inboxes/inb_${bob.inbox_id}/wait`, { timeout: 20 })
  say(`"${got.message.subject}" from ${got.message.from_email}: ${JSON.stringify(got.message.extracted_text)}`)
  say(`codes found in it: ${got.codes.map((code: { value: string }) => code.value).join(', ')}`)

  step('The webhook came too; Bob checks its signature as the MailboxKit document says')
  while (sink.seen.length === 0) await new Promise(resolve => setTimeout(resolve, 10))
  const [delivery] = sink.seen
  const expected = createHmac('sha256', hook.data.secret).update(delivery!.body).digest('hex')
  if (expected !== delivery!.headers['x-mailboxkit-signature']) throw new Error('The signature does not fit')
  say(`event ${JSON.parse(delivery!.body).event}, signature ${expected.slice(0, 16)}… verified`)

  step('Bob replies; the reply lands in the same thread')
  await asBob('POST', `/api/v1/inboxes/${bob.inbox_id}/messages/${got.message.id.slice(4)}/reply`, {
    text: 'Gladly!',
  })
  const answer = await asAlice('POST', `/v1/inboxes/inb_${alice.inbox_id}/wait`, {
    timeout: 20,
    thread_id: `thr_${sent.data.thread_id}`,
  })
  say(`"${answer.message.subject}": ${JSON.stringify(answer.message.extracted_text)}`)
  const thread = await asAlice('GET', `/api/v1/threads/${sent.data.thread_id}`)
  say(`the thread now holds ${thread.data.messages.length} messages`)

  step('What became of it')
  const { data } = await asAlice('GET', '/v1/events?limit=20')
  say(
    data
      .map((event: { type: string }) => event.type)
      .reverse()
      .join(' → '),
  )
  const wallet = await asAlice('GET', '/v1/wallet')
  say(`Alice has ${wallet.balance} left`)
  console.log('\nAll of it went over real sockets on this machine.\n')
}
