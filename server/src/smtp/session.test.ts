import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { verpAddress } from '../email/bounces/verp.ts'
import type { Owner } from '../email/inbound/rcpt.ts'
import { newId } from '../kernel/ids.ts'
import { checkSender, hopsOf, type RecipientRules, Refusal, takeRecipient, traceFields } from './session.ts'

const inbox: Owner = { inboxId: newId(), organizationId: newId() }
const known = new Set(['agent@mail.test', 'a%b@mail.test', 'büro@mail.test', 'post@xn--bcher-kva.test'])
const rules: RecipientRules = {
  mailDomain: 'mail.test',
  masterKey: randomBytes(32),
  ownerOf: address => (known.has(address) ? inbox : /@(mail|xn--bcher-kva)\.test$/.test(address) ? 'unknown' : 'foreign'),
}
const reasonOf = async (address: string, smtpUtf8 = false) =>
  takeRecipient(rules, address, smtpUtf8).then(
    () => 'taken',
    error => (error instanceof Refusal ? error.reason : error),
  )

test('recipients are compared without case, their domain in any spelling', async () => {
  assert.equal(await takeRecipient(rules, 'AGENT@Mail.TEST', false), 'agent@mail.test')
  assert.equal(await takeRecipient(rules, 'post@BÜCHER.test', false), 'post@xn--bcher-kva.test')
  assert.equal(await takeRecipient(rules, 'post@xn--bcher-kva.test', false), 'post@xn--bcher-kva.test')
  assert.equal(await takeRecipient(rules, 'a%b@mail.test', false), 'a%b@mail.test')
})

test('a quoted local part is the same mailbox as the bare one; what needs its quotes is not another one', async () => {
  for (const quoted of ['"agent"', '"AGENT"', '"a\\gent"', '"\\a\\g\\e\\n\\t"'])
    assert.equal(await takeRecipient(rules, `${quoted}@mail.test`, false), 'agent@mail.test', quoted)
  assert.equal(await takeRecipient(rules, '"büro"@mail.test', true), 'büro@mail.test')
  const path = verpAddress(rules.masterKey, newId(), 'mail.test')
  assert.equal(await takeRecipient(rules, path.replace(/^(.*)@/, '"$1"@'), false), path)
  for (const other of ['"agent', 'agent"', '"age"nt"', '"agent\\"', '""', '" agent"', '"agent "', '"agent@x"', '"agent"x'])
    assert.equal(await reasonOf(`${other}@mail.test`), 'unknown', other)
  assert.equal(await reasonOf('"agent@mail.test"@b.example'), 'relay')
})

test('what is not ours is refused, in the words of its kind', async () => {
  assert.equal(await reasonOf('nobody@mail.test'), 'unknown')
  assert.equal(await reasonOf('postmaster'), 'unknown')
  for (const address of [
    'a@b.example',
    'agent@mail.test.evil.example',
    'agent@[127.0.0.1]',
    'agent@sub.mail.test',
    'agent@mail.test.',
  ])
    assert.equal(await reasonOf(address), 'relay', address)
})

test('addresses that are not ASCII need SMTPUTF8', async () => {
  assert.equal(await reasonOf('büro@mail.test'), 'needsUtf8')
  assert.equal(await reasonOf('büro@mail.test', true), 'taken')
  assert.throws(() => checkSender('jürgen@b.example', false), { responseCode: 553 })
  checkSender('jürgen@b.example', true)
  checkSender('jurgen@bücher.example', false)
  checkSender('', false)
})

test('a return path is taken with its proof, at whichever domain it was given out, and never without', async () => {
  const address = verpAddress(rules.masterKey, newId(), 'mail.test')
  assert.equal(await takeRecipient(rules, address.toUpperCase(), false), address)
  assert.equal(await reasonOf(verpAddress(randomBytes(32), newId(), 'mail.test')), 'unknown')
  assert.equal(await reasonOf(address.replace('mail.test', 'bounces.b.example')), 'taken')
  assert.equal(await reasonOf('bounce+x@b.example'), 'relay')
  assert.equal(await reasonOf('bounce+@mail.test'), 'unknown')
})

test('an address that breaks the look-up is an error, never a mailbox', async () => {
  const broken = { ...rules, ownerOf: () => Promise.reject(new Error('database down')) }
  await assert.rejects(takeRecipient(broken, 'agent@mail.test', false), /database down/)
})

test('Received fields are counted in the header section only, folded or spaced', () => {
  const mail = (head: string, body = '') => Buffer.from(`${head}\r\n\r\n${body}`)
  assert.equal(hopsOf(mail('Received: a\r\nreceived : b\r\n\tReceived: no\r\nX-Received: no\r\nReceived-SPF: no')), 2)
  assert.equal(hopsOf(mail('Subject: a', 'Received: x\r\n'.repeat(99))), 0)
  assert.equal(hopsOf(Buffer.from('Received: x\r\n'.repeat(51))), 51)
  assert.equal(hopsOf(Buffer.alloc(0)), 0)
})

test('trace fields name the client, and nothing it says about itself can add a line', () => {
  const trace = {
    mailFrom: 'a@b.example',
    clientName: 'mx.b.example',
    clientIp: '192.0.2.1',
    ourName: 'mail.test',
    protocol: 'ESMTPS',
    id: 'x1',
    at: new Date(0),
  }
  assert.equal(
    traceFields(trace),
    'Return-Path: <a@b.example>\r\nReceived: from mx.b.example ([192.0.2.1])\r\n by mail.test with ESMTPS id x1;\r\n Thu, 01 Jan 1970 00:00:00 +0000\r\n',
  )
  assert.match(
    traceFields({ ...trace, clientName: 'x\r\nX-Evil: 1', clientIp: '2001:db8::1' }),
    /^Return-Path: <a@b\.example>\r\nReceived: from unknown \(\[IPv6:2001:db8::1\]\)/,
  )
})
