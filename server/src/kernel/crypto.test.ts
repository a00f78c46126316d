import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import * as crypto from './crypto.ts'

const { checkApiKey, loadMasterKey, newApiKey, safeEqual, sealer, signUrl, verifyUrl } = crypto
const masterKey = Buffer.alloc(32, 7)
const folder = await mkdtemp(join(tmpdir(), 'crypto-'))
after(() => rm(folder, { recursive: true, force: true }))

test('known answers: SHA-256 of "abc" (FIPS 180-2) and HMAC of RFC 4231 case 2', () => {
  assert.equal(crypto.sha256('abc').toString('hex'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  const mac = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'
  assert.equal(crypto.hmacHex('Jefe', 'what do ya want for nothing?'), mac)
})

test('equality holds for any lengths and kinds', () => {
  assert.equal(safeEqual('', ''), true)
  assert.equal(safeEqual('abc', Buffer.from('abc')), true)
  assert.equal(safeEqual('abc', 'abcd'), false)
  assert.equal(safeEqual('', 'a'), false)
})

test('what is sealed opens again, never looks the same twice, and shows nothing of the text', () => {
  const { seal, open } = sealer(masterKey)
  for (const text of ['', 'whsec_abc', 'žluť 🐎', 'x'.repeat(100_000)]) {
    const sealed = seal(text, 'row:1')
    assert.match(sealed, /^v1\.[\w-]+$/)
    assert.equal(open(sealed, 'row:1'), text)
    assert.notEqual(seal(text, 'row:1'), sealed)
  }
})

test('a sealed value that was altered, cut, moved or sealed by another key does not open, and says so without the secret', () => {
  const { seal, open } = sealer(masterKey)
  const sealed = seal('the secret', 'row:1')
  const bytes = Buffer.from(sealed.slice(3), 'base64url')
  for (let i = 0; i < bytes.length; i++) {
    const altered = Buffer.from(bytes)
    altered[i]! ^= 1
    assert.throws(() => open(`v1.${altered.toString('base64url')}`, 'row:1'), /does not open/)
    // A tag cut short is easier to forge, so that only 16 bytes are taken.
    assert.throws(() => open(`v1.${bytes.subarray(0, i).toString('base64url')}`, 'row:1'), /does not open/)
  }
  for (const bad of ['', 'v1.', 'v2.abc', sealed.slice(3), 'the secret']) assert.throws(() => open(bad, 'row:1'), /does not open/)
  assert.throws(() => open(sealed, 'row:2'), /does not open/)
  assert.throws(
    () => sealer(Buffer.alloc(32, 8)).open(sealed, 'row:1'),
    (error: Error) => !error.message.includes('the secret'),
  )
})

test('a purpose has its own key', () => {
  assert.equal(crypto.deriveKey(masterKey, 'a').length, 32)
  assert.notDeepEqual(crypto.deriveKey(masterKey, 'a'), crypto.deriveKey(masterKey, 'b'))
  assert.notDeepEqual(crypto.deriveKey(masterKey, 'a'), masterKey)
})

test('tokens and keys are of the promised shape and do not repeat', () => {
  assert.equal(crypto.randomToken(16).length, 22)
  const seen = new Set<string>()
  for (const prefix of ['pp_live_', 'pp_test_', 'mb_live_', 'mbk_', 'mbk_test_', '']) {
    for (let i = 0; i < 200; i++) {
      const { key, hash, hint } = newApiKey(prefix)
      assert.ok(key.startsWith(prefix))
      assert.match(key.slice(prefix.length), /^[0-9A-Za-z]{32}$/)
      assert.deepEqual(hash, crypto.sha256(key))
      assert.equal(hint, `${prefix}…${key.slice(-4)}`)
      assert.equal(checkApiKey(key), true, key)
      seen.add(key)
    }
  }
  assert.equal(seen.size, 1200)
})

test('the random part uses every character about equally often', () => {
  const counts = new Map<string, number>()
  for (let i = 0; i < 4000; i++)
    for (const letter of newApiKey('').key.slice(0, 26)) counts.set(letter, (counts.get(letter) ?? 0) + 1)
  const expected = (4000 * 26) / 62
  const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
  assert.equal(counts.size, 62)
  // 61 degrees of freedom: a fair source exceeds 150 less than once in 10^8 runs.
  assert.ok(chiSquare < 150, `chi-square ${chiSquare}`)
})

test('every key with one character mistyped, two swapped, or one cut is refused', () => {
  const { key } = newApiKey('pp_live_')
  for (let i = 0; i < key.length; i++) {
    for (const letter of 'aZ0_-')
      if (letter !== key[i]) assert.equal(checkApiKey(key.slice(0, i) + letter + key.slice(i + 1)), false)
    assert.equal(checkApiKey(key.slice(0, i) + key.slice(i + 1)), false)
    const swapped = key.slice(0, i) + (key[i + 1] ?? '') + key[i] + key.slice(i + 2)
    if (swapped !== key) assert.equal(checkApiKey(swapped), false)
  }
  for (const bad of ['', 'Bearer', ` ${key}`, `${key}\n`, `${key} `, 'é'.repeat(32), 'a_'.repeat(50_000)])
    assert.equal(checkApiKey(bad), false)
})

test('a signed link works until it expires, for its purpose and path only', () => {
  const expires = new Date('2030-01-01T00:00:00Z')
  const before = new Date('2029-12-31T23:59:59Z')
  for (const path of ['/attachments/att_1', '/attachments/att_1?download=1', '/a?expires=1&signature=x']) {
    const url = signUrl(masterKey, path, 'attachment', expires)
    assert.ok(url.startsWith(path))
    assert.equal(verifyUrl(masterKey, url, 'attachment', before), true)
    assert.equal(verifyUrl(masterKey, url, 'attachment', expires), false)
    assert.equal(verifyUrl(masterKey, url, 'export', before), false)
    assert.equal(verifyUrl(Buffer.alloc(32), url, 'attachment', before), false)
    assert.equal(verifyUrl(masterKey, `${url}&more=1`, 'attachment', before), false)
    assert.equal(verifyUrl(masterKey, url.replace(/expires=1893456000/, 'expires=1893456001'), 'attachment', before), false)
    for (let i = 0; i < url.length; i++) {
      const altered = url.slice(0, i) + (url[i] === 'A' ? 'B' : 'A') + url.slice(i + 1)
      assert.equal(verifyUrl(masterKey, altered, 'attachment', before), false)
    }
  }
  for (const bad of ['', '/a', '/a?signature=x', '/a?expires=9999999999', `/a?expires=${'9'.repeat(400)}&signature=x`])
    assert.equal(verifyUrl(masterKey, bad, 'attachment', before), false)
})

test('the master key comes from the configuration, or is made once, for its owner only, and kept', async () => {
  const given = Buffer.alloc(32, 9)
  assert.deepEqual(await loadMasterKey(folder, given.toString('base64')), given)
  assert.deepEqual(await readdir(folder), [])
  await assert.rejects(loadMasterKey(folder, 'c2hvcnQ='), /SECRET_KEY: it must be 32 bytes/)

  const dataDir = join(folder, 'new', 'data')
  const made = await loadMasterKey(dataDir)
  assert.equal(made.length, 32)
  assert.equal((await stat(join(dataDir, 'secret.key'))).mode & 0o777, 0o600)
  assert.deepEqual(await loadMasterKey(dataDir, ''), made)
  assert.deepEqual(await readdir(dataDir), ['secret.key'])
})

test('a damaged key file is reported and left as it is', async () => {
  const dataDir = await mkdtemp(join(folder, 'damaged-'))
  for (const content of ['', 'not a key\n']) {
    await writeFile(join(dataDir, 'secret.key'), content)
    await assert.rejects(loadMasterKey(dataDir), /secret\.key: it must be 32 bytes/)
    assert.equal(await readFile(join(dataDir, 'secret.key'), 'utf8'), content)
  }
})

test('when the key cannot be read or written, nothing starts with a key that is gone tomorrow', async () => {
  const dataDir = await mkdtemp(join(folder, 'blocked-'))
  await mkdir(join(dataDir, 'secret.key'))
  await assert.rejects(loadMasterKey(dataDir), /EISDIR/)
  await writeFile(join(dataDir, 'file'), '')
  await assert.rejects(loadMasterKey(join(dataDir, 'file')), /EEXIST|ENOTDIR/)
})

test('processes and callers that start at once agree on one key', async () => {
  const dataDir = join(folder, 'race')
  const script = `import { loadMasterKey } from ${JSON.stringify(import.meta.resolve('./crypto.ts'))}
    const keys = await Promise.all(Array.from({ length: 8 }, () => loadMasterKey(${JSON.stringify(dataDir)})))
    console.log(keys.map(key => key.toString('hex')).join('\\n'))`
  const start = () => promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])
  const answers = await Promise.all([start(), start(), start()])
  assert.equal(new Set(answers.flatMap(({ stdout }) => stdout.trim().split('\n'))).size, 1)
  assert.deepEqual(await readdir(dataDir), ['secret.key'])
})
