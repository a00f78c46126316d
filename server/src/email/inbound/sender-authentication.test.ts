import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { after, test } from 'node:test'
import { dkimSign, sealMessage } from 'mailauth'
import { type Records, startZone } from '../../../test/dns-zone.ts'
import { createResolver, type Resolver } from '../../kernel/net/dns.ts'
import { createBudget } from './dns-patience.ts'
import { type Arrival, authenticate } from './sender-authentication.ts'

const rsa = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'der' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})
const ed = generateKeyPairSync('ed25519', {
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'der' },
})
const keyRecord = `v=DKIM1; k=rsa; p=${rsa.publicKey.toString('base64')}`

const records: Records = {
  'good.example': { TXT: ['v=spf1 ip4:192.0.2.1 -all'] },
  '_dmarc.good.example': { TXT: ['v=DMARC1; p=reject'] },
  's1._domainkey.good.example': { TXT: [keyRecord] },
  'ed._domainkey.good.example': { TXT: [`v=DKIM1; k=ed25519; p=${ed.publicKey.subarray(-32).toString('base64')}`] },
  'mail.good.example': { TXT: ['v=spf1 ip4:192.0.2.9 -all'] },
  's1._domainkey.list.example': { TXT: [keyRecord] },
  'list.example': { TXT: ['v=spf1 ip4:192.0.2.3 -all'] },
  'plain.example': { TXT: ['v=spf1 ip4:192.0.2.1 -all'] },
  's1._domainkey.plain.example': { TXT: [keyRecord] },
  'bare.example': { A: ['192.0.2.1'] },
  'slow.example': { TXT: 'SERVFAIL' },
  '_dmarc.slow.example': { TXT: 'SERVFAIL' },
  's1._domainkey.slow.example': { TXT: 'SERVFAIL' },
  'deep.example': { TXT: [`v=spf1 ${Array.from({ length: 11 }, (_, i) => `include:i${i}.deep.example`).join(' ')} -all`] },
  ...Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`i${i}.deep.example`, { TXT: ['v=spf1 ?all'] }])),
  'helo.example': { TXT: ['v=spf1 ip4:192.0.2.1 -all'] },
  'ptr.example': { TXT: ['v=spf1 ptr -all'], A: ['192.0.2.1'] },
  '1.2.0.192.in-addr.arpa': { PTR: ['ptr.example'] },
}
const zone = await startZone(records)
after(() => zone.stop())
const resolver = createResolver([zone.server])

const mail = (from: string, body = 'hello\r\n', more = '') =>
  `From: ${from}\r\nTo: agent@mail.test\r\nSubject: s\r\nDate: Sat, 01 Aug 2026 00:00:00 +0000\r\nMessage-ID: <1@good.example>\r\n${more}\r\n${body}`
const sign = async (text: string, domain: string, selector = 's1', privateKey: string = rsa.privateKey) => {
  const key = { signingDomain: domain, selector, privateKey }
  const { signatures } = await dkimSign(text, { ...key, signatureData: [key] })
  return signatures + text
}
const judge = (raw: string | Buffer, more: Partial<Arrival> = {}) =>
  authenticate(resolver, {
    raw: Buffer.from(raw),
    clientIp: '192.0.2.1',
    clientName: 'mx.good.example',
    mailFrom: 'a@good.example',
    from: 'a@good.example',
    host: 'mail.test',
    ...more,
  })

test('SPF and an aligned DKIM signature: DMARC passes, and the sender can be trusted', async () => {
  assert.deepEqual(await judge(await sign(mail('A <a@good.example>'), 'good.example')), {
    spf: { result: 'pass', domain: 'good.example' },
    dkim: [{ result: 'pass', domain: 'good.example', selector: 's1', aligned: true }],
    dmarc: { result: 'pass', policy: 'reject', aligned: true },
    trust: 'pass',
  })
})

test('one proof is enough: Ed25519 alone, SPF alone, a subdomain of the organization', async () => {
  const ed25519 = await judge(await sign(mail('a@good.example'), 'good.example', 'ed', ed.privateKey), { clientIp: '192.0.2.2' })
  assert.deepEqual([ed25519.spf.result, ed25519.dkim[0]?.result, ed25519.trust], ['fail', 'pass', 'pass'])
  assert.equal((await judge(mail('a@good.example'))).trust, 'pass')
  assert.equal(
    (await judge(mail('a@good.example'), { mailFrom: 'bounce@mail.good.example', clientIp: '192.0.2.9' })).dmarc.result,
    'pass',
  )
})

