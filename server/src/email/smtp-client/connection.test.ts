import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answering, data, mail, plain, type Session, short, to, withSession } from '../../../test/smtp-session.ts'

/** The same with and without PIPELINING. */
function both(name: string, answers: Record<string, string>, run: (session: Session) => Promise<void>): void {
  test(name, () => withSession(answering(answers), run))
  test(`${name}, one command at a time`, () => withSession(answering(answers, plain), run))
}

test('a message goes out in two writes with PIPELINING', () =>
  withSession({}, async ({ connection, session }) => {
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
  withSession({}, async ({ connection, session }) => {
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
  withSession(answering({ 'RCPT TO:<no': '550 5.1.1 no\r\n' }), async ({ connection, session }) => {
    assert.deepEqual(short(await connection.send(to('no'))), ['failed 550 rcpt'])
    assert.deepEqual(short(await connection.send(to('yes'))), ['delivered 250 end'])
    assert.deepEqual(session.contents, ['', data.toString()])
    assert.ok(!session.commands.includes('RSET'))
  }))

test('all recipients refused and DATA too: RSET comes before the next envelope, in the same write', () =>
  withSession(
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
  withSession(
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
  withSession(answering({ 'RCPT TO:<no': '550 no\r\n', DATA: '554 no\r\n', RSET: '500 what\r\n' }), async ({ connection }) => {
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
  withSession(answering({ 'MAIL FROM': '550 no\r\n' }), async ({ connection, session }) => {
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
  withSession(
    answering({ 'RCPT TO:<more': '552 too many\r\n', 'RCPT TO:<full': '552 5.2.2 full\r\n' }),
    async ({ connection }) => {
      assert.deepEqual(short(await connection.send(to('more', 'yes', 'more', 'full'))), [
        'failed 552 rcpt',
        'delivered 250 end',
        'deferred 552 rcpt',
        'failed 552 rcpt',
      ])
    },
  ))

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
  withSession(answering({ '.': '354 more\r\n' }), async ({ connection }) => {
    const result = await connection.send(to('a'))
    assert.deepEqual(short(result), ['deferred 0 end'])
    assert.equal(result.ambiguous, true)
  }))

test('a peer that answers twice delivers nothing by it', () =>
  withSession(answering({ '.': '250 ok\r\n250 ok again\r\n' }), async ({ connection, session }) => {
    const results = await Promise.all([connection.send(to('a')), connection.send(to('b')), connection.send(to('c'))])
    assert.deepEqual(short(results[0]!), ['delivered 250 end'])
    for (const result of results.slice(1)) assert.match(short(result)[0]!, /^deferred 0/)
    assert.equal(session.contents.length, 1)
  }))

test('long content arrives whole, from memory and from a stream', () =>
  withSession({ extensions: ['PIPELINING'] }, async ({ connection, session }) => {
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

test('quit waits for what was given before it, and takes no more', () =>
  withSession({}, async ({ connection, session }) => {
    const sent = [connection.send(to('a')), connection.send(to('b'))]
    const gone = connection.quit()
    assert.deepEqual(short(await connection.send(to('late'))), ['deferred 0 mail'])
    await gone
    assert.deepEqual((await Promise.all(sent)).flatMap(short), ['delivered 250 end', 'delivered 250 end'])
    assert.equal(session.commands.at(-1), 'QUIT')
    assert.equal(connection.usable, false)
  }))
