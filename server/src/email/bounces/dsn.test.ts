import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { readMessage } from '../mime/read-message.ts'
import { readReport } from './dsn.ts'

const fixture = async (name: string) =>
  readReport(await readMessage(await readFile(new URL(`../../../test/messages/${name}.eml`, import.meta.url))))

const statusReport = async (status: string) =>
  readReport(
    await readMessage(
      Buffer.from(
        `Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n${status}\r\n--b--\r\n`,
      ),
    ),
  )

test('a delivery report names every recipient, what happened and the message', async () => {
  assert.deepEqual(await fixture('bounce-failed'), {
    kind: 'dsn',
    originalMessageId: '<msg_08@mail.example>',
    originalEnvelopeId: 'env-77',
    recipients: [
      {
        finalRecipient: 'nobody@remote.example',
        originalRecipient: 'Nobody@remote.example',
        action: 'failed',
        status: '5.1.1',
        diagnostic: '550 5.1.1 <nobody@remote.example>: Recipient address rejected: User unknown',
        remoteMta: 'mail.remote.example',
      },
      {
        finalRecipient: 'full@remote.example',
        originalRecipient: null,
        action: 'delayed',
        status: '4.2.2',
        diagnostic: '452 4.2.2 Mailbox full',
        remoteMta: null,
      },
    ],
  })
})

test('a complaint names the message and whom it went to', async () => {
  assert.deepEqual(await fixture('complaint'), {
    kind: 'arf',
    feedbackType: 'abuse',
    originalMessageId: '<msg_09@mail.example>',
    originalRecipients: ['user@provider.example', 'second@provider.example'],
    originalMailFrom: 'bounce+abc@mail.example',
    reportedDomain: 'mail.example',
    sourceIp: '192.0.2.1',
  })
})

test('other mail is no report', async () => {
  for (const name of ['gmail-reply', 'vacation-reply', 'newsletter']) assert.equal(await fixture(name), null)
  for (const status of [
    '',
    'nonsense',
    'Final-Recipient: rfc822; a@b.example',
    'Final-Recipient: rfc822;\r\nAction: failed',
    'Action: failed',
    'Reporting-MTA: dns; x\r\n\r\nFinal-Recipient: a@b.example\r\nAction: exploded',
  ]) {
    assert.equal(await statusReport(status), null, status)
  }
})

test('sloppy and hostile reports are read as far as they go', async () => {
  const sloppy = await statusReport('Final-Recipient: <a@b.example>\nAction: Failed (really)\nStatus: 5.7.999 oops\n')
  assert.equal(sloppy?.kind === 'dsn' && sloppy.recipients[0]?.finalRecipient, 'a@b.example')
  assert.equal(sloppy?.kind === 'dsn' && sloppy.recipients[0]?.status, '5.7.999')
  const proto = await statusReport(
    '__proto__: x\r\n\r\nFinal-Recipient: rfc822; a@b.example\r\nAction: failed\r\nStatus: 9.9.9\r\nDiagnostic-Code: smtp; \0\ud800x\r\n',
  )
  assert.deepEqual(proto?.kind === 'dsn' && proto.recipients[0], {
    finalRecipient: 'a@b.example',
    originalRecipient: null,
    action: 'failed',
    status: null,
    diagnostic: '\ufffdx',
    remoteMta: null,
  })
  const many = await statusReport('Final-Recipient: rfc822; a@b.example\r\nAction: failed\r\n\r\n'.repeat(5000))
  assert.equal(many?.kind === 'dsn' && many.recipients.length, 1000)
  for (const unit of ['a:\r\n ', ' ', '\r\n', ';', 'Final-Recipient: x\r\n', 'x'.repeat(500)])
    assert.equal(await statusReport(unit.repeat(300_000 / unit.length)), null)
})
