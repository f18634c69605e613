import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TokenBucket } from '../../src/core/token-bucket.ts'

describe('a token bucket', () => {
  it('is full at first, and gets one token in every interval', () => {
    const bucket = new TokenBucket({ most: 2, intervalMs: 500 }, 1_000)
    expect([1_000, 1_000, 1_000].map((nowMs) => bucket.take(nowMs))).toEqual([true, true, false])
    expect(bucket.waitMs(1_000)).toBe(500)
    expect(bucket.waitMs(1_400)).toBeCloseTo(100, 9)
    expect([1_499, 1_500, 1_500].map((nowMs) => bucket.take(nowMs))).toEqual([false, true, false])
  })

  it('holds no more than it may, and gets nothing from a clock that goes back', () => {
    const bucket = new TokenBucket({ most: 1, intervalMs: 10 }, 0)
    expect([1_000, 1_000].map((nowMs) => bucket.take(nowMs))).toEqual([true, false])
    expect(bucket.take(0)).toBe(false)
    expect(bucket.waitMs(0)).toBe(10)
  })

  it('has a token when the wait is over', () => {
    const limits = fc.record({ most: fc.integer({ min: 1, max: 5 }), intervalMs: fc.integer({ min: 1, max: 10_000 }) })
    fc.assert(
      fc.property(limits, fc.integer({ min: 0, max: 20 }), (limit, takes) => {
        const bucket = new TokenBucket(limit, 0)
        for (let i = 0; i < takes; i++) bucket.take(0)
        const waitMs = bucket.waitMs(0)
        expect(bucket.take(Math.ceil(waitMs))).toBe(true)
      })
    )
  })
})
