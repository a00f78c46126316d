import assert from 'node:assert/strict'
import { test } from 'node:test'
import { data, mail, short, withSession } from '../../../test/smtp-session.ts'
import type { Outgoing } from './connect.ts'

test('what must not reach the wire fails here, recipient by recipient', () =>
  withSession({ extensions: ['PIPELINING', 'SIZE 100'] }, async ({ connection, session }) => {
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
    await withSession({ extensions }, async ({ connection, session }) => {
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
