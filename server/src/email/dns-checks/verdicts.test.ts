/** The DNS doctor on a real zone: every usual mistake gets its own diagnosis and its own remedy. */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { type Name, type Records, startZone, type Zone } from '../../../test/dns-zone.ts'
import { createResolver } from '../../kernel/net/dns.ts'
import type { RecordName, Wish } from '../domains/domain-records.ts'
import type { Finding } from './findings.ts'
import { lookUp } from './look-up.ts'
import { judge } from './verdicts.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .publicKey.export({ type: 'spki', format: 'der' })
  .toString('base64')
const ed25519 = Buffer.alloc(32, 7).toString('base64')
const wish: Wish = {
  domain: 'example.com',
  mailHost: 'mx.post.test',
  mailDomain: 'post.test',
  spf: 'a:mx.post.test',
  keys: [
    { algorithm: 'rsa', selector: 'default', public_key: rsa },
    { algorithm: 'ed25519', selector: 'ed25519', public_key: ed25519 },
  ],
}
const dkim = `v=DKIM1; k=rsa; p=${rsa}`
const server: Records = {
  'mx.post.test': { A: ['127.0.0.1'] },
  'post.test': { MX: [{ exchange: 'mx.post.test', priority: 10 }], TXT: ['v=spf1 a:mx.post.test -all'] },
}
const perfect: Records = {
  ...server,
  'example.com': { MX: [{ exchange: 'mx.post.test', priority: 10 }], TXT: ['site-verification=1', 'v=spf1 a:mx.post.test -all'] },
  'default._domainkey.example.com': { TXT: [dkim] },
  'ed25519._domainkey.example.com': { TXT: [`v=DKIM1; k=ed25519; p=${ed25519}`] },
  '_dmarc.example.com': { TXT: ['v=DMARC1; p=reject; rua=mailto:d@example.com'] },
  'bounces.example.com': { CNAME: ['post.test'] },
}

let zone: Zone
before(async () => {
  zone = await startZone({})
})
after(() => zone.stop())

const examine = async (records: Records, wanted = wish) => {
  zone.set(records)
  return judge(wanted, await lookUp(createResolver([zone.server]), wanted))
}

test('a perfect domain is valid throughout, with nothing to say', async () => {
  const findings = await examine(perfect)
  for (const [record, { status, problem, hints }] of Object.entries(findings))
    assert.deepEqual([record, status, problem, hints], [record, 'valid', null, []])
  assert.deepEqual(Object.keys(findings), ['mx', 'spf', 'dkim', 'dkim_ed25519', 'dmarc', 'return_path'])
})

test('an empty zone: everything is missing, and the whole record is said', async () => {
  const findings = await examine({ ...server, 'example.com': {} })
  for (const [record, { status }] of Object.entries(findings)) assert.equal(status, 'missing', record)
  assert.equal(findings.mx!.change, 'Add a MX record with host @, priority 10 and value mx.post.test')
  assert.equal(findings.dkim!.change, `Add a TXT record with host default._domainkey and value ${dkim}`)
  assert.equal(findings.return_path!.change, 'Add a CNAME record with host bounces and value post.test')
})

test('name servers that do not answer prove nothing', async () => {
  for (const failure of ['SERVFAIL', 'REFUSED'] as const) {
    const broken = Object.fromEntries(
      Object.keys(perfect).map(name => [name, name.endsWith('example.com') ? failure : perfect[name]!]),
    )
    const findings = await examine(broken)
    for (const [record, { status }] of Object.entries(findings)) assert.equal(status, 'unknown', `${record} ${failure}`)
  }
})

interface Case {
  zone: Records
  record: RecordName
  status: Finding['status']
  problem?: RegExp
  change?: RegExp
  hint?: RegExp
}

const apex = (more: Name): Records => ({ ...perfect, 'example.com': { ...(perfect['example.com'] as Name), ...more } })
const without = (...names: string[]): Records =>
  Object.fromEntries(Object.entries(perfect).filter(([name]) => !names.includes(name)))
const dkimIs = (...records: string[]): Records => ({ ...perfect, 'default._domainkey.example.com': { TXT: records } })
const spfIs = (...records: string[]): Records => apex({ TXT: records })
const dmarcIs = (...records: string[]): Records => ({ ...perfect, '_dmarc.example.com': { TXT: records } })
const many = (count: number): Records =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`s${i}.test`, { TXT: ['v=spf1 ip4:198.51.100.1 -all'] }]))
const includes = (count: number) => Array.from({ length: count }, (_, i) => `include:s${i}.test`).join(' ')

