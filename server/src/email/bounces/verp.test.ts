import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { newId } from '../../kernel/ids.ts'
import { isVerp, parseVerp, verpAddress } from './verp.ts'

const key = randomBytes(32)
const localOf = (address: string) => address.slice(0, address.indexOf('@'))

test('a return path leads back to its delivery, whatever happened to its case', () => {
  for (let i = 0; i < 100; i++) {
    const id = newId()
    const address = verpAddress(key, id, 'mail.example.com')
    assert.match(address, /^[a-z0-9+-]+@mail\.example\.com$/)
    assert.ok(localOf(address).length <= 64)
    assert.equal(parseVerp(key, localOf(address)), id)
    assert.equal(parseVerp(key, localOf(address).toUpperCase()), id)
  }
})

test('nobody else can make one up', () => {
  const id = newId()
  const local = localOf(verpAddress(key, id, 'd.example'))
  const forged = [
    localOf(verpAddress(randomBytes(32), id, 'd.example')),
    local.replace(/.$/, last => (last === '0' ? '1' : '0')),
    local.replace(/^bounce\+(.)/, (_, first) => `bounce+${first === '0' ? '1' : '0'}`),
    local.slice(0, -1),
    `${local}0`,
    `x${local}`,
    'bounce+',
    'bounce',
    '',
    `bounce+${'0'.repeat(26)}-${'0'.repeat(20)}`,
  ]
  for (const text of forged) assert.equal(parseVerp(key, text), undefined, text)
  assert.equal(isVerp('bounce+anything'), true)
  assert.equal(isVerp('bouncer'), false)
})