test('every signature is judged; one of somebody else is no proof for the author', async () => {
  const twice = await sign(await sign(mail('a@good.example'), 'good.example'), 'list.example')
  const both = await judge(twice, { mailFrom: 'bounce@list.example', clientIp: '192.0.2.3' })
  assert.deepEqual(both.dkim.map(({ domain, result, aligned }) => [domain, result, aligned]).sort(), [
    ['good.example', 'pass', true],
    ['list.example', 'pass', false],
  ])
  const foreign = await judge(await sign(mail('a@good.example'), 'list.example'), {
    mailFrom: 'bounce@list.example',
    clientIp: '192.0.2.3',
  })
  assert.deepEqual([foreign.spf.result, foreign.dkim[0]?.result, foreign.dkim[0]?.aligned], ['pass', 'pass', false])
  assert.deepEqual([foreign.dmarc.result, foreign.dmarc.aligned, foreign.trust], ['fail', false, 'fail'])
})

test('a changed body or header breaks the signature', async () => {
  const signed = await sign(mail('a@good.example'), 'good.example')
  for (const changed of [signed.replace('hello', 'hullo'), signed.replace('Subject: s', 'Subject: t')]) {
    const verdict = await judge(changed, { clientIp: '192.0.2.2' })
    assert.notEqual(verdict.dkim[0]?.result, 'pass')
    assert.equal(verdict.trust, 'fail')
  }
})

test('without a DMARC record: aligned proofs count, a forbidden client does not pass, silence is none', async () => {
  const at = (domain: string, more: Partial<Arrival> = {}) => ({ mailFrom: `a@${domain}`, from: `a@${domain}`, ...more })
  const spf = await judge(mail('a@plain.example'), at('plain.example'))
  assert.deepEqual([spf.dmarc, spf.trust], [{ result: 'none', policy: null, aligned: false }, 'pass'])
  const signed = await sign(mail('a@plain.example'), 'plain.example')
  assert.equal((await judge(signed, at('plain.example', { clientIp: '192.0.2.2' }))).trust, 'pass')
  assert.equal((await judge(mail('a@plain.example'), at('plain.example', { clientIp: '192.0.2.2' }))).trust, 'fail')
  assert.equal((await judge(mail('a@bare.example'), at('bare.example'))).trust, 'none')
  assert.equal((await judge(mail('a@bare.example'), { from: 'a@bare.example' })).trust, 'none', 'SPF of another domain')
})

test('a name server in trouble is a temperror, and no proof', async () => {
  const verdict = await judge(await sign(mail('a@slow.example'), 'slow.example'), {
    mailFrom: 'a@slow.example',
    from: 'a@slow.example',
  })
  assert.deepEqual(
    [verdict.spf.result, verdict.dkim[0]?.result, verdict.dmarc.result, verdict.trust],
    ['temperror', 'temperror', 'temperror', 'none'],
  )
})

test('DNS that never answers is a temperror when its time is up, for all questions together', async () => {
  const silent = new Proxy({} as Resolver, { get: () => () => new Promise(() => {}) })
  const raw = Buffer.from(await sign(mail('a@slow.example'), 'slow.example'))
  const arrival = {
    raw,
    clientIp: '192.0.2.1',
    clientName: 'mx.slow.example',
    host: 'mail.test',
    mailFrom: 'a@slow.example',
    from: 'a@slow.example',
  }
  const verdict = await authenticate(silent, arrival, { first: 20, whole: 50, budget: createBudget(1000, 0) })
  assert.deepEqual(
    [verdict.spf.result, verdict.dkim[0]?.result, verdict.dmarc.result, verdict.trust],
    ['temperror', 'temperror', 'temperror', 'none'],
  )
})

