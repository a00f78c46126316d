import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { test } from 'node:test'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { selfSigned } from '../../smtp/certificate.ts'
import { type Connected, connect } from './connect.ts'

const pair = selfSigned('mx.example.net', new Date())
const timeouts = { connect: 2000, greeting: 2000, command: 2000, tls: 2000, quit: 200 }
const auth = { user: 'ann', password: 'sécret' }

test('a well-behaved server gets everything as it was meant', async () => {
  const received: { from: string; to: string[]; content: string; user: unknown; secure: boolean }[] = []
  const options: SMTPServerOptions = {
    ...pair,
    onAuth: (given, _, done) => done(null, { user: given.username }),
    onData: (stream, { envelope, user, secure }, done) => {
      const chunks: Buffer[] = []
      stream.on('data', chunk => chunks.push(chunk))
      stream.on('end', () => {
        const from = envelope.mailFrom ? envelope.mailFrom.address : ''
        received.push({
          from,
          to: envelope.rcptTo.map(rcpt => rcpt.address),
          content: Buffer.concat(chunks).toString(),
          user,
          secure,
        })
        done()
      })
    },
  }
  const server = new SMTPServer(options)
  server.on('error', () => {})
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.server.address() as AddressInfo
  const opened = await connect({
    host: 'mx.example.net',
    address: '127.0.0.1',
    port,
    localName: 'us.example',
    tls: 'require',
    tlsOptions: { ca: pair.cert },
    auth,
    timeouts,
  })
  assert.ok(opened.kind === 'connected', JSON.stringify(opened))
  const content = 'Subject: ünï\r\n\r\n.\r\n..dots\r\nend'
  const results = await Promise.all(
    [0, 1, 2, 3].map(n =>
      opened.connection.send({
        mailFrom: `a${n}@example.com`,
        rcptTo: ['b@example.net', 'ü@example.net'],
        data: Buffer.from(content),
        utf8: true,
        eightBit: true,
      }),
    ),
  )
  await opened.connection.quit()
  await new Promise<void>(resolve => server.close(resolve))
  assert.ok(results.every(({ recipients }) => recipients.every(({ outcome }) => outcome === 'delivered')))
  const expected = { to: ['b@example.net', 'ü@example.net'], content: `${content}\r\n`, user: 'ann', secure: true }
  assert.deepEqual(
    received,
    [0, 1, 2, 3].map(n => ({ from: `a${n}@example.com`, ...expected })),
  )
})

const sink = '/usr/sbin/smtp-sink'

/** Postfix's sink with switches, on a free port, for one connection. */
async function withSink(switches: string[], run: (connection: Connected['connection']) => Promise<void>): Promise<void> {
  const probe = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => probe.once('listening', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise(resolve => probe.close(resolve))
  const asUser = process.getuid?.() === 0 ? ['-u', 'nobody'] : []
  const child = spawn(sink, [...switches, ...asUser, `127.0.0.1:${port}`, '16'], { stdio: 'ignore' })
  try {
    for (let tries = 0; ; tries++) {
      const opened = await connect({ host: '127.0.0.1', port, localName: 'us.example', tls: 'none', timeouts })
      if (opened.kind === 'connected') {
        await run(opened.connection)
        return opened.connection.close()
      }
      assert.ok(tries < 50, JSON.stringify(opened))
      await new Promise(resolve => setTimeout(resolve, 50))
    }
  } finally {
    child.kill()
  }
}

test('the sink of another mail server agrees, where it is installed', async t => {
  if (!existsSync(sink)) return t.skip('smtp-sink is not installed')
  const message = { mailFrom: 'a@example.com', rcptTo: ['b@example.net'], data: Buffer.from('Subject: x\r\n\r\n.\r\nx\r\n') }
  const outcomes = async (switches: string[], count: number) => {
    const seen: string[] = []
    await withSink(switches, async connection => {
      const results = await Promise.all(Array.from({ length: count }, () => connection.send(message)))
      for (const { recipients, ambiguous } of results)
        seen.push(`${recipients[0]!.outcome} ${recipients[0]!.phase}${ambiguous ? ' ambiguous' : ''}`)
    })
    return seen
  }
  assert.deepEqual(await outcomes([], 200), Array(200).fill('delivered end'))
  assert.deepEqual(await outcomes(['-p'], 20), Array(20).fill('delivered end'))
  assert.deepEqual(await outcomes(['-f', 'RCPT'], 3), Array(3).fill('failed rcpt'))
  assert.deepEqual(await outcomes(['-r', 'MAIL'], 3), Array(3).fill('deferred mail'))
  assert.deepEqual(await outcomes(['-f', '.'], 3), Array(3).fill('failed end'))
  assert.deepEqual(await outcomes(['-q', '.'], 2), ['deferred end ambiguous', 'deferred mail'])
  assert.deepEqual(await outcomes(['-Q', 'DATA'], 2), ['deferred data', 'deferred mail'])
})
