import { describe, expect, it } from 'vitest'
import { LIES } from '../bench/reputation/liars.ts'
import { HONEST_CASES, lyingCases, measureColdStart, measureRanking, measureSwarm } from '../bench/reputation/measure.ts'

// The short form of npm run bench:reputation.

describe('shared reputation', () => {
  it('with three liars of ten orders peers better than none, however they lie', async () => {
    const results = await measureRanking(lyingCases(LIES), 3)
    for (const { ratio } of results) expect(ratio.ratio).toBeLessThan(0.95)
  })

  it('without liars halves the pairs in the wrong order among friends', async () => {
    const [friends, strangers] = await measureRanking(HONEST_CASES, 3)
    expect(friends.ratio.ratio).toBeLessThan(0.6)
    expect(strangers.ratio.ratio).toBeLessThan(0.8)
  })

  it('makes the first hundred jobs of a router that joins friends faster by a tenth at least, liars among them or not', async () => {
    const cases = [HONEST_CASES[0], ...lyingCases(['mirror', 'targeted']).filter(({ relation }) => relation === 'friends')]
    const results = await measureColdStart(cases, 6)
    for (const { ratio } of results) expect(ratio.ratio).toBeLessThan(0.9)
  })

  it.each([
    ['in one group of addresses', () => 'one'],
    ['in a group of its own each', (i: number) => `group-${i}`]
  ])('is moved by a thousand identities %s by no more than the bound', (_, groupOf) => {
    const { moved, bound } = measureSwarm(1_000, 12, groupOf)
    expect(moved.pace).toBeGreaterThan(0)
    expect(moved.pace).toBeLessThanOrEqual(bound.pace + 1e-9)
    expect(moved.failures).toBeLessThanOrEqual(bound.failures + 1e-9)
  })
})