const mx: Record<string, Omit<Case, 'record'>> = {
  'another provider': {
    zone: apex({ MX: [{ exchange: 'aspmx.google.test', priority: 1 }] }),
    status: 'invalid',
    problem: /goes to other servers/,
    change: /replace those MX records.*keep the mailboxes.*agents\.example\.com/,
  },
  'conflict: a better one': {
    zone: apex({
      MX: [
        { exchange: 'mx.post.test', priority: 10 },
        { exchange: 'old.test', priority: 5 },
      ],
    }),
    status: 'invalid',
    problem: /only some of the mail/,
    change: /Remove the MX records 5 old\.test\./,
  },
  'conflict: an equal one': {
    zone: apex({
      MX: [
        { exchange: 'mx.post.test', priority: 10 },
        { exchange: 'old.test', priority: 10 },
      ],
    }),
    status: 'invalid',
    problem: /same or a better preference/,
  },
  'a backup behind': {
    zone: apex({
      MX: [
        { exchange: 'MX.post.test', priority: 10 },
        { exchange: 'backup.test', priority: 20 },
      ],
    }),
    status: 'valid',
    hint: /backup\.test/,
  },
  'null MX': { zone: apex({ MX: [{ exchange: '', priority: 0 }] }), status: 'invalid', problem: /takes no mail/ },
  'value taken for a name inside the domain': {
    zone: apex({ MX: [{ exchange: 'mx.post.test.example.com', priority: 10 }] }),
    status: 'invalid',
    problem: /inside your domain/,
    change: /final dot: mx\.post\.test\.$/,
  },
  'host typed twice': {
    zone: {
      ...without('example.com'),
      'example.com': {},
      'example.com.example.com': { MX: [{ exchange: 'mx.post.test', priority: 10 }] },
    },
    status: 'invalid',
    problem: /stands at example\.com\.example\.com/,
    change: /host @/,
  },
  'an alias at the top': {
    zone: { ...perfect, 'example.com': { CNAME: ['site.test'] }, 'site.test': { A: ['127.0.0.1'] } },
    status: 'invalid',
    problem: /alias \(CNAME\) of site\.test/,
    change: /Remove the CNAME/,
  },
}

const spf: Record<string, Omit<Case, 'record'>> = {
  'two records': {
    zone: spfIs('v=spf1 include:_spf.google.test ~all', 'v=spf1 a:mx.post.test -all'),
    status: 'invalid',
    problem: /several SPF records/,
    change: /value v=spf1 a:mx\.post\.test include:_spf\.google\.test ~all$/,
  },
  'a record without us': {
    zone: { ...spfIs('v=spf1 include:s0.test -all'), ...many(1) },
    status: 'invalid',
    problem: /does not let this server send/,
    change: /value v=spf1 a:mx\.post\.test include:s0\.test -all$/,
  },
  'us behind the end': {
    zone: spfIs('v=spf1 -all a:mx.post.test'),
    status: 'invalid',
    change: /value v=spf1 a:mx\.post\.test -all$/,
  },
  'our address in another way': { zone: spfIs('v=spf1 ip4:127.0.0.0/8 -all'), status: 'valid' },
  'mx, which is us': { zone: spfIs('v=spf1 mx ~all'), status: 'valid' },
  'a redirect that lets us': { zone: spfIs('v=spf1 redirect=post.test'), status: 'valid' },
  'a redirect that does not': {
    zone: { ...spfIs('v=spf1 redirect=s0.test'), ...many(1) },
    status: 'invalid',
    change: /value v=spf1 a:mx\.post\.test redirect=s0\.test$/,
  },
  'more than ten look-ups before us': {
    zone: { ...spfIs(`v=spf1 ${includes(11)} a:mx.post.test -all`), ...many(11) },
    status: 'invalid',
    problem: /more than 10 look-ups/,
    change: /Remove include:/,
  },
  'more than ten look-ups behind us': {
    zone: { ...spfIs(`v=spf1 a:mx.post.test ${includes(11)} -all`), ...many(11) },
    status: 'valid',
    hint: /more than 10 look-ups/,
  },
  'an include that is not there': {
    zone: spfIs('v=spf1 a:mx.post.test include:gone.test -all'),
    status: 'valid',
    hint: /cannot be read/,
  },
  'a broken mechanism before us': {
    zone: spfIs('v=spf1 ip4:not-an-ip a:mx.post.test -all'),
    status: 'invalid',
    problem: /cannot be read/,
  },
  '+all': { zone: spfIs('v=spf1 +all'), status: 'valid', hint: /everybody/ },
  'no end': { zone: spfIs('v=spf1 a:mx.post.test'), status: 'valid', hint: /no end/ },
  'stored with quotation marks': {
    zone: spfIs('"v=spf1 a:mx.post.test -all"'),
    status: 'invalid',
    problem: /does not begin with/,
  },
  'only other TXT records': { zone: spfIs('site-verification=1'), status: 'missing' },
}

