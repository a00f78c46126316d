import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type PeerOptions, type PeerSession, startPeer } from '../../../test/smtp-peer.ts'
import { connect, type Outgoing, type SendResult, type SmtpConnection, type Timeouts } from './connect.ts'

type World = { connection: SmtpConnection; session: PeerSession }

/** A connected pair for one test; everything is closed whatever happens in it. */
async function withPeer(
  options: PeerOptions,
  run: (world: World) => Promise<void>,
  timeouts: Partial<Timeouts> = {},
): Promise<void> {
  const peer = await startPeer(options)
  const opened = await connect({ host: '127.0.0.1', port: peer.port, localName: 'us.example', tls: 'none', timeouts })
  try {
    assert.ok(opened.kind === 'connected', JSON.stringify(opened))
    await run({ connection: opened.connection, session: peer.sessions[0]! })
    opened.connection.close()
  } finally {
    if (opened.kind === 'connected') opened.connection.close()
    await peer.stop()
  }
}

const plain = { extensions: ['8BITMIME'] }
const data = Buffer.from('Subject: x\r\n\r\nhello\r\n')
const mail = (changed: Partial<Outgoing> = {}): Outgoing => ({
  mailFrom: 'ann@example.com',
  rcptTo: ['bob@example.net'],
  data,
  ...changed,
})
const to = (...names: string[]) => mail({ rcptTo: names.map(name => `${name}@example.net`) })
/** `outcome code phase` for each recipient. */
const short = ({ recipients }: SendResult) => recipients.map(({ outcome, code, phase }) => `${outcome} ${code} ${phase}`)
/** Answers given commands, by their beginning. */
const answering = (answers: Record<string, string>, more: PeerOptions = {}): PeerOptions => ({
  ...more,
  answer: command => Object.entries(answers).find(([start]) => command.startsWith(start))?.[1],
})
/** Says nothing more from the first such command on. */
const silentFrom = (start: string): PeerOptions => ({
  answer: (_, { commands }) => (commands.some(command => command.startsWith(start)) ? '' : undefined),
})
/** The same with and without PIPELINING. */
function both(name: string, answers: Record<string, string>, run: (world: World) => Promise<void>): void {
  test(name, () => withPeer(answering(answers), run))
  test(`${name}, one command at a time`, () => withPeer(answering(answers, plain), run))
}

test('a message goes out in two writes with PIPELINING', () =>
  withPeer({}, async ({ connection, session }) => {
    const result = await connection.send(to('bob', 'eve'))
    assert.deepEqual(result, {
      recipients: ['bob', 'eve'].map(name => ({
        address: `${name}@example.net`,
        outcome: 'delivered',
        code: 250,
        enhanced: '2.0.0',
        reply: '2.0.0 taken',
        phase: 'end',
      })),
    })
    assert.deepEqual(session.segments.slice(1), [
      'MAIL FROM:<ann@example.com> SIZE=21\r\nRCPT TO:<bob@example.net>\r\nRCPT TO:<eve@example.net>\r\nDATA\r\n',
      'Subject: x\r\n\r\nhello\r\n.\r\n',
    ])
  }))

test('the next envelope travels behind the final dot', () =>
  withPeer({}, async ({ connection, session }) => {
    const results = await Promise.all([1, 2, 3].map(n => connection.send(to(`bob${n}`))))
    assert.deepEqual(results.flatMap(short), ['delivered 250 end', 'delivered 250 end', 'delivered 250 end'])
    assert.equal(session.segments.length, 1 + 4)
    assert.match(
      session.segments[2]!,
      /^Subject: x\r\n\r\nhello\r\n\.\r\nMAIL FROM:.*\r\nRCPT TO:<bob2@example.net>\r\nDATA\r\n$/,
    )
  }))

