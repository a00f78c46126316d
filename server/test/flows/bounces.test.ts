/** Reports about our mail that come back to its return path: what they do to the delivery, and to the list of suppressed addresses. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { verpAddress } from '../../src/email/bounces/verp.ts'
import { newId } from '../../src/kernel/ids.ts'
import { type Rig, sendMail, startRig, talk } from './inbound-rig.ts'

let rig: Rig
let agent: { inbox: string; organization: string }
before(async () => {
  rig = await startRig()
  agent = await rig.inbox('agent@mail.test')
})
after(() => rig.close())

const messagesOf = (inbox: string) => rig.query<{ subject: string }>('select * from messages where inbox_id = $1', [inbox])
const events = (type: string) =>
  rig.query<{ data: { recipient?: string; category?: string; smtp_code?: number; smtp_reply?: string } }>(
    'select *, event_data(data, message_id) as data from events where type = $1 order by id',
    [type],
  )

const dsn = (recipient: string, status: string, action = 'failed') =>
  `From: mailer-daemon@remote.example\r\nSubject: failure\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nSorry.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.remote.example\r\n\r\nFinal-Recipient: rfc822; ${recipient}\r\nAction: ${action}\r\nStatus: ${status}\r\nRemote-MTA: dns; mx.remote.example\r\nDiagnostic-Code: smtp; 550 ${status} ${status === '5.1.1' ? 'No such user' : 'Mailbox full'}\r\n\r\n--b--\r\n`
const arf = `Content-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n--b\r\n\r\nSpam.\r\n--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nVersion: 1\r\nUser-Agent: x\r\n\r\n--b--\r\n`

const sentMail = async (...recipients: string[]) => {
  const [thread, message] = [newId(), newId()]
  await rig.query(
    `insert into threads (id, organization_id, inbox_id, livemode, subject, last_message_at) values ($1, $2, $3, true, 's', now())`,
    [thread, agent.organization, agent.inbox],
  )
  await rig.query(
    `insert into messages (id, organization_id, inbox_id, thread_id, livemode, direction, status, message_id, from_email, to_emails, subject) values ($1, $2, $3, $4, true, 'outbound', 'delivered', '<x@mail.test>', 'agent@mail.test', $5, 's')`,
    [message, agent.organization, agent.inbox, thread, recipients],
  )
  const deliveries = recipients.map(recipient => ({ id: newId(), recipient }))
  for (const { id, recipient } of deliveries)
    await rig.query(
      `insert into deliveries (id, organization_id, message_id, livemode, recipient, lane, state) values ($1, $2, $3, true, $4, 'x', 'delivered')`,
      [id, agent.organization, message, recipient],
    )
  return { message, deliveries }
}
const report = async (to: string, mail: string) => {
  const client = await talk(rig.port)
  await client.say('EHLO remote.example')
  const reply = await sendMail(client, to, mail, '')
  client.close()
  await rig.interpret()
  return reply
}
const suppressed = () => rig.query<{ email: string; reason: string }>('select email, reason from suppressions order by email')
const statusOf = async (message: string) =>
  (await rig.query<{ status: string }>('select status from messages where id = $1', [message]))[0]?.status

test('a failure report to the delivery’s own return path bounces it, once, and suppresses who does not exist', async () => {
  await rig.query('delete from events')
  const { message, deliveries } = await sentMail('Gone@remote.example', 'full@remote.example')
  const path = (index: number) => verpAddress(rig.app.masterKey, deliveries[index]!.id, 'mail.test')
  assert.match(await report(path(0), dsn('gone@remote.example', '5.1.1')), /^250/)
  assert.match(await report(path(0), dsn('gone@remote.example', '5.1.1')), /^250/)
  const [row] = await rig.query<{ state: string; category: string; reply: string }>('select * from deliveries where id = $1', [
    deliveries[0]!.id,
  ])
  assert.deepEqual([row?.state, row?.category], ['bounced', 'hard'])
  assert.match(row!.reply, /No such user/)
  assert.deepEqual(await suppressed(), [{ email: 'gone@remote.example', reason: 'hard_bounce' }])
  assert.deepEqual(
    (await events('message.bounced')).map(event => event.data.recipient),
    ['Gone@remote.example'],
  )
  assert.equal(await statusOf(message), 'bounced')

  await report(path(1), dsn('full@remote.example', '4.2.2', 'delayed'))
  assert.equal((await events('message.bounced')).length, 1)
  await report(path(1), dsn('full@remote.example', '5.2.2'))
  assert.equal((await events('message.bounced')).length, 2)
  assert.equal((await suppressed()).length, 1, 'a full mailbox still exists')
  assert.deepEqual(await rig.query(`select * from messages where subject = 'failure'`), [], 'reports are not mail for an inbox')
})

test('a bounce in words to the return path counts like a report; an absence note, a delay and what is said of us suppress nobody', async () => {
  await rig.query('delete from suppressions')
  await rig.query('delete from events')
  const { deliveries } = await sentMail(
    'gone@remote.example',
    'away@remote.example',
    'slow@remote.example',
    'angry@remote.example',
  )
  const words = (
    index: number,
    subject: string,
    body: string,
    more = 'From: Mail Delivery System <Mailer-Daemon@mx.remote.example>',
  ) =>
    report(
      verpAddress(rig.app.masterKey, deliveries[index]!.id, 'mail.test'),
      `${more}\r\nTo: x@mail.test\r\nSubject: ${subject}\r\nAuto-Submitted: auto-replied\r\n\r\n${body.replaceAll('\n', '\r\n')}`,
    )
  const failed = (address: string, reply: string) =>
    `This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. The following address(es) failed:\n\n  ${address}\n    host mx.remote.example [192.0.2.1]: ${reply}`
  await words(0, 'Mail delivery failed: returning message to sender', failed('gone@remote.example', '550 5.1.1 User unknown'))
  await words(1, 'Automatic reply: hello', 'I am out of the office, mail could not be read.', 'From: Away <away@remote.example>')
  await words(
    2,
    'Warning: message delayed 24 hours',
    failed('slow@remote.example', '451 4.7.1 Try later').replace('could not be', 'has not yet been'),
  )
  await words(3, 'Mail delivery failed', failed('angry@remote.example', '550 5.7.1 Blocked by policy, user unknown'))
  const rows = await rig.query<{ recipient: string; state: string; category: string | null }>(
    'select recipient, state, category from deliveries where id = any ($1) order by id',
    [deliveries.map(({ id }) => id)],
  )
  assert.deepEqual(
    rows.map(row => [row.recipient, row.state, row.category]),
    [
      ['gone@remote.example', 'bounced', 'hard'],
      ['away@remote.example', 'delivered', null],
      ['slow@remote.example', 'delivered', null],
      ['angry@remote.example', 'bounced', 'policy'],
    ],
  )
  assert.deepEqual(await suppressed(), [{ email: 'gone@remote.example', reason: 'hard_bounce' }])
  const [told] = await events('message.bounced')
  assert.deepEqual(
    [told!.data.recipient, told!.data.category, told!.data.smtp_code, told!.data.smtp_reply],
    ['gone@remote.example', 'hard', 550, '550 5.1.1 User unknown'],
  )
})

test('a complaint to the return path suppresses; a report that proves nothing does not', async () => {
  await rig.query('delete from suppressions')
  await rig.query('delete from events')
  const { deliveries } = await sentMail('angry@remote.example', 'calm@remote.example')
  await report(verpAddress(rig.app.masterKey, deliveries[0]!.id, 'mail.test'), arf)
  await report(verpAddress(rig.app.masterKey, deliveries[0]!.id, 'mail.test'), arf)
  assert.deepEqual(await suppressed(), [{ email: 'angry@remote.example', reason: 'complaint' }])
  assert.equal((await events('message.complained')).length, 1)

  await report('agent@mail.test', dsn('calm@remote.example', '5.1.1'))
  await report('agent@mail.test', arf)
  const forged = verpAddress(Buffer.alloc(32, 1), deliveries[1]!.id, 'mail.test')
  assert.match(await report(forged, dsn('calm@remote.example', '5.1.1')), /^550 5\.1\.1/)
  assert.match(await report(verpAddress(rig.app.masterKey, newId(), 'mail.test'), dsn('calm@remote.example', '5.1.1')), /^250/)
  assert.equal((await suppressed()).length, 1)
  assert.deepEqual(await events('message.bounced'), [])
  assert.equal((await messagesOf(agent.inbox)).filter(row => row.subject === 'failure').length, 1, 'it is a mail like every mail')
})