const keys: Record<string, Omit<Case, 'record'>> = {
  'spaces and order do not matter': {
    zone: dkimIs(`v=DKIM1;k=rsa ; t=s; p=${rsa.slice(0, 100)} ${rsa.slice(100)};`),
    status: 'valid',
  },
  'without v and k': { zone: dkimIs(`p=${rsa}`), status: 'valid' },
  'through an alias': {
    zone: {
      ...without('default._domainkey.example.com'),
      'default._domainkey.example.com': { CNAME: ['keys.test'] },
      'keys.test': { TXT: [dkim] },
    },
    status: 'valid',
  },
  'testing mode': { zone: dkimIs(`v=DKIM1; k=rsa; t=y; p=${rsa}`), status: 'valid', hint: /t=y/ },
  'another key': {
    zone: dkimIs(`v=DKIM1; k=rsa; p=${rsa.replace(/A/g, 'B')}`),
    status: 'invalid',
    problem: /another key/,
    change: /Replace it by/,
  },
  'cut off at 255': {
    zone: dkimIs(dkim.slice(0, 255)),
    status: 'invalid',
    problem: /cut off after 237 of 392/,
    change: /two strings of one record: "v=DKIM1/,
  },
  'two records instead of two strings': {
    zone: dkimIs(dkim.slice(0, 255), dkim.slice(255)),
    status: 'invalid',
    problem: /entered as two records/,
    change: /Remove both and add one/,
  },
  'the same the other way round': {
    zone: dkimIs(dkim.slice(255), dkim.slice(0, 255)),
    status: 'invalid',
    problem: /entered as two records/,
  },
  'quotation marks in the value': {
    zone: dkimIs(`"${dkim.slice(0, 255)}" "${dkim.slice(255)}"`),
    status: 'invalid',
    problem: /Quotation marks/,
  },
  'only the key': { zone: dkimIs(rsa), status: 'invalid', problem: /only the key/ },
  revoked: { zone: dkimIs('v=DKIM1; k=rsa; p='), status: 'invalid', problem: /revoked/ },
  'no key at all': { zone: dkimIs('hello'), status: 'invalid', problem: /no DKIM key/ },
  'an old and a new key': {
    zone: dkimIs(dkim, `v=DKIM1; p=${rsa.replace(/A/g, 'B')}`),
    status: 'invalid',
    problem: /2 TXT records/,
    change: /all but the one/,
  },
  'wrong kind': { zone: dkimIs(`v=DKIM1; k=ed25519; p=${rsa}`), status: 'invalid', problem: /k= must say rsa/ },
  'only SHA-1': { zone: dkimIs(`v=DKIM1; h=sha1; p=${rsa}`), status: 'invalid', problem: /SHA-256/ },
  'not for mail': { zone: dkimIs(`v=DKIM1; s=tlsrpt; p=${rsa}`), status: 'invalid', problem: /allow mail/ },
  'v not first': { zone: dkimIs(`k=rsa; v=DKIM1; p=${rsa}`), status: 'invalid', problem: /come first/ },
  'host typed twice': {
    zone: { ...without('default._domainkey.example.com'), 'default._domainkey.example.com.example.com': { TXT: [dkim] } },
    status: 'invalid',
    problem: /stands at default\._domainkey\.example\.com\.example\.com/,
    change: /host default\._domainkey, without example\.com/,
  },
  'an alias to nowhere': {
    zone: { ...without('default._domainkey.example.com'), 'default._domainkey.example.com': { CNAME: ['gone.test'] } },
    status: 'invalid',
    problem: /alias \(CNAME\) of gone\.test/,
  },
}