both('one at a time, each message gets its own replies', {}, async ({ connection, session }) => {
  const results = await Promise.all(
    ['a', 'b', 'c', 'd'].map(name => connection.send({ ...to(name), data: Buffer.from(`${name}\r\n`) })),
  )
  assert.deepEqual(
    results.flatMap(result => result.recipients.map(({ address }) => address[0])),
    ['a', 'b', 'c', 'd'],
  )
  assert.deepEqual(session.contents, ['a\r\n', 'b\r\n', 'c\r\n', 'd\r\n'])
})

both(
  'each recipient gets the answer it was given',
  { 'RCPT TO:<no': '550 5.1.1 no such user\r\n', 'RCPT TO:<later': '450 4.2.0 later\r\n' },
  async ({ connection, session }) => {
    assert.deepEqual(short(await connection.send(to('yes', 'no', 'later', 'also'))), [
      'delivered 250 end',
      'failed 550 rcpt',
      'deferred 450 rcpt',
      'delivered 250 end',
    ])
    assert.equal(session.contents.length, 1)
  },
)

test('all recipients refused and 354 all the same: an empty end, and the session goes on', () =>
  withPeer(answering({ 'RCPT TO:<no': '550 5.1.1 no\r\n' }), async ({ connection, session }) => {
    assert.deepEqual(short(await connection.send(to('no'))), ['failed 550 rcpt'])
    assert.deepEqual(short(await connection.send(to('yes'))), ['delivered 250 end'])
    assert.deepEqual(session.contents, ['', data.toString()])
    assert.ok(!session.commands.includes('RSET'))
  }))

test('all recipients refused and DATA too: RSET comes before the next envelope, in the same write', () =>
  withPeer(
    {
      answer: (command, { commands }) => {
        if (command.startsWith('RCPT TO:<no')) return '550 5.1.1 no\r\n'
        return command === 'DATA' && commands.at(-2)!.startsWith('RCPT TO:<no') ? '554 5.5.1 no valid recipients\r\n' : undefined
      },
    },
    async ({ connection, session }) => {
      const [first, second] = await Promise.all([connection.send(to('no')), connection.send(to('yes'))])
      assert.deepEqual([...short(first), ...short(second)], ['failed 550 rcpt', 'delivered 250 end'])
      assert.match(session.segments[2]!, /^RSET\r\nMAIL FROM:.*DATA\r\n$/s)
    },
  ))

test('without PIPELINING nothing is said that need not be', () =>
  withPeer(
    answering({ 'RCPT TO:<no': '550 5.1.1 no\r\n', 'MAIL FROM:<bad': '550 5.7.1 no\r\n' }, plain),
    async ({ connection, session }) => {
      assert.deepEqual(short(await connection.send(to('no'))), ['failed 550 rcpt'])
      assert.deepEqual(short(await connection.send(mail({ mailFrom: 'bad@example.com' }))), ['failed 550 mail'])
      assert.deepEqual(short(await connection.send(to('yes'))), ['delivered 250 end'])
      const verbs = session.commands.map(command => command.split(' ')[0])
      assert.deepEqual(verbs, ['EHLO', 'MAIL', 'RCPT', 'RSET', 'MAIL', 'MAIL', 'RCPT', 'DATA', '.'])
    },
  ))

test('a refused RSET ends the session, and what waits is deferred', () =>
  withPeer(answering({ 'RCPT TO:<no': '550 no\r\n', DATA: '554 no\r\n', RSET: '500 what\r\n' }), async ({ connection }) => {
    assert.deepEqual(short(await connection.send(to('no'))), ['failed 550 rcpt'])
    assert.deepEqual(short(await connection.send(to('yes'))), ['deferred 0 mail'])
    assert.equal(connection.usable, false)
  }))

both(
  'a refused sender refuses every recipient',
  { 'MAIL FROM': '451 4.7.1 greylisted\r\n', RCPT: '503 5.5.1 no\r\n', DATA: '503 5.5.1 no\r\n' },
  async ({ connection }) => {
    const result = await connection.send(to('a', 'b'))
    assert.deepEqual(short(result), ['deferred 451 mail', 'deferred 451 mail'])
    assert.equal(result.recipients[0]!.reply, '4.7.1 greylisted')
    assert.equal(connection.usable, true)
  },
)