test('what DNS has said before its time is up counts', async () => {
  let asked = 0
  const slow = new Proxy(resolver, {
    get: (target, name: keyof Resolver) =>
      name === 'resolveTxt'
        ? (question: string) =>
            question.startsWith('_dmarc') || asked++ > 0 ? new Promise(() => {}) : target.resolveTxt(question)
        : target[name],
  })
  const verdict = await authenticate(
    slow,
    {
      raw: Buffer.from(mail('a@good.example')),
      clientIp: '192.0.2.1',
      clientName: 'x',
      host: 'mail.test',
      mailFrom: 'a@good.example',
      from: 'a@good.example',
    },
    { first: 100, whole: 300, budget: createBudget(1000, 0) },
  )
  assert.deepEqual([verdict.spf.result, verdict.dmarc.result, verdict.trust], ['pass', 'temperror', 'none'])
})

test('SPF: ten look-ups at most, the client’s name for a null sender, ptr', async () => {
  assert.equal((await judge(mail('a@good.example'), { mailFrom: 'a@deep.example' })).spf.result, 'permerror')
  assert.deepEqual((await judge(mail('a@good.example'), { mailFrom: '', clientName: 'helo.example' })).spf, {
    result: 'pass',
    domain: 'helo.example',
  })
  assert.equal((await judge(mail('a@good.example'), { mailFrom: 'a@ptr.example' })).spf.result, 'pass')
  assert.equal((await judge(mail('a@good.example'), { mailFrom: 'a@ptr.example', clientIp: '2001:db8::1' })).spf.result, 'fail')
  assert.equal((await judge(mail('a@good.example'), { mailFrom: 'a@bad domain"' })).spf.result, 'none')
})

test('forged results in the mail are worth nothing', async () => {
  const forged =
    'Authentication-Results: mail.test; dkim=pass header.d=good.example; spf=pass; dmarc=pass\r\nReceived-SPF: pass\r\n'
  assert.equal((await judge(forged + mail('a@good.example'), { clientIp: '192.0.2.2' })).trust, 'fail')
})

test('an author that is not one, or not the one we show, is never trusted', async () => {
  const cases: [string, string | null][] = [
    [mail('a@good.example, b@evil.example'), 'a@good.example'],
    [mail('a@good.example', 'x', 'From: b@evil.example\r\n'), 'a@good.example'],
    [mail('b@evil.example', 'x', 'From: a@good.example\r\n'), 'b@evil.example'],
    [mail('').replace('From: \r\n', ''), null],
    [mail('group: a@good.example, c@evil.example;'), 'a@good.example'],
    [mail('a@good.example'), 'a@bank.example'],
    [mail('a@good.example'), null],
    [mail('<@evil.example:a@good.example>'), 'a@evil.example'],
    [mail('"a@good.example" <b@evil.example>'), 'b@evil.example'],
    [mail('a@good.example\0.evil.example'), 'a@good.example.evil.example'],
    [mail('=?utf-8?q?a=40good.example?= <b@evil.example>'), 'b@evil.example'],
  ]
  for (const [raw, from] of cases)
    assert.notEqual(
      (await judge(await sign(raw, 'evil.example'), { from, mailFrom: 'x@good.example' })).trust,
      'pass',
      raw.slice(0, 80),
    )
})

test('an ARC chain is judged and named, and does not make up for DMARC', async () => {
  const original = mail('a@good.example')
  const seal = await sealMessage(original, {
    signingDomain: 'list.example',
    selector: 's1',
    privateKey: rsa.privateKey,
    authResults: 'list.example; dmarc=pass',
    cv: 'none',
  })
  const verdict = await judge(Buffer.concat([seal, Buffer.from(original)]), { clientIp: '192.0.2.2' })
  assert.deepEqual(verdict.arc, { result: 'pass', domain: 'list.example' })
  assert.equal(verdict.trust, 'fail')
})

test('a flood of signatures costs ten look-ups, not a thousand', async () => {
  const before = zone.queries.length
  const flood = Array.from(
    { length: 500 },
    (_, i) =>
      `DKIM-Signature: v=1; a=rsa-sha256; d=good.example; s=flood${i}; c=relaxed/relaxed;\r\n h=from; l=${i}; bh=AAAA; b=AAAA\r\n`,
  ).join('')
  const verdict = await judge(flood + mail('a@good.example'))
  assert.equal(verdict.dkim.length, 10)
  assert.ok(zone.queries.length - before < 20)
  assert.equal((await judge(`X: ${'y'.repeat(200_000)}\r\n${mail('a@good.example')}`)).trust, 'none')
})
