import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readDomainName, txtStrings, type Wish, wantedRecords, zoneLine } from './domain-records.ts'

const ours = { mailDomain: 'agents.post.example', mailHost: 'mx.post.example' }
const key = 'A'.repeat(392)
const wish: Wish = {
  ...ours,
  domain: 'example.com',
  spf: 'a:mx.post.example',
  keys: [
    { algorithm: 'rsa', selector: 'default', public_key: key },
    { algorithm: 'ed25519', selector: 'ed25519', public_key: 'B'.repeat(44) },
  ],
}

test('names are read as people give them', () => {
  const names: Record<string, string> = {
    'example.com': 'example.com',
    ' Example.COM. ': 'example.com',
    'bücher.example': 'xn--bcher-kva.example',
    'XN--BCHER-KVA.example': 'xn--bcher-kva.example',
    'a.b.c.example.co.uk': 'a.b.c.example.co.uk',
    'post.example': 'post.example',
    'notagents.post.example': 'notagents.post.example',
  }
  for (const [given, name] of Object.entries(names)) assert.deepEqual(readDomainName(given, ours), { name }, given)
})

test('what cannot be anybody’s domain is refused, with a reason', () => {
  const refused: Record<string, RegExp> = {
    '': /not a domain name/,
    com: /not a domain name/,
    localhost: /not in the public DNS/,
    'foo.localhost': /not in the public DNS/,
    'printer.local': /not in the public DNS/,
    '1.2.0.192.in-addr.arpa': /not in the public DNS/,
    '127.0.0.1': /IP address/,
    '１２７.0.0.1': /IP address/,
    '2001:db8::1': /bare name/,
    '[127.0.0.1]': /not a domain name/,
    'https://example.com': /bare name/,
    'me@example.com': /bare name/,
    'exa mple.com': /bare name/,
    'example.com\r\nX: y': /bare name/,
    'co.uk': /public suffix/,
    'github.io': /public suffix/,
    '公司.cn': /public suffix/,
    'agents.post.example': /mail domain of this server/,
    'x.AGENTS.post.example': /mail domain of this server/,
    'mx.post.example': /name of this server/,
    '_dmarc.example.com': /not a domain name/,
    '-a.example': /not a domain name/,
    'a..example': /not a domain name/,
    'example.com;x': /not a domain name/,
    'example.c"om': /not a domain name/,
    'example.1': /not a domain name/,
    '*.example.com': /not a domain name/,
    [`${'a'.repeat(64)}.example`]: /not a domain name/,
    [`${'abcdefg.'.repeat(30)}example`]: /not a domain name/,
    __proto__: /not a domain name/,
  }
  for (const [given, reason] of Object.entries(refused)) {
    const read = readDomainName(given, ours)
    assert.ok('problem' in read, `${given} became ${JSON.stringify(read)}`)
    assert.match(read.problem, reason, given)
  }
})

test('the records are those of the document, and two more', () => {
  const shown = wantedRecords(wish).map(({ record, type, host, value, priority }) => [record, type, host, value, priority])
  assert.deepEqual(shown, [
    ['mx', 'MX', '@', 'mx.post.example', 10],
    ['spf', 'TXT', '@', 'v=spf1 a:mx.post.example -all', null],
    ['dkim', 'TXT', 'default._domainkey', `v=DKIM1; k=rsa; p=${key}`, null],
    ['dkim_ed25519', 'TXT', 'ed25519._domainkey', `v=DKIM1; k=ed25519; p=${'B'.repeat(44)}`, null],
    ['dmarc', 'TXT', '_dmarc', 'v=DMARC1; p=none;', null],
    ['return_path', 'CNAME', 'bounces', 'agents.post.example', null],
  ])
  const needed = wantedRecords(wish).filter(({ required_for }) => required_for.length > 0)
  assert.deepEqual(
    needed.map(({ record, required_for }) => [record, ...required_for]),
    [
      ['mx', 'receiving'],
      ['dkim', 'ownership', 'sending'],
    ],
  )
})

test('the mail domain of the server has no return path of its own', () => {
  assert.ok(!wantedRecords({ ...wish, domain: ours.mailDomain }).some(({ record }) => record === 'return_path'))
})

test('zone lines hold strings of at most 255 octets, names with a final dot', () => {
  const lines = wantedRecords(wish).map(zoneLine)
  assert.equal(lines[0], 'example.com. 3600 IN MX 10 mx.post.example.')
  assert.equal(lines[5], 'bounces.example.com. 3600 IN CNAME agents.post.example.')
  const [, first, second] = /^default\._domainkey\.example\.com\. 3600 IN TXT "([^"]+)" "([^"]+)"$/.exec(lines[2]!)!
  assert.equal(first!.length, 255)
  assert.equal(first! + second!, `v=DKIM1; k=rsa; p=${key}`)
  assert.deepEqual(txtStrings('x'.repeat(255)).length, 1)
  assert.deepEqual(txtStrings(''), [''])
})
