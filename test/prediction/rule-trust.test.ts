import { describe, expect, it } from 'vitest'
import { RuleTrust } from '../../src/prediction/rule-trust.ts'

const ACTUAL = 20

/** Compared so many times, off by these factors. */
function compared(trust: RuleTrust, own: number, rule: number, times: number): RuleTrust {
  for (let i = 0; i < times; i++) trust.compare(ACTUAL * own, ACTUAL * rule, ACTUAL)
  return trust
}

describe('trust in the predictor', () => {
  it('is there at first, and says nothing of few jobs', () => {
    expect(new RuleTrust().trusted).toBe(true)
    expect(compared(new RuleTrust(), 5, 1, 49).trusted).toBe(true)
  })

  it('is lost when the rule predicts clearly better', () => {
    expect(compared(new RuleTrust(), 3, 1.1, 50).trusted).toBe(false)
    expect(compared(new RuleTrust(), 1 / 3, 1.1, 50).trusted, 'too low is as bad as too high').toBe(false)
  })

  it('is not lost by a little', () => {
    expect(compared(new RuleTrust(), 1.2, 1, 1_000).trusted).toBe(true)
    expect(compared(new RuleTrust(), 3, 3, 1_000).trusted).toBe(true)
  })

  it('comes back when the predictor is as good again, and not before', () => {
    const trust = compared(new RuleTrust(), 3, 1.1, 100)
    compared(trust, 1.15, 1.1, 2_000)
    expect(trust.errors.own).toBeGreaterThan(trust.errors.rule)
    expect(trust.trusted, 'almost as good').toBe(false)
    compared(trust, 1.05, 1.1, 1_000)
    expect(trust.trusted).toBe(true)
  })

  it('is lost also after thousands of good jobs', () => {
    expect(compared(compared(new RuleTrust(), 1, 2, 5_000), 4, 1, 200).trusted).toBe(false)
  })

  it('goes by the mean squared logarithm of how far off each was', () => {
    const { own, rule } = compared(new RuleTrust(), 2, 1 / 3, 10).errors
    expect(own).toBeCloseTo(Math.log(2) ** 2, 12)
    expect(rule).toBeCloseTo(Math.log(3) ** 2, 12)
  })

  it('does not hang on one job that took for ever', () => {
    const trust = compared(new RuleTrust(), 1, 1.5, 200)
    trust.compare(1, 20, 1e9)
    expect(trust.trusted).toBe(true)
    expect(trust.errors.own).toBeLessThan(0.05)
  })
})