test('a peer that refuses the sender and takes recipient and DATA gets no empty message', () =>
  withPeer(answering({ 'MAIL FROM': '550 no\r\n' }), async ({ connection, session }) => {
    assert.deepEqual(short(await connection.send(to('a'))), ['failed 550 mail'])
    assert.equal(connection.usable, false)
    assert.deepEqual(session.contents, [])
  }))

both(
  'a refused DATA keeps earlier refusals',
  { 'RCPT TO:<no': '550 5.1.1 no\r\n', DATA: '452 4.3.1 full\r\n' },
  async ({ connection }) => {
    assert.deepEqual(short(await connection.send(to('no', 'yes'))), ['failed 550 rcpt', 'deferred 452 data'])
  },
)

both(
  'the answer to the final dot is for all who were accepted',
  { 'RCPT TO:<no': '550 5.1.1 no\r\n', '.': '554 5.7.1 spam\r\n' },
  async ({ connection }) => {
    const result = await connection.send(to('no', 'yes', 'also'))
    assert.deepEqual(short(result), ['failed 550 rcpt', 'failed 554 end', 'failed 554 end'])
    assert.equal(result.ambiguous, undefined)
    assert.equal(connection.usable, true)
  },
)

test('552 behind an accepted recipient means too many, before it means full', () =>
  withPeer(answering({ 'RCPT TO:<more': '552 too many\r\n', 'RCPT TO:<full': '552 5.2.2 full\r\n' }), async ({ connection }) => {
    assert.deepEqual(short(await connection.send(to('more', 'yes', 'more', 'full'))), [
      'failed 552 rcpt',
      'delivered 250 end',
      'deferred 552 rcpt',
      'failed 552 rcpt',
    ])
  }))

for (const [command, expected] of [
  ['MAIL', ['deferred 421 mail', 'deferred 421 mail']],
  ['RCPT TO:<b', ['deferred 421 rcpt', 'deferred 421 rcpt']],
  ['DATA', ['deferred 421 data', 'deferred 421 data']],
  ['.', ['deferred 421 end', 'deferred 421 end']],
] as const) {
  both(`421 to ${command} closes the session and defers`, { [command]: '421 4.3.2 going down\r\n' }, async ({ connection }) => {
    const [first, second] = await Promise.all([connection.send(to('a', 'b')), connection.send(to('c'))])
    assert.deepEqual(short(first), expected)
    assert.equal(first.ambiguous, undefined)
    assert.deepEqual(short(second), ['deferred 421 mail'])
    assert.equal(connection.usable, false)
  })
}

const broken = {
  '354 to MAIL': { MAIL: '354 go on\r\n' },
  '250 to DATA': { DATA: '250 ok\r\n' },
  '334 to RCPT': { RCPT: '334 x\r\n' },
  'mixed codes': { MAIL: '250-ok\r\n550 no\r\n' },
  'no reply at all but words': { RCPT: 'hello there\r\n' },
  'a line without end': { RCPT: '250 '.padEnd(10_000, 'x') },
  'a reply without end': { RCPT: '250-x\r\n'.repeat(1000) },
}
for (const [name, answers] of Object.entries(broken)) {
  both(`${name}: deferred, and the session is over`, answers, async ({ connection, session }) => {
    const result = await connection.send(to('a'))
    assert.deepEqual(
      short(result).map(text => text.slice(0, 10)),
      ['deferred 0'],
    )
    assert.match(result.recipients[0]!.reply, /^the peer (answered|sent)/)
    assert.equal(result.ambiguous, undefined)
    assert.equal(connection.usable, false)
    assert.deepEqual(session.contents, [])
  })
}

test('354 to the final dot is no delivery, and nobody knows', () =>
  withPeer(answering({ '.': '354 more\r\n' }), async ({ connection }) => {
    const result = await connection.send(to('a'))
    assert.deepEqual(short(result), ['deferred 0 end'])
    assert.equal(result.ambiguous, true)
  }))

