import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bounceRules, classify, parseRules } from './bounces.ts'

/** `550-5.1.1 text` → what connect.ts would hand over. */
function replyOf(line: string) {
  const [, code = '', text = ''] = /^(\d{3})[ -](.*)$/s.exec(line) ?? assert.fail(`no reply: ${line}`)
  return { code: Number(code), enhanced: /^[245]\.\d{1,3}\.\d{1,3}/.exec(text)?.[0] ?? null, text }
}
const short = (line: string) => {
  const { category, action } = classify(replyOf(line))
  return `${category} ${action}`
}

test('every reply in the rules file is read by the rule it stands above', () => {
  const wrong = bounceRules.filter(rule => {
    const words = `${replyOf(rule.example).code} ${replyOf(rule.example).text}`.toLowerCase()
    return bounceRules.find(({ pattern }) => pattern.test(words)) !== rule
  })
  assert.deepEqual(
    wrong.map(rule => rule.example),
    [],
  )
  for (const rule of bounceRules) {
    const { code } = replyOf(rule.example)
    const expected =
      code < 500
        ? { category: rule.category === 'hard' ? 'soft' : rule.category, action: 'retry', reason: rule.reason }
        : undefined
    assert.deepEqual(
      classify(replyOf(rule.example)),
      expected ?? { category: rule.category, action: rule.action, reason: rule.reason },
    )
  }
})

test('the words of the rules are known words, and only a mailbox that is gone is suppressed', () => {
  const categories = ['hard', 'quota', 'greylist', 'rate', 'auth', 'blocklist', 'spam', 'policy', 'content', 'network', 'soft']
  for (const { category, action, reason } of bounceRules) {
    assert.ok(categories.includes(category), category)
    assert.ok(['suppress', 'fail', 'retry'].includes(action), action)
    assert.equal(action === 'suppress', category === 'hard')
    assert.match(reason, /^[A-Z].*\.$/)
  }
})