const dmarc: Record<string, Omit<Case, 'record'>> = {
  'p=none': { zone: dmarcIs('v=DMARC1; p=none; rua=mailto:d@example.com'), status: 'valid', hint: /only watches/ },
  'without reports': { zone: dmarcIs('v=DMARC1; p=reject'), status: 'valid', hint: /Nobody gets reports/ },
  'without policy': { zone: dmarcIs('v=DMARC1; rua=mailto:d@example.com'), status: 'invalid', problem: /no policy/ },
  'a policy that is none': { zone: dmarcIs('v=DMARC1; p=yes'), status: 'invalid', problem: /p=yes is no policy/ },
  'two records': { zone: dmarcIs('v=DMARC1; p=none', 'v=DMARC1; p=reject'), status: 'invalid', problem: /several DMARC/ },
  'wrong version': { zone: dmarcIs('v=DMARC2; p=none'), status: 'invalid', problem: /begin with v=DMARC1/ },
  'host typed twice': {
    zone: { ...without('_dmarc.example.com'), '_dmarc.example.com.example.com': { TXT: ['v=DMARC1; p=none;'] } },
    status: 'invalid',
    change: /host _dmarc, without example\.com/,
  },
}

const returnPath: Record<string, Omit<Case, 'record'>> = {
  'records of its own': { zone: { ...perfect, 'bounces.example.com': server['post.test']! }, status: 'valid' },
  'an alias of somebody else': {
    zone: {
      ...perfect,
      'bounces.example.com': { CNAME: ['esp.test'] },
      'esp.test': { MX: [{ exchange: 'mx.post.test', priority: 1 }] },
    },
    status: 'invalid',
    problem: /alias of esp\.test/,
    change: /CNAME record with host bounces and value post\.test/,
  },
  'MX but no SPF': {
    zone: { ...perfect, 'bounces.example.com': { MX: [{ exchange: 'mx.post.test', priority: 1 }] } },
    status: 'invalid',
    problem: /SPF would not pass/,
  },
  'an operator who is not ready': {
    zone: { ...perfect, 'post.test': { MX: [{ exchange: 'mx.post.test', priority: 1 }] } },
    status: 'invalid',
    change: /post\.test itself is not ready/,
  },
}

for (const [record, cases] of Object.entries({ mx, spf, dkim: keys, dmarc, return_path: returnPath }) as [
  RecordName,
  typeof mx,
][]) {
  describe(record, () => {
    for (const [name, expected] of Object.entries(cases)) {
      test(name, async () => {
        const finding = (await examine(expected.zone))[record]!
        assert.equal(finding.status, expected.status, JSON.stringify(finding))
        if (expected.problem) assert.match(finding.problem ?? '', expected.problem)
        if (expected.change) assert.match(finding.change ?? '', expected.change)
        if (expected.hint) assert.match(finding.hints.join(' '), expected.hint)
        assert.equal(finding.problem === null, finding.status === 'valid')
        assert.equal(finding.change === null, finding.status === 'valid')
      })
    }
  })
}

test('a subdomain inherits the policy of the domain above it', async () => {
  const findings = await examine(perfect, { ...wish, domain: 'agents.eu.example.com' })
  assert.equal(findings.dmarc!.status, 'valid')
  assert.match(findings.dmarc!.hints[0]!, /the one of example\.com holds/)
  zone.queries.length = 0
  await examine(server, { ...wish, domain: 'agents.example.co.uk' })
  assert.ok(!zone.queries.some(({ name }) => name === '_dmarc.co.uk'), 'the public suffix is not asked')
})

test('SPF is judged by its words where our own address is not in the DNS', async () => {
  const { 'mx.post.test': _, ...rest } = perfect
  assert.equal((await examine(rest)).spf!.status, 'valid')
  assert.equal(
    (await examine({ ...rest, ...many(1), 'example.com': { TXT: ['v=spf1 include:s0.test -all'] } })).spf!.status,
    'invalid',
  )
})

test('a hostile zone: long, many and odd records are cut down to what can be stored and shown', async () => {
  const findings = await examine(dkimIs(...Array.from({ length: 24 }, (_, i) => `p=${i}\0${'x'.repeat(2500)}`)))
  const { found, status } = findings.dkim!
  assert.equal(status, 'invalid')
  assert.ok(found.length <= 20 && found.every(text => text.length <= 2000 && !text.includes('\0')))
  const odd = await examine(dkimIs('__proto__=1; constructor=2; p=x; p=y; =; ;;=='))
  assert.equal(odd.dkim!.status, 'invalid')
  assert.equal((await examine(spfIs('v=spf1 include:example.com -all'))).spf!.status, 'invalid')
})
