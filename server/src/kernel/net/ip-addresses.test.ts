import assert from 'node:assert/strict'
import { isIPv4 } from 'node:net'
import { test } from 'node:test'
import { clientNetwork, isPrivateAddress, networkOf } from './ip-addresses.ts'

const refused = [
  ...['0.0.0.0', '0.1.2.3', '10.0.0.1', '10.255.255.255', '100.64.0.1', '100.100.100.200', '100.127.255.255', '127.0.0.1'],
  ...['127.255.255.254', '168.63.129.16', '169.254.0.1', '169.254.169.254', '172.16.0.1', '172.31.255.255', '192.0.0.192'],
  ...['192.0.2.1', '192.88.99.1', '192.168.0.1', '192.168.255.255', '198.18.0.1', '198.19.255.255', '198.51.100.7'],
  ...['203.0.113.7', '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255'],
  ...['::', '::1', '0:0:0:0:0:0:0:1', '::2', '::127.0.0.1', '::8.8.8.8', '::ffff:127.0.0.1', '::FFFF:127.0.0.1', '::ffff:7f00:1'],
  ...['0:0:0:0:0:ffff:10.0.0.1', '::ffff:a9fe:a9fe', '::ffff:0:127.0.0.1', '64:ff9b::7f00:1', '64:ff9b::8.8.8.8', '64:ff9b:1::1'],
  ...['100::1', '5f00::1', 'fc00::1', 'fd00:ec2::254', 'fdff::1', 'fe80::1', 'febf::1', 'fec0::1', 'ff02::1', 'ff0e::1'],
  ...['2001::1', '2001:0:4136:e378:8000:63bf:3fff:fdd2', '2001:2::1', '2001:10::1', '2001:20::1', '2001:db8::1', '2002:7f00:1::'],
  ...['2002::1', '3fff::1', '4000::1', '8000::1', '1fff:ffff::1'],
  ...['', 'localhost', '127.1', '0x7f.1', '2130706433', '0177.0.0.1', '256.1.1.1', '1.2.3', '[::1]', '::1%lo', 'fe80::1%eth0'],
  ...['2606:4700::1%eth0', '8.8.8.8 ', ' 8.8.8.8', '8.8.8.8\n', '8.8.8.8/8', ':::', '①②⑦.⓪.⓪.①'],
]

const dialled = [
  ...['1.1.1.1', '8.8.8.8', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.255.255.255', '128.0.0.1'],
  ...[
    '169.253.255.255',
    '169.255.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '192.0.1.1',
    '192.0.3.1',
    '192.88.98.1',
    '192.167.255.255',
  ],
  ...['192.169.0.0', '198.17.255.255', '198.20.0.0', '203.0.112.1', '203.0.114.1', '223.255.255.255', '168.63.129.15'],
  ...[
    '2000::1',
    '2001:200::1',
    '2001:4860:4860::8888',
    '2001:db7::1',
    '2001:db9::1',
    '2003::1',
    '2606:4700:4700::1111',
    '2a00:1450::1',
  ],
  ...['3ffe::1', '::ffff:8.8.8.8', '::ffff:808:808'],
]

test('every special-purpose block, and whatever is not an address, is refused', () => {
  for (const ip of refused) assert.equal(isPrivateAddress(ip), true, ip)
})

test('the public internet, up to the edges of those blocks, is dialled', () => {
  for (const ip of dialled) assert.equal(isPrivateAddress(ip), false, ip)
})

test('a mapped address is judged as the IPv4 address it is, in both spellings', () => {
  for (const ip of [...refused, ...dialled].filter(ip => isIPv4(ip))) {
    const [a, b, c, d] = ip.split('.').map(Number) as [number, number, number, number]
    const hex = `::ffff:${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
    for (const mapped of [`::ffff:${ip}`, hex]) {
      assert.equal(isPrivateAddress(mapped), isPrivateAddress(ip), mapped)
    }
  }
})

test('an address is in one network, however it is written', () => {
  const bits = { v4: 24, v6: 48 }
  for (const ip of ['192.0.2.1', '192.0.2.255', '::ffff:192.0.2.7', '::ffff:c000:0207'])
    assert.equal(networkOf(ip, bits), '192.0.2.0/24')
  for (const ip of ['2001:db8:1::', '2001:DB8:1:ffff::1', '2001:0db8:0001:2:3:4:5:6', '2001:db8:1::1%eth0'])
    assert.equal(networkOf(ip, bits), '2001:db8:1:0:0:0:0:0/48')
  assert.equal(networkOf('::1', bits), '0:0:0:0:0:0:0:0/48')
  assert.equal(networkOf('1::', { v4: 24, v6: 128 }), '1:0:0:0:0:0:0:0/128')
  assert.equal(networkOf('172.31.255.1', { v4: 12, v6: 3 }), '172.16.0.0/12')
  assert.equal(networkOf('ffff::1', { v4: 12, v6: 3 }), 'e000:0:0:0:0:0:0:0/3')
  assert.equal(networkOf('', bits), '')
  assert.equal(networkOf('unix', bits), 'unix')
})

test('a client is an IPv4 address, or the /64 an IPv6 host moves about in', () => {
  assert.equal(clientNetwork('192.0.2.1'), clientNetwork('::ffff:192.0.2.1'))
  assert.notEqual(clientNetwork('192.0.2.1'), clientNetwork('192.0.2.2'))
  assert.equal(clientNetwork('2001:db8:1:2:3:4:5:6'), clientNetwork('2001:DB8:1:2::1'))
  assert.notEqual(clientNetwork('2001:db8:1:2::1'), clientNetwork('2001:db8:1:3::1'))
})