test('a peer that answers twice delivers nothing by it', () =>
  withPeer(answering({ '.': '250 ok\r\n250 ok again\r\n' }), async ({ connection, session }) => {
    const results = await Promise.all([connection.send(to('a')), connection.send(to('b')), connection.send(to('c'))])
    assert.deepEqual(short(results[0]!), ['delivered 250 end'])
    for (const result of results.slice(1)) assert.match(short(result)[0]!, /^deferred 0/)
    assert.equal(session.contents.length, 1)
  }))

const cut = (command: string): PeerOptions => ({
  answer: (said, { socket }) => {
    if (!said.startsWith(command)) return undefined
    socket.destroy()
    return ''
  },
})

test('a connection lost before the final dot is a plain deferral', async () => {
  for (const command of ['MAIL', 'RCPT', 'DATA']) {
    await withPeer(cut(command), async ({ connection }) => {
      const result = await connection.send(to('a'))
      assert.match(short(result)[0]!, /^deferred 0 (mail|rcpt|data)$/)
      assert.equal(result.ambiguous, undefined)
      assert.equal(result.recipients[0]!.enhanced, '4.4.2')
    })
  }
})

test('a connection lost after the final dot is ambiguous for that message only', () =>
  withPeer(cut('.'), async ({ connection }) => {
    const [first, second] = await Promise.all([connection.send(to('a')), connection.send(to('b'))])
    assert.deepEqual([short(first), first.ambiguous], [['deferred 0 end'], true])
    assert.deepEqual([short(second), second.ambiguous], [['deferred 0 mail'], undefined])
  }))

test('250 and then a reset is a delivery', () =>
  withPeer(
    {
      answer: (command, { socket }) => {
        if (command !== '.') return undefined
        socket.write('250 2.0.0 taken\r\n')
        setImmediate(() => socket.resetAndDestroy())
        return ''
      },
    },
    async ({ connection }) => {
      const [first, second] = await Promise.all([connection.send(to('a')), connection.send(to('b'))])
      assert.deepEqual([short(first), first.ambiguous], [['delivered 250 end'], undefined])
      assert.match(short(second)[0]!, /^deferred 0/)
      assert.equal(connection.usable, false)
    },
  ))

test('a peer that says nothing or drips is given up in time', async () => {
  for (const command of ['MAIL', 'RCPT', 'DATA', '.']) {
    await withPeer(
      silentFrom(command),
      async ({ connection }) => {
        const result = await connection.send(to('a'))
        assert.match(short(result)[0]!, /^deferred 0/)
        assert.equal(result.recipients[0]!.reply, 'no answer in time')
        assert.equal(result.ambiguous, command === '.' ? true : undefined)
      },
      { command: 60, dataInit: 60, dataEnd: 60 },
    )
  }
  const drip: PeerOptions = {
    answer: (command, { commands, socket }) => {
      if (command.startsWith('MAIL')) {
        const timer = setInterval(() => (socket.destroyed ? clearInterval(timer) : socket.write('2')), 5)
      }
      return commands.length > 1 ? '' : undefined
    },
  }
  await withPeer(drip, async ({ connection }) => assert.deepEqual(short(await connection.send(to('a'))), ['deferred 0 mail']), {
    command: 80,
  })
})

test('a short wait is kept though a longer one was armed before it', () =>
  withPeer(
    {
      answer: (command, { commands }) => (command !== '.' && commands.includes('.') ? '' : undefined),
    },
    async ({ connection }) => {
      assert.deepEqual(short(await connection.send(to('a'))), ['delivered 250 end'])
      assert.equal((await connection.send(to('b'))).recipients[0]!.reply, 'no answer in time')
    },
    { dataEnd: 3_600_000, dataInit: 3_600_000, greeting: 3_600_000, command: 60 },
  ))

