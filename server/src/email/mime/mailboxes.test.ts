import assert from 'node:assert/strict'
import { test } from 'node:test'
import { domainOf, normalizeAddress } from './mailboxes.ts'

test('an address with and without a name is read', () => {
  assert.deepEqual(normalizeAddress('a@b'), { address: 'a@b', name: null })
  assert.deepEqual(normalizeAddress('  Ann.Lee+x@Mail.EXAMPLE '), { address: 'Ann.Lee+x@mail.example', name: null })
  assert.deepEqual(normalizeAddress('Ann Lee <ann@mail.example>'), { address: 'ann@mail.example', name: 'Ann Lee' })
  assert.deepEqual(normalizeAddress('Acme, Inc. (Support) <a@b.example>'), {
    address: 'a@b.example',
    name: 'Acme, Inc. (Support)',
  })
  assert.deepEqual(normalizeAddress('"Lee, \\"Ann\\"" <ann@mail.example>'), { address: 'ann@mail.example', name: 'Lee, "Ann"' })
  assert.deepEqual(normalizeAddress('<a@b.example>'), { address: 'a@b.example', name: null })
  assert.deepEqual(normalizeAddress('Jörg <j@bücher.example>'), { address: 'j@xn--bcher-kva.example', name: 'Jörg' })
  assert.equal(domainOf('x@y@Mail.Example'), 'mail.example')
  assert.equal(domainOf('nobody'), '')
})

test('everything that could be read two ways is refused', () => {
  const refused = [
    '', '@', 'a@', '@b.example', 'a', 'a b@c.example', 'a@b@c.example', 'a@b.example, c@d.example', 'a@evil.example <b@c.example>',
    '"a@evil.example x"@mail.example', '"a b"@mail.example', 'a@[127.0.0.1]', 'a@127.0.0.1', 'a@2130706433', 'a@①②⑦.⓪.⓪.①', 'a@b..example',
    'a@-b.example', 'a@b-.example', 'a@b_c.example', '.a@b.example', 'a.@b.example', 'a..b@c.example', 'a@b.example.', 'ü@b.example',
    'a@b.example\r\nBcc: x@y.example', 'a@b.example\n', 'x\0y@b.example', 'Na\rme <a@b.example>', 'Name\u2028 <a@b.example>', 'a\u0085@b.example',
    'Name <a@b.example', 'a@b.example>', '"open <a@b.example>', '"a" "b" <a@b.example>', 'x <y> <a@b.example>', 'Name <Other <a@b.example>>',
    '\ud800 <a@b.example>', 'a@b.example (comment)', 'a(comment)@b.example', '@us:a@b.example', `${'a'.repeat(65)}@b.example`, `a@${'b'.repeat(64)}.example`,
    `a@${'b.'.repeat(130)}example`, `${'a'.repeat(64)}@${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}.example`, 'mailto:a@b.example', 'a;b@c.example', 'a\\b@c.example', 'a,b@c.example',
  ] // biome-ignore format: one list
  for (const text of refused) assert.equal(normalizeAddress(text), null, JSON.stringify(text))
})

test('hostile lengths end at once', () => {
  for (const unit of ['<', '"', '\\', 'a.', 'a@', '"\\', ' ', '.', 'a-', '(', '<a@b>'])
    assert.equal(normalizeAddress(unit.repeat(1_000_000)), null)
  assert.equal(normalizeAddress(`"${'\\'.repeat(980)} <a@b.example>`), null)
})
