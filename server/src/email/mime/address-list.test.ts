import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readAddressList } from './address-list.ts'
import { readMailDate } from './dates.ts'

const read = (field: string): string[] =>
  readAddressList(field).map(({ address, name }) => (name === null ? address : `${name} <${address}>`))

test('addresses are read with comments, groups, routes, quotes and what senders forget', () => {
  const cases: [string, string[]][] = [
    ['ann@example.org', ['ann@example.org']],
    ['Ann Lee <Ann@Example.ORG>', ['Ann Lee <Ann@example.org>']],
    ['"Lee, Ann" <ann@example.org>, bob@example.org', ['Lee, Ann <ann@example.org>', 'bob@example.org']],
    ['ann@example.org (Ann Lee)', ['Ann Lee <ann@example.org>']],
    ['Ann (the (first) one) Lee <ann(x)@example.org>', ['Ann Lee <ann@example.org>']],
    ['ann (x) @ (y) example . org', ['x y <ann@example.org>']],
    ['ann . lee @ example.org', ['ann.lee@example.org']],
    ['Ann <@relay.example,@mx.example:ann@example.org>', ['Ann <ann@example.org>']],
    ['<@relay.example:ann@example.org>, <@a,@b:bob@example.org>', ['ann@example.org', 'bob@example.org']],
    ['Team: ann@example.org, Bob <bob@example.org>;, cy@example.org', ['ann@example.org', 'Bob <bob@example.org>', 'cy@example.org']],
    ['undisclosed-recipients:;', []],
    ['undisclosed-recipients: ;', []],
    ['"john doe"@example.org', ['"john doe"@example.org']],
    ['"john.doe"@example.org', ['john.doe@example.org']],
    ['Ann <"ann"@example.org>', ['Ann <ann@example.org>']],
    ['"a@evil.example"@example.org', ['"a@evil.example"@example.org']],
    ['"a@evil.example" <ann@example.org>', ['a@evil.example <ann@example.org>']],
    ['a@evil.example <ann@example.org>', ['a@evil.example <ann@example.org>']],
    ['=?utf-8?Q?a=40evil.example=2C?= <ann@example.org>', ['a@evil.example, <ann@example.org>']],
    ['=?utf-8?Q?Lee,_Ann?= <ann@example.org>', ['Lee, Ann <ann@example.org>']],
    ['"=?utf-8?Q?J=C3=B6rg?=" <j@example.org>', ['Jörg <j@example.org>']],
    ['=?utf-8?Q?J=C3=B6?= =?utf-8?Q?rg?= M <j@example.org>', ['Jörg M <j@example.org>']],
    ['=?utf-8?B?QW5uIDxhbm5AZXhhbXBsZS5vcmc+?=', ['Ann <ann@example.org>']],
    ['ann@example.org; bob@example.org', ['ann@example.org', 'bob@example.org']],
    ['ann@example.org bob@example.org', ['ann@example.org', 'bob@example.org']],
    ['Ann <ann@example.org> Bob <bob@example.org>', ['Ann <ann@example.org>', 'Bob <bob@example.org>']],
    ['Ann <ann@example.org', ['Ann <ann@example.org>']],
    ['<ann@example.org, bob@example.org', ['ann@example.org', 'bob@example.org']],
    ['"Ann <ann@example.org>', ['Ann <ann@example.org>']],
    ["'ann@example.org' <ann@example.org>", ["'ann@example.org' <ann@example.org>"]],
    ['"ann@example.org"', ['ann@example.org']],
    ['<mailto:ann@example.org>', ['ann@example.org']],
    ['ann@[192.0.2.1], x@[IPv6:2001:db8::1]', ['ann@[192.0.2.1]', 'x@[IPv6:2001:db8::1]']],
    ['MAILER-DAEMON (Mail Delivery System)', ['Mail Delivery System <MAILER-DAEMON>']],
    ['MAILER-DAEMON', ['MAILER-DAEMON <MAILER-DAEMON>']],
    ['Mail Delivery System', ['Mail Delivery System <>']],
    ['"Mail Delivery System" <>', ['Mail Delivery System <>']],
    ['Lee, Ann <ann@example.org>', ['Ann <ann@example.org>']],
    ['[List] Ann: Sales <ann@example.org>', ['Sales <ann@example.org>']],
    ['j@b\xfccher.example', ['j@xn--bcher-kva.example']],
    [Buffer.from('jörg@example.org').toString('latin1'), ['jörg@example.org']],
    ['"Ann  \\"A\\" Lee" <ann@example.org>', ['Ann  "A" Lee <ann@example.org>']],
    ['ann@example.org>', ['ann@example.org']],
    ['', []],
    [',;,<>', []],
  ] // biome-ignore format: one list
  for (const [field, expected] of cases) assert.deepEqual(read(field), expected, field)
})

