import { connect as connectTcp, isIP } from 'node:net'
import { checkServerIdentity, connect as connectTls, type PeerCertificate } from 'node:tls'
import { Channel, type TlsOptions } from './channel.ts'
import { rfc5321Timeouts, SmtpConnection, type Timeouts } from './connection.ts'
import { noReply, type Reply } from './replies.ts'
import { classOf, type Extensions, type Phase } from './transaction.ts'
import { isSafeArgument } from './wire.ts'

export type { SmtpConnection, Timeouts } from './connection.ts'
export type { Outgoing, Phase, RecipientResult, SendResult } from './transaction.ts'

type Auth = { user: string; password: string }

/**
 * `host`: the server's name, used for SNI and certificate; `address`: the IP to dial, already checked (default: `host`).
 * `tls`: 'none' plain text · 'opportunistic' whatever encryption can be had, else plain text (RFC 7435) · 'require' STARTTLS with a
 * certificate valid for `host` (MTA-STS, relays) · 'implicit' the same from the first byte (RFC 8314).
 * `auth` goes out only under verified TLS or to loopback, so it turns 'opportunistic' into 'require' elsewhere.
 */
export type ConnectOptions = {
  host: string
  port: number
  address?: string
  localName: string
  tls: 'none' | 'opportunistic' | 'require' | 'implicit'
  tlsOptions?: TlsOptions
  auth?: Auth
  timeouts?: Partial<Timeouts>
}

/** `deferred`: try the next host, or later. `failed`: the host takes no mail at all (RFC 7504). `code` 0 when it said nothing. */
export type ConnectProblem = {
  kind: 'refused'
  outcome: 'deferred' | 'failed'
  code: number
  enhanced: string | null
  reply: string
  phase: Phase
}

export type Connected = { kind: 'connected'; connection: SmtpConnection }

/**
 * Opens an SMTP session up to the point where mail can be sent: TCP, greeting, EHLO, STARTTLS and EHLO again, AUTH.
 * A peer that refuses or breaks off is a value; only a `localName` that is no host name, or credentials holding a NUL, throw a TypeError.
 */
export async function connect(options: ConnectOptions): Promise<Connected | ConnectProblem> {
  const { localName, auth } = options
  if (!isSafeArgument(localName) || !/^[\w.:[\]-]+$/.test(localName)) throw new TypeError('localName is not a host name')
  if (auth && `${auth.user}${auth.password}`.includes('\0')) throw new TypeError('credentials hold a NUL')
  const timeouts = { ...rfc5321Timeouts, ...options.timeouts }
  const first = await open(options, timeouts)
  // TLS that does not work is no better for the mail than TLS that is not offered, and the spoiled connection cannot go on
  if (first.kind === 'refused' && first.phase === 'tls' && options.tls === 'opportunistic' && !auth) {
    return open({ ...options, tls: 'none' }, timeouts)
  }
  return first
}

async function open(options: ConnectOptions, timeouts: Timeouts): Promise<Connected | ConnectProblem> {
  const channel = dial(options)
  const refuse = (reply: Reply, phase: Phase): ConnectProblem => {
    channel.fail(reply)
    const outcome = phase === 'greeting' && (reply.code === 521 || reply.code === 556) ? 'failed' : 'deferred'
    return { kind: 'refused', outcome, code: reply.code, enhanced: reply.enhanced, reply: reply.text, phase }
  }

  await channel.opened(options.tls === 'implicit' ? 'secureConnect' : 'connect', timeouts.connect)
  if (channel.failure) return refuse({ ...channel.failure, enhanced: '4.4.1' }, 'connect')

  const greeting = await channel.reply(timeouts.greeting)
  if (classOf(greeting) !== 2) return refuse(greeting, 'greeting')

  let hello = await greet(channel, options.localName, timeouts)
  if (classOf(hello) !== 2) return refuse(hello, 'ehlo')

  const verify =
    options.tls === 'require' || (options.tls === 'opportunistic' && options.auth !== undefined && !channel.isLoopback)
  if (verify || (options.tls === 'opportunistic' && offers(hello, 'STARTTLS'))) {
    const refused = await secure(channel, options, verify, hello, timeouts)
    if (refused) return refuse(refused, 'tls')
    hello = await greet(channel, options.localName, timeouts)
    if (classOf(hello) !== 2) return refuse(hello, 'ehlo')
  }
  if (options.auth) {
    const refused = await authenticate(channel, options.auth, hello, timeouts)
    if (refused) return refuse(refused, 'auth')
  }
  return { kind: 'connected', connection: new SmtpConnection(channel, extensions(hello), timeouts) }
}

