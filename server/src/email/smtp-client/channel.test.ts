import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PeerOptions } from '../../../test/smtp-peer.ts'
import { mail, short, silentFrom, to, withSession } from '../../../test/smtp-session.ts'

const cut = (command: string): PeerOptions => ({
  answer: (said, { socket }) => {
    if (!said.startsWith(command)) return undefined
    socket.destroy()
    return ''
  },
})

test('a connection lost before the final dot is a plain deferral', async () => {
  for (const command of ['MAIL', 'RCPT', 'DATA']) {
    await withSession(cut(command), async ({ connection }) => {
      const result = await connection.send(to('a'))
      assert.match(short(result)[0]!, /^deferred 0 (mail|rcpt|data)$/)
      assert.equal(result.ambiguous, undefined)
      assert.equal(result.recipients[0]!.enhanced, '4.4.2')
    })
  }
})

test('a connection lost after the final dot is ambiguous for that message only', () =>
  withSession(cut('.'), async ({ connection }) => {
    const [first, second] = await Promise.all([connection.send(to('a')), connection.send(to('b'))])
    assert.deepEqual([short(first), first.ambiguous], [['deferred 0 end'], true])
    assert.deepEqual([short(second), second.ambiguous], [['deferred 0 mail'], undefined])
  }))

test('250 and then a reset is a delivery', () =>
  withSession(
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
    await withSession(
      silentFrom(command),
      async ({ connection }) => {
        const result = await connection.send(to('a'))
        assert.match(short(result)[0]!, /^deferred 0/)
        assert.equal(result.recipients[0]!.reply, 'no answer in time')
        assert.equal(result.ambiguous, command === '.' ? true : undefined)
      },
      { command: 300, dataInit: 300, dataEnd: 300 },
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
  await withSession(
    drip,
    async ({ connection }) => assert.deepEqual(short(await connection.send(to('a'))), ['deferred 0 mail']),
    {
      command: 300,
    },
  )
})

test('a short wait is kept though a longer one was armed before it', () =>
  withSession(
    {
      answer: (command, { commands }) => (command !== '.' && commands.includes('.') ? '' : undefined),
    },
    async ({ connection }) => {
      assert.deepEqual(short(await connection.send(to('a'))), ['delivered 250 end'])
      assert.equal((await connection.send(to('b'))).recipients[0]!.reply, 'no answer in time')
    },
    { dataEnd: 3_600_000, dataInit: 3_600_000, greeting: 3_600_000, command: 300 },
  ))

test('a peer that refuses in the middle of long content means this message and no other', () =>
  withSession(
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
  await withSession(goingDown, async ({ connection }) => {
    async function* slow() {
      for (let n = 0; n < 200; n++) {
        yield Buffer.from('line\r\n')
        await new Promise(resolve => setTimeout(resolve, 2))
      }
    }
    const result = await connection.send(mail({ data: slow() }))
    assert.deepEqual([short(result), result.ambiguous], [['deferred 421 data'], undefined])
  })
  await withSession({}, async ({ connection, session }) => {
    session.socket.write('554 5.7.1 go away for ever\r\n')
    await new Promise(resolve => session.socket.once('close', resolve))
    assert.equal(connection.usable, false)
    assert.match(short(await connection.send(to('a')))[0]!, /^deferred 0/)
  })
})

test('a peer that stops reading long content is given up, and memory stays small', () =>
  withSession(
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

test('a source that breaks off sends no final dot', () =>
  withSession({}, async ({ connection, session }) => {
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

test('close comes back at once for everything under way', () =>
  withSession(silentFrom('.'), async ({ connection, session }) => {
    const sent = [connection.send(to('a')), connection.send(to('b'))]
    while (!session.commands.includes('.')) await new Promise(resolve => setTimeout(resolve, 2))
    connection.close()
    const [first, second] = await Promise.all(sent)
    assert.deepEqual([short(first!), first!.ambiguous], [['deferred 0 end'], true])
    assert.deepEqual([short(second!), second!.ambiguous], [['deferred 0 mail'], undefined])
    await connection.quit()
  }))
