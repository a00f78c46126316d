import assert from 'node:assert/strict'
import { type AddressInfo, connect as connectTcp, createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { test } from 'node:test'
import { createServer as createTlsServer } from 'node:tls'
import { type PeerOptions, type PeerSession, type SmtpPeer, startPeer } from '../../../test/smtp-peer.ts'
import { selfSigned } from '../../smtp/certificate.ts'
import { type Connected, type ConnectOptions, type ConnectProblem, connect } from './connect.ts'

const now = new Date()
const pair = selfSigned('mx.example.net', now)
const expired = selfSigned('mx.example.net', new Date(now.getTime() - 11 * 365 * 86_400_000))
const timeouts = { connect: 2000, greeting: 2000, command: 2000, tls: 2000, quit: 200 }

/** Runs with a peer and a way to connect to it; closes both. */
async function withPeer(
  options: PeerOptions,
  run: (open: (changed?: Partial<ConnectOptions>) => Promise<Connected | ConnectProblem>, peer: SmtpPeer) => Promise<void>,
): Promise<void> {
  const peer = await startPeer(options)
  const opened: (Connected | ConnectProblem)[] = []
  const usual = {
    host: 'mx.example.net',
    address: '127.0.0.1',
    port: peer.port,
    localName: 'us.example',
    tls: 'none',
    timeouts,
  } as const
  try {
    await run(async changed => {
      const one = await connect({ ...usual, ...changed })
      opened.push(one)
      return one
    }, peer)
  } finally {
    for (const one of opened) if (one.kind === 'connected') one.connection.close()
    await peer.stop()
  }
}

const short = (one: Connected | ConnectProblem) =>
  one.kind === 'connected' ? 'connected' : `${one.outcome} ${one.code} ${one.enhanced} ${one.phase}`
const commandsOf = (peer: SmtpPeer) =>
  peer.sessions.map(({ commands }) => commands.map(command => command.split(' ')[0]).join(' '))

test('a greeting decides whether there is a server to talk to', async () => {
  const cases: [string, string][] = [
    ['220 mx.example.net\r\n', 'connected'],
    ['220-mx.example.net\r\n220 and more\r\n', 'connected'],
    ['421 4.3.2 busy\r\n', 'deferred 421 4.3.2 greeting'],
    ['554 5.7.1 your address is listed\r\n', 'deferred 554 5.7.1 greeting'],
    ['521 no mail here\r\n', 'failed 521 null greeting'],
    ['556 5.1.10 no mail here\r\n', 'failed 556 5.1.10 greeting'],
    ['354 what\r\n', 'deferred 354 null greeting'],
    ['SSH-2.0-OpenSSH_9.2\r\n', 'deferred 0 4.5.0 greeting'],
    ['220-forever\r\n'.repeat(10_000), 'deferred 0 4.5.0 greeting'],
    [`220 ${'x'.repeat(1_000_000)}`, 'deferred 0 4.5.0 greeting'],
    ['220 one\r\n220 two\r\n', 'deferred 0 4.5.0 ehlo'],
  ]
  for (const [greeting, expected] of cases)
    await withPeer({ greeting }, async open => assert.equal(short(await open()), expected, greeting.slice(0, 40)))
})

test('nobody there, nobody answering, somebody hanging up', async () => {
  const probe = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => probe.once('listening', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise(resolve => probe.close(resolve))
  const refused = await connect({ host: '127.0.0.1', port, localName: 'us.example', tls: 'none' })
  assert.equal(short(refused), 'deferred 0 4.4.1 connect')
  assert.ok(refused.kind === 'refused' && refused.reply === 'connection failed: ECONNREFUSED')
  await withPeer({ greeting: '' }, async open =>
    assert.equal(short(await open({ timeouts: { greeting: 50 } })), 'deferred 0 4.4.2 greeting'),
  )
  const hangingUp: PeerOptions = { answer: (_, { socket }) => socket.destroy() && '' }
  await withPeer(hangingUp, async open => assert.equal(short(await open()), 'deferred 0 4.4.2 ehlo'))
})

test('our name is checked before anybody is called', async () => {
  for (const localName of ['', 'a b', 'a\r\nRSET', 'a<b', 'ünïcode', 'a;b', 'a\0']) {
    await withPeer({}, async (open, peer) => {
      await assert.rejects(open({ localName }), TypeError, localName)
      assert.equal(peer.sessions.length, 0)
    })
  }
  for (const localName of ['mail.example.com', '[192.0.2.1]', '[IPv6:2001:db8::1]']) {
    await withPeer({}, async (open, peer) => {
      assert.equal(short(await open({ localName })), 'connected')
      assert.equal(peer.sessions[0]!.commands[0], `EHLO ${localName}`)
    })
  }
})

test('a server from before EHLO is greeted with HELO', () =>
  withPeer({ answer: command => (command.startsWith('EHLO') ? '502 5.5.1 unknown\r\n' : undefined) }, async (open, peer) => {
    const opened = await open()
    assert.ok(opened.kind === 'connected')
    assert.deepEqual(opened.connection.extensions, { pipelining: false, eightBit: false, utf8: false, size: null })
    assert.deepEqual(commandsOf(peer), ['EHLO HELO'])
  }))

test('extensions are read in any case, and from whole words only', async () => {
  const extensionsOf = async (extensions: string[]) => {
    const found: unknown[] = []
    await withPeer({ extensions }, async open => {
      const opened = await open()
      assert.ok(opened.kind === 'connected')
      found.push(opened.connection.extensions)
    })
    return found[0]
  }
  assert.deepEqual(await extensionsOf(['pipelining', '8bitMIME', 'SmtpUtf8', 'size 1000']), {
    pipelining: true,
    eightBit: true,
    utf8: true,
    size: 1000,
  })
  assert.deepEqual(await extensionsOf(['XPIPELINING', '8BITMIMEX', 'X SMTPUTF8', 'SIZE 0']), {
    pipelining: false,
    eightBit: false,
    utf8: false,
    size: Number.POSITIVE_INFINITY,
  })
})

test('opportunistic TLS takes any certificate and says whether it was a good one', () =>
  withPeer({ tls: pair }, async (open, peer) => {
    const opened = await open({ tls: 'opportunistic' })
    assert.ok(opened.kind === 'connected')
    assert.equal(opened.connection.tls?.verified, false)
    assert.match(opened.connection.tls.protocol, /^TLSv1\.[23]$/)
    assert.deepEqual(commandsOf(peer), ['EHLO STARTTLS EHLO'])
    const trusted = await open({ tls: 'opportunistic', tlsOptions: { ca: pair.cert } })
    assert.ok(trusted.kind === 'connected' && trusted.connection.tls?.verified)
    const elsewhere = await open({ tls: 'opportunistic', tlsOptions: { ca: pair.cert }, host: 'other.example.net' })
    assert.ok(elsewhere.kind === 'connected' && elsewhere.connection.tls?.verified === false)
  }))

test('opportunistic TLS that does not work ends in plain text on a new connection', async () => {
  const atStartTls = (answer: string, more: (session: PeerSession) => void): PeerOptions => ({
    tls: pair,
    answer: (command, session) => {
      if (command !== 'STARTTLS') return undefined
      session.socket.write(answer)
      more(session)
      return ''
    },
  })
  const spoiled: [string, PeerOptions][] = [
    ['not offered', {}],
    ['refused', atStartTls('454 4.7.0 not now\r\n', () => {})],
    ['silence', atStartTls('220 go\r\n', () => {})],
    ['garbage', atStartTls('220 go\r\n', ({ socket }) => socket.once('data', () => socket.write('not TLS at all')))],
    ['hang-up', atStartTls('220 go\r\n', ({ socket }) => socket.end())],
  ]
  for (const [name, options] of spoiled) {
    await withPeer(options, async (open, peer) => {
      const opened = await open({ tls: 'opportunistic', timeouts: { ...timeouts, tls: 200 } })
      assert.ok(opened.kind === 'connected', name)
      assert.equal(opened.connection.tls, null)
      assert.deepEqual(commandsOf(peer).at(-1), 'EHLO', name)
    })
    await withPeer(options, async (open, peer) => {
      const opened = await open({ tls: 'require', tlsOptions: { ca: pair.cert }, timeouts: { ...timeouts, tls: 200 } })
      assert.match(short(opened), /^deferred (0|454) 4\.\d\.\d tls$/, name)
      assert.equal(peer.sessions.length, 1)
    })
  }
})

test('required TLS wants a certificate for the server it meant', async () => {
  const verdicts: [Partial<ConnectOptions>, typeof pair, string][] = [
    [{ tlsOptions: { ca: pair.cert } }, pair, 'connected'],
    [{}, pair, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    [{ tlsOptions: { ca: pair.cert }, host: 'mx2.example.net' }, pair, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    [{ tlsOptions: { ca: pair.cert }, host: '127.0.0.1' }, pair, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    [{ tlsOptions: { ca: expired.cert } }, expired, 'CERT_HAS_EXPIRED'],
  ]
  for (const [changed, certificate, expected] of verdicts) {
    await withPeer({ tls: certificate }, async open => {
      const opened = await open({ tls: 'require', ...changed })
      if (opened.kind === 'connected') assert.equal(expected, 'connected')
      else assert.deepEqual([opened.phase, opened.reply], ['tls', `connection failed: ${expected}`])
    })
  }
})

test('the server is asked for by its name', () =>
  withPeer({ tls: pair }, async (open, peer) => {
    await open({ tls: 'opportunistic' })
    await open({ tls: 'opportunistic', host: '127.0.0.1' })
    const names = peer.sessions.map(({ socket }) => ('servername' in socket ? socket.servername : undefined))
    assert.deepEqual(names, ['mx.example.net', false])
  }))

test('plain text behind the answer to STARTTLS is not taken for an answer under TLS', async () => {
  const injecting = (injected: string): PeerOptions => ({
    tls: pair,
    answer: command => (command === 'STARTTLS' ? `220 2.0.0 go\r\n${injected}` : undefined),
  })
  const strict = { tls: 'require', tlsOptions: { ca: pair.cert } } as const
  for (const injected of ['250-evil.example\r\n250 AUTH PLAIN\r\n', '220 2.0.0 ok\r\n', '250 ok\r\n250 half a re']) {
    await withPeer(injecting(injected), async open => assert.equal(short(await open(strict)), 'deferred 0 4.5.0 tls'))
  }
  for (const injected of ['2', '250-evil.example\r\n', '250-evil.example\r\n250 SIZE 1']) {
    await withPeer(injecting(injected), async open => {
      const opened = await open(strict)
      assert.ok(opened.kind === 'connected')
      assert.deepEqual(opened.connection.extensions, { pipelining: true, eightBit: true, utf8: true, size: 1_000_000 })
      const result = await opened.connection.send({ mailFrom: '', rcptTo: ['bob@example.net'], data: Buffer.from('x') })
      assert.equal(result.recipients[0]!.outcome, 'delivered')
    })
  }
})

test('what was offered before TLS counts for nothing after it', () =>
  withPeer(
    { tls: pair, answer: (command, { encrypted }) => (command.startsWith('EHLO') && encrypted ? '250 bare\r\n' : undefined) },
    async open => {
      const opened = await open({ tls: 'require', tlsOptions: { ca: pair.cert } })
      assert.ok(opened.kind === 'connected' && !opened.connection.extensions.pipelining)
    },
  ))

test('implicit TLS speaks TLS from the first byte and checks the name', async () => {
  const server = createTlsServer(pair, socket => {
    socket.write('220 mx\r\n')
    socket.on('data', chunk => socket.write(chunk.toString().startsWith('EHLO') ? '250 mx\r\n' : '221 bye\r\n'))
    socket.on('error', () => socket.destroy())
  }).listen(0, '127.0.0.1')
  server.on('tlsClientError', () => {})
  await new Promise(resolve => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  const options = {
    host: 'mx.example.net',
    address: '127.0.0.1',
    port,
    localName: 'us.example',
    tls: 'implicit',
    timeouts,
  } as const
  const good = await connect({ ...options, tlsOptions: { ca: pair.cert } })
  assert.ok(good.kind === 'connected' && good.connection.tls?.verified)
  await good.connection.quit()
  for (const changed of [
    {},
    { tlsOptions: { ca: pair.cert }, host: 'other.example.net' },
    { tlsOptions: { ca: pair.cert }, host: '127.0.0.1' },
  ]) {
    assert.equal(short(await connect({ ...options, ...changed })), 'deferred 0 4.4.1 connect')
  }
  server.close()
})

const auth = { user: 'ann', password: 'sécret' }

test('credentials go out by PLAIN or LOGIN, and a refusal is an answer', async () => {
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  const taken = (command: string) => (/^AUTH PLAIN |^c8Op/.test(command) ? '235 2.7.0 welcome\r\n' : undefined)
  await withPeer({ extensions: ['AUTH LOGIN PLAIN'], answer: taken }, async (open, peer) => {
    assert.equal(short(await open({ auth })), 'connected')
    assert.equal(peer.sessions[0]!.commands[1], `AUTH PLAIN ${base64('\0ann\0sécret')}`)
  })
  const login = (command: string) => (command === 'AUTH LOGIN' || command === base64('ann') ? '334 x\r\n' : taken(command))
  await withPeer({ extensions: ['AUTH=LOGIN'], answer: login }, async (open, peer) => {
    await open({ auth })
    assert.deepEqual(peer.sessions[0]!.commands.slice(1), ['AUTH LOGIN', base64('ann'), base64('sécret')])
  })
  const no = (command: string) => (command.startsWith('AUTH') ? '535 5.7.8 no\r\n' : undefined)
  for (const mechanism of ['PLAIN', 'LOGIN']) {
    await withPeer({ extensions: [`AUTH ${mechanism}`], answer: no }, async open =>
      assert.equal(short(await open({ auth })), 'deferred 535 5.7.8 auth'),
    )
  }
  for (const extensions of [[], ['AUTH CRAM-MD5']]) {
    await withPeer({ extensions }, async open => assert.equal(short(await open({ auth })), 'deferred 0 4.7.0 auth'))
  }
  await withPeer({}, async open => assert.rejects(open({ auth: { user: 'a\0b', password: 'c' } }), TypeError))
})

test('credentials never leave the machine in plain text or to an unverified server', async t => {
  const address = Object.values(networkInterfaces())
    .flat()
    .find(known => known && !known.internal && known.family === 'IPv4')?.address
  if (!address) return t.skip('this machine has no address but loopback')
  const server = createServer(socket => {
    const inside = connectTcp(peer.port, '127.0.0.1')
    socket.pipe(inside).pipe(socket)
    for (const end of [socket, inside]) end.on('error', () => socket.destroy() && inside.destroy())
  }).listen(0, address)
  await new Promise(resolve => server.once('listening', resolve))
  const peer = await startPeer({ extensions: ['AUTH PLAIN'], tls: pair })
  const options = {
    host: 'mx.example.net',
    address,
    port: (server.address() as AddressInfo).port,
    localName: 'us.example',
    auth,
    timeouts,
  }
  assert.equal(short(await connect({ ...options, tls: 'none' })), 'deferred 0 4.7.0 auth')
  assert.equal(short(await connect({ ...options, tls: 'opportunistic' })), 'deferred 0 4.4.2 tls')
  const trusted = await connect({ ...options, tls: 'opportunistic', tlsOptions: { ca: pair.cert } })
  assert.equal(short(trusted), 'connected')
  assert.deepEqual(commandsOf(peer), ['EHLO', 'EHLO STARTTLS', 'EHLO STARTTLS EHLO AUTH'])
  if (trusted.kind === 'connected') trusted.connection.close()
  await peer.stop()
  server.close()
})
