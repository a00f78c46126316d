import { BlockList, isIPv4, isIPv6 } from 'node:net'

/** IANA IPv4 Special-Purpose Address Registry (RFC 6890 and successors), multicast, and a metadata service that hides in public space. */
const notPublic4 = blockList('ipv4', [
  ['0.0.0.0', 8], // "this network": Linux dials the local host
  ['10.0.0.0', 8],
  ['100.64.0.0', 10], // carrier-grade NAT; Alibaba's metadata service is 100.100.100.200
  ['127.0.0.0', 8],
  ['168.63.129.16', 32], // Azure's host agent
  ['169.254.0.0', 16], // link-local; 169.254.169.254 is the metadata service of most clouds
  ['172.16.0.0', 12],
  ['192.0.0.0', 24], // IETF protocol assignments; Oracle's metadata service is 192.0.0.192
  ['192.0.2.0', 24], // documentation
  ['192.88.99.0', 24], // 6to4 relay
  ['192.168.0.0', 16],
  ['198.18.0.0', 15], // benchmarking
  ['198.51.100.0', 24], // documentation
  ['203.0.113.0', 24], // documentation
  ['224.0.0.0', 4], // multicast
  ['240.0.0.0', 4], // reserved, and the broadcast address
])

/**
 * Only 2000::/3 is handed out as global unicast (RFC 4291 §2.4), so everything outside it is refused unseen:
 * ::, ::1, ::/96, NAT64 64:ff9b::/96 and 64:ff9b:1::/48, discard 100::/64, 5f00::/16, ULA, link-local, site-local, multicast.
 */
const globalUnicast6 = blockList('ipv6', [['2000::', 3]])

/** The special-purpose blocks inside 2000::/3 (IANA IPv6 Special-Purpose Address Registry). */
const notPublic6 = blockList('ipv6', [
  ['2001::', 23], // protocol assignments: Teredo 2001::/32, benchmarking 2001:2::/48, ORCHID
  ['2001:db8::', 32], // documentation
  ['2002::', 16], // 6to4: carries any IPv4 address inside
  ['3fff::', 20], // documentation (RFC 9637)
])

/**
 * Whether an address must not be dialled for a customer: it is not a unicast address of the public internet.
 * @param ip an IPv4 or IPv6 address in text, without brackets. IPv4-mapped IPv6 is judged as the IPv4 address it is.
 * @returns true as well for anything that is not an address, or carries a zone id: what cannot be judged is not dialled.
 */
export function isPrivateAddress(ip: string): boolean {
  if (isIPv4(ip)) return notPublic4.check(ip, 'ipv4')
  if (!isIPv6(ip) || ip.includes('%')) return true
  const mapped = mappedIPv4(ip)
  if (mapped) return notPublic4.check(mapped, 'ipv4')
  return !globalUnicast6.check(ip, 'ipv6') || notPublic6.check(ip, 'ipv6')
}

/**
 * The network an address belongs to, in a form of its own, for counting what comes from there.
 * @param ip an address in text; what is none counts under itself
 * @param bits of the prefix, for each family; IPv4-mapped IPv6 is the IPv4 address it is
 */
export function networkOf(ip: string, bits: { v4: number; v6: number }): string {
  const plain = isIPv6(ip) && !ip.includes('%') ? (mappedIPv4(ip) ?? ip) : ip
  if (isIPv4(plain)) return `${prefix(plain.split('.').map(Number), 8, bits.v4).join('.')}/${bits.v4}`
  const address = plain.replace(/%.*/, '')
  if (!isIPv6(address)) return ip
  // The URL parser writes every address in one form, with at most one ::.
  const [head = '', tail = ''] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const [left, right] = [head, tail].map(part => part.split(':').filter(Boolean)) as [string[], string[]]
  const groups = [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right].map(group =>
    Number.parseInt(group, 16),
  )
  return `${prefix(groups, 16, bits.v6)
    .map(group => group.toString(16))
    .join(':')}/${bits.v6}`
}

/** One client: an IPv4 address, or the /64 that an IPv6 host moves about in. */
export const clientNetwork = (ip: string): string => networkOf(ip, { v4: 32, v6: 64 })

/** The first `bits` of an address of numbers of `width` bits; the others are 0. */
function prefix(numbers: number[], width: number, bits: number): number[] {
  return numbers.map((number, i) => {
    const kept = Math.min(width, Math.max(0, bits - i * width))
    return (number >> (width - kept)) << (width - kept)
  })
}

/** The IPv4 address inside ::ffff:0:0/96 in whatever spelling, or undefined. */
function mappedIPv4(ip: string): string | undefined {
  // The URL parser writes every IPv6 address in its one canonical form, the last 32 bits as two hexadecimal groups.
  const groups = /^\[::ffff:([0-9a-f]+):([0-9a-f]+)\]$/.exec(new URL(`http://[${ip}]`).hostname)
  if (!groups) return undefined
  const [high, low] = [Number.parseInt(groups[1]!, 16), Number.parseInt(groups[2]!, 16)]
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

function blockList(family: 'ipv4' | 'ipv6', subnets: [network: string, prefix: number][]): BlockList {
  const list = new BlockList()
  for (const [network, prefix] of subnets) list.addSubnet(network, prefix, family)
  return list
}