test('a peer that refuses in the middle of long content means this message and no other', () =>
  withPeer(
    {
      answer: (command, { socket }) => {
        if (command === 'DATA') setTimeout(() => socket.write('552 5.3.4 too large\r\n'), 20)
        return undefined
      },
    },
    async ({ connection }) => {
      async function* endless() {
        for (;;) {
          yield Buffer.alloc(10_000, 'x\r\n')
          await new Promise(resolve => setTimeout(resolve, 2))
        }
      }
      const [first, second] = await Promise.all([connection.send(mail({ data: endless() })), connection.send(to('b'))])
      assert.deepEqual([short(first), first.ambiguous], [['failed 552 data'], undefined])
      assert.deepEqual(short(second), ['deferred 0 mail'])
    },
  ))

test('421 in the middle of long content, or unasked between messages, defers', async () => {
  const goingDown: PeerOptions = {
    answer: (command, { socket }) => {
      if (command === 'DATA') setTimeout(() => socket.end('421 4.3.2 going down\r\n'), 10)
      return undefined
    },
  }
  await withPeer(goingDown, async ({ connection }) => {
    async function* slow() {
      for (let n = 0; n < 200; n++) {
        yield Buffer.from('line\r\n')
        await new Promise(resolve => setTimeout(resolve, 2))
      }
    }
    const result = await connection.send(mail({ data: slow() }))
    assert.deepEqual([short(result), result.ambiguous], [['deferred 421 data'], undefined])
  })
  await withPeer({}, async ({ connection, session }) => {
    session.socket.write('554 5.7.1 go away for ever\r\n')
    await new Promise(resolve => session.socket.once('close', resolve))
    assert.equal(connection.usable, false)
    assert.match(short(await connection.send(to('a')))[0]!, /^deferred 0/)
  })
})

test('a peer that stops reading long content is given up, and memory stays small', () =>
  withPeer(
    {
      answer: (command, { socket }) => {
        if (command === 'DATA') socket.pause()
        return undefined
      },
    },
    async ({ connection }) => {
      const before = process.memoryUsage().rss
      const result = await connection.send(mail({ data: Buffer.alloc(50_000_000, 'x'.repeat(70).concat('\n')), rcptTo: ['a@b'] }))
      assert.deepEqual(short(result), ['failed 552 mail']) // over the SIZE it offers
      async function* pieces() {
        for (let n = 0; n < 3000; n++) yield Buffer.alloc(65_536, 'x\r\n')
      }
      const streamed = await connection.send(mail({ data: pieces() }))
      assert.deepEqual([short(streamed), streamed.recipients[0]!.reply], [['deferred 0 data'], 'no answer in time'])
      assert.ok(process.memoryUsage().rss - before < 150_000_000)
    },
    { dataBlock: 150 },
  ))

test('long content arrives whole, from memory and from a stream', () =>
  withPeer({ extensions: ['PIPELINING'] }, async ({ connection, session }) => {
    const long = Buffer.from('.a line that starts with a dot\r\n'.repeat(40_000))
    async function* cutUp() {
      for (let at = 0; at < long.length; at += 9_999) yield long.subarray(at, at + 9_999)
    }
    const results = await Promise.all([
      connection.send(mail({ data: long })),
      connection.send(mail({ data: cutUp() })),
      connection.send(to('c')),
    ])
    assert.deepEqual(results.flatMap(short), ['delivered 250 end', 'delivered 250 end', 'delivered 250 end'])
    const stuffed = long.toString().replaceAll('.a', '..a')
    assert.ok(session.contents[0] === stuffed && session.contents[1] === stuffed)
  }))

test('a source that breaks off sends no final dot', () =>
  withPeer({}, async ({ connection, session }) => {
    async function* failing() {
      yield Buffer.from('half\r\n')
      throw new Error('disk gone')
    }
    const result = await connection.send(mail({ data: failing() }))
    assert.deepEqual(short(result), ['deferred 0 data'])
    assert.equal(result.recipients[0]!.reply, 'the message could not be read: disk gone')
    assert.equal(result.ambiguous, undefined)
    assert.deepEqual(session.contents, [])
  }))

