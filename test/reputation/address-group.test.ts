import { describe, expect, it } from 'vitest'
import { addressGroup } from '../../src/reputation/address-group.ts'
import { RateLimit } from '../../src/reputation/rate-limit.ts'

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

describe('the rate limit', () => {
  it('lets four through at once, and one every five seconds', () => {
    const limit = new RateLimit()
    const allowed = (nowMs: number) => limit.allows('r', nowMs)
    expect([0, 0, 0, 0, 0, 0].map(allowed)).toEqual([true, true, true, true, false, false])
    expect([4_999, 5_000, 5_001, 10_000].map(allowed)).toEqual([false, true, false, true])
    expect(limit.allows('another', 10_000)).toBe(true)
  })

  it('keeps count of so many routers, and no more', () => {
    const limit = new RateLimit()
    for (let i = 0; i < 4; i++) limit.allows('first', 0)
    expect(limit.allows('first', 0)).toBe(false)
    for (let i = 0; i < 2_048; i++) limit.allows(`r${i}`, 0)
    expect(limit.allows('first', 0)).toBe(true)
  })
})
