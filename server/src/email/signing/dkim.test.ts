import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { test } from 'node:test'
import { dkimVerify } from 'mailauth/lib/dkim/verify.js'
import { DataEncoder } from '../smtp-client/wire.ts'
import { type DkimKey, signMessage } from './dkim.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ed25519 = generateKeyPairSync('ed25519')
const keys: DkimKey[] = [
  { domain: 'example.com', selector: 'rsa', key: rsa.privateKey },
  { domain: 'example.com', selector: 'ed', key: ed25519.privateKey },
]
const derOf = (key: KeyObject) => key.export({ type: 'spki', format: 'der' })
const zone: Record<string, string> = {
  'rsa._domainkey.example.com': `v=DKIM1; k=rsa; p=${derOf(rsa.publicKey).toString('base64')}`,
  // RFC 8463 4.2 publishes the bare 32 bytes
  'ed._domainkey.example.com': `v=DKIM1; k=ed25519; p=${derOf(ed25519.publicKey).subarray(-32).toString('base64')}`,
}
const now = new Date('2026-03-01T12:00:00Z')

async function verify(message: Buffer): Promise<string[]> {
  const resolver = async (name: string) => [[zone[name] ?? assert.fail(`asked for ${name}`)]]
  const { results } = await dkimVerify(message, { resolver, curTime: now, strict: true })
  return results.map(
    result => `${result.selector} ${result.status.result}${result.status.comment ? ` ${result.status.comment}` : ''}`,
  )
}

const head =
  'From: Ann <ann@example.com>\r\nTo: bob@example.net\r\nSubject: Hello\r\nDate: Sun, 1 Mar 2026 12:00:00 +0000\r\nMessage-ID: <1@example.com>\r\n'
const messages: Record<string, string> = {
  plain: `${head}\r\nHello Bob,\r\nall is well.\r\n`,
  'empty body': `${head}\r\n`,
  'no body': head,
  'no final line end': `${head}\r\nHello`,
  'only empty lines': `${head}\r\n\r\n\r\n\r\n`,
  'only blanks': `${head}\r\n \t \r\n\t\r\n   `,
  'trailing blanks and lines': `${head}\r\nHello \t \r\n\r\nBob\t\r\n \r\n\r\n\r\n`,
  'runs of blanks': `${head}\r\n  a   b\t\tc \td  \r\n\ta\r\n`,
  'dots in front': `${head}\r\n.\r\n..\r\n.x\r\n`,
  'eight bits': `${head}X: é\r\n\r\nHellö à\r\nà \r\n`,
  'header ending in à': `From: ann@example.com\r\nSubject: voilà\r\nTo: à \r\n\r\nx\r\n`,
  'folded headers': 'From:\r\n Ann\t <ann@example.com>\r\nsubject:  a\r\n\t b  \r\n c\r\nTo: a@x,\r\n  b@x\r\n\r\nx\r\n',
  'blanks before the colon': 'From \t: ann@example.com\r\nSubject : a\r\n\r\nx\r\n',
  'repeated headers': `${head}Reply-To: one@example.com\r\nReply-To: two@example.com\r\nFrom: other@example.com\r\n\r\nx\r\n`,
  'list mail': `${head}List-Unsubscribe: <https://example.com/u/1>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nList-Id: <a.example.com>\r\nFeedback-ID: 1:2:3:4\r\n\r\nx\r\n`,
  'line feeds only': `${head}\r\nHello  \nBob\n\n`.replaceAll('\r\n', '\n'),
  'stray carriage returns': `${head}X: a\r\r\n\r\nHello\rBob\r\r\nx\r`,
  'a NUL': `${head}\r\na\0b\0\r\n`,
  'no header': '\r\nbody\r\n',
  'a line that is no header': `no header at all\r\n${head}\r\nx\r\n`,
  'object property names as headers': `__proto__: x\r\nconstructor: x\r\n${head}\r\nx\r\n`,
}

const onTheWire = (raw: Buffer) => {
  const encoder = new DataEncoder()
  const content = Buffer.concat([encoder.push(raw), Buffer.from(encoder.end())]).toString('latin1')
  return Buffer.from(content.slice(0, -3).replace(/^\.\./gm, '.'), 'latin1')
}

const signed = async (raw: Buffer) => onTheWire(Buffer.concat([await signMessage(raw, keys, { now }), raw]))

for (const [name, text] of Object.entries(messages)) {
  test(`signatures verify as the receiver sees the message: ${name}`, async () => {
    assert.deepEqual(await verify(await signed(Buffer.from(text))), ['rsa pass', 'ed pass'])
  })
}