test('what must not reach the wire fails here, recipient by recipient', () =>
  withPeer({ extensions: ['PIPELINING', 'SIZE 100'] }, async ({ connection, session }) => {
    const bad = ['a@b>\r\nRCPT TO:<eve@example.com', 'a b@example.net', 'no-domain', 'ünï@example.net']
    const result = await connection.send(mail({ rcptTo: ['bob@example.net', ...bad] }))
    assert.deepEqual(short(result), ['delivered 250 end', ...bad.map(() => 'failed 553 rcpt')])
    assert.deepEqual(
      result.recipients.map(({ enhanced }) => enhanced),
      ['2.0.0', '5.1.3', '5.1.3', '5.1.3', '5.6.7'],
    )
    assert.deepEqual(short(await connection.send(mail({ mailFrom: 'a@b>\r\nDATA\r\n' }))), ['failed 553 mail'])
    assert.deepEqual(short(await connection.send(mail({ utf8: true }))), ['failed 553 mail'])
    assert.deepEqual(short(await connection.send(mail({ data: Buffer.alloc(101) }))), ['failed 552 mail'])
    assert.deepEqual(await connection.send(mail({ rcptTo: [] })), { recipients: [] })
    const envelopes = session.commands.filter(command => /^(MAIL|RCPT)/.test(command))
    assert.deepEqual(envelopes, ['MAIL FROM:<ann@example.com> SIZE=21', 'RCPT TO:<bob@example.net>'])
  }))

test('parameters are given where the peer knows them', async () => {
  const first = async (extensions: string[], message: Partial<Outgoing>) => {
    let command = ''
    await withPeer({ extensions }, async ({ connection, session }) => {
      await connection.send(mail(message))
      command = session.commands[1]!
    })
    return command
  }
  const unicode = { rcptTo: ['bücher@example.net'], eightBit: true }
  assert.equal(
    await first(['SMTPUTF8', '8bitmime', 'size'], unicode),
    'MAIL FROM:<ann@example.com> SIZE=21 BODY=8BITMIME SMTPUTF8',
  )
  assert.equal(await first(['SMTPUTF8'], { utf8: true, mailFrom: '' }), 'MAIL FROM:<> SMTPUTF8')
  assert.equal(await first([], { eightBit: true }), 'MAIL FROM:<ann@example.com>')
  async function* stream() {
    yield data
  }
  assert.equal(await first(['SIZE 0'], { data: stream() }), 'MAIL FROM:<ann@example.com>')
  assert.equal(await first(['SIZE 0'], { data: stream(), size: 21 }), 'MAIL FROM:<ann@example.com> SIZE=21')
})

test('quit waits for what was given before it, and takes no more', () =>
  withPeer({}, async ({ connection, session }) => {
    const sent = [connection.send(to('a')), connection.send(to('b'))]
    const gone = connection.quit()
    assert.deepEqual(short(await connection.send(to('late'))), ['deferred 0 mail'])
    await gone
    assert.deepEqual((await Promise.all(sent)).flatMap(short), ['delivered 250 end', 'delivered 250 end'])
    assert.equal(session.commands.at(-1), 'QUIT')
    assert.equal(connection.usable, false)
  }))

test('close comes back at once for everything under way', () =>
  withPeer(silentFrom('.'), async ({ connection, session }) => {
    const sent = [connection.send(to('a')), connection.send(to('b'))]
    while (!session.commands.includes('.')) await new Promise(resolve => setTimeout(resolve, 2))
    connection.close()
    const [first, second] = await Promise.all(sent)
    assert.deepEqual([short(first!), first!.ambiguous], [['deferred 0 end'], true])
    assert.deepEqual([short(second!), second!.ambiguous], [['deferred 0 mail'], undefined])
    await connection.quit()
  }))
