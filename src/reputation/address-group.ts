import { isIP } from 'node:net'

/** Where nothing is known of a router's address: all such routers are one group. */
export const UNKNOWN_GROUP = 'unknown'

/** Bits of an IPv6 address that one subscriber may fill as it likes: what providers hand out, a /48. */
const IPV6_WORDS = 3

/**
 * The network that an IP address is in: /24 of IPv4, /48 of IPv6. Addresses are cheap within one and dear across many. An IPv4 address in
 * IPv6's clothes counts as IPv4.
 * @returns the same text for addresses of one group; {@link UNKNOWN_GROUP} for what is no IP address
 */
export function addressGroup(ip: string): string {
  const address = ip.split('%')[0]
  const version = isIP(address)
  if (version === 4) return ipv4Group(address)
  if (version !== 6) return UNKNOWN_GROUP
  const words = ipv6Words(address)
  const mapped = words.slice(0, 5).every((word) => word === 0) && words[5] === 0xffff
  if (mapped) return ipv4Group([words[6] >>> 8, words[6] & 255, words[7] >>> 8, words[7] & 255].join('.'))
  return `${words
    .slice(0, IPV6_WORDS)
    .map((word) => word.toString(16))
    .join(':')}::/48`
}

function ipv4Group(address: string): string {
  return `${address.split('.').slice(0, 3).join('.')}.0/24`
}

/** The eight 16-bit words of a valid IPv6 address. */
function ipv6Words(address: string): number[] {
  const [head, tail] = address.split('::')
  const before = wordsOf(head)
  if (tail === undefined) return before
  const after = wordsOf(tail)
  return [...before, ...Array<number>(Math.max(0, 8 - before.length - after.length)).fill(0), ...after]
}

function wordsOf(part: string): number[] {
  if (part === '') return []
  return part.split(':').flatMap((word) => {
    if (!word.includes('.')) return [parseInt(word, 16)]
    const [a, b, c, d] = word.split('.').map(Number)
    return [(a << 8) | b, (c << 8) | d]
  })
}
