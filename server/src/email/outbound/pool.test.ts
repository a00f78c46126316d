import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type PeerOptions, type SmtpPeer, startPeer } from '../../../test/smtp-peer.ts'
import type { Path } from '../routing/route.ts'
import type { Outgoing } from '../smtp-client/connect.ts'
import { createPool, type Handed, type Pool } from './pool.ts'

const mail = (to: string) => ({ mailFrom: 'us@agents.test', rcptTo: [to], data: Buffer.from(`To: ${to}\r\n\r\nHello\r\n`) })
const pathTo = (port: number, key = 'one', addresses = ['127.0.0.1']): Path => ({
  lane: 'one.example',
  key,
  hosts: [{ exchange: 'mx.one.example', priority: 0, addresses }],
  port,
  tls: 'opportunistic',
})

interface World {
  pool: Pool
  peer: SmtpPeer
  crowded(): number
  advance(ms: number): void
}

const send = async (pool: Pool, path: Path, each: Outgoing): Promise<Handed> => (await pool.send(path, each, () => true))!
const within = async (options: PeerOptions, width: number, run: (world: World) => Promise<void>) => {
  const peer = await startPeer(options)
  let crowded = 0
  let now = 0
  const pool = createPool({ localName: 'agents.test', width: () => width, onCrowded: () => crowded++, now: () => now })
  try {
    await run({ pool, peer, crowded: () => crowded, advance: ms => (now += ms) })
  } finally {
    pool.close()
    await peer.stop()
  }
}
const mailsOf = ({ sessions }: SmtpPeer) => sessions.reduce((sum, { contents }) => sum + contents.length, 0)
const many = (count: number) => Array.from({ length: count }, (_, i) => mail(`r${i}@one.example`))

test('mails share connections: never more than half of the width, and one envelope rides along with the mail before it', () =>
  within({}, 6, async ({ pool, peer }) => {
    const handed = await Promise.all(many(60).map(each => send(pool, pathTo(peer.port), each)))
    assert.ok(handed.every(({ outcome, host }) => outcome === 'delivered' && host === 'mx.one.example'))
    assert.equal(peer.sessions.length, 3)
    assert.ok(peer.sessions.some(({ segments }) => segments.some(bytes => /\r\n\.\r\nMAIL FROM/.test(bytes))))
    await send(pool, pathTo(peer.port), mail('later@one.example'))
    assert.equal(peer.sessions.length, 3, 'an idle connection is used again')
  }))

test('a connection carries a hundred mails, then another one is opened', () =>
  within({}, 2, async ({ pool, peer }) => {
    for (const each of many(101)) await send(pool, pathTo(peer.port), each)
    assert.deepEqual(
      peer.sessions.map(({ contents }) => contents.length),
      [100, 1],
    )
    assert.equal(peer.sessions[0]!.commands.at(-1), 'QUIT')
  }))

test('a mail for other servers waits for a connection of its own, and an idle one makes room for it', () =>
  within({}, 2, async ({ pool, peer }) => {
    const other = await startPeer()
    await send(pool, pathTo(peer.port, 'one'), mail('a@one.example'))
    const handed = await Promise.all([
      send(pool, pathTo(other.port, 'two'), mail('b@two.example')),
      send(pool, pathTo(peer.port, 'one'), mail('c@one.example')),
    ])
    assert.deepEqual(
      handed.map(({ outcome }) => outcome),
      ['delivered', 'delivered'],
    )
    assert.equal(peer.sessions[0]!.commands.at(-1), 'QUIT')
    await other.stop()
  }))

test('a server that hangs up between mails costs nobody an attempt', () =>
  within(
    {
      answer: (command, { contents }) =>
        command.startsWith('MAIL') && contents.length >= 2 ? '421 4.7.0 enough for today\r\n' : undefined,
    },
    2,
    async ({ pool, peer }) => {
      const handed = await Promise.all(many(9).map(each => send(pool, pathTo(peer.port), each)))
      assert.deepEqual(
        handed.map(({ outcome }) => outcome),
        Array(9).fill('delivered'),
      )
      assert.equal(mailsOf(peer), 9)
    },
  ))

test('a server that hangs up on every first mail is told three times and no more', () =>
  within(
    { answer: command => (command.startsWith('MAIL') ? '421 4.7.0 not today\r\n' : undefined) },
    2,
    async ({ pool, peer }) => {
      const handed = await Promise.all(many(2).map(each => send(pool, pathTo(peer.port), each)))
      assert.ok(handed.every(({ outcome, code }) => outcome === 'deferred' && code === 421))
      assert.ok(peer.sessions.length <= 6)
    },
  ))

