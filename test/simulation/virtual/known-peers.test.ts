import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pcg32 } from '../../../src/core/rng.ts'
import { subsetDealer } from '../../../src/simulation/virtual/known-peers.ts'

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i)

describe('the peers that routers know', () => {
  it('are so many different ones in their order, and all where there are no more', () => {
    fc.assert(
      fc.property(fc.nat(30), fc.integer({ min: 1, max: 40 }), fc.nat(), (count, size, seed) => {
        const deal = subsetDealer(numbers(count), size, pcg32(seed))
        for (let router = 0; router < 3; router++) {
          const known = deal()
          expect(known).toHaveLength(Math.min(size, count))
          expect(known).toEqual([...new Set(known)].sort((a, b) => a - b))
        }
      })
    )
  })

  it('are each as likely as any other, whoever knew them before', () => {
    const deal = subsetDealer(numbers(20), 5, pcg32(7))
    const times = new Array<number>(20).fill(0)
    for (let router = 0; router < 8000; router++) for (const peer of deal()) times[peer] += 1
    // 2000 expected, 39 the standard deviation.
    expect(Math.min(...times)).toBeGreaterThan(2000 - 4 * 39)
    expect(Math.max(...times)).toBeLessThan(2000 + 4 * 39)
  })
})