function dial({ tls, host, port, address = host, tlsOptions }: ConnectOptions): Channel {
  if (tls !== 'implicit') return new Channel(connectTcp({ host: address, port }))
  const identity = {
    servername: isIP(host) ? '' : host,
    checkServerIdentity: (_: string, certificate: PeerCertificate) => checkServerIdentity(host, certificate),
  }
  return new Channel(connectTls({ ...tlsOptions, ...identity, host: address, port }))
}

/** EHLO, or HELO where that is not understood. */
async function greet(channel: Channel, localName: string, timeouts: Timeouts): Promise<Reply> {
  const hello = await say(channel, `EHLO ${localName}`, timeouts.command)
  return classOf(hello) === 5 ? say(channel, `HELO ${localName}`, timeouts.command) : hello
}

/** STARTTLS and the handshake; a reply says why not. */
async function secure(
  channel: Channel,
  options: ConnectOptions,
  verify: boolean,
  hello: Reply,
  timeouts: Timeouts,
): Promise<Reply | null> {
  if (!offers(hello, 'STARTTLS')) return noReply('the peer does not offer STARTTLS', '4.7.0')
  const reply = await say(channel, 'STARTTLS', timeouts.command)
  if (classOf(reply) !== 2) return reply
  await channel.startTls(options.host, { rejectUnauthorized: verify, ...options.tlsOptions }, timeouts.tls)
  return channel.failure
}

/** AUTH PLAIN, or LOGIN (RFC 4954); a reply says why not. */
async function authenticate(channel: Channel, auth: Auth, hello: Reply, timeouts: Timeouts): Promise<Reply | null> {
  if (!channel.tls && !channel.isLoopback) return noReply('credentials are not sent over plain text', '4.7.0')
  const mechanisms = /^AUTH[ =](.*)$/im.exec(hello.text)?.[1]?.toUpperCase().split(' ') ?? []
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  if (mechanisms.includes('PLAIN')) {
    const reply = await say(channel, `AUTH PLAIN ${base64(`\0${auth.user}\0${auth.password}`)}`, timeouts.command)
    return classOf(reply) === 2 ? null : reply
  }
  if (!mechanisms.includes('LOGIN')) return noReply('the peer offers neither AUTH PLAIN nor LOGIN', '4.7.0')
  let reply = await say(channel, 'AUTH LOGIN', timeouts.command)
  for (const answer of [auth.user, auth.password]) {
    if (reply.code !== 334) return reply
    reply = await say(channel, base64(answer), timeouts.command)
  }
  return classOf(reply) === 2 ? null : reply
}

async function say(channel: Channel, command: string, ms: number): Promise<Reply> {
  channel.write([`${command}\r\n`], 1)
  return channel.reply(ms)
}

function offers(hello: Reply, keyword: string): boolean {
  return new RegExp(`\\n${keyword}( |$)`, 'im').test(hello.text)
}

function extensions(hello: Reply): Extensions {
  const size = /\nSIZE(?: ([0-9]+))?$/im.exec(hello.text)
  return {
    pipelining: offers(hello, 'PIPELINING'),
    eightBit: offers(hello, '8BITMIME'),
    utf8: offers(hello, 'SMTPUTF8'),
    size: size ? Number(size[1] ?? 0) || Infinity : null,
  }
}