test('a second implementation agrees, where it is installed', async t => {
  const verifier = `
import base64, dkim, json, sys
zone, messages = json.load(sys.stdin)
dnsfunc = lambda name, timeout=5: zone[name.decode().rstrip('.')].encode()
for name, message in messages.items():
    d = dkim.DKIM(base64.b64decode(message), debug_content=False)
    print(name, d.verify(idx=0, dnsfunc=dnsfunc), d.verify(idx=1, dnsfunc=dnsfunc))
`
  if (spawnSync('/usr/bin/python3', ['-c', 'import dkim, nacl']).status !== 0) return t.skip('python3-dkim is not installed')
  const all: Record<string, string> = {}
  // it does not look at signatures of messages with such headers
  const refused = ['blanks before the colon', 'no header', 'a line that is no header']
  for (const [name, text] of Object.entries(messages)) {
    if (!refused.includes(name)) all[name] = (await signed(Buffer.from(text))).toString('base64')
  }
  const { stdout, stderr } = spawnSync('/usr/bin/python3', ['-c', verifier], {
    input: JSON.stringify([zone, all]),
    encoding: 'utf8',
  })
  assert.equal(
    stdout,
    Object.keys(all)
      .map(name => `${name} True True\n`)
      .join(''),
    stderr,
  )
})

test('random bodies of blanks and line ends verify', async () => {
  let state = 7
  const random = (below: number) => {
    state = (state * 1103515245 + 12345) % 2147483648
    return Math.floor((state / 2147483648) * below)
  }
  for (let round = 0; round < 150; round++) {
    const body = Array.from(
      { length: random(40) },
      () => [' ', '\t', '\r\n', '\r\n', '\n', '\r', 'a', '.', '\0', 'à'][random(10)],
    ).join('')
    assert.deepEqual(await verify(await signed(Buffer.from(`${head}\r\n${body}`))), ['rsa pass', 'ed pass'], JSON.stringify(body))
  }
})

test('what is signed cannot be changed or added to', async () => {
  const message = (await signed(Buffer.from(messages['list mail']!))).toString('latin1')
  const changes: [string, string][] = [
    ['all is', 'all was'],
    ['Hello', 'Goodbye'],
    ['List-Unsubscribe: <https://example.com', 'List-Unsubscribe: <https://evil.example'],
    ['List-Unsubscribe-Post: List', 'List-Unsubscribe-Post: Liszt'],
    ['bob@', 'eve@'],
    ['\r\n\r\nx', '\r\n\r\nxx'],
  ]
  for (const [from, to] of changes.filter(([from]) => message.includes(from))) {
    const results = await verify(Buffer.from(message.replace(from, to), 'latin1'))
    for (const result of results) assert.doesNotMatch(result, / pass/, to)
  }
  // one more From, above or below the first
  for (const forged of [
    `From: eve@example.com\r\n${message}`,
    message.replace('\r\n\r\n', '\r\nFrom: eve@example.com\r\n\r\n'),
  ]) {
    for (const result of await verify(Buffer.from(forged, 'latin1'))) assert.doesNotMatch(result, / pass/)
  }
})

test('the header lines are short, name what they cover and hold no length', async () => {
  const header = (await signMessage(Buffer.from(messages['list mail']!), keys, { now })).toString('latin1')
  for (const line of header.split('\r\n')) assert.ok(line.length <= 78, line)
  assert.match(header, /^DKIM-Signature: v=1; a=rsa-sha256; c=relaxed\/relaxed; d=example.com;\r\n s=rsa; t=1772366400;/)
  assert.match(header, /\r\nDKIM-Signature: v=1; a=ed25519-sha256;/)
  assert.doesNotMatch(header, /[ ;]l=/)
  const covered = /h=([^;]*);/.exec(header)![1]!.replaceAll('\r\n ', '')
  assert.equal(covered, 'from:from:to:subject:date:message-id:list-id:list-unsubscribe:list-unsubscribe-post:feedback-id')
})

test('names and keys that cannot be signed with are refused', async () => {
  const raw = Buffer.from(messages.plain!)
  for (const domain of ['', 'example.com; l=0', 'a\r\nb.example', 'a b', '.', 'a..b', 'bücher.example']) {
    await assert.rejects(signMessage(raw, [{ domain, selector: 's', key: rsa.privateKey }], { now }), TypeError, domain)
    await assert.rejects(
      signMessage(raw, [{ domain: 'example.com', selector: domain, key: rsa.privateKey }], { now }),
      TypeError,
      domain,
    )
  }
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  await assert.rejects(signMessage(raw, [{ domain: 'example.com', selector: 's', key }], { now }), TypeError)
})
