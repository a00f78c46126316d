import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Counts, createCounter } from './connection-counts.ts'
import { smtpLimits } from './session-limits.ts'

const limits: Counts = {
  connections: 20,
  connectionsPerClient: 4,
  connectionsPerNetwork: 8,
  reserve: 6,
  connectionsInReserve: 2,
}
/** Enters from each address as often as it may. */
const fill = (counter: ReturnType<typeof createCounter>, ips: string[]) => {
  let entered = 0
  for (const ip of ips) while (counter.enter(ip) === undefined) entered++
  return entered
}
const network = (prefix: string) => Array.from({ length: 100 }, (_, i) => `${prefix}.${i}`)

test('a client has its cap, however it is written', () => {
  const counter = createCounter(limits)
  for (let i = 0; i < 4; i++) assert.equal(counter.enter(i % 2 ? '192.0.2.1' : '::ffff:192.0.2.1'), undefined)
  assert.equal(counter.enter('192.0.2.1'), 'client')
  counter.leave('::ffff:192.0.2.1')
  assert.equal(counter.enter('192.0.2.1'), undefined)
  for (let i = 0; i < 4; i++) assert.equal(counter.enter(`2001:db8:1:2::${i}`), undefined)
  assert.equal(counter.enter('2001:db8:1:2:3:4:5:6'), 'client')
})

test('a network has one too: an IPv4 /24, an IPv6 /48', () => {
  const four = createCounter(limits)
  assert.equal(fill(four, network('192.0.2')), 8)
  assert.equal(four.enter('192.0.2.200'), 'network')
  assert.equal(four.enter('192.0.3.1'), undefined)
  const six = createCounter(limits)
  assert.equal(
    fill(
      six,
      Array.from({ length: 100 }, (_, i) => `2001:db8:1:${i}::1`),
    ),
    8,
  )
  assert.equal(six.enter('2001:db8:2::1'), undefined)
})

test('several networks together cannot take the reserve from small ones', () => {
  const counter = createCounter(limits)
  // 8 and 6 up to the reserve, and 2 in it
  assert.equal(fill(counter, [...network('192.0.2'), ...network('198.51.100'), ...network('203.0.113')]), 16)
  for (const other of ['192.0.2.7', '198.51.100.7', '203.0.113.7']) assert.equal(counter.enter(other), 'network')
  for (const small of ['1.1.1.1', '1.1.1.2', '8.8.8.8', '9.9.9.9']) assert.equal(counter.enter(small), undefined)
  assert.equal(counter.enter('1.2.3.4'), 'full')
  assert.equal(counter.open, 20)
})

test('who leaves makes room, and nothing is left of him', () => {
  const counter = createCounter(limits)
  for (let round = 0; round < 3; round++) {
    const ips = network('192.0.2').slice(0, 8)
    for (const ip of ips) assert.equal(counter.enter(ip), undefined)
    for (const ip of ips) counter.leave(ip)
    assert.equal(counter.open, 0)
  }
})

test('with the limits of the server no one network can fill it', () => {
  const counter = createCounter(smtpLimits)
  const all = Array.from({ length: 256 }, (_, i) => `192.0.2.${i}`)
  assert.equal(fill(counter, all), smtpLimits.connectionsPerNetwork)
  assert.ok(smtpLimits.connectionsPerNetwork * 2 < smtpLimits.connections)
})