test('a connection that dies after the final dot is not tried again here: the mail may have been taken', () =>
  within(
    { answer: (command, { socket }) => (command === '.' ? socket.destroy() && '' : undefined) },
    2,
    async ({ pool, peer }) => {
      const handed = await send(pool, pathTo(peer.port), mail('a@one.example'))
      assert.deepEqual([handed.outcome, handed.code, handed.phase], ['deferred', 0, 'end'])
      assert.equal(mailsOf(peer), 1)
    },
  ))

test('one connection too many is no reason to give up: the others carry the mail, and the lane hears of it', () => {
  let connections = 0
  const greeting = {
    get greeting() {
      return ++connections > 1 ? '421 4.7.0 too many connections\r\n' : '220 ready\r\n'
    },
  }
  return within(greeting, 8, async ({ pool, peer, crowded }) => {
    await send(pool, pathTo(peer.port), mail('first@one.example'))
    const handed = await Promise.all(many(8).map(each => send(pool, pathTo(peer.port), each)))
    assert.deepEqual(
      handed.map(({ outcome }) => outcome),
      Array(8).fill('delivered'),
    )
    assert.ok(crowded() > 0)
  })
})

test('servers that do not answer: whoever waits is told at once, and they are left alone for half a minute', () =>
  within({ greeting: '554 5.3.2 no service\r\n' }, 2, async ({ pool, peer, advance }) => {
    const handed = await Promise.all(many(5).map(each => send(pool, pathTo(peer.port), each)))
    assert.ok(handed.every(({ outcome, code, phase }) => outcome === 'deferred' && code === 554 && phase === 'greeting'))
    assert.equal(peer.sessions.length, 1)
    advance(29_000)
    assert.equal((await send(pool, pathTo(peer.port), mail('a@one.example'))).outcome, 'deferred')
    assert.equal(peer.sessions.length, 1)
    advance(2_000)
    await send(pool, pathTo(peer.port), mail('a@one.example'))
    assert.equal(peer.sessions.length, 2)
  }))

test('the next address is tried when one does not answer, and a host that takes no mail does not speak for the next', () =>
  within({}, 2, async ({ pool, peer }) => {
    const handed = await send(pool, pathTo(peer.port, 'one', ['127.0.0.9', '127.0.0.1']), mail('a@one.example'))
    assert.equal(handed.outcome, 'delivered')
  }))

test('closing ends what hangs: a mail nobody answers comes back untaken', () =>
  within({ answer: command => (command === 'DATA' ? '' : undefined) }, 2, async ({ pool, peer }) => {
    const sending = send(pool, pathTo(peer.port), mail('a@one.example'))
    while (!peer.sessions[0]?.commands.includes('DATA')) await new Promise(resolve => setTimeout(resolve, 5))
    pool.close()
    const handed = await sending
    assert.deepEqual([handed.outcome, handed.code, handed.phase], ['deferred', 0, 'data'])
    assert.equal(pool.isIdle(), true)
  }))

test('closing does not wait for a server that never greets', () =>
  within({ greeting: '' }, 2, async ({ pool, peer }) => {
    const sending = send(pool, pathTo(peer.port), mail('a@one.example'))
    while (peer.sessions.length === 0) await new Promise(resolve => setTimeout(resolve, 5))
    pool.close()
    assert.deepEqual([(await sending).code, (await sending).phase], [0, 'connect'])
  }))

test('a mail that is no longer ours when its turn comes is not sent', () =>
  within(
    { extensions: [], answer: (command, { contents }) => (command === '.' && contents.length === 1 ? '' : undefined) },
    2,
    async ({ pool, peer }) => {
      void send(pool, pathTo(peer.port), mail('first@one.example'))
      void send(pool, pathTo(peer.port), mail('second@one.example'))
      let ours = true
      const third = pool.send(pathTo(peer.port), mail('third@one.example'), () => ours)
      while (!peer.sessions[0]?.commands.includes('.')) await new Promise(resolve => setTimeout(resolve, 5))
      ours = false
      peer.sessions[0]!.socket.write('250 2.0.0 taken\r\n')
      assert.equal(await third, undefined)
      assert.equal(peer.sessions[0]!.commands.filter(command => /third/.test(command)).length, 0)
    },
  ))