test('no rule can be made slow: each runs in a bounded number of steps per character', () => {
  for (const { pattern } of bounceRules) {
    assert.doesNotMatch(pattern.source, /[+*]|\(\?|\\\d|\{\d*,\}/, pattern.source)
    for (const gap of pattern.source.matchAll(/\{\d*,(\d+)\}/g)) assert.ok(Number(gap[1]) <= 60, pattern.source)
    // two gaps in one alternative would multiply
    for (const alternative of pattern.source.split('|'))
      assert.ok((alternative.match(/\.\{0,/g) ?? []).length <= 1, pattern.source)
  }
})

test('hard bounces suppress', () => {
  const replies = [
    "550-5.1.1 The email account that you tried to reach does not exist. Please try\n5.1.1 double-checking the recipient's email address",
    '550 5.2.1 The email account that you tried to reach is inactive.',
    '550 5.1.1 <bob@example.net>: Recipient address rejected: User unknown in local recipient table',
    '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient bob@example.net not found by SMTP address lookup',
    '550 5.4.1 Recipient address rejected: Access denied. [AM0EUR.eur.prod.protection.outlook.com 2026-03-01T12:00:00.000Z]',
    '550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302).',
    '550 Requested action not taken: mailbox unavailable',
    "554 delivery error: dd This user doesn't have a yahoo.com account (bob@yahoo.com) [0] - mta4001",
    '552 1 Requested mail action aborted, mailbox not found',
    '550 No such person at this address.',
    '550 User not found: bob@example.net',
    '550 5.1.1 bob@example.net',
    '550 5.1.6 Recipient has moved',
    '556 5.1.10 no',
    '556 takes nothing',
    '550 5.7.17 the owner is somebody new',
  ]
  for (const reply of replies) assert.equal(short(reply), 'hard suppress', reply)
})

test('what is said about us, our rate or our content never suppresses', () => {
  const replies: [string, string][] = [
    ['550 5.7.1 Service unavailable; client [198.51.100.7] blocked using zen.spamhaus.org', 'blocklist fail'],
    ['550 5.7.1 Client host rejected: user unknown to us', 'blocklist fail'],
    ['550 5.7.1 The IP address 198.51.100.7 is disabled here', 'policy fail'],
    ['550 5.1.8 Sender address rejected: Domain not found', 'auth fail'],
    ['550 Sender verify failed: no such user here', 'auth fail'],
    ['550 5.7.1 Your account does not exist or is suspended', 'policy fail'],
    ['550-5.7.26 Unauthenticated email from example.com is not accepted due to its DMARC policy', 'auth fail'],
    ['554 5.7.1 Spam message rejected, mailbox not found in your whitelist', 'spam fail'],
    ['550 5.7.1 Recipient does not exist for you', 'policy fail'],
    ['552 5.2.2 The recipient mailbox is full', 'quota fail'],
    ['552 too much', 'quota fail'],
    ['550 5.7.64 TenantAttribution; Relay Access Denied', 'policy fail'],
    ['550 Rejected', 'policy fail'],
    ['554 5.0.0 transaction failed', 'policy fail'],
    ['550 5.4.5 Daily SMTP relay sending limit exceeded for this customer', 'rate retry'],
    ['554 4.7.1 service unavailable, try again later', 'soft retry'],
    ['552 5.3.4 too heavy', 'content fail'],
    ['550 5.6.0 odd', 'content fail'],
    ['550 5.3.0 broken', 'soft fail'],
    ['550 5.4.4 nowhere', 'network fail'],
    ['555 5.5.4 unsupported option', 'soft fail'],
    ['521 5.3.2 nothing', 'soft fail'],
    ['521 nothing', 'policy fail'],
  ]
  for (const [reply, expected] of replies) assert.equal(short(reply), expected, reply)
})

test('a 4xx is tried again, whatever it says', () => {
  const replies: [string, string][] = [
    ['450 4.1.1 <bob@example.net>: Recipient address rejected: User unknown', 'soft retry'],
    ['451 4.7.1 blocked using zen.spamhaus.org', 'blocklist retry'],
    ['452 4.2.2 mailbox is full', 'quota retry'],
    ['451 4.7.1 Greylisted, see you in five minutes', 'greylist retry'],
    ['421 4.7.0 [TSS04] Messages from 198.51.100.7 temporarily deferred due to unexpected volume', 'rate retry'],
    ['421 4.4.2 bye', 'network retry'],
    ['421 bye', 'soft retry'],
    ['450 hm', 'soft retry'],
    ['499 hm', 'soft retry'],
    ['451 4.1.1 hm', 'soft retry'],
  ]
  for (const [reply, expected] of replies) assert.equal(short(reply), expected, reply)
  assert.deepEqual(classify({ code: 0, enhanced: '4.4.2', text: 'connection failed: ECONNREFUSED' }), {
    category: 'network',
    action: 'retry',
    reason: 'The server could not be reached or the connection broke off.',
  })
})

test('words split over lines are read together, whatever the case', () => {
  assert.equal(short('550-5.2.2 The email account that you tried to reach is\n5.2.2 OVER\n5.2.2 QUOTA'), 'quota fail')
})

test('a long or hostile reply is read up to a bound', () => {
  const long = `550 5.1.1 ${'user '.repeat(200_000)}unknown`
  assert.equal(short(long), 'hard suppress') // by its enhanced code: the words are beyond the bound
  for (const bait of ['address ', 'mailbox not ', 'domain ', 'exceeds ', '\n5.1.1 ', 'the 198.51.100.7 '])
    classify({ code: 550, enhanced: null, text: bait.repeat(500) })
})

test('a broken rules file is refused when it is read', () => {
  assert.throws(() => parseRules('# 550 x\nuser unknown\thard\tsuppress'), /four fields/)
  assert.throws(() => parseRules('# 550 x\n(user\thard\tsuppress\tGone.'), SyntaxError)
})
