import { describe, expect, it } from 'vitest'
import { addressGroup } from '../../src/reputation/address-group.ts'

describe('the group of an address', () => {
  it.each([
    ['192.0.2.17', '192.0.2.0/24'],
    ['192.0.2.255', '192.0.2.0/24'],
    ['192.0.3.1', '192.0.3.0/24'],
    ['2001:db8:1:2::3', '2001:db8:1::/48'],
    ['2001:DB8:0001:ffff:1:2:3:4', '2001:db8:1::/48'],
    ['2001:db8:2::', '2001:db8:2::/48'],
    ['::1', '0:0:0::/48'],
    ['fe80::1%eth0', 'fe80:0:0::/48'],
    ['::ffff:192.0.2.9', '192.0.2.0/24'],
    ['::ffff:c000:0209', '192.0.2.0/24'],
    ['example.org', 'unknown'],
    ['', 'unknown'],
    ['300.1.1.1', 'unknown']
  ])('%s is %s', (ip, group) => {
    expect(addressGroup(ip)).toBe(group)
  })
})
