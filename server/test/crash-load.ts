/**
 * Several kinds of work at once on a running server, and the count of what became of each: mail out through a relay, mail in by SMTP,
 * webhooks for both, printed orders in the sandbox. For tests that kill parts of the server meanwhile.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import { parseId } from '../src/kernel/ids.ts'
import { eventually, type Json } from './harness.ts'
import { startSink } from './http-sink.ts'

/** How long the world outside takes to answer, so that there is always something in hand. */
const answerMs = 60

export interface Relay {
  port: number
  /** How often each recipient's mail was taken. */
  taken: Map<string, number>
  stop(): Promise<void>
}

/** A mail server that takes everything, one command after the other, and thinks before each 250 to a final dot. */
export const startRelay = async (): Promise<Relay> => {
  const taken = new Map<string, number>()
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket.on('error', () => {}).on('close', () => sockets.delete(socket)))
    socket.write('220 relay ESMTP\r\n')
    const lines = createInterface({ input: socket })
    lines.on('error', () => {})
    let inContent = false
    let recipient = ''
    let turn = Promise.resolve()
    const answer = (text: string) => void (socket.destroyed || socket.write(text))
    lines.on('line', line => {
      if (inContent) {
        if (line !== '.') return
        inContent = false
        const whose = recipient
        turn = turn.then(async () => {
          await delay(answerMs)
          taken.set(whose, (taken.get(whose) ?? 0) + 1)
          answer('250 2.0.0 taken\r\n')
        })
        return
      }
      const verb = line.slice(0, 4).toUpperCase()
      if (verb === 'RCPT') recipient = /<(.*)>/.exec(line)![1]!
      if (verb === 'DATA') inContent = true
      const replies: Record<string, string> = {
        EHLO: '250-relay\r\n250 PIPELINING\r\n',
        DATA: '354 go on\r\n',
        QUIT: '221 2.0.0 bye\r\n',
      }
      turn = turn.then(() => answer(replies[verb] ?? '250 2.0.0 ok\r\n'))
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    taken,
    stop: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** One mail by SMTP. Resolves once the 250 after the dot was read; rejects when it was not. */
const sendIn = (port: number, to: string, id: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = createConnection(port, '127.0.0.1')
    const steps = [
      'EHLO crash.test',
      'MAIL FROM:<a@sink.test>',
      `RCPT TO:<${to}>`,
      'DATA',
      `Message-ID: <${id}>\r\nSubject: in\r\nFrom: a@sink.test\r\n\r\nbody\r\n.`,
    ]
    const lines = createInterface({ input: socket })
    lines.on('error', () => {})
    lines.on('line', line => {
      if (/^\d{3}-|^221 /.test(line)) return
      if (!/^[23]/.test(line)) return void socket.destroy(new Error(line))
      const next = steps.shift()
      if (next !== undefined) return void socket.write(`${next}\r\n`)
      resolve()
      socket.end('QUIT\r\n')
    })
    socket.setTimeout(20_000, () => socket.destroy(new Error('no answer')))
    socket.on('error', reject).on('close', () => reject(new Error('the connection was closed')))
  })

const address = { name: 'The Copper Kettle', line1: '22 Harbor St', city: 'Portland', state: 'ME', zip: '04101' }
const piecesPerOrder = 25

export interface Load {
  /** Places another order in the sandbox, and lets its world run. Resolves when it was accepted. */
  order(): Promise<void>
  /** Ends the load, waits until everything that was acknowledged is done, and checks that each was done as often as it may be. */
  settle(database: pg.Client, mostTwice: number): Promise<Record<string, number>>
}

/** Begins at once. `ports` may be down at any time; whoever asks asks again. */
export const startLoad = async (ports: { http: number; smtp: number }, relay: Relay): Promise<Load> => {
  const sink = await startSink(async () => {
    await delay(answerMs)
    return 200
  })
  const call = async (method: string, path: string, key = '', body?: object, headers: Record<string, string> = {}) => {
    const response = await fetch(`http://127.0.0.1:${ports.http}/v1${path}`, {
      method,
      headers: {
        ...(key ? { authorization: `Bearer ${key}` } : {}),
        ...(body ? { 'content-type': 'application/json' } : {}),
        ...headers,
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(30_000),
    })
    return { status: response.status, body: (await response.json()) as Json }
  }
  /** Asks until it is done: a server that is down refuses, one whose database is down says 503. */
  const surely = async (method: string, path: string, key: string, body?: object, once?: string): Promise<Json> =>
    eventually(async () => {
      const answer = await call(method, path, key, body, once ? { 'idempotency-key': once } : {}).catch(() => undefined)
      if (!answer || answer.status === 503 || answer.status === 409) return undefined
      assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
      return answer.body
    }, 120_000)

  const me = await surely('POST', '/register', '', { name: 'Crash', owner_email: 'o@company.test' })
  const test = await surely('POST', '/api-keys', me.api_key, { name: 'test', mode: 'test' })
  const hook = { url: `${sink.url}/hook`, events: ['message.delivered', 'message.received'] }
  await surely('POST', '/webhooks', me.api_key, hook)
  const organization = parseId('organization', me.organization_id)
  const email = (await surely('GET', `/inboxes/${me.inbox_id}`, me.api_key)).email as string

  let running = true
  const sent = new Map<string, string>()
  const received = new Set<string>()
  const orders: string[] = []
  let count = 0
  const sending = Array.from({ length: 4 }, async () => {
    while (running) {
      // every third to ourselves, by the worker and our own SMTP server
      const n = count++
      const to = n % 3 === 0 ? email.replace('@', `+${n}@`) : `r${n}@sink.test`
      const { id } = await surely('POST', `/inboxes/${me.inbox_id}/messages`, me.api_key, { to, subject: 's', text: 't' }, to)
      sent.set(to, id)
      await delay(20)
    }
  })
  const receiving = Array.from({ length: 2 }, async () => {
    while (running) {
      const id = `in-${count++}@sink.test`
      await sendIn(ports.smtp, email, id).then(
        () => received.add(id),
        () => delay(100),
      )
      await delay(20)
    }
  })

  const order = async () => {
    const made = await surely('POST', '/orders', test.key, {
      quantity: piecesPerOrder,
      message: 'Dear {{first_name}}, thank you!',
      return_address: address,
    })
    const list = Array.from({ length: piecesPerOrder }, (_, i) => `First${i},Last${i},${i + 1} Main St,Portland,ME,04101`)
    const content = Buffer.from(`first_name,last_name,address,city,state,zip\n${list.join('\n')}`).toString('base64')
    await surely('POST', `/orders/${made.id}/recipients`, test.key, { file: { content } })
    await surely('POST', `/orders/${made.id}/quote`, test.key, {})
    await surely('POST', `/orders/${made.id}/checkout`, test.key, {}, `checkout-${made.id}`)
    orders.push(made.id)
    await surely('POST', '/test-clock/advance', test.key, { days: 12 })
  }

  const settle = async (database: pg.Client, mostTwice: number): Promise<Record<string, number>> => {
    running = false
    await Promise.all([...sending, ...receiving])
    const one = async (text: string, values: unknown[] = []): Promise<number> =>
      Number(Object.values((await database.query(text, values)).rows[0])[0])
    await surely('POST', '/test-clock/advance', test.key, { days: 12 })
    /** Waits until the table has no such row, for as long as they become fewer; else tells what is there. */
    const none = async (from: string, shown: string): Promise<void> => {
      for (let left = await one(`select count(*) from ${from}`); left > 0; ) {
        const before = left
        const fewer = async () => {
          left = await one(`select count(*) from ${from}`)
          return left < before
        }
        await eventually(fewer, 60_000).catch(async error => {
          const { rows } = await database.query(`select ${shown}, count(*) from ${from} group by 1 order by 2 desc limit 5`)
          throw new Error(`Not done: ${from}: ${JSON.stringify(rows)}`, { cause: error })
        })
      }
    }
    await none(
      `deliveries where livemode and state <> 'delivered'`,
      `concat_ws(' ', state, due, attempts, next_attempt_at - now(), code, reply, remote_host)`,
    )
    await none('received_mail', `concat(failures, ' failures')`)
    await none(`webhook_deliveries where state <> 'delivered'`, `concat_ws(' ', state, attempts, next_attempt_at)`)
    await none(`pieces where status not in ('delivered', 'returned', 'failed')`, 'status')
    await none('unindexed_messages', 'null')

    assert.equal(
      await one(`select count(*) from messages where direction = 'outbound' and organization_id = $1`, [organization]),
      sent.size,
      'accepted once each',
    )
    let twice = 0
    for (const to of sent.keys()) {
      if (!to.endsWith('@sink.test')) continue
      assert.ok(relay.taken.has(to), `${to} was acknowledged and never sent`)
      twice += relay.taken.get(to)! - 1
    }
    const inbound = (await database.query(`select message_id, to_emails from messages where direction = 'inbound'`)).rows
    const stored = inbound.map(row => row.message_id as string).filter(id => id.includes('<in-'))
    assert.equal(new Set(stored).size, stored.length, 'a received mail was filed twice')
    for (const id of received) assert.ok(stored.includes(`<${id}>`), `${id} was answered with 250 and is gone`)
    const own = new Map<string, number>()
    for (const { to_emails } of inbound) own.set(to_emails[0], (own.get(to_emails[0]) ?? 0) + 1)
    for (const to of sent.keys()) {
      if (to.endsWith('@sink.test')) continue
      assert.ok(own.has(to), `${to} was acknowledged and never arrived`)
      twice += own.get(to)! - 1
    }
    assert.equal(
      await one('select count(*) from messages where parse_problem is not null'),
      0,
      'a mail was given up as unreadable',
    )

    const told = new Map<string, number>()
    for (const { headers } of sink.requests) {
      const id = String(headers['webhook-id'])
      told.set(id, (told.get(id) ?? 0) + 1)
    }
    assert.equal(told.size, await one('select count(*) from webhook_deliveries'), 'every event reached the endpoint')
    const toldTwice = sink.requests.length - told.size
    const events = await one(
      `select count(*) from events where type in ('message.delivered', 'message.received') and organization_id = $1`,
      [organization],
    )
    assert.equal(events, sent.size + inbound.length, 'every end of a mail is one event')

    assert.equal(await one('select count(*) from pieces'), orders.length * piecesPerOrder)
    assert.equal(
      await one(
        `select count(*) from (select data->>'id', type from events where type like 'piece.%' group by 1, 2 having count(*) > 1) x`,
      ),
      0,
      'a piece went through something twice',
    )
    assert.equal(
      await one(
        `select coalesce(max(n), 0) from (select count(*) as n from pieces where print_job_id is null group by drop_id) x`,
      ),
      0,
    )
    assert.ok(twice <= mostTwice, `${twice} mails were sent twice`)
    assert.ok(toldTwice <= mostTwice, `${toldTwice} webhooks were posted twice`)
    await sink.stop()
    return {
      sent: sent.size,
      'sent twice': twice,
      received: inbound.length,
      webhooks: told.size,
      'webhooks twice': toldTwice,
      pieces: orders.length * piecesPerOrder,
    }
  }
  return { order, settle }
}