test('fields that could be read for ever end at once', () => {
  for (const field of ['=? "@"', '=?utf-8?Q?=3D=3Fx?= "@', '=?utf-8?B?PT8gQA==?='])
    assert.ok(readAddressList(field).length <= 1, field)
  for (const unit of ['<', '"', '(', '<"', 'a@ ', 'a . ', 'g:', ',', '"a" ', '=?', '=?u?q?', '\\', '[', '@[', ')', '>'])
    assert.ok(readAddressList(unit.repeat(100_000 / unit.length)).length <= 1001, unit)
})

test('dates are read by the zone they name and never by the machine’s', () => {
  const cases: [string, string | null][] = [
    ['Thu, 19 Nov 2026 10:00:00 +0100', '2026-11-19T09:00:00.000Z'],
    ['19 Nov 2026 10:00 -0530', '2026-11-19T15:30:00.000Z'],
    ['Thu, 19 Nov 2026 10:00:00', '2026-11-19T10:00:00.000Z'],
    ['Thu, 19 Nov 2026 10:00:00 GMT', '2026-11-19T10:00:00.000Z'],
    ['Thu, 19 Nov 2026 10:00:00 +0000 (Coordinated (Universal) Time)', '2026-11-19T10:00:00.000Z'],
    ['Thu, 19 Nov 2026 10:00:00 (CET) +0100', '2026-11-19T09:00:00.000Z'],
    ['Thu, 19 Nov 26 10:00:00 EST', '2026-11-19T15:00:00.000Z'],
    ['Thu, 19 Nov 98 10:00:00 CEST', '1998-11-19T08:00:00.000Z'],
    ['Thu, 19 Nov 102 10:00:00 Z', '2002-11-19T10:00:00.000Z'],
    ['Thu Nov 19 10:00:00 2026', '2026-11-19T10:00:00.000Z'],
    ['Thu Nov 19 10:00:00 CET 2026', '2026-11-19T09:00:00.000Z'],
    ['2026-11-19T10:00:00+01:00', '2026-11-19T09:00:00.000Z'],
    ['2026-11-19 10:00:00', '2026-11-19T10:00:00.000Z'],
    ['Thursday, 19-Nov-2026 10:00:00 UTC', '2026-11-19T10:00:00.000Z'],
    ['Thu, 19 Nov 2026 10:00:00 PM -0000', '2026-11-19T22:00:00.000Z'],
    ['Thu,  19  Nov  2026  10.00.00 GMT+0100', '2026-11-19T09:00:00.000Z'],
    ['11/19/2026 10:00:00 AM', '2026-11-19T10:00:00.000Z'],
    ['Thu, 32 Nov 2026 10:00:00 +0000', null],
    ['Thu, 19 Nov 275000 10:00:00 +0000', null],
    ['yesterday', null],
    ['', null],
  ] // biome-ignore format: one list
  for (const [field, expected] of cases) assert.equal(readMailDate(field)?.toISOString() ?? null, expected, field)
})
